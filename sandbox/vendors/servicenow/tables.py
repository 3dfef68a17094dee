"""The tables: which fields each has, what a new record holds, how it is numbered.

A field that a table does not have is ignored when written, as ServiceNow does.
"""

from dataclasses import dataclass, field
from functools import cached_property

JOURNAL_FIELDS = ("work_notes", "comments")
"""Writing one adds a row to sys_journal_field; reading it gives nothing."""

_SYSTEM = {
    "sys_id": "",
    "sys_class_name": "",
    "sys_created_on": "",
    "sys_created_by": "",
    "sys_updated_on": "",
    "sys_updated_by": "",
    "sys_mod_count": "0",
    "sys_tags": "",
}
_TASK = {
    "number": "",
    "active": "true",
    "activity_due": "",
    "additional_assignee_list": "",
    "approval": "not requested",
    "approval_history": "",
    "approval_set": "",
    "assigned_to": "",
    "assignment_group": "",
    "business_duration": "",
    "business_service": "",
    "calendar_duration": "",
    "close_code": "",
    "close_notes": "",
    "closed_at": "",
    "closed_by": "",
    "cmdb_ci": "",
    "comments": "",
    "comments_and_work_notes": "",
    "company": "",
    "contact_type": "",
    "correlation_display": "",
    "correlation_id": "",
    "delivery_plan": "",
    "delivery_task": "",
    "description": "",
    "due_date": "",
    "escalation": "0",
    "expected_start": "",
    "follow_up": "",
    "group_list": "",
    "impact": "3",
    "knowledge": "false",
    "location": "",
    "made_sla": "true",
    "opened_at": "",
    "opened_by": "",
    "order": "",
    "parent": "",
    "priority": "4",
    "reassignment_count": "0",
    "rejection_goto": "",
    "short_description": "",
    "sla_due": "",
    "state": "1",
    "sys_domain": "global",
    "sys_domain_path": "/",
    "time_worked": "",
    "upon_approval": "proceed",
    "upon_reject": "cancel",
    "urgency": "3",
    "user_input": "",
    "watch_list": "",
    "wf_activity": "",
    "work_end": "",
    "work_notes": "",
    "work_notes_list": "",
    "work_start": "",
}
_INCIDENT = {
    "business_stc": "",
    "calendar_stc": "",
    "caller_id": "",
    "category": "inquiry",
    "caused_by": "",
    "child_incidents": "0",
    "incident_state": "1",
    "notify": "1",
    "parent_incident": "",
    "problem_id": "",
    "reopen_count": "0",
    "resolved_at": "",
    "resolved_by": "",
    "rfc": "",
    "severity": "3",
    "subcategory": "",
    "priority": "5",
}
_CHANGE = {
    "backout_plan": "",
    "cab_required": "false",
    "category": "Other",
    "change_plan": "",
    "chg_model": "",
    "conflict_status": "Not Run",
    "end_date": "",
    "implementation_plan": "",
    "justification": "",
    "on_hold": "false",
    "on_hold_reason": "",
    "outside_maintenance_schedule": "false",
    "phase": "requested",
    "phase_state": "open",
    "production_system": "false",
    "reason": "",
    "requested_by": "",
    "review_comments": "",
    "risk": "3",
    "risk_impact_analysis": "",
    "scope": "3",
    "start_date": "",
    "state": "-5",
    "std_change_producer_version": "",
    "test_plan": "",
    "type": "normal",
    "unauthorized": "false",
}
_SERVICE = {
    "name": "",
    "asset_tag": "",
    "assigned_to": "",
    "assignment_group": "",
    "attributes": "",
    "busines_criticality": "3 - less critical",
    "category": "",
    "comments": "",
    "company": "",
    "correlation_id": "",
    "cost_center": "",
    "department": "",
    "environment": "",
    "install_status": "1",
    "managed_by": "",
    "operational_status": "1",
    "owned_by": "",
    "service_classification": "",
    "short_description": "",
    "support_group": "",
    "used_for": "Production",
    "version": "",
}
_USER = {
    "active": "true",
    "company": "",
    "department": "",
    "email": "",
    "employee_number": "",
    "first_name": "",
    "last_name": "",
    "name": "",
    "title": "",
    "user_name": "",
}
_GROUP = {"active": "true", "description": "", "email": "", "manager": "", "name": ""}
_JOURNAL = {"element": "", "element_id": "", "name": "", "value": ""}


@dataclass(frozen=True)
class Table:
    """prefix, first: of its numbers; no prefix is no numbers. references: field -> the table it points to."""

    name: str
    fields: dict[str, str]
    prefix: str = ""
    first: int = 0
    references: dict[str, str] = field(default_factory=dict)
    journal: bool = False

    @cached_property
    def defaults(self) -> dict[str, str]:
        return dict(sorted((_SYSTEM | self.fields).items()))


_TASK_REFERENCES = {
    "assigned_to": "sys_user",
    "assignment_group": "sys_user_group",
    "business_service": "cmdb_ci_service",
    "closed_by": "sys_user",
    "cmdb_ci": "cmdb_ci",
    "company": "core_company",
    "opened_by": "sys_user",
    "sys_domain": "sys_user_group",
}
_INCIDENT_REFERENCES = {
    "caller_id": "sys_user",
    "parent_incident": "incident",
    "problem_id": "problem",
    "resolved_by": "sys_user",
    "rfc": "change_request",
}
_SERVICE_REFERENCES = {
    "assigned_to": "sys_user",
    "assignment_group": "sys_user_group",
    "managed_by": "sys_user",
    "owned_by": "sys_user",
    "support_group": "sys_user_group",
}
_SERVICES = Table("cmdb_ci_service", _SERVICE, references=_SERVICE_REFERENCES)

TABLES = {
    "incident": Table(
        "incident", _TASK | _INCIDENT, "INC", 10001, _TASK_REFERENCES | _INCIDENT_REFERENCES, journal=True
    ),
    "change_request": Table(
        "change_request",
        _TASK | _CHANGE,
        "CHG",
        30001,
        _TASK_REFERENCES | {"requested_by": "sys_user"},
        journal=True,
    ),
    "cmdb_ci_service": _SERVICES,
    "cmdb_ci": _SERVICES,  # the table it extends
    "sys_user": Table("sys_user", _USER),
    "sys_user_group": Table("sys_user_group", _GROUP, references={"manager": "sys_user"}),
    "sys_journal_field": Table("sys_journal_field", _JOURNAL),
}
SIZES = {"short_description": 160, "correlation_id": 100, "correlation_display": 100, "name": 255}
LONGEST = 4000
"""Column sizes in characters; what is longer is cut, silently."""
