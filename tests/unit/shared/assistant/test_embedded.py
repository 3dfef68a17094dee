"""The embedded assistant: the run that ended last before the problem, or unknown."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.assistant.embedded import EmbeddedAssistant
from tests.fakes.remediation import PROBLEM, SUSPECT

BUNDLE = {
    "items": [
        {"id": "E1", "kind": "problem", "text": "x"},
        {"id": "E2", "kind": "run", "text": "y"},
    ],
    "missing": [],
}
START_MS = 1763726400000


async def ask(suspect: Any) -> Any:
    return await EmbeddedAssistant().diagnose(PROBLEM, BUNDLE, {"suspect": suspect, "last_good": None})


async def test_a_run_shortly_before_the_problem_is_the_probable_cause() -> None:
    diagnosis = await ask(SUSPECT)

    assert diagnosis.category == "recent_deployment"
    assert diagnosis.evidence_ids == ["E2"]
    assert diagnosis.author == "embedded"
    assert diagnosis.text_values["minutes"] == 10


@pytest.mark.parametrize(
    "suspect",
    [
        None,
        {**SUSPECT, "finished_at": None},
        {**SUSPECT, "finished_at": "2025-11-21T09:00:00Z"},
        {**SUSPECT, "finished_at": "2025-11-21T12:30:00Z"},
    ],
    ids=["no run", "still running", "long ago", "after the problem"],
)
async def test_otherwise_it_says_unknown(suspect: Any) -> None:
    diagnosis = await ask(suspect)

    assert (diagnosis.category, diagnosis.confidence, diagnosis.evidence_ids) == ("unknown", 0.0, [])


@given(st.floats(0, 119), st.floats(0.5, 1))
async def test_the_closer_the_run_the_surer_it_is(minutes: float, more: float) -> None:
    from datetime import UTC, datetime, timedelta

    start = datetime.fromtimestamp(START_MS / 1000, UTC)
    near = await ask({**SUSPECT, "finished_at": (start - timedelta(minutes=minutes)).isoformat()})
    far = await ask({**SUSPECT, "finished_at": (start - timedelta(minutes=minutes + more)).isoformat()})

    assert 0.4 <= far.confidence <= near.confidence <= 0.8
