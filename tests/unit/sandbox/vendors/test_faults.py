from pathlib import Path
from typing import Any

import pytest

from sandbox.vendors import faults as module
from sandbox.vendors.faults import Faults, parse
from sandbox.vendors.store import Store

OPERATIONS = frozenset({"create_incident", "list_incident", "get_incident"})


@pytest.fixture
def store(tmp_path: Path) -> Any:
    store = Store(tmp_path / "state.db")
    yield store
    store.close()


def faults_of(store: Store, wanted: list[dict[str, Any]]) -> Faults:
    faults = Faults(store.collection("servicenow", "_fault"))
    faults.replace(wanted, OPERATIONS)
    return faults


def test_a_fault_hits_its_own_operation_only(store: Store) -> None:
    faults = faults_of(store, [{"operation": "create_incident", "kind": "drop"}])

    assert faults.take("list_incident") is None
    found = faults.take("create_incident")
    assert found is not None
    assert found.kind == "drop"


def test_a_star_hits_every_operation_and_a_pattern_some(store: Store) -> None:
    faults = faults_of(store, [{"operation": "*_incident", "kind": "drop"}])

    assert faults.take("get_incident")
    assert faults.take("authenticate") is None


def test_times_count_down_to_none(store: Store) -> None:
    faults = faults_of(store, [{"operation": "*", "kind": "status", "times": 2}])

    assert [bool(faults.take("get_incident")) for _ in range(3)] == [True, True, False]
    assert faults.listed() == []


def test_a_used_up_fault_makes_way_for_the_next(store: Store) -> None:
    wanted = [{"kind": "drop", "times": 1}, {"kind": "status", "status": 500}]
    faults = faults_of(store, wanted)

    assert [(found := faults.take("get_incident")) and found.kind for _ in range(2)] == ["drop", "status"]


def test_requests_that_are_skipped_pass_before_the_fault_begins(store: Store) -> None:
    faults = faults_of(store, [{"operation": "get_incident", "kind": "drop", "skip": 2, "times": 1}])

    assert faults.take("list_incident") is None
    assert [bool(faults.take("get_incident")) for _ in range(4)] == [False, False, True, False]


def test_a_request_that_one_fault_skips_suffers_the_next(store: Store) -> None:
    faults = faults_of(store, [{"kind": "drop", "skip": 1}, {"kind": "status"}])

    assert [(found := faults.take("get_incident")) and found.kind for _ in range(2)] == ["status", "drop"]


def test_a_fault_ends_with_its_time(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000_000
    monkeypatch.setattr(module, "now_ms", lambda: now)
    faults = faults_of(store, [{"kind": "drop", "for_seconds": 20}])

    now += 19_999
    assert faults.take("get_incident")
    now += 1
    assert faults.take("get_incident") is None


def test_faults_outlive_the_process(tmp_path: Path) -> None:
    store = Store(tmp_path / "state.db")
    faults_of(store, [{"kind": "drop", "times": 2}]).take("get_incident")
    store.close()

    again = Store(tmp_path / "state.db")
    faults = Faults(again.collection("servicenow", "_fault"))
    assert faults.listed()[0]["times"] == 1
    again.close()


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"kind": "explode"}, "kind must be one of"),
        ({"kind": "drop", "operation": "make_coffee"}, "operation must be"),
        ({"kind": "drop", "colour": 1}, "unknown fields: colour"),
        ({"kind": "status", "status": 200}, "status must be"),
        ({"kind": "status", "status": True}, "status must be"),
        ({"kind": "latency", "seconds": -1}, "seconds must be"),
        ({"kind": "drop", "times": 0}, "times must be"),
        ({"kind": "drop", "for_seconds": "5"}, "for_seconds must be"),
        ({"kind": "drop", "skip": -1}, "skip must be"),
        ("drop", "a fault is an object"),
    ],
)
def test_a_wrong_fault_is_refused_by_name(wanted: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse(wanted, OPERATIONS)
