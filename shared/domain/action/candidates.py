"""Which actions answer a cause: by rules over category, component and what is known of the service. Pure.

The order is the catalogue's (`answers`); what an action needs and nobody knows leaves it out, with the reason.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypedDict

from shared.domain.action import actions
from shared.domain.action.actions import Action

Found = tuple[list[Action], str]
"""Actions, best first, and for none why: a key of shared.texts ("handed_over.<reason>")."""


class Answer(TypedDict):
    """Of a runbook what the rules read."""

    answers: Mapping[str, int]
    elsewhere: bool
    risk: str
    undo: Mapping[str, Any] | None


class Facts(TypedDict):
    """What is so now. runbooks: by type. deployed: the newest good run of the service's pipeline, None for none.

    flags: those of the service that are on, as clients.app_configuration.Flag. own_names: what the service is called.
    migration: whether the suspect run changed a database. faults: actions that cannot be done, by their hash.
    """

    runbooks: Mapping[str, Answer]
    deployed: Mapping[str, Any] | None
    flags: Sequence[Mapping[str, Any]]
    own_names: Sequence[str]
    migration: bool
    faults: Mapping[str, str]


class Case(TypedDict):
    """What an action is made from."""

    category: str
    service: Mapping[str, Any]
    runs: Mapping[str, Any]
    facts: Facts


def candidates(
    diagnosis: Mapping[str, Any],
    service: Mapping[str, Any],
    runs: Mapping[str, Any] | None,
    facts: Facts,
) -> Found:
    """Every action that may answer the cause, best first."""
    category = diagnosis["category"]
    elsewhere = is_elsewhere(diagnosis, facts)
    answering = [
        (type_, runbook)
        for type_, runbook in facts["runbooks"].items()
        if category in runbook["answers"] and (runbook["elsewhere"] or not elsewhere)
    ]
    answering.sort(key=lambda one: (one[1]["answers"][category], one[0]))
    case = Case(category=category, service=service, runs=runs or {}, facts=facts)
    found: list[Action] = []
    reasons: list[str] = []
    for type_, _ in answering:
        made, reason = _MAKERS[type_](case)
        found += made
        reasons += [reason] if reason else []
    nothing = "elsewhere" if elsewhere else "no_runbook"
    return found, "" if found else next(iter(reasons), nothing)


def possible(
    diagnosis: Mapping[str, Any],
    service: Mapping[str, Any],
    runs: Mapping[str, Any] | None,
    facts: Facts,
) -> list[Action]:
    """Every action that people may choose for the service, whatever caused the problem; what answers it first."""
    found, _ = candidates(diagnosis, service, runs, facts)
    case = Case(category=diagnosis["category"], service=service, runs=runs or {}, facts=facts)
    for type_ in facts["runbooks"]:
        if type_ in _MAKERS:
            found += [action for action in _MAKERS[type_](case)[0] if action not in found]
    return found


def is_elsewhere(diagnosis: Mapping[str, Any], facts: Facts) -> bool:
    """Whether the cause lies in another component than the service."""
    component = str(diagnosis.get("component") or "").casefold()
    return bool(component) and component not in {name.casefold() for name in facts["own_names"]}


def _roll_back(case: Case) -> Found:
    good, suspect = case["runs"].get("last_good"), case["runs"].get("suspect")
    if not good or not suspect or good["commit"] == suspect["commit"]:
        return [], "no_good_run"
    replaced = {"replaces_run_id": suspect["run_id"], "replaces_commit": suspect["commit"]}
    return [{"type": actions.ROLL_BACK, **_place(case), **_what(good), **replaced}], ""


def _redeploy(case: Case) -> Found:
    """The same once more: not what was deployed after the problem began, nor what there is a way back from."""
    deployed, suspect = case["facts"]["deployed"], case["runs"].get("suspect")
    if not deployed:
        return _NO_RUN
    if suspect and suspect["commit"] != deployed["commit"]:
        return [], "deployed_since"
    if case["category"] == "recent_deployment" and _roll_back(case)[0]:
        return [], ""
    return [{"type": actions.REDEPLOY, **_place(case), **_what(deployed)}], ""


def _restart(case: Case) -> Found:
    return _powered(
        case, lambda here: [{"type": actions.RESTART, **here, "through": way} for way in actions.RESTARTS]
    )


def _scale_out(case: Case) -> Found:
    instances = (case["service"].get("automation") or {}).get("instances")
    if not instances or instances["most"] <= instances["normal"]:
        return [], "no_instances"
    normal = instances["normal"]
    undo = case["facts"]["runbooks"][actions.SCALE_OUT]["undo"] or {}
    scaled = {
        "instances": min(2 * normal, instances["most"]),
        "back_to": normal,
        "for_minutes": undo["after_minutes"],
    }
    return _powered(case, lambda here: [{"type": actions.SCALE_OUT, **here, **scaled}])


def _disable_flag(case: Case) -> Found:
    """The flag changed last first: what changed last is the likeliest to have done it."""
    meant = {
        (flag["name"], flag["label"])
        for flag in (case["service"].get("automation") or {}).get("flags") or []
        if case["category"] in flag["categories"]
    }
    on = [flag for flag in case["facts"]["flags"] if (flag["name"], flag["label"]) in meant]
    on.sort(key=lambda flag: str(flag["modified_at"]), reverse=True)
    made = [
        {
            "type": actions.DISABLE_FLAG,
            "service": case["service"]["name"],
            "flag": flag["name"],
            "label": flag["label"],
            "etag": flag["etag"],
        }
        for flag in on
    ]
    return made, "" if made else "no_flag"


def _run_pipeline(case: Case) -> Found:
    made = [
        {"type": actions.RUN_PIPELINE, "service": case["service"]["name"], **listed(case["service"], one)}
        for one in (case["service"].get("automation") or {}).get("pipelines") or []
        if case["category"] in one["categories"]
    ]
    return made, "" if made else "no_pipeline"


def listed(service: Mapping[str, Any], one: Mapping[str, Any]) -> dict[str, Any]:
    """What an entry of the service's list of pipelines allows, as a run_pipeline action says it."""
    return {
        "project": service["azure_devops"]["project"],
        "pipeline_id": one["pipeline_id"],
        "pipeline": one["name"],
        "ref_name": one["ref_name"],
        "parameters": dict(one["parameters"]),
    }


def _powered(case: Case, make: Callable[[dict[str, Any]], list[Action]]) -> Found:
    """Actions on what runs, at the commit that is deployed."""
    deployed, environment = case["facts"]["deployed"], actions.environment_of(case["service"])
    if not deployed:
        return _NO_RUN
    if environment is None:
        return [], "no_environment"
    what = {name: deployed[name] for name in ("commit", "ref_name")}
    return make({**_place(case), **what, "environment": environment}), ""


def _place(case: Case) -> dict[str, Any]:
    place = case["service"]["azure_devops"]
    return {
        "service": case["service"]["name"],
        "project": place["project"],
        "pipeline_id": place["pipeline_id"],
    }


def _what(run: Mapping[str, Any]) -> dict[str, Any]:
    """environment: where the run was told one, so that what is deployed again goes there and nowhere else."""
    what = {name: run[name] for name in ("run_id", "commit", "ref_name")}
    return {**what, **({"environment": run["environment"]} if run.get("environment") else {})}


_NO_RUN: Found = ([], "no_good_run")
_MAKERS: dict[str, Callable[[Case], Found]] = {
    actions.ROLL_BACK: _roll_back,
    actions.REDEPLOY: _redeploy,
    actions.RESTART: _restart,
    actions.SCALE_OUT: _scale_out,
    actions.DISABLE_FLAG: _disable_flag,
    actions.RUN_PIPELINE: _run_pipeline,
}


def types() -> Iterator[str]:
    """What can be proposed for a cause."""
    return iter(_MAKERS)
