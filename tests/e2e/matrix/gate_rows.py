"""The rows of a quality gate that fails in production: every step of its verdict, and of going back."""

from dataclasses import dataclass

from tests.e2e.matrix.cases import (
    APPROVAL,
    AZURE,
    CUT,
    DYNATRACE,
    ENDS,
    FAULTS,
    KILLED_AFTER,
    KILLED_BEFORE,
    KILLS,
    LATE,
    LOST,
    PLAIN,
    REFUSED,
    SERVICENOW,
    STAYS,
    TEAMS,
    Call,
    Case,
)
from tests.e2e.matrix.rows import CASES as OTHERS

VERIFIED, UNVERIFIED, BACK_FAILED = "verified", "unverified", "failed"
NOT_BACK, UNJUDGED, STOPPED = "none", "inconclusive", "stopped"
"""What it comes to. not back: nothing is deployed, and why is said. stopped: the operation failed, visibly."""

_OWN = (*KILLS, REFUSED, ENDS, STAYS, CUT, LOST)
_READ = (KILLED_BEFORE, REFUSED, ENDS, STAYS, LATE)
_AGAIN = (*KILLS, REFUSED, LOST)
"""Of a step that is done the way an earlier one was."""


@dataclass(frozen=True)
class GateCall(Call):
    """refused, stays: what comes of it where its vendor refuses once, and where it stays away."""

    refused: str = VERIFIED
    stays: str = VERIFIED


@dataclass(frozen=True)
class GateCase(Case):
    """One row."""

    call: GateCall

    @property
    def number(self) -> int:
        return len(OTHERS) + CASES.index(self)

    @property
    def step(self) -> str:
        return f"gate: {self.call.step}"

    @property
    def outcome(self) -> str:
        """What must come of it."""
        return {REFUSED: self.call.refused, STAYS: self.call.stays}.get(self.fault, VERIFIED)


def _call(step: str, vendor: str, operation: str, *comes_to: str, **more: object) -> GateCall:
    """comes_to: refused, stays."""
    told = dict(zip(("refused", "stays"), comes_to, strict=False))
    return GateCall(step, vendor, operation, **told, **more)  # type: ignore[arg-type]


_RESULT = "PUT /valueflow/valueflow/gates/results/gate-{name}-"
_HISTORY = "PUT /valueflow/valueflow/gates/history/{name}/"
_ACTIONS = "PUT /valueflow/valueflow/actions/{name}.json"

_CALLS = (
    _call("measure", DYNATRACE, "query_metrics", VERIFIED, UNJUDGED, faults=_READ),
    _call("keep", "blob", _RESULT, STOPPED, STOPPED, part="the verdict", faults=_OWN),
    _call("keep", "blob", _HISTORY, STOPPED, STOPPED, part="the history", faults=_AGAIN),
    _call("answer_check", AZURE, "complete_check"),
    _call("record_gate", "servicebus", "gate.decided {name}", faults=KILLS),
    _call("note_gate", SERVICENOW, "update_change_request"),
    _call("announce_gate", TEAMS, "post_card"),
    _call("await_pipeline", AZURE, "get_run", VERIFIED, NOT_BACK, faults=_READ),
    _call("plan_back", AZURE, "list_runs", NOT_BACK, NOT_BACK, faults=_READ),
    _call("keep_asked", "blob", _RESULT, STOPPED, STOPPED, skip=1, world=APPROVAL, faults=_AGAIN),
    _call("ask", TEAMS, "post_card", skip=1, world=APPROVAL, faults=_AGAIN),
    _call("record_decision", "servicebus", "approval.decided {name}", world=APPROVAL, faults=KILLS),
    _call("record_automatic", "servicebus", "approval.decided {name}", faults=KILLS),
    _call("begin_action", "blob", _ACTIONS, BACK_FAILED, faults=(*KILLS, REFUSED, ENDS, CUT, LOST)),
    _call("start_run", AZURE, "create_run", BACK_FAILED, BACK_FAILED),
    _call("note_started", SERVICENOW, "update_change_request", skip=2, faults=_AGAIN),
    _call("end_action", "blob", _ACTIONS, STOPPED, STOPPED, skip=1, faults=_OWN),
    _call("verify_back", DYNATRACE, "query_metrics", VERIFIED, UNVERIFIED, skip=4, faults=_READ),
    _call("keep_again", "blob", _RESULT, STOPPED, STOPPED, skip=1, part="the verdict", faults=_OWN),
    _call("keep_again", "blob", _HISTORY, STOPPED, STOPPED, skip=1, part="the history", faults=_AGAIN),
    _call("note_back", SERVICENOW, "update_change_request", skip=3, faults=_AGAIN),
    _call("announce_back", TEAMS, "post_card", skip=1, faults=_AGAIN),
    _call("record_gate_again", "servicebus", "gate.decided {name}", skip=1, faults=KILLS),
)
CASES = tuple(GateCase(call, fault) for call in _CALLS for fault in call.faults)

_CHOSEN = ("gate: start_run, lost reply", "gate: end_action, killed after")
SAMPLE = tuple(case for case in CASES if case.id in _CHOSEN)
"""The two moments at which a version might be deployed twice."""
assert len(SAMPLE) == len(_CHOSEN)
assert FAULTS.keys() >= {fault for call in _CALLS for fault in call.faults}
assert {call.world for call in _CALLS} == {PLAIN, APPROVAL}
assert KILLED_AFTER in KILLS
