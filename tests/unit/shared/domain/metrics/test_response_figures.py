"""What incidents come to: days, what comes back, percentiles."""

from datetime import UTC, date, datetime

import pytest

from shared.domain.metrics import response
from shared.domain.metrics.response_figures import daily, percentile, repeated
from tests.unit.shared.domain.metrics.test_response import Event, closed, decided, opened


def test_a_day_is_counted_by_service_in_utc() -> None:
    late = opened(operation="two", data={"incident_number": "INC2", "opened_at": "2026-11-20T22:30:00-03:00"})
    rows = daily(response.read([opened(), decided("2026-11-20T10:04:00Z"), closed(), late]))

    by_day = {row["DAY"]: row for row in rows}
    first, second = by_day[date(2026, 11, 20)], by_day[date(2026, 11, 21)]
    assert (first["INCIDENTS"], first["ENDED"], first["SHARE_FIXED_BY_RUNBOOK"]) == (1, 1, 1.0)
    assert (first["MTTA_MEAN_S"], first["MTTR_P90_S"], first["SHARE_AUTOMATIC"]) == (240, 1800, 0.0)
    assert (second["INCIDENTS"], second["MTTR_MEDIAN_S"], second["SHARE_FIXED_BY_RUNBOOK"]) == (1, None, None)


def test_an_incident_comes_back_within_thirty_days_to_the_moment() -> None:
    def on(number: int, opened_at: str) -> Event:
        return opened(operation=str(number), data={"incident_number": f"INC{number}", "opened_at": opened_at})

    first, last = on(1, "2026-10-21T10:00:00Z"), on(2, "2026-11-20T10:00:00Z")
    too_early = on(3, "2026-10-21T09:59:59Z")

    [row] = repeated(response.read([last, first, too_early]))
    assert (row["INCIDENTS"], row["LAST_INCIDENT"]) == (2, "INC2")
    assert row["FIRST_OPENED_AT"] == datetime(2026, 10, 21, 10, tzinfo=UTC)
    assert repeated(response.read([last, too_early])) == []


@pytest.mark.parametrize(
    ("values", "p90"), [([], None), ([5.0], 5.0), ([10.0, 0.0], 9.0), ([1.0, 2.0, 3.0], 2.8)]
)
def test_a_percentile_lies_between_its_neighbours(values: list[float], p90: float | None) -> None:
    assert percentile(values, 0.9) == (None if p90 is None else pytest.approx(p90))
