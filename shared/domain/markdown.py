"""Documents as Markdown: headings and lists. Text from outside becomes words here.

Links are whole addresses only, which stand bare, since documents are read as text, too.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from shared.domain.plain import address, plain

MOST_TEXT = 1000


class Line(NamedTuple):
    """label: in bold before the text. link: an address, shown only if a person may follow it."""

    text: str
    label: str = ""
    link: str = ""


class Section(NamedTuple):
    heading: str
    lines: Sequence[Line]


class Document(NamedTuple):
    title: str
    sections: Sequence[Section]


def render(document: Document, none: str) -> str:
    """The document; none: the words of a section without lines."""
    parts = [f"# {plain(document.title, MOST_TEXT)}"]
    for section in document.sections:
        lines = list(_lines(section.lines)) or [f"- {none}"]
        parts += [f"## {plain(section.heading)}", "\n".join(lines)]
    return "\n\n".join(parts) + "\n"


def read(text: str) -> Document:
    """What `render` wrote, to be shown in another form. Whatever else is in it is read as words."""
    title, sections = "", []
    lines: list[Line] = []
    for line in text.splitlines():
        if line.startswith("# "):
            title = line.removeprefix("# ")
        elif line.startswith("## "):
            lines = []
            sections.append(Section(line.removeprefix("## "), lines))
        elif line:
            lines.append(_read(line.removeprefix("- ")))
    return Document(title, sections)


def _read(line: str) -> Line:
    label = ""
    if line.startswith("**"):
        label, _, line = line[2:].partition("**")
    text, _, last = line.strip().rpartition(" ")
    if address(last):
        return Line(text, label, last)
    return Line(line.strip(), label)


def _lines(lines: Iterable[Line]) -> Iterable[str]:
    for line in lines:
        label, text, link = plain(line.label), plain(line.text, MOST_TEXT), address(line.link)
        shown = [part for part in (f"**{label}**" if label else "", text, link) if part]
        if shown:
            yield "- " + " ".join(shown)
