"""What there must be after a case: a whole service, or exactly what was there before, and nothing twice."""

from collections import Counter
from dataclasses import dataclass, field

from tests.e2e.matrix.cases import (
    APPROVAL,
    DECOMMISSIONED,
    EMPTY,
    ENDED,
    EXISTING,
    KILLS,
    NOTHING,
    PLAIN,
    Case,
)
from tests.e2e.matrix.rig import Operation
from tests.e2e.matrix.snapshot import Difference

MADE: dict[str, dict[str, int]] = {
    PLAIN: {
        "azure_devops.repository": 1,
        "azure_devops.commit": 1,
        "azure_devops.ref": 1,
        "azure_devops.pipeline": 1,
        "azure_devops.permission": 2,
        "azure_devops.policy": 3,
        "azure_devops.run": 1,
        "azure_devops.azure_environment": 1,
        "dynatrace.entity": 1,
        "dynatrace.settings_object": 2,
        "dynatrace.slo": 2,
        "servicenow.cmdb_ci_service": 1,
        "blob.registry/services": 1,
        "blob.registry/claims": 1,
    },
}
"""How many of each make a whole service, by world, records left out."""
_STAYS_AFTER_THE_END = (
    "azure_devops.repository",
    "azure_devops.commit",
    "azure_devops.ref",
    "azure_devops.policy",
    "servicenow.cmdb_ci_service",
)
MADE[APPROVAL] = MADE[PLAIN]
MADE[EXISTING] = {
    "azure_devops.policy": 2,
    "dynatrace.settings_object": 1,
    "dynatrace.slo": 1,
    "blob.registry/services": 1,
    "blob.registry/claims": 1,
}
_NEEDS_A_FIRST_RUN = ("azure_devops.run", "azure_devops.azure_environment", "dynatrace.entity")
MADE[EMPTY] = {kind: count for kind, count in MADE[PLAIN].items() if kind not in _NEEDS_A_FIRST_RUN}
MADE[EMPTY]["gone: azure_devops.repository"] = 1
"""It is the one that was there, with a branch now."""
MADE[ENDED] = {
    "azure_devops.repository": 1,
    "servicenow.cmdb_ci_service": 1,
    "gone: azure_devops.repository": 1,
    "gone: servicenow.cmdb_ci_service": 1,
    **{f"gone: {kind}": count for kind, count in MADE[PLAIN].items() if kind not in _STAYS_AFTER_THE_END},
}
_WITHOUT_ENTITY = {"await_entity", "link_entity"}
"""With these warnings the registry does not know the service's entity in Dynatrace."""
OUTCOMES = {ENDED: "decommissioned"}
_UNDONE = ("compensated", "compensation_failed", "cancelled")
_CLOSED, _CANCELLED, _RESOLVED = "3", "4", "6"
_ENDED_CHANGE = (_CLOSED, _CANCELLED)


@dataclass
class Row:
    """What came of a case. faults: what is wrong, nothing when it holds."""

    number: int
    step: str
    part: str
    world: str
    fault: str
    outcome: str = ""
    retried: int = 0
    warnings: list[str] = field(default_factory=list)
    cards: int = 0
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)

    def check(self, holds: object, words: str) -> None:
        if not holds:
            self.wrong.append(words)


def judge(row: Row, case: Case, ended: Operation, found: Difference) -> None:
    """What must hold however it ended."""
    row.warnings, row.outcome = ended["warnings"], case.outcome
    if case.outcome == NOTHING or case.call.world == EXISTING:
        row.check(not found.lost, f"not as it was before: {found.lost}")
    incidents = [one["state"] for one in found.of("servicenow.incident")]
    row.check(incidents == [_RESOLVED] * bool(row.retried), f"incidents in these states: {incidents}")
    row.check(not row.retried or case.may_resist, "a compensation failed, and should not have")
    changes = [one["state"] for one in found.of("servicenow.change_request")]
    row.check(len(changes) <= 1, f"{len(changes)} changes")
    if case.outcome == NOTHING:
        row.check(all(state in _ENDED_CHANGE for state in changes), "a change is open")
    else:
        row.check(changes == [_CLOSED] or "close_change" in row.warnings, f"changes: {changes}")
    row.cards = len(found.of("teams.card"))
    asked = 2 * (case.call.world == APPROVAL) + (case.call.ends == DECOMMISSIONED)
    # The end; where people are asked, the question, and what was decided unless that is the end. A card that was being
    # posted when the worker died may be posted again: nobody can look for it.
    most = 1 + row.retried + asked + (case.fault in KILLS)
    row.check(row.cards <= most, f"{row.cards} cards, {most} at most")


def judge_good(row: Row, case: Case, ended: Operation, told: list[str], reference: list[str]) -> None:
    wanted = OUTCOMES.get(case.outcome, "provisioned")
    row.check(ended["outcome"] == wanted, f"it ended as {ended['outcome']}: {ended['error']}")
    if _WITHOUT_ENTITY & set(row.warnings):
        reference = [line.replace('"entity_id": "<entity>"', '"entity_id": ""') for line in reference]
    more, fewer = (Counter(told) - Counter(reference)), (Counter(reference) - Counter(told))
    row.check(not more, f"more than there should be: {_where_they_part(more, fewer)}")
    row.check(not fewer, f"less than there should be: {_where_they_part(fewer, more)}")
    row.check(set(row.warnings) <= case.may_warn, f"warnings: {row.warnings}")


def _where_they_part(some: Counter[str], others: Counter[str]) -> list[str]:
    """Each line from a little before the point where it parts from the likest of the others."""
    told = []
    for line in some.elements():
        same = max((_same(line, other) for other in others), default=0)
        told.append(f"{line.partition(': {')[0]} …{line[max(0, same - 40) : same + 120]}")
    return told


def _same(one: str, other: str) -> int:
    """How many characters both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def judge_nothing(row: Row, case: Case, ended: Operation, found: Difference) -> None:
    row.check(ended["outcome"] in _UNDONE, f"it ended as {ended['outcome']}")
    row.check(not found.left, f"left: {found.left}")
    if case.resists:
        row.check(row.retried, "a compensation could not be done, but that was not told")
