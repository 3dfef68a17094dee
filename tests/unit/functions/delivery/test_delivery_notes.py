"""What gates and incidents tell is kept once, in any order, and blames the files of the deployment before."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.delivery.delivery_notes import note
from shared.domain.gate.gate_history import good
from shared.domain.risk.change_risk import Past
from shared.errors import PoisonMessage, VendorRefused, VendorUnavailable

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
STARTED_MS = round(datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp() * 1000)
GOOD, BAD, LATER = "a" * 40, "b" * 40, "c" * 40
SERVICE = {
    "name": "orders",
    "tier": 2,
    "azure_devops": {"project": "Payments", "pipeline_id": 7, "repository_id": "r-1"},
    "dynatrace": {"entity_id": ""},
}
CLOSED = {
    "operation_id": "incident-1",
    "service": "orders",
    "category": "recent_deployment",
    "action": "roll_back",
    "outcome": "resolved",
    "started_ms": STARTED_MS,
}
GATE = {
    "gate_id": "gate-1",
    "service": "orders",
    "environment": "production",
    "version": "1.2.0",
    "commit": BAD,
    "deployment_id": None,
    "verdict": "fail",
    "score": 20.0,
    "decided_at": "2026-11-20T12:30:00Z",
    "rollback": None,
}


def run(run_id: int, commit: str, hour: int, result: str = "succeeded") -> dict[str, Any]:
    finished_at = f"2026-11-20T{hour:02}:00:00Z"
    return {
        "run_id": run_id,
        "commit": commit,
        "result": result,
        "finished_at": finished_at,
        "repository_id": "r-1",
        "ref_name": "refs/heads/main",
    }


class Runs:
    """The runs of one pipeline; `stopped`: those that deployed nothing."""

    def __init__(self) -> None:
        self.known = [run(3, LATER, 15), run(2, BAD, 11), run(1, GOOD, 9)]
        self.stopped: set[int] = set()
        self.error: Exception | None = None

    async def list(self, project: str, pipeline_id: int) -> list[dict[str, Any]]:
        if self.error:
            raise self.error
        return [{**one, "commit": None} for one in self.known]

    async def get(self, project: str, pipeline_id: int, run_id: int) -> dict[str, Any]:
        return next(one for one in self.known if one["run_id"] == run_id)

    async def deploys(self, project: str, run: dict[str, Any]) -> bool:
        return run["run_id"] not in self.stopped

    async def last_good(self, project: str, pipeline_id: int, before: int) -> dict[str, Any] | None:
        return next((one for one in self.known if one["run_id"] < before), None)


class AzureDevOps:
    def __init__(self) -> None:
        self.runs, self.comparing = Runs(), self
        self.asked: list[Any] = []

    async def difference(self, *asked: Any) -> dict[str, Any]:
        self.asked.append(asked)
        return {"paths": ["/src/api.py", "/src/model.py"], "is_whole": True}


@pytest.fixture
async def devops(world: Any) -> AzureDevOps:
    await world.registry.put(SERVICE)
    world.__dict__["azure_devops"] = made = AzureDevOps()
    return made


def event(type_: str, data: Any) -> bytes:
    return json.dumps({"id": "1", "type": type_, "data": data}).encode()


async def past(world: Any) -> dict[str, Past]:
    return await world.delivery_notes.history("orders", ["src/api.py", "src/other.py"], NOW)  # type: ignore[no-any-return]


async def test_an_incident_that_a_rollback_resolved_blames_the_files_of_the_deployment_before_it(
    world: Any, devops: AzureDevOps
) -> None:
    await note(event("incident.closed", CLOSED))

    assert devops.asked == [("Payments", "r-1", GOOD, BAD)]
    assert await past(world) == {"src/api.py": Past(1, 0)}


@pytest.mark.parametrize("change", [{"action": "restart"}, {"outcome": "handed_over"}])
async def test_a_cause_that_nobody_proved_is_probable(
    world: Any, devops: AzureDevOps, change: dict[str, str]
) -> None:
    await note(event("incident.closed", {**CLOSED, **change}))

    assert await past(world) == {"src/api.py": Past(0, 1)}


async def test_told_twice_counts_once(world: Any, devops: AzureDevOps) -> None:
    for _ in range(2):
        await note(event("incident.closed", CLOSED))

    assert await past(world) == {"src/api.py": Past(1, 0)}


async def test_two_incidents_count_twice(world: Any, devops: AzureDevOps) -> None:
    for number in range(2):
        await note(event("incident.closed", {**CLOSED, "operation_id": f"incident-{number}"}))

    assert await past(world) == {"src/api.py": Past(2, 0)}


@pytest.mark.parametrize(
    "change",
    [{"category": "saturation"}, {"service": None}, {"service": "unknown"}, {"started_ms": None}],
)
async def test_what_no_deployment_is_blamed_for_blames_no_file(
    world: Any, devops: AzureDevOps, change: dict[str, Any]
) -> None:
    await note(event("incident.closed", {**CLOSED, **change}))

    assert devops.asked == []
    assert await past(world) == {}


async def test_a_run_that_deployed_nothing_is_passed_over(world: Any, devops: AzureDevOps) -> None:
    devops.runs.known.insert(1, run(20, LATER, 11))
    devops.runs.stopped.add(20)

    await note(event("incident.closed", CLOSED))

    assert devops.asked == [("Payments", "r-1", GOOD, BAD)]


async def test_a_gate_that_failed_in_production_blames_the_files_of_its_commit(
    world: Any, devops: AzureDevOps
) -> None:
    await note(event("gate.decided", GATE))

    assert [one["gate_id"] for one in await world.delivery_notes.gates("orders")] == ["gate-1"]
    assert await past(world) == {"src/api.py": Past(1, 0)}


@pytest.mark.parametrize("change", [{"verdict": "pass"}, {"environment": "staging"}, {"commit": None}])
async def test_other_gates_blame_nothing(
    world: Any, devops: AzureDevOps, change: dict[str, str | None]
) -> None:
    await note(event("gate.decided", {**GATE, **change}))

    assert len(await world.delivery_notes.gates("orders")) == 1
    assert devops.asked == []


async def test_the_newest_gate_comes_first_whatever_order_they_come_in(
    world: Any, devops: AzureDevOps
) -> None:
    for hour in (14, 16, 13):
        await note(
            event(
                "gate.decided",
                {
                    **GATE,
                    "verdict": "pass",
                    "gate_id": f"g{hour}",
                    "decided_at": f"2026-11-20T{hour}:00:00Z",
                },
            )
        )

    assert [one["gate_id"] for one in await world.delivery_notes.gates("orders")] == ["g16", "g14", "g13"]


async def test_an_old_word_on_a_gate_does_not_replace_a_newer_one(world: Any, devops: AzureDevOps) -> None:
    later = {**GATE, "verdict": "pass", "decided_at": "2026-11-20T13:00:00Z"}
    await note(event("gate.decided", later))
    await note(event("gate.decided", {**GATE, "verdict": "warn"}))

    (kept,) = await world.delivery_notes.gates("orders")
    assert kept["verdict"] == "pass"


async def test_what_is_kept_is_bounded(world: Any, devops: AzureDevOps) -> None:
    for number in range(40):
        await note(event("gate.decided", {**GATE, "verdict": "pass", "gate_id": f"g{number}"}))

    assert len(await world.delivery_notes.gates("orders")) == 30


async def test_old_blame_is_forgotten(world: Any, devops: AzureDevOps) -> None:
    blamed = {"key": "1", "at": "2020-01-01T00:00:00+00:00", "proven": True, "paths": ["src/api.py"]}
    await world.delivery_notes.keep_blamed("orders", blamed)

    assert await past(world) == {}


async def test_while_azure_devops_is_away_the_event_comes_again(world: Any, devops: AzureDevOps) -> None:
    devops.runs.error = VendorUnavailable("azure_devops", "runs", "no connection")
    with pytest.raises(VendorUnavailable):
        await note(event("gate.decided", GATE))
    devops.runs.error = None
    await note(event("gate.decided", GATE))

    assert await past(world) == {"src/api.py": Past(1, 0)}


async def test_what_azure_devops_refuses_is_left_and_the_verdict_kept(
    world: Any, devops: AzureDevOps
) -> None:
    devops.runs.error = VendorRefused("azure_devops", "runs", "no such pipeline", 404)
    await note(event("gate.decided", GATE))

    assert len(await world.delivery_notes.gates("orders")) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"no json",
        b"[]",
        event("gate.decided", [1]),
        event("gate.decided", {}),
        event("gate.decided", {**GATE, "verdict": "maybe"}),
        event("gate.decided", {**GATE, "decided_at": "yesterday"}),
        event("gate.decided", {**GATE, "decided_at": "2026-11-20T12:00:00"}),
        event("gate.decided", {**GATE, "service": None}),
    ],
)
async def test_what_cannot_be_read_is_refused_with_its_reason(
    world: Any, devops: AzureDevOps, body: bytes
) -> None:
    with pytest.raises(PoisonMessage):
        await note(body)


ROLLBACK = {
    "deployment_id": "azure_devops:3:production",
    "service": "orders",
    "environment": "production",
    "how": "rollback",
    "result": "succeeded",
    "rolls_back": BAD,
    "finished_at": "2026-11-20T13:00:00Z",
}


@pytest.mark.parametrize(
    ("type_", "data"),
    [
        ("deployment.finished", ROLLBACK),
        (
            "incident.opened",
            {
                **CLOSED,
                "opened_at": "2026-11-20T13:00:00Z",
                "caused_by": {"deployment_id": None, "commit": BAD},
            },
        ),
    ],
    ids=["rolled back", "blamed"],
)
async def test_a_version_that_came_to_harm_after_its_gate_is_no_baseline_any_more(
    world: Any, devops: AzureDevOps, type_: str, data: dict[str, Any]
) -> None:
    for _ in range(2):
        await note(event(type_, data))
    kept: dict[str, Any] = {**GATE, "verdict": "pass", "taken_back": False, "values": {}}
    await world.gates.remember("orders", "production", kept)

    (known,) = await world.gates.history("orders", "production")
    assert good([known], "1.3.0") == []
    assert good([{**kept}], "1.3.0"), "by its own gate it was good"


@pytest.mark.parametrize("change", [{"service": None}, {"how": "pipeline"}, {"environment": 5}])
async def test_a_deployment_that_says_nothing_of_another_is_not_kept(
    world: Any, devops: AzureDevOps, change: dict[str, Any]
) -> None:
    await note(event("deployment.finished", {**ROLLBACK, **change}))

    assert not [name for name in world.blob.blobs if name.startswith("gates/marks/")]
