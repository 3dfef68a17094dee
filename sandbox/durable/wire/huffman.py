"""The Huffman code of HPACK (RFC 7541, appendix B)."""

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


def decode(coded: bytes) -> bytes:
    """The text of a coded string. Raises: HeaderError."""
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
