"""A registered service with an environment that ends, and the activities that tend it over one small world."""

from datetime import datetime, timedelta
from typing import Any

from shared.domain.service import environment_changes as changes
from shared.domain.service.environments import iso, rules
from tests.fakes.orchestration import START, Activity, Outcome, Rehearsal, done
from tests.fakes.remediation import POLICY, SERVICE

RULES = rules(24, 60)
NAME = "development"
HOURS = {
    "time_zone": "America/Sao_Paulo",
    "days": ["mon", "tue", "wed", "thu", "fri"],
    "start": "08:00",
    "end": "19:00",
    "holidays": [],
}


def at(hours: float) -> str:
    """So many hours after START, at which rehearsals begin: a Saturday, noon in UTC."""
    return iso(START + timedelta(hours=hours))


def an_environment(ends_after: float | None = 72, **fields: Any) -> dict[str, Any]:
    return {
        "state": "running",
        "requested_by": "id-of-ana",
        "requested_by_name": "Ana",
        "created_at": at(-24),
        "ends_at": at(ends_after) if ends_after is not None else None,
        "announced_for": None,
        "working_hours": None,
        **fields,
    }


def a_service(environment: dict[str, Any], name: str = "orders") -> dict[str, Any]:
    return {
        **SERVICE,
        "name": name,
        "product": "order-to-cash",
        "owner": "team-orders",
        "environments": {NAME: environment},
    }


class World:
    """What the activities do and answer; put outcomes into `next` to make one misbehave.

    before: called with an activity's name before it is done: what others do meanwhile.
    """

    def __init__(self, environment: dict[str, Any]) -> None:
        self.service: dict[str, Any] | None = a_service(environment)
        self.next: dict[str, list[Outcome]] = {}
        self.before: dict[str, Any] = {}
        self.runs: dict[str, dict[str, Any]] = {}
        self.results = ["succeeded"]
        self.polls_until_done = 2
        self.cards: list[dict[str, Any]] = []
        self.facts: dict[str, dict[str, Any]] = {}
        self.incidents: dict[str, dict[str, Any]] = {}
        self.resolved: list[str] = []
        self.twice = ""
        self.now = START

    @property
    def environment(self) -> dict[str, Any]:
        assert self.service is not None
        found: dict[str, Any] = self.service["environments"][NAME]
        return found

    def mark(self) -> dict[str, Any]:
        """What the timer does before it starts the orchestration: the action that is due."""
        marked = changes.mark("orders", NAME, self.environment, self.now, RULES)
        assert marked is not None, "nothing is due"
        self._put(marked)
        action: dict[str, Any] = marked["action"]
        return action

    def rehearse(self, orchestrator: Any) -> Rehearsal:
        """The orchestration of what is due now, ready to run."""
        action = self.mark()
        request = {
            "service": "orders",
            "environment": NAME,
            "action": action["action"],
            "policy": POLICY,
            "language": "en",
            "public_url": "https://app.example",
        }
        play = Rehearsal(orchestrator, request, self.activities(), instance_id=action["id"])
        play.current_utc_datetime = self.now
        return play

    def activities(self) -> dict[str, Activity]:
        names = (
            *("begin_environment_action", "finish_environment_action", "fail_environment_action"),
            *("post_environment_card", "run_pipeline", "get_run", "open_incident", "resolve_incident"),
            "publish_event",
        )
        return {name: self._called(name, getattr(self, name)) for name in names}

    def begin_environment_action(self, payload: dict[str, Any]) -> Outcome:
        if self.service is None:
            return done(go=False, result="left")
        identity = payload["key"].partition("/")[0]
        self._put(changes.begin(NAME, self.environment, identity, self.now, RULES))
        action = self.environment["action"]
        if not action or action["id"] != identity or not action["begun"]:
            return done(go=False, result="left")
        place = {"project": "loja", "pipeline_id": 7, "servicenow_ci": "c" * 32}
        owned_by = {"product": self.service["product"], "owner": self.service["owner"]}
        return done(go=True, environment=self.environment, place=place, owned_by=owned_by)

    def finish_environment_action(self, payload: dict[str, Any]) -> Outcome:
        identity = payload["key"].partition("/")[0]
        self._put(changes.finish(self.environment, identity, told=payload["told"], run_id=payload["run_id"]))
        return done(result="created")

    def fail_environment_action(self, payload: dict[str, Any]) -> Outcome:
        failed = changes.fail(
            self.environment,
            payload["key"].partition("/")[0],
            datetime.fromisoformat(payload["at"]),
            payload["reason"],
            payload["incident"],
            payload["run_id"],
        )
        self._put(failed)
        return done(result="created")

    def post_environment_card(self, payload: dict[str, Any]) -> Outcome:
        self.cards.append(payload["card"])
        return done(result="created")

    def run_pipeline(self, payload: dict[str, Any]) -> Outcome:
        asked = {name: payload[name] for name in ("action", "environment", "project", "pipeline_id")}
        run = self.runs.setdefault(payload["key"], {**asked, "run_id": 40 + len(self.runs), "polls": 0})
        return done(run_id=run["run_id"], url=f"https://dev.example/runs/{run['run_id']}", result="created")

    def get_run(self, payload: dict[str, Any]) -> Outcome:
        (run,) = [each for each in self.runs.values() if each["run_id"] == payload["run_id"]]
        run["polls"] += 1
        if run["polls"] < self.polls_until_done:
            return done(state="inProgress", result="", finished_at=None)
        return done(state="completed", result=self.results[0], finished_at=at(1))

    def open_incident(self, payload: dict[str, Any]) -> Outcome:
        number = f"INC{len(self.incidents):07}"
        opened = {"sys_id": number.lower(), "number": number, "url": f"https://snow.example/{number}"}
        incident = self.incidents.setdefault(payload["correlation_id"], {**opened, "draft": payload})
        return done(**{name: incident[name] for name in opened}, result="created")

    def resolve_incident(self, payload: dict[str, Any]) -> Outcome:
        self.resolved.append(payload["sys_id"])
        return done(result="created")

    def publish_event(self, payload: dict[str, Any]) -> Outcome:
        self.facts[payload["key"]] = payload
        return done(event_id="e")

    def _put(self, environment: dict[str, Any] | None) -> None:
        if environment is not None:
            assert self.service is not None
            self.service = {**self.service, "environments": {NAME: environment}}

    def _called(self, name: str, usual: Activity) -> Activity:
        def activity(payload: dict[str, Any]) -> Outcome:
            if name in self.before:
                self.before.pop(name)()
            planned = self.next.get(name)
            if planned:
                return planned.pop(0)
            if name == self.twice:
                usual(payload)
            return usual(payload)

        return activity
