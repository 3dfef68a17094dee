"""The durable backend: a TaskHubSidecarService in a process of its own, its whole state in one SQLite file."""
