"""Boards over HTTP: work items by JSON Patch, found by their tags or by when they changed."""

from typing import Any

import httpx
import pytest

from tests.unit.sandbox.vendors.azure_devops.calls import SHOP, ado, done
from tests.unit.sandbox.vendors.rig import Rig

ITEMS, WIQL = f"{SHOP}/wit/workitems", f"{SHOP}/wit/wiql"
JSON_PATCH = {"Content-Type": "application/json-patch+json"}


@pytest.fixture(autouse=True)
async def shop(rig: Rig) -> None:
    for name in ("shop", "bank"):
        await rig.control("azure_devops", "POST", "/projects", {"name": name})


def patch(**fields: Any) -> list[dict[str, Any]]:
    named = {"Title": "Write a test", "Tags": "valueflow; valueflow:k-1", **fields}
    return [{"op": "add", "path": f"/fields/System.{name}", "value": value} for name, value in named.items()]


async def make(rig: Rig, body: Any = None, kind: str = "Task", **headers: str) -> httpx.Response:
    return await ado(rig, "POST", f"{ITEMS}/${kind}", json=body or patch(), headers={**JSON_PATCH, **headers})


async def tagged(rig: Rig, tag: str, where: str = WIQL, most: int = 100) -> list[int]:
    conditions = f"[System.TeamProject] = @project AND [System.Tags] CONTAINS '{tag}'"
    query = f"SELECT [System.Id] FROM WorkItems WHERE {conditions} ORDER BY [System.Id]"
    found = await done(rig, "POST", where, json={"query": query}, params={"$top": most})
    return [one["id"] for one in found["workItems"]]


async def test_a_work_item_is_made_and_read(rig: Rig) -> None:
    link = {"rel": "Hyperlink", "url": "https://app.example/1", "attributes": {"comment": "Postmortem"}}
    made = (await make(rig, [*patch(), {"op": "add", "path": "/relations/-", "value": link}])).json()

    read = await done(rig, "GET", f"{ITEMS}/{made['id']}")
    assert read == made
    assert made["fields"]["System.Title"] == "Write a test"
    assert made["fields"]["System.WorkItemType"] == "Task"
    assert made["fields"]["System.State"] == "New"
    assert made["fields"]["System.Tags"] == "valueflow; valueflow:k-1"
    assert made["relations"] == [link]
    assert made["_links"]["html"]["href"].endswith(f"/_workitems/edit/{made['id']}")


async def test_it_is_found_by_its_whole_tag_in_its_project_alone(rig: Rig) -> None:
    first = (await make(rig)).json()["id"]
    await make(rig, patch(Tags="valueflow:k-12"))

    assert await tagged(rig, "valueflow:k-1") == [first]
    assert await tagged(rig, "VALUEFLOW:K-1") == [first]
    assert await tagged(rig, "valueflow:k-1", "/contoso/bank/_apis/wit/wiql") == []
    assert await tagged(rig, "nothing") == []


async def test_as_many_are_listed_as_are_asked_for(rig: Rig) -> None:
    ids = [(await make(rig)).json()["id"] for _ in range(3)]

    assert await tagged(rig, "valueflow") == ids
    assert await tagged(rig, "valueflow", most=2) == ids[:2]


async def test_the_state_shows_them(rig: Rig) -> None:
    made = (await make(rig)).json()

    state = await rig.control("azure_devops", "GET", "/state")
    assert [one["id"] for one in state["work_item"]] == [made["id"]]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (patch(Title=""), "Rule Error for field Title"),
        (patch(Title="x" * 256), "InvalidTooLong"),
        ([{"op": "remove", "path": "/fields/System.Title"}], "operation"),
        ([{"op": "add", "path": "/fields/System.Id", "value": 7}], "cannot be changed"),
        ([{"op": "add", "path": "/relations/-", "value": {"rel": "x"}}], "cannot be changed"),
        ({"title": "x"}, "valid patch document"),
        (["x"], "valid patch document"),
    ],
)
async def test_what_is_no_new_work_item_is_refused(rig: Rig, body: Any, words: str) -> None:
    answer = await make(rig, body)

    assert answer.status_code == 400
    assert words in answer.json()["message"]


async def test_a_type_the_process_lacks_is_refused(rig: Rig) -> None:
    answer = await make(rig, kind="Impediment")

    assert answer.status_code == 404
    assert answer.json()["typeKey"] == "WorkItemTypeNotFoundException"


async def test_a_patch_that_does_not_say_so_is_refused(rig: Rig) -> None:
    assert (await make(rig, **{"Content-Type": "application/json"})).status_code == 415


async def test_an_item_of_another_project_or_none_is_not_to_be_had(rig: Rig) -> None:
    made = (await make(rig)).json()

    for path in (f"{ITEMS}/99", f"/contoso/bank/_apis/wit/workitems/{made['id']}"):
        assert (await ado(rig, "GET", path)).status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "",
        "SELECT * FROM WorkItems",
        "SELECT [System.Id] FROM WorkItems WHERE [System.State] = 'New'",
        "SELECT [System.Id] FROM WorkItems WHERE [System.Tags] CONTAINS 'a' OR [System.Tags] CONTAINS 'b'",
    ],
)
async def test_a_query_that_is_not_understood_is_refused_rather_than_guessed(rig: Rig, query: str) -> None:
    assert (await ado(rig, "POST", WIQL, json={"query": query})).status_code == 400


async def change(rig: Rig, work_item_id: int, **fields: Any) -> dict[str, Any]:
    body = [{"op": "add", "path": f"/fields/System.{name}", "value": value} for name, value in fields.items()]
    answer = await ado(rig, "PATCH", f"{ITEMS}/{work_item_id}", json=body, headers=JSON_PATCH)
    changed: dict[str, Any] = answer.raise_for_status().json()
    return changed


async def changed_since(rig: Rig, at: str, after: int = 0) -> list[int]:
    later = f"([System.ChangedDate] > '{at}' OR [System.Id] > {after})"
    query = (
        f"SELECT [System.Id] FROM WorkItems WHERE [System.ChangedDate] >= '{at}' AND {later} "
        "ORDER BY [System.ChangedDate], [System.Id]"
    )
    found = await done(rig, "POST", WIQL, json={"query": query}, params={"timePrecision": "true"})
    return [one["id"] for one in found["workItems"]]


async def test_a_change_is_a_revision_that_writes_when_its_state_changed(rig: Rig) -> None:
    made = (await make(rig)).json()["id"]

    active = await change(rig, made, State="Active")
    closed = await change(rig, made, State="Closed")
    again = await change(rig, made, State="Active")

    dates = [
        {name.rpartition(".")[2] for name in one["fields"] if name.startswith("Microsoft.")}
        for one in (active, closed, again)
    ]
    assert [active["rev"], closed["rev"], again["rev"]] == [2, 3, 4]
    assert dates[0] == {"StateChangeDate", "ActivatedDate"}
    assert dates[1] == {"StateChangeDate", "ActivatedDate", "ClosedDate"}
    assert dates[2] == {"StateChangeDate", "ActivatedDate"}


async def test_what_changed_is_found_in_the_order_of_change(rig: Rig) -> None:
    first, second, third = [(await make(rig)).json()["id"] for _ in range(3)]
    at = "2030-01-01T00:00:00.000Z"
    for one in (third, first, second):
        await change(rig, one, ChangedDate=at if one != second else "2030-01-01T00:00:00.001Z")

    assert await changed_since(rig, at) == [first, third, second]
    assert await changed_since(rig, at, after=first) == [third, second]
    assert await changed_since(rig, "2030-01-01T00:00:00.001Z", after=second) == []


async def test_many_are_read_at_once_with_the_fields_asked_for(rig: Rig) -> None:
    made = (await make(rig)).json()["id"]
    asked = {"ids": [made, 99], "fields": ["System.Title"], "errorPolicy": "omit"}

    read = await done(rig, "POST", f"{SHOP}/wit/workitemsbatch", json=asked)
    assert [one and one["fields"] for one in read["value"]] == [{"System.Title": "Write a test"}, None]
    for refused in ({**asked, "errorPolicy": "fail"}, {"ids": list(range(201))}):
        assert (await ado(rig, "POST", f"{SHOP}/wit/workitemsbatch", json=refused)).status_code in (400, 404)


async def test_types_tell_what_their_states_mean(rig: Rig) -> None:
    types = (await done(rig, "GET", f"{SHOP}/wit/workitemtypes"))["value"]

    (bug,) = [one for one in types if one["name"] == "Bug"]
    assert {one["name"]: one["category"] for one in bug["states"]}["Active"] == "InProgress"


async def test_a_state_the_process_lacks_is_refused(rig: Rig) -> None:
    assert (await make(rig, patch(State="Waiting"))).status_code == 400
