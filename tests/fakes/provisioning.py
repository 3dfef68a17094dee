"""The activities of provisioning, undoing and decommissioning as functions over one small world that keeps what is
made, for rehearsals.
"""

from collections.abc import Callable
from typing import Any

from tests.fakes.orchestration import Activity, Outcome, done
from tests.fakes.remediation import POLICY

PARAMETERS = {
    "name": "orders",
    "description": "Takes orders",
    "project": "loja",
    "product": "Loja Online",
    "owner": "team-orders",
    "cost_center": "BR-4711",
    "tier": 3,
    "data_classification": "internal",
    "environment": "development",
    "adopt_existing": False,
}
PATH = {
    "name": "python-function",
    "version": "1.0.0",
    "steps": [
        *("repository", "branch_policies", "pipeline", "environment"),
        *("monitoring", "objectives", "configuration_item"),
    ],
    "policies": {
        "branch": {"reviewers": 1, "build_validation": True},
        "pipeline": {"resources": [{"type": "endpoint", "name": "azure-{environment}"}]},
    },
    "monitoring": {
        "metric_selector": "builtin:service.errors.total.rate",
        "upper_bound": 2.0,
        "objectives": [
            {"name": "availability", "target": 99.5, "warning": 99.8},
            {"name": "latency", "threshold_ms": 500, "target": 95, "warning": 97},
        ],
    },
}
PROVISION_POLICY = {**POLICY, "monitoring_wait_s": 60.0}
OPERATION = "provision-orders-1"

Fault = Callable[[Activity, dict[str, Any]], Outcome]


def request(**changes: Any) -> dict[str, Any]:
    return {
        "path": PATH,
        "parameters": {**PARAMETERS, **changes.pop("parameters", {})},
        "monthly_brl": 120,
        "approval": None,
        "requested_by": {"id": "bruno", "name": "Bruno Lima"},
        "policy": PROVISION_POLICY,
        "language": "en",
        "public_url": "https://app.example",
        **changes,
    }


class World:
    """`things` is what exists, by (kind, name): {"by": key of who made it, or "somebody"}.

    faults: {activity: [what its next calls meet]}; ready-made ones are below. document: the registry's.
    run_result, run_polls: how runs end, and after how many looks.
    """

    def __init__(self) -> None:
        self.things: dict[tuple[str, str], dict[str, Any]] = {}
        self.records: dict[str, str] = {}
        self.told: list[str] = []
        self.faults: dict[str, list[Fault]] = {}
        self.run_result, self.run_polls = "succeeded", 2
        self.entity_after = 1
        self.claimed_by = OPERATION
        self.document: dict[str, Any] = {}
        self.runs: dict[str, dict[str, Any]] = {}

    def exists(self) -> set[tuple[str, str, str]]:
        """All that exists: (kind, name, whose)."""
        return {(kind, name, thing["by"].partition("/")[0]) for (kind, name), thing in self.things.items()}

    def fail(self, activity: str, *faults: Fault) -> None:
        self.faults.setdefault(activity, []).extend(faults)

    def activities(self) -> dict[str, Activity]:
        plain: dict[str, Activity] = {
            "claim_name": self._claim_name,
            "release_name": self._release_name,
            "look_in_azure_devops": self._look,
            "open_change": self._open_change,
            "cancel_change": lambda payload: self._record(payload["key"], "cancelled"),
            "close_change": lambda payload: self._record(f"{OPERATION}/open_change", "closed"),
            "create_repository": self._create_repository,
            "push_skeleton": self._push_skeleton,
            "create_pipeline": self._create_pipeline,
            "protect_branch": self._maker("policies", policy_ids=[1]),
            "authorize_pipeline": self._maker("permission"),
            "run_pipeline": self._run_pipeline,
            "get_run": self._get_run,
            "find_failed_stage": lambda _: done(stage="deploy"),
            "create_setting": self._create_setting,
            "ensure_shared_setting": lambda _: done(object_id="shared"),
            "create_objective": self._create_objective,
            "create_configuration_item": self._maker("ci", sys_id="c" * 32, url="https://snow.example/ci"),
            "register_service": self._register_service,
            "post_card": self._tell,
            "publish_event": self._tell,
            "open_incident": self._open_incident,
            "find_entity": self._find_entity,
            "link_entity": lambda _: done(result="updated"),
            "delete_repository": self._eraser("repository"),
            "remove_first_commit": self._eraser("commit"),
            "delete_pipeline": self._eraser("pipeline"),
            "unprotect_branch": self._eraser("policies"),
            "revoke_pipeline": self._eraser("permission"),
            "destroy_environment": self._eraser("environment"),
            "delete_setting": self._eraser("setting"),
            "delete_objective": self._eraser("objective"),
            "delete_configuration_item": self._eraser("ci"),
            "unregister_service": self._eraser("document"),
            "resolve_incident": self._tell_incident("resolved"),
            "add_work_note": self._tell_incident("noted"),
            "remove_pipeline": self._remover("pipeline"),
            "archive_repository": self._archive_repository,
            "remove_setting": self._remover("setting", "object_id"),
            "remove_objective": self._remover("objective", "slo_id"),
            "retire_configuration_item": self._remover("ci"),
            "mark_environment": self._mark_environment,
            "retire_service": self._retire_service,
        }
        return {name: self._or_fault(name, activity) for name, activity in plain.items()}

    def _claim_name(self, payload: dict[str, Any]) -> Outcome:
        if self.claimed_by != OPERATION:
            return {"status": "refused", "reason": "the name belongs to another operation by now"}
        self.things["claim", "orders"] = {"by": payload["key"]}
        return done(result="created")

    def _release_name(self, payload: dict[str, Any]) -> Outcome:
        self.things.pop(("claim", "orders"), None)
        return done(result="deleted")

    def _look(self, payload: dict[str, Any]) -> Outcome:
        repository = self.things.get(("repository", "orders"))
        pipeline = self.things.get(("pipeline", "orders"))
        return done(
            repository={"repository_id": "r-1", "url": "https://dev.example/r"} if repository else None,
            pipeline={"pipeline_id": 7} if pipeline else None,
            policy_ids=[],
            at=payload["at"],
        )

    def _open_change(self, payload: dict[str, Any]) -> Outcome:
        self.records.setdefault(payload["key"], "open")
        return done(sys_id="d" * 32, number="CHG0030001", url="https://snow.example/chg", result="created")

    def _record(self, key: str, state: str) -> Outcome:
        if self.records.get(key) == "open":
            self.records[key] = state
        return done(result="created")

    def _create_repository(self, payload: dict[str, Any]) -> Outcome:
        if payload["existing"] and not payload["adopt_existing"]:
            return {"status": "refused", "reason": "a repository of this name exists"}
        return self._make("repository", "orders", payload, repository_id="r-1", url="https://dev.example/r")

    def _push_skeleton(self, payload: dict[str, Any]) -> Outcome:
        if self.things["repository", "orders"]["by"] == "somebody":
            return done(commit="f" * 40, result="adopted")
        return self._make("commit", "orders", payload, commit="a" * 40)

    def _create_pipeline(self, payload: dict[str, Any]) -> Outcome:
        return self._make("pipeline", "orders", payload, pipeline_id=7, url="https://dev.example/p")

    def _create_setting(self, payload: dict[str, Any]) -> Outcome:
        schema_id = payload["schema_id"]
        return self._make("setting", schema_id, payload, object_id=schema_id)

    def _create_objective(self, payload: dict[str, Any]) -> Outcome:
        name = payload["definition"]["name"]
        return self._make("objective", name, payload, slo_id=name)

    def _register_service(self, payload: dict[str, Any]) -> Outcome:
        self.document = payload["service"]
        return self._make("document", "orders", payload)

    def _run_pipeline(self, payload: dict[str, Any]) -> Outcome:
        if ("pipeline", "orders") not in self.things:
            return {"status": "refused", "reason": "there is no such pipeline"}
        run = self.runs.setdefault(payload["key"], {**payload, "run_id": 101 + len(self.runs)})
        told = {"run_id": run["run_id"], "url": f"https://dev.example/run/{run['run_id']}"}
        if payload["action"] == "apply":
            return self._make("environment", "orders", payload, **told)
        return done(**told, result="created")

    def _get_run(self, payload: dict[str, Any]) -> Outcome:
        self.run_polls -= 1
        if self.run_polls > 0:
            return done(state="inProgress", result="", finished_at=None)
        (run,) = (run for run in self.runs.values() if run["run_id"] == payload["run_id"])
        if run["action"] == "destroy" and self.run_result == "succeeded":
            self.things.pop(("environment", "orders"), None)
        return done(state="completed", result=self.run_result, finished_at="2026-11-21T12:05:00Z")

    def _archive_repository(self, payload: dict[str, Any]) -> Outcome:
        if repository := self.things.pop(("repository", "orders"), None):
            self.things["archived", payload["name"]] = repository
        return done(result="archived")

    def _mark_environment(self, payload: dict[str, Any]) -> Outcome:
        self.document["environments"][payload["environment"]]["state"] = payload["state"]
        return done(result="updated")

    def _retire_service(self, payload: dict[str, Any]) -> Outcome:
        for kind in ("document", "claim"):
            self.things.pop((kind, "orders"), None)
        return done(result="retired")

    def _find_entity(self, payload: dict[str, Any]) -> Outcome:
        self.entity_after -= 1
        return done(entity_id="SERVICE-1" if self.entity_after < 0 else "")

    def _tell(self, payload: dict[str, Any]) -> Outcome:
        self.told.append(payload.get("type") or payload["card"]["body"][0]["text"])
        return done(result="created")

    def _open_incident(self, payload: dict[str, Any]) -> Outcome:
        self.told.append(f"incident {payload['correlation_id']}")
        return done(sys_id="e" * 32, number="INC1", url="https://snow.example/inc", result="created")

    def _tell_incident(self, what: str) -> Activity:
        def tell(payload: dict[str, Any]) -> Outcome:
            self.told.append(f"incident {what}")
            return done(result="created")

        return tell

    def _remover(self, kind: str, by: str = "") -> Activity:
        def remove(payload: dict[str, Any]) -> Outcome:
            name = payload[by] if by else "orders"
            return done(result="deleted" if self.things.pop((kind, name), None) else "absent")

        return remove

    def _maker(self, kind: str, **value: Any) -> Activity:
        def make(payload: dict[str, Any]) -> Outcome:
            return self._make(kind, "orders", payload, **value)

        return make

    def _make(self, kind: str, name: str, payload: dict[str, Any], **value: Any) -> Outcome:
        thing = self.things.setdefault((kind, name), {"by": payload["key"]})
        ours = thing["by"] == payload["key"]
        return done(**value, result="created" if ours else "adopted")

    def _eraser(self, kind: str) -> Activity:
        def erase(payload: dict[str, Any]) -> Outcome:
            for (held, name), thing in list(self.things.items()):
                if held == kind and thing["by"] == payload["key"]:
                    del self.things[held, name]
            return done(result="deleted")

        return erase

    def _or_fault(self, name: str, usual: Activity) -> Activity:
        def activity(payload: dict[str, Any]) -> Outcome:
            planned = self.faults.get(name)
            if not planned:
                return usual(payload)
            fault = planned[0] if getattr(planned[0], "stays", False) else planned.pop(0)
            return fault(usual, payload)

        return activity


def refused(usual: Activity, payload: dict[str, Any]) -> Outcome:
    """Says no and does nothing."""
    return {"status": "refused", "reason": "no"}


def away(usual: Activity, payload: dict[str, Any]) -> Outcome:
    """Is not there for one call."""
    return {"status": "unavailable", "reason": "not now (503)", "retry_after_s": None}


def lost(usual: Activity, payload: dict[str, Any]) -> Outcome:
    """Does the work; the answer never comes."""
    usual(payload)
    return {"status": "unknown", "reason": "no answer in time", "retry_after_s": 30.0}


def stays_away(usual: Activity, payload: dict[str, Any]) -> Outcome:
    """Is not there for ever."""
    return away(usual, payload)


def stays_lost(usual: Activity, payload: dict[str, Any]) -> Outcome:
    """Does the work, and never answers."""
    return lost(usual, payload)


for _fault in (stays_away, stays_lost):
    _fault.stays = True  # type: ignore[attr-defined]
