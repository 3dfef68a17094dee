"""Similar incidents: whether a question finds incidents of the same kind of failure, in either language.

The embedded encoder and the search as shipped, over a Blob in memory, beside TF-IDF on the same texts.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from shared.knowledge import Knowledge, Memory, memory_of
from shared.knowledge.embedded import EmbeddedEncoder
from shared.knowledge.memory import about, without_noise
from tests.eval import page, tfidf
from tests.eval.similar_data import DATA as LABELLED
from tests.fakes.services import FakeBlob

NAME = "similar"
DATA = LABELLED
ABOUT = """
Similar incidents, found by the embedded encoder as shipped; recall@k is the share of questions with an incident of the
same kind of failure among the first k, MRR the mean of one over the place of the first such. 44 kinds of failure,
described by hand in both languages, become 352 past incidents; each is asked for four times in words of its own (two in
Portuguese, two in English) and once by what a machine logs. A third of the kinds is held out: the weight of the n-grams
and the calibration never saw them. 60 questions ask for something else, 20 of them technical. Incidents and questions
have one author, who knew both: figures on other people's tickets will be lower (`make eval ONLY=similar DATA=...`).
"""
FORMAT = """
{"kind": "incident", "id": "i1", "situation": "any name", "language": "pt", "title": "...", "cause": "...",
 "outcome": "resolved", "service": ""}
{"kind": "query", "id": "q1", "situation": "the name its incidents have, or empty: none is right", "language": "en",
 "text": "...", "part": "tuning" or "held out", optional}
"""

_FIRST = (1, 3, 5)
_ENDED = "2026-11-21T12:00:00Z"


def evaluate(records: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Figures by part of the questions, all of them over all incidents."""
    every = list(records)
    incidents = [record for record in every if record["kind"] == "incident"]
    queries = [record for record in every if record["kind"] == "query"]
    if not incidents or not queries:
        raise ValueError("it needs incidents and queries")
    encoder = _EachOnce()
    cosines = asyncio.run(_cosines(encoder, incidents, queries))
    baseline = tfidf.cosines(
        [without_noise(query["text"]) for query in queries], [about(one) for one in incidents]
    )
    shown = asyncio.run(_shown(encoder, incidents, queries))
    parts = list(dict.fromkeys(query.get("part", "all") for query in queries))
    figures: dict[str, Any] = {}
    for part in sorted(parts, reverse=True):
        rows = [row for row, query in enumerate(queries) if query.get("part", "all") == part]
        figures[part] = {
            "encoder": _recalls(incidents, queries, rows, cosines),
            "tf-idf": _recalls(incidents, queries, rows, baseline),
            "shown": _of_shown(incidents, queries, rows, shown),
        }
    return figures


def table(figures: Mapping[str, Any]) -> str:
    """Recall by direction, then what the threshold shows."""
    parts = figures["all"] if set(figures) == {"all"} else figures
    recall = [
        (part, direction, method, found["queries"], *(found[f"recall@{k}"] for k in _FIRST), found["mrr"])
        for part, told in parts.items()
        for method in ("encoder", "tf-idf")
        for direction, found in told[method].items()
    ]
    head = ("part", "question → incidents", "by", "questions", *(f"recall@{k}" for k in _FIRST), "MRR")
    names = list(dict.fromkeys(name for told in parts.values() for name in told["shown"]))
    shown = [(name, *(told["shown"].get(name) for told in parts.values())) for name in names]
    return f"{page.table(head, recall)}\n\n{page.table(('what is shown', *parts), shown)}"


class _EachOnce(EmbeddedEncoder):
    """The embedded encoder, which here is asked for the same texts again and again."""

    def __init__(self) -> None:
        self._known: dict[str, Any] = {}

    async def encode(self, texts: Sequence[str]) -> Any:
        new = list(dict.fromkeys(text for text in texts if text not in self._known))
        self._known.update(zip(new, await super().encode(new), strict=True))
        return np.stack([self._known[text] for text in texts])


async def _cosines(
    encoder: _EachOnce, incidents: Sequence[Mapping[str, Any]], queries: Sequence[Mapping[str, Any]]
) -> Any:
    documents = await encoder.encode([about(one) for one in incidents])
    asked = await encoder.encode([without_noise(query["text"]) for query in queries])
    return asked @ documents.T


async def _shown(
    encoder: _EachOnce, incidents: Sequence[Mapping[str, Any]], queries: Sequence[Mapping[str, Any]]
) -> list[list[tuple[str, float]]]:
    """What people would see for each query: (incident id, similarity)."""
    knowledge = Knowledge(FakeBlob(), [encoder])  # type: ignore[arg-type]
    await knowledge.remember_many([_memory(one) for one in incidents])
    found = [await knowledge.similar(query["text"]) for query in queries]
    return [[(match["id"], match["similarity"]) for match in matches] for matches in found]


def _memory(incident: Mapping[str, Any]) -> Memory:
    return memory_of({"outcome": "resolved", "ended_at": _ENDED, **incident, "number": incident["id"]})


def _recalls(
    incidents: Sequence[Mapping[str, Any]],
    queries: Sequence[Mapping[str, Any]],
    rows: Sequence[int],
    cosines: Any,
) -> dict[str, dict[str, float]]:
    """By direction: the language asked in, and that of the incidents searched."""
    related = [row for row in rows if queries[row]["situation"]]
    every = list(range(len(incidents)))
    told = {"all → all": _recall(incidents, queries, related, every, cosines)}
    for asked in dict.fromkeys(queries[row]["language"] for row in related):
        of_language = [row for row in related if queries[row]["language"] == asked]
        for held in dict.fromkeys(one["language"] for one in incidents):
            those = [place for place in every if incidents[place]["language"] == held]
            told[f"{asked} → {held}"] = _recall(incidents, queries, of_language, those, cosines)
    return dict(sorted(told.items()))


def _recall(
    incidents: Sequence[Mapping[str, Any]],
    queries: Sequence[Mapping[str, Any]],
    rows: Sequence[int],
    places: Sequence[int],
    cosines: Any,
) -> dict[str, float]:
    ranks = []
    for row in rows:
        best_first = sorted(places, key=lambda place: -cosines[row, place])
        right = (
            rank
            for rank, place in enumerate(best_first, start=1)
            if incidents[place]["situation"] == queries[row]["situation"]
        )
        ranks.append(next(right, len(incidents) + 1))
    count = max(1, len(ranks))
    recalls = {f"recall@{k}": sum(rank <= k for rank in ranks) / count for k in _FIRST}
    return {"queries": len(ranks), **recalls, "mrr": sum(1 / rank for rank in ranks) / count}


def _of_shown(
    incidents: Sequence[Mapping[str, Any]],
    queries: Sequence[Mapping[str, Any]],
    rows: Sequence[int],
    shown: Sequence[Sequence[tuple[str, float]]],
) -> dict[str, float | None]:
    situation = {one["id"]: one["situation"] for one in incidents}
    judged = {
        row: [(situation[id_] == queries[row]["situation"], s) for id_, s in shown[row]] for row in rows
    }
    related = [judged[row] for row in rows if queries[row]["situation"]]
    unrelated = [judged[row] for row in rows if not queries[row]["situation"]]
    every = [match for matches in judged.values() for match in matches]
    firsts = [matches[0] for matches in judged.values() if matches]
    return {
        "questions with an answer that are shown something": _share(map(bool, related)),
        "questions with an answer that are shown a right one": _share(
            any(right for right, _ in matches) for matches in related
        ),
        "questions without an answer that are shown something": _share(map(bool, unrelated)),
        "shown incidents that are right": _share(right for right, _ in every),
        "incidents shown first that are right": _share(right for right, _ in firsts),
        "similarity said minus share that is right": _over(every),
    }


def _share(judged: Iterable[bool]) -> float | None:
    every = list(judged)
    return sum(every) / len(every) if every else None


def _over(every: Sequence[tuple[bool, float]]) -> float | None:
    return sum(said - right for right, said in every) / len(every) if every else None
