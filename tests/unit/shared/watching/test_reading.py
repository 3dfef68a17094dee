"""Reading: samples become minutes; a refusal that is about one entity is told from one that is about us."""

import pytest

from shared.domain.watch.seasons import MINUTE_MS
from shared.errors import VendorRefused
from shared.watching.reading import Reading, by_minute
from tests.fakes.watching import NOW_MS, FakeDynatrace, a_service


def test_samples_finer_than_a_minute_are_averaged() -> None:
    points = [(0, 1.0), (20_000, None), (40_000, 3.0), (MINUTE_MS, None), (2 * MINUTE_MS, 5.0)]

    assert by_minute(points) == [(0, 2.0), (MINUTE_MS, None), (2 * MINUTE_MS, 5.0)]


async def test_a_token_that_may_not_ask_is_no_matter_of_one_entity() -> None:
    dynatrace = FakeDynatrace()

    async def forbidden(*_: object) -> None:
        dynatrace.metrics.asked.append(("of", (), ""))
        raise VendorRefused("dynatrace", "metrics", "HTTP 403", 403)

    dynatrace.metrics.of = forbidden  # type: ignore[method-assign, assignment]
    services = [a_service(f"s{number}", f"SERVICE-{number}") for number in range(8)]

    with pytest.raises(VendorRefused, match="403"):
        await Reading(dynatrace).minutes(services, NOW_MS)  # type: ignore[arg-type]
    assert len(dynatrace.metrics.asked) == 1


async def test_the_newest_minute_is_not_whole_yet() -> None:
    dynatrace = FakeDynatrace()
    dynatrace.draw()

    found = await Reading(dynatrace).minutes([a_service()], NOW_MS + 30_000)  # type: ignore[arg-type]

    newest = max(at for at, _ in found["checkout"]["latency"])
    assert newest == NOW_MS - 2 * MINUTE_MS


async def test_services_that_share_an_entity_share_its_samples() -> None:
    dynatrace = FakeDynatrace()
    dynatrace.draw()

    found = await Reading(dynatrace).minutes([a_service("a"), a_service("b")], NOW_MS)  # type: ignore[arg-type]

    assert found["a"] == found["b"] != {}
