"""How a scenario's end is judged, whatever happens in it."""

import io
from collections.abc import Awaitable, Callable
from typing import Any, cast

import httpx
import pytest

from sandbox.demo.play import play
from sandbox.demo.progress import Progress
from sandbox.demo.scenarios import Scenario
from sandbox.demo.stage import Check, Stage, operation_of
from sandbox.platform.story import World
from sandbox.platform.waiting import Overdue

type Story = Callable[[Stage], Awaitable[None]]


def stage() -> Stage:
    return Stage(cast("World", None), lambda _: None)


async def played(story: Story) -> Any:
    return await play(Scenario("s", "A story", story), stage(), Progress(io.StringIO()), "1/1")


async def test_a_story_whose_checks_hold_passes() -> None:
    async def story(on: Stage) -> None:
        on.check("one", expected=1, observed=1)
        on.evidence["run"] = 7

    result = await played(story)
    assert result.passed
    assert result.checks == [Check("one", 1, 1)]
    assert result.evidence == {"run": 7}


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (Overdue("expected: an end; observed: none"), "expected: an end; observed: none"),
        (httpx.ConnectError("refused"), "a system did not answer as expected: ConnectError: refused"),
        (IndexError("list index out of range"), "the story could not go on"),
    ],
)
async def test_a_story_that_cannot_go_on_fails_and_keeps_what_it_found(error: Exception, told: str) -> None:
    async def story(on: Stage) -> None:
        on.check("one", expected=1, observed=1)
        raise error

    result = await played(story)
    assert not result.passed
    assert result.problem.startswith(told)
    assert len(result.checks) == 1


def test_progress_draws_nothing_that_moves_where_nobody_watches() -> None:
    out = io.StringIO()
    progress = Progress(out)
    with progress.working("it"):
        progress.line("a line")
    assert out.getvalue() == "a line\n"


def test_an_operation_has_its_problems_name() -> None:
    assert operation_of("-42_1795266743556V2") == "incident--42_1795266743556V2-1795266743556"
