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

_POLICIES, _PERMISSIONS = 3, 2
"""For each service of the path."""
_LOADS = 60
_QUERY = f"SELECT SUBJECT FROM CORE.EVENTS WHERE EVENT_TYPE = '{SERVICE_PROVISIONED}'"


async def told(there: World, count: int) -> Counter[str]:
    """How often the events tell of each operation, once they tell `count` times or have had a minute for it."""
    client = warehouse(read_login(warehouse_settings(there.document)))
    found: Counter[str] = Counter()
    try:
        for _ in range(_LOADS):
            await there.load_warehouse()
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
    """What the vendors gained beside what so many services are, and what they lack."""
    gained = {kind: Counter(after[kind]) - Counter(before[kind]) for kind in after}
    lost = {kind: Counter(before[kind]) - Counter(after[kind]) for kind in before}
    for kind, each in (("branch policies", _POLICIES), ("pipeline permissions", _PERMISSIONS)):
        gained[kind] = Counter({"": sum(gained[kind].values()) - each * len(names)})
    wanted = {kind: Counter(list(map(form.format, names))) for kind, form in _OF_EACH.items()}
    wanted["Dynatrace settings"].update(map("alerting.profile {}".format, names))
    wanted["Dynatrace SLOs"].update(map("{} latency".format, names))
    found = []
    for kind, counted in gained.items():
        expected = wanted.get(kind, Counter())
        found += [f"{kind}: too many: {name}" for name in sorted((counted - expected).elements())]
        found += [f"{kind}: too few: {name}" for name in sorted((expected - counted).elements())]
        found += [f"{kind}: lost: {name}" for name in sorted(lost[kind].elements())]
        found += [f"{kind}: too few" for name, count in counted.items() if count < 0]
    return found


_OF_EACH = {
    "repositories": "{}",
    "pipelines": "{}",
    "Azure environments": "{} development (running)",
    "Dynatrace settings": "management-zones {}",
    "Dynatrace SLOs": "{} availability",
    "Dynatrace entities": "{}",
    "CIs": "{}",
    "registered services": "{}",
}
