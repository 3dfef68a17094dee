"""One module per webhook source: how it proves itself, and which event its notification is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from shared.events import Event
    from shared.settings import Settings


class Source(Protocol):
    """What functions/platform/webhooks.py asks of a source module."""

    def verify(self, headers: Mapping[str, str], body: bytes, settings: Settings) -> None:
        """Raises: Unauthenticated."""
        ...

    def to_event(self, body: bytes) -> Event:
        """Raises: InvalidRequest."""
        ...


def find(name: str) -> Source | None:
    """The source of this name, None when there is none."""
    load = _SOURCES.get(name)
    return load() if load else None


def _dynatrace() -> Source:
    from functions.platform.sources import dynatrace

    return dynatrace


def _azure_devops() -> Source:
    from functions.platform.sources import azure_devops

    return azure_devops


def _github() -> Source:
    from functions.platform.sources import github

    return github


_SOURCES: dict[str, Callable[[], Source]] = {
    "dynatrace": _dynatrace,
    "azure_devops": _azure_devops,
    "azure-devops": _azure_devops,
    "github": _github,
}
