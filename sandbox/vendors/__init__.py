"""Simulators of the vendors ValueFlow talks to: ordinary HTTP servers that speak each vendor's REST shapes.

One process, one port per vendor. Each vendor checks authentication and request shape as the real one does,
keeps its state in SQLite, and can be told to misbehave through `/_sandbox/` on its own port.
"""
