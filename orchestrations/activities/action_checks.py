"""The preconditions of actions, looked at live: before people are asked, and again before anything is done.

A check answers "" when it holds, else why not: a key of shared.texts ("handed_over.<reason>").
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from shared.domain.action import actions
from shared.domain.action.candidates import listed
from shared.errors import VendorRefused
from shared.runbooks.catalogue import runbooks
from shared.services import services

if TYPE_CHECKING:
    from shared.clients.azure_devops import Run

Action = Mapping[str, Any]
Check = Callable[[Action, Mapping[str, Any]], Awaitable[str]]

_LOOKED_AT = 10
"""How many runs are read, one by one, to find the newest of a branch."""
_GONE = 404


async def fault(action: Action, service: Mapping[str, Any] | None) -> str:
    """The first thing in the way of the action, "" when nothing is. service: its document as it is now."""
    runbook = runbooks().get(action["type"])
    if runbook is None or runbook.faults(action):
        return "not_in_catalogue"
    if service is None or service["name"] != action["service"]:
        return "no_service"
    for name in runbook.preconditions:
        if reason := await CHECKS[name](action, service):
            return reason
    return ""


async def deployed(
    project: str, pipeline_id: int, ref_name: str, environment: str | None = None
) -> "Run | None":
    """The newest run of the branch that deployed and succeeded, None where none of the newest did.

    environment: to which it was told to deploy; without it any.
    """
    runs = services().azure_devops.runs
    good = [run for run in await runs.list(project, pipeline_id) if run["result"] == "succeeded"]
    for run in good[:_LOOKED_AT]:
        found = await runs.get(project, pipeline_id, run["run_id"])
        there = not environment or found.get("environment") == environment
        if there and found["ref_name"] == ref_name and await runs.deploys(project, found):
            return found
    return None


async def flags_of(service: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The flags the owner named, those that are on. None where there is no store of flags."""
    store = services().app_configuration
    named = (service.get("automation") or {}).get("flags") or []
    if store is None:
        return []
    found = [await store.flag(flag["name"], flag["label"]) for flag in named]
    return [dict(flag) for flag in found if flag and flag["enabled"]]


async def _pipeline_of_service(action: Action, service: Mapping[str, Any]) -> str:
    place = service["azure_devops"]
    same = (place["project"], place["pipeline_id"]) == (action["project"], action["pipeline_id"])
    return "" if same else "another_pipeline"


async def _pipeline_listed(action: Action, service: Mapping[str, Any]) -> str:
    told = {name: value for name, value in action.items() if name not in ("type", "service")}
    entries = (service.get("automation") or {}).get("pipelines") or []
    return "" if any(listed(service, entry) == told for entry in entries) else "not_listed"


async def _pipeline_takes(action: Action, service: Mapping[str, Any]) -> str:
    client = services().azure_devops.runs
    for run in actions.runs_of(action):
        if not await client.accepts(run.project, run.pipeline_id, run.ref_name, run.commit, run.parameters):
            return "parameters_refused"
    return ""


async def _environment_taken(action: Action, service: Mapping[str, Any]) -> str:
    """Where the action names no environment, the pipeline's own is meant and nothing has to be taken."""
    return await _pipeline_takes(action, service) if action.get("environment") else ""


async def _run_succeeded(action: Action, service: Mapping[str, Any]) -> str:
    runs = services().azure_devops.runs
    try:
        run = await runs.get(action["project"], action["pipeline_id"], action["run_id"])
    except VendorRefused as error:
        if error.status != _GONE:
            raise
        return "run_not_good"
    same = (run["result"], run["commit"], run["ref_name"]) == (
        "succeeded",
        action["commit"],
        action["ref_name"],
    )
    return "" if same and await runs.deploys(action["project"], run) else "run_not_good"


async def _still_deployed(action: Action, service: Mapping[str, Any]) -> str:
    told = action.get("environment") if action["type"] in (actions.ROLL_BACK, actions.REDEPLOY) else None
    newest = await deployed(action["project"], action["pipeline_id"], action["ref_name"], told)
    same = newest is not None and newest["commit"] == actions.deployed_commit(action)
    return "" if same else "deployed_since"


async def _nothing_running(action: Action, service: Mapping[str, Any]) -> str:
    """No run of the same branch: those of pull requests change nothing that runs."""
    client = services().azure_devops.runs
    project, pipeline_id = action["project"], action["pipeline_id"]
    going = [run for run in await client.list(project, pipeline_id) if run["state"] != "completed"]
    for run in going:
        if (await client.get(project, pipeline_id, run["run_id"]))["ref_name"] == action["ref_name"]:
            return "run_under_way"
    return ""


async def _environment_at_rest(action: Action, service: Mapping[str, Any]) -> str:
    """Nobody stops, starts or ends it now. One the registry does not know is not tended by anybody."""
    environment = (service.get("environments") or {}).get(action["environment"])
    at_rest = environment is None or (environment["state"] == "running" and not environment.get("action"))
    return "" if at_rest else "environment_changes"


async def _within_instances(action: Action, service: Mapping[str, Any]) -> str:
    """As many as the owner said, for a time, and then what is normal."""
    instances = (service.get("automation") or {}).get("instances")
    if not instances:
        return "no_instances"
    allowed = instances["normal"] < action["instances"] <= instances["most"]
    return "" if allowed and action["back_to"] == instances["normal"] else "other_instances"


async def _flag_is_on(action: Action, service: Mapping[str, Any]) -> str:
    named = (service.get("automation") or {}).get("flags") or []
    if (action["flag"], action["label"]) not in {(flag["name"], flag["label"]) for flag in named}:
        return "no_flag"
    return await _flag_fault(action, enabled=True)


async def _flag_as_we_left_it(action: Action, service: Mapping[str, Any]) -> str:
    return await _flag_fault(action, enabled=False)


async def _flag_fault(action: Action, *, enabled: bool) -> str:
    store = services().app_configuration
    if store is None:
        return "no_flag_store"
    flag = await store.flag(action["flag"], action["label"])
    if flag is None or flag["enabled"] is not enabled or flag["etag"] != action["etag"]:
        return "flag_changed"
    return "flag_locked" if flag["locked"] else ""


CHECKS: dict[str, Check] = {
    "pipeline_of_service": _pipeline_of_service,
    "pipeline_listed": _pipeline_listed,
    "pipeline_takes": _pipeline_takes,
    "environment_taken": _environment_taken,
    "run_succeeded": _run_succeeded,
    "still_deployed": _still_deployed,
    "nothing_running": _nothing_running,
    "environment_at_rest": _environment_at_rest,
    "within_instances": _within_instances,
    "flag_is_on": _flag_is_on,
    "flag_as_we_left_it": _flag_as_we_left_it,
}
"""By the names the runbooks give them."""
