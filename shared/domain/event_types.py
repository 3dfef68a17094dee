"""The types of our events: facts, named in the past tense. Service Bus routes by them, the warehouse reads them."""

PROBLEM_OPENED = "problem.opened"
PROBLEM_RESOLVED = "problem.resolved"
PROBLEM_UNRECOGNISED = "problem.unrecognised"
INCIDENT_OPENED = "incident.opened"
INCIDENT_CLOSED = "incident.closed"
APPROVAL_DECIDED = "approval.decided"
