"""What happened in an incident, in the order of time, in words for people: events, not the steps of an operation.

Pure. What a step is for people is said here; a step that means nothing to them is left out.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from shared.domain.incident.incident_times import moment, shown
from shared.domain.incident.incidents import EXPIRED
from shared.domain.markdown import Line
from shared.domain.plain import plain
from shared.texts import say, say_or

MOST_JOINED = 10

_DONE: Mapping[str, str] = {
    "diagnose": "diagnosed",
    "open_incident": "opened",
    "reopen_incident": "reopened",
    "announce": "card",
    "record_automatic": "automatic",
    "await_maintenance": "maintenance",
    "end_incident": "closed",
}
_RUNS: Mapping[str, tuple[str, str]] = {
    "start_run": ("run_started", "run_failed"),
    "await_run": ("run_ended", "run_failed"),
    "switch_flag": ("flag", "run_failed"),
    "verify": ("verified", "unverified"),
}
"""(when done, when failed), of steps that may bear a suffix: `start_run_undo`."""

type Event = tuple[int, str]


def timeline(language: str, story: Mapping[str, Any]) -> list[Line]:
    """story: of domain.postmortem."""
    events = [*_of_problems(language, story), *_of_steps(language, story), *_of_decisions(language, story)]
    return [
        Line(text, label=shown(at)) for at, text in sorted(events, key=lambda event: event[0]) if shown(at)
    ]


def _of_problems(language: str, story: Mapping[str, Any]) -> Iterable[Event]:
    start_ms = (story.get("problem") or {}).get("start_ms")
    if isinstance(start_ms, int):
        yield start_ms, say(language, "event.problem")
    for problem in joined_of(story)[:MOST_JOINED]:
        if isinstance(problem.get("start_ms"), int):
            yield (
                problem["start_ms"],
                say(language, "event.joined", title=plain(problem.get("title") or "?", 160)),
            )


def joined_of(story: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The problems that joined, whether told whole or inside what was heard of them."""
    return [each.get("problem") or each for each in story.get("joined") or []]


def _of_steps(language: str, story: Mapping[str, Any]) -> Iterable[Event]:
    gathered = []
    for step in story.get("steps") or []:
        name, ended = str(step.get("name", "")), moment(step.get("ended_at") or step.get("started_at"))
        if ended is None:
            continue
        if name.startswith("collect_"):
            gathered.append(ended)
        elif key := _event_of(name, step):
            yield ended, say(language, f"event.{key}")
    if gathered:
        yield max(gathered), say(language, "event.gathered")


def _event_of(name: str, step: Mapping[str, Any]) -> str:
    failed = step.get("state") == "failed"
    if name.startswith("await_decision"):
        return "expired" if step.get("result") == EXPIRED else ""
    for start, (done, not_done) in _RUNS.items():
        if name == start or name.startswith(f"{start}_"):
            return not_done if failed else done
    return "" if failed else _DONE.get(name, "")


def _of_decisions(language: str, story: Mapping[str, Any]) -> Iterable[Event]:
    """A decision is told to the second; what was asked in that second was asked before."""
    asked = [
        moment(step.get("started_at"))
        for step in story.get("steps") or []
        if str(step.get("name", "")).startswith("await_decision")
    ]
    for decision in story.get("decisions") or []:
        at = moment(decision.get("at"))
        if at is not None:
            same_second = [ms for ms in asked if ms is not None and ms // 1000 == at // 1000]
            yield max([at, *same_second]), decided(language, decision)


def decided(language: str, decision: Mapping[str, Any]) -> str:
    """Who decided what, with the reason given."""
    said = plain(str(decision.get("decision") or "?"), 20)
    return say(
        language,
        "postmortem.decided",
        person=plain(decision.get("person_name") or "?", 80),
        decision=say_or(said, language, f"postmortem.decision.{said}"),
        comment=plain(decision.get("comment") or ""),
    ).rstrip()
