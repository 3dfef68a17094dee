"""The Adaptive Cards we post: version 1.5, only elements Teams shows (https://adaptivecards.io/explorer/)."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.domain.incident.case import Case
from shared.domain.plain import address, plain
from shared.texts import say

Card = dict[str, Any]
"""With "people" where it names some who act in it: they stay readable in the channel; the client takes the list out."""

_NAMING = ("fact.requested_by", "fact.owner")
"""Facts whose value is the name of who acts."""


def incident_card(
    language: str,
    incident: Mapping[str, Any],
    case: Case,
    approval_url: str | None,
) -> Card:
    """Announce an incident: cause, action, risk, evidence, and where to decide.

    approval_url: None when there is nothing to decide.
    """
    facts = [
        _fact(language, "card.cause", f"{case['hypothesis']} ({case['confidence']} %, {case['author']})"),
        _fact(language, "card.action", case["action_text"]),
        _fact(language, "card.risk", say(language, f"risk.{case['risk']}")),
    ]
    evidence = [
        _text(f"{item['id']}: {plain(item['text'], 160)}", size="Small") for item in case["evidence"][:5]
    ]
    body: list[dict[str, Any]] = [
        _text(
            say(language, "card.title", number=incident["number"], title=case["title"]),
            size="Large",
            weight="Bolder",
        ),
        {"type": "FactSet", "facts": facts},
        _text(say(language, "card.evidence"), weight="Bolder", spacing="Medium"),
        *evidence,
    ]
    links = [("card.open_approval", approval_url), ("card.open_incident", incident["url"])]
    return _card(language, body, [(say(language, key), url) for key, url in links if url])


def ended_card(
    language: str,
    incident: Mapping[str, Any],
    outcome_text: str,
    details: str,
    people: Sequence[str] = (),
) -> Card:
    """Say how an incident ended. people: who is named in it because they decided."""
    title = say(language, "card.ended", number=incident["number"], outcome=plain(outcome_text))
    body = [_text(title, size="Medium", weight="Bolder"), _text(plain(details, 600))]
    return _card(language, body, [(say(language, "card.open_incident"), incident["url"])], people)


def notice_card(
    language: str,
    title: str,
    facts: Sequence[Mapping[str, str]],
    links: Sequence[tuple[str, str]],
    people: Sequence[str] = (),
) -> Card:
    """Say one thing.

    facts: [{"title", "value"}]. links: (name of the sentence on the button, address). people: who is named in it
    because they act in what it tells; who asked is known from the facts.
    """
    body: list[dict[str, Any]] = [_text(plain(title, 600), size="Medium", weight="Bolder")]
    told = [{"title": fact["title"], "value": plain(fact["value"], 300)} for fact in facts]
    body += [{"type": "FactSet", "facts": told}] if told else []
    naming = {say(language, key) for key in _NAMING}
    acting = [*people, *(fact["value"] for fact in facts if fact["title"] in naming)]
    return _card(language, body, [(say(language, key), url) for key, url in links], acting)


def _card(
    language: str, body: list[dict[str, Any]], links: Sequence[tuple[str, str]], people: Sequence[str] = ()
) -> Card:
    card: Card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.5",
        "lang": language,
        "body": body,
        "actions": [
            {"type": "Action.OpenUrl", "title": title, "url": address(url)}
            for title, url in links
            if address(url)
        ],
    }
    return {**card, "people": list(people)} if people else card


def _text(text: str, **style: str) -> dict[str, Any]:
    return {"type": "TextBlock", "text": text, "wrap": True, **style}


def _fact(language: str, key: str, value: str) -> dict[str, str]:
    return {"title": say(language, key), "value": plain(value)}
