"""The services of a process, with fakes that behave: what is put can be got, who is away says so."""

import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from shared.clients.dead_letters import DeadLetter
from shared.errors import NotFound, Unauthenticated, VendorUnavailable
from shared.events import Event
from shared.registry import ServiceRegistry
from shared.security.tokens import Caller
from shared.services import Services
from shared.settings import load

_EXAMPLE = Path(__file__).parents[2] / "local.settings.example.json"


class FakePublisher:
    def __init__(self) -> None:
        self.events: list[Event] = []
        self.away = False

    async def publish(self, event: Event) -> None:
        if self.away:
            raise VendorUnavailable("servicebus", "publish", "no connection", 7)
        self.events.append(event)

    async def ping(self) -> None:
        if self.away:
            raise VendorUnavailable("servicebus", "ping", "no connection")


class FakeBlob:
    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.away = False

    async def put(self, name: str, data: bytes | str, content_type: str = "", overwrite: bool = True) -> None:
        self._check("put")
        self.blobs[name] = data if isinstance(data, bytes) else data.encode()

    async def put_once(self, name: str, data: bytes | str, content_type: str = "") -> bool:
        self._check("put_once")
        if name in self.blobs:
            return False
        await self.put(name, data, content_type)
        return True

    async def delete(self, name: str) -> bool:
        self._check("delete")
        return self.blobs.pop(name, None) is not None

    async def move(self, name: str, new_name: str, content_type: str = "") -> bool:
        self._check("move")
        if name not in self.blobs:
            return False
        self.blobs[new_name] = self.blobs.pop(name)
        return True

    async def get(self, name: str) -> bytes | None:
        self._check("get")
        return self.blobs.get(name)

    async def get_with_etag(self, name: str) -> tuple[bytes, str] | None:
        self._check("get_with_etag")
        data = self.blobs.get(name)
        return None if data is None else (data, self._etag(name))

    async def replace(self, name: str, data: bytes | str, content_type: str, etag: str) -> bool:
        self._check("replace")
        if name not in self.blobs or etag != self._etag(name):
            return False
        await self.put(name, data, content_type)
        return True

    def _etag(self, name: str) -> str:
        """Of the content alone: enough to know that another version is there."""
        return f'"{hashlib.sha256(self.blobs[name]).hexdigest()[:16]}"'

    async def names(self, prefix: str = "") -> AsyncIterator[str]:
        self._check("names")
        for name in sorted(self.blobs):
            if name.startswith(prefix):
                yield name

    async def ping(self) -> None:
        self._check("ping")

    def _check(self, operation: str) -> None:
        if self.away:
            raise VendorUnavailable("blob", operation, "no connection")


class FakeDeadLetters:
    def __init__(self) -> None:
        self.letters: dict[str, list[DeadLetter]] = {"incidents": [], "archive": []}

    async def list(self, subscription: str, limit: int = 100) -> list[DeadLetter]:
        return list(self.letters.get(subscription, []))

    async def resubmit(self, subscription: str, sequence_number: int) -> DeadLetter:
        for letter in self.letters[subscription]:
            if letter["sequence_number"] == sequence_number:
                self.letters[subscription].remove(letter)
                return letter
        raise NotFound("There is no such dead letter.")


class FakeTokens:
    """Token "reader" is a reader, "bruno" and "davi" are requesters, "ana" is an approver, "carla" an admin."""

    roles = {  # noqa: RUF012
        "reader": ["Platform.Reader"],
        "bruno": ["Platform.Reader", "Platform.Requester"],
        "davi": ["Platform.Reader", "Platform.Requester"],
        "ana": ["Platform.Reader", "Platform.Approver"],
        "carla": ["Platform.Reader", "Platform.Admin", "Platform.Approver"],
    }

    async def caller(self, token: str | None) -> Caller:
        if token not in self.roles:
            raise Unauthenticated("A token is needed.")
        return Caller(id=f"id-of-{token}", name=token.title(), roles=frozenset(self.roles[token]))


class FakeProblems:
    """known: problems by their id. opened: those that are open now."""

    def __init__(self) -> None:
        self.known: dict[str, dict[str, Any]] = {}
        self.opened: list[dict[str, Any]] = []
        self.away = False

    async def get(self, problem_id: str) -> dict[str, Any] | None:
        if self.away:
            raise VendorUnavailable("dynatrace", "problem", "no connection")
        return self.known.get(problem_id)

    async def open(self) -> list[dict[str, Any]]:
        if self.away:
            raise VendorUnavailable("dynatrace", "open_problems", "no connection")
        return list(self.opened)


class FakeEntities:
    """known: what each entity's neighbours are."""

    def __init__(self) -> None:
        self.known: dict[str, list[str]] = {}
        self.away = False

    async def nodes(self, entity_ids: list[str]) -> list[dict[str, Any]]:
        if self.away:
            raise VendorUnavailable("dynatrace", "topology", "no connection")
        return [
            {"entity_id": one, "calls": self.known[one], "called_by": []}
            for one in entity_ids
            if one in self.known
        ]


class FakeDynatrace:
    """A client with the rooms that functions ask."""

    def __init__(self) -> None:
        self.problems = FakeProblems()
        self.entities = FakeEntities()

    async def ping(self) -> None:
        if self.problems.away:
            raise VendorUnavailable("dynatrace", "ping", "no connection")


class Pinged:
    """A client of which only the ping is asked."""

    async def ping(self) -> None:
        """Here."""


def fake_services(**settings: str) -> Any:
    """Services over the example settings; every part can be told to misbehave."""
    values = json.loads(_EXAMPLE.read_text())["Values"]
    made: Any = Services(load({**values, **settings}))
    blob = FakeBlob()
    made.__dict__.update(
        publisher=FakePublisher(),
        blob=blob,
        dead_letters=FakeDeadLetters(),
        tokens=FakeTokens(),
        dynatrace=FakeDynatrace(),
        registry=ServiceRegistry(blob),  # type: ignore[arg-type]
        servicenow=Pinged(),
        azure_devops=Pinged(),
        warehouse=Pinged(),
    )
    return made
