"""host.json and local.settings.example.json, held against the schemas that are published for them."""

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from functions.starting import VERSION

ROOT = Path(__file__).parents[3]
SPECS = Path(os.environ.get("VALUEFLOW_SPECS", ROOT.parent / "shared" / "specs"))

NEWER_THAN_THE_SCHEMA = ("defaultVersion", "versionMatchStrategy")
"""https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-orchestration-versioning"""


def schema(name: str) -> Any:
    path = SPECS / name
    if not path.exists():
        pytest.skip(f"the published schema {name} is not here; VALUEFLOW_SPECS names its folder")
    return json.loads(path.read_text())


@pytest.mark.parametrize(
    ("file", "published"),
    [
        ("host.json", "functions-host.json"),
        ("local.settings.example.json", "functions-local-settings.json"),
    ],
)
def test_the_file_agrees_with_its_schema(file: str, published: str) -> None:
    document = json.loads((ROOT / file).read_text())
    for name in NEWER_THAN_THE_SCHEMA:
        document.get("extensions", {}).get("durableTask", {}).pop(name, None)
    validator = jsonschema.validators.validator_for(schema(published))(schema(published))

    assert [error.message for error in validator.iter_errors(document)] == []


def test_new_orchestrations_carry_the_version_the_host_runs() -> None:
    host = json.loads((ROOT / "host.json").read_text())

    assert host["extensions"]["durableTask"]["defaultVersion"] == VERSION


def test_every_event_subscription_the_app_reads_is_made_by_the_sandbox() -> None:
    from functions.platform.dead_letters import SUBSCRIPTIONS
    from shared.settings import EVENTS_TOPIC

    config = json.loads((ROOT / "sandbox" / "servicebus" / "Config.json").read_text())
    (topic,) = config["UserConfig"]["Namespaces"][0]["Topics"]

    assert topic["Name"] == EVENTS_TOPIC
    assert set(SUBSCRIPTIONS) <= {subscription["Name"] for subscription in topic["Subscriptions"]}
