"""The rows of the matrix: which call of which step is hit, how, in which world, and what has to come of it."""

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

_AZURE, _DYNATRACE, _SERVICENOW, _TEAMS = "azure_devops", "dynatrace", "servicenow", "teams"

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
        """Whether undoing may need what is broken."""
        return self.resists or self.fault == STAYS

    @property
    def may_warn(self) -> set[str]:
        """Steps that may be left undone with a warning."""
        if self.call.vendor == _TEAMS:
            # A card cannot be looked for: what may stand in the channel is not posted again.
            return {"announce"} if self.fault in (REFUSED, STAYS, CUT, LOST, LATE) else set()
        return {self.call.step} if self.fault in LASTING else set()


_OWN = (*KILLS, REFUSED, ENDS, STAYS, CUT, LOST)
"""What a tap can do to one of our stores that speaks HTTP; to one that speaks AMQP only the kills."""
_WHILE_IT_LASTS = tuple(fault for fault in FAULTS if fault != STAYS)
"""An end is told for a quarter of an hour: a vendor that is away for longer is not waited for here."""

_DOCUMENT, _CLAIM = "registry/services/{name}.json", "registry/claims/{name}.json"

FORWARD = (
    Call("start", "blob", f"PUT /valueflow/valueflow/{_CLAIM}", faults=KILLS),
    Call("claim_name", "blob", f"GET /valueflow/valueflow/{_CLAIM}", faults=_OWN),
    Call("look_before", _AZURE, "get_project"),
    Call("open_change", _SERVICENOW, "create_change_request"),
    Call("create_repository", _AZURE, "create_repository"),
    Call("push_skeleton", _AZURE, "create_push"),
    Call("create_pipeline", _AZURE, "create_pipeline"),
    Call("authorize_pipeline", _AZURE, "set_permissions_of_many"),
    Call("protect_branch", _AZURE, "create_policy", skip=1),
    Call("start_first_run", _AZURE, "create_run"),
    Call("await_first_run", _AZURE, "get_run"),
    Call("create_management_zone", _DYNATRACE, "create_settings"),
    Call("ensure_auto_tag", _DYNATRACE, "create_settings", skip=1),
    Call("create_alerting_profile", _DYNATRACE, "create_settings", skip=1),
    Call("create_objective_availability", _DYNATRACE, "create_slo"),
    Call("create_objective_latency", _DYNATRACE, "create_slo", skip=1),
    Call("create_configuration_item", _SERVICENOW, "create_cmdb_ci_service"),
    Call("register_service", "blob", f"PUT /valueflow/valueflow/{_DOCUMENT}", faults=_OWN),
    Call("announce", _TEAMS, "post_card", soft=True),
    Call("record_provisioned", "servicebus", "service.provisioned {name}", soft=True, faults=KILLS),
    Call("close_change", _SERVICENOW, "update_change_request", skip=2, soft=True),
    Call("await_entity", _DYNATRACE, "list_entities", soft=True),
    Call("link_entity", "blob", f"PUT /valueflow/valueflow/{_DOCUMENT}", skip=1, soft=True, faults=_OWN),
    Call("ask", _TEAMS, "post_card", world=APPROVAL, soft=True),
    Call("record_decision", "servicebus", "approval.decided {name}", world=APPROVAL, faults=KILLS),
)


def _undo(step: str, vendor: str, operation: str, ends: str = REGISTER_REFUSED, **more: Any) -> Call:
    return Call(step, vendor, operation, undoes=True, ends=ends, **more)


BACKWARD = (
    Call("find_failed_stage", _AZURE, "get_timeline", ends=RUN_FAILS, soft=True),
    _undo("destroy_environment", _AZURE, "create_run", RUN_FAILS, skip=1),
    _undo("destroy_environment", _AZURE, "update_build", CANCELLED, part="ends the first run"),
    _undo("unprotect_branch", _AZURE, "delete_policy", RUN_FAILS, skip=1),
    _undo("revoke_pipeline", _AZURE, "set_permissions_of_many", RUN_FAILS, skip=1),
    _undo("delete_pipeline", _AZURE, "delete_definition", RUN_FAILS),
    _undo("remove_first_commit", _AZURE, "update_refs", RUN_FAILS),
    _undo("delete_repository", _AZURE, "delete_repository", RUN_FAILS),
    _undo("delete_repository", _AZURE, "purge_repository", RUN_FAILS, part="purges"),
    _undo("delete_objective", _DYNATRACE, "delete_slo", part="latency"),
    _undo("delete_objective", _DYNATRACE, "delete_slo", skip=1, part="availability"),
    _undo("delete_setting", _DYNATRACE, "delete_setting", part="alerting profile"),
    _undo("delete_setting", _DYNATRACE, "delete_setting", skip=1, part="management zone"),
    _undo("delete_configuration_item", _SERVICENOW, "delete_cmdb_ci_service"),
    _undo("unregister_service", "blob", f"DELETE /valueflow/valueflow/{_DOCUMENT}", faults=_OWN),
    _undo("cancel_change", _SERVICENOW, "update_change_request", RUN_FAILS),
    _undo("release_name", "blob", f"DELETE /valueflow/valueflow/{_CLAIM}", RUN_FAILS, faults=_OWN),
    Call("announce_end", _TEAMS, "post_card", ends=RUN_FAILS, faults=_WHILE_IT_LASTS),
    Call("record_end", "servicebus", "service.not_provisioned {name}", ends=RUN_FAILS, faults=KILLS),
)

_SPOILED: dict[str, Any] = {"ends": RUN_FAILS, "spoils": (_AZURE, "delete_definition")}
_TOLD_AGAIN = (*KILLS, ENDS, CUT, LOST, LATE)
_RETRYING = (
    Call("escalate", _SERVICENOW, "create_incident", faults=_TOLD_AGAIN, **_SPOILED),
    Call("delete_pipeline", _AZURE, "delete_definition", undoes=True, retries=True, **_SPOILED),
    Call("resolve_incident", _SERVICENOW, "update_incident", retries=True, faults=_TOLD_AGAIN, **_SPOILED),
)

_ADOPTING = (
    Call("push_skeleton", _AZURE, "create_push", world=EMPTY, faults=(*KILLS, REFUSED, LOST)),
    Call("protect_branch", _AZURE, "create_policy", world=EXISTING, faults=(*KILLS, REFUSED, LOST)),
    Call(
        "create_objective_latency", _DYNATRACE, "create_slo", world=EXISTING, faults=(*KILLS, REFUSED, LOST)
    ),
    Call("register_service", "blob", f"PUT /valueflow/valueflow/{_DOCUMENT}", world=EXISTING, faults=_OWN),
    _undo("remove_first_commit", _AZURE, "update_refs", world=EMPTY),
    _undo("unprotect_branch", _AZURE, "delete_policy", world=EXISTING),
    _undo("delete_objective", _DYNATRACE, "delete_slo", world=EXISTING, part="latency"),
)


def _end(step: str, vendor: str, operation: str, **more: Any) -> Call:
    return Call(step, vendor, operation, ends=DECOMMISSIONED, **({"faults": (KILLED_AFTER,)} | more))


_ENDING = (
    _end("open_change", _SERVICENOW, "create_change_request"),
    _end("destroy_development", _AZURE, "create_run", faults=KILLS),
    _end("await_destroy_development", _AZURE, "get_run", skip=1),
    _end("delete_pipeline", _AZURE, "delete_definition"),
    _end("archive_repository", _AZURE, "update_repository", part="renames"),
    _end("archive_repository", _AZURE, "update_repository", skip=1, part="disables"),
    _end("delete_objective_availability", _DYNATRACE, "delete_slo"),
    _end("delete_objective_latency", _DYNATRACE, "delete_slo", skip=1),
    _end("delete_alerting_profile", _DYNATRACE, "delete_setting"),
    _end("delete_management_zone", _DYNATRACE, "delete_setting", skip=1),
    _end("retire_configuration_item", _SERVICENOW, "update_cmdb_ci_service"),
    _end(
        "retire_service",
        "blob",
        "PUT /valueflow/valueflow/registry/retired/{name}/",
        part="keeps",
        faults=KILLS,
    ),
    _end("retire_service", "blob", f"DELETE /valueflow/valueflow/{_DOCUMENT}", part="removes", faults=KILLS),
    _end(
        "retire_service", "blob", f"DELETE /valueflow/valueflow/{_CLAIM}", part="frees the name", faults=KILLS
    ),
    _end("record_decommissioned", "servicebus", "service.decommissioned {name}"),
    _end("close_change", _SERVICENOW, "update_change_request", skip=2),
)

CASES = tuple(
    Case(call, fault)
    for call in (*FORWARD, *BACKWARD, *_RETRYING, *_ADOPTING, *_ENDING)
    for fault in call.faults
)

_CHOSEN = (
    "open_change, 5xx that ends",
    "create_repository, late",
    "push_skeleton, refused",
    "create_pipeline, 5xx that stays",
    "protect_branch, killed before",
    "create_objective_availability, cut before",
    "create_configuration_item, lost reply",
    "register_service, all of it exists, killed after",
    "undo: destroy_environment, killed after",
    "undo: delete_setting, management zone, refused",
    "undo: remove_first_commit, an empty repository exists, lost reply",
)
SAMPLE = tuple(case for case in CASES if case.id in _CHOSEN)
"""Each fault, both moments of a kill, forwards and backwards, each vendor, what is adopted."""
