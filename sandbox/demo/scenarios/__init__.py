"""The scenarios in the order of the demo; each module has NAME, TITLE and `play`.

`play` returns when the story is told: what it found is in the stage's checks. It raises where the story cannot
go on.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sandbox.demo.scenarios import (
    adopted,
    bad_version,
    change_risk,
    decommission,
    delivery_figures,
    failing_pipeline,
    forged,
    good_version,
    incident,
    killed_worker,
    provision,
    redelivery,
    vendor_away,
    warehouse_rows,
)
from sandbox.demo.stage import Stage


@dataclass(frozen=True)
class Scenario:
    name: str
    title: str
    play: Callable[[Stage], Awaitable[object]]


SCENARIOS = tuple(
    Scenario(module.NAME, module.TITLE, module.play)
    for module in (
        *(incident, redelivery, killed_worker, vendor_away, forged),
        *(provision, failing_pipeline, adopted, decommission),
        *(good_version, bad_version, change_risk),
        *(warehouse_rows, delivery_figures),
    )
)
