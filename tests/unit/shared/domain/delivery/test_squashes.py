"""A squash has no time of its own, and what it holds is told beside it; merges and rebases are told as they are."""

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.delivery.deliveries import Commit
from shared.domain.delivery.squashes import unfolded

MONDAY, TUESDAY, MERGED = "2026-11-16T09:00:00.000Z", "2026-11-17T09:00:00.000Z", "2026-11-19T18:00:00.000Z"
commit_of = st.builds(
    Commit,
    sha=st.sampled_from(["a" * 40, "b" * 40, "c" * 40, "d" * 40]),
    committed_at=st.sampled_from([None, MONDAY, TUESDAY, MERGED]),
)


def a_commit(letter: str, at: str | None) -> Commit:
    return Commit(sha=letter * 40, committed_at=at)


def test_a_squash_is_told_with_what_was_squashed_and_without_its_time() -> None:
    own = [a_commit("1", MONDAY), a_commit("2", TUESDAY)]

    told = unfolded([a_commit("e", MONDAY), a_commit("f", MERGED)], {"f" * 40: own})

    assert told == [a_commit("e", MONDAY), a_commit("f", None), *own]


def test_a_merge_brings_its_commits_along() -> None:
    commits = [a_commit("1", MONDAY), a_commit("f", MERGED)]

    assert unfolded(commits, {"f" * 40: [a_commit("1", MONDAY)]}) == commits


def test_a_rebase_keeps_when_its_commits_were_made() -> None:
    commits = [a_commit("8", MONDAY), a_commit("9", TUESDAY)]

    assert unfolded(commits, {"9" * 40: [a_commit("1", MONDAY), a_commit("2", TUESDAY)]}) == commits


def test_a_pull_request_without_commits_changes_nothing() -> None:
    commits = [a_commit("f", MERGED)]

    assert unfolded(commits, {"f" * 40: []}) == commits


@given(st.lists(commit_of), st.dictionaries(st.sampled_from(["a" * 40, "b" * 40]), st.lists(commit_of)))
def test_no_commit_is_lost_and_none_gets_a_time_it_had_not(
    commits: list[Commit], pull_requests: dict[str, list[Commit]]
) -> None:
    told = unfolded(commits, pull_requests)

    assert [one["sha"] for one in commits] == [
        one["sha"] for one in told if one["sha"] in {each["sha"] for each in commits}
    ]
    known = commits + [one for own in pull_requests.values() for one in own]
    assert all(one in known for one in told if one["committed_at"])
