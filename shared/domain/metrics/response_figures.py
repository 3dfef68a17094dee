"""What incidents come to: figures of a day, and what comes back. The numbers that docs/incident-metrics.md defines.

Pure. The warehouse computes the same in SQL (MART.INCIDENT_RESPONSE_DAILY, MART.REPEATED_INCIDENTS) and is held to
this. What there is no data for is None, never 0.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from shared.domain.incident import incidents
from shared.domain.metrics.response import Incident

Row = dict[str, Any]

REPEATED_WITHIN = timedelta(days=30)

_COUNTED = (
    incidents.SELF_RESOLVED,
    incidents.HANDED_OVER,
    incidents.UNVERIFIED,
    incidents.REFUSED,
    incidents.EXPIRED,
)


def daily(found: Iterable[Incident]) -> list[Row]:
    """A row a day of opening (UTC) and service, with the columns of MART.INCIDENT_RESPONSE_DAILY."""
    days: dict[tuple[date, str | None], list[Incident]] = defaultdict(list)
    for one in found:
        if one.opened_at is not None:
            days[one.opened_at.astimezone(UTC).date(), one.service].append(one)
    return [{"DAY": day, "SERVICE": service, **_figures(of)} for (day, service), of in days.items()]


def repeated(found: Iterable[Incident]) -> list[Row]:
    """A row a fingerprint with more than one incident within REPEATED_WITHIN of its newest."""
    marks: dict[str, list[tuple[datetime, Incident]]] = defaultdict(list)
    for one in found:
        if one.fingerprint is not None and one.opened_at is not None:
            marks[one.fingerprint].append((one.opened_at, one))
    rows = []
    for mark, of in marks.items():
        newest_at, newest = max(of, key=lambda pair: (pair[0], pair[1].name))
        near = [at for at, _ in of if at >= newest_at - REPEATED_WITHIN]
        if len(near) > 1:
            row: Row = {"FINGERPRINT": mark, "SERVICE": newest.service, "INCIDENTS": len(near)}
            row |= {"FIRST_OPENED_AT": min(near), "LAST_OPENED_AT": newest_at}
            rows.append(row | {"LAST_INCIDENT": newest.name, "LAST_OUTCOME": newest.outcome})
    return rows


def percentile(values: Sequence[float], share: float) -> float | None:
    """Between the two nearest values, in proportion (PERCENTILE_CONT). None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    whole, rest = divmod(share * (len(ordered) - 1), 1)
    low, high = ordered[int(whole)], ordered[min(int(whole) + 1, len(ordered) - 1)]
    return low + (high - low) * rest


def _figures(of: Sequence[Incident]) -> Row:
    ended = [one for one in of if one.outcome is not None]
    judged = [one.automatic for one in ended if one.automatic is not None]
    fixed = sum(bool(one.fixed_by_runbook) for one in ended)
    named = {name.upper(): sum(one.outcome == name for one in ended) for name in _COUNTED}
    row: Row = {
        "INCIDENTS": len(of),
        "ENDED": len(ended),
        "ACKNOWLEDGED": sum(one.seconds_to_acknowledge is not None for one in of),
        "FIXED_BY_RUNBOOK": fixed,
        "SHARE_FIXED_BY_RUNBOOK": fixed / len(ended) if ended else None,
        "AUTOMATIC": sum(judged),
        "SHARE_AUTOMATIC": sum(judged) / len(judged) if judged else None,
        "FAILED": sum(one.outcome in incidents.FAILURES for one in ended),
        **named,
    }
    for name, values in (
        ("MTTA", [one.seconds_to_acknowledge for one in of]),
        ("MTTM", [one.seconds_to_mitigate for one in of]),
        ("MTTR", [one.seconds_to_resolve for one in of]),
    ):
        known = [value for value in values if value is not None]
        row[f"{name}_MEDIAN_S"] = percentile(known, 0.5)
        row[f"{name}_P90_S"] = percentile(known, 0.9)
        row[f"{name}_MEAN_S"] = sum(known) / len(known) if known else None
    return row
