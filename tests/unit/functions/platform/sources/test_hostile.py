"""Whatever a proven sender sends is taken, or refused as no JSON object: nothing crashes or grows without bound."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.platform.sources import azure_devops, github
from tests.fakes.hooks import documented, pull_request_sent, release_sent, run_sent

HOOKS = {
    azure_devops: [
        run_sent(1, 2),
        release_sent(),
        *(
            documented(f"azure_devops.documented.{name}")
            for name in (
                "run_state_changed",
                "build_complete",
                "push",
                "pull_request_merged",
                "work_item_updated",
            )
        ),
    ],
    github: [
        pull_request_sent(),
        documented("github.documented.deployment_status"),
        documented("github.documented.workflow_run"),
    ],
}
CASES = [(source, hook) for source, hooks in HOOKS.items() for hook in hooks]
junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()))
    | st.sampled_from(["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "http://[", "١٢", "\ud800"]),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=5), inside, max_size=3),
    max_leaves=8,
)
MOST_BYTES = 200 * 1024


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return found + [one for name, child in inside for one in paths(child, (*path, name))]


def replaced(hook: Any, path: tuple[Any, ...], value: Any) -> Any:
    copy = json.loads(json.dumps(hook))
    inside = copy
    for name in path[:-1]:
        inside = inside[name]
    inside[path[-1]] = value
    return copy


@pytest.mark.parametrize(("source", "hook"), CASES, ids=range(len(CASES)))
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_member_may_be_anything(source: Any, hook: dict[str, Any], data: st.DataObject) -> None:
    told = replaced(hook, data.draw(st.sampled_from(paths(hook))), data.draw(junk))

    event = source.to_event(json.dumps(told).encode())

    assert event.type == "delivery.reported"
    assert len(event.to_json()) < MOST_BYTES
    assert source.to_event(json.dumps(told).encode()).id == event.id


@pytest.mark.parametrize(("source", "hook"), CASES, ids=range(len(CASES)))
def test_texts_without_end_are_cut(source: Any, hook: dict[str, Any]) -> None:
    for path in paths(hook):
        event = source.to_event(json.dumps(replaced(hook, path, "x" * 200_000)).encode())
        assert len(event.to_json()) < MOST_BYTES // 10
