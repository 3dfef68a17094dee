"""provision_service: from a golden path and its parameters to a running, monitored, registered service, or to nothing.

Started by functions/services/golden_paths.py with the instance id `provision-<service>-<key>`. Input:
{"path": {"name", "version", "steps", "policies", "monitoring"}, "parameters": {...}, "monthly_brl", "approval": None or
{"risk", "reasons"}, "requested_by": {"id", "name"}, "policy": {...}, "language", "public_url"}.
External events: `decision` (a Decision) and `cancel`. Ends with the outcome `provisioned`; `cancelled`, `refuse` or
`expired` when people decided so; Failed, all undone, when a step cannot be done.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import azure.durable_functions as df
from durabletask import task

from orchestrations.approving import Refused, ask
from orchestrations.saga import Saga, StepFailed, Steps, Stopped, Undo
from orchestrations.telling import Teller
from orchestrations.undoing import NOT_MADE, undo_all
from shared.domain import cards, event_types
from shared.domain.service import monitoring, provisioning

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="context")
def provision_service(context: task.OrchestrationContext, request: dict):  # type: ignore[no-untyped-def, type-arg]
    """Make a service whole, or undo all that was made."""
    flow = _Provisioning(context, request)
    try:
        return (yield from flow.run())
    except (StepFailed, Stopped, Refused) as end:
        return (yield from undo_all(flow.saga, flow.tell, end, about=flow.service, words=NOT_MADE))


class _Provisioning:
    """One run of provision_service: its phases in order, and what they made."""

    def __init__(self, context: task.OrchestrationContext, request: Mapping[str, Any]) -> None:
        self.context, self.request = context, request
        self.path: Mapping[str, Any] = request["path"]
        self.parameters: Mapping[str, Any] = request["parameters"]
        self.policy: Mapping[str, Any] = request["policy"]
        self.service: str = self.parameters["name"]
        self.project: str = self.parameters["project"]
        self.saga = Saga(context, "provision_service", self.policy, cancellable=True)
        self.tell = Teller(context, self.saga, request["language"])
        self.tell.about |= {"service": self.service, "golden_path": self.path["name"]}
        self.made: dict[str, dict[str, Any]] = {}

    def run(self) -> Steps:
        self.saga.show(case=self._case(), requested_by=self.request["requested_by"]["id"])
        claim = {"service": self.service}
        yield from self.saga.step("claim_name", "claim_name", claim, undo=Undo("release_name", claim))
        self.before = yield from self.saga.step(
            "look_before", "look_in_azure_devops", {**self._place(), "at": self.tell.now()}
        )
        change = yield from self._open_change()
        if self.request["approval"]:
            action = provisioning.provision_action(self.path, self.parameters, self.request["monthly_brl"])
            risk = self.request["approval"]["risk"]
            yield from ask(self.context, self.saga, self.tell, self.request, action, self._case(), risk=risk)
        yield from self.saga.side_by_side(
            {"delivery": self._deliver(), "monitoring": self._monitor(), "records": self._record()}
        )
        document = provisioning.service_document(
            self.request, self.context.instance_id, self.made, self.tell.now()
        )
        yield from self.saga.step(
            "register_service",
            "register_service",
            {"service": document},
            undo=Undo("unregister_service", {"service": self.service}),
        )
        return (yield from self._finish(change))

    def _open_change(self) -> Steps:
        """The standard change that says what is about to be made, and why."""
        ends_at = self.context.current_utc_datetime + timedelta(seconds=self.policy["action_timeout_s"])
        facts = ", ".join(f"{fact['title']}: {fact['value']}" for fact in self._case()["facts"])
        draft = {
            "short_description": self.tell.say("provision.title", service=self.service),
            "description": self.tell.say("change.provision", facts=facts, operation=self._operation_url()),
            "start_at": self.tell.now(),
            "end_at": ends_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }
        change = yield from self.saga.step(
            "open_change", "open_change", draft, undo=Undo("cancel_change", {})
        )
        self.saga.link("change", change["url"])
        self.tell.about["change_number"] = change["number"]
        return change

    def _deliver(self) -> Steps:
        """Repository, first commit, pipeline, policies, first run: each needs the one before."""
        repository = yield from self._make_repository()
        pipeline = yield from self._make_pipeline(repository)
        if self._wants("branch_policies"):
            wanted = {
                **self._place(),
                "repository_id": repository["repository_id"],
                "pipeline_id": pipeline["pipeline_id"],
                "branch": self.path["policies"]["branch"],
                "before": self.before["policy_ids"],
            }
            self.made["branch_policies"] = yield from self.saga.step(
                "protect_branch", "protect_branch", wanted, undo=Undo("unprotect_branch", wanted)
            )
        # What was there before has environments of its own: they are never run, and never destroyed, from here.
        if self._wants("environment") and "adopted" not in (repository["result"], pipeline["result"]):
            yield from self._run_first(pipeline)

    def _make_repository(self) -> Steps:
        existing = self.before["repository"]
        wanted = {
            **self._place(),
            "existing": existing,
            "adopt_existing": self.parameters.get("adopt_existing", False),
            "push_key": f"{self.context.instance_id}/push_skeleton",
            "since": self.before["at"],
        }
        undo = Undo("delete_repository", {name: wanted[name] for name in _DELETE_REPOSITORY})
        repository = yield from self.saga.step("create_repository", "create_repository", wanted, undo=undo)
        self.made["repository"] = repository
        self.saga.link("repository", repository["url"])
        push = {
            "project": self.project,
            "repository_id": repository["repository_id"],
            "path": {name: self.path[name] for name in ("name", "version")},
            "parameters": self.parameters,
            "message": self.tell.say(
                "provision.commit", path=self.path["name"], version=self.path["version"]
            ),
        }
        undo = Undo("remove_first_commit", {name: push[name] for name in ("project", "repository_id")})
        yield from self.saga.step("push_skeleton", "push_skeleton", push, undo=undo)
        return repository

    def _make_pipeline(self, repository: Mapping[str, Any]) -> Steps:
        wanted = {
            **self._place(),
            "repository_id": repository["repository_id"],
            "existing": self.before["pipeline"],
        }
        pipeline = yield from self.saga.step(
            "create_pipeline", "create_pipeline", wanted, undo=Undo("delete_pipeline", wanted)
        )
        self.made["pipeline"] = pipeline
        self.saga.link("pipeline", pipeline["url"])
        permissions = {
            "project": self.project,
            "pipeline_id": pipeline["pipeline_id"],
            "resources": _named(
                self.path["policies"]["pipeline"]["resources"], self.parameters["environment"]
            ),
        }
        if pipeline["result"] != "adopted":
            yield from self.saga.step(
                "authorize_pipeline",
                "authorize_pipeline",
                permissions,
                undo=Undo("revoke_pipeline", permissions),
            )
        return pipeline

    def _run_first(self, pipeline: Mapping[str, Any]) -> Steps:
        """Build, test and deploy; Terraform runs in the pipeline, never here."""
        place = {
            "project": self.project,
            "pipeline_id": pipeline["pipeline_id"],
            "environment": self.parameters["environment"],
        }
        since = self.before["at"]
        undo = Undo("destroy_environment", {**place, "since": since, "poll_s": self.policy["run_poll_s"]})
        run = yield from self.saga.step(
            "start_first_run", "run_pipeline", {**place, "action": provisioning.APPLY}, undo=undo
        )
        self.saga.link("run", run["url"])
        ended = yield from self.saga.poll(
            "await_first_run",
            "get_run",
            {**place, "run_id": run["run_id"]},
            until=lambda value: value["state"] == "completed",
            good=lambda value: value["result"] == "succeeded",
            every_s=self.policy["run_poll_s"],
            for_s=self.policy["action_timeout_s"],
        )
        if not ended or ended["state"] != "completed":
            raise StepFailed("await_first_run", self.tell.say("run.timed_out", run_id=run["run_id"]))
        if ended["result"] != "succeeded":
            told = yield from self.saga.attempt_all(
                {"find_failed_stage": ("find_failed_stage", {**place, "run_id": run["run_id"]})}
            )
            stage = told["find_failed_stage"].get("value", {}).get("stage", "")
            sentence = "run.failed_at" if stage else "run.failed"
            values = {"run_id": run["run_id"], "result": ended["result"], "stage": stage}
            raise StepFailed("await_first_run", self.tell.say(sentence, **values))
        self.made["environment"] = {"run_id": run["run_id"], "result": "created"}

    def _monitor(self) -> Steps:
        """Dynatrace knows the service before its first request."""
        if self._wants("monitoring"):
            zone = yield from self._make_setting("management_zone", monitoring.management_zone(self.service))
            yield from self.saga.step("ensure_auto_tag", "ensure_shared_setting", monitoring.auto_tag())
            yield from self._make_setting(
                "alerting_profile", monitoring.alerting_profile(self.service, zone["object_id"])
            )
        if self._wants("objectives"):
            for objective in monitoring.objectives(self.service, self.path["monitoring"]["objectives"]):
                name = f"objective_{objective['kind']}"
                self.made[name] = yield from self.saga.step(
                    f"create_{name}",
                    "create_objective",
                    {"definition": objective["definition"]},
                    undo=Undo("delete_objective", {"name": objective["definition"]["name"]}),
                )

    def _make_setting(self, name: str, wanted: monitoring.Setting) -> Steps:
        self.made[name] = yield from self.saga.step(
            f"create_{name}",
            "create_setting",
            {"schema_id": wanted["schema_id"], "value": wanted["value"]},
            undo=Undo("delete_setting", {"schema_id": wanted["schema_id"]}),
        )
        return self.made[name]

    def _record(self) -> Steps:
        """The CMDB knows the service."""
        if self._wants("configuration_item"):
            wanted = {
                "name": self.service,
                "fields": {
                    "short_description": self.parameters["description"],
                    "busines_criticality": _CRITICALITY[self.parameters["tier"]],
                },
            }
            self.made["configuration_item"] = yield from self.saga.step(
                "create_configuration_item",
                "create_configuration_item",
                wanted,
                undo=Undo("delete_configuration_item", {"name": self.service}),
            )

    def _finish(self, change: Mapping[str, Any]) -> Steps:
        """The service is whole: nothing below undoes it. Say so everywhere, and wait for its first signals."""
        self.saga.commit()
        self.saga.show(outcome=provisioning.PROVISIONED)
        catalog = f"{self.request['public_url']}/api/catalog/entities/{self.service}"
        self.saga.link("catalog", catalog)
        closing = {
            "sys_id": change["sys_id"],
            "successful": True,
            "notes": self.tell.say("change.done", operation=self._operation_url()),
        }
        links = (
            [("card.open_repository", self.made["repository"]["url"])] if "repository" in self.made else []
        )
        card = cards.notice_card(
            self.tell.language,
            self.tell.say("provision.done", service=self.service),
            self._case()["facts"],
            [*links, ("card.open_operation", self._operation_url())],
        )
        fact = {
            "requested_by": self.request["requested_by"]["id"],
            "environment": self.parameters["environment"],
            "product": self.parameters["product"],
            "owner": self.parameters["owner"],
            "cost_center": self.parameters["cost_center"],
            "parts": {name: part["result"] for name, part in self.made.items()},
        }
        told = yield from self.saga.attempt_all(
            {
                "announce": ("post_card", {"card": card, "sign_for": ""}),
                "record_provisioned": self.tell.fact(event_types.SERVICE_PROVISIONED, fact),
                "close_change": ("close_change", closing),
            },
            for_s=self.policy["retry_for_s"],
            once={"announce"},
        )
        warnings = [name for name, outcome in told.items() if outcome["status"] != "done"]
        if "environment" in self.made and self._wants("monitoring"):
            warnings += yield from self._await_entity()
        self.saga.show(warnings=warnings)
        return {"outcome": provisioning.PROVISIONED, "service": self.service, "warnings": warnings}

    def _await_entity(self) -> Steps:
        """Its first signals make an entity in Dynatrace, by which incidents find the service."""
        about = {"service": self.service}
        seen = yield from self.saga.poll(
            "await_entity",
            "find_entity",
            about,
            until=lambda value: bool(value["entity_id"]),
            every_s=self.policy["run_poll_s"],
            for_s=self.policy["monitoring_wait_s"],
        )
        if not seen or not seen["entity_id"]:
            return ["await_entity"]
        linked = yield from self.saga.attempt_all(
            {"link_entity": ("link_entity", {**about, "entity_id": seen["entity_id"]})},
            for_s=self.policy["retry_for_s"],
        )
        return [] if linked["link_entity"]["status"] == "done" else ["link_entity"]

    def _case(self) -> dict[str, Any]:
        """What people read on cards and on the approval page."""
        shown = ("golden_path", "environment", "product", "owner", "cost_center", "monthly_brl")
        values = {
            **self.parameters,
            "golden_path": f"{self.path['name']} {self.path['version']}",
            "monthly_brl": f"R$ {self.request['monthly_brl']}",
        }
        title = self.tell.say("provision.title", service=self.service)
        facts = [{"title": self.tell.say(f"fact.{name}"), "value": str(values[name])} for name in shown]
        asked_by = {
            "title": self.tell.say("fact.requested_by"),
            "value": self.request["requested_by"]["name"],
        }
        return {"title": title, "service": self.service, "action_text": title, "facts": [*facts, asked_by]}

    def _place(self) -> dict[str, Any]:
        return {"project": self.project, "name": self.service}

    def _operation_url(self) -> str:
        return f"{self.request['public_url']}/api/operations/{self.context.instance_id}"

    def _wants(self, step: str) -> bool:
        return step in self.path["steps"]


_CRITICALITY = {1: "1 - most critical", 2: "2 - somewhat critical", 3: "3 - less critical"}
"""By tier, as ServiceNow spells both the choices and their column, busines_criticality."""
_DELETE_REPOSITORY = ("project", "name", "existing", "push_key", "since")


def _named(resources: list[Mapping[str, str]], environment: str) -> list[dict[str, str]]:
    """The resources of a path's policies, for one environment."""
    return [
        {"type": one["type"], "name": one["name"].replace("{environment}", environment)} for one in resources
    ]
