"""Metric events: the schema takes what is one, and names what is wrong with the rest."""

import copy
from typing import Any

import pytest

from shared.domain.incident.preventive_alerts import METRIC_EVENTS, alert_of
from tests.fakes.follow_ups import a_metric
from tests.fakes.remediation import SERVICE
from tests.unit.sandbox.vendors.rig import Rig

PATH = "/api/v2/settings/objects"


def a_value(indicator: str = "errors") -> dict[str, Any]:
    service: dict[str, Any] = dict(SERVICE)
    made = alert_of("en", service, "recent_deployment", [a_metric(indicator)])
    assert made is not None
    return made["value"]


async def post(rig: Rig, value: dict[str, Any]) -> Any:
    draft = {"schemaId": METRIC_EVENTS, "scope": "environment", "value": value, "externalId": "k"}
    return (await rig.call("dynatrace", "POST", PATH, json=[draft])).json()[0]


@pytest.mark.parametrize("indicator", ["errors", "indicator"])
async def test_what_we_suggest_is_taken_and_listed(rig: Rig, indicator: str) -> None:
    made = await post(rig, a_value(indicator))

    assert made["code"] == 200, made
    listed = await rig.call("dynatrace", "GET", PATH, params={"schemaIds": METRIC_EVENTS})
    assert [one["value"] for one in listed.json()["items"]] == [a_value(indicator)]


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("enabled", None),
        ("summary", " "),
        ("colour", "red"),
        ("queryDefinition/type", "SQL"),
        ("queryDefinition/metricSelector", "m"),
        ("queryDefinition/metricKey", ""),
        ("queryDefinition/aggregation", "MEAN"),
        ("modelProperties/threshold", "high"),
        ("modelProperties/alertCondition", "NEAR"),
        ("modelProperties/violatingSamples", 0),
        ("modelProperties/alertOnNoData", None),
        ("eventTemplate/eventType", "SURPRISE"),
        ("eventTemplate/title", ""),
        ("eventTemplate", None),
    ],
)
async def test_what_is_no_metric_event_is_refused_by_name(rig: Rig, path: str, wrong: Any) -> None:
    value = copy.deepcopy(a_value())
    *parents, name = path.split("/")
    part = value
    for parent in parents:
        part = part[parent]
    part[name] = wrong

    told = await post(rig, value)

    assert told["code"] == 400
    paths = [one["path"] for one in told["error"]["constraintViolations"]]
    assert f"{METRIC_EVENTS}/0/{path}" in paths
