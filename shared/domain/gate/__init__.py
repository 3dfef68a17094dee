"""Quality gates: criteria, scores, verdicts, and what earlier deployments were like. Pure."""
