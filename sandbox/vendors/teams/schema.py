"""The JSON schema (draft 7) of the part of Adaptive Cards 1.5 that the sandbox's Teams takes, compact and strict.

Unlike the published schema it goes by each element's `type`, so that a refusal names what is wrong with it.
Words that Adaptive Cards compare without case are listed in the two forms people write (large, Large).
"""

from typing import Any

type Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_FLAG: Schema = {"type": "boolean"}
_NUMBER: Schema = {"type": "number"}


def _words(*words: str) -> Schema:
    return {"enum": [form for word in words for form in (word, word[0].upper() + word[1:])]}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/definitions/{name}"}


def _list(name: str) -> Schema:
    return {"type": "array", "items": _ref(name)}


_SPACING = _words("default", "none", "small", "medium", "large", "extraLarge", "padding")
_ALIGN = _words("left", "center", "right")
_VERTICAL = _words("top", "center", "bottom")
_COLOR = _words("default", "dark", "light", "accent", "good", "warning", "attention")
_SIZE = _words("default", "small", "medium", "large", "extraLarge")
_WEIGHT = _words("default", "lighter", "bolder")
_FONT = _words("default", "monospace")
_STYLE = _words("default", "emphasis", "good", "attention", "warning", "accent")
_REQUIRES: Schema = {"type": "object", "additionalProperties": _TEXT}

_ELEMENT: Schema = {
    "id": _TEXT,
    "isVisible": _FLAG,
    "requires": _REQUIRES,
    "height": _words("auto", "stretch"),
    "separator": _FLAG,
    "spacing": _SPACING,
    "fallback": {"anyOf": [_words("drop"), _ref("Element")]},
}
_ACTION: Schema = {
    "id": _TEXT,
    "title": _TEXT,
    "iconUrl": _TEXT,
    "style": _words("default", "positive", "destructive"),
    "tooltip": _TEXT,
    "isEnabled": _FLAG,
    "mode": _words("primary", "secondary"),
    "requires": _REQUIRES,
    "fallback": {"anyOf": [_words("drop"), _ref("Action")]},
}
_RUN: Schema = {
    "text": _TEXT,
    "color": _COLOR,
    "fontType": _FONT,
    "isSubtle": _FLAG,
    "size": _SIZE,
    "weight": _WEIGHT,
}
_BOX: Schema = {
    "items": _list("Element"),
    "selectAction": _ref("SelectAction"),
    "style": _STYLE,
    "verticalContentAlignment": _VERTICAL,
    "bleed": _FLAG,
    "minHeight": _TEXT,
}
_DATA: Schema = {"anyOf": [_TEXT, {"type": "object"}]}

ELEMENTS: dict[str, tuple[Schema, list[str]]] = {
    "TextBlock": (
        _ELEMENT
        | _RUN
        | {
            "horizontalAlignment": _ALIGN,
            "maxLines": _NUMBER,
            "wrap": _FLAG,
            "style": _words("default", "heading"),
        },
        ["text"],
    ),
    "RichTextBlock": (
        _ELEMENT | {"inlines": _list("Inline"), "horizontalAlignment": _ALIGN},
        ["inlines"],
    ),
    "FactSet": (_ELEMENT | {"facts": _list("Fact")}, ["facts"]),
    "Container": (_ELEMENT | _BOX, ["items"]),
    "ColumnSet": (
        _ELEMENT
        | {
            "columns": _list("Column"),
            "selectAction": _ref("SelectAction"),
            "style": _STYLE,
            "bleed": _FLAG,
            "minHeight": _TEXT,
            "horizontalAlignment": _ALIGN,
        },
        [],
    ),
    "Image": (
        _ELEMENT
        | {
            "url": _TEXT,
            "altText": _TEXT,
            "backgroundColor": _TEXT,
            "height": _TEXT,
            "width": _TEXT,
            "horizontalAlignment": _ALIGN,
            "selectAction": _ref("SelectAction"),
            "size": _words("auto", "stretch", "small", "medium", "large"),
            "style": _words("default", "person"),
        },
        ["url"],
    ),
    "ActionSet": (_ELEMENT | {"actions": _list("Action")}, ["actions"]),
}
ACTIONS: dict[str, tuple[Schema, list[str]]] = {
    "Action.OpenUrl": (_ACTION | {"url": _TEXT}, ["url"]),
    "Action.Submit": (_ACTION | {"data": _DATA, "associatedInputs": _words("auto", "none")}, []),
    "Action.Execute": (
        _ACTION | {"verb": _TEXT, "data": _DATA, "associatedInputs": _words("auto", "none")},
        [],
    ),
    "Action.ShowCard": (_ACTION | {"card": _ref("AdaptiveCard")}, []),
    "Action.ToggleVisibility": (_ACTION | {"targetElements": _list("TargetElement")}, ["targetElements"]),
}


def _object(name: str, properties: Schema, required: list[str]) -> Schema:
    return {
        "type": "object",
        "properties": {"type": {"const": name}, **properties},
        "required": required,
        "additionalProperties": False,
    }


def _one_by_type(names: list[str]) -> Schema:
    """An object that is what its `type` says, of those that are known."""
    return {
        "type": "object",
        "required": ["type"],
        "properties": {"type": {"enum": names}},
        "allOf": [
            {"if": {"required": ["type"], "properties": {"type": {"const": name}}}, "then": _ref(name)}
            for name in names
        ],
    }


def schema() -> Schema:
    """The schema, whole."""
    every = ELEMENTS | ACTIONS
    definitions = {name: _object(name, *rest) for name, rest in every.items()}
    definitions |= {
        "Element": _one_by_type(list(ELEMENTS)),
        "Action": _one_by_type(list(ACTIONS)),
        "SelectAction": _one_by_type([name for name in ACTIONS if name != "Action.ShowCard"]),
        "Fact": _object("Fact", {"title": _TEXT, "value": _TEXT}, ["title", "value"]),
        "Column": _object(
            "Column",
            {
                **{name: _ELEMENT[name] for name in ("id", "isVisible", "requires", "separator", "spacing")},
                **_BOX,
                "fallback": {"anyOf": [_words("drop"), _ref("Column")]},
                "width": {"anyOf": [_TEXT, _NUMBER]},
            },
            [],
        ),
        "Inline": {"if": {"type": "object"}, "then": _ref("TextRun"), "else": _TEXT},
        "TextRun": _object(
            "TextRun",
            _RUN
            | {
                "highlight": _FLAG,
                "italic": _FLAG,
                "strikethrough": _FLAG,
                "underline": _FLAG,
                "selectAction": _ref("SelectAction"),
            },
            ["type", "text"],
        ),
        "TargetElement": {
            "if": {"type": "object"},
            "then": _object("TargetElement", {"elementId": _TEXT, "isVisible": _FLAG}, ["elementId"]),
            "else": _TEXT,
        },
        "AdaptiveCard": _object(
            "AdaptiveCard",
            {
                "$schema": _TEXT,
                "version": {"enum": ["1.0", "1.1", "1.2", "1.3", "1.4", "1.5"]},
                "body": _list("Element"),
                "actions": _list("Action"),
                "selectAction": _ref("SelectAction"),
                "fallbackText": _TEXT,
                "minHeight": _TEXT,
                "rtl": _FLAG,
                "speak": _TEXT,
                "lang": _TEXT,
                "verticalContentAlignment": _VERTICAL,
            },
            [],
        ),
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "The part of Adaptive Cards 1.5 that the sandbox's Teams takes",
        "allOf": [_ref("AdaptiveCard")],
        "required": ["type", "version"],
        "definitions": definitions,
    }
