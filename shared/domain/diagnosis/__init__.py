"""From what was found to a probable cause: evidence, baselines, the ranking of causes. Pure."""
