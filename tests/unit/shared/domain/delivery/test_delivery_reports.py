"""What sources write, read with care: times with zones, whole commits, addresses of organisations."""

import pytest

from shared.domain.delivery.delivery_reports import (
    instant,
    objects,
    organisation_of,
    part,
    reverted,
    sha,
    text,
)


@pytest.mark.parametrize(
    ("told", "at"),
    [
        ("2026-11-20T07:00:00-03:00", "2026-11-20T10:00:00.000Z"),
        ("2016-09-19T13:03:26.4285528Z", "2016-09-19T13:03:26.428Z"),
        (" 2026-11-20T10:00:00Z ", "2026-11-20T10:00:00.000Z"),
        ("2026-11-20T10:00:00", None),
        ("2026-11-20", None),
        ("0001-01-01T00:00:00Z", None),
        ("9999-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59-14:00", None),
        (1_763_726_400, None),
        (None, None),
    ],
)
def test_a_time_has_a_zone_and_a_year_that_can_be(told: object, at: str | None) -> None:
    assert instant(told) == at


@pytest.mark.parametrize(
    ("told", "name"),
    [("A" * 40, "a" * 40), ("b" * 64, "b" * 64), ("0" * 40, None), ("a" * 39, None), (["a" * 40], None)],
)
def test_a_commit_is_named_whole(told: object, name: str | None) -> None:
    assert sha(told) == name


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://dev.azure.com/Contoso/_apis", "contoso"),
        ("https://contoso.visualstudio.com/DefaultCollection/_apis", "contoso"),
        ("https://contoso.vsrm.visualstudio.com/x", "contoso"),
        ("http://127.0.0.1:8080/sandbox", "sandbox"),
        ("http://[", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_an_organisation_is_read_from_both_kinds_of_addresses(url: object, name: str) -> None:
    assert organisation_of(url) == name


def test_a_text_is_one_line_of_a_bounded_length() -> None:
    assert text(" a\n b ") == "a b"
    assert len(text("x" * 10_000)) == 300
    assert text(True) == text(None) == text({}) == ""
    assert text(7) == "7"


def test_what_is_no_object_holds_nothing() -> None:
    assert part({"a": {"b": 1}}, "a", "b") == 1
    assert part({"a": [1]}, "a", "b") is None
    assert objects("x") == objects(None) == []
    assert objects([{}, 1, {"a": 1}]) == [{}, {"a": 1}]


def test_a_revert_is_known_by_git_s_own_words() -> None:
    assert reverted(f'Revert "x"\n\nThis reverts commit {"c" * 40}.') == "c" * 40
    assert reverted("Reverts everything") is None
    assert reverted(None) is None
