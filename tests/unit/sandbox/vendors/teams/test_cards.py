from typing import Any

import pytest

from sandbox.vendors.teams.cards import card_fault


def of(*body: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "AdaptiveCard", "version": "1.5", "body": list(body), **more}


def test_a_card_of_everything_is_valid() -> None:
    open_url = {"type": "Action.OpenUrl", "title": "Open", "url": "https://example.com"}
    text = {"type": "TextBlock", "text": "x", "wrap": True, "size": "Large", "weight": "bolder"}
    column = {"type": "Column", "width": "stretch", "items": [text]}
    card = of(
        text,
        {"type": "FactSet", "facts": [{"title": "Risk", "value": "high"}]},
        {
            "type": "Container",
            "style": "emphasis",
            "items": [{"type": "Image", "url": "https://example.com/a.png"}],
        },
        {"type": "ColumnSet", "columns": [column]},
        {
            "type": "RichTextBlock",
            "inlines": ["plain", {"type": "TextRun", "text": "bold", "weight": "Bolder"}],
        },
        {"type": "ActionSet", "actions": [open_url, {"type": "Action.Submit", "data": {"x": 1}}]},
        actions=[open_url, {"type": "Action.ToggleVisibility", "targetElements": ["a", {"elementId": "b"}]}],
        lang="pt-BR",
    )

    assert card_fault(card) == ""


@pytest.mark.parametrize(
    ("card", "said"),
    [
        ({}, "content"),
        (of() | {"type": "Card"}, "content/type"),
        ({"type": "AdaptiveCard", "body": []}, "'version' is a required property"),
        (of({"type": "TextBlock", "text": 1}), "content/body/0/text"),
        (of({"type": "TextBlock", "text": "x", "colour": "red"}), "colour"),
        (of({"type": "TextBlock", "text": "x", "size": "huge"}), "content/body/0/size"),
        (of({"type": "FactSet", "facts": [{"title": "a"}]}), "content/body/0/facts/0"),
        (of({"type": "Container", "items": [{"type": "Nothing"}]}), "content/body/0/items/0/type"),
        (of(actions=[{"type": "Action.OpenUrl"}]), "'url' is a required property"),
        (of(selectAction={"type": "Action.ShowCard"}), "content/selectAction/type"),
    ],
)
def test_a_wrong_card_is_named_by_its_place(card: dict[str, Any], said: str) -> None:
    assert said in card_fault(card)
