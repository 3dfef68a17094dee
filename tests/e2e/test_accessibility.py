"""Every page of the app in a real browser under axe: each state, both languages, light and dark, on a phone.

The pages come from the app's own triggers over fakes. The embedded platform's page: test_page.py.
"""

import asyncio
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from functions.delivery.quality_gates import get_gate
from functions.operations.approvals import decide_approval, show_approval
from functions.operations.operations import get_operation, get_postmortem
from functions.services.environments import show_environment
from shared import services
from shared.domain.approvals import action_hash
from shared.domain.service.environments import iso
from shared.security import links
from tests.e2e.axe import violations
from tests.fakes.durable import FakeDurableClient, Instance
from tests.fakes.environments import HOURS, NAME, a_service, an_environment
from tests.fakes.gates import a_gate
from tests.fakes.requests import function_of, request
from tests.fakes.services import fake_services
from tests.unit.functions.pages.test_editing import ROLL_BACK, SCALE_OUT, status

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

PHONE = {"width": 375, "height": 812}
HTML = {"Accept": "text/html"}
STEPS = [
    {
        "name": name,
        "state": state,
        "started_at": "2026-11-21T12:00:00.000Z",
        "ended_at": "2026-11-21T12:00:05.000Z",
        "result": "created",
        "detail": "Azure DevOps is away" if state == "failed" else "",
    }
    for name, state in (
        ("open_change", "done"),
        ("create_repository", "failed"),
        ("await_decision", "waiting"),
    )
]
PROVISIONING = {
    "kind": "provision_service",
    "requested_by": "id-of-bruno",
    "steps": STEPS,
    "links": {"change": "https://snow.example/CHG1"},
    "case": {
        "title": "New service orders",
        "service": "orders",
        "facts": [{"title": "Team", "value": "loja"}],
        "action_text": "New service orders",
    },
    "cancellable": True,
    "compensations": [
        {**STEPS[0], "name": "delete_repository", "of": "create_repository", "state": "failed"}
    ],
    "warnings": ["announce_end"],
}
APPROVALS: dict[str, tuple[str, dict[str, Any]]] = {
    "waiting": ("ana", status()),
    "edited": (
        "ana",
        status(
            action=SCALE_OUT,
            action_hash=action_hash(SCALE_OUT),
            options=[ROLL_BACK],
            requested_by="id-of-ana",
            edited_by="Ana",
            edit_refused={"by": "Bia", "reason": "flag_changed"},
        ),
    ),
    "reader": ("reader", status()),
    "decided": ("ana", status(state="approve")),
    "automatic": ("ana", status(state="automatic", approvers_needed=0)),
    "signed out": ("", status()),
}


async def approvals(language: str) -> dict[str, str]:
    """The approval's page by state."""
    show, decide = function_of(show_approval), function_of(decide_approval)
    secrets, pages = services.services().settings.link_secrets, {}
    in_time = int(datetime.now(UTC).timestamp()) + 600
    address = links.approval_address("", secrets, "op-1", expires_at_s=in_time)
    headers = {**HTML, "Accept-Language": language}
    route: Any = {"route": {"id": "op-1"}, "query": {"token": address.partition("token=")[2]}}
    for name, (person, told) in APPROVALS.items():
        client = FakeDurableClient()
        client.add(Instance("remediate_problem", "op-1", custom_status=told))
        pages[name] = await show(request(**route, token=person, headers=headers), client)
    sent = {**headers, "Content-Type": "application/x-www-form-urlencoded"}
    form = links.sign(secrets, "decide", "op-1", "id-of-ana", expires_at_s=in_time)
    for name, fields in {
        "sent": {"decision": "refuse", "action_hash": action_hash(ROLL_BACK)},
        "changed": {"decision": "refuse", "action_hash": "0" * 64},
    }.items():
        client = FakeDurableClient()
        client.add(Instance("remediate_problem", "op-1", custom_status=status()))
        body = urlencode({**fields, "form": form})
        pages[name] = await decide(request("POST", **route, token="ana", headers=sent, body=body), client)
    pages["bad link"] = await show(
        request(route={"id": "op-1"}, query={"token": "9.x"}, token="ana", headers=headers), client
    )
    return {f"approval {name}": page.get_body().decode() for name, page in pages.items()}


async def operations(language: str) -> dict[str, str]:
    show, headers = function_of(get_operation), {**HTML, "Accept-Language": language}
    client = FakeDurableClient()
    asked = {"requested_by": {"id": "id-of-bruno", "name": "Bruno"}}
    client.add(Instance("provision_service", "op-1", request=asked, custom_status=PROVISIONING))
    client.add(Instance("provision_service", "op-2", custom_status=PROVISIONING, status="COMPLETED"))
    pages = {
        name: await show(request(route={"id": id_}, token=person, headers=headers), client)
        for name, id_, person in (
            ("running", "op-1", "bruno"),
            ("done", "op-2", "reader"),
            ("absent", "op-3", "reader"),
            ("signed out", "op-1", ""),
        )
    }
    return {f"operation {name}": page.get_body().decode() for name, page in pages.items()}


async def postmortems(language: str) -> dict[str, str]:
    text = "# INC1: Failure rate\n\n## Impact\n\n- **Run** 104 https://dev.example/1\n- nobody knows\n"
    await services.services().blob.put("postmortems/op-1.md", text.encode(), "text/markdown")
    headers = {**HTML, "Accept-Language": language}
    page = await function_of(get_postmortem)(request(route={"id": "op-1"}, token="reader", headers=headers))
    return {"postmortem": page.get_body().decode()}


async def environments(language: str) -> dict[str, str]:
    show, headers, pages = function_of(show_environment), {**HTML, "Accept-Language": language}, {}
    now = datetime.now(UTC)
    address = links.environment_address(
        "", services.services().settings.link_secrets, "orders", NAME, expires_at_s=int(now.timestamp()) + 600
    )
    route: Any = {
        "route": {"name": "orders", "environment": NAME},
        "query": {"token": address.partition("token=")[2]},
    }
    told: Any = {
        "created_at": iso(now - timedelta(days=1)),
        "ends_at": iso(now + timedelta(hours=10)),
        "announced_for": iso(now + timedelta(hours=10)),
        "requested_by": "id-of-reader",
        "requested_by_name": "Rita",
    }
    for name, person, changes in (
        ("choices", "reader", {}),
        ("not yours", "ana", {}),
        ("never ends", "reader", {"ends_at": None, "hours": HOURS}),
        ("signed out", "", {}),
    ):
        await services.services().registry.put(a_service(an_environment(**{**told, **changes})))
        pages[name] = await show(request(**route, token=person, headers=headers))
    return {f"environment {name}": page.get_body().decode() for name, page in pages.items()}


async def gates(language: str) -> dict[str, str]:
    """A gate's page by state: its objectives one of each status, with their charts."""
    show, headers = function_of(get_gate), {**HTML, "Accept-Language": language}
    client, world = FakeDurableClient(), services.services()
    objectives = {"errors": "pass", "latency": "fail", "throughput": "unknown", "own": "warn"}
    rollback = {"state": "asked", "action": "roll back to 1.4.1", "reason": "", "done": False}
    await world.gates.put(a_gate("gate-checkout-1", objectives, rollback=rollback))
    await world.gates.put(
        a_gate("gate-checkout-2", {"errors": "unknown"}, verdict="inconclusive", decision="hold")
    )
    asked = {"service": "orders", "environment": "production", "version": "2", "dry_run": False}
    asked |= {"from_ms": 0, "until_ms": 1}
    client.add(Instance("evaluate_gate", "gate-orders-1", request={"asked": asked}))
    pages = {
        name: await show(request(route={"id": id_}, token=person, headers=headers), client)
        for name, id_, person in (
            ("failed", "gate-checkout-1", "reader"),
            ("inconclusive", "gate-checkout-2", "reader"),
            ("running", "gate-orders-1", "reader"),
            ("signed out", "gate-checkout-1", ""),
        )
    }
    return {f"gate {name}": page.get_body().decode() for name, page in pages.items()}


@pytest.fixture(scope="module")
def pages() -> dict[tuple[str, str], str]:
    """Every page by language and state, made before a browser occupies the thread."""
    made: dict[tuple[str, str], str] = {}
    for language in ("pt-BR", "en"):
        services.use(fake_services())
        for of in (approvals, operations, postmortems, environments, gates):
            made |= {(language, name): page for name, page in asyncio.run(of(language)).items()}
    services.use(None)
    return made


def test_every_state_is_looked_at(pages: dict[tuple[str, str], str]) -> None:
    shown = {name: page for (language, name), page in pages.items() if language == "en"}

    assert len(pages) == 2 * len(shown) == 44
    assert "Propose this instead" in shown["approval waiting"]
    assert 'type="number"' in shown["approval waiting"]
    assert "Sign in" in shown["approval signed out"]
    assert "has changed" in shown["approval changed"]
    assert "Cancel and undo" in shown["operation running"]
    assert 'type="radio"' in shown["environment choices"]
    assert shown["gate failed"].count("<svg") == 3


def test_no_page_breaks_a_rule_of_accessibility(pages: dict[tuple[str, str], str], browser: Any) -> None:
    broken = {}
    for scheme, language in itertools.product(("light", "dark"), ("pt-BR", "en")):
        context = browser.new_context(viewport=PHONE, color_scheme=scheme, locale=language)
        page = context.new_page()
        for (written_in, name), html in pages.items():
            if written_in == language:
                page.set_content(html.replace('http-equiv="refresh"', 'name="refresh"'))
                if found := violations(page):
                    broken[scheme, language, name] = found
                assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], name
                assert page.evaluate("document.documentElement.lang") == language
        context.close()
    assert broken == {}
