"""The case of one problem as people read it: on the card, in the incident, on the approval page, in the postmortem.

Everything from outside passes `plain` here, once.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from shared.domain.evidence import Bundle
from shared.domain.plain import plain
from shared.domain.remediation import Proposal
from shared.texts import say

SHOWN_ITEMS = 8
"""What a custom status has room for: Durable Functions keeps 16 KB of it."""


class Case(TypedDict):
    """confidence: percent. evidence: [{"id", "text"}]."""

    title: str
    service: str
    hypothesis: str
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
    cause = diagnosis["text"] or say(language, diagnosis["text_key"], **diagnosis["text_values"])
    refuted_by = diagnosis["refuted_by"] or say(language, diagnosis["refuted_by_key"])
    return Case(
        title=plain(problem["title"], 160),
        service=_service_name(problem, service),
        hypothesis=plain(cause, 600),
        confidence=round(100 * diagnosis["confidence"]),
        author=say(language, f"author.{diagnosis['author']}", model=plain(diagnosis["model"])),
        cited=", ".join(diagnosis["evidence_ids"]) or say(language, "none"),
        refuted_by=plain(refuted_by, 300),
        evidence=[
            {"id": item["id"], "text": plain(item["text"], 200)} for item in bundle["items"][:SHOWN_ITEMS]
        ],
        missing=[gap["source"] for gap in bundle["missing"]],
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
            url=plain(problem["url"], 500),
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


def people(decisions: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(plain(decision["person_name"], 80) for decision in decisions)


def comments(decisions: Sequence[Mapping[str, Any]]) -> str:
    return " ".join(plain(decision["comment"]) for decision in decisions if decision["comment"])


def _service_name(problem: Mapping[str, Any], service: Mapping[str, Any] | None) -> str:
    if service:
        return str(service["name"])
    return plain(problem["entities"][0]["name"], 80) if problem["entities"] else "?"


def _action_text(language: str, proposal: Proposal) -> str:
    action = proposal["action"]
    if action is None:
        reason = say(language, f"handed_over.{proposal['reason']}")
        return say(language, "action.none", reason=reason)
    return say(
        language,
        "action.redeploy_run",
        run_id=action["run_id"],
        commit=action["commit"][:8],
        service=action["service"],
    )
