"""Answers by schema: walks a JSON schema and fills it, always the same for the same prompt.

Fields it knows by name get what a reader would expect: evidence ids are ids of the prompt, a category is the one
whose words the evidence holds most, a confidence is modest. Where the prompt offers candidates, the first one is
chosen: its category, its component, its evidence. All texts say that they are simulated.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.vendors.openai.prompt import Evidence

SAID = "Simulated answer"
_MOST_CITED = 3
_DEEPEST = 40
_CONFIDENCE = 0.62
_UNKNOWN = "unknown"
_FORMATS = {
    "date-time": "2026-01-01T00:00:00Z",
    "date": "2026-01-01",
    "time": "00:00:00Z",
    "duration": "PT1M",
    "email": "simulated@sandbox.example",
    "hostname": "sandbox.example",
    "ipv4": "127.0.0.1",
    "ipv6": "::1",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "uri": "https://sandbox.example/",
}


class Filler:
    """Fills one schema for one prompt."""

    def __init__(
        self, schema: Mapping[str, Any], evidence: Evidence, candidates: Sequence[Mapping[str, Any]] = ()
    ) -> None:
        self._root, self._evidence = schema, evidence
        self._chosen = next((one for one in candidates if _is_choice(schema, one.get("category"))), {})
        self._topic = str(self._chosen.get("category") or _topic(schema, evidence))

    def answer(self) -> Any:
        return self._value(self._root, "", 0)

    def _value(self, schema: Mapping[str, Any], name: str, depth: int) -> Any:
        schema = self._resolved(schema)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self._choice(schema["enum"])
        if alternatives := schema.get("anyOf") or schema.get("oneOf"):
            return self._value(self._preferred(alternatives, depth), name, depth + 1)
        kind = _kind(schema, nothing=depth > _DEEPEST)
        if kind == "object":
            properties = schema.get("properties", {})
            return {key: self._value(part, key, depth + 1) for key, part in properties.items()}
        if kind == "array":
            return self._items(schema, name, depth)
        if kind == "string":
            return self._text(schema, name)
        if kind in ("number", "integer"):
            return _number(schema, name, whole=kind == "integer")
        return False if kind == "boolean" else None

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in schema:
            target: Any = self._root
            for part in schema["$ref"].removeprefix("#").strip("/").split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")] if part else target
            schema = {**target, **{key: part for key, part in schema.items() if key != "$ref"}}
        for part in schema.get("allOf", []):
            whole = self._resolved(part)
            properties = {**schema.get("properties", {}), **whole.get("properties", {})}
            schema = {**whole, **{key: value for key, value in schema.items() if key != "allOf"}}
            schema = {**schema, **({"properties": properties} if properties else {})}
        return schema

    def _preferred(self, alternatives: list[Mapping[str, Any]], depth: int) -> Mapping[str, Any]:
        """The first that says something; null where it would go too deep."""
        nothing = [one for one in alternatives if one.get("type") == "null"]
        something = [one for one in alternatives if one.get("type") != "null"]
        return (nothing if nothing and (depth > 6 or not something) else something or nothing)[0]

    def _choice(self, values: list[Any]) -> Any:
        return self._topic if self._topic in values else values[0]

    def _items(self, schema: Mapping[str, Any], name: str, depth: int) -> list[Any]:
        least, most = schema.get("minItems", 0), schema.get("maxItems", _MOST_CITED)
        item = schema.get("items", {"type": "string"})
        if "evidence" in name and self._resolved(item).get("type") == "string":
            cited = [] if self._topic == _UNKNOWN else self._cited()
            return cited[: min(most, _MOST_CITED)] if len(cited) >= least else (cited * least)[:least]
        if depth > _DEEPEST // 4:
            return [self._value(item, name, depth + 1)] * least
        return [self._value(item, name, depth + 1) for _ in range(min(most, max(least, 1)))]

    def _cited(self) -> list[str]:
        """All ids of the evidence: those of the chosen candidate, else those that speak of the topic, first."""
        if preferred := self._chosen.get("evidence_ids"):
            return sorted(self._evidence, key=lambda key: key not in preferred)
        words = _words(self._topic)
        return sorted(self._evidence, key=lambda key: not _mentions(self._evidence[key], words))

    def _text(self, schema: Mapping[str, Any], name: str) -> str:
        if made := _FORMATS.get(schema.get("format", "")):
            return made
        if name == "component" and self._chosen:
            return str(self._chosen.get("component", ""))[: schema.get("maxLength")]
        if name.endswith("_id") and self._evidence:
            return self._cited()[0]
        cited = ", ".join(self._cited()[:_MOST_CITED])
        what = f" on {self._topic.replace('_', ' ')}" if self._topic else ""
        text = f"{SAID}{what} ({name or 'text'}){f', resting on {cited}' if cited else ''}."
        least, most = schema.get("minLength", 0), schema.get("maxLength")
        return text.ljust(least, ".")[:most]


def _topic(schema: Mapping[str, Any], evidence: Evidence) -> str:
    """The value, among all choices of texts in the schema, whose words the evidence holds most; "" for none."""
    scores: dict[str, int] = {}
    for values in choices(schema):
        for value in values:
            words = _words(value)
            scores[value] = sum(_mentions(text, words) for text in evidence.values())
    if not scores:
        return ""
    best = max(scores, key=lambda value: scores[value])
    return best if scores[best] else (_UNKNOWN if _UNKNOWN in scores else "")


def _is_choice(schema: Mapping[str, Any], value: object) -> bool:
    return any(value in values for values in choices(schema))


def choices(value: object) -> list[list[str]]:
    """The texts to choose from, wherever the schema has some."""
    if isinstance(value, Mapping):
        own = value.get("enum")
        found = [[one for one in own if isinstance(one, str)]] if isinstance(own, list) else []
        return found + [choice for part in value.values() for choice in choices(part)]
    if isinstance(value, list):
        return [choice for part in value for choice in choices(part)]
    return []


def _words(value: str) -> list[str]:
    """The telling words of a choice: recent_deployment -> deployment."""
    return [word for word in re.split(r"[\W_]+", value.lower()) if len(word) >= 8] or [value.lower()]


def _mentions(text: str, words: list[str]) -> bool:
    return any(word and word in text.lower() for word in words)


def _kind(schema: Mapping[str, Any], nothing: bool) -> str:
    kinds = schema.get("type", "object" if "properties" in schema else "string")
    if isinstance(kinds, list):
        if nothing and "null" in kinds:
            return "null"
        return next((str(kind) for kind in kinds if kind != "null"), "null")
    return str(kinds)


def _number(schema: Mapping[str, Any], name: str, whole: bool) -> float:
    """Within the bounds; a confidence is at 62 % of them."""
    step = schema.get("multipleOf", 1 if whole else 0)
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    if low is None and high is None:
        low, high = (0, 1) if "confidence" in name else (1, 1)
    elif low is None:
        low = min(0, high)
    elif high is None:
        high = low + 1
    value = low + (high - low) * (_CONFIDENCE if "confidence" in name else 0.5)
    if step:
        value = max(round(value / step), -(-low // step)) * step
        if "exclusiveMinimum" in schema and value <= schema["exclusiveMinimum"]:
            value += step
    return int(value) if whole else round(value, 6)
