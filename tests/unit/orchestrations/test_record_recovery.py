"""record_recovery: one work note, whatever ServiceNow does meanwhile."""

from orchestrations.record_recovery import record_recovery
from tests.fakes.orchestration import Rehearsal
from tests.fakes.remediation import POLICY, World


def test_the_incident_is_told_once_and_keeps_its_state() -> None:
    world = World()
    world.next["add_work_note"] = [{"status": "unknown", "reason": "no answer", "retry_after_s": 30.0}]
    play = Rehearsal(
        record_recovery, {"incident_sys_id": "s1", "policy": POLICY, "language": "en"}, world.activities()
    )

    assert play.run() == {"outcome": "recorded"}
    assert play.activity_names == ["add_work_note", "add_work_note"]
    assert len({payload["key"] for payload in play.payloads("add_work_note")}) == 1
    assert play.elapsed_s == 30
