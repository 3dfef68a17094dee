"""The typed actions: what each one says, which pipeline runs carry it out, and what takes it back. Pure.

An action is a flat dict {"type", "service", ...}, described by the JSON Schema of its runbook (runbooks/<type>.yaml);
its hash (shared.domain.approvals) binds an approval to exactly what is done, so that what carries it out is read from
the action alone.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

Action = dict[str, Any]

ROLL_BACK, REDEPLOY, RESTART = "roll_back", "redeploy", "restart"
SCALE_OUT, SCALE_BACK = "scale_out", "scale_back"
DISABLE_FLAG, ENABLE_FLAG = "disable_feature_flag", "enable_feature_flag"
RUN_PIPELINE = "run_pipeline"

FLAGS = (DISABLE_FLAG, ENABLE_FLAG)
RESTARTS = (["restart"], ["stop", "start"])
"""How a pipeline may restart: the first way that it takes."""
OWNER_MAY_ALLOW = (ROLL_BACK, REDEPLOY, RESTART, SCALE_OUT, DISABLE_FLAG, RUN_PIPELINE)
"""What an owner can let run without a person, as far as the policies go."""

_SCALE = "scale"
_OUT_ONLY = frozenset({"back_to", "for_minutes"})


class Run(NamedTuple):
    """One pipeline run. verb: what it does, as part of a step's name. commit: None for the branch's head."""

    verb: str
    project: str
    pipeline_id: int
    ref_name: str
    commit: str | None
    parameters: dict[str, str]


def runs_of(action: Mapping[str, Any]) -> list[Run]:
    """The pipeline runs that carry the action out, one after the other. Raises: ValueError for an unknown type."""
    match action["type"]:
        case "roll_back" | "redeploy":
            return [_run(action, "apply", deployment_parameters(action.get("environment", "")))]
        case "restart":
            return [_run(action, verb, _power(action, verb)) for verb in action["through"]]
        case "scale_out" | "scale_back":
            return [
                _run(action, _SCALE, _power(action, _SCALE) | {"instances": str(int(action["instances"]))})
            ]
        case "run_pipeline":
            return [_run(action, "run", dict(action["parameters"]))]
        case "disable_feature_flag" | "enable_feature_flag":
            return []
    raise ValueError("no such action")


def deployment_parameters(environment: str) -> dict[str, str]:
    """With which a run deploys to this environment; none where the pipeline's own is meant."""
    return {"action": "apply", "environment": environment} if environment else {}


def undo_of(action: Mapping[str, Any], made: Mapping[str, Any]) -> Action | None:
    """The action that takes this one back, None where none does.

    made: what doing it came to; of a flag {"etag"}, "" where it was switched by somebody else.
    """
    match action["type"]:
        case "roll_back":
            told = ("service", "project", "pipeline_id", "ref_name")
            return {
                "type": REDEPLOY,
                **{name: action[name] for name in (*told, "environment") if name in action},
                "run_id": action["replaces_run_id"],
                "commit": action["replaces_commit"],
                "replaces_commit": action["commit"],
            }
        case "scale_out":
            here = {name: value for name, value in action.items() if name not in _OUT_ONLY}
            return {**here, "type": SCALE_BACK, "instances": action["back_to"]}
        case "disable_feature_flag":
            same = {name: action[name] for name in ("service", "flag", "label")}
            return {"type": ENABLE_FLAG, **same, "etag": made["etag"]} if made.get("etag") else None
    return None


def deployed_commit(action: Mapping[str, Any]) -> str:
    """The commit that must still be deployed for the action to mean what it meant."""
    return str(action.get("replaces_commit") or action["commit"])


def environment_of(service: Mapping[str, Any]) -> str | None:
    """Which environment an action is for: "" where the pipeline knows no such thing, None where nobody can tell."""
    if named := (service.get("automation") or {}).get("environment"):
        return str(named)
    there = [name for name, one in (service.get("environments") or {}).items() if one["state"] == "running"]
    if len(there) > 1:
        return "production" if "production" in there else None
    if not there and service.get("environments"):
        return None
    return there[0] if there else ""


def _run(action: Mapping[str, Any], verb: str, parameters: dict[str, str]) -> Run:
    return Run(
        verb,
        action["project"],
        action["pipeline_id"],
        action["ref_name"],
        action.get("commit"),
        parameters,
    )


def _power(action: Mapping[str, Any], verb: str) -> dict[str, str]:
    environment = {"environment": action["environment"]} if action["environment"] else {}
    return {"action": verb, **environment}
