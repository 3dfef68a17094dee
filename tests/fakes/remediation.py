"""The activities of remediate_problem as functions over one small world, for rehearsals."""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.domain.action import actions, remediation
from shared.domain.action.action_policy import APPROVER
from tests.fakes.orchestration import Activity, Outcome, done

POLICY = {
    "retry_first_s": 5.0,
    "retry_max_s": 60.0,
    "retry_for_s": 3600.0,
    "approval_timeout_s": 1800.0,
    "action_timeout_s": 600.0,
    "run_poll_s": 15.0,
    "verification_timeout_s": 300.0,
    "verification_poll_s": 30.0,
}
PROBLEM = {
    "problem_id": "-123_1763726400000V2",
    "display_id": "P-2611001",
    "title": "Failure rate increase",
    "impact": "SERVICES",
    "severity": "ERROR",
    "state": "OPEN",
    "start_ms": 1763726400000,
    "entities": [{"id": "SERVICE-1", "name": "checkout", "type": "SERVICE"}],
    "url": "https://dynatrace.example/problems/1",
    "tags": [],
}
SERVICE = {
    "name": "checkout",
    "tier": 2,
    "servicenow_ci": "c" * 32,
    "azure_devops": {"project": "loja", "pipeline_id": 7},
    "dynatrace": {
        "entity_id": "SERVICE-1",
        "metric_selector": "m",
        "upper_bound": 2.0,
        "resolution": "1m",
    },
}
GOOD = {
    "run_id": 101,
    "commit": "a" * 40,
    "ref_name": "refs/heads/main",
    "finished_at": "2025-11-21T09:00:00Z",
}
SUSPECT = {
    "run_id": 102,
    "commit": "b" * 40,
    "ref_name": "refs/heads/main",
    "finished_at": "2025-11-21T11:50:00Z",
}
DIAGNOSIS = {
    "category": "recent_deployment",
    "confidence": 0.8,
    "evidence_ids": ["E1"],
    "author": "embedded",
    "model": "",
    "text": "",
    "text_key": "cause.recent_deployment",
    "text_values": {"run_id": 102, "commit": "bbbbbbbb", "minutes": 10},
    "refuted_by": "",
    "refuted_by_key": "cause.refuted_by_baseline",
}


def roll_back(suspect: Mapping[str, Any] = SUSPECT, good: Mapping[str, Any] = GOOD) -> dict[str, Any]:
    """What is proposed after a deployment."""
    return {
        "type": "roll_back",
        "service": "checkout",
        "project": "loja",
        "pipeline_id": 7,
        **{name: good[name] for name in ("run_id", "commit", "ref_name")},
        "replaces_run_id": suspect["run_id"],
        "replaces_commit": suspect["commit"],
    }


def request(**problem: Any) -> dict[str, Any]:
    return {
        "problem": {**PROBLEM, **problem},
        "policy": POLICY,
        "language": "en",
        "public_url": "https://app.example",
    }


class World:
    """What the activities answer; change an attribute or put outcomes into `next` to make them misbehave."""

    def __init__(self) -> None:
        self.service: dict[str, Any] | None = SERVICE
        self.runs: dict[str, Any] = {"suspect": SUSPECT, "last_good": GOOD}
        self.diagnosis = DIAGNOSIS
        self.maintenance: list[dict[str, Any]] = []
        self.risk = ""
        self.still_open: list[list[str]] = []
        self.judgement: dict[str, Any] = {"verdict": "ask", "approvers": 1, "role": APPROVER, "rules": []}
        self.run_states: Iterator[tuple[str, str]] = iter([("inProgress", ""), ("completed", "succeeded")])
        self.recoveries: Iterator[dict[str, Any]] = iter([recovery("still_open"), recovery("")])
        self.next: dict[str, list[Outcome]] = {}

    def activities(self) -> dict[str, Activity]:
        return {
            name: self._or_next(name, getattr(self, name))
            for name in (
                *("find_service", "collect_problem", "collect_changes", "collect_metric", "collect_runs"),
                *("diagnose", "open_incident", "add_work_note", "resolve_incident", "post_card"),
                *("plan_action", "plan_undo", "begin_action", "start_action_run", "end_action"),
                "start_follow_up",
                *("get_run", "check_recovery", "write_postmortem", "publish_event"),
                *("keep_incident", "end_incident", "reopen_incident", "remember_incident"),
                *("collect_topology", "collect_metrics", "collect_configuration", "collect_planned_changes"),
                *("collect_logs", "collect_expiries", "collect_similar", "collect_costs"),
            )
        }

    def find_service(self, payload: dict[str, Any]) -> Outcome:
        return done(service=self.service)

    def collect_topology(self, payload: dict[str, Any]) -> Outcome:
        return done(items=[])

    collect_metrics = collect_configuration = collect_logs = collect_topology
    collect_expiries = collect_similar = collect_costs = collect_topology

    def collect_planned_changes(self, payload: dict[str, Any]) -> Outcome:
        return done(items=[], maintenance=self.maintenance)

    def collect_problem(self, payload: dict[str, Any]) -> Outcome:
        return done(items=[_item("dynatrace", "problem", "failure rate is 12 %")])

    def collect_changes(self, payload: dict[str, Any]) -> Outcome:
        return done(items=[_item("dynatrace", "deployment", "deployed 102")])

    def collect_metric(self, payload: dict[str, Any]) -> Outcome:
        return done(items=[_item("dynatrace", "metric", "before 0.5, during 12")])

    def collect_runs(self, payload: dict[str, Any]) -> Outcome:
        return done(items=[_item("azure_devops", "run", "run 102")], runs=self.runs)

    def diagnose(self, payload: dict[str, Any]) -> Outcome:
        return done(**self.diagnosis)

    def open_incident(self, payload: dict[str, Any]) -> Outcome:
        return done(
            sys_id="s" * 32, number="INC0010001", url="https://snow.example/INC0010001", result="created"
        )

    def add_work_note(self, payload: dict[str, Any]) -> Outcome:
        return done(result="created")

    resolve_incident = add_work_note
    keep_incident = reopen_incident = remember_incident = add_work_note

    def end_incident(self, payload: dict[str, Any]) -> Outcome:
        """It ends, or goes on for who joined it meanwhile."""
        return done(open=self.still_open.pop(0) if self.still_open else [])

    post_card = add_work_note

    def plan_action(self, payload: dict[str, Any]) -> Outcome:
        """Back to the last good run after a deployment, else nothing; risk and people by the service's tier."""
        runs = payload["runs"] or {}
        if payload["diagnosis"]["category"] != "recent_deployment":
            return done(**remediation.nothing("no_runbook"))
        if not runs.get("last_good"):
            return done(**remediation.nothing("no_good_run"))
        return done(
            action=roll_back(runs["suspect"], runs["last_good"]),
            risk=self.risk or ("high" if self.service and self.service["tier"] == 1 else "medium"),
            reason="",
            judgement={**self.judgement, "approvers": 2 if self.service and self.service["tier"] == 1 else 1},
            blast_radius="service",
            verification={"indicator": "service", "within_minutes": 20},
            confidence=payload["diagnosis"]["confidence"],
        )

    def plan_undo(self, payload: dict[str, Any]) -> Outcome:
        action = actions.undo_of(payload["action"], payload["made"])
        return done(action=action, risk="medium", reason="", judgement=self.judgement, confidence=0.0)

    def begin_action(self, payload: dict[str, Any]) -> Outcome:
        return done(go=True, reason="", result="created")

    def end_action(self, payload: dict[str, Any]) -> Outcome:
        return done()

    def start_follow_up(self, payload: dict[str, Any]) -> Outcome:
        return done(operation_id="follow-up-op-1", result="created")

    def start_action_run(self, payload: dict[str, Any]) -> Outcome:
        return done(run_id=103, url="https://dev.example/runs/103", result="created")

    def get_run(self, payload: dict[str, Any]) -> Outcome:
        state, result = next(self.run_states)
        return done(state=state, result=result, finished_at="2025-11-21T12:05:00Z")

    def check_recovery(self, payload: dict[str, Any]) -> Outcome:
        return done(**next(self.recoveries))

    def write_postmortem(self, payload: dict[str, Any]) -> Outcome:
        return done(url="https://app.example/api/operations/op-1/postmortem", result="created")

    def publish_event(self, payload: dict[str, Any]) -> Outcome:
        return done(event_id="e")

    def _or_next(self, name: str, usual: Activity) -> Activity:
        def activity(payload: dict[str, Any]) -> Outcome:
            planned = self.next.get(name)
            return planned.pop(0) if planned else usual(payload)

        return activity


def recovery(reason: str) -> dict[str, Any]:
    return {
        "verdict": "not_yet" if reason else "recovered",
        "problem_closed": reason != "still_open",
        "samples": 3,
        "within_bounds": 3,
        "min_samples": 3,
        "reason": reason,
    }


def _item(source: str, kind: str, text: str) -> dict[str, str]:
    return {"source": source, "kind": kind, "at": "", "text": text, "link": ""}
