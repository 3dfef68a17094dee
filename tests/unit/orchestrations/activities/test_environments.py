"""The activities that tend environments: over the real registry, with cards whose links are signed."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from orchestrations.activities import environments as tended
from shared import services
from shared.clients.teams import teams_client
from shared.domain import cards
from shared.domain.service import environment_changes as changes
from shared.domain.service.environments import Environment, due, iso, rules
from shared.errors import Forbidden
from shared.security import links
from tests.fakes import teams as fake_teams
from tests.fakes.environments import NAME, a_service, an_environment
from tests.fakes.services import fake_services
from tests.fakes.vendor import timed_out

PLACE = {"service": "orders", "environment": NAME}
RULES = rules(24, 60)


class Platform:
    def __init__(self) -> None:
        self.teams = fake_teams.FakeTeams()
        self.services: Any = fake_services()
        self.services.__dict__.update(teams=teams_client(fake_teams.URL, transport=self.teams.transport))

    async def register(self, environment: Environment) -> str:
        """With what is due for it claimed. Returns the action's id."""
        marked = changes.mark("orders", NAME, environment, datetime.now(UTC), RULES)
        assert marked is not None
        await self.services.registry.put(a_service(marked))
        return str(marked["action"]["id"])

    async def environment(self) -> Environment:
        service = await self.services.registry.get("orders")
        found: Environment = service["environments"][NAME]
        return found


@pytest.fixture
def platform() -> Iterator[Platform]:
    made = Platform()
    services.use(made.services)
    yield made
    services.use(None)


async def act(activity: Any, action_id: str, payload: dict[str, Any]) -> dict[str, Any]:
    function = activity._function.get_user_function()
    handler = getattr(function, "activity_function", function)
    outcome: dict[str, Any] = await handler({"key": f"{action_id}/step", **PLACE, **payload})
    return outcome


def ended() -> Environment:
    past = iso(datetime.now(UTC) - timedelta(minutes=1))
    return an_environment(ends_at=past, announced_for=past)


async def test_what_is_due_begins_and_says_where_its_pipeline_is(platform: Platform) -> None:
    action_id = await platform.register(ended())

    for _ in range(2):
        value = (await act(tended.begin_environment_action, action_id, {}))["value"]
        assert value["go"] is True
        assert value["place"] == {"project": "loja", "pipeline_id": 7, "servicenow_ci": "c" * 32}
        assert value["owned_by"] == {"product": "order-to-cash", "owner": "team-orders"}
        assert value["environment"]["state"] == "destroying"
    assert (await platform.environment())["state"] == "destroying"


async def test_what_was_extended_meanwhile_is_left_alone(platform: Platform) -> None:
    action_id = await platform.register(ended())
    later = {**await platform.environment(), "ends_at": iso(datetime.now(UTC) + timedelta(days=3))}
    await platform.services.registry.put(a_service(later))

    value = (await act(tended.begin_environment_action, action_id, {}))["value"]

    assert value == {"go": False, "result": "left"}
    environment = await platform.environment()
    assert (environment["state"], environment["action"]) == ("running", None)


async def test_what_is_no_longer_registered_is_left(platform: Platform) -> None:
    assert (await act(tended.begin_environment_action, "x", {}))["value"]["go"] is False

    await platform.services.registry.put({**a_service(ended()), "environments": {}})
    assert (await act(tended.begin_environment_action, "x", {}))["value"]["go"] is False


async def test_finishing_keeps_the_state_once(platform: Platform) -> None:
    action_id = await platform.register(ended())
    await act(tended.begin_environment_action, action_id, {})

    for run_id in (41, 42):
        await act(tended.finish_environment_action, action_id, {"told": None, "run_id": run_id})

    environment = await platform.environment()
    assert (environment["state"], environment["run_id"], environment["action"]) == ("destroyed", 41, None)


async def test_failing_keeps_why_and_when_again(platform: Platform) -> None:
    action_id = await platform.register(ended())
    await act(tended.begin_environment_action, action_id, {})
    now = datetime.now(UTC)
    incident = {"sys_id": "s", "number": "INC1", "url": "https://snow.example/INC1"}
    failure = {"at": now.isoformat(), "reason": "run 41 failed", "incident": incident, "run_id": 41}

    await act(tended.fail_environment_action, action_id, failure)

    environment = await platform.environment()
    assert environment["state"] == "destroy_failed"
    assert environment["failure"]["incident"] == incident
    assert due(NAME, environment, now + timedelta(hours=23), RULES) is None
    assert due(NAME, environment, now + timedelta(hours=25), RULES) is not None


async def test_a_storage_that_is_away_is_said_so(platform: Platform) -> None:
    action_id = await platform.register(ended())
    platform.services.blob.away = True

    outcome = await act(tended.begin_environment_action, action_id, {})

    assert outcome["status"] == "unavailable"


async def test_the_card_s_link_is_signed_for_this_environment_until_after_its_end(platform: Platform) -> None:
    ends_at = datetime.now(UTC) + timedelta(hours=10)
    page = "https://app.example/api/services/orders/environments/development/extend"
    links_of_card = [("card.extend", page), ("card.open_operation", "https://app.example/api/operations/x")]
    card = cards.notice_card("en", "It ends", [], links_of_card)

    await act(tended.post_environment_card, "x", {"card": card, "ends_at": iso(ends_at)})

    extend, operation = (action["url"] for action in platform.teams.cards[0]["actions"])
    token = parse_qs(urlsplit(extend).query)["token"][0]
    secrets = platform.services.settings.link_secrets
    links.verify_environment(secrets, token, "orders", NAME, now_s=ends_at.timestamp() + 3600)
    for service, environment, now_s in (
        ("orders", "preview", time.time()),
        ("billing", NAME, time.time()),
        ("orders", NAME, ends_at.timestamp() + 2 * 24 * 3600),
    ):
        with pytest.raises(Forbidden):
            links.verify_environment(secrets, token, service, environment, now_s=now_s)
    assert operation == "https://app.example/api/operations/x"


async def test_a_link_to_an_environment_is_none_to_an_approval(platform: Platform) -> None:
    secrets = platform.services.settings.link_secrets
    address = links.environment_address(
        "https://app.example", secrets, "orders", NAME, expires_at_s=int(time.time()) + 60
    )
    token = address.partition("token=")[2]

    for operation in ("orders", NAME):
        with pytest.raises(Forbidden):
            links.verify_approval(secrets, token, operation, now_s=time.time())


async def test_a_card_without_an_answer_may_have_arrived(platform: Platform) -> None:
    platform.teams.fail("POST", "", timed_out)
    card = cards.notice_card("en", "It ended", [], [])

    assert (await act(tended.post_environment_card, "x", {"card": card, "ends_at": None}))[
        "status"
    ] == "unknown"
