"""Which run to go back to, and one run per key, whatever Azure DevOps does in between."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.clients.azure_devops import AzureDevOpsClient, Run, choose_last_good
from shared.errors import OutcomeUnknown, VendorRefused
from tests.fakes.azure_devops import URL, FakeAzureDevOps
from tests.fakes.vendor import (
    Fault,
    Late,
    answer,
    body_of,
    done_but_failed,
    every_fault,
    lost_reply,
    malformed,
    retry_later,
    status,
    timed_out,
)

MAIN = "refs/heads/main"
GOOD, BAD = "a" * 40, "b" * 40


def a_run(run_id: int, commit: str = GOOD, result: str | None = "succeeded", ref_name: str = MAIN) -> Run:
    return {
        "run_id": run_id,
        "name": str(run_id),
        "state": "completed",
        "result": result,
        "created_at": "2026-11-21T12:00:00Z",
        "finished_at": None,
        "url": "",
        "commit": commit,
        "ref_name": ref_name,
        "key": None,
    }


runs = st.lists(
    st.builds(
        a_run,
        st.integers(1, 60),
        st.sampled_from([GOOD, BAD, "c" * 40]),
        st.sampled_from(["succeeded", "failed", "canceled", None]),
        st.sampled_from([MAIN, "refs/heads/feature"]),
    ),
    unique_by=lambda run: run["run_id"],
)
suspects = st.builds(a_run, st.integers(1, 60), st.just(BAD), st.sampled_from(["succeeded", "failed"]))


@given(runs, suspects)
def test_what_we_go_back_to_succeeded_before_the_suspect_on_its_branch(
    candidates: list[Run], suspect: Run
) -> None:
    chosen = choose_last_good(candidates, suspect)
    if chosen is not None:
        assert chosen in candidates
        assert chosen["result"] == "succeeded"
        assert chosen["run_id"] < suspect["run_id"]
        assert chosen["ref_name"] == suspect["ref_name"]


@given(runs, suspects)
def test_nothing_newer_with_another_commit_was_passed_over(candidates: list[Run], suspect: Run) -> None:
    chosen = choose_last_good(candidates, suspect)
    good = [
        run
        for run in candidates
        if run["result"] == "succeeded" and run["run_id"] < suspect["run_id"] and run["ref_name"] == MAIN
    ]
    other = [run for run in good if run["commit"] != BAD]
    expected = max(other or good, key=lambda run: run["run_id"], default=None)
    assert chosen == expected


@given(runs, suspects, st.randoms())
def test_the_order_of_the_list_does_not_matter(candidates: list[Run], suspect: Run, random: object) -> None:
    shuffled = list(candidates)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert choose_last_good(shuffled, suspect) == choose_last_good(candidates, suspect)


async def test_the_last_good_run_is_found_with_its_commit(
    fake: FakeAzureDevOps, client: AzureDevOpsClient
) -> None:
    fake.add_run(1, "0" * 40)
    fake.add_run(2, GOOD)
    fake.add_run(3, "c" * 40, "failed")
    fake.add_run(4, "d" * 40, ref_name="refs/heads/feature")
    fake.add_run(5, BAD)
    fake.add_run(6, BAD)
    fake.add_run(7, "e" * 40)
    found = await client.runs.last_good("Payments", 7, 6)
    assert found is not None
    assert (found["run_id"], found["commit"], found["ref_name"]) == (2, GOOD, MAIN)
    assert len(fake.sent("GET")) == 5, "it reads no run that cannot change the answer"


async def test_a_run_that_stopped_or_started_is_nothing_to_go_back_to(
    fake: FakeAzureDevOps, client: AzureDevOpsClient
) -> None:
    fake.add_run(1, GOOD)
    for run_id, action in enumerate(("stop", "start", "scale", "restart", "destroy"), 2):
        fake.add_run(run_id, "d" * 40)["templateParameters"] = {"action": action, "environment": "production"}
    fake.add_run(7, BAD)

    found = await client.runs.last_good("Payments", 7, 7)
    assert found is not None
    assert found["run_id"] == 1


@pytest.mark.parametrize(
    ("parameters", "key", "deploys"),
    [
        ({}, None, True),
        ({}, "incident-1/start_run", True),
        ({"action": "apply", "environment": "production"}, None, True),
        ({"action": "Apply"}, "provision-1/first_run", True),
        ({"environment": "production"}, None, True),
        ({"action": "stop"}, None, False),
        ({"days": "90"}, "incident-1/start_run", False),
    ],
)
@pytest.mark.parametrize("told_by", ["run", "build"])
async def test_what_a_run_was_given_says_whether_it_deployed(
    fake: FakeAzureDevOps,
    client: AzureDevOpsClient,
    monkeypatch: pytest.MonkeyPatch,
    parameters: dict[str, str],
    key: str | None,
    deploys: bool,
    told_by: str,
) -> None:
    run = fake.add_run(1, GOOD, variables={"VALUEFLOW_KEY": {"value": key}} if key else None)
    run["templateParameters"] = parameters
    if told_by == "build":
        del run["templateParameters"]
        build = {"id": 1, "status": "completed", "templateParameters": parameters}
        monkeypatch.setattr(fake, "_build", lambda request, run: answer(build))

    found = await client.runs.get("Payments", 7, 1)
    assert await client.runs.deploys("Payments", found) is deploys


async def test_without_another_commit_the_newest_before_it_is_taken_and_without_any_none(
    fake: FakeAzureDevOps, client: AzureDevOpsClient
) -> None:
    fake.add_run(3, BAD)
    fake.add_run(4, BAD)
    fake.add_run(5, BAD)
    found = await client.runs.last_good("Payments", 7, 5)
    assert found is not None
    assert found["run_id"] == 4
    assert await client.runs.last_good("Payments", 7, 3) is None


async def test_runs_are_listed_newest_first(fake: FakeAzureDevOps, client: AzureDevOpsClient) -> None:
    fake.add_run(1)
    fake.add_run(3, result=None)
    fake.add_run(2, result="failed")
    fake.fail("GET", "runs", status(503), malformed)
    found = await client.runs.list("Payments", 7)
    assert [(run["run_id"], run["state"], run["result"]) for run in found] == [
        (3, "inProgress", None),
        (2, "completed", "failed"),
        (1, "completed", "succeeded"),
    ]
    assert found[0]["url"] == f"{URL}/_build/results?buildId=3"


async def test_a_run_is_started_at_the_commit_with_its_key(
    fake: FakeAzureDevOps, client: AzureDevOpsClient
) -> None:
    started = await client.runs.start("Payments", 7, "incident-1/redeploy", MAIN, GOOD)
    assert started["outcome"] == "created"
    assert (started["commit"], started["ref_name"], started["key"]) == (GOOD, MAIN, "incident-1/redeploy")
    (request,) = fake.sent("POST")
    assert body_of(request) == {
        "resources": {"repositories": {"self": {"refName": MAIN, "version": GOOD}}},
        "variables": {"VALUEFLOW_KEY": {"value": "incident-1/redeploy", "isSecret": False}},
    }


async def test_the_same_key_is_the_same_run(fake: FakeAzureDevOps, client: AzureDevOpsClient) -> None:
    for run_id in range(1, 30):
        fake.add_run(run_id, variables={"VALUEFLOW_KEY": {"value": f"other-{run_id}"}})
    first = await client.runs.start("Payments", 7, "k", MAIN, GOOD)
    again = await client.runs.start("Payments", 7, "k", MAIN, GOOD)
    assert (again["run_id"], again["outcome"]) == (first["run_id"], "adopted")
    assert fake.with_key("k") == [first["run_id"]]


@every_fault
async def test_one_run_whatever_happens(
    fake: FakeAzureDevOps, client: AzureDevOpsClient, fault: Fault
) -> None:
    fake.add_run(1)
    fake.fail("POST", "runs", fault, fault)
    fake.fail("GET", "runs/1", status(503))
    started = await retry_later(lambda: client.runs.start("Payments", 7, "k", MAIN, GOOD))
    assert fake.with_key("k") == [started["run_id"]]


async def test_a_start_that_may_still_be_at_work_is_not_repeated_in_the_same_call(
    fake: FakeAzureDevOps, client: AzureDevOpsClient
) -> None:
    late = Late()
    fake.fail("POST", "runs", late)
    with pytest.raises(OutcomeUnknown):
        await client.runs.start("Payments", 7, "k", MAIN, GOOD)
    assert late.finish
    late.finish()
    assert (await client.runs.start("Payments", 7, "k", MAIN, GOOD))["outcome"] == "adopted"
    assert len(fake.with_key("k")) == 1


async def test_old_runs_are_not_read_when_looking_for_a_key(
    fake: FakeAzureDevOps, client: AzureDevOpsClient
) -> None:
    for run_id in range(1, 50):
        fake.add_run(run_id, created=datetime.now(UTC) - timedelta(days=run_id + 1))
    await client.runs.start("Payments", 7, "k", MAIN, GOOD)
    assert len(fake.sent("GET")) == 1


async def test_a_pipeline_that_does_not_take_the_key_says_so_and_nothing_runs(
    fake: FakeAzureDevOps, client: AzureDevOpsClient
) -> None:
    fake.settable = False
    with pytest.raises(VendorRefused, match="can't set the following variables"):
        await client.runs.start("Payments", 7, "k", MAIN, GOOD)
    assert not fake.runs


async def test_a_project_name_is_one_segment_whatever_it_holds(
    fake: FakeAzureDevOps, client: AzureDevOpsClient
) -> None:
    with pytest.raises(VendorRefused):
        await client.runs.get("My Project/../x?y#z%ção", 7, 4)
    (request,) = fake.requests
    assert request.url.raw_path == (
        b"/contoso/My%20Project%2F..%2Fx%3Fy%23z%25%C3%A7%C3%A3o/_apis/pipelines/7/runs/4?api-version=7.1"
    )


async def test_one_run_is_read_and_an_unknown_one_refused(
    fake: FakeAzureDevOps, client: AzureDevOpsClient
) -> None:
    fake.add_run(4, BAD)
    assert (await client.runs.get("Payments", 7, 4))["commit"] == BAD
    with pytest.raises(VendorRefused) as refused:
        await client.runs.get("Payments", 7, 5)
    assert refused.value.status == 404


async def test_a_run_can_take_the_head_of_its_branch_and_parameters(
    fake: FakeAzureDevOps, client: AzureDevOpsClient
) -> None:
    parameters = {"action": "apply", "environment": "preview"}
    started = await client.runs.start("Payments", 7, "k", MAIN, parameters=parameters)
    assert fake.runs[started["run_id"]]["templateParameters"] == parameters
    (request,) = fake.sent("POST")
    assert body_of(request)["resources"]["repositories"]["self"] == {"refName": MAIN}


async def test_the_run_of_a_key_is_found_again_and_of_another_key_there_is_none(
    fake: FakeAzureDevOps, client: AzureDevOpsClient
) -> None:
    started = await client.runs.start("Payments", 7, "k", MAIN)
    fake.end_run(started["run_id"], "failed", "scan")
    found = await client.runs.find_started("Payments", 7, "k")
    assert found
    assert (found["run_id"], found["result"]) == (started["run_id"], "failed")
    assert await client.runs.find_started("Payments", 7, "other") is None


@pytest.mark.parametrize(("failed", "expected"), [("scan", "scan"), ("deploy", "deploy"), ("", "")])
async def test_the_stage_that_failed_is_named(
    fake: FakeAzureDevOps, client: AzureDevOpsClient, failed: str, expected: str
) -> None:
    fake.add_run(1)
    fake.end_run(1, "failed" if failed else "succeeded", failed)
    assert await client.runs.failed_stage("Payments", 1) == expected


async def test_of_several_failed_stages_the_first_is_named_and_by_its_title_where_it_has_no_name(
    fake: FakeAzureDevOps, client: AzureDevOpsClient
) -> None:
    fake.add_run(1)
    fake.timelines[1] = [
        {"type": "Job", "name": "job", "result": "failed", "order": 1},
        {"type": "Stage", "name": "Later", "identifier": "later", "result": "failed", "order": 3},
        {"type": "Stage", "name": "Sooner", "result": "failed", "order": 2},
    ]
    assert await client.runs.failed_stage("Payments", 1) == "Sooner"


async def test_a_run_that_never_started_has_no_failed_stage(
    fake: FakeAzureDevOps, client: AzureDevOpsClient
) -> None:
    fake.add_run(1, result="failed")
    assert await client.runs.failed_stage("Payments", 1) == ""


async def test_a_run_under_way_is_cancelled_and_one_that_ended_or_is_gone_left(
    fake: FakeAzureDevOps, client: AzureDevOpsClient
) -> None:
    fake.add_run(1, result=None)
    fake.add_run(2, result="failed")
    for run_id in (1, 1, 2, 3):
        await client.runs.cancel("Payments", run_id)
    assert [run["result"] for run in fake.runs.values()] == ["canceled", "failed"]
    assert len(fake.sent("PATCH")) == 1


@pytest.mark.parametrize("fault", [lost_reply, timed_out, malformed, done_but_failed(502), status(400)])
async def test_a_run_is_cancelled_whatever_happens(
    fake: FakeAzureDevOps, client: AzureDevOpsClient, fault: Fault
) -> None:
    """A refusal counts where the run has not ended by itself meanwhile."""
    fake.add_run(1, result=None)

    def ended_meanwhile(request: object, work: object) -> object:
        fake.end_run(1, "canceled")
        return fault(request, work)  # type: ignore[arg-type]

    fake.fail("PATCH", "builds/1", ended_meanwhile if fault is not lost_reply else fault)  # type: ignore[arg-type]
    await retry_later(lambda: client.runs.cancel("Payments", 1))
    assert fake.runs[1]["result"] == "canceled"


async def test_a_run_that_cannot_be_cancelled_says_so(
    fake: FakeAzureDevOps, client: AzureDevOpsClient
) -> None:
    fake.add_run(1, result=None)
    fake.fail("PATCH", "builds/1", status(403))
    with pytest.raises(VendorRefused) as refused:
        await client.runs.cancel("Payments", 1)
    assert refused.value.status == 403
