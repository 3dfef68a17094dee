"""The platform itself: webhooks by source, the archive, loads, dead letters, health, OpenAPI."""
