"""What the ranking must reach on made-up incidents, so that a worse one fails here; and how answers are scored.

The floors lie well below what `make eval` measures: they catch a rule that broke, not a point that moved.
"""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.eval import causes, runs
from tests.eval.incidents.bundles import make
from tests.eval.incidents.faults import FAULTS
from tests.unit.sandbox.vendors.rig import Rig


@pytest.fixture(scope="module")
def figures() -> Any:
    records = [make(kind, seed) for seed in (0, 1, 3, 4) for kind in FAULTS]
    records += [make("none", seed) for seed in (6, 7, 9, 10)]
    return causes.evaluate(records)["embedded"]


def test_the_ranking_finds_what_was_injected(figures: Any) -> None:
    assert figures["all"]["cause_top1"] >= 0.7
    assert figures["all"]["cause_top3"] >= 0.75
    assert figures["all"]["category_top1"] >= 0.75


def test_no_kind_of_fault_is_missed_altogether(figures: Any) -> None:
    missed = {kind: one["cause_top1"] for kind, one in figures["by_kind"].items() if one["cause_top1"] < 0.25}

    assert missed == {}


def test_where_there_is_no_cause_none_is_made_up(figures: Any) -> None:
    assert figures["by_kind"]["none"]["category_top1"] >= 0.6


def test_every_citation_exists_and_confidence_means_something(figures: Any) -> None:
    assert figures["all"]["citations_valid"] == 1.0
    assert figures["brier"] <= 0.2
    assert figures["calibration_error"] <= 0.25


def test_the_same_seed_makes_the_same_incident() -> None:
    assert make("quota", 5) == make("quota", 5)
    assert make("quota", 5) != make("quota", 6)


def test_a_third_of_the_records_is_held_out_of_each_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(causes, "make", lambda kind, seed: {"id": f"{kind}-{seed}", "kind": kind})

    records = list(causes.generated())

    for kind in FAULTS:
        held_out = [record["held_out"] for record in records if record["kind"] == kind]
        assert len(held_out) == causes.EACH
        assert held_out.count(True) * 3 == len(held_out)
    assert len(records) >= 60


def test_a_file_of_other_labelled_incidents_is_judged(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_URL", raising=False)
    file = tmp_path / "own.jsonl"
    record = make("configuration", 1)
    file.write_text(json.dumps(record) + "\n", encoding="utf-8")

    judged = runs.judged(causes, file)

    assert judged["all"]["embedded"]["all"]["cause_top1"] == 1.0
    assert "| configuration | 1 |" in causes.table(judged)


def test_a_record_without_its_label_is_refused(tmp_path: Any) -> None:
    file = tmp_path / "own.jsonl"
    record = {name: value for name, value in make("quota", 1).items() if name != "component"}
    file.write_text(json.dumps(record) + "\n", encoding="utf-8")

    with pytest.raises(runs.WrongData, match="component"):
        runs.judged(causes, file)


def test_a_cause_is_right_only_with_component_and_category() -> None:
    record = {"component": "checkout", "category": "quota", "bundle": {"items": [{"id": "E1"}]}}
    half = {"component": "checkout", "category": "saturation", "confidence": 0.6}
    right = {"component": "checkout", "category": "quota", "confidence": 0.3}

    scores = causes._scores(
        [(record, {"ranked": [half, right], "evidence_ids": ["E1"], "author": "embedded"})]
    )

    assert (scores["component_top1"], scores["category_top1"], scores["cause_top1"]) == (1.0, 0.0, 0.0)
    assert (scores["cause_top3"], scores["citations_valid"]) == (1.0, 1.0)


@pytest.mark.parametrize(("ids", "valid"), [(["E1"], 1.0), (["E1", "E2"], 0.0), ([], 0.0)])
def test_a_citation_counts_only_when_it_exists_and_is_there(ids: list[str], valid: float) -> None:
    record = {"component": "c", "category": "quota", "bundle": {"items": [{"id": "E1"}]}}
    answer = {"ranked": [{"component": "c", "category": "quota", "confidence": 1}], "evidence_ids": ids}

    assert causes._scores([(record, {**answer, "author": "embedded"})])["citations_valid"] == valid


@pytest.mark.parametrize(
    ("behaves", "author"), [("answer", "openai"), ("invented", "embedded"), ("quota", "embedded")]
)
async def test_a_configured_endpoint_is_judged_beside_the_ranking_and_who_answered_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, behaves: str, author: str
) -> None:
    rig = Rig(tmp_path)
    await rig.start()
    try:
        monkeypatch.setenv("OPENAI_URL", f"{rig.urls['openai']}/openai/v1/")
        monkeypatch.setenv("OPENAI_API_KEY", rig.credentials["openai"]["api_key"])
        await rig.control("openai", "PUT", "/config", {"always": behaves})

        judged = await asyncio.to_thread(causes.evaluate, [make("quota", 1), make("bad_deploy", 1)])
    finally:
        await rig.http.aclose()
        await rig.stop()

    assert judged["openai"]["answered_by"] == {author: 2}
    assert judged["openai"]["all"]["citations_valid"] == 1.0
    assert "the model behind OPENAI_URL" in causes.table({"all": judged})
