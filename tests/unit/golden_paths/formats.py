"""Each file read by its own format's parser; what comes back is every text it holds.

A format nobody knows here fails the tests: a new kind of file gets a parser, or a line in PLAIN.
"""

import ast
import json
import shutil
import subprocess
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from typing import Any
from xml.etree import ElementTree

import hcl2
import yaml
from dockerfile_parse import DockerfileParser  # type: ignore[import-untyped]

from tests.unit.golden_paths.texts import hcl_text

PLAIN = {
    # lines
    *(
        ".gitignore",
        ".gitattributes",
        ".dockerignore",
        ".funcignore",
        ".prettierignore",
        ".npmrc",
        ".editorconfig",
    ),
    *(".properties", ".txt", ".md"),
    # read by the compilers of the path's own build (tests/builds)
    *(".java", ".ts", ".mjs", ".css"),
}


@cache
def texts(name: str, content: bytes) -> frozenset[str] | None:
    """Every text the file holds, keys too; None for a format that is plain text. Raises what the parser raises.

    Most files are the same whatever was asked for: each content is parsed once.
    """
    kind = _kind(name)
    if kind in PLAIN:
        content.decode()
        return None
    return frozenset(_leaves(_PARSERS[kind](content.decode())))


def _kind(name: str) -> str:
    path = PurePosixPath(name)
    if path.name == "Dockerfile":
        return "Dockerfile"
    if path.name in (".prettierrc", ".checkov.yaml"):
        return {".prettierrc": ".json"}.get(path.name, ".yaml")
    return path.suffix or path.name


def _yaml(text: str) -> Any:
    return list(yaml.load_all(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


def _json(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_unique)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    assert len(dict(pairs)) == len(pairs), "a key stands twice"
    return dict(pairs)


def _hcl(text: str) -> Any:
    return [_hcl_value(each) for each in _leaves(hcl2.loads(text))]


def _hcl_value(leaf: str) -> str:
    quoted = len(leaf) > 1 and leaf[0] == leaf[-1] == '"'
    return hcl_text(leaf) if quoted and "${" not in leaf else leaf


def _python(text: str) -> Any:
    return [node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)]


def _xml(text: str) -> Any:
    return [[each.tag, each.text, dict(each.attrib)] for each in ElementTree.fromstring(text).iter()]


class _Html(HTMLParser):
    VOID = frozenset({"base", "br", "hr", "img", "input", "link", "meta"})

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Any] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for _, value in attrs if value]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for _, value in attrs if value]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        self.found.append(data)


def _html(text: str) -> Any:
    parser = _Html()
    parser.feed(text)
    parser.close()
    assert parser.open == [], "a tag is not closed"
    return parser.found


def _dockerfile(text: str) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "Dockerfile"
        path.write_text(text)
        steps = DockerfileParser(str(path)).structure
    assert any(step["instruction"] == "FROM" for step in steps)
    return [step["value"] for step in steps]


def _shell(text: str) -> Any:
    bash = shutil.which("bash")
    if bash:
        checked = subprocess.run([bash, "-n"], input=text, text=True, capture_output=True, check=False)
        assert checked.returncode == 0, checked.stderr
    return text.splitlines()


_PARSERS: dict[str, Callable[[str], Any]] = {
    ".yaml": _yaml,
    ".yml": _yaml,
    ".json": _json,
    ".toml": tomllib.loads,
    ".tf": _hcl,
    ".tfvars": _hcl,
    ".py": _python,
    ".xml": _xml,
    ".svg": _xml,
    ".html": _html,
    ".sh": _shell,
    "Dockerfile": _dockerfile,
}


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield str(key)
            yield from _leaves(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _leaves(each)
