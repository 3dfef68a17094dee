"""Incidents: what belongs together, their story, their proof, and what follows from them. Pure."""
