"""What a case of the matrix is: a call of a step that is hit, how, in which world, and what has to come of it."""

from dataclasses import dataclass
from typing import Any

from tests.e2e.matrix.platform import TIMEOUT_S

KILLED_BEFORE, KILLED_AFTER = "killed before", "killed after"
REFUSED, ENDS, STAYS = "refused", "5xx that ends", "5xx that stays"
CUT, LOST, LATE = "cut before", "lost reply", "late"

FAULTS: dict[str, dict[str, Any]] = {
    KILLED_BEFORE: {"kind": "hold", "seconds": 60, "times": 1},
    KILLED_AFTER: {"kind": "lost_reply", "seconds": 60, "times": 1},
    REFUSED: {"kind": "status", "status": 403, "times": 1},
    ENDS: {"kind": "status", "status": 503, "times": 5},
    STAYS: {"kind": "status", "status": 500},
    CUT: {"kind": "drop", "times": 1},
    LOST: {"kind": "lost_reply", "times": 1},
    LATE: {"kind": "latency", "seconds": TIMEOUT_S + 0.7, "times": 1},
}
"""What a simulated vendor does. late: it works after its caller has given up.

5xx that ends: more of them than a client tries by itself, so that the saga tries again.
"""
KILLS = (KILLED_BEFORE, KILLED_AFTER)
LASTING = (REFUSED, STAYS)
"""After these the step fails."""

AZURE, DYNATRACE, SERVICENOW, TEAMS = "azure_devops", "dynatrace", "servicenow", "teams"

WHOLE, NOTHING, ENDED = "whole", "nothing left", "decommissioned"

PLAIN, APPROVAL = "new", "with approval"
EXISTING, EMPTY = "all of it exists", "an empty repository exists"
"""Worlds: what there is under the service's name before, to be adopted."""

RUN_FAILS, REGISTER_REFUSED, CANCELLED = "the run fails", "registering is refused", "cancelled in the run"
"""Why a saga undoes what it made."""
DECOMMISSIONED = "decommissioned"
"""Not the making of a service is hit, but its end."""


@dataclass(frozen=True)
class Call:
    """One call of a step, or of a compensation (undoes).

    operation: of the simulated vendor; of a store of ours, the words of the request, where {name} is the service's.
    skip: how many calls of this operation come before. soft: a failure here undoes nothing. ends: why the saga has
    to undo what it made. part: which of several such calls it is. spoils: an operation of a vendor that is refused
    once, so that undoing fails and has to be tried again. retries: it is then that the call comes.
    """

    step: str
    vendor: str
    operation: str
    skip: int = 0
    undoes: bool = False
    soft: bool = False
    world: str = PLAIN
    ends: str = ""
    faults: tuple[str, ...] = tuple(FAULTS)
    part: str = ""
    spoils: tuple[str, str] = ("", "")
    retries: bool = False


@dataclass(frozen=True)
class Case:
    """One row."""

    call: Call
    fault: str

    @property
    def id(self) -> str:
        world = "" if self.call.world == PLAIN else self.call.world
        return ", ".join(filter(None, (self.step, self.call.part, world, self.fault)))

    @property
    def step(self) -> str:
        """Whose step it is, and which."""
        saga = "decommission" if self.call.ends == DECOMMISSIONED else "undo" if self.call.undoes else ""
        saga = "try again" if self.call.retries else saga
        return f"{saga}: {self.call.step}" if saga else self.call.step

    @property
    def outcome(self) -> str:
        """What must be there afterwards."""
        if self.call.ends == DECOMMISSIONED:
            return ENDED
        failed = self.fault in LASTING and not self.call.soft
        return NOTHING if self.call.ends or failed else WHOLE

    @property
    def resists(self) -> bool:
        """Whether the compensation cannot be done before the vendor is well again."""
        return bool(self.call.spoils[0]) or (self.call.undoes and self.fault in LASTING)

    @property
    def may_resist(self) -> bool:
        """Whether undoing may need what is broken, or more patience than there is here while a worker is away."""
        slow = self.call.step == "destroy_environment" and self.fault in KILLS
        return self.resists or self.fault == STAYS or slow

    @property
    def may_warn(self) -> set[str]:
        """Steps that may be left undone with a warning."""
        if self.call.vendor == TEAMS:
            # A card cannot be looked for: what may stand in the channel is not posted again.
            return {"announce"} if self.fault in (REFUSED, STAYS, CUT, LOST, LATE) else set()
        return {self.call.step} if self.fault in LASTING else set()
