"""What exists in all systems at a moment, and how two moments differ.

A document is one thing of a vendor's state, or one of our own in the registry. Documents that differ in one
character are two: what is adopted must be equal to what it was, byte for byte.
"""

import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from azure.storage.blob.aio import ContainerClient

from sandbox.platform.story import World

VENDORS = ("azure_devops", "dynatrace", "servicenow", "teams")
REGISTRY = "registry/"
CONTAINER = "valueflow"

RECORDS = {
    "servicenow.change_request": "what was announced is cancelled or closed, never erased",
    "servicenow.incident": "a compensation that failed was reported; the report is resolved",
    "servicenow.sys_journal_field": "what was noted in changes and incidents",
    "teams.card": "what was said in the channel",
    "blob.registry/retired": "the last document of a service that was ended",
}
"""What systems of record never erase."""
SHARED_TAG = "builtin:tags.auto-tagging"
"""Schema of the one settings object that all services share: made by whoever needs it first, undone by nobody."""

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Thing:
    """kind: "<vendor>.<kind>". text: the document as canonical JSON."""

    kind: str
    text: str

    @property
    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.text)
        return document


@dataclass(frozen=True)
class Difference:
    """What came and what went between two moments; what changed, went as it was and came as it is.

    around: what bears the service's name, or is in its repository, and was there before.
    """

    came: tuple[Thing, ...]
    went: tuple[Thing, ...]
    around: tuple[Thing, ...]

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Documents of this kind that came."""
        return [thing.document for thing in self.came if thing.kind == kind]

    @property
    def left(self) -> list[str]:
        """What came and is neither a record nor shared by all services, nor out of everybody's reach."""
        came = [thing for thing in self.came if not stays(thing) and not self._is_out_of_reach(thing)]
        return [f"{thing.kind}: {thing.text[:200]}" for thing in came]

    def _is_out_of_reach(self, thing: Thing) -> bool:
        """A commit on no branch, in a repository that was there before: Azure DevOps has no way to erase it."""
        if thing.kind != "azure_devops.commit" or self.of("azure_devops.ref"):
            return False
        kept = {one.document["id"] for one in self.around if one.kind == "azure_devops.repository"}
        return thing.document["repository_id"] in kept

    @property
    def lost(self) -> list[str]:
        """What was there before and is not, or is not the same."""
        return [f"{thing.kind}: {thing.text[:200]}" for thing in self.went]


async def snapshot(world: World, service: str) -> Counter[Thing]:
    """All that exists now. service: whose documents of our own are read, not only listed."""
    found: Counter[Thing] = Counter()
    for vendor in VENDORS:
        for kind, documents in (await world.state(vendor)).items():
            found.update(_thing(f"{vendor}.{kind}", document) for document in documents)
    found.update([thing async for thing in _registry(world, service)])
    return found


def difference(before: Counter[Thing], after: Counter[Thing], service: str) -> Difference:
    repositories = [one.document for one in before if one.kind == "azure_devops.repository"]
    marks = [service, *(one["id"] for one in repositories if one["name"] == service)]
    around = tuple(thing for thing in before if any(mark in thing.text for mark in marks))
    return Difference(tuple((after - before).elements()), tuple((before - after).elements()), around)


async def _registry(world: World, service: str) -> AsyncIterator[Thing]:
    """Our own documents of services and claims. Of others' the tag of a version stands for the content."""
    connection = world.document["blob"]["connection_string"]
    async with ContainerClient.from_connection_string(connection, CONTAINER) as container:
        async for blob in container.list_blobs(name_starts_with=REGISTRY):
            kind = "/".join(blob.name.split("/")[:2])
            document: dict[str, Any] = {"name": blob.name, "etag": str(blob.etag)}
            if service in blob.name:
                document["content"] = json.loads(await (await container.download_blob(blob.name)).readall())
            yield _thing(f"blob.{kind}", document)


def _thing(kind: str, document: Document) -> Thing:
    return Thing(kind, json.dumps(document, sort_keys=True, ensure_ascii=False))


def stays(thing: Thing) -> bool:
    return thing.kind in RECORDS or thing.document.get("schemaId") == SHARED_TAG
