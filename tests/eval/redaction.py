"""How much of what is personal or secret the redactor hides, and what it hides for nothing."""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypedDict

from shared.redaction import Span, find
from tests.eval.page import table as markdown

NAME = "redaction"
ABOUT = """\
What `shared/redaction` finds in Brazilian lines (tickets, logs, URLs, JSON, commit messages; Portuguese and English)
and leaves alone in clean technical lines. The lines are made by `tests/eval/redaction_lines.py` from sentences and
seeded values, and by hand; a third of the sentences, with names and notations of their own, is held out. Such lines
are tidier than life: take the figures as a floor that changes must hold, and measure your own lines with
`make eval ONLY=redaction DATA=file.jsonl`.

Recall: labelled places that are hidden whole, under whatever kind. Precision: places found that touch a labelled one.
False alarms: clean lines of which anything is hidden."""
FORMAT = """\
One object a line: {"text": "...", "spans": [{"start": 12, "end": 26, "kind": "cpf"}], "held_out": false}
spans: what is personal or secret, in characters of text; `{"value": "529.982.247-25", "kind": "cpf"}` (each place where
it stands) does as well. No spans: a clean line. Kinds: cpf, cnpj, card (check digits), rg, document (PIS, CNH), cep,
phone, email, name, pix, account, plate, and the secrets token, connection_string (its secret part), private_key.
held_out: optional."""
DATA = Path(__file__).parent / "data" / "redaction.jsonl"

CHECKED = ("cpf", "cnpj", "card")
"""Kinds that prove themselves by check digits."""
TARGETS = {"checked_recall": 1.0, "name_recall": 0.85, "false_alarm_rate": 0.02}
_SECRET = ("token", "connection_string", "private_key")


class Label(TypedDict):
    start: int
    end: int
    kind: str


def evaluate(records: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """{"lines", "clean_lines", "kinds": {kind: {"labelled", "recall", "found", "precision"}}, ..., "missed": [...]}."""
    labelled, hidden, found, right = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    lines = clean = alarms = 0
    missed, alarmed = list[dict[str, str]](), list[str]()
    for record in records:
        text, labels, spans = record["text"], _labels(record), find(record["text"])
        lines += 1
        if not labels:
            clean += 1
            alarms += bool(spans)
            alarmed += [text] if spans else []
        for label in labels:
            labelled[label["kind"]] += 1
            whole = _is_hidden(text, label, spans)
            hidden[label["kind"]] += whole
            if not whole:
                missed.append({"kind": label["kind"], "text": text})
        for span in spans:
            kind = span.kind.lower()
            found[kind] += 1
            right[kind] += any(span.start < each["end"] and each["start"] < span.end for each in labels)
    kinds = {
        kind: {
            "labelled": labelled[kind],
            "recall": _share(hidden[kind], labelled[kind]),
            "found": found[kind],
            "precision": _share(right[kind], found[kind]),
        }
        for kind in sorted({*labelled, *found})
    }
    checked = sum(labelled[kind] for kind in CHECKED)
    return {
        "lines": lines,
        "clean_lines": clean,
        "checked_recall": _share(sum(hidden[kind] for kind in CHECKED), checked),
        "name_recall": _share(hidden["name"], labelled["name"]),
        "secret_recall": _share(sum(hidden[k] for k in _SECRET), sum(labelled[k] for k in _SECRET)),
        "precision": _share(sum(right.values()), sum(found.values())),
        "false_alarm_rate": _share(alarms, clean),
        "kinds": kinds,
        "missed": missed,
        "alarmed": alarmed,
    }


def table(figures: Mapping[str, Any]) -> str:
    """The targets first, then each kind; a column for each part of the data."""
    wanted = {
        name: f"{'<' if name == 'false_alarm_rate' else '≥'} {value:g}" for name, value in TARGETS.items()
    }
    whole = (
        "lines",
        "clean_lines",
        "checked_recall",
        "name_recall",
        "secret_recall",
        "precision",
        "false_alarm_rate",
    )
    first = markdown(
        ("figure", "target", *figures),
        [
            (name.replace("_", " "), wanted.get(name, "-"), *(part[name] for part in figures.values()))
            for name in whole
        ],
    )
    kinds = sorted({kind for part in figures.values() for kind in part["kinds"]})
    rows = [
        (kind, *(cell for part in figures.values() for cell in _cells(part["kinds"].get(kind))))
        for kind in kinds
    ]
    head = [f"{name}, {part}" for part in figures for name in ("labelled", "recall", "precision")]
    return f"{first}\n\n{markdown(('kind', *head), rows)}"


def _cells(of_kind: Mapping[str, Any] | None) -> tuple[object, object, object]:
    return (of_kind["labelled"], of_kind["recall"], of_kind["precision"]) if of_kind else (None, None, None)


def _labels(record: Mapping[str, Any]) -> list[Label]:
    """Raises: ValueError for a span that is not in the text."""
    labels = list[Label]()
    for span in record.get("spans", []):
        kind = span["kind"].lower()
        if "value" not in span:
            places = [(span["start"], span["end"])]
        else:
            starts = [
                place
                for place in range(len(record["text"]))
                if record["text"].startswith(span["value"], place)
            ]
            places = [(start, start + len(span["value"])) for start in starts]
        if not places or any(not 0 <= start < end <= len(record["text"]) for start, end in places):
            raise ValueError(f"a span that is not in the text: {record['text'][:80]}")
        labels += [Label(start=start, end=end, kind=kind) for start, end in places]
    return labels


def _is_hidden(text: str, label: Label, spans: Iterable[Span]) -> bool:
    """Whether every letter and digit of it is; a bracket or a full stop left over tells nothing."""
    covered = {place for span in spans for place in range(span.start, span.end)}
    return all(place in covered for place in range(label["start"], label["end"]) if text[place].isalnum())


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
