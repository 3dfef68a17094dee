"""Adaptive Cards as HTML: the elements a notice uses, everything escaped, links only to the web.

Schema: https://adaptivecards.io/explorer/. An element this page does not draw is named, never dropped silently.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from markupsafe import Markup, escape

from sandbox.console.links import web_link

_SIZES = {"Small": "small", "Medium": "medium", "Large": "large", "ExtraLarge": "large"}
_COLORS = {"Good": "good", "Warning": "warn", "Attention": "bad", "Accent": "live"}
_DEEPEST = 8

type Link = Callable[[object], str | None]


def render(card: Mapping[str, Any], unknown: str, link: Link = web_link) -> Markup:
    """The card's content. unknown: what to say where an element is not known. link: what an address links to."""
    parts = [_element(element, unknown, 0, link) for element in _list(card.get("body"))]
    parts.append(_actions(_list(card.get("actions")), link))
    language = card.get("lang")
    named = Markup(' lang="{}"').format(language) if isinstance(language, str) else Markup()
    return Markup('<div class="card-body"{}>{}</div>').format(named, Markup().join(parts))


def _element(element: object, unknown: str, depth: int, link: Link) -> Markup:
    if not isinstance(element, Mapping) or depth > _DEEPEST or element.get("isVisible") is False:
        return Markup()
    match element.get("type"):
        case "TextBlock":
            return Markup('<p class="{}">{}</p>').format(_style(element), _text(element.get("text")))
        case "RichTextBlock":
            runs = [_run(run) for run in _list(element.get("inlines"))]
            return Markup("<p>{}</p>").format(Markup().join(runs))
        case "FactSet":
            return _facts(_list(element.get("facts")))
        case "Container" | "Column" | "ColumnSet":
            inner = _list(element.get("items")) or _list(element.get("columns"))
            drawn = [
                _element({"type": "Column", **_mapping(each)}, unknown, depth + 1, link) for each in inner
            ]
            name = "columns" if element.get("type") == "ColumnSet" else "container"
            return Markup('<div class="card-{}">{}</div>').format(name, Markup().join(drawn))
        case "ActionSet":
            return _actions(_list(element.get("actions")), link)
        case "Image":
            alternative = element.get("altText")
            return Markup('<p class="soft">{}</p>').format(_text(alternative or unknown))
        case other:
            return Markup('<p class="soft">[{}: {}]</p>').format(str(other)[:40], unknown)


def _style(element: Mapping[str, Any]) -> str:
    names = [_SIZES.get(str(element.get("size")), ""), _COLORS.get(str(element.get("color")), "")]
    names.append("bold" if element.get("weight") == "Bolder" else "")
    names.append("soft" if element.get("isSubtle") is True else "")
    return " ".join(name for name in names if name)


def _text(text: object) -> Markup:
    """Text with its line breaks; Markdown marks stay as they were written."""
    lines = str(text if text is not None else "").splitlines() or [""]
    return Markup("<br>").join(escape(line) for line in lines)


def _run(run: object) -> Markup:
    if isinstance(run, Mapping):
        return Markup('<span class="{}">{}</span>').format(_style(run), _text(run.get("text")))
    return _text(run)


def _facts(facts: Sequence[object]) -> Markup:
    rows = [
        Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(_text(fact.get("title")), _text(fact.get("value")))
        for fact in facts
        if isinstance(fact, Mapping)
    ]
    return Markup('<dl class="facts">{}</dl>').format(Markup().join(rows))


def _actions(actions: Sequence[object], link: Link) -> Markup:
    links = [
        Markup('<a class="button quiet" href="{}">{}</a>').format(address, _text(action.get("title")))
        for action in actions
        if isinstance(action, Mapping)
        and action.get("type") == "Action.OpenUrl"
        and (address := link(action.get("url")))
    ]
    return Markup('<p class="buttons">{}</p>').format(Markup().join(links)) if links else Markup()


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
