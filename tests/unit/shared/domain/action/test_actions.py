"""Typed actions: the runs that carry them out, and what takes them back."""

from typing import Any

import pytest

from shared.domain.action.action_texts import action_text
from shared.domain.action.actions import deployed_commit, environment_of, runs_of, undo_of
from shared.runbooks.catalogue import runbooks

PLACE: dict[str, Any] = {"service": "checkout", "project": "loja", "pipeline_id": 7}
AT = {"commit": "a" * 40, "ref_name": "refs/heads/main"}
ROLL_BACK = {
    "type": "roll_back",
    **PLACE,
    **AT,
    "run_id": 101,
    "replaces_run_id": 102,
    "replaces_commit": "b" * 40,
}
REDEPLOY = {"type": "redeploy", **PLACE, **AT, "run_id": 101}
RESTART = {"type": "restart", **PLACE, **AT, "environment": "production", "through": ["stop", "start"]}
SCALE_OUT = {
    "type": "scale_out",
    **PLACE,
    **AT,
    "environment": "",
    "instances": 4,
    "back_to": 2,
    "for_minutes": 60,
}
FLAG = {"type": "disable_feature_flag", "service": "checkout", "flag": "new-cart", "label": "", "etag": "v1"}
PIPELINE = {
    "type": "run_pipeline",
    **PLACE,
    "pipeline": "renew-certificate",
    "ref_name": "refs/heads/main",
    "parameters": {"days": "90"},
}
EVERY = [ROLL_BACK, REDEPLOY, RESTART, SCALE_OUT, FLAG, PIPELINE]


def ids(action: dict[str, Any]) -> str:
    return str(action["type"])


@pytest.mark.parametrize("action", EVERY, ids=ids)
def test_every_action_and_what_takes_it_back_is_as_the_catalogue_says(action: dict[str, Any]) -> None:
    undo = undo_of(action, {"etag": "v2"})
    told = runbooks()[action["type"]].undo

    assert runbooks()[action["type"]].faults(action) == []
    assert (undo or {}).get("type") == (told or {}).get("type")
    assert undo is None or runbooks()[undo["type"]].faults(undo) == []


@pytest.mark.parametrize("language", ["pt-BR", "en"])
@pytest.mark.parametrize("action", EVERY, ids=ids)
def test_every_action_and_what_takes_it_back_has_words(action: dict[str, Any], language: str) -> None:
    undo = undo_of(action, {"etag": "v2"})

    for one in filter(None, (action, undo)):
        text = action_text(language, one)
        assert "{" not in text
        assert "checkout" in text


def test_what_is_rolled_back_is_rolled_forward_again() -> None:
    undo = undo_of(ROLL_BACK, {})

    assert undo is not None
    assert (undo["type"], undo["commit"], undo["run_id"]) == ("redeploy", "b" * 40, 102)
    assert deployed_commit(ROLL_BACK) == "b" * 40
    assert deployed_commit(undo) == "a" * 40
    assert deployed_commit(REDEPLOY) == "a" * 40


def test_a_restart_runs_the_deployed_commit_once_or_stopped_and_started() -> None:
    stop, start = runs_of(RESTART)
    (restart,) = runs_of({**RESTART, "through": ["restart"]})

    assert [run.parameters["action"] for run in (stop, start, restart)] == ["stop", "start", "restart"]
    assert {run.parameters["environment"] for run in (stop, start, restart)} == {"production"}
    assert {run.commit for run in (stop, start, restart)} == {"a" * 40}


def test_more_instances_are_as_many_as_before_afterwards() -> None:
    undo = undo_of(SCALE_OUT, {})

    assert undo is not None
    assert runs_of(SCALE_OUT)[0].parameters == {"action": "scale", "instances": "4"}
    assert runs_of(undo)[0].parameters == {"action": "scale", "instances": "2"}


def test_a_flag_somebody_else_switched_is_not_switched_back() -> None:
    assert undo_of(FLAG, {"etag": ""}) is None
    assert runs_of(FLAG) == []


def test_a_named_pipeline_runs_with_its_fixed_parameters_alone() -> None:
    (run,) = runs_of(PIPELINE)

    assert (run.parameters, run.commit) == ({"days": "90"}, None)


def test_an_unknown_action_is_carried_out_by_nothing() -> None:
    with pytest.raises(ValueError, match="no such action"):
        runs_of({"type": "reboot_everything"})
    assert action_text("en", {"type": "reboot_everything"}) == "reboot_everything"


@pytest.mark.parametrize(
    ("service", "environment"),
    [
        ({}, ""),
        ({"environments": {"preview": {"state": "running"}}}, "preview"),
        ({"environments": {"preview": {"state": "stopped"}}}, None),
        ({"environments": {n: {"state": "running"} for n in ("preview", "production")}}, "production"),
        ({"environments": {n: {"state": "running"} for n in ("preview", "development")}}, None),
        ({"environments": {}, "automation": {"environment": "blue"}}, "blue"),
    ],
)
def test_an_action_is_for_the_environment_that_is_meant_or_for_none(
    service: dict[str, Any], environment: str | None
) -> None:
    assert environment_of(service) == environment
