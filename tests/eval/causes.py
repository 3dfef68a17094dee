"""How well causes are found: component and category, citations, calibration, by kind of fault."""

import asyncio
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tests.eval import page, scoring
from tests.eval.incidents.bundles import make
from tests.eval.incidents.faults import FAULTS

NAME = "causes"
ABOUT = """
Who judges: the ranking (`shared/domain/diagnosis/ranking.py`, which is what the embedded assistant answers), and the
configured model where `OPENAI_URL` is set (with `OPENAI_API_KEY` and `OPENAI_MODEL`).

**The data is synthetic.** Each record is a small made-up estate (6 to 11 entities) with one injected fault. Series are
simulated minute by minute, symptoms travel to the callers with delay and loss, and the same code that reads Dynatrace's
series reads these. On top come noise, gaps, sources that do not answer (5 % each), and coincidences: deployments and
configuration changes of others, older and failed deployments of its own, certificates and quotas that are not at their
end, traffic peaks, disks that were full all along, neighbours that fall ill for reasons of their own, wrong root-cause
flags, and similar incidents of another cause. Generator and rules were written by the same people: where both share a
belief about how faults look, these figures cannot show that it is wrong. What they do show: that the rules find what
they are meant to find through that noise, and that a confidence of 70 % is right in about seven of ten such cases.

A third of the records (chosen by their seed) was never looked at while rules and weights were tuned. `none` is an
incident without a cause in the evidence: right is "unknown". Where the source that tells the fault apart did not
answer, the record stays in, and counts as wrong when the cause is not found.
"""
FORMAT = """
{"id": "...", "problem": Problem (shared/domain/incident/problems.py), "bundle": Bundle with facts
(shared/domain/diagnosis/evidence.py),
 "component": name of the root entity or "" (nobody knows), "entity_id"?: its id,
 "category": one of shared/assistant/port.py,
 "kind"?: what figures are told apart by (else the category), "held_out"?: true | false,
 "decisive_source_missing"?: true | false}
"""
EACH = 24
"""Records of each kind of fault; every third is held out."""
MOST_ASKED = 60
"""Records of a part that a model is asked about: an endpoint costs money."""
AT_ONCE = 4

type Answer = dict[str, Any]
"""{"ranked": [{"component", "category", "confidence"}], "evidence_ids", "author"}: candidates best first."""


def generated() -> Iterable[dict[str, Any]]:
    for seed in range(EACH):
        for kind in FAULTS:
            yield {**make(kind, seed), "held_out": seed % 3 == 2}


DATA = generated


def evaluate(records: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """{"embedded": figures, "openai"?: figures}."""
    found = list(records)
    judges = {"embedded": _figures(found, asyncio.run(_ask_all(_embedded(), found)))}
    if os.environ.get("OPENAI_URL"):
        chosen = found[:MOST_ASKED]
        judges["openai"] = _figures(chosen, asyncio.run(_ask_model(chosen)))
    return judges


def table(figures: Mapping[str, Any]) -> str:
    """For each judge: figures by kind for each part, and its reliability."""
    parts = list(figures)
    judges = dict.fromkeys(judge for part in parts for judge in figures[part])
    return "\n\n".join(
        _judge_tables(judge, {p: figures[p][judge] for p in parts if judge in figures[p]}) for judge in judges
    )


def _embedded() -> Any:
    from shared.assistant.embedded import EmbeddedAssistant

    return EmbeddedAssistant()


def _openai() -> Any:
    from shared.assistant.openai import openai_assistant

    key, model = os.environ.get("OPENAI_API_KEY", ""), os.environ.get("OPENAI_MODEL", "gpt-5-mini")
    return openai_assistant(os.environ["OPENAI_URL"], model, key, behind=_embedded())


async def _ask_model(records: Sequence[Mapping[str, Any]]) -> list[Answer]:
    assistant = _openai()
    try:
        return await _ask_all(assistant, records)
    finally:
        await assistant.close()


async def _ask_all(assistant: Any, records: Sequence[Mapping[str, Any]]) -> list[Answer]:
    turns = asyncio.Semaphore(AT_ONCE)

    async def ask(record: Mapping[str, Any]) -> Answer:
        async with turns:
            diagnosis = await assistant.diagnose(record["problem"], record["bundle"], None)
        first = {name: getattr(diagnosis, name) for name in ("component", "category", "confidence")}
        others = []
        for one in diagnosis.candidates:
            if _place(one) == _place(first):
                first["entity_id"] = one["entity_id"]
            else:
                others.append(one)
        return {
            "ranked": [first, *others][:3],
            "evidence_ids": diagnosis.evidence_ids,
            "author": diagnosis.author,
        }

    return await asyncio.gather(*(ask(record) for record in records))


def _figures(records: Sequence[Mapping[str, Any]], answers: Sequence[Answer]) -> dict[str, Any]:
    pairs = list(zip(records, answers, strict=True))
    kinds = dict.fromkeys(str(record.get("kind", record["category"])) for record in records)
    judged = [
        (answer["ranked"][0]["confidence"], _right(record, answer["ranked"][:1])) for record, answer in pairs
    ]
    return {
        "all": _scores(pairs),
        "by_kind": {
            kind: _scores([pair for pair in pairs if pair[0].get("kind", pair[0]["category"]) == kind])
            for kind in kinds
        },
        "decisive_source_missing": _scores(
            [pair for pair in pairs if pair[0].get("decisive_source_missing")]
        ),
        "answered_by": {
            author: sum(answer["author"] == author for answer in answers)
            for author in dict.fromkeys(answer["author"] for answer in answers)
        },
        "brier": scoring.brier(judged),
        "calibration_error": scoring.calibration_error(judged),
        "reliability": scoring.reliability(judged),
    }


def _scores(pairs: Sequence[tuple[Mapping[str, Any], Answer]]) -> dict[str, Any]:
    """Shares of records. Component and category for themselves; "cause" is both at once."""
    top = {
        f"{what}_top{most}": scoring.share(
            [right(record, answer["ranked"][:most]) for record, answer in pairs]
        )
        for what, right in (("component", _component), ("category", _category), ("cause", _right))
        for most in (1, 3)
    }
    hits = [_right(record, answer["ranked"][:1]) for record, answer in pairs]
    return {
        "records": len(pairs),
        **top,
        "cause_top1_interval": scoring.interval(hits),
        "citations_valid": scoring.share([_cites(record, answer) for record, answer in pairs]),
    }


def _component(record: Mapping[str, Any], ranked: Sequence[Mapping[str, Any]]) -> bool:
    return any(_same_place(record, one) for one in ranked)


def _category(record: Mapping[str, Any], ranked: Sequence[Mapping[str, Any]]) -> bool:
    return any(one["category"] == record["category"] for one in ranked)


def _right(record: Mapping[str, Any], ranked: Sequence[Mapping[str, Any]]) -> bool:
    return any(_same_place(record, one) and one["category"] == record["category"] for one in ranked)


def _same_place(record: Mapping[str, Any], one: Mapping[str, Any]) -> bool:
    """By name, or by id where the topology that knows the name did not answer."""
    entity_id = record.get("entity_id")
    return bool(one["component"] == record["component"] or (entity_id and one.get("entity_id") == entity_id))


def _place(one: Mapping[str, Any]) -> tuple[str, str]:
    return one["component"], one["category"]


def _cites(record: Mapping[str, Any], answer: Answer) -> bool:
    """Every cited id is of the bundle, and a cause cites at least one."""
    known = {item["id"] for item in record["bundle"]["items"]}
    cited = set(answer["evidence_ids"])
    return cited <= known and (bool(cited) or answer["ranked"][0]["category"] == "unknown")


def _judge_tables(judge: str, parts: Mapping[str, Any]) -> str:
    told = "the ranking, embedded" if judge == "embedded" else "the model behind OPENAI_URL"
    lines = [f"### Judge: {told}", ""]
    for part, figures in parts.items():
        rows = [("**all**", figures["all"]), *figures["by_kind"].items()]
        if figures["decisive_source_missing"]["records"]:
            rows.append(("*decisive source missing*", figures["decisive_source_missing"]))
        lines += [f"#### {part} ({figures['all']['records']} records)", "", _scores_table(rows), ""]
        lines += [
            _calibration(figures),
            "",
            page.table(("confidence", "records", "said", "right"), _bins(figures)),
            "",
        ]
    return "\n".join(lines)


def _scores_table(rows: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    names = [f"{what}_top{most}" for what in ("component", "category", "cause") for most in (1, 3)]
    head = ("fault", "records", *(name.replace("_top", " top-") for name in names), "citations valid")
    return page.table(
        head,
        [
            (kind, one["records"], *(one[name] for name in names), one["citations_valid"])
            for kind, one in rows
        ],
    )


def _calibration(figures: Mapping[str, Any]) -> str:
    low, high = figures["all"]["cause_top1_interval"]
    answered = ", ".join(f"{author} {count}" for author, count in figures["answered_by"].items())
    return (
        f"Cause top-1 lies between {low:.2f} and {high:.2f} (95 %). Brier {figures['brier']:.3f}, expected "
        f"calibration error {figures['calibration_error']:.3f}. Answered by: {answered}."
    )


def _bins(figures: Mapping[str, Any]) -> list[tuple[object, ...]]:
    return [
        (f"{row['from']:.1f} to {row['to']:.1f}", row["records"], row["confidence"], row["right"])
        for row in figures["reliability"]
    ]
