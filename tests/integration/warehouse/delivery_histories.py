"""Random histories of delivery: changes, deployments, gates, corrections, incidents; late, twice, wrong or missing."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from shared.domain import event_types

Event = dict[str, Any]

BASE = datetime(2026, 3, 2, tzinfo=UTC)
DAYS = 16
ENVIRONMENTS = ("production", "production", "production", "staging")
RESULTS = ("succeeded", "succeeded", "succeeded", "failed", "cancelled")
CORRECTIONS = (
    "failed",
    "not_failed",
    "incident",
    "not_incident",
    "rework",
    "not_rework",
    "ignore",
    "restore",
)


def written(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class History:
    """The events of two services whose names begin with `tag`, in any order, some of them twice."""

    def __init__(self, random: Random, tag: str) -> None:
        self._random, self._tag = random, tag
        self.services = [f"{tag}-cart", f"{tag}-orders"]
        self.shas = [f"{tag}-c{number}" for number in range(random.randint(3, 25))]
        self.ids = [f"{tag}-d{number}" for number in range(random.randint(1, 25))]
        self.operations = [f"{tag}-op{number}" for number in range(8)]
        self.numbers = [f"{tag}-INC{number}" for number in range(6)]
        self.changes = [f"{tag}-CHG{number}" for number in range(2)]
        self._events: list[Event] = []

    def events(self) -> list[Event]:
        pick = self._random
        for number in range(pick.randint(0, 20)):
            self._change(f"{self._tag}-change{number}")
        for id_ in self.ids:
            self._deployment(id_)
        for number in range(pick.randint(0, 5)):
            self._gate(f"{self._tag}-gate{number}")
        for number in range(pick.randint(0, 8)):
            self._correction(f"{self._tag}-correction{number}")
        for _ in range(pick.randint(0, 8)):
            self._incident()
        events = self._events + [pick.choice(self._events) for _ in range(pick.randint(0, 6)) if self._events]
        pick.shuffle(events)
        return events

    def _time(self) -> str | None:
        """Of these days, on the hour as often as not; or one that no clock can have said; or none."""
        pick = self._random.random()
        if pick < 0.05:
            return self._random.choice([None, "yesterday", "1970-01-01T00:00:00Z", "2099-01-01T00:00:00Z"])
        if pick < 0.5:
            return written(BASE + timedelta(hours=self._random.randint(0, DAYS * 24)))
        return written(BASE + timedelta(microseconds=self._random.randint(0, DAYS * 86_400_000_000)))

    def _add(self, type_: str, subject: str, data: Mapping[str, Any]) -> None:
        event: Event = {"id": f"{self._tag}-{len(self._events)}", "type": type_, "subject": subject}
        event |= {"specversion": "1.0", "source": "/test", "time": self._time() or "odd", "data": dict(data)}
        self._events.append(event)

    def _commits(self) -> list[dict[str, Any]]:
        some = self._random.sample(self.shas, self._random.randint(0, 3))
        return [{"sha": sha, "committed_at": self._time()} for sha in some]

    def _change(self, id_: str) -> None:
        pick = self._random.choice
        data = {
            "change_id": id_,
            "service": pick(self.services),
            "commit": pick(self.shas),
            "commits": self._commits(),
            "reverts": pick([None, None, *self.shas]),
            "planned": pick([True, False, None]),
        }
        for _ in range(pick([1, 1, 1, 2])):
            self._add(event_types.CHANGE_MERGED, id_, {**data, "merged_at": self._time()})

    def _deployment(self, id_: str) -> None:
        pick = self._random.choice
        how = pick(["pipeline", "pipeline", "pipeline", "manual", "rollback"])
        data = {
            "deployment_id": id_,
            "service": pick(self.services),
            "environment": pick(ENVIRONMENTS),
            "version": pick(["1", "2", "3"]),
            "commit": pick([*self.shas, None]),
            "commits": pick([[], self._commits()]),
            "started_at": self._time(),
            "how": how,
            "rolls_back": pick([None, *self.shas]) if how == "rollback" else None,
            "operation_id": pick([None, None, *self.operations]),
            "change_number": pick([None, *self.changes]),
        }
        if pick([True, False]):
            self._add(event_types.DEPLOYMENT_STARTED, id_, {**data, "finished_at": None, "result": None})
        for _ in range(pick([0, 1, 1, 1, 1, 1, 2])):
            end = {"finished_at": self._time(), "result": pick(RESULTS)}
            self._add(event_types.DEPLOYMENT_FINISHED, id_, {**data, **end})

    def _gate(self, id_: str) -> None:
        pick = self._random.choice
        gate = {
            "gate_id": id_,
            "service": pick(self.services),
            "environment": pick(ENVIRONMENTS),
            "version": pick(["1", "2", "3"]),
            "commit": pick([*self.shas, None, None]),
            "deployment_id": pick([None, pick(self.ids)]),
            "verdict": pick(["fail", "fail", "pass", "warn", "inconclusive"]),
            "decided_at": self._time(),
            "rollback": pick([None, *self.operations]),
        }
        self._add(event_types.GATE_DECIDED, id_, gate)

    def _correction(self, id_: str) -> None:
        pick = self._random.choice
        said: dict[str, str | None] = {
            "correction_id": id_,
            "deployment_id": pick(self.ids),
            "kind": pick(CORRECTIONS),
        }
        if said["kind"] in ("incident", "not_incident"):
            said["incident_number"] = pick(self.numbers)
        said |= {"reason": "seen", "by": "id-of-ana", "at": self._time()}
        self._add(event_types.DEPLOYMENT_CORRECTED, str(said["deployment_id"]), said)

    def _incident(self) -> None:
        pick = self._random.choice
        started = BASE + timedelta(hours=self._random.randint(0, DAYS * 24))
        cause = {
            "deployment_id": pick([None, None, *self.ids]),
            "change_number": pick([None, *self.changes]),
            "commit": pick([None, *self.shas]),
        }
        told = {
            "operation_id": pick(self.operations),
            "incident_number": pick(self.numbers),
            "service": pick([*self.services, *self.services, None]),
            "environment": pick(["production", "production", "staging", "", None]),
            "started_ms": pick([round(started.timestamp() * 1000)] * 6 + [None]),
            "opened_at": written(started),
            "caused_by": pick([None, None, None, cause]),
        }
        self._add(event_types.INCIDENT_OPENED, str(told["operation_id"]), told)
        if pick([True, True, False]):
            outcome = pick(["resolved", "resolved", "self_resolved", "unverified", "planned"])
            end = {"outcome": outcome, "mitigated_at": self._time(), "closed_at": self._time()}
            self._add(event_types.INCIDENT_CLOSED, str(told["operation_id"]), {**told, **end})
