"""Adaptive Cards as HTML."""

from typing import Any

import pytest

from sandbox.console.cards import render


def body(*elements: dict[str, Any], **more: Any) -> str:
    return str(render({"type": "AdaptiveCard", "body": list(elements), **more}, "unknown here"))


def test_text_keeps_its_weight_and_its_lines_and_loses_its_markup() -> None:
    html = body({"type": "TextBlock", "text": "a\n<b>", "size": "Large", "weight": "Bolder"})
    assert '<p class="large bold">a<br>&lt;b&gt;</p>' in html


def test_facts_are_a_description_list() -> None:
    html = body({"type": "FactSet", "facts": [{"title": "Risk", "value": "<low>"}, "not a fact"]})
    assert "<div><dt>Risk</dt><dd>&lt;low&gt;</dd></div>" in html


def test_columns_and_containers_show_what_is_inside() -> None:
    column = {"type": "Column", "items": [{"type": "TextBlock", "text": "inside"}]}
    assert "inside" in body({"type": "ColumnSet", "columns": [column]})
    assert "inside" in body({"type": "Container", "items": [{"type": "TextBlock", "text": "inside"}]})


def test_only_web_addresses_become_links() -> None:
    actions = [
        {"type": "Action.OpenUrl", "title": "Good", "url": "https://example.com/?a=1&b=2"},
        {"type": "Action.OpenUrl", "title": "Bad", "url": "javascript:alert(1)"},
        {"type": "Action.Submit", "title": "Submit"},
    ]
    html = body(actions=actions)
    assert 'href="https://example.com/?a=1&amp;b=2"' in html
    assert "Bad" not in html
    assert "Submit" not in html


def test_an_unknown_element_is_named() -> None:
    assert "[Input.Date: unknown here]" in body({"type": "Input.Date"})
    assert "&lt;x&gt;" in body({"type": "<x>"})


def test_what_is_hidden_stays_hidden() -> None:
    assert "secret" not in body({"type": "TextBlock", "text": "secret", "isVisible": False})


@pytest.mark.parametrize("broken", [{"body": "text"}, {"body": [1, None, "x"]}, {"actions": {"a": 1}}, {}])
def test_a_malformed_card_is_an_empty_one(broken: dict[str, Any]) -> None:
    assert str(render(broken, "unknown")) == '<div class="card-body"></div>'


def test_a_card_nested_without_end_ends() -> None:
    element: dict[str, Any] = {"type": "TextBlock", "text": "deep"}
    for _ in range(200):
        element = {"type": "Container", "items": [element]}
    assert "deep" not in body(element)
