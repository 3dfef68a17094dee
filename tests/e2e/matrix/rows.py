"""The rows of the matrix: every step of provision_service, every compensation, what follows them, and the end."""

from typing import Any

from tests.e2e.matrix.cases import (
    APPROVAL,
    AZURE,
    CANCELLED,
    CUT,
    DECOMMISSIONED,
    DYNATRACE,
    EMPTY,
    ENDS,
    EXISTING,
    FAULTS,
    KILLED_AFTER,
    KILLS,
    LATE,
    LOST,
    REFUSED,
    REGISTER_REFUSED,
    RUN_FAILS,
    SERVICENOW,
    STAYS,
    TEAMS,
    Call,
    Case,
)

_OWN = (*KILLS, REFUSED, ENDS, STAYS, CUT, LOST)
"""What a tap can do to one of our stores that speaks HTTP; to one that speaks AMQP only the kills."""
_WHILE_IT_LASTS = tuple(fault for fault in FAULTS if fault != STAYS)
"""An end is told for a quarter of an hour: a vendor that is away for longer is not waited for here."""

_DOCUMENT, _CLAIM = "registry/services/{name}.json", "registry/claims/{name}.json"

FORWARD = (
    Call("start", "blob", f"PUT /valueflow/valueflow/{_CLAIM}", faults=KILLS),
    Call("claim_name", "blob", f"GET /valueflow/valueflow/{_CLAIM}", faults=_OWN),
    Call("look_before", AZURE, "get_project"),
    Call("open_change", SERVICENOW, "create_change_request"),
    Call("create_repository", AZURE, "create_repository"),
    Call("push_skeleton", AZURE, "create_push"),
    Call("create_pipeline", AZURE, "create_pipeline"),
    Call("authorize_pipeline", AZURE, "set_permissions_of_many"),
    Call("protect_branch", AZURE, "create_policy", skip=1),
    Call("start_first_run", AZURE, "create_run"),
    Call("await_first_run", AZURE, "get_run"),
    Call("create_management_zone", DYNATRACE, "create_settings"),
    Call("ensure_auto_tag", DYNATRACE, "create_settings", skip=1),
    Call("create_alerting_profile", DYNATRACE, "create_settings", skip=1),
    Call("create_objective_availability", DYNATRACE, "create_slo"),
    Call("create_objective_latency", DYNATRACE, "create_slo", skip=1),
    Call("create_configuration_item", SERVICENOW, "create_cmdb_ci_service"),
    Call("register_service", "blob", f"PUT /valueflow/valueflow/{_DOCUMENT}", faults=_OWN),
    Call("announce", TEAMS, "post_card", soft=True),
    Call("record_provisioned", "servicebus", "service.provisioned {name}", soft=True, faults=KILLS),
    Call("close_change", SERVICENOW, "update_change_request", skip=2, soft=True),
    Call("await_entity", DYNATRACE, "list_entities", soft=True),
    Call("link_entity", "blob", f"PUT /valueflow/valueflow/{_DOCUMENT}", skip=1, soft=True, faults=_OWN),
    Call("ask", TEAMS, "post_card", world=APPROVAL, soft=True),
    Call("record_decision", "servicebus", "approval.decided {name}", world=APPROVAL, faults=KILLS),
)


def _undo(step: str, vendor: str, operation: str, ends: str = REGISTER_REFUSED, **more: Any) -> Call:
    return Call(step, vendor, operation, undoes=True, ends=ends, **more)


BACKWARD = (
    Call("find_failed_stage", AZURE, "get_timeline", ends=RUN_FAILS, soft=True),
    _undo("destroy_environment", AZURE, "create_run", RUN_FAILS, skip=1),
    _undo("destroy_environment", AZURE, "update_build", CANCELLED, part="ends the first run"),
    _undo("unprotect_branch", AZURE, "delete_policy", RUN_FAILS, skip=1),
    _undo("revoke_pipeline", AZURE, "set_permissions_of_many", RUN_FAILS, skip=1),
    _undo("delete_pipeline", AZURE, "delete_definition", RUN_FAILS),
    _undo("remove_first_commit", AZURE, "update_refs", RUN_FAILS),
    _undo("delete_repository", AZURE, "delete_repository", RUN_FAILS),
    _undo("delete_repository", AZURE, "purge_repository", RUN_FAILS, part="purges"),
    _undo("delete_objective", DYNATRACE, "delete_slo", part="latency"),
    _undo("delete_objective", DYNATRACE, "delete_slo", skip=1, part="availability"),
    _undo("delete_setting", DYNATRACE, "delete_setting", part="alerting profile"),
    _undo("delete_setting", DYNATRACE, "delete_setting", skip=1, part="management zone"),
    _undo("delete_configuration_item", SERVICENOW, "delete_cmdb_ci_service"),
    _undo("unregister_service", "blob", f"DELETE /valueflow/valueflow/{_DOCUMENT}", faults=_OWN),
    _undo("cancel_change", SERVICENOW, "update_change_request", RUN_FAILS),
    _undo("release_name", "blob", f"DELETE /valueflow/valueflow/{_CLAIM}", RUN_FAILS, faults=_OWN),
    Call("announce_end", TEAMS, "post_card", ends=RUN_FAILS, faults=_WHILE_IT_LASTS),
    Call("record_end", "servicebus", "service.not_provisioned {name}", ends=RUN_FAILS, faults=KILLS),
)

_SPOILED: dict[str, Any] = {"ends": RUN_FAILS, "spoils": (AZURE, "delete_definition")}
_TOLD_AGAIN = (*KILLS, ENDS, CUT, LOST, LATE)
_RETRYING = (
    Call("escalate", SERVICENOW, "create_incident", faults=_TOLD_AGAIN, **_SPOILED),
    Call("delete_pipeline", AZURE, "delete_definition", undoes=True, retries=True, **_SPOILED),
    Call("resolve_incident", SERVICENOW, "update_incident", retries=True, faults=_TOLD_AGAIN, **_SPOILED),
)

_ADOPTING = (
    Call("push_skeleton", AZURE, "create_push", world=EMPTY, faults=(*KILLS, REFUSED, LOST)),
    Call("protect_branch", AZURE, "create_policy", world=EXISTING, faults=(*KILLS, REFUSED, LOST)),
    Call("create_objective_latency", DYNATRACE, "create_slo", world=EXISTING, faults=(*KILLS, REFUSED, LOST)),
    Call("register_service", "blob", f"PUT /valueflow/valueflow/{_DOCUMENT}", world=EXISTING, faults=_OWN),
    _undo("remove_first_commit", AZURE, "update_refs", world=EMPTY),
    _undo("unprotect_branch", AZURE, "delete_policy", world=EXISTING),
    _undo("delete_objective", DYNATRACE, "delete_slo", world=EXISTING, part="latency"),
)


def _end(step: str, vendor: str, operation: str, **more: Any) -> Call:
    return Call(step, vendor, operation, ends=DECOMMISSIONED, **({"faults": (KILLED_AFTER,)} | more))


_ENDING = (
    _end("open_change", SERVICENOW, "create_change_request"),
    _end("destroy_development", AZURE, "create_run", faults=KILLS),
    _end("await_destroy_development", AZURE, "get_run", skip=1),
    _end("delete_pipeline", AZURE, "delete_definition"),
    _end("archive_repository", AZURE, "update_repository", part="renames"),
    _end("archive_repository", AZURE, "update_repository", skip=1, part="disables"),
    _end("delete_objective_availability", DYNATRACE, "delete_slo"),
    _end("delete_objective_latency", DYNATRACE, "delete_slo", skip=1),
    _end("delete_alerting_profile", DYNATRACE, "delete_setting"),
    _end("delete_management_zone", DYNATRACE, "delete_setting", skip=1),
    _end("retire_configuration_item", SERVICENOW, "update_cmdb_ci_service"),
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
    _end("close_change", SERVICENOW, "update_change_request", skip=2),
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
