"""Figures: how incidents are answered, DORA, and what a service's card shows. Pure."""
