"""What GitHub's webhooks missed: deployments, runs of deploying workflows and pull requests of registered repositories.

GitHub does not send again by itself what was not taken, and counts requests: a look reads some repositories, the next
one goes on; where it says that it is too much, the look ends.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from functions.delivery.pulling_deliveries import Found, Source, marks_of, pull, warn_of_more
from shared.domain.delivery.delivery_matching import deploying_workflows, repositories
from shared.domain.delivery.delivery_reports import NOTHING
from shared.domain.delivery.github_hooks import pulled, pulled_change
from shared.errors import VendorError, VendorRefused, VendorUnavailable
from shared.services import services

if TYPE_CHECKING:
    from shared.clients.github import GitHubClient

log = logging.getLogger(__name__)

MARK = "deliveries/reconciled-github.json"
MOST_REPOSITORIES = 100
MOST_AWAY = 3
"""Lists that cannot be had now, after which GitHub counts as away."""
EVERY_S = 600
_VENDOR = "github"

type Registered = Sequence[Mapping[str, Any]]


async def pull_github(registered: Registered, now: datetime) -> int:
    """How many were reported. A list that cannot be had is left to the next look.

    Raises: VendorUnavailable of blob or servicebus.
    """
    places = _by_repository(registered)
    if not places:
        return 0
    github = services().github
    if github is None:
        log.warning(
            "what GitHub's webhooks missed is not read, and no commits are asked for: set GITHUB_TOKEN"
            " (docs/integrations/github.md); %d repositories are registered",
            len(places),
        )
        return 0
    marks, count, away = await marks_of(MARK), 0, 0
    for source in _sources(github, places, now):
        try:
            count += await pull(source, MARK, marks, now)
        except VendorError as error:
            if error.vendor != _VENDOR:
                raise
            log.warning("%s is left to the next look: %s%s", source.name, error, _advice(error))
            away += isinstance(error, VendorUnavailable)
            if away >= MOST_AWAY or (isinstance(error, VendorUnavailable) and error.retry_after_s):
                break
    return count


def _by_repository(registered: Registered) -> dict[str, set[str]]:
    """The workflows that deploy from each repository."""
    found: dict[str, set[str]] = {}
    for one in registered:
        for repository in repositories(one):
            found.setdefault(repository, set()).update(deploying_workflows(one))
    return found


def _sources(github: "GitHubClient", places: Mapping[str, set[str]], now: datetime) -> Iterator[Source]:
    for repository in _turn(sorted(places), now):
        yield Source(f"{repository}/deployments", partial(_statuses, github, repository))
        for workflow in sorted(places[repository]):
            yield Source(f"{repository}/runs/{workflow}", partial(_runs, github, repository, workflow))
        yield Source(f"{repository}/pull_requests", partial(_changes, github, repository))


def _turn(names: list[str], now: datetime) -> list[str]:
    """Those of this look: where there are more than one look reads, each begins where the last one ended."""
    if len(names) <= MOST_REPOSITORIES:
        return names
    begin = int(now.timestamp() // EVERY_S) * MOST_REPOSITORIES % len(names)
    return (names[begin:] + names[:begin])[:MOST_REPOSITORIES]


async def _statuses(github: "GitHubClient", repository: str, since: datetime) -> Found:
    read = await github.deployments.statuses_since(repository, since)
    if not read.is_whole:
        warn_of_more(f"{repository}/deployments")
    told = [pulled(repository, deployment=one.deployment, deployment_status=one.status) for one in read.found]
    return Found([parts for parts in told if parts[0]["kind"] != NOTHING], read.upto)


async def _runs(github: "GitHubClient", repository: str, workflow: str, since: datetime) -> Found:
    read = await github.workflows.runs_since(repository, workflow, since)
    if not read.is_whole:
        warn_of_more(f"{repository}/runs/{workflow}")
    told = [pulled(repository, workflow_run=one) for one in read.found]
    return Found([parts for parts in told if parts[0]["kind"] != NOTHING], read.upto)


async def _changes(github: "GitHubClient", repository: str, since: datetime) -> Found:
    read = await github.changes.merged_since(repository, since)
    if not read.is_whole:
        warn_of_more(f"{repository}/pull_requests")
    return Found([pulled_change(repository, one) for one in read.found], read.upto)


def _advice(error: VendorError) -> str:
    if not isinstance(error, VendorRefused):
        return ""
    return "; is the repository still called so, and may GITHUB_TOKEN read it (docs/integrations/github.md)?"
