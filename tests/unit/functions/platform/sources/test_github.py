"""GitHub's webhooks: signed over the raw body, read by what they hold."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from functions.platform.webhooks import receive_webhook
from shared import services
from shared.security.webhooks import verify_signature
from shared.settings import Secret
from tests.fakes.hooks import COMMIT, SECRET, documented, pull_request_sent, signed
from tests.fakes.requests import function_of, request
from tests.fakes.services import fake_services

post = function_of(receive_webhook)
OLD = "the-secret-that-is-rotated-out"


@pytest.fixture
def world() -> Iterator[Any]:
    made = fake_services(GITHUB_WEBHOOK_SECRETS=f"{SECRET},{OLD}")
    services.use(made)
    yield made
    services.use(None)


async def receive(body: bytes, headers: dict[str, str]) -> int:
    sent = request("POST", body=body, route={"source": "github"}, headers=headers)
    return int((await post(sent)).status_code)


async def report_of(world: Any, hook: dict[str, Any]) -> dict[str, Any]:
    body = json.dumps(hook).encode()
    assert await receive(body, signed(body)) == 202
    report: dict[str, Any] = world.publisher.events[-1].data
    return report


def test_the_vendor_s_own_example_verifies() -> None:
    digest = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"

    verify_signature(f"sha256={digest}", b"Hello, World!", [Secret("It's a Secret to Everybody")])


async def test_both_secrets_sign_while_one_is_rotated_out(world: Any) -> None:
    body = json.dumps(pull_request_sent()).encode()

    assert await receive(body, signed(body)) == 202
    assert await receive(body, signed(body, OLD)) == 202


async def test_a_signature_of_other_bytes_is_refused(world: Any) -> None:
    """The same JSON, written otherwise, is another body."""
    hook = pull_request_sent()

    assert await receive(json.dumps(hook, indent=1).encode(), signed(json.dumps(hook).encode())) == 401
    assert await receive(b"{}", {}) == 401
    assert await receive(b"{}", {"x-hub-signature-256": "sha256="}) == 401
    assert await receive(b"{}", signed(b"{}", "somebody-else-s-secret")) == 401
    assert world.publisher.events == []


async def test_a_deployment_that_ended_is_read_with_environment_commit_and_result(world: Any) -> None:
    report = await report_of(world, documented("github.documented.deployment_status"))

    told = report["told"]
    assert (report["kind"], report["reason"]) == ("deployment", "")
    assert (told["id"], told["environment"], told["result"]) == ("145988746", "production", "succeeded")
    assert told["commit"] == "f95f852bd8fca8fcc58a9a2d6c842781e32a215e"
    assert told["finished_at"] == "2019-05-15T15:20:55.000Z"
    assert report["place"]["repository"] == "codertocat/hello-world"


@pytest.mark.parametrize(
    ("state", "kind", "reason"),
    [
        ("in_progress", "deployment", ""),
        ("failure", "deployment", ""),
        ("inactive", "nothing", "inactive"),
        ("something_new", "deployment", "unknown_state"),
    ],
)
async def test_states_of_deployments(world: Any, state: str, kind: str, reason: str) -> None:
    hook = documented("github.documented.deployment_status")
    hook["deployment_status"]["state"] = state

    report = await report_of(world, hook)

    assert (report["kind"], report["reason"]) == (kind, reason)


async def test_a_workflow_run_is_told_with_its_file(world: Any) -> None:
    report = await report_of(world, documented("github.documented.workflow_run"))

    assert report["told"]["workflow"] == ".github/workflows/test.yml"
    assert report["told"]["id"] == "run-289782451-1"
    assert "Fax" not in json.dumps(report)


async def test_a_merged_pull_request_is_a_change_and_says_what_it_takes_back(world: Any) -> None:
    report = await report_of(
        world, pull_request_sent(body=f"Reverts #9\n\nThis reverts commit {COMMIT}.", commits=100_000)
    )

    assert report["kind"] == "change"
    assert report["told"]["reverts"] == COMMIT
    assert report["told"]["more_commits"] == 99_999


async def test_a_closed_pull_request_that_was_not_merged_is_no_change(world: Any) -> None:
    assert (await report_of(world, pull_request_sent(merged=False)))["kind"] == "nothing"


@pytest.mark.parametrize("status", ["requested", "queued", "in_progress", "waiting"])
async def test_a_run_that_has_not_ended_has_begun(world: Any, status: str) -> None:
    hook = documented("github.documented.workflow_run")
    hook["workflow_run"] |= {"status": status, "conclusion": None}

    report = await report_of(world, hook)

    assert (report["kind"], report["reason"], report["told"]["state"]) == ("deployment", "", "started")
    assert report["told"]["finished_at"] is None


@pytest.mark.parametrize("conclusion", ["skipped", "neutral", "stale", "action_required", "something_new"])
async def test_a_run_that_ended_without_a_result_deployed_nothing(world: Any, conclusion: str) -> None:
    hook = documented("github.documented.workflow_run")
    hook["workflow_run"]["conclusion"] = conclusion

    report = await report_of(world, hook)

    assert (report["kind"], report["reason"]) == ("nothing", "no_deployment")


async def test_a_run_that_was_run_again_is_another_deployment(world: Any) -> None:
    hook = documented("github.documented.workflow_run")
    first = (await report_of(world, hook))["told"]["id"]
    hook["workflow_run"]["run_attempt"] = 2

    assert (await report_of(world, hook))["told"]["id"] != first
    assert len({event.id for event in world.publisher.events}) == 2


async def test_a_clock_that_runs_backwards_is_told_as_it_is(world: Any) -> None:
    hook = documented("github.documented.workflow_run")
    hook["workflow_run"] |= {"run_started_at": "2020-10-05T18:33:49+01:00"}

    told = (await report_of(world, hook))["told"]

    assert (told["started_at"], told["finished_at"]) == (
        "2020-10-05T17:33:49.000Z",
        "2020-10-05T16:33:49.000Z",
    )


async def test_what_comes_along_with_a_deployment_s_status_does_not_change_what_it_is(world: Any) -> None:
    """GitHub adds the check and the run that made it, where there are such."""
    hook = documented("github.documented.deployment_status")
    alone = await report_of(world, hook)
    hook |= {
        "workflow_run": documented("github.documented.workflow_run")["workflow_run"],
        "check_run": {"id": 1},
    }

    assert await report_of(world, hook) == alone


async def test_a_redelivery_is_the_same_event(world: Any) -> None:
    for _ in range(2):
        await report_of(world, documented("github.documented.deployment_status"))

    assert len({event.id for event in world.publisher.events}) == 1


@pytest.mark.parametrize(
    ("hook", "reason"),
    [
        ({"zen": "Keep it logically awesome.", "hook_id": 1}, "ping"),
        ({"action": "created", "star": {}}, "unknown_type"),
        ({"deployment_status": {}, "deployment": []}, "incomplete"),
        ({"workflow_run": {"id": {}}}, "no_run_id"),
        ({"pull_request": {"merged": True}, "repository": 7}, "incomplete"),
    ],
)
async def test_what_cannot_be_used_is_taken_with_its_reason(
    world: Any, hook: dict[str, Any], reason: str
) -> None:
    assert (await report_of(world, hook))["reason"] == reason
