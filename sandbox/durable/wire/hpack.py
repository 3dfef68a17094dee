"""HPACK (RFC 7541): the header blocks of HTTP/2, decoded in full; encoded without tables or Huffman code."""

from collections import deque

_STATIC_NAMES = [
    ":authority",
    ":method",
    ":method",
    ":path",
    ":path",
    ":scheme",
    ":scheme",
    ":status",
    ":status",
    ":status",
    ":status",
    ":status",
    ":status",
    ":status",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "accept-ranges",
    "accept",
    "access-control-allow-origin",
    "age",
    "allow",
    "authorization",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-length",
    "content-location",
    "content-range",
    "content-type",
    "cookie",
    "date",
    "etag",
    "expect",
    "expires",
    "from",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "last-modified",
    "link",
    "location",
    "max-forwards",
    "proxy-authenticate",
    "proxy-authorization",
    "range",
    "referer",
    "refresh",
    "retry-after",
    "server",
    "set-cookie",
    "strict-transport-security",
    "transfer-encoding",
    "user-agent",
    "vary",
    "via",
    "www-authenticate",
]
_STATIC_VALUES = {
    2: "GET", 3: "POST", 4: "/", 5: "/index.html", 6: "http", 7: "https", 8: "200", 9: "204", 10: "206",
    11: "304", 12: "400", 13: "404", 14: "500", 16: "gzip, deflate",
}  # fmt: skip
_STATIC = [
    (name.encode(), _STATIC_VALUES.get(index, "").encode()) for index, name in enumerate(_STATIC_NAMES, 1)
]
_ENTRY_OVERHEAD = 32
_TABLE_LIMIT = 4096

# The code is canonical: the lengths of its words, symbol by symbol (256: end of string), define it.
_HUFFMAN_LENGTHS = bytes.fromhex(
    "0d171c1c1c1c1c1c1c181e1c1c1e1c1c1c1c1c1c1c1c1e1c1c1c1c1c1c1c1c1c060a0a0c0d06080b0a0a080b08060606"
    "0505050606060606060607080f060c0a0d06070707070707070707070707070707070707070707070807080d130d0e06"
    "0f05060506050606060507070606060506070605050607070707070f0b0e0d1c14161414161616171617171717171817"
    "181816171817171717151617161717181615141616171715171616181516171715151615171617171416161617161617"
    "1a1a1413161716191a1a1a1b1b1a181913151a1b1b1a1b1815151a1a1c1b1b1b14181415161515171616191918181a17"
    "1a1b1a1a1b1b1b1b1b1c1b1b1b1b1b1a1e"
)


class HeaderError(Exception):
    """A header block that cannot be decoded; the connection is lost with it."""


def _words() -> dict[tuple[int, int], int]:
    """The Huffman code: (length, word) -> symbol."""
    words: dict[tuple[int, int], int] = {}
    word = last = 0
    for length, symbol in sorted((length, symbol) for symbol, length in enumerate(_HUFFMAN_LENGTHS)):
        word <<= length - last
        words[length, word] = symbol
        word, last = word + 1, length
    return words


_WORDS = _words()


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
    return (_huffman(text) if coded else text), at + length


def _huffman(coded: bytes) -> bytes:
    text = bytearray()
    word = length = 0
    for byte in coded:
        for bit in range(7, -1, -1):
            word, length = word << 1 | byte >> bit & 1, length + 1
            symbol = _WORDS.get((length, word))
            if symbol is not None:
                if symbol == 256:
                    raise HeaderError("a string in a header block contains its end")
                text.append(symbol)
                word = length = 0
    if length > 7 or word != (1 << length) - 1:
        raise HeaderError("a string in a header block is badly padded")
    return bytes(text)
