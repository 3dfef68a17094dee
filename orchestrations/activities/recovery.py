"""The activity that looks whether an action helped: the problem's state, and every indicator before it and since.

While the problem is open the service's own indicator alone is read: more would change nothing, and it is asked often.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import azure.durable_functions as df

from orchestrations.activities.collecting import MINUTE_MS, now_ms
from orchestrations.activities.indicators import golden, own, own_names
from orchestrations.outcome import Value, answers_outcome
from shared.domain.incident import verification
from shared.domain.incident.verification import Indicator, Window
from shared.domain.watch import signals
from shared.services import services

bp = df.Blueprint()


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def check_recovery(payload: dict) -> Value:  # type: ignore[type-arg]
    """Judge recovery since `since` (ISO 8601, "": not ended yet): a domain.verification.Recovery.

    {"problem", "service", "since", "indicator"?: the one of the runbook, "within_minutes"?: of the runbook; the
    window takes half of it at most}.
    """
    problem, window = payload["problem"], _window(payload)
    found = await services().dynatrace.problems.get(problem["problem_id"])
    closed = None if found is None else found["status"] == "CLOSED"
    start_ms = int(problem["start_ms"] or (found["start_ms"] if found else window.since_ms))
    looks = [own(payload["service"]["dynatrace"], start_ms, window)]
    if closed:
        looks.append(golden(payload["service"]["dynatrace"], payload["problem"], start_ms, window))
    indicators = [one for several in await asyncio.gather(*looks) for one in several]
    wanted = payload.get("indicator") or ""
    if closed and wanted not in own_names(payload["service"]["dynatrace"]):
        indicators = _with(wanted, indicators)
    judged = indicators or [_unmeasured(signals.OWN)]
    return dict(verification.judge(closed, judged, start_ms, window))


def _window(payload: Mapping[str, Any]) -> Window:
    settings, now = services().settings, now_ms()
    since = payload["since"]
    since_ms = int(datetime.fromisoformat(since).timestamp() * 1000) if since else now
    minutes = settings.verification_window_minutes
    if payload.get("within_minutes"):
        minutes = min(minutes, payload["within_minutes"] / 2)
    return Window(since_ms, now, round(minutes * MINUTE_MS), settings.verification_min_samples)


def _with(wanted: str, found: Sequence[Indicator]) -> list[Indicator]:
    """With the runbook's indicator required; one that is not measured stands there without data."""
    marked = [one._replace(required=one.required or one.name == wanted) for one in found]
    return marked if any(one.name == wanted for one in marked) else [*marked, _unmeasured(wanted)]


def _unmeasured(name: str) -> Indicator:
    return Indicator(name, "", "", "up", 0.0, None, True, MINUTE_MS, (), ())
