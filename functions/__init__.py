"""The triggers, one module per inbound channel: parse, authenticate, hand over, answer."""
