"""The postmortem: what happened, why we think so, what was done, and the proof. Markdown.

Structure after https://sre.google/sre-book/example-postmortem/.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.domain.plain import plain

_WORDS = {
    "pt-BR": {
        "summary": "Resumo",
        "outcome": "Desfecho",
        "incident": "Incidente",
        "service": "Serviço",
        "cause": "Causa provável",
        "rests": "Baseada em",
        "refuted": "O que a refutaria",
        "evidence": "Evidências",
        "missing": "Sem resposta de",
        "action": "Ação",
        "decisions": "Decisões",
        "proof": "Comprovação",
        "timeline": "Linha do tempo (UTC)",
        "none": "nenhuma",
    },
    "en": {
        "summary": "Summary",
        "outcome": "Outcome",
        "incident": "Incident",
        "service": "Service",
        "cause": "Probable cause",
        "rests": "Rests on",
        "refuted": "What would refute it",
        "evidence": "Evidence",
        "missing": "No answer from",
        "action": "Action",
        "decisions": "Decisions",
        "proof": "Proof",
        "timeline": "Timeline (UTC)",
        "none": "none",
    },
}


def write(language: str, story: Mapping[str, Any]) -> str:
    """The document for one incident.

    story: {"incident": {"number", "url"}, "outcome_text", "case": domain.case.Case, "missing", "decisions",
    "proof", "steps"}.
    """
    words, case = _WORDS[language], story["case"]
    lines = [
        f"# {plain(story['incident']['number'])}: {case['title']}",
        f"## {words['summary']}",
        f"- {words['outcome']}: {plain(story['outcome_text'])}",
        f"- {words['incident']}: {story['incident']['url']}",
        f"- {words['service']}: {case['service']}",
        f"## {words['cause']}",
        f"{plain(case['hypothesis'], 1000)} ({case['confidence']} %, {case['author']})",
        f"- {words['rests']}: {plain(case['cited'])}",
        f"- {words['refuted']}: {plain(case['refuted_by'], 500)}",
        f"## {words['evidence']}",
        *_listed([f"**{item['id']}** {plain(item['text'])}" for item in case["evidence"]], words["none"]),
        f"## {words['missing']}",
        *_listed(
            [f"{plain(gap['source'])}: {plain(gap['reason'])}" for gap in story["missing"]], words["none"]
        ),
        f"## {words['action']}",
        plain(case["action_text"], 500),
        f"## {words['decisions']}",
        *_listed([_decision(decision) for decision in story["decisions"]], words["none"]),
        f"## {words['proof']}",
        plain(story["proof"], 500) or words["none"],
        f"## {words['timeline']}",
        *_listed(
            [f"{step['started_at']} {step['name']}: {step['state']}" for step in story["steps"]],
            words["none"],
        ),
    ]
    return "\n".join(f"\n{line}\n" if line.startswith("#") else line for line in lines).strip() + "\n"


def _decision(decision: Mapping[str, Any]) -> str:
    comment = plain(decision.get("comment", ""))
    return f"{decision['at']} {plain(decision['person_name'])}: {decision['decision']} {comment}".rstrip()


def _listed(items: Sequence[str], none: str) -> list[str]:
    return [f"- {item}" for item in items] or [f"- {none}"]
