"""The postmortem: what happened, whom it hurt, why we think so, what was done and with what proof, what follows.

Pure. `document` says what is in it; domain.markdown how it is written. Structure after
https://sre.google/sre-book/example-postmortem/.
"""

from collections.abc import Mapping
from typing import Any

from shared.domain.action.action_texts import action_text
from shared.domain.diagnosis.scene import number
from shared.domain.incident import proof
from shared.domain.incident.incident_timeline import decided, joined_of, timeline
from shared.domain.incident.incident_times import Times, apart, shown, times_of
from shared.domain.markdown import Document, Line, Section, render
from shared.domain.plain import plain
from shared.domain.watch.watch_words import number as written
from shared.texts import say, say_or

MOST_LISTED = 20
MOST_INDICATORS = 3
_UNITS = {
    "latency": " ms",
    "errors": " %",
    "throughput": " /min",
    "cpu": " %",
    "memory": " %",
    "disk": " %",
}


def write(language: str, story: Mapping[str, Any]) -> str:
    """The document for one incident, as Markdown. story: as `document` has it."""
    return render(document(language, story), say(language, "postmortem.none"))


def document(language: str, story: Mapping[str, Any]) -> Document:
    """What a postmortem holds. What the story does not tell is left out, or said to be unknown.

    story: {"incident": {"number", "url"}, "case": domain.case.Case, "outcome_text", "steps": of the saga,
    "decisions", "proof", "missing": of the evidence, "items": all of it, "problem", "joined": problems or what was
    heard of them, "action": as approved, "considered": actions that could not be done ({"type", "reason"}),
    "done": {"run_id", "url", "finished_at", "status", "reason"}, "undone": words, "recovery": the last
    domain.verification.Recovery, "follow_ups": domain.follow_ups.Suggestion, "similar": items or matches,
    "opened_at", "acknowledged_at", "mitigated_at"}, each optional.
    """
    case = story.get("case") or {}
    incident = story.get("incident") or {}
    times = times_of(story)
    rooms = {
        "summary": _summary(language, story, case, incident),
        "impact": _impact(language, story, times),
        "timeline": timeline(language, story),
        "cause": _cause(language, case),
        "considered": _considered(language, story, case),
        "actions": _actions(language, story, case),
        "proof": [Line(story["proof"])] if story.get("proof") else [],
        "evidence": [
            Line(item.get("text", ""), label=item.get("id", ""), link=item.get("link", ""))
            for item in case.get("evidence") or []
        ],
        "missing": [
            Line(gap.get("reason", ""), label=_source(language, gap))
            for gap in (story.get("missing") or [])[:MOST_LISTED]
        ],
        "similar": _similar(story),
        "follow_ups": [
            Line(each.get("title", ""), label=say_or("", language, f"follow_up.{each.get('kind')}"))
            for each in story.get("follow_ups") or []
        ],
    }
    return Document(
        title=f"{incident.get('number') or '?'}: {case.get('title') or '?'}",
        sections=[Section(say(language, f"postmortem.{name}"), lines) for name, lines in rooms.items()],
    )


def _summary(
    language: str, story: Mapping[str, Any], case: Mapping[str, Any], incident: Mapping[str, Any]
) -> list[Line]:
    problem = story.get("problem") or {}
    lines = [
        _said(language, "outcome", story.get("outcome_text")),
        _said(language, "incident", incident.get("number"), incident.get("url")),
        _said(language, "service", case.get("service")),
        _said(language, "problem", problem.get("display_id") or problem.get("title"), problem.get("url")),
    ]
    return [line for line in lines if line.text]


def _impact(language: str, story: Mapping[str, Any], times: Times) -> list[Line]:
    problem = story.get("problem") or {}
    unknown = say(language, "postmortem.unknown")
    over = times.recovered or times.ended
    moments = {
        "began": shown(times.began),
        "opened": shown(times.opened),
        "acknowledged": shown(times.acknowledged),
        "mitigated": shown(times.mitigated),
        "ended": shown(over),
        "duration": apart(times.began, over),
        "time_to_open": apart(times.began, times.opened),
        "time_to_acknowledge": apart(times.began, times.acknowledged),
        "time_to_recover": apart(times.began, times.recovered),
    }
    lines = [_said(language, name, told or unknown) for name, told in moments.items()]
    if problem.get("severity"):
        lines.insert(
            0, _said(language, "severity", f"{problem['severity']} ({problem.get('impact') or '-'})")
        )
    entities = problem.get("entities") or []
    names = [plain(str(one.get("name") or one.get("id") or "?"), 80) for one in entities]
    lines.append(_counted(language, "entities", names))
    joined = [
        plain(f"{one.get('display_id', '')} {one.get('title', '')}".strip() or "?", 160)
        for one in joined_of(story)
    ]
    if joined:
        lines.append(_counted(language, "joined", joined))
    return [*lines, *_indicators(language, story), *_after(language, story)]


def _counted(language: str, key: str, names: list[str]) -> Line:
    listed = ", ".join(names[:MOST_LISTED]) or say(language, "postmortem.none")
    more = ", …" if len(names) > MOST_LISTED else ""
    return Line(f"{listed}{more}", label=say(language, f"postmortem.{key}", count=len(names)))


def _indicators(language: str, story: Mapping[str, Any]) -> list[Line]:
    """Those that went farthest from the usual: before and during."""
    measured = [item for item in story.get("items") or [] if item.get("kind") == "metric"]
    telling = [item for item in measured if number((item.get("facts") or {}).get("robust_z")) is not None]
    telling.sort(key=lambda item: -abs(item["facts"]["robust_z"]))
    lines = []
    for item in telling[:MOST_INDICATORS]:
        facts = item["facts"]
        name = str(facts.get("indicator") or "?")
        unit = _UNITS.get(name, "")
        before, during = number(facts.get("baseline_median")), number(facts.get("during_median"))
        text = say(
            language,
            "postmortem.indicator",
            indicator=say_or(plain(name, 60), language, f"signal.{name}"),
            before=f"{written(before)}{unit}",
            during=f"{written(during)}{unit}",
        )
        lines.append(Line(text, label=str(item.get("id") or ""), link=str(item.get("link") or "")))
    return lines


def _after(language: str, story: Mapping[str, Any]) -> list[Line]:
    recovery = story.get("recovery")
    if not recovery:
        return []
    if recovery.get("indicators"):
        return [_said(language, "after", line) for line in proof.indicators(language, recovery)]
    samples = recovery.get("samples", 0)
    text = say(
        language,
        "postmortem.samples",
        within=recovery.get("within_bounds", 0),
        newest=min(samples, recovery.get("min_samples", samples)),
        samples=samples,
    )
    return [_said(language, "after", text)]


def _cause(language: str, case: Mapping[str, Any]) -> list[Line]:
    if not case.get("hypothesis"):
        return []
    cause = say(
        language,
        "postmortem.confidence",
        cause=case["hypothesis"],
        confidence=case.get("confidence", 0),
        author=case.get("author") or "?",
    )
    told = [
        _said(language, "rests", case.get("cited")),
        _said(language, "refuted_by", case.get("refuted_by")),
    ]
    return [Line(cause), *(line for line in told if line.text)]


def _considered(language: str, story: Mapping[str, Any], case: Mapping[str, Any]) -> list[Line]:
    """Other causes, and actions that could not be done."""
    # The first candidate is the cause itself.
    causes = [Line(str(each)) for each in (case.get("candidates") or [])[1:]]
    actions = [
        Line(
            say(
                language,
                "postmortem.not_done",
                action=plain(str(each.get("type") or "?"), 80),
                reason=say_or(
                    plain(str(each.get("reason") or "?")), language, f"handed_over.{each.get('reason')}"
                ),
            )
        )
        for each in story.get("considered") or []
    ]
    return [*causes, *actions]


def _actions(language: str, story: Mapping[str, Any], case: Mapping[str, Any]) -> list[Line]:
    """What was done, who allowed it, where it ran, and how it was taken back."""
    done, action = story.get("done") or {}, story.get("action")
    words = _action_words(language, action) if action else ""
    lines = [
        _said(language, "action" if done or not words else "proposed", words or case.get("action_text")),
        *(Line(decided(language, decision)) for decision in story.get("decisions") or []),
        _said(language, "run", str(done.get("run_id") or ""), done.get("url")),
        _said(language, "ended", done.get("reason")),
        _said(language, "undo", story.get("undone")),
    ]
    return [line for line in lines if line.text]


def _action_words(language: str, action: Mapping[str, Any]) -> str:
    try:
        return action_text(language, action)
    except KeyError:  # an action of another version, without what its sentence asks for
        return plain(str(action.get("type") or "?"), 80)


def _similar(story: Mapping[str, Any]) -> list[Line]:
    return [
        Line(
            each.get("text") or f"{each.get('number', '')} {each.get('title', '')}".strip(),
            label=str(each.get("id") or "") if each.get("kind") else "",
            link=each.get("link") or "",
        )
        for each in (story.get("similar") or [])[:MOST_LISTED]
    ]


def _said(language: str, key: str, text: object, link: object = "") -> Line:
    return Line(str(text or ""), label=say(language, f"postmortem.{key}"), link=str(link or ""))


def _source(language: str, gap: Mapping[str, Any]) -> str:
    source = str(gap.get("source", ""))
    return say_or(source, language, f"source.{source}")
