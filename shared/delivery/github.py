"""What GitHub's webhooks do not carry: the commits a deployment brought, all those of a pull request."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from shared.domain.delivery.deliveries import MOST_COMMITS, Commit
from shared.domain.delivery.delivery_reports import Report, instant, part, reverted, sha
from shared.domain.delivery.squashes import unfolded
from shared.errors import VendorRefused

if TYPE_CHECKING:
    from shared.clients.github import GitHubClient

log = logging.getLogger(__name__)

_MOST_SQUASHES = 25
"""Pull requests whose commits one deployment asks for: each is a request."""
_SLACK = timedelta(minutes=1)


class GitHubFacts:
    """github: None where the app may not ask; then what the webhook told is all there is.

    All methods raise VendorUnavailable of github. What GitHub refuses to tell stays unknown: it would be refused again.
    """

    def __init__(self, github: GitHubClient | None) -> None:
        self._github = github

    async def of_deployment(self, report: Report) -> Report:
        """With the commits since the one before that succeeded; a rollback names the commit it took away."""
        told, repository = report["told"], report["place"]["repository"]
        if self._github is None or told["state"] != "finished" or not told["commit"]:
            return report
        try:
            before = sha(await self._before(self._github, repository, told))
            if before is None:
                return report
            if before == told["commit"]:
                return _with(report, commits=[])
            commits = await self._between(self._github, repository, before, told["commit"])
        except VendorRefused as refused:
            log.warning("the commits of a deployment from %s are not known: %s", repository, refused)
            return report
        takes_away = before if told.get("how") == "rollback" else None
        return _with(report, commits=commits, rolls_back=takes_away)

    async def of_change(self, report: Report) -> Report:
        """With its commits; and what it takes back, where one of them says so."""
        told, repository = report["told"], report["place"]["repository"]
        if self._github is None or not (number := _number(told["pull_request"])):
            return report
        try:
            found, count = await self._github.changes.commits_of(repository, number)
        except VendorRefused as refused:
            log.warning("the commits of a pull request of %s are not known: %s", repository, refused)
            return report
        commits = _commits(found)
        back = (name for one in found if (name := reverted(part(one, "commit", "message"))))
        return _with(
            report,
            commits=commits,
            more_commits=count - len(commits),
            reverts=told["reverts"] or next(back, None),
        )

    async def _before(self, github: GitHubClient, repository: str, told: Mapping[str, Any]) -> str | None:
        """The commit that was there before; None where nobody knows one."""
        if told.get("workflow"):
            return await github.workflows.previous_commit(
                repository, told["workflow"], _number(told["run_id"])
            )
        named = told.get("named_environment") or told["environment"]
        return await github.deployments.previous_commit(repository, named, _number(told["id"]))

    async def _between(self, github: GitHubClient, repository: str, base: str, head: str) -> list[Commit]:
        """The commits from one to the other, squashes with what was squashed."""
        found = await github.changes.commits_between(repository, base, head, MOST_COMMITS)
        commits = _commits(found)
        since = min(
            (at for one in found if (at := instant(part(one, "commit", "committer", "date")))), default=None
        )
        if since is None:
            return commits
        try:
            merged = await github.changes.merged_as(
                repository, {one["sha"] for one in commits}, datetime.fromisoformat(since) - _SLACK
            )
            own = {
                str(one["merge_commit_sha"]): _commits(
                    (await github.changes.commits_of(repository, one["number"]))[0]
                )
                for one in merged[:_MOST_SQUASHES]
            }
        except VendorRefused as refused:
            log.warning("what was squashed in %s is not known: %s", repository, refused)
            return commits
        return unfolded(commits, own)[:MOST_COMMITS]


def _number(told: str) -> int:
    """0 for what is no number: nothing was before that."""
    return int(told) if told.isdecimal() else 0


def _with(report: Report, **told: Any) -> Report:
    return Report(**{**report, "told": {**report["told"], **told}})


def _commits(found: Iterable[Mapping[str, Any]]) -> list[Commit]:
    """Whose they are is not read."""
    return [
        {"sha": name, "committed_at": instant(part(one, "commit", "author", "date"))}
        for one in found
        if (name := sha(one.get("sha")))
    ]
