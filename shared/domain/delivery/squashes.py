"""Pull requests squashed into one commit: that commit was made by merging, what it holds was made before. Pure.

Such a commit bears the time of the merge. Told alone, the change would seem to have been made when it was merged; so
the pull request's own commits are told beside it, and it has no time of its own.
"""

from collections.abc import Mapping, Sequence

from shared.domain.delivery.deliveries import Commit


def unfolded(commits: Sequence[Commit], pull_requests: Mapping[str, Sequence[Commit]]) -> list[Commit]:
    """The commits, each squash followed by what was squashed.

    pull_requests: own commits by the commit each became.
    """
    there = {one["sha"] for one in commits}
    told: list[Commit] = []
    for one in commits:
        own = pull_requests.get(one["sha"], ())
        if _is_squash(one, own, there):
            told += [Commit(sha=one["sha"], committed_at=None), *own]
        else:
            told.append(one)
    return told


def _is_squash(commit: Commit, own: Sequence[Commit], there: set[str]) -> bool:
    """A merge brings its commits along; a rebase keeps when they were made, though not their names."""
    merged = any(one["sha"] in there for one in own)
    rebased = commit["committed_at"] in {one["committed_at"] for one in own}
    return bool(own) and not merged and not rebased
