"""An operation that does nothing but act, over the real activities and vendors that behave, for rehearsals."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from orchestrations.activities import actions, azure_devops
from orchestrations.incidents.acting import Acting, is_automatic
from orchestrations.incidents.reverting import offer_undo, scale_back
from orchestrations.saga import Saga
from orchestrations.telling import Teller
from shared.clients.app_configuration import app_configuration_client
from shared.runbooks.policies import policies
from tests.fakes import app_configuration
from tests.fakes.orchestration import Activity, Outcome, Rehearsal, done
from tests.fakes.remediation import POLICY
from tests.fakes.vendors import Vendors, act

OLD, NEW = "a" * 40, "b" * 40
RUNS = {
    "suspect": {"run_id": 102, "commit": NEW, "ref_name": "refs/heads/main"},
    "last_good": {"run_id": 101, "commit": OLD, "ref_name": "refs/heads/main"},
}
INCIDENT = {"sys_id": "s" * 32, "number": "INC1", "url": "https://snow.example/1"}
SERVICE: dict[str, Any] = {
    "name": "checkout",
    "tier": 3,
    "azure_devops": {"project": "Payments", "pipeline_id": 7},
    "dynatrace": {"entity_id": "SERVICE-1"},
    "environments": {"production": {"state": "running", "action": None}},
    "automation": {
        "allow": [],
        "instances": {"normal": 2, "most": 6},
        "flags": [{"name": "new-cart", "label": "", "categories": ["dependency"]}],
    },
}
PROBLEM = {"entities": [{"id": "SERVICE-1", "name": "checkout", "type": "SERVICE"}]}


class _Orchestrator:
    """As Rehearsal takes one."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = self
        self._user_function = function

    def get_user_function(self) -> Callable[..., Any]:
        return self._user_function


def _operation(context: Any, request: dict[str, Any]) -> Any:
    saga = Saga(context, "act", POLICY)
    tell = Teller(context, saga, "en")
    tell.incident = INCIDENT
    acting = Acting(context, saga, tell, POLICY, fingerprint="f", public_url="https://app.example")
    diagnosis = {"category": request["category"], "component": "", "confidence": 0.9}
    proposal = yield from acting.plan(diagnosis, request["service"], RUNS, request["items"], PROBLEM)
    if proposal["action"] is None:
        return {"status": "none", "reason": proposal["reason"]}
    approval = acting.approval(proposal, "valueflow")
    if is_automatic(proposal):
        yield from acting.allow_automatically(proposal, approval)
    else:
        yield context.create_timer(context.current_utc_datetime)  # People take their time.
        request["meanwhile"]()
        approval["approved_by"] = ["ana", "bia"][: approval["approvers_needed"]]
    carried = yield from acting.carry_out(proposal, approval)
    undone = ""
    if request["undo"] and carried.status == "done":
        undone = yield from offer_undo(
            acting, approval["action"], carried, {"title": "t"}, "valueflow", events=dict
        )
    yield from scale_back(acting, approval, carried)
    return {**carried._asdict(), "undone": undone, "proposal": proposal}


class ActingWorld:
    """results: of the runs that act, in their order; then all succeed. faults: by activity, one for each next call.

    A fault gets the activity, done or not by its own choice, and answers what the saga sees.
    """

    def __init__(self) -> None:
        self.vendors = Vendors()
        self.devops, self.blob = self.vendors.devops, self.vendors.services.blob
        self.flags = app_configuration.FakeAppConfiguration()
        store = app_configuration_client(
            app_configuration.URL,
            app_configuration.CREDENTIAL,
            app_configuration.SECRET,
            transport=self.flags.transport,
        )
        self.vendors.services.__dict__.update(app_configuration=store, policies={**policies(), "freezes": []})
        self.devops.add_run(101, OLD)
        self.devops.add_run(102, NEW)
        self.devops.takes = {"action": {"apply", "stop", "start"}, "environment": {"production"}}
        self.flags.add_flag("new-cart")
        self.register()
        self.results: list[str] = []
        self.faults: dict[str, list[Callable[[Activity, dict[str, Any]], Outcome]]] = {}
        self.notes: list[str] = []
        self.facts: list[dict[str, Any]] = []

    def register(self, **changes: Any) -> None:
        self.service = {**SERVICE, **changes}
        self.blob.blobs["registry/services/checkout.json"] = json.dumps(self.service).encode()

    def rehearse(self, category: str, **request: Any) -> Rehearsal:
        asked = {
            "category": category,
            "service": self.service,
            "items": [],
            "undo": False,
            "meanwhile": lambda: None,
            **request,
        }
        return Rehearsal(_Orchestrator(_operation), asked, self.activities())

    def activities(self) -> dict[str, Activity]:
        names = ("plan_action", "plan_undo", "begin_action", "start_action_run", "switch_flag", "end_action")
        real = {name: self._real(getattr(actions, name)) for name in names}
        every = {
            **real,
            "get_run": self._get_run,
            "add_work_note": self._note,
            "post_card": lambda payload: done(result="created"),
            "publish_event": self._publish,
        }
        return {name: self._at_fault(name, activity) for name, activity in every.items()}

    def started(self) -> list[dict[str, Any]]:
        """The runs that were started, oldest first."""
        return [run for run_id, run in sorted(self.devops.runs.items()) if run_id > 102]

    def verbs(self) -> list[str]:
        """What the pipeline was asked to do."""
        return [run["templateParameters"].get("action", "apply") for run in self.started()]

    def log(self) -> list[dict[str, Any]]:
        kept: list[dict[str, Any]] = json.loads(self.blob.blobs.get("actions/checkout.json", b"[]"))
        return kept

    def _real(self, activity: Any) -> Activity:
        def call(payload: dict[str, Any]) -> Outcome:
            return asyncio.run(act(activity, payload, payload["key"]))

        return call

    def _get_run(self, payload: dict[str, Any]) -> Outcome:
        """The second look sees its end."""
        outcome = self._real(azure_devops.get_run)(payload)
        if outcome["status"] == "done" and outcome["value"]["state"] != "completed":
            result = self.results.pop(0) if self.results else "succeeded"
            self.devops.end_run(payload["run_id"], result)
        return outcome

    def _note(self, payload: dict[str, Any]) -> Outcome:
        if payload["text"] not in self.notes:
            self.notes.append(payload["text"])
        return done(result="created")

    def _publish(self, payload: dict[str, Any]) -> Outcome:
        self.facts.append(payload["data"])
        return done(event_id="e")

    def _at_fault(self, name: str, activity: Activity) -> Activity:
        def call(payload: dict[str, Any]) -> Outcome:
            planned = self.faults.get(name)
            return planned.pop(0)(activity, payload) if planned else activity(payload)

        return call


def away(activity: Activity, payload: dict[str, Any]) -> Outcome:
    """The vendor is away: nothing was done."""
    return {"status": "unavailable", "reason": "away", "retry_after_s": None}


def lost(activity: Activity, payload: dict[str, Any]) -> Outcome:
    """It was done, and nobody heard of it."""
    activity(payload)
    return {"status": "unknown", "reason": "no answer", "retry_after_s": 5.0}


def twice(activity: Activity, payload: dict[str, Any]) -> Outcome:
    """A worker was killed after it was done: it is delivered again."""
    activity(payload)
    return activity(payload)


def refused(activity: Activity, payload: dict[str, Any]) -> Outcome:
    return {"status": "refused", "reason": "no"}
