"""What stands between a text and a model: shared.redaction, the one place of it."""

from shared.redaction import Redactor

__all__ = ["Redactor"]
