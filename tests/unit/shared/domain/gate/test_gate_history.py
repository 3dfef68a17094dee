"""What is usual: the median of earlier good deployments, never of one that failed or was taken back."""

from typing import Any

from shared.domain.gate.gate_history import KEPT, baseline, failed_commits, good, ran_well_before, with_entry

M = "latency||median"


def entry(number: int, verdict: str = "pass", value: float = 100.0, **fields: Any) -> dict[str, Any]:
    return {
        "gate_id": f"g{number}",
        "version": f"v{number}",
        "commit": f"c{number}",
        "verdict": verdict,
        "decided_at": f"2026-11-21T12:{number:02}:00Z",
        "taken_back": False,
        "values": {M: value},
        **fields,
    }


def test_it_is_the_median_of_the_newest_good_ones() -> None:
    entries = [entry(number, value=value) for number, value in enumerate([900, 100, 120, 110])]

    assert baseline(entries, "new", M, 3, 1) == (110, 3)
    assert baseline(entries, "new", "errors||mean", 3, 1) == (None, 0)


def test_what_failed_was_taken_back_or_could_not_be_judged_is_left_out() -> None:
    entries = [
        entry(1),
        entry(2, "fail", 900),
        entry(3, "pass", 900, taken_back=True),
        entry(4, "inconclusive", 900),
    ]

    assert baseline(entries, "new", M, 5, 1) == (100, 1)
    assert baseline(entries, "new", M, 5, 2) == (None, 0)


def test_a_version_is_no_baseline_of_itself_and_its_newest_gate_speaks_for_it() -> None:
    entries = [entry(1), entry(2), entry(3, "fail", version="v1")]

    assert [one["version"] for one in good(entries, "new")] == ["v2"]
    assert good(entries, "v2") == []


def test_what_failed_and_still_runs_is_not_what_is_usual() -> None:
    assert ran_well_before([], "new")
    assert ran_well_before([entry(1)], "new")
    assert not ran_well_before([entry(1), entry(2, "fail")], "new")
    assert ran_well_before([entry(1), entry(2, "fail", taken_back=True)], "new")
    assert ran_well_before([entry(1), entry(2, "fail")], "v2")


def test_a_gate_is_kept_once_and_old_ones_fall_out() -> None:
    entries: list[dict[str, Any]] = []
    for number in range(59):
        entries = with_entry(entries, entry(number))
    again = with_entry(entries, entry(58, "fail"))

    assert len(again) == KEPT
    assert again[-1]["verdict"] == "fail"
    assert [one["gate_id"] for one in again].count("g58") == 1


def test_nobody_goes_back_to_a_commit_whose_gate_failed() -> None:
    entries = [entry(1), entry(2, "fail"), entry(3, "fail"), entry(4, "pass", commit="c3")]

    assert failed_commits(entries) == {"c2"}
