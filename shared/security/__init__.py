"""Who may speak to us: webhook secrets, people's tokens, signed links. Denies when in doubt."""
