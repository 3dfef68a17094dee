"""The case of one problem as people read it: on the card, in the incident, on the approval page, in the postmortem.

Everything from outside passes `plain` here, once.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from shared.domain.action.action_texts import action_text
from shared.domain.action.remediation import Proposal
from shared.domain.diagnosis.evidence import Bundle
from shared.domain.plain import address, plain
from shared.texts import say, say_or

SHOWN_ITEMS = 8
"""What a custom status has room for: Durable Functions keeps 16 KB of it."""


class Case(TypedDict):
    """confidence: percent. component: where the cause sits, "" if unknown. candidates: the likeliest, in words.

    evidence: [{"id", "text", "source", "at", "link"}], what the cause rests on first.
    """

    title: str
    service: str
    hypothesis: str
    component: str
    category: str
    candidates: list[str]
    confidence: int
    author: str
    cited: str
    refuted_by: str
    evidence: list[dict[str, str]]
    missing: list[str]
    risk: str
    action_text: str


def describe(
    language: str,
    problem: Mapping[str, Any],
    service: Mapping[str, Any] | None,
    bundle: Bundle,
    diagnosis: Mapping[str, Any],
    proposal: Proposal,
) -> Case:
    """Put evidence, cause and proposal into words. diagnosis: an assistant.port.Diagnosis as a dict."""
    cause = diagnosis["text"] or _sentence(language, diagnosis)
    refuted_by = diagnosis["refuted_by"] or say(language, diagnosis["refuted_by_key"])
    return Case(
        title=plain(problem["title"], 160),
        service=_service_name(problem, service),
        hypothesis=plain(cause, 600),
        component=plain(diagnosis.get("component", ""), 80),
        category=diagnosis["category"],
        candidates=[_candidate(language, one) for one in diagnosis.get("candidates", [])],
        confidence=round(100 * diagnosis["confidence"]),
        author=say(language, f"author.{diagnosis['author']}", model=plain(diagnosis["model"])),
        cited=", ".join(diagnosis["evidence_ids"]) or say(language, "none"),
        refuted_by=plain(refuted_by, 300),
        evidence=_shown(bundle, diagnosis["evidence_ids"]),
        missing=[say_or(gap["source"], language, f"source.{gap['source']}") for gap in bundle["missing"]],
        risk=proposal["risk"],
        action_text=_action_text(language, proposal),
    )


def incident_draft(language: str, problem: Mapping[str, Any], case: Case) -> dict[str, str]:
    """Title and description of the incident."""
    title = say(language, "incident.title", title=case["title"], service=case["service"])
    return {
        "short_description": plain(title, 160),
        "description": say(
            language,
            "incident.description",
            display_id=plain(problem["display_id"]),
            url=address(problem["url"]) or "-",
        ),
    }


def opened_note(language: str, case: Case) -> str:
    """The first work note: evidence, cause, proposal."""
    listed = "\n".join(f"{item['id']} {item['text']}" for item in case["evidence"])
    return say(
        language,
        "note.opened",
        evidence=listed or say(language, "none"),
        missing=", ".join(case["missing"]) or say(language, "none"),
        action=case["action_text"],
        **{name: case[name] for name in ("confidence", "author", "hypothesis", "cited", "refuted_by")},
    )


def people_of(decisions: Sequence[Mapping[str, Any]]) -> list[str]:
    """Who said something, by name."""
    return [plain(decision["person_name"], 80) for decision in decisions]


def comments(decisions: Sequence[Mapping[str, Any]]) -> str:
    return " ".join(plain(decision["comment"]) for decision in decisions if decision["comment"])


def _shown(bundle: Bundle, cited: Sequence[str]) -> list[dict[str, str]]:
    """What the cause rests on, then the rest in its order, as far as there is room."""
    items = sorted(bundle["items"], key=lambda item: item["id"] not in cited)[:SHOWN_ITEMS]
    return [
        {
            "id": item["id"],
            "text": plain(item["text"], 200),
            "source": item["source"],
            "at": item["at"],
            "link": address(item["link"]),
        }
        for item in items
    ]


def _sentence(language: str, diagnosis: Mapping[str, Any]) -> str:
    values = dict(diagnosis["text_values"])
    if "indicator" in values:
        values["indicator"] = say_or(str(values["indicator"]), language, f"indicator.{values['indicator']}")
    return say(language, diagnosis["text_key"], **values)


def _candidate(language: str, candidate: Mapping[str, Any]) -> str:
    category = say(language, f"category.{candidate['category']}")
    confidence = round(100 * candidate["confidence"])
    if not candidate["component"]:
        return f"{category} ({confidence} %)"
    component = plain(candidate["component"], 80)
    return say(language, "cause.candidate", category=category, component=component, confidence=confidence)


def _service_name(problem: Mapping[str, Any], service: Mapping[str, Any] | None) -> str:
    if service:
        return str(service["name"])
    return plain(problem["entities"][0]["name"], 80) if problem["entities"] else "?"


def _action_text(language: str, proposal: Proposal) -> str:
    action = proposal["action"]
    if action is None:
        reason = say(language, f"handed_over.{proposal['reason']}")
        return say(language, "action.none", reason=reason)
    return action_text(language, action)
