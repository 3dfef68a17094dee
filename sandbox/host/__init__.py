"""The embedded Functions host: runs the unmodified function app the way Azure's host does."""
