"""The assistant: the model proposes, code decides. One port, two implementations, one place of redaction."""
