"""The simulated GitHub shows no member that GitHub does not document, and all that its documents say is always there.

https://docs.github.com/webhooks/webhook-events-and-payloads, https://docs.github.com/rest: members by hand, since
GitHub's description of its API is larger than this repository.
"""

import json
from typing import Any

import pytest

from tests.unit.sandbox.vendors.rig import Rig

REPOSITORY = "contoso/checkout"
DEPLOYMENT = (
    "url id node_id sha ref task payload original_environment environment description creator created_at updated_at "
    "statuses_url repository_url transient_environment production_environment performed_via_github_app"
)
STATUS = (
    "url id node_id state creator description environment target_url created_at updated_at deployment_url "
    "repository_url environment_url log_url performed_via_github_app"
)
RUN = (
    "id name node_id head_branch head_sha path display_title run_number event status conclusion workflow_id url "
    "html_url pull_requests created_at updated_at actor run_attempt run_started_at triggering_actor head_commit "
    "repository head_repository previous_attempt_url workflow_url"
)
LISTED_PULL_REQUEST = (
    "url id node_id html_url number state locked title user body created_at updated_at closed_at merged_at "
    "merge_commit_sha draft head base author_association auto_merge"
)
WHOLE_PULL_REQUEST = f"{LISTED_PULL_REQUEST} merged merged_by commits additions deletions changed_files"
COMMIT = "url sha node_id html_url comments_url commit author committer parents"
COMPARISON = (
    "url html_url permalink_url diff_url patch_url base_commit merge_base_commit status ahead_by behind_by "
    "total_commits commits files"
)
READ_OF = {
    "deployment": "id sha ref task environment production_environment creator created_at updated_at url",
    "deployment_status": "id state environment target_url created_at",
    "workflow_run": "id run_attempt run_number path head_sha status conclusion event created_at run_started_at "
    "updated_at head_commit triggering_actor html_url",
    "pull_request": "number merged merged_at merge_commit_sha commits title body head base",
}
"""What the app reads of each."""
DOCUMENTED = {
    "deployment": DEPLOYMENT,
    "deployment_status": STATUS,
    "workflow_run": RUN,
    "pull_request": WHOLE_PULL_REQUEST,
}


async def told(rig: Rig, path: str, **body: Any) -> Any:
    return await rig.control("github", "POST", path, {"repository": REPOSITORY, **body})


async def answered(rig: Rig, path: str) -> Any:
    answer = await rig.call("github", "GET", f"/repos/{REPOSITORY}/{path}")
    assert answer.status_code == 200
    return answer.json()


async def test_webhooks_hold_what_is_documented_and_what_the_app_reads(rig: Rig) -> None:
    hook = {"url": "http://127.0.0.1:9/nobody", "secret": "a-secret-of-some-length"}
    await rig.control("github", "PUT", "/webhook", hook)
    await told(rig, "/deployments")
    await told(rig, "/workflow_runs")
    await told(rig, "/pull_requests")

    sent = (await rig.control("github", "GET", "/state"))["sent_hook"]

    seen: set[str] = set()
    for one in sent:
        assert {"action", "repository", "sender"} <= one["body"].keys()
        for name in DOCUMENTED.keys() & one["body"].keys():
            shown = one["body"][name]
            assert shown.keys() - set(DOCUMENTED[name].split()) == set()
            assert set(READ_OF[name].split()) - shown.keys() == set()
            seen.add(name)
    assert seen == DOCUMENTED.keys()
    assert {one["event"] for one in sent} == {"deployment_status", "workflow_run", "pull_request"}


@pytest.mark.parametrize(
    ("path", "member", "documented"),
    [
        ("deployments", "", DEPLOYMENT),
        ("deployments/145000001/statuses", "", STATUS),
        ("actions/workflows/deploy.yml/runs", "workflow_runs", RUN),
        ("pulls?state=closed", "", LISTED_PULL_REQUEST),
        ("pulls/1/commits", "", COMMIT),
        ("compare/main...main", "", COMPARISON),
    ],
)
async def test_answers_hold_what_is_documented(rig: Rig, path: str, member: str, documented: str) -> None:
    await told(rig, "/deployments")
    await told(rig, "/workflow_runs")
    await told(rig, "/pull_requests")

    body = await answered(rig, path)

    listed = body[member] if member else body if isinstance(body, list) else [body]
    assert listed
    for one in listed:
        assert one.keys() - set(documented.split()) == set()


async def test_a_refusal_is_worded_as_documented(rig: Rig) -> None:
    answer = await rig.call("github", "GET", "/repos/contoso/nothing/pulls")

    assert answer.status_code == 404
    assert json.loads(answer.content).keys() == {"message", "documentation_url", "status"}
