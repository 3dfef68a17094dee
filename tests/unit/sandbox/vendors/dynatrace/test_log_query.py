"""The log search language, as far as the simulator reads it."""

import pytest

from sandbox.vendors.dynatrace.log_query import parse
from sandbox.vendors.framework import Refusal

LINE = {"status": "ERROR", "dt.entity.host": "HOST-1", "content": "Out of memory in pool 7"}


@pytest.mark.parametrize(
    ("query", "is_met"),
    [
        ("", True),
        ('status="ERROR"', True),
        ('status="error"', True),
        ('status!="ERROR"', False),
        ('content="memory"', True),
        ('content="disk"', False),
        ('dt.entity.host="HOST-2" OR status="ERROR"', True),
        ('dt.entity.host="HOST-2" AND status="ERROR"', False),
        ('NOT dt.entity.host="HOST-2" AND status="ERROR"', True),
        ('status="WARN" AND status="ERROR" OR content="pool"', True),
        ('status="WARN" AND (status="ERROR" OR content="pool")', False),
        ('(status="ERROR" or status="WARN") and (dt.entity.host="HOST-1")', True),
        ('dt.entity.service="SERVICE-1"', False),
    ],
)
def test_a_record_meets_a_query(query: str, is_met: bool) -> None:
    assert parse(query)(LINE) is is_met


@pytest.mark.parametrize(
    "query", ["status", 'status="ERROR" AND', '(status="ERROR"', 'status="ERROR")', "AND", 'status="a" x="b"']
)
def test_what_cannot_be_read_is_refused(query: str) -> None:
    with pytest.raises(Refusal):
        parse(query)
