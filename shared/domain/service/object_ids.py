"""What the ids of Dynatrace's settings objects hold: the number by which other settings name a management zone."""

from __future__ import annotations

import base64
import re
from uuid import UUID

_UUID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def management_zone_id(object_id: str) -> str | None:
    """The number by which other settings name a zone, from its settings object's id; None when it holds none.

    An object id is base64url around a UUID; the number is the UUID's first eight bytes, signed (for a random UUID,
    version 4, a zig-zag varint of its first six and last four).
    """
    try:
        data = base64.b64decode(object_id + "=" * (-len(object_id) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return None
    found = _UUID.search(data)
    if found is None:
        return None
    uuid = UUID(found[0].decode())
    if uuid.version == 4:
        number = _zig_zag_varint(uuid.bytes[:6] + uuid.bytes[12:])
        return None if number is None else str(number)
    return str(int.from_bytes(uuid.bytes[:8], signed=True))


def _zig_zag_varint(data: bytes) -> int | None:
    number = 0
    for position, byte in enumerate(data):
        number |= (byte & 0x7F) << (7 * position)
        if byte < 0x80:
            return number >> 1 ^ -(number & 1)
    return None
