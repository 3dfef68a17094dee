"""Misbehaviour to order: which operations fail, how, how often, and for how long.

Asked once per request; the first fault that fits is used. Kept in the state, so that a vendor that is down
stays down over a restart.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from http import HTTPStatus
from typing import Any

from sandbox.vendors.clock import now_ms
from sandbox.vendors.store import Collection

KINDS = {
    "latency": "waits `seconds`, then works as usual",
    "status": "answers `status` (with Retry-After `retry_after_s`) instead of working",
    "drop": "closes the connection instead of working",
    "hold": "waits `seconds`, or until the caller hangs up, then closes the connection without working",
    "lost_reply": "works, waits `seconds`, then closes the connection without an answer",
    "malformed": "works, then answers half a body",
}
_FIELDS = {
    "operation",
    "kind",
    "seconds",
    "status",
    "retry_after_s",
    "times",
    "for_seconds",
    "until_ms",
    "skip",
}
_NUMBERS = {"seconds": 0.0, "retry_after_s": 0.0, "times": 1, "for_seconds": 0.0, "until_ms": 0, "skip": 0}


@dataclass(frozen=True)
class Fault:
    """operation: a name, or a pattern such as "*". times: None is for ever. until_ms: since 1970; None is never.

    skip: so many requests that fit are let through first.
    """

    operation: str
    kind: str
    seconds: float = 0.0
    status: int = HTTPStatus.SERVICE_UNAVAILABLE
    retry_after_s: float | None = None
    times: int | None = None
    until_ms: int | None = None
    skip: int = 0


class Faults:
    """One vendor's faults."""

    def __init__(self, kept: Collection) -> None:
        self._kept = kept

    def listed(self) -> list[dict[str, Any]]:
        """Those still in force, in the order in which they are tried."""
        return [asdict(fault) for _, fault in self._in_force()]

    def replace(self, wanted: object, operations: frozenset[str]) -> None:
        """Put `wanted`, a list of objects, in place of all faults. Raises: ValueError saying what is wrong."""
        if not isinstance(wanted, list):
            raise ValueError("a list of faults is expected")
        faults = [parse(one, operations) for one in wanted]
        self._kept.clear()
        for number, fault in enumerate(faults):
            self._kept.put(str(number), asdict(fault))

    def take(self, operation: str) -> Fault | None:
        """The fault this request suffers; one with `times` is used up by it."""
        for key, fault in self._in_force():
            if fnmatchcase(operation, fault.operation):
                if fault.skip:
                    self._kept.put(key, asdict(fault) | {"skip": fault.skip - 1})
                    continue
                if fault.times is not None:
                    self._kept.put(key, asdict(fault) | {"times": fault.times - 1})
                return fault
        return None

    def _in_force(self) -> Sequence[tuple[str, Fault]]:
        if not self._kept.documents:
            return ()
        now = now_ms()
        found = [(key, Fault(**document)) for key, document in self._kept.documents.items()]
        return [
            (key, fault)
            for key, fault in found
            if (fault.times is None or fault.times > 0) and (fault.until_ms is None or now < fault.until_ms)
        ]


def parse(wanted: object, operations: frozenset[str]) -> Fault:
    """Read one fault. Raises: ValueError saying what is wrong."""
    if not isinstance(wanted, Mapping):
        raise ValueError("a fault is an object")
    if unknown := wanted.keys() - _FIELDS:
        raise ValueError(f"unknown fields: {', '.join(sorted(unknown))}")
    operation, kind = wanted.get("operation", "*"), wanted.get("kind")
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}")
    if not isinstance(operation, str) or not any(fnmatchcase(name, operation) for name in operations):
        raise ValueError(f"operation must be * or one of {', '.join(sorted(operations))}")
    numbers = {name: _number(wanted, name, least) for name, least in _NUMBERS.items()}
    until_ms = numbers["until_ms"]
    if numbers["for_seconds"] is not None:
        until_ms = now_ms() + numbers["for_seconds"] * 1000
    return Fault(
        operation=operation,
        kind=kind,
        seconds=numbers["seconds"] or 0.0,
        status=_status(wanted.get("status")),
        retry_after_s=numbers["retry_after_s"],
        times=None if numbers["times"] is None else int(numbers["times"]),
        until_ms=None if until_ms is None else int(until_ms),
        skip=int(numbers["skip"] or 0),
    )


def _number(wanted: Mapping[str, object], name: str, least: float) -> float | None:
    value = wanted.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value < least:
        raise ValueError(f"{name} must be a number of at least {least:g}, or null")
    return value


def _status(value: object) -> int:
    if value is None:
        return HTTPStatus.SERVICE_UNAVAILABLE
    if isinstance(value, bool) or not isinstance(value, int) or not 400 <= value <= 599:
        raise ValueError("status must be a number from 400 to 599")
    return value
