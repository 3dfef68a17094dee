"""What a run is to us, how to read one, and which one to go back to. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NotRequired, TypedDict

from shared.clients.idempotency import Result

KEY_VARIABLE = "VALUEFLOW_KEY"
"""The run variable that carries the idempotency key.

Assumption: the pipeline lets it be set at queue time. Where the organisation or the project limits such
variables, define it on the pipeline and tick "Let users override this value when running this pipeline".
"""
ACTION_PARAMETER, DEPLOY = "action", "apply"
"""The run-time parameter by which a pipeline does something other than deploying, and its value when it deploys."""
ENVIRONMENT_PARAMETER = "environment"
LOOK_BACK = timedelta(hours=24)
"""How old a run of ours can be when we look for it: far longer than any step is retried."""


class Run(TypedDict):
    """One pipeline run. result: succeeded, failed, canceled; None until state is completed. Times: ISO 8601.

    commit, ref_name, key: None in what `runs.list` gives, since Azure DevOps tells them only run by run.
    repository_id: where it is told. deploys: whether it put its commit into operation, where the run tells.
    environment: the one it was told by its run-time parameters, where it was.
    """

    run_id: int
    name: str
    state: str
    result: str | None
    created_at: str
    finished_at: str | None
    url: str
    commit: str | None
    ref_name: str | None
    key: str | None
    repository_id: NotRequired[str]
    deploys: NotRequired[bool]
    environment: NotRequired[str]


class StartedRun(Run):
    """`outcome`, since a run's own result is called result."""

    outcome: Result


def choose_last_good(runs: Sequence[Run], suspect: Run) -> Run | None:
    """Which run to go back to: the newest good one before the suspect, on its branch, with another commit.

    Where all have the suspect's own commit (it was rebuilt, or what broke is not in the code), the newest
    that succeeded before it. None where nothing did. Run ids grow with time.
    """
    good = sorted((run for run in runs if is_good(run, suspect)), key=lambda run: run["run_id"], reverse=True)
    other = [run for run in good if run["commit"] != suspect["commit"]]
    return next(iter(other or good), None)


def is_good(run: Run, suspect: Run) -> bool:
    """Whether the run succeeded before the suspect, on its branch and for the environment it was told."""
    same_place = (run["ref_name"], run.get("environment")) == (
        suspect["ref_name"],
        suspect.get("environment"),
    )
    return run["result"] == "succeeded" and run["run_id"] < suspect["run_id"] and same_place


def when(iso: str) -> datetime:
    """A vendor's time; one without a zone is UTC."""
    time = datetime.fromisoformat(iso)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def parse_run(body: Mapping[str, Any]) -> Run:
    """A Run of the pipelines API, alone or out of a list."""
    repository = ((body.get("resources") or {}).get("repositories") or {}).get("self") or {}
    variable = (body.get("variables") or {}).get(KEY_VARIABLE) or {}
    when(body["createdDate"])
    repository_id = (repository.get("repository") or {}).get("id")
    run: Run = {
        "run_id": int(body["id"]),
        "name": body["name"],
        "state": body["state"],
        "result": body.get("result"),
        "created_at": body["createdDate"],
        "finished_at": body.get("finishedDate"),
        "url": body["_links"]["web"]["href"],
        "commit": repository.get("version"),
        "ref_name": repository.get("refName"),
        "key": variable.get("value"),
    }
    if repository_id:
        run["repository_id"] = repository_id
    given = body.get("templateParameters")
    if given is not None and repository:
        run["deploys"] = deploys(given, run["key"])
        if given.get(ENVIRONMENT_PARAMETER):
            run["environment"] = str(given[ENVIRONMENT_PARAMETER])
    return run


def deploys(parameters: Mapping[str, Any], key: str | None) -> bool:
    """Whether a run given these run-time parameters deployed its commit: one that stopped or scaled did not.

    key: of a run of ours; what those do by other parameters than `action` is no deployment either.
    """
    action = parameters.get(ACTION_PARAMETER)
    if action is None:
        return not (key and parameters)
    return str(action).casefold() == DEPLOY


def failed_stage(timeline: Mapping[str, Any] | None) -> str:
    """The name of the first failed stage of a build's Timeline, in the order of the stages.

    A run that never started (a YAML file that says nothing sensible) has no timeline: "".
    """
    records = (timeline or {}).get("records") or []
    failed = [one for one in records if one.get("type") == "Stage" and one.get("result") == "failed"]
    first = min(failed, key=lambda record: record.get("order") or 0, default=None)
    return str(first.get("identifier") or first["name"]) if first else ""
