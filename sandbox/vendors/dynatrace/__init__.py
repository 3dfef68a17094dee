"""Dynatrace, Environment API v2: problems, entities, events, metrics, and problem notifications."""
