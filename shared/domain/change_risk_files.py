"""What a change touches, told by the paths of its files alone: never by their text, their authors or a title.

Paths come from outside: they are matched, shown as words, and never obeyed.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypedDict

from shared.domain import changed_files

_TEST = re.compile(
    r"(^|/)(tests?|__tests__|specs?|e2e)/|(^|/)test_[^/]*$|[._-](tests?|spec)\.[a-z]{1,5}$|Tests?\.(java|kt|cs|scala)$"
)
_DOCS = re.compile(r"\.(md|rst|adoc|txt|png|svg|jpe?g|gif|drawio)$|(^|/)docs/|(^|/)LICENSE$", re.IGNORECASE)
_GENERATED = re.compile(
    r"(^|/)(package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|poetry\.lock|uv\.lock|go\.sum|Cargo\.lock"
    r"|packages\.lock\.json|\.terraform\.lock\.hcl)$|\.min\.(js|css)$|\.snap$|(^|/)(node_modules|vendor|dist)/",
    re.IGNORECASE,
)
_DEPENDENCIES = re.compile(
    r"(^|/)(package(-lock)?\.json|yarn\.lock|pnpm-lock\.yaml|requirements[^/]*\.(txt|in)|pyproject\.toml|poetry\.lock"
    r"|uv\.lock|Pipfile(\.lock)?|pom\.xml|build\.gradle(\.kts)?|gradle\.lockfile|go\.(mod|sum)|Cargo\.(toml|lock)"
    r"|[^/]+\.csproj|packages\.(lock\.json|config)|Directory\.Packages\.props|Gemfile(\.lock)?)$",
    re.IGNORECASE,
)
_SECRET = re.compile(
    r"(^|/)(\.env(\.[^/]*)?|id_(rsa|dsa|ecdsa|ed25519)|\.npmrc|\.pypirc|\.netrc|secrets?\.[^/]+|credentials?(\.[^/]+)?"
    r"|local\.settings\.json)$|\.(pem|key|pfx|p12|jks|keystore)$",
    re.IGNORECASE,
)
_EXAMPLE = re.compile(r"(example|sample|template)", re.IGNORECASE)
_PIPELINE = re.compile(r"(^|/)(\.github/workflows|\.gitlab-ci|pipelines)(/|\.ya?ml$)", re.IGNORECASE)
_CODE = re.compile(
    r"\.(py|java|kt|scala|groovy|ts|tsx|js|jsx|mjs|cs|fs|vb|go|rb|php|rs|swift|c|cc|cpp|h|hpp|vue|html|css|scss)$",
    re.IGNORECASE,
)


class ChangedFile(TypedDict):
    """status: added, modified, deleted, renamed. additions, deletions: lines; None where nobody counted them."""

    path: str
    additions: int | None
    deletions: int | None
    status: str


class Touched(NamedTuple):
    """paths by kind, each sorted. lines: changed ones of what runs (no tests, documents, generated files).

    uncounted: files of what runs whose lines nobody counted. areas: folders, two levels deep, of what runs.
    """

    paths: Mapping[str, list[str]]
    files: int
    lines: int
    uncounted: int
    areas: list[str]

    def of(self, kind: str) -> list[str]:
        return self.paths.get(kind, [])


def touched(files: Iterable[Mapping[str, Any]]) -> Touched:
    """Sort files into kinds; one that is told twice counts once, with the higher counts."""
    merged = _merged(files)
    paths: dict[str, list[str]] = defaultdict(list)
    lines = uncounted = 0
    for path in sorted(merged):
        kinds = kinds_of(path)
        for kind in kinds:
            paths[kind].append(path)
        if "tests" in kinds and merged[path]["deleted"]:
            paths["tests_deleted"].append(path)
        if "runs" in kinds:
            lines += merged[path]["lines"]
            uncounted += not merged[path]["counted"]
    areas = sorted({"/".join(path.split("/")[:-1][:2]) for path in paths["runs"]})
    return Touched(dict(paths), len(merged), lines, uncounted, areas)


def kinds_of(path: str) -> set[str]:
    """tests, documents, generated, dependencies, secrets, migration, infrastructure, configuration, code, runs.

    "runs": what the service is made of or set up by. A file may be of several kinds.
    """
    kinds = {"dependencies"} if _DEPENDENCIES.search(path) else set()
    if _SECRET.search(path) and not _EXAMPLE.search(path):
        kinds.add("secrets")
    if _GENERATED.search(path):
        return kinds | {"generated"}
    if _TEST.search(path):
        return kinds | {"tests"}
    if _DOCS.search(path) and not kinds:
        return {"documents"}
    kind = changed_files.kinds([path])
    if _PIPELINE.search(path):
        kinds.add("infrastructure")
    for name in ("migration", "infrastructure", "configuration"):
        if kind[name]:
            kinds.add(name)
    if _CODE.search(path) and "migration" not in kinds:
        kinds.add("code")
    return kinds | {"runs"}


def _merged(files: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    merged: dict[str, dict[str, Any]] = {}
    for file in files:
        path = normal(str(file["path"]))
        counted = file.get("additions") is not None or file.get("deletions") is not None
        lines = (file.get("additions") or 0) + (file.get("deletions") or 0)
        before = merged.get(path, {"lines": 0, "counted": False, "deleted": True})
        merged[path] = {
            "lines": max(lines, before["lines"]),
            "counted": counted or before["counted"],
            "deleted": file.get("status") == "deleted" and before["deleted"],
        }
    return merged


def normal(path: str) -> str:
    """The same file, however a tool writes it: /src/a.py, ./src/a.py and src\\a.py are src/a.py."""
    return path.replace("\\", "/").removeprefix("./").lstrip("/")
