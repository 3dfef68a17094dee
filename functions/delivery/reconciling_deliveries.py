"""A timer that heals what hooks missed: what happened since the last look, reports nobody could match yet.

What each vendor has to tell since then, its module of functions/delivery/pulling_deliveries reads.
"""

import logging
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import azure.durable_functions as df
import azure.functions as func

from functions.delivery.deliveries import announcer, shelf, take
from functions.delivery.pulling_deliveries.azure_devops import pull_azure_devops
from functions.delivery.pulling_deliveries.github import pull_github
from shared.services import services

if TYPE_CHECKING:
    from shared.delivery.shelf import Kept

bp = df.Blueprint()
log = logging.getLogger(__name__)

MOST_RETRIED, MOST_TOLD = 100, 50
MOST_AWAY = 3
"""Reports in vain, after which their tool counts as away: each may take most of a minute to fail."""
RETRIED = frozenset(
    {"unregistered", "ambiguous", "no_environment", "not_finished", "not_there", "vendor_away", "refused"}
)
"""Reasons that may pass."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=5), timedelta(days=1)


@bp.timer_trigger(schedule="0 6/10 * * * *", arg_name="timer", run_on_startup=False)
async def reconcile_deliveries(timer: func.TimerRequest) -> None:
    await reconcile(datetime.now(UTC))


async def reconcile(now: datetime) -> dict[str, int]:
    """How many were reported, matched and told to Dynatrace. Raises: VendorUnavailable of blob or servicebus."""
    healed = {"reported": 0, "matched": 0, "told": 0}
    registered = await services().registry.all()
    for pull_missed in (pull_azure_devops, pull_github):
        healed["reported"] += await pull_missed(registered, now)
    healed["matched"] = await _retry(now)
    healed["told"] = await announcer().tell_waiting(now, MOST_TOLD)
    if healed["matched"] or healed["told"]:
        log.warning("reconciled deliveries: %s", healed)
    return healed


async def _retry(now: datetime) -> int:
    """Try again what may match by now, the longest untried first; forget what is too old."""
    from shared.delivery.shelf import KEPT_FOR
    from shared.domain.delivery.delivery_matching import AWAY

    kept, matched, away = shelf(), 0, Counter[str]()
    entries = sorted(await kept.all(), key=lambda one: one["tried_at"])
    old = [one for one in entries if now - datetime.fromisoformat(one["kept_at"]) > KEPT_FOR]
    for entry in old:
        await kept.drop(entry["id"])
    due = [one for one in entries if one not in old and _is_due(one, now)]
    for entry in due[:MOST_RETRIED]:
        source = entry["report"]["source"]
        if away[source] >= MOST_AWAY:
            continue
        reason = await take(entry["id"], entry["report"], now)
        matched += not reason
        away[source] += reason == AWAY
    return matched


def _is_due(entry: "Kept", now: datetime) -> bool:
    waited = now - datetime.fromisoformat(entry["tried_at"])
    return entry["reason"] in RETRIED and waited >= _pause(entry["tries"])


def _pause(tries: int) -> timedelta:
    doubled: int = 2 ** min(tries - 1, 10)
    return min(FIRST_PAUSE * doubled, LONGEST_PAUSE)
