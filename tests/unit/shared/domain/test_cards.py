"""Cards lead only where a person may go, and say who acts in them."""

from shared.domain.cards import ended_card, notice_card
from shared.texts import say

INCIDENT = {"number": "INC0010001", "url": "https://snow.example/1"}


def test_a_button_leads_to_a_web_address_or_is_not_there() -> None:
    links = [
        ("card.open_incident", "javascript:alert(1)"),
        ("card.open_approval", "https://app.example/a?x=1#y"),
    ]

    (button,) = notice_card("en", "x", [], links)["actions"]
    assert button["url"] == "https://app.example/a?x=1#y"


def test_who_asked_is_known_to_act() -> None:
    facts = [
        {"title": say("pt-BR", "fact.requested_by"), "value": "Bruno Lima"},
        {"title": "x", "value": "Carla"},
    ]

    assert notice_card("pt-BR", "t", facts, [], ["Ana Souza"])["people"] == ["Ana Souza", "Bruno Lima"]
    assert "people" not in notice_card("pt-BR", "t", [], [])


def test_how_it_ended_is_said_without_markup() -> None:
    card = ended_card("en", INCIDENT, "failed: [x](https://evil.example)", "a [b](https://evil.example)")

    assert "](" not in str(card)
    assert "https://evil" not in str(card)
