"""host.json, app settings and keys."""

import json
import stat
from pathlib import Path

import pytest

from sandbox.host.config import read_config
from sandbox.host.faults import StartRefused
from sandbox.host.index import Function, find_faults
from sandbox.host.keys import DURABLE_KEY, load_keys
from sandbox.host.settings import connection_string, is_disabled, resolve


def host_json(folder: Path, **sections: object) -> Path:
    (folder / "host.json").write_text(json.dumps({"version": "2.0", **sections}))
    return folder


def test_without_sections_azures_defaults_hold(tmp_path: Path) -> None:
    config = read_config(host_json(tmp_path), {})
    assert (config.route_prefix, config.body_limit_bytes) == ("api", 104_857_600)
    assert config.service_bus.max_concurrent_calls == 16
    assert config.service_bus.max_batch_size == 1000
    assert config.service_bus.auto_complete
    assert config.service_bus.max_auto_lock_renewal.total_seconds() == 300
    assert config.durable.hub_name == "TestHubName"


def test_host_json_and_settings_are_honoured(tmp_path: Path) -> None:
    extensions = {
        "http": {"routePrefix": "/v1/"},
        "serviceBus": {
            "maxConcurrentCalls": 3,
            "maxBatchWaitTime": "00:00:07",
            "autoCompleteMessages": False,
        },
        "durableTask": {"hubName": "%HUB%", "maxConcurrentActivityFunctions": 5},
    }
    settings = {"HUB": "flow", "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT": "1000"}
    config = read_config(host_json(tmp_path, extensions=extensions), settings)
    assert (config.route_prefix, config.body_limit_bytes) == ("v1", 1000)
    assert (config.service_bus.max_concurrent_calls, config.service_bus.auto_complete) == (3, False)
    assert config.service_bus.max_batch_wait.total_seconds() == 7
    assert (config.durable.hub_name, config.durable.max_activities) == ("flow", 5)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (None, "missing"),
        ("{", "not JSON"),
        ("{}", "version"),
        ('{"version": "2.0", "extensions": {"durableTask": {"hubName": "%HUB%"}}}', "HUB"),
        ('{"version": "2.0", "extensions": {"serviceBus": {"maxConcurrentCalls": 0}}}', "maxConcurrentCalls"),
        ('{"version": "2.0", "extensions": {"serviceBus": {"maxBatchWaitTime": "soon"}}}', "time span"),
    ],
)
def test_a_wrong_host_json_stops_the_start(tmp_path: Path, text: str | None, fault: str) -> None:
    if text is not None:
        (tmp_path / "host.json").write_text(text)
    with pytest.raises(StartRefused, match=fault):
        read_config(tmp_path, {})


def test_references_to_settings_are_resolved_and_missing_ones_named() -> None:
    missing: set[str] = set()
    binding = {"queueName": "%QUEUE%-%STAGE%", "name": "%QUEUE%", "methods": ["%NO%"], "many": True}
    resolved = resolve(binding, {"QUEUE": "in", "STAGE": "dev"}, missing)
    assert resolved == {"queueName": "in-dev", "name": "in", "methods": ["%NO%"], "many": True}
    assert missing == {"NO"}


@pytest.mark.parametrize(
    ("settings", "disabled"),
    [
        ({"AzureWebJobs.tick.Disabled": "true"}, True),
        ({"AzureWebJobs.tick.Disabled": "1"}, True),
        ({"AzureWebJobs_tick_Disabled": "True"}, True),
        ({"AzureWebJobs.tick.Disabled": "false"}, False),
        ({"AzureWebJobs.tock.Disabled": "true"}, False),
    ],
)
def test_a_setting_disables_a_function(settings: dict[str, str], disabled: bool) -> None:
    assert is_disabled("tick", settings) is disabled


def test_a_connection_is_found_by_its_name_or_with_azures_prefix() -> None:
    assert connection_string("Bus", {"Bus": "one", "AzureWebJobsBus": "two"}) == "one"
    assert connection_string("Bus", {"AzureWebJobsBus": "two"}) == "two"
    assert connection_string("Bus", {}) is None


def test_what_azures_host_refuses_is_a_fault() -> None:
    bus = {"type": "serviceBusTrigger", "name": "m", "queueName": "q", "connection": "Bus"}
    blob = {"type": "blobTrigger", "name": "b"}
    functions = [
        Function("1st", bus, [bus], None),
        Function("blob", blob, [blob], None),
        Function("off", bus, [bus], None, disabled=True),
    ]
    faults = "\n".join(find_faults(functions, {}))
    assert "1st: not a valid function name" in faults
    assert "1st: the connection setting Bus is missing" in faults
    assert "blobTrigger" in faults
    assert "off" not in faults


def test_keys_are_made_once_and_only_their_owner_may_read_them(tmp_path: Path) -> None:
    path = tmp_path / "new" / "keys.json"
    first, second = load_keys(path), load_keys(path)
    assert first == second
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len({first.master, first.host["default"], first.system[DURABLE_KEY]}) == 3


def test_keys_that_are_there_stay_and_missing_ones_are_added(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_text('{"masterKey": "m", "functions": {"f": {"mine": "k"}}}')
    keys = load_keys(path)
    assert (keys.master, keys.functions) == ("m", {"f": {"mine": "k"}})
    assert keys.system[DURABLE_KEY]
    assert json.loads(path.read_text())["masterKey"] == "m"


@pytest.mark.parametrize("text", ["{", "[]", '{"functions": []}'])
def test_a_keys_file_of_another_shape_stops_the_start(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(text)
    with pytest.raises(StartRefused):
        load_keys(path)


@pytest.mark.parametrize(
    ("level", "presented", "opens"),
    [
        ("anonymous", "", True),
        ("function", "", False),
        ("function", "wrong", False),
        ("function", "host", True),
        ("function", "own", True),
        ("function", "other", False),
        ("function", "master", True),
        ("function", "sys", False),
        ("admin", "host", False),
        ("admin", "own", False),
        ("admin", "master", True),
    ],
)
def test_each_level_opens_to_its_keys_only(tmp_path: Path, level: str, presented: str, opens: bool) -> None:
    path = tmp_path / "keys.json"
    functions = {"f": {"k": "own"}, "g": {"k": "other"}}
    document = {"masterKey": "master", "functionKeys": {"default": "host"}, "functions": functions}
    path.write_text(json.dumps({**document, "systemKeys": {DURABLE_KEY: "sys"}}))
    keys = load_keys(path)
    assert keys.opens(level, "f", presented) is opens
    assert keys.opens_durable(presented) is (presented in ("sys", "master"))
    assert keys.opens_admin(presented) is (presented == "master")
