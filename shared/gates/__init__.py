"""Quality gates: their rules as people wrote them, and what is remembered of earlier ones."""
