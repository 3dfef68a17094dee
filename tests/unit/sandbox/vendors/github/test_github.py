"""The simulated GitHub, read by the app's own client and told by its webhooks in the shapes the app reads."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.platform.sources import github as hooks
from shared.clients.github import GitHubClient, github_client
from shared.delivery.reporting import reported
from shared.domain.delivery.github_hooks import pulled, pulled_change
from shared.errors import Unauthenticated, VendorRefused, VendorUnavailable
from shared.settings import load
from tests.fakes.hooks import SECRET
from tests.fakes.services import _EXAMPLE
from tests.unit.sandbox.vendors.rig import Receiver, Rig, eventually

REPOSITORY, WORKFLOW = "contoso/checkout", ".github/workflows/deploy.yml"


@pytest.fixture
async def client(rig: Rig) -> AsyncIterator[GitHubClient]:
    made = github_client(rig.urls["github"], rig.credentials["github"]["token"])
    yield made
    await made.aclose()


@pytest.fixture
def since() -> datetime:
    return datetime.now(UTC) - timedelta(minutes=5)


async def told(rig: Rig, path: str, **body: Any) -> Any:
    return await rig.control("github", "POST", path, {"repository": REPOSITORY, **body})


async def subscribe(rig: Rig, receiver: Receiver) -> None:
    await rig.control("github", "PUT", "/webhook", {"url": receiver.url, "secret": SECRET})


def heard(receiver: Receiver, place: int = -1) -> Any:
    """What the app makes of a webhook, once its signature is checked."""
    headers, body = receiver.received[place]
    values = json.loads(_EXAMPLE.read_text())["Values"]
    settings = load({**values, "GITHUB_WEBHOOK_SECRETS": SECRET})
    lower = {name.lower(): value for name, value in headers.items()}
    hooks.verify(lower, body, settings)
    with pytest.raises(Unauthenticated):
        hooks.verify(lower, body + b" ", settings)
    return hooks.to_event(body)


async def test_a_deployment_is_told_and_listed_as_the_same(
    rig: Rig, receiver: Receiver, client: GitHubClient, since: datetime
) -> None:
    await subscribe(rig, receiver)

    await told(rig, "/deployments", state="failure", environment="staging")

    await eventually(lambda: len(receiver.received) == 2)
    read = await client.deployments.statuses_since(REPOSITORY, since)
    listed = [
        reported(*pulled(REPOSITORY, deployment=one.deployment, deployment_status=one.status)).id
        for one in read.found
    ]
    assert {heard(receiver, place).id for place in (0, 1)} == set(listed)
    results = {heard(receiver, place).data["told"]["result"] for place in (0, 1)}
    assert results == {None, "failed"}


async def test_a_pull_request_is_told_and_listed_as_the_same(
    rig: Rig, receiver: Receiver, client: GitHubClient, since: datetime
) -> None:
    await subscribe(rig, receiver)

    made = await told(rig, "/pull_requests", title="Keep baskets", commits=3)

    await eventually(lambda: receiver.received)
    (one,) = (await client.changes.merged_since(REPOSITORY, since)).found
    event = heard(receiver)
    assert (event.data["kind"], event.data["reason"]) == ("change", "")
    assert event.id == reported(*pulled_change(REPOSITORY, one)).id
    commits, count = await client.changes.commits_of(REPOSITORY, made["number"])
    assert ([each["commit"]["message"] for each in commits], count) == (["Keep baskets"] * 3, 3)


async def test_a_run_is_told_and_listed_as_the_same(
    rig: Rig, receiver: Receiver, client: GitHubClient, since: datetime
) -> None:
    await subscribe(rig, receiver)
    await told(rig, "/workflow_runs", told=False)

    await told(rig, "/workflow_runs", conclusion="failure")

    await eventually(lambda: receiver.received)
    earlier, later = (await client.workflows.runs_since(REPOSITORY, WORKFLOW, since)).found
    assert heard(receiver).id == reported(*pulled(REPOSITORY, workflow_run=later)).id
    before = await client.workflows.previous_commit(REPOSITORY, WORKFLOW, later["id"])
    assert before == earlier["head_sha"]


async def test_commits_lie_between_two_deployments(rig: Rig, client: GitHubClient) -> None:
    first = await told(rig, "/deployments")
    shas = (await told(rig, "/pushes", commits=120))["shas"]
    second = await told(rig, "/deployments")

    before = await client.deployments.previous_commit(REPOSITORY, "production", second["id"])
    assert before is not None
    assert before == first["sha"]
    found = await client.changes.commits_between(REPOSITORY, before, second["sha"], 500)
    assert [one["sha"] for one in found] == shas
    assert await client.changes.commits_between(REPOSITORY, second["sha"], before, 500) == []


async def test_a_status_moves_its_deployment(rig: Rig, client: GitHubClient) -> None:
    made = await told(rig, "/deployments", state="")

    await rig.control("github", "POST", f"/deployments/{made['id']}/statuses", {"state": "success"})

    read = await client.deployments.statuses_since(REPOSITORY, datetime(2026, 1, 1, tzinfo=UTC))
    assert [one.status["state"] for one in read.found] == ["in_progress", "success"]
    assert read.found[0].deployment["updated_at"] >= made["updated_at"]


async def test_what_was_not_taken_is_not_sent_again_until_somebody_redelivers_it(
    rig: Rig, receiver: Receiver
) -> None:
    receiver.answers = [503]
    await subscribe(rig, receiver)
    await told(rig, "/pull_requests")

    sent = rig.vendors["github"].collection("sent_hook")
    (entry,) = await eventually(lambda: [one for one in sent.all() if one["state"] != "pending"])
    assert (entry["state"], [one["outcome"] for one in entry["tries"]]) == ("failed", ["503"])
    await rig.control("github", "POST", f"/webhook/deliveries/{entry['id']}/attempts")

    await eventually(lambda: len(receiver.received) == 2)
    first, second = receiver.received
    assert first[1] == second[1]
    assert first[0]["X-GitHub-Delivery"] == second[0]["X-GitHub-Delivery"]
    assert SECRET not in json.dumps(await rig.control("github", "GET", "/state"))


async def test_nobody_is_told_who_did_not_ask(rig: Rig) -> None:
    await told(rig, "/deployments")

    state = await rig.control("github", "GET", "/state")
    assert state.get("sent_hook", []) == []


async def test_a_wrong_token_and_an_unknown_repository_are_refused_in_github_s_words(
    rig: Rig, client: GitHubClient, since: datetime
) -> None:
    with pytest.raises(VendorRefused, match="Not Found"):
        await client.changes.merged_since("contoso/nothing", since)
    stranger = github_client(rig.urls["github"], "somebody else's")
    with pytest.raises(VendorRefused, match="Bad credentials"):
        await stranger.ping()
    await stranger.aclose()
    await client.ping()


async def test_a_limit_can_be_used_up(rig: Rig, client: GitHubClient, since: datetime) -> None:
    await told(rig, "/pull_requests")
    await rig.control("github", "PUT", "/requests_left", {"requests": 1})

    assert (await client.changes.merged_since(REPOSITORY, since)).found
    with pytest.raises(VendorUnavailable) as caught:
        await client.changes.merged_since(REPOSITORY, since)

    assert caught.value.retry_after_s == 300
    await client.ping()
    await rig.control("github", "PUT", "/requests_left", {})
    afterwards = github_client(rig.urls["github"], rig.credentials["github"]["token"])
    assert (await afterwards.changes.merged_since(REPOSITORY, since)).found
    await afterwards.aclose()


async def test_what_happened_outlives_a_restart(rig: Rig, since: datetime) -> None:
    await told(rig, "/pull_requests")
    await rig.stop()
    await rig.start()

    client = github_client(rig.urls["github"], rig.credentials["github"]["token"])
    assert len((await client.changes.merged_since(REPOSITORY.upper(), since)).found) == 1
    await client.aclose()
