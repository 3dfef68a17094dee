"""One incident that has ended and what should follow it, and the activities of follow_up_incident for rehearsals."""

from typing import Any

from tests.fakes.orchestration import Activity, Outcome, done
from tests.fakes.remediation import POLICY, SERVICE

OPERATION = "incident-123-1763726400000"
INCIDENT = {"sys_id": "s" * 32, "number": "INC0010001", "url": "https://snow.example/INC0010001"}
POSTMORTEM = f"https://app.example/api/operations/{OPERATION}/postmortem"
CASE: dict[str, Any] = {
    "title": "Failure rate increase",
    "service": "checkout",
    "hypothesis": "Deployment 102 broke it.",
    "component": "",
    "category": "recent_deployment",
    "confidence": 80,
    "cited": "E1",
    "evidence": [{"id": "E1", "text": "deployed 102"}, {"id": "E2", "text": "errors of checkout"}],
}


def a_metric(indicator: str, entity_id: str = "SERVICE-1", ids: str = "E2", **facts: Any) -> dict[str, Any]:
    """An indicator that left the usual: errors from 0.4 to 12 %, where nothing else is said."""
    usual = {"baseline_median": 0.4, "during_median": 12.0, "robust_z": 30.0, "onset_ms": 450}
    return {
        "id": ids,
        "kind": "metric",
        "text": f"{indicator} of checkout",
        "facts": {"indicator": indicator, "entity_id": entity_id, **usual, **facts},
    }


STORY: dict[str, Any] = {
    "operation_id": OPERATION,
    "incident": INCIDENT,
    "service": SERVICE,
    "case": CASE,
    "items": [a_metric("errors")],
    "outcome": "resolved",
    "duration_s": 1200.0,
}


def request(**changed: Any) -> dict[str, Any]:
    """The input of follow_up_incident."""
    from shared.domain.incident.follow_ups import suggest

    return {
        "plan": suggest("en", STORY),
        "incident": INCIDENT,
        "service": "checkout",
        "language": "en",
        "policy": {**POLICY, "follow_up_timeout_s": 5 * 86_400.0},
        "postmortem_url": POSTMORTEM,
        "public_url": "https://app.example",
        **changed,
    }


class World:
    """What the activities answer; `next` has outcomes that come before the usual ones, by activity."""

    def __init__(self) -> None:
        self.next: dict[str, list[Outcome]] = {}
        self.made: list[str] = []

    def activities(self) -> dict[str, Activity]:
        names = ("post_card", "create_alert", "create_work_item", "add_work_note", "publish_event")
        return {name: self._called(name) for name in names}

    def _called(self, name: str) -> Activity:
        def activity(payload: dict[str, Any]) -> Outcome:
            if self.next.get(name):
                return self.next[name].pop(0)
            if name == "create_work_item":
                self.made.append(payload["item"])
                return done(
                    work_item_id=7, url="https://dev.example/loja/_workitems/edit/7", result="created"
                )
            if name == "create_alert":
                self.made.append(payload["item"])
                return done(object_id="object-1", result="created")
            return done(result="created", event_id="e")

        return activity
