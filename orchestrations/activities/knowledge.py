"""Activities on what past incidents teach: similar ones as evidence, and this one remembered when it has ended."""

from typing import TYPE_CHECKING

import azure.durable_functions as df

from orchestrations.outcome import Value, answers_outcome
from shared.domain.incident import incidents
from shared.services import services
from shared.texts import say, say_or

if TYPE_CHECKING:
    from shared.knowledge import Match

bp = df.Blueprint()

MOST = 3
"""Similar incidents that become evidence."""
_LINES = 3
_TELLING = ("finding", "log")
"""Kinds of evidence whose words say what failed."""


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def collect_similar(payload: dict) -> Value:  # type: ignore[type-arg]
    """Past incidents like this problem, with what helped.

    payload: {"problem", "service": document or None, "items"?: evidence so far, "without"?: ids and numbers of
    incidents to leave out beside this one, "language"?}. Value: {"items", "remembered": of how many, "none": the
    sentence that says so where there is none, else ""}.
    """
    language = payload.get("language") or services().settings.default_language
    service = (payload.get("service") or {}).get("name", "")
    without = {payload["key"].partition("/")[0], *payload.get("without", ())}
    knowledge = services().knowledge
    found = await knowledge.similar(_asked(payload), service=service, without=without, limit=MOST)
    remembered = await knowledge.count()
    return {
        "items": [_item(language, match) for match in found],
        "remembered": remembered,
        "none": "" if found else say(language, "similar.none", count=remembered),
    }


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def remember_incident(payload: dict) -> Value:  # type: ignore[type-arg]
    """Remember an incident that has ended. Doing it twice is doing it once.

    payload: {"number", "title", "service": name or "", "cause", "category", "action_type", "helped": what was done,
    "outcome", "ended_at": ISO 8601, "link": of the postmortem, "people"?: names to hide, "id"?: the operation's where
    the key's is not it}. Value: {"result": "created" | "adopted" | "forgotten"}.
    """
    from shared.knowledge import memory_of

    id_ = payload.get("id") or payload["key"].partition("/")[0]
    memory = memory_of({**payload, "id": id_}, known_names=payload.get("people", ()))
    return {"result": await services().knowledge.remember(memory)}


def _asked(payload: dict) -> str:  # type: ignore[type-arg]
    """The problem in words: its title, and what was found of it so far."""
    from shared.redaction import redacted

    lines = [item["text"] for item in payload.get("items", ()) if item["kind"] in _TELLING]
    return redacted(". ".join([payload["problem"]["title"], *lines[:_LINES]]))


def _item(language: str, match: "Match") -> Value:
    fixed = match["outcome"] in (*incidents.CLOSING, "solved_by_people")
    helped = (
        say(language, "similar.helped" if fixed else "similar.tried", what=match["helped"])
        if match["helped"]
        else say(language, "similar.nothing_done")
    )
    text = say(
        language,
        "similar.item",
        number=match["number"],
        percent=round(100 * match["similarity"]),
        title=match["title"],
        service=match["service"] or "?",
        outcome=say_or(match["outcome"], language, f"outcome.{match['outcome']}"),
        helped=helped,
    )
    names = ("number", "similarity", "category", "action_type", "outcome")
    facts = {name: value for name, value in match.items() if name in names}
    return {
        "source": "knowledge",
        "kind": "similar",
        "at": match["ended_at"],
        "text": text,
        "link": match["link"],
        "facts": {"operation_id": match["id"], **facts},
    }
