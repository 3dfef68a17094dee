"""What a tool told about delivery, in one shape, before anybody knows whose it is. Pure.

A report is the data of `delivery.reported`. It says what its source said and no more: what is missing is "" or None.
One that cannot be used says why in `reason`; it is kept and listed all the same.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypedDict
from urllib.parse import urlsplit

RUN, DEPLOYMENT, CHANGE, PUSH, WORK_ITEM, NOTHING = (
    "run",
    "deployment",
    "change",
    "push",
    "work_item",
    "nothing",
)
"""Kinds. run: of a pipeline, to be looked up. deployment, change: told whole. push: commits on a branch."""
AZURE_DEVOPS, GITHUB = "azure_devops", "github"
LONGEST = 300
"""Characters of any text that is taken over."""

_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SEVENTH_DIGIT = re.compile(r"(\.\d{6})\d+")
_YEARS = (2000, 2200)
_REVERTS = re.compile(r"This reverts commit ([0-9a-f]{40}|[0-9a-f]{64})\b")
_HOSTED = ".visualstudio.com"


class Place(TypedDict):
    """Where it happened; "" for what is not told. project: its name or id. repository: "owner/name" of GitHub."""

    organisation: str
    project: str
    pipeline_id: str
    repository: str
    repository_id: str
    service: str


class Report(TypedDict):
    """kind: RUN and the like. hook: the source's name of what it sent. told: by kind, times with zones or None."""

    source: str
    kind: str
    hook: str
    place: Place
    told: dict[str, Any]
    reason: str


def a_place(**known: object) -> Place:
    """A place of what is known."""
    return Place(
        organisation=text(known.get("organisation")),
        project=text(known.get("project")),
        pipeline_id=text(known.get("pipeline_id")),
        repository=text(known.get("repository")),
        repository_id=text(known.get("repository_id")),
        service=text(known.get("service")),
    )


def text(value: object, longest: int = LONGEST) -> str:
    """A text or a number as one line; "" for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return " ".join(str(value).encode("utf-8", "replace").decode().split())[:longest]


def instant(value: object) -> str | None:
    """A time as ISO 8601 in UTC; None where it is none, names no zone, or cannot be (year 1, year 9999)."""
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(_SEVENTH_DIGIT.sub(r"\1", value.strip()))
        if at.tzinfo is None or not _YEARS[0] <= at.year < _YEARS[1]:
            return None
        return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError):
        return None


def sha(value: object) -> str | None:
    """A commit's whole name in lower case, None where it is none."""
    found = text(value).lower()
    return found if _SHA.fullmatch(found) and set(found) != {"0"} else None


def reverted(message: object) -> str | None:
    """The commit a message says it takes back, as Git writes it."""
    found = _REVERTS.search(message) if isinstance(message, str) else None
    return found[1] if found else None


def organisation_of(url: object) -> str:
    """The organisation of an Azure DevOps address, in lower case; "" where it names none."""
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
        host = (parts.hostname or "") if parts else ""
    except ValueError:
        return ""
    if host.endswith(_HOSTED):
        return host.removesuffix(_HOSTED).partition(".")[0]
    return parts.path.strip("/").partition("/")[0].lower()[:LONGEST] if parts else ""


def part(value: object, *names: str) -> Any:
    """What lies under these names, None where anything on the way is no object."""
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def objects(value: object) -> list[Mapping[str, Any]]:
    """The objects of a list; [] where it is none."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
