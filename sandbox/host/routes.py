"""HTTP routes as ASP.NET reads them, which is what Azure's host uses.

Templates hold literals, {name}, {name?}, {name=default}, {name:constraint(argument)}, {*rest} and mixtures in
one segment. Matching ignores case; of several matches the more specific wins: a literal before a constrained
parameter before a parameter before a catch-all.
https://learn.microsoft.com/aspnet/core/fundamentals/routing
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

_PATTERNS = {
    "int": r"-?\d{1,10}",
    "long": r"-?\d{1,19}",
    "bool": r"(?i:true|false)",
    "alpha": r"[A-Za-z]+",
    "decimal": r"-?\d+(?:\.\d+)?",
    "double": r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?",
    "float": r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?",
    "guid": r"\{?[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\}?",
    "datetime": r"\d{4}-\d{2}-\d{2}(?:[T ].*)?",
    "required": r".+",
}
_PARAMETER = re.compile(
    r"\{(?P<star>\*{0,2})(?P<name>\w+)(?P<constraints>(?::[^{}=?()]+(?:\((?:[^()]|\([^()]*\))*\))?)*)"
    r"(?:=(?P<default>[^{}?]*))?(?P<optional>\?)?\}"
)
_CONSTRAINT = re.compile(r":(?P<name>\w+)(?:\((?P<argument>(?:[^()]|\([^()]*\))*)\))?")
_LITERAL, _CONSTRAINED, _FREE, _CATCH_ALL = 1, 2, 3, 5


@dataclass(frozen=True)
class Template:
    """A parsed route. precedence: smaller tuples win."""

    pattern: re.Pattern[str]
    defaults: dict[str, str]
    checks: dict[str, list[Callable[[str], bool]]]
    precedence: tuple[int, ...]
    text: str

    def match(self, path: str) -> dict[str, str] | None:
        """The route parameters when path (raw, as in the request line, without query) fits; else None."""
        found = self.pattern.fullmatch(path)
        if not found:
            return None
        values = {
            name: _decode(value) for name, value in found.groupdict().items() if value not in (None, "")
        }
        if all(check(values[name]) for name in values for check in self.checks.get(name, [])):
            return {**self.defaults, **values}
        return None


def parse_template(prefix: str, route: str) -> Template:
    """Raises: ValueError when the template is malformed or has an unknown constraint."""
    text = "/".join(part for part in (prefix.strip("/"), route.strip("/")) if part)
    expression, precedence = "", []
    defaults: dict[str, str] = {}
    checks: dict[str, list[Callable[[str], bool]]] = {}
    for segment in _segments(text):
        whole = _PARAMETER.fullmatch(segment)
        found = list(_PARAMETER.finditer(segment))
        if not found and ("{" in segment or "}" in segment):
            raise ValueError(f"route {text!r}: {segment!r} is not a parameter")
        for one in found:
            if one["name"] in checks:
                raise ValueError(f"route {text!r}: the parameter {one['name']} appears twice")
            checks[one["name"]] = [
                _check(c["name"], c["argument"]) for c in _CONSTRAINT.finditer(one["constraints"])
            ]
            if one["default"] is not None:
                defaults[one["name"]] = one["default"]
        if whole and whole["star"]:
            expression += f"(?:/(?P<{whole['name']}>.*))?"
            precedence.append(_CATCH_ALL)
        elif whole:
            part = f"/(?P<{whole['name']}>[^/]+)"
            absent = whole["optional"] or whole["default"] is not None
            expression += f"(?:{part})?" if absent else part
            precedence.append(_CONSTRAINED if checks[whole["name"]] else _FREE)
        else:
            expression += "/" + _mixed(segment, found)
            precedence.append(_CONSTRAINED if found else _LITERAL)
    pattern = re.compile(expression + "/?", re.IGNORECASE)
    return Template(pattern, defaults, checks, tuple(precedence), text)


def _segments(text: str) -> list[str]:
    """Split at slashes that stand outside braces (a regex constraint may hold one)."""
    return re.findall(r"(?:\{(?:[^{}]|\{[^{}]*\})*\}|[^/{}]|[{}])+", text)


def _mixed(segment: str, parameters: list[re.Match[str]]) -> str:
    expression, position = "", 0
    for one in parameters:
        expression += re.escape(segment[position : one.start()]) + f"(?P<{one['name']}>[^/]+?)"
        position = one.end()
    return expression + re.escape(segment[position:])


def _decode(value: str) -> str:
    return unquote(value) if "%" in value else value


def _check(name: str, argument: str | None) -> Callable[[str], bool]:
    if name in _PATTERNS and argument is None:
        pattern = re.compile(_PATTERNS[name])
        return lambda value: pattern.fullmatch(value) is not None
    if argument is not None:
        if name == "regex":
            expression = re.compile(argument, re.IGNORECASE)
            return lambda value: expression.search(value) is not None
        bounds = [int(part) for part in argument.split(",")]
        low, high = bounds[0], bounds[-1]
        ranges: dict[str, Callable[[str], bool]] = {
            "min": lambda value: _is_int(value) and int(value) >= low,
            "max": lambda value: _is_int(value) and int(value) <= high,
            "range": lambda value: _is_int(value) and low <= int(value) <= high,
            "minlength": lambda value: len(value) >= low,
            "maxlength": lambda value: len(value) <= high,
            "length": lambda value: low <= len(value) <= high,
        }
        if name in ranges:
            return ranges[name]
    raise ValueError(f"unknown route constraint {name!r}")


def _is_int(value: str) -> bool:
    return re.fullmatch(r"-?\d+", value) is not None
