"""What a change risks before it is merged, by rules, in words. Pure."""
