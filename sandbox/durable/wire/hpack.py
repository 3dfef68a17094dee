"""HPACK (RFC 7541): the header blocks of HTTP/2, decoded in full; encoded without tables or Huffman code."""

from collections import deque

from sandbox.durable.wire import huffman
from sandbox.durable.wire.huffman import HeaderError

_STATIC_NAMES = """
:authority :method :method :path :path :scheme :scheme :status :status :status :status :status
:status :status accept-charset accept-encoding accept-language accept-ranges accept
access-control-allow-origin age allow authorization cache-control content-disposition
content-encoding content-language content-length content-location content-range content-type cookie
date etag expect expires from host if-match if-modified-since if-none-match if-range
if-unmodified-since last-modified link location max-forwards proxy-authenticate proxy-authorization
range referer refresh retry-after server set-cookie strict-transport-security transfer-encoding
user-agent vary via www-authenticate
"""
_STATIC_VALUES = {
    2: "GET", 3: "POST", 4: "/", 5: "/index.html", 6: "http", 7: "https", 8: "200", 9: "204", 10: "206",
    11: "304", 12: "400", 13: "404", 14: "500", 16: "gzip, deflate",
}  # fmt: skip
_STATIC = [
    (name.encode(), _STATIC_VALUES.get(index, "").encode())
    for index, name in enumerate(_STATIC_NAMES.split(), 1)
]
_ENTRY_OVERHEAD = 32
_TABLE_LIMIT = 4096


class Decoder:
    """Decodes the header blocks of one connection, in order."""

    def __init__(self) -> None:
        self._entries: deque[tuple[bytes, bytes]] = deque()
        self._size, self._limit = 0, _TABLE_LIMIT
        self._seen: dict[bytes, dict[bytes, bytes]] = {}

    def decode(self, block: bytes) -> dict[bytes, bytes]:
        """The headers of a block. Raises: HeaderError."""
        seen = self._seen.get(block)
        if seen is not None:
            return seen
        try:
            headers, pure = self._decode(block)
        except IndexError:
            raise HeaderError("a header block ends early or names what is not in its table") from None
        if pure and len(self._seen) < 100:  # it refers to the tables only, and does not change them
            self._seen[block] = headers
        return headers

    def _decode(self, block: bytes) -> tuple[dict[bytes, bytes], bool]:
        headers: dict[bytes, bytes] = {}
        at, pure = 0, True
        while at < len(block):
            first = block[at]
            if first & 0x80:
                index, at = _integer(block, at, 7)
                name, value = self._entry(index)
            elif first & 0xE0 == 0x20:
                self._limit, at = _integer(block, at, 5)
                self._shrink()
                pure = False
                continue
            else:
                added = bool(first & 0x40)
                index, at = _integer(block, at, 6 if added else 4)
                if index:
                    name = self._entry(index)[0]
                else:
                    name, at = _string(block, at)
                value, at = _string(block, at)
                pure = False
                if added:
                    self._add(name, value)
            headers[name] = value
        return headers, pure

    def _entry(self, index: int) -> tuple[bytes, bytes]:
        if index <= 0:
            raise HeaderError("a header block refers to index 0")
        return _STATIC[index - 1] if index <= len(_STATIC) else self._entries[index - len(_STATIC) - 1]

    def _add(self, name: bytes, value: bytes) -> None:
        self._entries.appendleft((name, value))
        self._size += len(name) + len(value) + _ENTRY_OVERHEAD
        self._shrink()

    def _shrink(self) -> None:
        if self._limit > _TABLE_LIMIT:
            raise HeaderError("a header table larger than allowed")
        self._seen.clear()
        while self._size > self._limit:
            name, value = self._entries.pop()
            self._size -= len(name) + len(value) + _ENTRY_OVERHEAD


def encode(headers: list[tuple[bytes, bytes]]) -> bytes:
    """A header block that depends on no table."""
    return b"".join(b"\x00" + _sized(name) + _sized(value) for name, value in headers)


def _sized(text: bytes) -> bytes:
    if len(text) < 0x7F:
        return bytes([len(text)]) + text
    rest, size = len(text) - 0x7F, bytearray([0x7F])
    while rest >= 0x80:
        size.append(rest & 0x7F | 0x80)
        rest >>= 7
    size.append(rest)
    return bytes(size) + text


def _integer(block: bytes, at: int, bits: int) -> tuple[int, int]:
    mask = (1 << bits) - 1
    value = block[at] & mask
    at += 1
    if value < mask:
        return value, at
    shift = 0
    while True:
        byte = block[at]
        at += 1
        value += (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return value, at
        if shift > 28:
            raise HeaderError("a number in a header block is too large")


def _string(block: bytes, at: int) -> tuple[bytes, int]:
    coded = bool(block[at] & 0x80)
    length, at = _integer(block, at, 7)
    if at + length > len(block):
        raise HeaderError("a string in a header block ends early")
    text = block[at : at + length]
    return (huffman.decode(text) if coded else text), at + length
