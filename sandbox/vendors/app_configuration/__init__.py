"""A simulated Azure App Configuration store."""
