"""The one place where personal data and secrets are taken out of text (LGPD): before a model, a log, the knowledge base
and Teams see it. docs/security.md says which exit calls it where.

    Redactor          for a question whose answer comes back to us: placeholders that only it can turn back
    redacted          for good: what leaves never comes back
    redacted_in       the same for every text inside a JSON value
    without_secrets   for systems of record, which may name people and never hold a secret
    find              where something stands and of which kind

CPF, CNPJ and cards count by their check digits, secrets by their shape or the name before them, names by lists and
context. Everything is linear in the length of the text.
"""

from shared.redaction.redactor import (
    Redactor,
    find,
    redacted,
    redacted_in,
    without_secrets,
    without_secrets_in,
)
from shared.redaction.spans import Span

__all__ = ["Redactor", "Span", "find", "redacted", "redacted_in", "without_secrets", "without_secrets_in"]
