"""The ranking: each kind of fact makes its cause likely, none makes it unknown, and free text makes nothing."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.diagnosis.ranking import Candidate, rank
from shared.texts import LANGUAGES, say
from tests.eval.incidents.bundles import make
from tests.eval.incidents.faults import FAULTS

START_MS = 1_763_726_400_000
PROBLEM: dict[str, Any] = {
    "title": "Failure rate increase",
    "start_ms": START_MS,
    "entities": [{"id": "SERVICE-1", "name": "checkout", "type": "SERVICE"}],
}


def ago(minutes: float) -> int:
    return START_MS - int(minutes * 60_000)


def fact(kind: str, **facts: Any) -> dict[str, Any]:
    return {"kind": kind, "at": "", "text": "t", "facts": facts}


def entity(entity_id: str, name: str, distance: int, kind: str = "SERVICE") -> dict[str, Any]:
    return fact("entity", entity_id=entity_id, name=name, type=kind, distance=distance)


def metric(
    entity_id: str, indicator: str, z: float, onset: float | None = None, **more: Any
) -> dict[str, Any]:
    onset_ms = None if onset is None else ago(onset)
    return fact("metric", entity_id=entity_id, indicator=indicator, robust_z=z, onset_ms=onset_ms, **more)


def ranked(*items: dict[str, Any], problem: dict[str, Any] = PROBLEM) -> list[Candidate]:
    return rank(problem, [{**item, "id": f"E{number}"} for number, item in enumerate(items, start=1)])


def best(*items: dict[str, Any]) -> tuple[str, str]:
    first = ranked(*items)[0]
    return first["component"], first["category"]


DATABASE = entity("SERVICE-2", "ledger-db", 1, "DATABASE_SERVICE")
LEDGER_SICK = metric("SERVICE-2", "latency", 12, onset=4)
LEAK = {"baseline_median": 50.0, "during_median": 93.0, "trend_per_hour": 12.0}
FULL = {"baseline_median": 40.0, "during_median": 98.0, "trend_per_hour": 0.0}


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([], ("", "unknown")),
        ([fact("run", service="checkout", at_ms=ago(5), run_id=7)], ("checkout", "recent_deployment")),
        ([fact("deployment", entity_id="SERVICE-1", at_ms=ago(5))], ("checkout", "recent_deployment")),
        ([fact("configuration", entity_id="SERVICE-1", at_ms=ago(5))], ("checkout", "configuration")),
        (
            [fact("change", service="checkout", start_ms=ago(20), end_ms=ago(-60))],
            ("checkout", "configuration"),
        ),
        ([metric("SERVICE-1", "memory", 9, **LEAK)], ("checkout", "memory_leak")),
        ([metric("SERVICE-1", "cpu", 9, **FULL)], ("checkout", "saturation")),
        ([fact("certificate", entity_id="SERVICE-1", expires_at_ms=ago(1))], ("checkout", "certificate")),
        ([fact("quota", entity_id="SERVICE-1", used=100, limit=100)], ("checkout", "quota")),
        ([DATABASE, LEDGER_SICK], ("ledger-db", "dependency")),
        (
            [
                entity("HOST-1", "vm-1", 1, "HOST"),
                fact("finding", entity_id="HOST-1", type="AVAILABILITY_EVIDENCE"),
            ],
            ("vm-1", "infrastructure"),
        ),
    ],
)
def test_each_kind_of_fact_makes_its_cause_the_likeliest(
    items: list[dict[str, Any]], expected: tuple[str, str]
) -> None:
    assert best(*items) == expected


@pytest.mark.parametrize(
    "item",
    [
        fact("run", service="checkout", at_ms=ago(-10)),
        fact("run", service="checkout", at_ms=ago(600)),
        fact("run", service="checkout", at_ms=ago(5), result="failed"),
        fact("run", service="checkout", at_ms=ago(5), role="last_good"),
        fact("run", service="somebody-else", at_ms=ago(5)),
        fact("certificate", entity_id="SERVICE-1", expires_at_ms=ago(-60 * 24)),
        fact("quota", entity_id="SERVICE-1", used=60, limit=100),
        fact("quota", entity_id="SERVICE-1", used=60, limit=0),
        metric("SERVICE-1", "cpu", 0.5, baseline_median=90.0, during_median=91.0),
        metric("SERVICE-1", "memory", 9, baseline_median=40.0, during_median=60.0, trend_per_hour=0.1),
        fact("change", service="checkout", start_ms=ago(3000), end_ms=ago(2900)),
        fact("log", entity_id="SERVICE-1", count=500, level="ERROR"),
        fact("cost"),
    ],
    ids=lambda item: f"{item['kind']}-{'-'.join(f'{k}{v}' for k, v in item['facts'].items())}"[:60],
)
def test_what_does_not_fit_stays_unknown(item: dict[str, Any]) -> None:
    assert best(DATABASE, item)[1] == "unknown"


def test_what_was_sick_before_a_deployment_did_not_fall_ill_of_it() -> None:
    run = fact("run", service="checkout", at_ms=ago(5))

    assert best(run, metric("SERVICE-1", "errors", 9, onset=4))[1] == "recent_deployment"
    assert best(run, metric("SERVICE-1", "errors", 9, onset=30))[1] == "unknown"


def test_who_got_sick_first_is_likelier_than_who_followed() -> None:
    follower = entity("SERVICE-3", "mailer", 1)
    sick = metric("SERVICE-1", "latency", 9, onset=2)

    first = ranked(DATABASE, follower, sick, LEDGER_SICK, metric("SERVICE-3", "latency", 12, onset=-5))

    assert [one["component"] for one in first if one["category"] == "dependency"] == ["ledger-db", "mailer"]


def test_a_deployment_of_the_sick_dependency_explains_more_than_its_sickness() -> None:
    run = fact("run", service="Ledger_DB", at_ms=ago(10), run_id=5)

    assert best(DATABASE, LEDGER_SICK, run) == ("ledger-db", "recent_deployment")


def test_a_deployment_of_a_healthy_dependency_does_not_count_as_one_s_own() -> None:
    healthy = metric("SERVICE-2", "latency", 0.2)

    assert best(DATABASE, healthy, fact("run", service="ledger-db", at_ms=ago(10)))[1] == "unknown"


def test_a_maintenance_window_over_the_affected_entity_explains_before_a_weak_sign() -> None:
    window = fact("maintenance", start_ms=ago(30), end_ms=ago(-60), entity_ids=["SERVICE-1"])
    elsewhere = {**window, "facts": {**window["facts"], "entity_ids": ["SERVICE-9"]}}
    change = fact("change", service="checkout", start_ms=ago(20), end_ms=ago(-60))

    explained = ranked(change, window)[0]

    assert (explained["category"], explained["evidence_ids"]) == ("unknown", ["E2"])
    assert explained["text_key"] == "cause.maintenance"
    assert best(change, elsewhere)[1] == "configuration"


def test_two_signs_of_one_deployment_are_one_candidate_that_cites_both() -> None:
    run = fact("run", service="checkout", at_ms=ago(6), run_id=7, commit="c" * 40)
    seen = fact("deployment", entity_id="SERVICE-1", at_ms=ago(5))

    deployments = [one for one in ranked(run, seen) if one["category"] == "recent_deployment"]

    assert [one["evidence_ids"] for one in deployments] == [["E2", "E1"]]


def test_a_similar_incident_speaks_for_its_cause_and_is_cited() -> None:
    run = fact("run", service="checkout", at_ms=ago(60))
    alike = fact("similar", similarity=0.9, category="recent_deployment")
    unlike = fact("similar", similarity=0.3, category="recent_deployment")

    with_it, without = ranked(run, alike), ranked(run, unlike)

    assert _of(with_it, "recent_deployment")["score"] > _of(without, "recent_deployment")["score"]
    assert "E2" in _of(with_it, "recent_deployment")["evidence_ids"]
    assert "E2" not in _of(without, "recent_deployment")["evidence_ids"]


def test_confidence_is_shared_by_all_candidates() -> None:
    found = ranked(DATABASE, LEDGER_SICK, fact("run", service="checkout", at_ms=ago(5)))

    assert sum(one["confidence"] for one in found) == pytest.approx(1, abs=0.01)
    assert [one["score"] for one in found] == sorted((one["score"] for one in found), reverse=True)


@pytest.mark.parametrize("kind", FAULTS)
def test_every_candidate_has_its_words_in_both_languages(kind: str) -> None:
    record = make(kind, 1)
    for one in rank(record["problem"], record["bundle"]["items"]):
        for language in LANGUAGES:
            assert "{" not in say(language, one["text_key"], **one["text_values"])
            assert say(language, one["refuted_by_key"])
            assert say(language, f"category.{one['category']}")


@pytest.mark.parametrize("kind", FAULTS)
@given(words=st.text(max_size=80))
def test_no_free_text_changes_candidates_scores_or_citations(kind: str, words: str) -> None:
    record = _records(kind)
    told = [{**item, "text": words, "source": words, "link": words} for item in record["bundle"]["items"]]
    for item in told:
        free = {name: words for name in ("pattern", "what", "commits", "files") if name in item["facts"]}
        item["facts"] = {**item["facts"], **free}

    assert rank({**record["problem"], "title": words, "tags": [words]}, told) == rank(
        record["problem"], record["bundle"]["items"]
    )


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
NAMES = (
    "entity_id service at_ms start_ms end_ms indicator robust_z onset_ms distance baseline_median during_median "
    "trend_per_hour used limit expires_at_ms count level similarity category root_cause type entity_ids result run_id"
)
KINDS = (
    "problem finding entity metric log deployment run configuration change maintenance certificate quota cost similar "
    "unheard_of"
)
some_facts = st.dictionaries(
    st.sampled_from(NAMES.split()),
    scalars | st.lists(scalars, max_size=2) | st.sampled_from(["SERVICE-1", "memory", "cpu", START_MS]),
)
kinds = st.sampled_from(KINDS.split())


@given(st.lists(st.tuples(kinds, some_facts), max_size=12))
def test_whatever_facts_come_there_is_an_answer_that_cites_what_exists(
    told: list[tuple[str, dict[str, Any]]],
) -> None:
    found = ranked(*(fact(kind, **facts) for kind, facts in told))

    known = {f"E{number}" for number in range(1, len(told) + 1)}
    assert "unknown" in [one["category"] for one in found]
    assert all(set(one["evidence_ids"]) <= known and 0 <= one["confidence"] <= 1 for one in found)
    assert all(one["evidence_ids"] for one in found if one["category"] != "unknown")
    json.dumps(found, allow_nan=False)


def test_a_problem_nobody_knows_the_start_of_is_ranked_all_the_same() -> None:
    problem = {**PROBLEM, "start_ms": None, "entities": []}

    assert ranked(fact("run", at_ms=ago(5)), problem=problem)[0]["category"] == "unknown"
    assert ranked(fact("quota", used=5, limit=5), problem=problem)[0]["category"] == "quota"


def _of(candidates: list[Candidate], category: str) -> Candidate:
    return next(one for one in candidates if one["category"] == category)


_made: dict[str, dict[str, Any]] = {}


def _records(kind: str) -> dict[str, Any]:
    """One incident of a kind, made once: making one takes longer than ranking it."""
    if kind not in _made:
        _made[kind] = make(kind, 0)
    return _made[kind]
