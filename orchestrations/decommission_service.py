"""decommission_service: end a service with everything a golden path made for it; what was adopted stays.

Started by functions/services/decommissioning.py with the instance id `decommission-<service>-<made by>-<attempt>`.
Input: {"service": registry document, "requested_by": {"id", "name"}, "risk", "policy", "language", "public_url"}.
External events: `decision` and `cancel`. Until people allow it nothing but the change record exists; from then on
it only goes forward: each step finds what is gone already, so that asking again finishes what could not be done.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import azure.durable_functions as df
from durabletask import task

from orchestrations.approving import Refused, ask
from orchestrations.saga import Saga, StepFailed, Steps, Stopped, Undo
from orchestrations.telling import Teller
from orchestrations.undoing import NOT_ENDED, NOTICES_FOR_S, undo_all
from shared.domain import cards, event_types
from shared.domain.service import environments, provisioning

bp = df.Blueprint()

_SETTINGS = ("alerting_profile", "management_zone")
_OBJECTIVES = ("objective_availability", "objective_latency")


@bp.orchestration_trigger(context_name="context")
def decommission_service(context: task.OrchestrationContext, request: dict):  # type: ignore[no-untyped-def, type-arg]
    """Ask, then end the service part by part."""
    flow = _Decommissioning(context, request)
    try:
        yield from flow.prepare()
    except (StepFailed, Stopped, Refused) as end:
        return (yield from undo_all(flow.saga, flow.tell, end, about=flow.name, words=NOT_ENDED))
    try:
        return (yield from flow.carry_out())
    except StepFailed as failure:
        yield from flow.tell_failure(failure)
        raise


class _Decommissioning:
    """One run of decommission_service."""

    def __init__(self, context: task.OrchestrationContext, request: Mapping[str, Any]) -> None:
        self.context, self.request = context, request
        self.service: Mapping[str, Any] = request["service"]
        self.name: str = self.service["name"]
        self.project: str = self.service["azure_devops"]["project"]
        self.policy: Mapping[str, Any] = request["policy"]
        self.saga = Saga(context, "decommission_service", self.policy, cancellable=True)
        self.tell = Teller(context, self.saga, request["language"])
        self.tell.about |= {"service": self.name}
        parts = self.service.get("parts", {})
        self.ours = {name: part for name, part in parts.items() if part["result"] == "created"}
        self.title = self.tell.say("decommission.title", service=self.name)
        self.operation_url = f"{request['public_url']}/api/operations/{context.instance_id}"

    def prepare(self) -> Steps:
        """The change record, and people who allow it. Raises: StepFailed, Stopped, Refused."""
        action = provisioning.decommission_action(self.service)
        facts = [
            {
                "title": self.tell.say(f"fact.{name}"),
                "value": ", ".join(action[name]) or self.tell.say("none"),
            }
            for name in ("environments", "ends", "stays")
        ]
        facts.append(
            {"title": self.tell.say("fact.requested_by"), "value": self.request["requested_by"]["name"]}
        )
        case = {"title": self.title, "service": self.name, "action_text": self.title, "facts": facts}
        self.saga.show(case=case, requested_by=self.request["requested_by"]["id"])
        ends_at = self.context.current_utc_datetime + timedelta(seconds=self.policy["action_timeout_s"])
        draft = {
            "short_description": self.title,
            "description": self.tell.say("change.decommission", operation=self.operation_url),
            "start_at": self.tell.now(),
            "end_at": ends_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }
        self.change = yield from self.saga.step(
            "open_change", "open_change", draft, undo=Undo("cancel_change", {})
        )
        self.saga.link("change", self.change["url"])
        yield from ask(
            self.context, self.saga, self.tell, self.request, action, case, risk=self.request["risk"]
        )
        self.saga.commit()

    def carry_out(self) -> Steps:
        """Environments first, since only the pipeline can destroy them; the registry last, since it knows the rest."""
        yield from self.saga.side_by_side(
            {"delivery": self._end_delivery(), "monitoring": self._end_monitoring()}
        )
        yield from self._end_records()
        self.saga.show(outcome=provisioning.DECOMMISSIONED)
        closing = {
            "sys_id": self.change["sys_id"],
            "successful": True,
            "notes": self.tell.say("change.done", operation=self.operation_url),
        }
        words = self.tell.say("decommission.done", service=self.name)
        card = cards.notice_card(self.tell.language, words, [], [("card.open_operation", self.operation_url)])
        told = yield from self.saga.attempt_all(
            {
                "announce": ("post_card", {"card": card, "sign_for": ""}),
                "record_decommissioned": self.tell.fact(
                    event_types.SERVICE_DECOMMISSIONED, {"requested_by": self.request["requested_by"]["id"]}
                ),
                "close_change": ("close_change", closing),
            },
            for_s=self.policy["retry_for_s"],
            once={"announce"},
        )
        warnings = [name for name, outcome in told.items() if outcome["status"] != "done"]
        self.saga.show(warnings=warnings)
        return {"outcome": provisioning.DECOMMISSIONED, "service": self.name, "warnings": warnings}

    def _end_delivery(self) -> Steps:
        pipeline = self.ours.get("pipeline")
        if pipeline:
            for environment, state in sorted(self.service.get("environments", {}).items()):
                if state["state"] != environments.DESTROYED:
                    yield from self._destroy(pipeline["pipeline_id"], environment)
            gone = {"project": self.project, "pipeline_id": pipeline["pipeline_id"]}
            yield from self.saga.step("delete_pipeline", "remove_pipeline", gone)
        if repository := self.ours.get("repository"):
            kept = {
                "project": self.project,
                "repository_id": repository["repository_id"],
                "name": f"{self.name}-archived-{repository['repository_id'][:8]}",
            }
            yield from self.saga.step("archive_repository", "archive_repository", kept)

    def _destroy(self, pipeline_id: int, environment: str) -> Steps:
        """The registry knows what became of it, so that asking again does not ask a pipeline that is gone."""
        place = {"project": self.project, "pipeline_id": pipeline_id, "environment": environment}
        yield from self._mark(environment, environments.DESTROYING)
        run = yield from self.saga.step(
            f"destroy_{environment}", "run_pipeline", {**place, "action": provisioning.DESTROY}
        )
        self.saga.link(f"destroy_{environment}", run["url"])
        ended = yield from self.saga.poll(
            f"await_destroy_{environment}",
            "get_run",
            {**place, "run_id": run["run_id"]},
            until=lambda value: value["state"] == "completed",
            every_s=self.policy["run_poll_s"],
            for_s=self.policy["action_timeout_s"],
        )
        if ended and ended["result"] == "succeeded":
            yield from self._mark(environment, environments.DESTROYED)
            return
        yield from self._mark(environment, environments.DESTROY_FAILED)
        result = (ended or {}).get("result") or "?"
        raise StepFailed(
            f"destroy_{environment}", self.tell.say("run.failed", run_id=run["run_id"], result=result)
        )

    def _mark(self, environment: str, state: str) -> Steps:
        marked = {"service": self.name, "environment": environment, "state": state}
        yield from self.saga.step(f"mark_{environment}_{state}", "mark_environment", marked)

    def _end_monitoring(self) -> Steps:
        for name in _OBJECTIVES:
            if part := self.ours.get(name):
                yield from self.saga.step(f"delete_{name}", "remove_objective", {"slo_id": part["slo_id"]})
        for name in _SETTINGS:
            if part := self.ours.get(name):
                gone = {"object_id": part["object_id"]}
                yield from self.saga.step(f"delete_{name}", "remove_setting", gone)

    def _end_records(self) -> Steps:
        if item := self.ours.get("configuration_item"):
            yield from self.saga.step(
                "retire_configuration_item", "retire_configuration_item", {"sys_id": item["sys_id"]}
            )
        ending = {
            "service": self.name,
            "at": self.tell.now(),
            "claimed_by": self.service.get("operation_id", ""),
        }
        yield from self.saga.step("retire_service", "retire_service", ending)

    def tell_failure(self, failure: StepFailed) -> Steps:
        """Some of the service is left: a person must know, and can ask for the rest again."""
        self.saga.show(outcome="failed")
        words = self.tell.say("decommission.failed", service=self.name, reason=str(failure))
        incident = {
            "correlation_id": self.context.instance_id,
            "short_description": self.tell.say("decommission.incident", service=self.name),
            "description": words,
            "impact": "3",
            "urgency": "2",
            "cmdb_ci": "",
        }
        card = cards.notice_card(self.tell.language, words, [], [("card.open_operation", self.operation_url)])
        closing = {
            "sys_id": self.change["sys_id"],
            "successful": False,
            "notes": self.tell.say("change.failed", reason=str(failure), operation=self.operation_url),
        }
        yield from self.saga.attempt_all(
            {
                "announce_failure": ("post_card", {"card": card, "sign_for": ""}),
                "escalate": ("open_incident", incident),
                "close_change": ("close_change", closing),
            },
            for_s=NOTICES_FOR_S,
            once={"announce_failure"},
        )
