"""How long clients of the embedded warehouse may be in each other's way, in seconds."""

LOCK_TIMEOUT_S = 20.0
"""A statement waits so long for another transaction's lock."""

IDLE_TRANSACTION_S = 5.0
"""Snowflake aborts an idle transaction that blocks another one after 300 s; a laptop need not wait so long."""
