"""Header blocks: the examples of RFC 7541, appendix C, and what is malformed."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.durable.wire.hpack import Decoder, encode
from sandbox.durable.wire.huffman import HeaderError

REQUESTS = [
    {b":method": b"GET", b":scheme": b"http", b":path": b"/", b":authority": b"www.example.com"},
    {
        b":method": b"GET",
        b":scheme": b"http",
        b":path": b"/",
        b":authority": b"www.example.com",
        b"cache-control": b"no-cache",
    },
    {
        b":method": b"GET",
        b":scheme": b"https",
        b":path": b"/index.html",
        b":authority": b"www.example.com",
        b"custom-key": b"custom-value",
    },
]
PLAIN = [
    "828684410f7777772e6578616d706c652e636f6d",
    "828684be58086e6f2d6361636865",
    "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
]
CODED = [
    "828684418cf1e3c2e5f23a6ba0ab90f4ff",
    "828684be5886a8eb10649cbf",
    "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
]


@pytest.mark.parametrize("blocks", [PLAIN, CODED], ids=["plain", "huffman"])
def test_the_three_requests_of_the_standard(blocks: list[str]) -> None:
    decoder = Decoder()
    assert [decoder.decode(bytes.fromhex(block)) for block in blocks] == REQUESTS


def test_entries_leave_a_table_that_is_made_smaller() -> None:
    decoder = Decoder()
    decoder.decode(bytes.fromhex(PLAIN[0]))
    with pytest.raises(HeaderError):
        decoder.decode(bytes.fromhex("20be"))


def test_a_block_seen_before_means_something_else_after_the_table_changed() -> None:
    decoder = Decoder()
    decoder.decode(b"\x40\x01a\x011")
    assert decoder.decode(b"\xbe") == {b"a": b"1"}
    decoder.decode(b"\x40\x01b\x012")
    assert decoder.decode(b"\xbe") == {b"b": b"2"}


@given(st.dictionaries(st.binary(min_size=1, max_size=200), st.binary(max_size=300), max_size=5))
def test_what_is_encoded_is_decoded(headers: dict[bytes, bytes]) -> None:
    assert Decoder().decode(encode(list(headers.items()))) == headers


@given(st.lists(st.binary(max_size=40), max_size=4))
def test_nothing_but_a_header_error_comes_of_arbitrary_bytes(blocks: list[bytes]) -> None:
    decoder = Decoder()
    with contextlib.suppress(HeaderError):
        for block in blocks:
            decoder.decode(block)


@pytest.mark.parametrize(
    "block", ["80", "ff80808080808001", "be", "4003", "0001", "3fe21f", "000185ffffffffff", "000161820000"]
)
def test_a_malformed_block_is_an_error(block: str) -> None:
    with pytest.raises(HeaderError):
        Decoder().decode(bytes.fromhex(block))
