"""Microsoft Teams: a Workflows webhook that takes Adaptive Cards into a channel."""
