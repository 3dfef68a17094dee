"""What a request is about: the pieces of evidence in its messages, found by their ids (E1, E2, ...)."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

type Evidence = dict[str, str]
"""Text of each piece by its id, in the order of the prompt."""

_ID = re.compile(r"\bE\d+\b")


def texts(messages: Sequence[Mapping[str, Any]]) -> list[str]:
    """The texts of the messages, whatever form their content has."""
    found: list[str] = []
    for message in messages:
        content = message.get("content")
        parts = content if isinstance(content, list) else [{"text": content}]
        found += [str(part["text"]) for part in parts if isinstance(part, Mapping) and part.get("text")]
    return found


def evidence(messages: Sequence[Mapping[str, Any]]) -> Evidence:
    """The evidence in what the user says: objects with such an id where it is JSON, else lines that name one."""
    found: Evidence = {}
    for text in texts([message for message in messages if message.get("role") == "user"]):
        for key, piece in _pieces(text):
            found[key] = f"{found[key]}\n{piece}" if key in found else piece
    return found


def candidates(messages: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """What the user's first document offers to choose from: the objects of its list `candidates`, or none."""
    for text in texts([message for message in messages if message.get("role") == "user"]):
        try:
            document = json.loads(text)
        except ValueError:
            continue
        offered = document.get("candidates") if isinstance(document, Mapping) else None
        if isinstance(offered, list):
            return [one for one in offered if isinstance(one, Mapping)]
    return []


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    try:
        yield from _in_json(json.loads(text))
    except ValueError:
        for line in text.splitlines():
            for key in _ID.findall(line):
                yield key, line


def _in_json(value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        key = value.get("id")
        if isinstance(key, str) and _ID.fullmatch(key):
            yield key, " ".join(str(part) for name, part in value.items() if name != "id")
            return
        for part in value.values():
            yield from _in_json(part)
    elif isinstance(value, list):
        for part in value:
            yield from _in_json(part)
