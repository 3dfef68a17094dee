"""Which version to go back to when a gate failed, and by which action: found among the pipeline's runs.

While a gate is part of the pipeline the failed version's run fails with it: what succeeded last is then an older
version already, and that is deployed again. A version whose run succeeded is rolled back.
"""

from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from orchestrations.activities import action_checks
from shared.domain.action import actions
from shared.domain.diagnosis import changed_files
from shared.errors import VendorError, VendorRefused
from shared.services import services

if TYPE_CHECKING:
    from shared.clients.azure_devops import Run

_LOOKED_AT = 25


class Back(NamedTuple):
    """migration: whether the failed version may have changed a database; True where nobody can tell."""

    action: dict[str, Any]
    migration: bool


async def back(
    service: Mapping[str, Any], run_id: int | None, commit: str | None, failed: Collection[str]
) -> Back | str:
    """The action, or why there is none: a key of shared.texts ("handed_over.<reason>").

    run_id, commit: of the failed version; one of them must be known. failed: commits nobody goes back to.
    """
    place = service["azure_devops"]
    project, pipeline_id = place["project"], place["pipeline_id"]
    if run_id is None and commit is None:
        return "version_unknown"
    suspect = await _suspect(project, pipeline_id, run_id, commit)
    if suspect is None or (commit and suspect["commit"] != commit):
        return "deployed_since"
    if suspect["key"]:
        return "own_run"
    if suspect["state"] != "completed":
        return "run_under_way"
    good = await _good(project, pipeline_id, suspect, failed)
    if good is None:
        return "no_good_run"
    what = {name: good[name] for name in ("run_id", "commit", "ref_name")}
    environment = suspect.get("environment")
    if environment:
        what["environment"] = environment
    action = {"service": service["name"], "project": project, "pipeline_id": pipeline_id, **what}
    if suspect["result"] == "succeeded":
        replaced = {"replaces_run_id": suspect["run_id"], "replaces_commit": suspect["commit"]}
        return Back(
            {"type": actions.ROLL_BACK, **action, **replaced}, await _migrates(project, good, suspect)
        )
    newest = await action_checks.deployed(project, pipeline_id, str(good["ref_name"]), environment)
    replaces = newest["commit"] if newest and newest["commit"] != good["commit"] else None
    told = {"type": actions.REDEPLOY, **action} | ({"replaces_commit": replaces} if replaces else {})
    return Back(told, await _migrates(project, good, suspect))


async def _suspect(project: str, pipeline_id: int, run_id: int | None, commit: str | None) -> "Run | None":
    runs = services().azure_devops.runs
    if run_id is not None:
        return await _run(project, pipeline_id, run_id)
    for run in (await runs.list(project, pipeline_id))[:_LOOKED_AT]:
        found = await runs.get(project, pipeline_id, run["run_id"])
        if found["commit"] == commit and await runs.deploys(project, found):
            return found
    return None


async def _run(project: str, pipeline_id: int, run_id: int) -> "Run | None":
    try:
        return await services().azure_devops.runs.get(project, pipeline_id, run_id)
    except VendorRefused as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        return None


async def _good(project: str, pipeline_id: int, suspect: "Run", failed: Collection[str]) -> "Run | None":
    """The newest before it, of its branch and environment, with another commit whose own gate did not fail."""
    runs = services().azure_devops.runs
    earlier = [
        run
        for run in await runs.list(project, pipeline_id)
        if run["run_id"] < suspect["run_id"] and run["result"] == "succeeded"
    ]
    for run in earlier[:_LOOKED_AT]:
        found = await runs.get(project, pipeline_id, run["run_id"])
        another = found["commit"] not in {suspect["commit"], *failed}
        another = another and found.get("environment") == suspect.get("environment")
        if another and found["ref_name"] == suspect["ref_name"] and await runs.deploys(project, found):
            return found
    return None


async def _migrates(project: str, good: "Run", suspect: "Run") -> bool:
    """Going back over a database migration is not as safe; what cannot be looked at counts as one."""
    repository_id, earlier, later = suspect.get("repository_id"), good["commit"], suspect["commit"]
    if not (repository_id and earlier and later):
        return True
    try:
        found = await services().azure_devops.comparing.difference(project, repository_id, earlier, later)
    except VendorError:
        return True
    return bool(changed_files.kinds(found["paths"])["migration"] or not found["is_whole"])
