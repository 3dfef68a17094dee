"""Ids of settings objects as Dynatrace makes them, and the number by which others name a management zone.

An id is base64url around schema, scope and a UUID, between two magic numbers. The UUID's first eight bytes, signed,
are the number.
"""

import base64
import secrets
from uuid import UUID

_MAGIC = bytes.fromhex("beef54de15dadead")
_SCOPE = "tenant"


def new(schema_id: str) -> tuple[str, str]:
    """(object id, number), never given before."""
    # Name-based as the vendor's are: a UUID of version 4 would stand for a number of the old kind.
    uuid = UUID(bytes=secrets.token_bytes(16), version=3)
    texts = b"".join(len(text).to_bytes(2) + text.encode() for text in (schema_id, _SCOPE, _SCOPE, str(uuid)))
    encoded = base64.urlsafe_b64encode(_MAGIC + (1).to_bytes(4) + texts + _MAGIC).decode().rstrip("=")
    return encoded, str(int.from_bytes(uuid.bytes[:8], signed=True))
