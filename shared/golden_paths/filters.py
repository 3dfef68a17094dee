"""What text from outside becomes in each format: a literal that parses back to the same text, or plain words.

Callers: rendering. All are pure; quoting follows each format's own grammar:
YAML 1.2 §5.7, TOML 1.0 (basic strings), HCL native syntax (template literals), JLS 3.10, RFC 8259, XML 1.0 §2.2.
"""

import json
import re
from collections.abc import Callable, Iterable
from typing import Any


class FreeText(str):
    """Text a person wrote: it cannot be rendered as it is, only through a filter."""

    __slots__ = ()


def finalize(value: Any) -> Any:
    """Jinja2 calls this with what an expression came to. Raises: ValueError for what would be written raw."""
    if isinstance(value, FreeText) or (isinstance(value, (list, tuple, dict)) and value):
        raise ValueError("text from outside is written through a filter, such as `| yaml`")
    if value is None:
        raise ValueError("the value was not given: ask `is none` first")
    return value


def yaml(value: Any) -> str:
    """A double-quoted scalar; lists and objects in flow style."""
    return _literal(value, _quoted, "null", ": ")


def json_(value: Any) -> str:
    """JSON that no HTML around it ends early."""
    return _encodable(json.dumps(value, ensure_ascii=False)).replace("</", "<\\/")


def toml(value: Any) -> str:
    return _literal(value, _quoted, "", " = ")


def python(value: Any) -> str:
    if isinstance(value, str):
        return _quoted(value)
    return repr(value)


def hcl(value: Any) -> str:
    """A quoted string in which `${` and `%{` are text, a number, a bool, a list or an object."""
    return _literal(value, _hcl_string, "null", " = ")


def java(value: str) -> str:
    """A string literal. Java reads \\uXXXX before it reads strings, so ends of lines have escapes of their own."""
    text = _encodable(str(value)).encode("utf-16-be")
    units = (int.from_bytes(text[index : index + 2]) for index in range(0, len(text), 2))
    return '"' + "".join(map(_java_unit, units)) + '"'


def xml(value: Any) -> str:
    """Character data for an element or an attribute; what XML cannot hold becomes U+FFFD."""
    text = _NOT_XML.sub("\ufffd", _encodable(str(value)))
    return _replaced(text, _XML)


def markdown(value: Any) -> str:
    """One line in which nothing is markup: characters that could be are entities."""
    line = _one_line(value)
    first = f"&#{ord(line[0])};" if line[:1] and line[0] in "-+=0123456789" else line[:1]
    return (first if first != line[:1] else _replaced(first, _MARKDOWN)) + _replaced(line[1:], _MARKDOWN)


def javadoc(value: Any) -> str:
    """One line for a block comment: neither the comment's end, a tag, an entity nor a Unicode escape."""
    return _replaced(_one_line(value), _JAVADOC)


FILTERS: dict[str, Callable[..., str]] = {
    "yaml": yaml,
    "json": json_,
    "typescript": json_,
    "toml": toml,
    "hcl": hcl,
    "python": python,
    "java": java,
    "xml": xml,
    "markdown": markdown,
    "javadoc": javadoc,
}

_XML = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"} | {
    each: f"&#{ord(each)};" for each in "\t\n\r\x85\u2028"
}
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_MARKDOWN = {each: f"&#{ord(each)};" for each in "&<>\\`*_{}[]()#|!~$@^:\"'"}
_JAVADOC = {each: f"&#{ord(each)};" for each in "&<>\\@{}*/"}
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _literal(value: Any, quoted: Callable[[str], str], null: str, sign: str) -> str:
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        pairs = (
            f"{quoted(str(key))}{sign}{_literal(each, quoted, null, sign)}" for key, each in value.items()
        )
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_literal(each, quoted, null, sign) for each in value) + "]"
    if value is None and null:
        return null
    if isinstance(value, (int, float)):
        return repr(value)
    raise ValueError(f"a {type(value).__name__} has no literal here")


def _quoted(text: str) -> str:
    """The escapes YAML, TOML, HCL and Python have in common."""
    return '"' + "".join(_ESCAPES.get(each) or _escaped(each) for each in _encodable(text)) + '"'


def _escaped(each: str) -> str:
    if each.isprintable():
        return each
    return f"\\u{ord(each):04x}" if ord(each) <= 0xFFFF else f"\\U{ord(each):08x}"


def _hcl_string(text: str) -> str:
    """Escapes rather than `$${` and `%%{`: a text that ends in one is read alike by every parser of HCL."""
    return _quoted(text).replace("${", "\\u0024{").replace("%{", "\\u0025{")


def _java_unit(unit: int) -> str:
    each = chr(unit)
    return _ESCAPES.get(each) or (each if " " <= each <= "~" else f"\\u{unit:04x}")


def _replaced(text: str, table: dict[str, str]) -> str:
    return "".join(table.get(each, each) for each in text)


def _one_line(value: Any) -> str:
    words: Iterable[str] = "".join(
        each if each.isprintable() or each == "\u200d" else " " for each in _encodable(str(value))
    ).split()
    return " ".join(words)


def _encodable(text: str) -> str:
    """Raises: ValueError for half a surrogate pair, which no file can hold."""
    text.encode()
    return str(text)
