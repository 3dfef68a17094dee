"""The Adaptive Cards we post: version 1.5, only elements Teams shows (https://adaptivecards.io/explorer/)."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.domain.case import Case
from shared.domain.plain import plain
from shared.texts import say

Card = dict[str, Any]


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


def ended_card(language: str, incident: Mapping[str, Any], outcome_text: str, details: str) -> Card:
    """Say how an incident ended."""
    title = say(language, "card.ended", number=incident["number"], outcome=outcome_text)
    body = [_text(title, size="Medium", weight="Bolder"), _text(plain(details, 600))]
    return _card(language, body, [(say(language, "card.open_incident"), incident["url"])])


def notice_card(
    language: str, title: str, facts: Sequence[Mapping[str, str]], links: Sequence[tuple[str, str]]
) -> Card:
    """Say one thing. facts: [{"title", "value"}]. links: (name of the sentence on the button, address)."""
    body: list[dict[str, Any]] = [_text(plain(title, 600), size="Medium", weight="Bolder")]
    told = [{"title": fact["title"], "value": plain(fact["value"], 300)} for fact in facts]
    body += [{"type": "FactSet", "facts": told}] if told else []
    return _card(language, body, [(say(language, key), url) for key, url in links])


def _card(language: str, body: list[dict[str, Any]], links: Sequence[tuple[str, str]]) -> Card:
    return {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.5",
        "lang": language,
        "body": body,
        "actions": [{"type": "Action.OpenUrl", "title": title, "url": url} for title, url in links],
    }


def _text(text: str, **style: str) -> dict[str, Any]:
    return {"type": "TextBlock", "text": text, "wrap": True, **style}


def _fact(language: str, key: str, value: str) -> dict[str, str]:
    return {"title": say(language, key), "value": plain(value)}
