"""The simulated Teams takes no card that Adaptive Cards 1.5 would refuse, and refuses what it refuses."""

from typing import Any

import pytest
from jsonschema import Draft6Validator

from sandbox.vendors.teams.cards import card_fault
from sandbox.vendors.teams.schema import ACTIONS, ELEMENTS, schema
from tests.contract.vendors.published import read, sample

OPEN_URL = {"type": "Action.OpenUrl", "title": "Open", "url": "https://example.com"}
TEXT = {"type": "TextBlock", "text": "Olá", "wrap": True}


def card(*body: Any, **more: Any) -> dict[str, Any]:
    return {"type": "AdaptiveCard", "version": "1.5", "body": list(body), **more}


def published_takes(content: object) -> bool:
    return bool(Draft6Validator(read("adaptive-card-1.5.json")).is_valid(content))


def samples_of(words: dict[str, Any]) -> list[Any]:
    """Values that one of the simulator's own property schemas takes."""
    if "enum" in words:
        return list(words["enum"])
    if "anyOf" in words:
        return [value for one in words["anyOf"] for value in samples_of(one)]
    by_type: dict[str, list[Any]] = {"string": ["80px"], "boolean": [True], "number": [2]}
    return by_type.get(words.get("type", ""), [])


LEAST: dict[str, dict[str, Any]] = {
    "TextBlock": {"text": "x"},
    "RichTextBlock": {"inlines": ["x"]},
    "FactSet": {"facts": []},
    "Container": {"items": []},
    "Image": {"url": "https://example.com/a.png"},
    "ActionSet": {"actions": []},
    "Action.OpenUrl": {"url": "https://example.com"},
    "Action.ToggleVisibility": {"targetElements": []},
}


@pytest.mark.parametrize("name", [*ELEMENTS, *ACTIONS])
def test_every_word_of_every_property_is_taken_by_both(name: str) -> None:
    for key, words in (ELEMENTS | ACTIONS)[name][0].items():
        for value in samples_of(words):
            one = {"type": name, **LEAST.get(name, {}), key: value}
            content = card(actions=[one]) if name in ACTIONS else card(one)
            assert card_fault(content) == ""
            assert published_takes(content), (name, key, value)


@pytest.mark.parametrize(
    "content",
    [
        card(),
        card(
            TEXT, actions=[OPEN_URL], lang="pt-BR", fallbackText="x", speak="x", rtl=False, minHeight="50px"
        ),
        card(
            {
                "type": "FactSet",
                "facts": [{"title": "a", "value": "b"}, {"type": "Fact", "title": "a", "value": ""}],
            }
        ),
        card(
            {
                "type": "ColumnSet",
                "columns": [{"type": "Column", "width": "auto", "items": [TEXT]}, {"items": []}],
            }
        ),
        card({"type": "Container", "items": [TEXT], "style": "Emphasis", "selectAction": OPEN_URL}),
        card({"type": "RichTextBlock", "inlines": ["a", {"type": "TextRun", "text": "b", "italic": True}]}),
        card({"type": "ActionSet", "actions": [{"type": "Action.ShowCard", "card": card(TEXT)}]}),
        card({**TEXT, "fallback": "drop"}, {**TEXT, "fallback": TEXT}),
        card(actions=[{"type": "Action.ToggleVisibility", "targetElements": ["a", {"elementId": "b"}]}]),
        card(
            actions=[
                {"type": "Action.Submit", "data": {"a": 1}},
                {"type": "Action.Execute", "data": "x", "verb": "y"},
            ]
        ),
    ],
)
def test_a_right_card_is_taken_by_both(content: dict[str, Any]) -> None:
    assert card_fault(content) == ""
    assert published_takes(content)


@pytest.mark.parametrize(
    "content",
    [
        [],
        {"type": "Card", "version": "1.5"},
        card("text"),
        card({"type": "Marquee"}),
        card({"text": "no type"}),
        card({"type": "TextBlock"}),
        card({"type": "TextBlock", "text": 5}),
        card({**TEXT, "colour": "red"}),
        card({**TEXT, "wrap": "yes"}),
        card({**TEXT, "weight": "heavy"}),
        card({"type": "FactSet"}),
        card({"type": "FactSet", "facts": [{"title": "a"}]}),
        card({"type": "Image"}),
        card({"type": "Container", "items": [{"type": "TextBlock"}]}),
        card({"type": "ColumnSet", "columns": [TEXT]}),
        card({"type": "RichTextBlock", "inlines": [{"type": "TextRun"}]}),
        card(actions=[{"type": "Action.OpenUrl"}]),
        card(actions=[TEXT]),
        card(actions=[{"type": "Action.Run"}]),
        card(selectAction={"type": "Action.ShowCard"}),
        card(colour="red"),
    ],
)
def test_a_wrong_card_is_refused_by_both(content: Any) -> None:
    assert card_fault(content)
    assert not published_takes(content)


def test_the_vendors_sample_is_taken() -> None:
    (attachment,) = sample("teams.webhook.adaptive-card.docs.json")["attachments"]

    assert card_fault(attachment["content"]) == ""


def test_every_property_is_one_of_the_published() -> None:
    published = read("adaptive-card-1.5.json")["definitions"]

    for name, definition in schema()["definitions"].items():
        # The published file writes this one with a question mark.
        known = {key.rstrip("?") for key in published.get(name, {}).get("properties", {})}
        if name in published and known:
            assert set(definition["properties"]) <= known, name
