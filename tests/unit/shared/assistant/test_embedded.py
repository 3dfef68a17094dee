"""The embedded assistant: the ranking's own answer, marked as such, with runs for items that carry no facts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.assistant.embedded import EmbeddedAssistant
from shared.texts import say
from tests.fakes.remediation import PROBLEM, SUSPECT

BUNDLE = {
    "items": [
        {"id": "E1", "kind": "problem", "text": "x", "at": ""},
        {"id": "E2", "kind": "run", "text": "y", "at": ""},
    ],
    "missing": [],
}
START_MS = 1763726400000


async def ask(suspect: Any, bundle: Any = BUNDLE) -> Any:
    return await EmbeddedAssistant().diagnose(PROBLEM, bundle, {"suspect": suspect, "last_good": None})


async def test_a_run_shortly_before_the_problem_is_the_probable_cause() -> None:
    diagnosis = await ask(SUSPECT)

    assert (diagnosis.category, diagnosis.component) == ("recent_deployment", "checkout")
    assert diagnosis.evidence_ids == ["E2"]
    assert diagnosis.author == "embedded"
    assert diagnosis.text_values["minutes"] == 10
    assert "102" in say("pt-BR", diagnosis.text_key, **diagnosis.text_values)


async def test_the_likeliest_candidates_come_along_with_unknown_among_them() -> None:
    diagnosis = await ask(SUSPECT)

    assert [one["category"] for one in diagnosis.candidates] == ["recent_deployment", "unknown"]
    assert diagnosis.candidates[0]["confidence"] == diagnosis.confidence
    assert diagnosis.model_dump(mode="json")["candidates"][0]["entity_id"] == "SERVICE-1"


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

    assert (diagnosis.category, diagnosis.component, diagnosis.evidence_ids) == ("unknown", "", [])


async def test_a_run_s_own_facts_are_believed_before_what_was_said_beside_them() -> None:
    own = {"service": "checkout", "at_ms": START_MS - 60_000, "run_id": 77, "commit": "c" * 40}
    bundle = {"items": [{**BUNDLE["items"][1], "facts": own}], "missing": []}

    diagnosis = await ask(SUSPECT, bundle)

    assert diagnosis.text_values["run_id"] == 77


@given(st.floats(0, 119), st.floats(0.5, 1))
async def test_the_closer_the_run_the_likelier_it_is(minutes: float, more: float) -> None:
    start = datetime.fromtimestamp(START_MS / 1000, UTC)

    async def likely(before: float) -> float:
        diagnosis = await ask({**SUSPECT, "finished_at": (start - timedelta(minutes=before)).isoformat()})
        return next(float(one["score"]) for one in diagnosis.candidates if one["category"] != "unknown")

    assert await likely(minutes + more) <= await likely(minutes)
