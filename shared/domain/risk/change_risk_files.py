"""What a change touches, told by the paths of its files alone: never by their text, their authors or a title.

Paths come from outside: they are matched, shown as words, and never obeyed.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from shared.domain.diagnosis import changed_files

_TEST_FOLDERS = frozenset({"test", "tests", "__tests__", "spec", "specs", "e2e"})
_TEST_NAME = re.compile(r"^test_|[._-](tests?|spec)\.[a-z]{1,5}$|Tests?\.(java|kt|cs|scala)$")
_DOCS = (".md", ".rst", ".adoc", ".txt", ".png", ".svg", ".jpg", ".jpeg", ".gif", ".drawio")
_LOCKS = frozenset(
    {
        *(
            "package-lock.json",
            "npm-shrinkwrap.json",
            "yarn.lock",
            "pnpm-lock.yaml",
            "poetry.lock",
            "uv.lock",
        ),
        *("go.sum", "cargo.lock", "packages.lock.json", "pipfile.lock", "gemfile.lock", "gradle.lockfile"),
        ".terraform.lock.hcl",
    }
)
_GENERATED_FOLDERS = frozenset({"node_modules", "vendor", "dist"})
_GENERATED = (".min.js", ".min.css", ".snap")
_DEPENDENCIES = frozenset(
    {
        *(
            "package.json",
            "pyproject.toml",
            "pipfile",
            "pom.xml",
            "build.gradle",
            "build.gradle.kts",
            "go.mod",
        ),
        *("cargo.toml", "packages.config", "directory.packages.props", "gemfile"),
    }
)
_REQUIREMENTS = re.compile(r"requirements[^/]*\.(txt|in)")
_SECRET_NAME = re.compile(
    r"\.env(\..*)?|id_(rsa|dsa|ecdsa|ed25519)|\.npmrc|\.pypirc|\.netrc|secrets?\..+|credentials?(\..+)?"
    r"|local\.settings\.json"
)
_SECRETS = (".pem", ".key", ".pfx", ".p12", ".jks", ".keystore")
_EXAMPLES = ("example", "sample", "template")
_PIPELINES = frozenset({".gitlab-ci.yml", ".gitlab-ci.yaml", "pipelines.yml", "pipelines.yaml"})
_CODE = frozenset(
    {
        *(
            "py",
            "java",
            "kt",
            "scala",
            "groovy",
            "ts",
            "tsx",
            "js",
            "jsx",
            "mjs",
            "cs",
            "fs",
            "vb",
            "go",
            "rb",
        ),
        *("php", "rs", "swift", "c", "cc", "cpp", "h", "hpp", "vue", "html", "css", "scss"),
    }
)


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
    *above, name = path.split("/")
    lower, folders = name.lower(), {folder.lower() for folder in above}
    kinds = _told_by_name(lower)
    if lower in _LOCKS or lower.endswith(_GENERATED) or folders & _GENERATED_FOLDERS:
        return kinds | {"generated"}
    if folders & _TEST_FOLDERS or _TEST_NAME.search(name):
        return kinds | {"tests"}
    if not kinds and (lower.endswith(_DOCS) or "docs" in folders or lower == "license"):
        return {"documents"}
    kind = changed_files.kinds([path])
    kinds |= {name for name in ("migration", "infrastructure", "configuration") if kind[name]}
    if lower in _PIPELINES or "pipelines" in folders or {".github", "workflows"} <= folders:
        kinds.add("infrastructure")
    if lower.rpartition(".")[2] in _CODE and "migration" not in kinds:
        kinds.add("code")
    return kinds | {"runs"}


def _told_by_name(lower: str) -> set[str]:
    """Dependencies and secrets, wherever they lie. lower: the file's name in lower case."""
    kinds = set()
    if (
        lower in _DEPENDENCIES
        or (lower in _LOCKS and lower != ".terraform.lock.hcl")
        or lower.endswith(".csproj")
        or _REQUIREMENTS.fullmatch(lower)
    ):
        kinds.add("dependencies")
    secret = lower.endswith(_SECRETS) or _SECRET_NAME.fullmatch(lower)
    if secret and not any(word in lower for word in _EXAMPLES):
        kinds.add("secrets")
    return kinds


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
