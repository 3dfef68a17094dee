"""`python -m sandbox demo`: start a platform of its own, play the scenarios, tell what was expected and observed.

Exit status 0 only if everything held; 130 when it was interrupted.
"""

import argparse
import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx

from sandbox.demo import report
from sandbox.demo.browser import NotOnPage
from sandbox.demo.played import Played
from sandbox.demo.progress import Progress
from sandbox.demo.scenarios import SCENARIOS, Scenario
from sandbox.demo.stage import Stage
from sandbox.platform.assembly import Platform
from sandbox.platform.children import ROOT
from sandbox.platform.folder import StateFolder
from sandbox.platform.story import world
from sandbox.platform.up import stops_on_signals, telling_failures
from sandbox.platform.waiting import Overdue

REPORT = ROOT / "build" / "demo-report.json"
INTERRUPTED = 130


def demo(arguments: argparse.Namespace) -> int:
    """The command."""
    known = {scenario.name: scenario for scenario in SCENARIOS}
    wanted = arguments.only or list(known)
    if unknown := [name for name in wanted if name not in known]:
        print(f"There is no scenario {', '.join(unknown)}; there are {', '.join(known)}.")
        return 2
    folder = StateFolder(StateFolder.chosen(arguments.state).path / "demo")
    progress = Progress()
    platform = Platform(
        folder,
        lambda line: progress.line(f"  {line}"),
        {"app": arguments.port, "console": arguments.console_port},
        arguments.language,
        fresh=True,
    )
    status = INTERRUPTED
    with telling_failures() as failed:
        chosen = [known[name] for name in wanted]
        status = asyncio.run(
            _run(platform, chosen, progress, arguments.report or REPORT, stay=arguments.stay)
        )
    return failed() or status


async def _run(
    platform: Platform, chosen: Sequence[Scenario], progress: Progress, to: Path, *, stay: bool
) -> int:
    with stops_on_signals(platform) as stop:
        playing = asyncio.create_task(_play_all(platform, chosen, progress, to, stay=stay))
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({playing, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not playing.done():
                playing.cancel()
                await asyncio.gather(playing, return_exceptions=True)
                progress.line("Interrupted; the platform is stopped.")
                return INTERRUPTED
            status = playing.result()
            if stay:
                progress.line("The platform stays up. Ctrl-C stops it.")
                await stopping
            return status
        finally:
            stopping.cancel()
            await platform.stop()


async def _play_all(
    platform: Platform, chosen: Sequence[Scenario], progress: Progress, to: Path, *, stay: bool
) -> int:
    began = time.monotonic()
    progress.line(f"Starting the platform on {platform.folder.path}")
    with progress.working("starting"):
        document = await platform.start()
    progress.line(f"Up after {document['started_in_s']:.1f} s. The page: {document['console']['url']}")
    async with world(document) as stands_on:
        played = Played()
        results = [
            await play(
                scenario, Stage(stands_on, _teller(progress), played), progress, f"{number}/{len(chosen)}"
            )
            for number, scenario in enumerate(chosen, 1)
        ]
    report.write(results, to)
    passed = all(result.passed for result in results)
    progress.line()
    progress.line(report.table(results))
    progress.line()
    held = "Everything held" if passed else "Not everything held"
    progress.line(f"{held}, in {time.monotonic() - began:.0f} s. Report: {_shown(to)}")
    kept = "The page" if stay else "The page was (STAY=1 keeps it up)"
    progress.line(f"{kept}: {document['console']['url']}")
    return 0 if passed else 1


def _shown(path: Path) -> Path:
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def _teller(progress: Progress) -> Callable[[str], None]:
    return lambda text: progress.line(f"    {text}")


async def play(scenario: Scenario, stage: Stage, progress: Progress, number: str) -> report.Result:
    """Play one scenario; whatever happens in it ends in its result."""
    progress.line()
    progress.line(f"{number} {scenario.title}")
    began, problem = time.monotonic(), ""
    try:
        with progress.working(scenario.name):
            await scenario.play(stage)
    except (Overdue, NotOnPage) as error:
        problem = str(error)
    except httpx.HTTPError as error:
        problem = f"a system did not answer as expected: {type(error).__name__}: {error}"
    except (LookupError, AssertionError) as error:
        problem = f"the story could not go on: {type(error).__name__}: {error}"
    result = report.Result(
        scenario.name, scenario.title, time.monotonic() - began, stage.checks, stage.evidence, problem
    )
    progress.line(f"    {'ok' if result.passed else 'FAILED'} in {result.seconds:.1f} s")
    return result
