"""The labelled set of similar incidents: past incidents and questions about them, made of hand-written situations.

`python -m tests.eval.similar_data` writes tests/eval/data/similar.jsonl anew; the same seed gives the same file. Each
situation of data/similar_situations.yaml becomes eight incidents, four in each language, told by people of different
habits, and five questions in words of their own. A third of the situations is held out from tuning.
"""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data" / "similar.jsonl"
SITUATIONS = Path(__file__).parent / "data" / "similar_situations.yaml"
SEED = 20261121
LANGUAGES = ("pt", "en")

_SERVICES = (
    "checkout",
    "orders",
    "payments-api",
    "catalog",
    "billing",
    "shipping",
    "portal-rh",
    "estoque",
    "crm",
)
_HABITS = {
    "pt": (
        "{title}",
        "{title} ({service})",
        "[P{level}] {title} em {service}",
        "{service}: {title} desde {hour}h{minute}",
    ),
    "en": (
        "{title}",
        "{title} ({service})",
        "[P{level}] {title} in {service}",
        "{service}: {title} since {hour}:{minute}",
    ),
}
_ASKED = {
    "pt": ("{query}", "{query} ({service})", "Incidente em {service}: {query}"),
    "en": ("{query}", "{query} ({service})", "Incident in {service}: {query}"),
}
_REMARKS = {
    "pt": ("", "", "Chamado aberto às {hour}h{minute}.", "Sala de crise com o time de plantão."),
    "en": ("", "", "Ticket opened at {hour}:{minute}.", "War room with the team on call."),
}
_OUTCOMES = ("resolved", "resolved", "solved_by_people", "self_resolved", "unverified", "action_failed")


def records() -> Iterator[dict[str, Any]]:
    """All of them, incidents first, in an order that says nothing."""
    import yaml

    known = yaml.safe_load(SITUATIONS.read_text(encoding="utf-8"))
    chance = random.Random(SEED)
    situations = known["situations"]
    held_out = {each["id"] for each in chance.sample(situations, len(situations) // 3)}
    incidents = [one for each in situations for one in _incidents(each, chance)]
    questions = [one for each in situations for one in _questions(each, chance, each["id"] in held_out)]
    questions += list(_unrelated(known, chance))
    chance.shuffle(incidents)
    chance.shuffle(questions)
    yield from incidents
    yield from questions


def _incidents(situation: dict[str, Any], chance: random.Random) -> Iterator[dict[str, Any]]:
    for language in LANGUAGES:
        told = situation[language]
        habits = chance.sample(_HABITS[language], 4)
        for number, habit in enumerate(habits):
            title, cause = told["titles"][number % 2], told["causes"][number // 2]
            facts = _facts(chance)
            remark = chance.choice(_REMARKS[language]).format(**facts)
            yield {
                "kind": "incident",
                "id": f"{situation['id']}-{language}-{number}",
                "situation": situation["id"],
                "language": language,
                "service": facts["service"],
                "title": habit.format(title=title, **facts),
                "cause": f"{cause}. {remark}".strip(),
                "category": situation["category"],
                "action_type": situation["action"],
                "outcome": chance.choice(_OUTCOMES),
            }


def _questions(situation: dict[str, Any], chance: random.Random, held_out: bool) -> Iterator[dict[str, Any]]:
    part = "held out" if held_out else "tuning"
    for language in LANGUAGES:
        for number, query in enumerate(situation[language]["queries"]):
            text = chance.choice(_ASKED[language]).format(query=query, **_facts(chance))
            yield {
                "kind": "query",
                "id": f"{situation['id']}-{language}-q{number}",
                "situation": situation["id"],
                "language": language,
                "text": text,
                "part": part,
            }
    yield {
        "kind": "query",
        "id": f"{situation['id']}-machine",
        "situation": situation["id"],
        "language": "machine",
        "text": situation["machine"],
        "part": part,
    }


def _unrelated(known: dict[str, Any], chance: random.Random) -> Iterator[dict[str, Any]]:
    """Questions that no incident answers: situation is ""."""
    for group in ("negatives", "near"):
        for language in LANGUAGES:
            texts = known[group][language]
            held_out = set(chance.sample(range(len(texts)), len(texts) // 3))
            for number, text in enumerate(texts):
                yield {
                    "kind": "query",
                    "id": f"{group}-{language}-{number}",
                    "situation": "",
                    "language": language,
                    "text": text,
                    "part": "held out" if number in held_out else "tuning",
                }


def _facts(chance: random.Random) -> dict[str, Any]:
    return {
        "service": chance.choice(_SERVICES),
        "level": chance.randint(1, 4),
        "hour": f"{chance.randint(0, 23):02}",
        "minute": f"{chance.randint(0, 59):02}",
    }


def write() -> None:
    lines = [json.dumps(record, ensure_ascii=False) for record in records()]
    DATA.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
