"""The platform's page in a real browser."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.e2e.axe import violations
from tests.e2e.conftest import Document, until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

PHONE, DESK = (375, 812), (1440, 900)

type Open = Callable[..., Any]


@pytest.fixture
def open_page(browser: Any, platform: Document) -> Iterator[Open]:
    """open_page(size, language="en", scheme="light", script=True). What the browser complains of fails the test."""
    contexts, complaints = [], []

    def open_one(
        size: tuple[int, int] = DESK, language: str = "en", scheme: str = "light", script: bool = True
    ) -> Any:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            locale=language,
            color_scheme=scheme,
            java_script_enabled=script,
        )
        context.set_default_timeout(60_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None
        )
        page.goto(platform["console"]["url"])
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture(scope="module")
def resolved(browser: Any, platform: Document) -> dict[str, str]:
    """An incident that a person brought to its end with nothing but the page; they approve without JavaScript."""
    context = browser.new_context(locale="en")
    context.set_default_timeout(120_000)
    page = context.new_page()
    page.goto(platform["console"]["url"])
    before = page.locator(".operation").count()
    page.get_by_role("button", name="Open a problem").click()
    newest = page.locator(".operation").first
    until(lambda: page.locator(".operation").count() > before, 120)
    identity = str(newest.get_attribute("id"))
    decide = page.locator(f"#{identity}").get_by_role("link", name="See and decide")
    decide.wait_for()
    bare = browser.new_context(locale="en", viewport={"width": 375, "height": 812}, java_script_enabled=False)
    approval = bare.new_page()
    approval.goto(str(decide.get_attribute("href")))
    approval.get_by_role("link", name="Sign in").click()
    approval.get_by_role("button", name="Ana Souza").click()
    approval.get_by_role("button", name="Approve").click()
    thanks = approval.get_by_role("status").inner_text()
    bare.close()
    chip = page.locator(f"#{identity} .chip", has_text="resolved and verified")
    chip.wait_for()
    told = {"operation": identity.removeprefix("op-"), "thanks": thanks, "outcome": chip.inner_text()}
    context.close()
    return told


def test_a_person_brings_an_incident_to_its_end_from_the_page(resolved: dict[str, str]) -> None:
    assert "Thank you" in resolved["thanks"]
    assert resolved["outcome"] == "resolved and verified"


def test_every_system_shows_its_part_of_the_incident(resolved: dict[str, str], open_page: Open) -> None:
    page = open_page()
    operation = page.locator(f"#op-{resolved['operation']}")
    operation.locator("summary").click() if not operation.locator(".steps").is_visible() else None
    assert operation.locator(".steps li").count() >= 15
    page.locator("#incidents .chip", has_text="resolved").first.wait_for(timeout=60_000)
    page.locator("#problems .chip", has_text="closed").first.wait_for(timeout=60_000)
    page.locator("#pipelines .ours").first.wait_for(timeout=60_000)
    assert page.locator("#channel .card-body").count() >= 2
    page.locator("#warehouse th", has_text="INCIDENTS").first.wait_for(timeout=60_000)
    page.locator("#incidents details").first.locator("summary").click()
    assert "/postmortem" in page.locator("#incidents details").first.inner_text()


def test_links_to_records_lead_to_them(resolved: dict[str, str], open_page: Open) -> None:
    page = open_page()
    operation = page.locator(f"#op-{resolved['operation']}")
    operation.get_by_role("link", name="Incident").click()
    page.locator("#incidents details[open]:target").wait_for(timeout=60_000)
    operation.get_by_role("link", name="Run").click()
    page.locator("#pipelines .row:target .ours").wait_for(timeout=60_000)
    operation.get_by_role("link", name="Postmortem").click()
    page.get_by_role("button", name="Davi Rocha").click()
    page.get_by_text("INC00").first.wait_for()


def test_the_page_keeps_itself_up_to_date(
    open_page: Open, platform: Document, resolved: dict[str, str]
) -> None:
    page = open_page()
    page.locator("#incidents details").first.locator("summary").click()
    fault = [{"operation": "get_model", "kind": "status", "status": 503}]
    url = f"{platform['vendors']['openai']['url']}/_sandbox/faults"
    httpx.put(url, json=fault, trust_env=False).raise_for_status()
    try:
        page.locator(".faults", has_text="get_model").wait_for()
    finally:
        httpx.delete(url, trust_env=False)
    page.locator(".faults").wait_for(state="detached")
    assert page.locator("#incidents details").first.get_attribute("open") is not None


@pytest.mark.parametrize("size", [PHONE, (320, 640), DESK], ids=["phone", "small phone", "desk"])
def test_nothing_scrolls_sideways(open_page: Open, resolved: dict[str, str], size: tuple[int, int]) -> None:
    page = open_page(size)
    page.locator("details:not([open]) > summary").evaluate_all("all => all.forEach(one => one.click())")
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]


@pytest.mark.parametrize("language", ["pt-BR", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_rule_of_accessibility_is_broken(
    open_page: Open, resolved: dict[str, str], scheme: str, language: str
) -> None:
    page = open_page(PHONE, language=language, scheme=scheme)
    assert violations(page) == []


def test_buttons_are_large_enough_for_a_finger(open_page: Open, resolved: dict[str, str]) -> None:
    page = open_page(PHONE)
    boxes = page.locator("button, a.button").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect()).map(box => [box.width, box.height])"
    )
    assert boxes
    assert all(height >= 32 and width >= 32 for width, height in boxes)


def test_landmarks_and_headings_lead_through_the_page(open_page: Open) -> None:
    page = open_page()
    for landmark in ("banner", "navigation", "main", "contentinfo"):
        assert page.get_by_role(landmark).count() == 1
    assert page.get_by_role("heading", level=1).count() == 1
    headings = page.get_by_role("heading", level=2).all_inner_texts()
    assert len(headings) == 9
    assert page.get_by_role("region").count() >= 9


def test_the_page_speaks_portuguese_and_english(open_page: Open) -> None:
    assert "Orquestrações" in open_page(language="pt-BR").inner_text("main")
    english = open_page(language="en-GB")
    assert "Orchestrations" in english.inner_text("main")
    english.get_by_role("link", name="Português").click()
    english.get_by_role("heading", name="Orquestrações").wait_for()


def test_without_javascript_everything_is_there_and_comes_again(
    open_page: Open, resolved: dict[str, str]
) -> None:
    page = open_page(script=False)
    assert page.locator(f"#op-{resolved['operation']}").count() == 1
    assert re.search(r'http-equiv="refresh"', page.content())
