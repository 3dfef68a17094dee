"""What so many whole services are, counted in the vendors and in the warehouse: nothing missing, nothing twice."""

import asyncio
from collections import Counter
from collections.abc import Sequence

from sandbox.demo.golden_path import Holdings
from sandbox.platform.app_settings import warehouse_settings
from sandbox.platform.story import World
from shared.clients.snowflake import warehouse
from shared.domain.event_types import SERVICE_PROVISIONED
from shared.errors import VendorUnavailable
from warehouse.login import read_login

_LOADS = 60
_QUERY = f"SELECT SUBJECT FROM CORE.EVENTS WHERE EVENT_TYPE = '{SERVICE_PROVISIONED}'"


async def told(there: World, count: int) -> Counter[str]:
    """How often the events tell of each operation, once they tell `count` times or have had a minute for it."""
    client = warehouse(read_login(warehouse_settings(there.document)))
    found: Counter[str] = Counter()
    try:
        for _ in range(_LOADS):
            await there.run_timer("load_warehouse")
            await asyncio.sleep(1)
            try:
                found = Counter(str(row["SUBJECT"]) for row in await client.query(_QUERY))
            except VendorUnavailable:  # its tables are not there yet
                continue
            if found.total() >= count:
                break
    finally:
        await client.close()
    return found


def differences(before: Holdings, after: Holdings, names: Sequence[str]) -> list[str]:
    """What the vendors gained beside what services of these names are, and what they lack."""
    found = []
    for kind in after:
        was, now = Counter(before[kind]), Counter(after[kind])
        gained = now - was
        found += [f"{kind}: lost: {name}" for name in (was - now).elements()]
        if kind in _COUNTED:
            missing = _COUNTED[kind] * len(names) - gained.total()
            found += [f"{kind}: {missing} too few"] if missing else []
            continue
        expected = Counter(form.format(name) for form in _NAMED.get(kind, ()) for name in names)
        found += [f"{kind}: too many: {name}" for name in (gained - expected).elements()]
        found += [f"{kind}: too few: {name}" for name in (expected - gained).elements()]
    return found


_NAMED = {
    "repositories": ["{}"],
    "pipelines": ["{}"],
    "Azure environments": ["{} development (running)"],
    "Dynatrace settings": ["management-zones {}", "alerting.profile {}"],
    "Dynatrace SLOs": ["{} availability", "{} latency"],
    "Dynatrace entities": ["{}"],
    "CIs": ["{}"],
    "registered services": ["{}"],
}
"""What a whole service is, as `holdings` names it."""
_COUNTED = {"branch policies": 3, "pipeline permissions": 2}
"""What the vendor numbers: so many for each service of the path."""
