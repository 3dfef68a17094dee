"""The instance over HTTP: OAuth, and records in tables."""

import json
from typing import Any

import httpx
import pytest

from tests.unit.sandbox.vendors.rig import Rig

TABLE = "/api/now/table/incident"


class Instance:
    """Calls with a token of its own."""

    def __init__(self, rig: Rig, token: str) -> None:
        self.rig, self._headers = rig, {"Authorization": f"Bearer {token}"}
        self.url = rig.urls["servicenow"]

    async def __call__(self, method: str, path: str, **options: Any) -> httpx.Response:
        return await self.rig.call("servicenow", method, path, headers=self._headers, **options)

    async def incident(self, **fields: Any) -> dict[str, Any]:
        answer = await self("POST", TABLE, json={"short_description": "Checkout fails", **fields})
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()["result"]
        return made

    async def notes(self, sys_id: str) -> list[tuple[str, str]]:
        query = {"sysparm_query": f"element_id={sys_id}"}
        answer = await self("GET", "/api/now/table/sys_journal_field", params=query)
        return [(row["element"], row["value"]) for row in answer.json()["result"]]


@pytest.fixture
async def instance(rig: Rig) -> Instance:
    return Instance(rig, await rig.servicenow_token())


async def token(rig: Rig, **changes: str) -> httpx.Response:
    form = {"grant_type": "client_credentials", **rig.credentials["servicenow"], **changes}
    return await rig.http.post(f"{rig.urls['servicenow']}/oauth_token.do", data=form)


async def test_client_credentials_give_a_token_and_no_refresh_token(rig: Rig) -> None:
    body = (await token(rig)).json()

    assert body["token_type"] == "Bearer"
    assert body["expires_in"] == 1799
    assert "refresh_token" not in body


@pytest.mark.parametrize(
    ("change", "status"), [({"client_secret": "x"}, 401), ({"grant_type": "password"}, 400)]
)
async def test_wrong_credentials_give_none(rig: Rig, change: dict[str, str], status: int) -> None:
    answer = await token(rig, **change)

    assert answer.status_code == status
    assert "access_token" not in answer.text
    assert answer.json()["error"]


async def test_without_a_valid_token_nothing_is_answered(rig: Rig) -> None:
    for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic YTpi"}):
        answer = await rig.call("servicenow", "GET", TABLE, headers=headers)
        assert answer.status_code == 401
        assert answer.json()["error"]["message"] == "User Not Authenticated"
        assert answer.headers["WWW-Authenticate"].startswith("BASIC")


async def test_a_revoked_token_and_an_expired_one_are_refused(
    rig: Rig, instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await instance("GET", TABLE)).status_code == 200
    await rig.control("servicenow", "DELETE", "/tokens")
    assert (await instance("GET", TABLE)).status_code == 401

    monkeypatch.setattr("sandbox.vendors.servicenow.oauth.LIFETIME_S", 0)
    late = Instance(rig, await rig.servicenow_token())
    assert (await late("GET", TABLE)).status_code == 401


async def test_the_state_holds_no_token(rig: Rig) -> None:
    given = await rig.servicenow_token()

    kept = rig.store.db.execute("SELECT group_concat(body) FROM documents").fetchone()[0]

    assert given not in kept


async def test_a_new_incident_has_a_number_strings_and_references(rig: Rig, instance: Instance) -> None:
    made = await instance.incident(impact=2, urgency="2", knowledge=True, colour="red")

    assert made["number"] == "INC0010001"
    assert (made["state"], made["priority"], made["impact"], made["knowledge"]) == ("1", "3", "2", "true")
    user = made["opened_by"]["value"]
    assert made["opened_by"]["link"] == f"{instance.url}/api/now/table/sys_user/{user}"
    assert (made["assigned_to"], made["sys_created_by"]) == ("", "valueflow")
    assert "colour" not in made
    assert len(made["sys_id"]) == 32
    assert (await instance.incident())["number"] == "INC0010002"


async def test_creation_says_where_the_record_is(instance: Instance) -> None:
    answer = await instance("POST", TABLE, json={})

    location = answer.headers["Location"]
    assert location == f"{instance.url}{TABLE}/{answer.json()['result']['sys_id']}"
    assert (await instance("GET", location.removeprefix(instance.url))).status_code == 200


async def test_work_notes_become_journal_rows_and_read_back_empty(instance: Instance) -> None:
    made = await instance.incident(work_notes="first")
    path = f"{TABLE}/{made['sys_id']}"

    updated = (await instance("PATCH", path, json={"work_notes": "second", "comments": "for you"})).json()

    assert (made["work_notes"], updated["result"]["work_notes"], updated["result"]["comments"]) == (
        "",
        "",
        "",
    )
    assert await instance.notes(made["sys_id"]) == [
        ("work_notes", "first"),
        ("work_notes", "second"),
        ("comments", "for you"),
    ]


async def test_an_update_counts_and_an_empty_one_does_not(instance: Instance) -> None:
    made = await instance.incident()
    path = f"{TABLE}/{made['sys_id']}"

    counts = []
    for fields in ({"state": "2"}, {"state": "2"}, {"state": "3"}):
        counts.append((await instance("PUT", path, json=fields)).json()["result"]["sys_mod_count"])

    assert counts == ["1", "1", "2"]


async def test_what_identifies_a_record_cannot_be_changed(instance: Instance) -> None:
    made = await instance.incident()
    change = {"sys_id": "0" * 32, "number": "INC1", "sys_created_on": "never", "state": "2"}

    after = (await instance("PATCH", f"{TABLE}/{made['sys_id']}", json=change)).json()["result"]

    same = ("sys_id", "number", "sys_created_on")
    assert [after[name] for name in same] == [made[name] for name in same]


async def test_resolving_without_a_code_is_refused_and_changes_nothing(instance: Instance) -> None:
    made = await instance.incident()
    path = f"{TABLE}/{made['sys_id']}"

    refused = await instance("PATCH", path, json={"state": "6", "work_notes": "done"})

    assert refused.status_code == 403
    assert refused.json()["error"]["message"] == "Operation Failed"
    assert "Data Policy Exception" in refused.json()["error"]["detail"]
    assert (await instance("GET", path)).json()["result"]["state"] == "1"
    assert await instance.notes(made["sys_id"]) == []
    fields = {"state": "6", "close_code": "Solution provided", "close_notes": "Rolled back"}
    assert (await instance("PATCH", path, json=fields)).json()["result"]["state"] == "6"


async def test_what_is_too_long_is_cut_silently(instance: Instance) -> None:
    made = await instance.incident(
        short_description="x" * 200, correlation_id="y" * 200, description="z" * 5000
    )

    lengths = [len(made[name]) for name in ("short_description", "correlation_id", "description")]
    assert lengths == [160, 100, 4000]


async def test_a_list_is_filtered_cut_counted_and_linked(instance: Instance) -> None:
    for number in range(5):
        await instance.incident(correlation_id=f"c{number}")
    query = {
        "sysparm_query": "correlation_idSTARTSWITHc^ORDERBYDESCcorrelation_id",
        "sysparm_fields": "number,correlation_id",
        "sysparm_limit": "2",
        "sysparm_offset": "2",
    }

    answer = await instance("GET", TABLE, params=query)

    assert answer.json()["result"] == [
        {"number": "INC0010003", "correlation_id": "c2"},
        {"number": "INC0010002", "correlation_id": "c1"},
    ]
    assert answer.headers["X-Total-Count"] == "5"
    links = httpx.Response(200, headers={"Link": answer.headers["Link"]}).links
    assert set(links) == {"first", "prev", "next", "last"}
    following = await instance("GET", links["next"]["url"].removeprefix(instance.url))
    assert [row["correlation_id"] for row in following.json()["result"]] == ["c0"]


async def test_references_can_be_plain_and_values_displayed(instance: Instance) -> None:
    made = await instance.incident(state="2")
    path = f"{TABLE}/{made['sys_id']}"

    async def read(**params: str) -> dict[str, Any]:
        params = {"sysparm_fields": "state,opened_by", **params}
        result: dict[str, Any] = (await instance("GET", path, params=params)).json()["result"]
        return result

    user = made["opened_by"]["value"]
    assert await read(sysparm_exclude_reference_link="true") == {"state": "2", "opened_by": user}
    shown = await read(sysparm_display_value="true")
    assert (shown["state"], shown["opened_by"]["display_value"]) == ("In Progress", "ValueFlow")
    both = await read(sysparm_display_value="all")
    assert both["state"] == {"display_value": "In Progress", "value": "2"}


async def test_a_configuration_item_is_found_in_the_table_it_extends(instance: Instance) -> None:
    made = (await instance("POST", "/api/now/table/cmdb_ci_service", json={"name": "checkout"})).json()[
        "result"
    ]

    found = await instance("GET", f"/api/now/table/cmdb_ci/{made['sys_id']}")

    assert found.json()["result"]["name"] == "checkout"
    assert (await instance.incident(cmdb_ci=made["sys_id"]))["cmdb_ci"]["link"].endswith(
        f"cmdb_ci/{made['sys_id']}"
    )


async def test_a_deleted_record_is_gone(instance: Instance) -> None:
    path = f"{TABLE}/{(await instance.incident())['sys_id']}"

    statuses = [(await instance(method, path)).status_code for method in ("DELETE", "DELETE", "GET", "PATCH")]

    assert statuses[:3] == [204, 404, 404]
    missing = await instance("GET", path)
    assert missing.json()["error"]["message"] == "No Record found"
    assert (await instance("PATCH", path, json={"state": "2"})).status_code == 404


async def test_wrong_requests_are_refused_in_the_vendors_shape(instance: Instance) -> None:
    unknown = await instance("GET", "/api/now/table/colours")
    assert (unknown.status_code, unknown.json()["error"]["message"]) == (400, "Invalid table colours")

    json_type = {"Content-Type": "application/json"}
    for body in (b"{", b"[]"):
        answer = await instance.rig.http.post(
            instance.url + TABLE, content=body, headers={**instance._headers, **json_type}
        )
        assert (answer.status_code, answer.json()["status"]) == (400, "failure")
    form = await instance("POST", TABLE, data={"state": "2"})
    assert form.status_code == 415


async def test_records_numbers_and_notes_outlive_a_restart(rig: Rig, instance: Instance) -> None:
    made = await instance.incident(work_notes="first")

    await rig.stop()
    await rig.start()

    again = Instance(rig, await rig.servicenow_token())
    kept = (await again("GET", f"{TABLE}/{made['sys_id']}")).json()["result"]
    assert json.dumps(kept).replace(again.url, "") == json.dumps(made).replace(instance.url, "")
    assert await again.notes(made["sys_id"]) == [("work_notes", "first")]
    assert (await again.incident())["number"] == "INC0010002"


async def test_a_change_walks_its_way_over_http(instance: Instance) -> None:
    table = "/api/now/table/change_request"
    made = (await instance("POST", table, json={"type": "standard"})).json()["result"]
    one = f"{table}/{made['sys_id']}"
    assert made["number"].startswith("CHG")

    skipped = await instance("PATCH", one, json={"state": "0"})

    assert (skipped.status_code, skipped.json()["status"]) == (403, "failure")
    assert skipped.json()["error"]["message"] == "Operation Failed"
    for state in ("-2", "-1", "0"):
        moved = await instance("PATCH", one, json={"state": state})
        assert moved.json()["result"]["state"] == state


async def test_a_service_is_made_changed_and_deleted_in_the_cmdb(instance: Instance) -> None:
    table = "/api/now/table/cmdb_ci_service"
    row = {"name": "orders", "correlation_id": "k", "owned_by": "a" * 32, "colour": "red"}
    made = (await instance("POST", table, json=row)).json()["result"]
    one = f"{table}/{made['sys_id']}"

    assert (made["operational_status"], made["install_status"]) == ("1", "1")
    assert made["owned_by"]["value"] == "a" * 32
    assert "colour" not in made
    retired = (await instance("PATCH", one, json={"operational_status": "6", "install_status": "7"})).json()
    assert (retired["result"]["operational_status"], retired["result"]["install_status"]) == ("6", "7")
    assert [
        found["name"]
        for found in (await instance.rig.control("servicenow", "GET", "/state"))["cmdb_ci_service"]
    ] == ["orders"]
    assert (await instance("DELETE", one)).status_code == 204
    assert (await instance("DELETE", one)).status_code == 404
