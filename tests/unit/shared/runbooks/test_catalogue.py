"""The catalogue as it is shipped, and what a runbook or a policy that is wrong says."""

import ast
import json
import shutil
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from functions.models.automation import Automation
from shared.domain.action import actions, candidates
from shared.domain.diagnosis.categories import KnownCategory
from shared.errors import ConfigurationError
from shared.runbooks.catalogue import FOLDER, read_runbooks, runbooks
from shared.runbooks.policies import policies, read_policies
from shared.texts import TEXTS

ROOT = Path(__file__).parents[4]
ACTION: dict[str, Any] = {
    "type": "roll_back",
    "service": "checkout",
    "project": "loja",
    "pipeline_id": 7,
    "run_id": 101,
    "commit": "a" * 40,
    "ref_name": "refs/heads/main",
    "replaces_run_id": 102,
    "replaces_commit": "b" * 40,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "runbooks"))


def change(file: Path, **changes: Any) -> None:
    file.write_text(yaml.safe_dump({**yaml.safe_load(file.read_text()), **changes}))


def test_every_action_for_a_cause_can_be_made_and_every_other_is_an_undo() -> None:
    undos = {runbook.undo["type"] for runbook in runbooks().values() if runbook.undo}
    answering = {type_ for type_, runbook in runbooks().items() if runbook.answers}

    assert answering == set(candidates.types())
    assert set(runbooks()) - answering <= undos


def test_every_known_cause_has_an_answer() -> None:
    assert {category for runbook in runbooks().values() for category in runbook.answers} == set(
        get_args(KnownCategory)
    )


def test_owners_may_allow_exactly_what_can_be_proposed() -> None:
    allowed = Automation.model_json_schema()["properties"]["allow"]["items"]["enum"]

    assert set(allowed) == set(actions.OWNER_MAY_ALLOW) == set(candidates.types())


def test_the_policies_name_only_what_is_low_risk_as_automatic_where_a_cause_was_guessed() -> None:
    diagnosed = [rule for rule in policies()["automatic"] if rule.get("because", "diagnosis") == "diagnosis"]
    named = {type_ for rule in diagnosed for type_ in rule["actions"]}

    assert {runbooks()[type_].risk for type_ in named} == {"low"}
    assert all("risks" not in rule for rule in diagnosed)


def test_a_failed_gate_lets_nothing_go_by_itself_but_the_way_back() -> None:
    (rule,) = (rule for rule in policies()["automatic"] if rule.get("because") == "gate")

    assert set(rule["actions"]) == {"roll_back", "redeploy"}
    assert 1 not in rule["tiers"]
    assert "high" not in rule["risks"]


def test_an_action_is_held_to_the_schema_of_its_runbook() -> None:
    schema = runbooks()["roll_back"]

    assert schema.faults(ACTION) == []
    for wrong in (
        {"commit": "main"},
        {"pipeline_id": "7"},
        {"type": "redeploy"},
        {"anything": "else"},
        {"ref_name": "refs/heads/main; rm"},
    ):
        assert schema.faults({**ACTION, **wrong})
    assert schema.faults({name: value for name, value in ACTION.items() if name != "commit"})


@pytest.mark.parametrize(
    ("file", "changes", "said"),
    [
        ("restart", {"risk": "none"}, "restart.yaml: risk"),
        ("restart", {"preconditions": ["hope"]}, "restart.yaml: preconditions"),
        ("restart", {"answers": {"gremlins": 1}}, "restart.yaml: answers"),
        ("restart", {"type": "reboot"}, "must be the name of its file"),
        ("restart", {"undo": {"type": "unrestart"}}, "there is no such runbook"),
        ("restart", {"surprise": 1}, "surprise"),
    ],
)
def test_a_runbook_that_is_wrong_is_named_with_its_fault(
    folder: Path, file: str, changes: dict[str, Any], said: str
) -> None:
    change(folder / f"{file}.yaml", **changes)

    with pytest.raises(ConfigurationError, match=said):
        read_runbooks(folder)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"cap": {"times": 3, "hours": 24}}, "cap"),
        ({"cap": {"times": 2, "hours": 1}}, "cap"),
        ({"time_zone": "Brazil"}, "time_zone"),
        ({"needs": [{"name": "nobody", "approvers": 0}]}, "needs"),
        ({"needs": [{"name": "late", "approvers": 1, "during": "lunch"}]}, "no such hours"),
        (
            {"automatic": [{"name": "x", "actions": ["reboot"], "tiers": [3], "min_confidence": 0.9}]},
            "there is no runbook reboot",
        ),
        (
            {"automatic": [{"name": "x", "actions": ["restart"], "tiers": [3], "min_confidence": 0.1}]},
            "min_confidence",
        ),
    ],
)
def test_a_policy_that_is_wrong_is_named_with_its_fault(
    folder: Path, changes: dict[str, Any], said: str
) -> None:
    change(folder / "policies.yaml", **changes)

    with pytest.raises(ConfigurationError, match=said):
        read_policies(folder, runbooks().keys())


@pytest.mark.parametrize("until", ["2026-11-26T18:00", "2026-02-30T00:00"])
def test_a_freeze_ends_after_it_begins(folder: Path, until: str) -> None:
    freeze = {
        "name": "x",
        "from": "2026-11-26T18:00",
        "until": until,
        "actions": [],
        "approvers": 2,
    }
    change(folder / "policies.yaml", freezes=[freeze])

    with pytest.raises(ConfigurationError, match="freezes: x"):
        read_policies(folder, runbooks().keys())


def test_files_that_cannot_be_read_are_named(folder: Path) -> None:
    (folder / "restart.yaml").write_text("a: [")

    with pytest.raises(ConfigurationError, match=r"restart\.yaml: cannot be read"):
        read_runbooks(folder)


def test_the_owners_word_is_as_the_page_shows_it() -> None:
    page = (ROOT / "docs" / "runbooks.md").read_text()
    shown = json.loads(page.partition("```json")[2].partition("```")[0])

    said = Automation.model_validate(shown["automation"])

    assert said.flags[0].categories == ["dependency"]
    assert all(f"`{type_}`" in page for type_ in runbooks() if type_ != "scale_back")


def test_the_folder_goes_with_the_app() -> None:
    assert not [line for line in (ROOT / ".funcignore").read_text().splitlines() if "runbooks" in line]


def test_every_reason_and_every_action_has_its_sentence() -> None:
    words: set[str] = set()
    for name in ("candidates", "remediation", "action_policy"):
        tree = ast.parse((ROOT / f"shared/domain/action/{name}.py").read_text())
        words |= {str(node.value) for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    reasons = {
        "no_flag",
        "no_pipeline",
        "no_instances",
        "no_environment",
        "no_runbook",
        "elsewhere",
        "frozen",
    }

    assert reasons <= words
    assert {f"handed_over.{reason}" for reason in reasons} <= TEXTS.keys()
    assert {f"action.{type_}" for type_ in runbooks()} <= TEXTS.keys()
