"""Everything the triggers and the orchestrations stand on; imports nothing of theirs."""
