"""Handing out work: queues of what may be ready, the workers' streams, and leases on what was handed out.

The queues hold keys only. Whether there is work, and what it says, is read from the disk at the moment a
worker has room for it. A lease ends when its answer is committed, its worker gives it back or disconnects,
or its time is over; in the last three cases the work is handed out again.
"""

import logging
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from durabletask.internal import orchestrator_service_pb2 as pb

from sandbox.durable.commits import Key, Kind
from sandbox.durable.streams import Stream

_log = logging.getLogger("durable")


@dataclass(slots=True)
class Delivery:
    """Work for a worker. body: the WorkItem's bytes without the token; content: what the answer refers to."""

    kind: Kind
    key: Key
    name: str
    version: str
    body: bytes
    content: Any


@dataclass(slots=True)
class Lease:
    """A delivery in a worker's hands."""

    token: str
    delivery: Delivery
    stream: Stream
    ends_s: float


@dataclass(slots=True)
class _Queue:
    """What may be ready, oldest first; each key once."""

    keys: deque[Key] = field(default_factory=deque)
    known: set[Key] = field(default_factory=set)
    unwanted: list[Key] = field(default_factory=list)  # no worker that is here takes it

    def push(self, key: Key, *, first: bool = False) -> None:
        if key not in self.known:
            self.known.add(key)
            (self.keys.appendleft if first else self.keys.append)(key)


Loader = Callable[[Any], Delivery | None]


class Dispatcher:
    """Matches what may be ready with workers that have room. lease_s: how long a worker may take."""

    def __init__(self, loaders: dict[Kind, Loader], lease_s: dict[Kind, float]) -> None:
        self._loaders, self._lease_s = loaders, lease_s
        self._queues = {kind: _Queue() for kind in Kind}
        self._streams: list[Stream] = []
        self._leases: dict[str, Lease] = {}
        self._busy: dict[tuple[Kind, Key], Lease] = {}
        self._again: set[tuple[Kind, Key]] = set()
        self._attempts: dict[Key, int] = {}
        self._late: dict[str, tuple[Stream, Kind]] = {}
        self._epoch, self._number = secrets.token_hex(4), 0

    def offer(self, kind: Kind, key: Key) -> None:
        """There may be work; if it is being done, look again afterwards."""
        if (kind, key) in self._busy:
            self._again.add((kind, key))
        else:
            self._queues[kind].push(key)

    def attach(self, stream: Stream) -> None:
        """A worker connected."""
        self._streams.append(stream)
        for queue in self._queues.values():
            queue.keys.extend(queue.unwanted)
            queue.unwanted.clear()
        self.assign()

    def detach(self, stream: Stream) -> None:
        """A worker disconnected: what it had is handed out again at once."""
        self._streams.remove(stream)
        lost = [lease for lease in self._leases.values() if lease.stream is stream]
        for lease in lost:
            self.give_back(lease)
        self._late = {token: late for token, late in self._late.items() if late[0] is not stream}
        if lost:
            _log.warning("a worker disconnected: %d work item(s) are handed out again", len(lost))
        self.assign()

    def claim(self, token: str) -> Lease | None:
        """Take the lease an answer or a return belongs to; None if it is no longer held."""
        lease = self._leases.pop(token, None)
        late = self._late.pop(token, None)
        if late is not None:
            late[0].free[late[1]] += 1
        return lease

    def attempt_is_current(self, key: Key, attempt: int) -> bool:
        """Whether no later attempt at an activity was begun because this one took too long."""
        return self._attempts.get(key, 0) == attempt

    def finish(self, lease: Lease) -> None:
        """A claimed lease's answer is on disk."""
        self._release(lease)
        if lease.delivery.kind is Kind.ACTIVITY:
            self._attempts.pop(lease.delivery.key, None)

    def give_back(self, lease: Lease) -> None:
        """Nothing came of it: hand the work out again, before what is newer."""
        self._leases.pop(lease.token, None)
        self._release(lease)
        self._queues[lease.delivery.kind].push(lease.delivery.key, first=True)

    def expire(self, now_s: float) -> None:
        """Hand out again what has been in a worker's hands for too long. now_s: time.monotonic."""
        over = [lease for lease in self._leases.values() if lease.ends_s <= now_s]
        for lease in over:
            delivery = lease.delivery
            _log.warning("a worker has held %s %s too long", delivery.kind, delivery.name)
            if delivery.kind is Kind.ACTIVITY:
                self._attempts[delivery.key] = self._attempts.get(delivery.key, 0) + 1
            self.give_back(lease)
            lease.stream.free[delivery.kind] -= 1  # the worker is still at it
            self._late[lease.token] = (lease.stream, delivery.kind)
        if over:
            self.assign()

    def ping(self) -> None:
        """Tell idle workers that the connection lives."""
        for stream in self._streams:
            stream.send(pb.WorkItem(healthPing=pb.HealthPing()).SerializeToString())

    def assign(self) -> None:
        """Hand out work while there is some and a worker has room."""
        for kind, queue in self._queues.items():
            passed: list[Key] = []
            while queue.keys and any(stream.free[kind] > 0 for stream in self._streams):
                key = queue.keys.popleft()
                delivery = None if (kind, key) in self._busy else self._loaders[kind](key)
                if delivery is None:
                    queue.known.discard(key)
                    continue
                takers = [s for s in self._streams if s.takes(kind, delivery.name, delivery.version)]
                if not takers:
                    queue.unwanted.append(key)
                    continue
                stream = max(takers, key=lambda taker: taker.free[kind])
                if stream.free[kind] <= 0:
                    passed.append(key)
                    continue
                queue.known.discard(key)
                self._hand_out(stream, delivery)
            queue.keys.extendleft(reversed(passed))

    def _hand_out(self, stream: Stream, delivery: Delivery) -> None:
        token = self._token(delivery)
        lease = Lease(token, delivery, stream, time.monotonic() + self._lease_s[delivery.kind])
        self._leases[token] = self._busy[(delivery.kind, delivery.key)] = lease
        stream.free[delivery.kind] -= 1
        stream.send(delivery.body + pb.WorkItem(completionToken=token).SerializeToString())

    def _token(self, delivery: Delivery) -> str:
        if delivery.kind is Kind.ACTIVITY:
            execution, step, task_id = delivery.key
            return f"{execution}.{step}.{task_id}.{self._attempts.get(delivery.key, 0)}"
        self._number += 1
        return f"{self._epoch}-{self._number}"

    def _release(self, lease: Lease) -> None:
        work = (lease.delivery.kind, lease.delivery.key)
        if self._busy.get(work) is lease:
            del self._busy[work]
            lease.stream.free[lease.delivery.kind] += 1
            if work in self._again:
                self._again.discard(work)
                self._queues[lease.delivery.kind].push(lease.delivery.key)
