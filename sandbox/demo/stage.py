"""What scenarios stand on: the world, the app as a person and an operator see it, and checks that are kept."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx

from sandbox.demo.browser import Browser
from sandbox.demo.observed import Observed
from sandbox.demo.observed import Operation as Operation
from sandbox.demo.played import Played
from sandbox.platform.story import World
from sandbox.platform.waiting import PATIENCE_S, Overdue, until
from shared.domain.incident.problems import instance_id, start_from_id

type Say = Callable[[str], None]


@dataclass(frozen=True)
class Check:
    """One thing that must hold."""

    what: str
    expected: object
    observed: object

    @property
    def holds(self) -> bool:
        return self.expected == self.observed


class Stage(Observed):
    """One scenario's stage.

    say: tells people what happens now. played: what scenarios before left. checks, evidence: what it found.
    """

    def __init__(self, world: World, say: Say, played: Played | None = None) -> None:
        super().__init__(world)
        self.say = say
        self.played = played or Played()
        self.checks: list[Check] = []
        self.evidence: dict[str, Any] = {}

    def check(self, what: str, *, expected: object, observed: object) -> None:
        """Keep a check; a scenario goes on after one that does not hold, so that all are told."""
        self.checks.append(Check(what, expected, observed))

    async def until[T](
        self,
        what: str,
        look: Callable[[], Awaitable[T]],
        good: Callable[[T], object],
        for_s: float = PATIENCE_S,
    ) -> T:
        """Look until it is good. A system that does not answer is looked at again. Raises: Overdue."""
        return await until(what, look, good, for_s)

    async def notify(self, body: str, *, secret: str | None = None, key: str | None = None) -> httpx.Response:
        """Deliver a notification as Dynatrace does. secret, key: others than the right ones; "" leaves one out."""
        app = self.world.document["app"]
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "X-ValueFlow-Secret": app["webhook_secret"] if secret is None else secret,
            "x-functions-key": app["function_key"] if key is None else key,
        }
        kept = {name: value for name, value in headers.items() if value}
        return await self.world.http.post(
            app["webhook_url"], content=body.encode(), headers=kept, timeout=30.0
        )

    async def open_problem(self, title: str) -> str:
        """A bad version goes out and Dynatrace opens a problem; its id."""
        problem = await self.world.break_service(title)
        self.say(f"Dynatrace opens {problem['displayId']}: {title}")
        return str(problem["problemId"])

    async def decision_wanted(self, problem_id: str) -> Operation:
        """Wait until the remediation of this problem waits for a decision."""
        name = operation_of(problem_id)
        operation = await self.until(
            f"operation {name} waits for a decision",
            lambda: self.operation(name),
            lambda found: found and (found["state"] != "running" or _awaits_decision(found)),
        )
        assert operation is not None
        if operation["state"] != "running":
            raise Overdue(
                f"expected: {name} waits for a decision; observed: it ended as {operation['outcome']}"
            )
        return operation

    async def approve(self, operation_id: str, who: str = "ana") -> None:
        """As this person: open the card's link, sign in, read, approve."""
        link = await self.until(
            "a card with the link to the approval page",
            lambda: self._approval_link(operation_id),
            lambda found: found,
        )
        async with Browser() as browser:
            page = await browser.open(link)
            self.check("the approval page asks who one is", expected=401, observed=page.status)
            page = await browser.follow(page, "/.auth/login/aad")
            page = await browser.press(page, "person", who)
            page = await browser.press(page, "decision", "approve", comment="Demo")
            self.check("the decision is taken", expected=202, observed=page.status)
        self.say(f"{who.title()} signs in and approves")

    async def ended(self, operation_id: str) -> Operation:
        """Wait for the operation's end."""
        operation = await self.until(
            f"operation {operation_id} ends",
            lambda: self.operation(operation_id),
            lambda found: found and found["state"] != "running",
        )
        assert operation is not None
        return operation

    async def drained(self, *subscriptions: str) -> None:
        """Wait until nothing waits in these subscriptions of the topic `events`."""
        await self.until(
            f"empty: {', '.join(subscriptions)}",
            lambda: self.world.messages_waiting(*subscriptions),
            lambda count: count == 0,
        )

    async def _approval_link(self, operation_id: str) -> str:
        for card in reversed(await self.cards()):
            for action in card["card"].get("actions", []):
                if f"/api/approvals/{operation_id}" in action.get("url", ""):
                    return str(action["url"])
        return ""


def _awaits_decision(operation: Operation) -> bool:
    return bool(operation["steps"]) and operation["steps"][-1]["name"].startswith("await_decision")


def operation_of(problem_id: str) -> str:
    """The id of the operation that remediates this problem."""
    start_ms = start_from_id(problem_id)
    assert start_ms is not None
    return instance_id(problem_id, start_ms)
