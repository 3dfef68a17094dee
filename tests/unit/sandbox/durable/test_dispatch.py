"""Handing out work."""

import time
from typing import Any

from durabletask.internal import orchestrator_service_pb2 as pb

from sandbox.durable.commits import Kind
from sandbox.durable.dispatch import Delivery, Dispatcher
from sandbox.durable.streams import Stream

LEASES = dict.fromkeys(Kind, 60.0)


class Hall:
    """A dispatcher whose work is always there, named like its key's first part."""

    def __init__(self) -> None:
        self.gone: set[Any] = set()
        self.dispatcher = Dispatcher({kind: self._loader(kind) for kind in Kind}, LEASES)
        self.sent: dict[str, list[str]] = {}

    def _loader(self, kind: Kind) -> Any:
        def load(key: Any) -> Delivery | None:
            if key in self.gone:
                return None
            body = pb.WorkItem(activityRequest=pb.ActivityRequest(name=str(key))).SerializeToString()
            return Delivery(kind, key, str(key).split("-", maxsplit=1)[0], "1", body, None)

        return load

    def connect(self, name: str, **request: Any) -> Stream:
        """A worker; what it is sent is noted under its name, as tokens."""
        self.sent[name] = []
        stream = Stream(
            pb.GetWorkItemsRequest(**request),
            lambda message: self.sent[name].append(pb.WorkItem.FromString(message).completionToken),
        )
        self.dispatcher.attach(stream)
        return stream

    def offer(self, *keys: Any, kind: Kind = Kind.ORCHESTRATION) -> None:
        for key in keys:
            self.dispatcher.offer(kind, key)
        self.dispatcher.assign()

    def finish(self, token: str) -> None:
        lease = self.dispatcher.claim(token)
        assert lease is not None
        self.dispatcher.finish(lease)
        self.dispatcher.assign()

    def held(self) -> list[Any]:
        return [lease.delivery.key for lease in self.dispatcher._leases.values()]


def test_work_waits_for_a_worker_and_goes_out_in_order() -> None:
    hall = Hall()
    hall.offer("a", "b", "c")
    hall.connect("w")
    assert hall.held() == ["a", "b", "c"]


def test_a_worker_gets_no_more_than_it_takes_and_more_when_it_answers() -> None:
    hall = Hall()
    hall.connect("w", maxConcurrentOrchestrationWorkItems=2)
    hall.offer("a", "b", "c")
    assert hall.held() == ["a", "b"]
    hall.finish(hall.sent["w"][0])
    assert hall.held() == ["b", "c"]


def test_the_kinds_do_not_take_each_others_room() -> None:
    hall = Hall()
    hall.connect("w", maxConcurrentOrchestrationWorkItems=1)
    hall.offer("a", "b")
    hall.offer((1, 1, 1), kind=Kind.ACTIVITY)
    assert hall.held() == ["a", (1, 1, 1)]


def test_work_goes_to_the_worker_with_most_room() -> None:
    hall = Hall()
    hall.connect("small", maxConcurrentOrchestrationWorkItems=1)
    hall.connect("large", maxConcurrentOrchestrationWorkItems=3)
    hall.offer("a", "b", "c")
    assert (len(hall.sent["small"]), len(hall.sent["large"])) == (1, 2)


def test_one_key_is_in_one_hand_at_a_time_and_looked_at_again_afterwards() -> None:
    hall = Hall()
    hall.connect("w")
    hall.offer("a")
    hall.offer("a", "a")
    assert hall.held() == ["a"]
    hall.finish(hall.sent["w"][0])
    assert hall.held() == ["a"]
    hall.finish(hall.sent["w"][1])
    assert hall.held() == []


def test_what_has_gone_meanwhile_is_passed_over() -> None:
    hall = Hall()
    hall.gone = {"a"}
    hall.offer("a", "b")
    hall.connect("w")
    assert hall.held() == ["b"]


def test_work_nobody_here_takes_waits_for_one_who_does() -> None:
    hall = Hall()
    mine = pb.WorkItemFilters(orchestrations=[pb.OrchestrationFilter(name="mine")])
    hall.connect("picky", workItemFilters=mine)
    hall.offer("theirs-1", "mine-1")
    assert hall.held() == ["mine-1"]
    hall.connect("any")
    assert hall.held() == ["mine-1", "theirs-1"]


def test_a_filter_on_one_kind_takes_nothing_of_the_others() -> None:
    hall = Hall()
    mine = pb.WorkItemFilters(orchestrations=[pb.OrchestrationFilter(name="mine", versions=["2"])])
    hall.connect("picky", workItemFilters=mine)
    hall.offer("mine-1")
    hall.offer((1, 1, 1), kind=Kind.ACTIVITY)
    assert hall.held() == []


def test_what_a_lost_worker_held_goes_to_another_before_what_is_newer() -> None:
    hall = Hall()
    lost = hall.connect("lost", maxConcurrentOrchestrationWorkItems=1)
    hall.offer("a", "b")
    hall.connect("other", maxConcurrentOrchestrationWorkItems=1)
    hall.offer("c")
    assert hall.held() == ["a", "b"]
    hall.dispatcher.detach(lost)
    assert hall.held() == ["b"]
    hall.finish(hall.sent["other"][0])
    assert hall.held() == ["a"]


def test_a_turns_token_is_new_each_time_and_an_activitys_stays_until_its_lease_is_over() -> None:
    hall = Hall()
    first = hall.connect("first")
    hall.offer("a")
    hall.offer((7, 2, 1), kind=Kind.ACTIVITY)
    hall.dispatcher.detach(first)
    hall.connect("second")
    assert hall.sent["first"][0] != hall.sent["second"][0]
    assert hall.sent["first"][1] == hall.sent["second"][1] == "7.2.1.0"
    hall.dispatcher.expire(time.monotonic() + 61)
    assert "7.2.1.1" in hall.sent["second"]
    assert not hall.dispatcher.attempt_is_current((7, 2, 1), 0)


def test_a_worker_that_is_late_gets_its_room_back_when_it_answers() -> None:
    hall = Hall()
    hall.connect("w", maxConcurrentOrchestrationWorkItems=1)
    hall.offer("a")
    hall.dispatcher.expire(time.monotonic() + 61)
    assert hall.held() == []
    assert hall.dispatcher.claim(hall.sent["w"][0]) is None
    hall.dispatcher.assign()
    assert hall.held() == ["a"]
