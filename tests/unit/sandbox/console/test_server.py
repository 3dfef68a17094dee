"""The page over HTTP."""

import re
from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from sandbox.console.panels import PANELS
from sandbox.console.sources import Sources
from sandbox.console.words import LANGUAGES

type Page = TestClient[Any, Any]


async def read(page: Page, path: str = "/", **headers: str) -> str:
    answer = await page.get(path, headers={"Accept-Language": "en", **headers})
    assert answer.status == 200
    return str(await answer.text())


async def test_the_page_shows_what_every_system_holds(page: Page) -> None:
    text = await read(page)
    for shown in (
        "INC0010001",
        "P-2611001",
        "20261121.3",
        "5f0c3e9a",
        "events / incidents",
        "EVENTS",
        "62 %",
    ):
        assert shown in text
    assert "CHANGE_HISTORY" not in text
    assert "by the platform" in text


async def test_nothing_that_comes_from_a_system_becomes_markup(page: Page) -> None:
    text = await read(page)
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text
    assert "javascript:" not in text


async def test_an_operation_that_waits_for_a_decision_links_its_signed_page(page: Page) -> None:
    assert 'href="http://127.0.0.1:1/api/approvals/x?token=signed"' in await read(page)


@pytest.mark.parametrize(
    ("away", "panel"),
    [
        ("dynatrace", "problems"),
        ("servicenow", "incidents"),
        ("teams", "channel"),
        ("azure_devops", "pipelines"),
        ("servicebus_stats", "queues"),
        ("warehouse", "warehouse"),
        ("app", "operations"),
    ],
)
async def test_a_system_that_is_away_is_shown_as_such_and_the_others_are_not_affected(
    page: Page, systems: Any, away: str, panel: str
) -> None:
    systems.away.add(away)
    assert "does not answer now" in await read(page, f"/fragments/{panel}")
    assert "no answer" in await read(page, "/fragments/flow")
    others = set(PANELS) - {panel, "flow"} - ({"health", "services"} if away == "app" else set())
    for other in others:
        text = await read(page, f"/fragments/{other}")
        # Dead letters come through the app: without it the queues themselves are still shown.
        assert "does not answer now" not in text or (away, other) == ("app", "queues")
    assert "events / incidents" in await read(page, "/fragments/queues") or away == "servicebus_stats"


async def test_services_are_listed_with_their_environments(page: Page) -> None:
    text = await read(page, "/fragments/services")
    assert "orders" in text
    assert "development" in text
    assert "<script>" not in text


async def test_what_an_operation_undid_is_shown_beside_its_steps(page: Page, systems: Any) -> None:
    undone = {"name": "delete_repository", "of": "create_repository", "state": "undone", "result": "deleted",
              "started_at": "2026-11-21T13:00:06.000Z", "ended_at": "2026-11-21T13:00:07.000Z"}  # fmt: skip
    recorded = {**undone, "name": "release_name", "state": "recorded", "started_at": "", "ended_at": ""}
    systems.operations[0]["compensations"] = [undone, recorded]
    text = await read(page, "/fragments/operations")
    assert "delete repository" in text
    assert "release name" not in text


async def test_a_fragment_is_sent_only_when_it_has_changed(
    page: Page, systems: Any, sources: Sources
) -> None:
    first = await page.get("/fragments/incidents")
    tag = first.headers["ETag"]
    again = await page.get("/fragments/incidents", headers={"If-None-Match": tag})
    assert (again.status, await again.text()) == (304, "")
    systems.state["servicenow"]["incident"][0] = {**systems.state["servicenow"]["incident"][0], "state": "6"}
    sources._kept.clear()
    changed = await page.get("/fragments/incidents", headers={"If-None-Match": tag})
    assert changed.status == 200
    assert changed.headers["ETag"] != tag


async def test_each_system_is_asked_once_however_many_parts_need_it(page: Page, systems: Any) -> None:
    await read(page)
    assert systems.asked.count(("servicenow", "/_sandbox/state")) == 1
    assert systems.asked.count(("app", "/api/operations")) == 1


async def test_faults_that_were_ordered_are_told(page: Page, systems: Any) -> None:
    systems.faults["servicenow"] = [
        {"operation": "*", "kind": "status", "status": 503, "until_ms": 1795266763556, "times": None}
    ]
    text = await read(page, "/fragments/flow")
    assert "ServiceNow" in text
    assert "status 503" in text


@pytest.mark.parametrize(("accept", "words"), [("pt-PT,pt;q=0.9", "Orquestrações"), ("en", "Orchestrations")])
async def test_the_page_speaks_the_readers_language(page: Page, accept: str, words: str) -> None:
    text = await read(page, **{"Accept-Language": accept})
    assert words in text
    assert f'<html lang="{"pt-BR" if accept.startswith("pt") else "en"}">' in text


async def test_the_language_can_be_chosen(page: Page) -> None:
    assert "Orquestrações" in await read(page, "/?lang=pt-BR")


async def test_a_step_without_words_of_its_own_keeps_its_name(page: Page, systems: Any) -> None:
    step = {"name": "reticulate_splines", "state": "paused", "started_at": "2026-11-21T13:00:00Z"}
    systems.operations[0] = {**systems.operations[0], "steps": [step]}
    text = await read(page, "/fragments/operations")
    assert "reticulate splines" in text
    assert "paused" in text


def test_both_languages_say_the_same_things() -> None:
    portuguese, english = LANGUAGES["pt-BR"], LANGUAGES["en"]
    assert portuguese.keys() == english.keys()
    assert all(portuguese.values())


async def test_no_style_or_script_is_needed_that_the_policy_forbids(page: Page) -> None:
    answer = await page.get("/")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    text = await answer.text()
    assert not re.search(r"\sstyle=|\son\w+=|<style", text)
    addresses = re.findall(r'(?:src|href)="([^"]+)"', text)
    assets = [address for address in addresses if address.endswith((".css", ".js", ".svg"))]
    assert sorted(assets) == ["/static/console.css", "/static/console.js", "/static/icon.svg"]
    for address in assets:
        assert (await page.get(address)).status == 200


async def test_without_javascript_the_page_loads_itself_again(page: Page) -> None:
    assert '<noscript><meta http-equiv="refresh"' in await read(page)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:20001", ""])
async def test_only_names_of_this_machine_are_answered(page: Page, host: str) -> None:
    assert (await page.get("/", headers={"Host": host})).status in (400, 403)


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}]
)
async def test_another_sites_form_presses_no_button_here(page: Page, headers: dict[str, str]) -> None:
    assert (await page.post("/actions/open_problem", headers=headers)).status == 403


@pytest.mark.parametrize("path", ["/fragments/secrets", "/static/../server.py", "/static/none.css", "/other"])
async def test_what_is_not_there_is_not_found(page: Page, path: str) -> None:
    assert (await page.get(path)).status == 404


async def test_a_button_that_does_not_exist_is_not_found(page: Page) -> None:
    assert (await page.post("/actions/format_disk")).status == 404


async def test_a_button_pressed_while_the_platform_starts_goes_back_to_the_page(page: Page) -> None:
    answer = await page.post("/actions/open_problem?lang=en", allow_redirects=False)
    assert answer.status == 303
    assert answer.headers["Location"] == "/?lang=en&failed=1"
    assert 'role="alert">That did not work' in await read(page, answer.headers["Location"])
    assert 'role="alert"' not in await read(page)
