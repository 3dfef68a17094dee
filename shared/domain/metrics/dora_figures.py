"""The five metrics of DORA a service, environment and period, and the bands they fall in. docs/dora.md defines each.

Pure. The warehouse computes the same in SQL (MART.DORA_DAILY, _WEEKLY, _MONTHLY) and is held to this. What there is no
data for is None, never 0: a day counts no deployments only while the service was seen to live.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from shared.domain.metrics.dora import DEPLOYED, FAILED, ROLLED_BACK, Deployed, Judged
from shared.domain.metrics.dora_commits import Delivered
from shared.domain.metrics.response_figures import percentile

Row = dict[str, Any]
_Key = tuple[str, str, date]

DAY, WEEK, MONTH = "day", "week", "month"
_DAY_S = 86_400
_COUNTED = (DEPLOYED, FAILED, ROLLED_BACK)

BANDS = ("elite", "high", "medium", "low")
"""Of the Accelerate State of DevOps Report 2023."""
_AT_MOST = {
    "LEAD_TIME": (_DAY_S, 7 * _DAY_S, 30 * _DAY_S),
    "RECOVERY": (3600, _DAY_S, 7 * _DAY_S),
    "CHANGE_FAIL_RATE": (0.05, 0.10, 0.15),
}
_AT_LEAST = {"DEPLOYMENT_FREQUENCY": (1.0, 1 / 7, 1 / 30)}


def starts(grain: str) -> Callable[[date], date]:
    """The first day of the period a day lies in; weeks are ISO's, from Monday."""
    if grain == WEEK:
        return lambda day: day - timedelta(days=day.weekday())
    return (lambda day: day.replace(day=1)) if grain == MONTH else (lambda day: day)


def figures(judged: Judged, grain: str) -> list[Row]:
    """A row a service, environment and period in which it was seen to live, columns as in the views.

    It lives from its first deployment to the day of the newest one of all services.
    """
    start = starts(grain)
    days: dict[tuple[str, str], list[date]] = defaultdict(list)
    deployments: dict[_Key, list[Deployed]] = defaultdict(list)
    commits: dict[_Key, list[Delivered]] = defaultdict(list)
    for one in judged.deployments:
        if one.status in _COUNTED and one.finished_at:
            day = _day(one.finished_at)
            days[one.service, one.environment].append(day)
            deployments[one.service, one.environment, start(day)].append(one)
    for commit in judged.commits:
        commits[commit.service, commit.environment, start(_day(commit.delivered_at))].append(commit)
    newest = max((day for of in days.values() for day in of), default=None)
    rows = []
    for (service, environment), seen in days.items():
        assert newest
        lived = [min(seen) + timedelta(days=number) for number in range((newest - min(seen)).days + 1)]
        for period in sorted(set(map(start, lived))):
            key = (service, environment, period)
            observed = sum(start(day) == period for day in lived)
            row: Row = {"SERVICE": service, "ENVIRONMENT": environment, grain.upper(): period}
            rows.append(row | _figures(deployments[key], commits[key], observed))
    return rows


def bands(row: Mapping[str, Any]) -> Row:
    """The band of each metric that has one; None without data. Rework has none: dora.dev names none."""
    found: Row = {}
    for name, column in (("LEAD_TIME", "LEAD_TIME_MEDIAN_S"), ("RECOVERY", "RECOVERY_MEDIAN_S")):
        found[f"{name}_BAND"] = _band(row[column], _AT_MOST[name])
    found["CHANGE_FAIL_RATE_BAND"] = _band(row["CHANGE_FAIL_RATE"], _AT_MOST["CHANGE_FAIL_RATE"])
    per_day = row["DEPLOYMENTS_PER_DAY"]
    least = tuple(-bound for bound in _AT_LEAST["DEPLOYMENT_FREQUENCY"])
    found["DEPLOYMENT_FREQUENCY_BAND"] = _band(None if per_day is None else -per_day, least)
    return found


def _band(value: float | None, bounds: Sequence[float]) -> str | None:
    if value is None:
        return None
    return next((band for band, bound in zip(BANDS, bounds, strict=False) if value <= bound), BANDS[-1])


def _figures(of: Iterable[Deployed], commits: Sequence[Delivered], observed: int) -> Row:
    all_ = list(of)
    changes = [one for one in all_ if one.status != ROLLED_BACK]
    failed = sum(one.status == FAILED for one in changes)
    rework = sum(one.rework for one in all_)
    succeeded = sum(one.succeeded for one in changes)
    leads = [one.lead_s for one in commits if one.lead_s is not None]
    recoveries = [one.recovery_s for one in changes if one.recovery_s is not None]
    return {
        "OBSERVED_DAYS": observed,
        "DEPLOYMENTS": len(changes),
        "SUCCESSFUL_DEPLOYMENTS": succeeded,
        "DEPLOYMENTS_PER_DAY": succeeded / observed,
        "FAILED_DEPLOYMENTS": failed,
        "CHANGE_FAIL_RATE": failed / len(changes) if changes else None,
        "ROLLBACKS": len(all_) - len(changes),
        "REWORK_DEPLOYMENTS": rework,
        "REWORK_RATE": rework / len(all_) if all_ else None,
        "COMMITS": len(commits),
        "LEAD_TIMES": len(leads),
        "LEAD_TIME_MEDIAN_S": percentile(leads, 0.5),
        "LEAD_TIME_P90_S": percentile(leads, 0.9),
        "RECOVERIES": len(recoveries),
        "RECOVERY_MEDIAN_S": percentile(recoveries, 0.5),
        "RECOVERY_P90_S": percentile(recoveries, 0.9),
    }


def _day(at: datetime) -> date:
    return at.astimezone(UTC).date()
