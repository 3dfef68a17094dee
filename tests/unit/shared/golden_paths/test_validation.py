"""Every fault of a request at once, by field, in words that say what to do and never repeat what was sent."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.domain.service import names
from shared.golden_paths.catalogue import GoldenPath, golden_path
from shared.golden_paths.validation import complete, faults
from tests.unit.golden_paths.parameters import ORDINARY
from tests.unit.shared.golden_paths.conftest import GIVEN, Write

PATH = golden_path("python-function")


def found(parameters: Any, path: GoldenPath = PATH) -> dict[str, list[str]]:
    said: dict[str, list[str]] = {}
    for each in faults(path, parameters):
        said.setdefault(each["field"], []).append(each["message"])
    return said


def test_an_ordinary_request_has_no_faults() -> None:
    assert found(ORDINARY) == {}


def test_all_faults_are_told_at_once() -> None:
    said = found({"name": "COM1", "tier": 9, "colour": "red", "working_hours": {"start": "7"}})

    assert said.keys() == {
        "name", "description", "project", "product", "owner", "cost_center", "data_classification",
        "tier", "colour", "working_hours.start", "working_hours.time_zone",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", "-", "must begin with a letter a to z"),
        ("name", 7, "must be text"),
        ("description", "", "must not be empty"),
        ("description", "x" * 501, "must have 500 characters or fewer"),
        (
            "description",
            "{{ x }}",
            "must not hold template expressions ({{ }}, {% %}, ${ }, $( ) and the like): say it in words",
        ),
        ("description", "a\u202eb", "must not hold control or invisible characters"),
        ("project", "a/b", "must not be a path"),
        ("product", "a\nb", "must not hold control or invisible characters"),
        ("owner", "a b", "must be letters and digits, joined by single hyphens, underscores or dots"),
        ("owner", "team\n", "must be letters and digits, joined by single hyphens, underscores or dots"),
        ("cost_center", "../x", "must be letters and digits, joined by single hyphens, underscores or dots"),
        ("tier", "1", "must be a whole number"),
        ("tier", True, "must be a whole number"),
        ("tier", 4, "must be one of 1, 2, 3"),
        ("data_classification", "secret", "must be one of public, internal, personal, sensitive"),
        ("environment", "staging", "must be one of development, preview, production"),
        ("lifetime_hours", 0, "must be 1 or more"),
        ("lifetime_hours", 721, "must be 720 or less for development"),
        ("adopt_existing", "yes", "must be true or false"),
        ("working_hours", [], "must be an object"),
        ("instance_memory_mb", 1, "must be one of 512, 2048, 4096"),
    ],
)
def test_a_wrong_value_is_told_in_words(field: str, value: Any, message: str) -> None:
    said = found({**ORDINARY, field: value})
    assert list(said) == [field]
    assert message in said[field]


@pytest.mark.parametrize(
    ("field", "hours", "message"),
    [
        ("working_hours.time_zone", {"time_zone": "Mars/Base"}, "IANA"),
        ("working_hours.time_zone", {"time_zone": "../etc/passwd"}, "America/Sao_Paulo"),
        ("working_hours.time_zone", {}, "required"),
        ("working_hours.days", {"days": []}, "1 items or more"),
        ("working_hours.days", {"days": ["mon", "mon"]}, "twice"),
        ("working_hours.days.0", {"days": ["monday"]}, "must be one of mon"),
        ("working_hours.start", {"start": "24:00"}, "time such as"),
        ("working_hours.holidays.0", {"holidays": ["2027-02-30"]}, "date that exists"),
        ("working_hours.holidays.0", {"holidays": ["20270421"]}, "a date such as"),
        ("working_hours.colour", {"colour": "red"}, "not a parameter"),
    ],
)
def test_working_hours_are_judged_by_field(field: str, hours: dict[str, Any], message: str) -> None:
    zone = {} if message == "required" else {"time_zone": "America/Sao_Paulo"}
    said = found({**ORDINARY, "working_hours": {**zone, **hours}})
    assert list(said) == [field]
    assert any(message in each for each in said[field])


def test_a_production_environment_neither_ends_nor_sleeps() -> None:
    production = {**ORDINARY, "environment": "production"}
    assert found(production) == {}
    said = found({**production, "lifetime_hours": 5, "working_hours": {"time_zone": "America/Sao_Paulo"}})
    assert said.keys() == {"lifetime_hours", "working_hours"}


def test_how_long_an_environment_may_live_is_the_path_s_to_say() -> None:
    preview = {**ORDINARY, "environment": "preview"}
    assert found({**preview, "lifetime_hours": 168}) == {}
    assert found({**preview, "lifetime_hours": 169}).keys() == {"lifetime_hours"}


@pytest.mark.parametrize("body", [None, [], "x", 1, True])
def test_what_is_no_object_is_one_fault_of_the_whole(body: Any) -> None:
    assert found(body) == {"": ["must be an object"]}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(st.sampled_from(sorted(PATH.schema["properties"])) | st.text(), VALUES, max_size=8)
    | VALUES
)
def test_nothing_crashes_it(body: Any) -> None:
    for fault in faults(PATH, body):
        assert fault.keys() == {"field", "message"}


@given(st.text("xyzw", min_size=12, max_size=20).map(lambda text: f"§{text}§"))
@settings(deadline=None)
def test_no_value_is_ever_told_back(secret: str) -> None:
    body: dict[str, Any] = dict.fromkeys(PATH.schema["properties"], secret)
    body |= {
        secret: 1,
        "working_hours": {"time_zone": secret, "days": [secret], "start": secret, secret: secret},
    }
    assert secret not in json.dumps(faults(PATH, body), ensure_ascii=False)


@settings(deadline=None)
@given(st.text() | st.from_regex(r"[a-z0-9-]{1,40}", fullmatch=True))
def test_the_form_s_pattern_lets_every_right_name_through(name: str) -> None:
    """The portal checks the pattern before it sends: it must not refuse what we accept."""
    import re

    schema = PATH.schema["properties"]["name"]
    if not names.service_name_faults(name):
        assert re.search(schema["pattern"], name)
        assert schema["minLength"] <= len(name) <= schema["maxLength"]


def test_defaults_are_filled_in_however_deep_and_never_shared() -> None:
    whole = complete(PATH, {**ORDINARY, "working_hours": {"time_zone": "America/Sao_Paulo"}})

    assert whole["environment"] == "development"
    assert whole["adopt_existing"] is False
    assert whole["instance_memory_mb"] == 2048
    assert whole["working_hours"] == {
        "time_zone": "America/Sao_Paulo",
        "days": ["mon", "tue", "wed", "thu", "fri"],
        "start": "07:00",
        "end": "19:00",
        "holidays": [],
    }
    assert "lifetime_hours" not in whole
    whole["working_hours"]["holidays"].append("2027-01-01")
    assert complete(PATH, {**ORDINARY, "working_hours": {}})["working_hours"]["holidays"] == []


def test_what_was_given_is_kept_and_not_changed() -> None:
    given_ = {**ORDINARY, "environment": "preview"}
    assert complete(PATH, given_)["environment"] == "preview"
    assert given_ == {**ORDINARY, "environment": "preview"}


def test_a_path_s_own_parameters_are_held_to_the_same(write: Write) -> None:
    path = write()
    assert found({**GIVEN, "greeting": "{{ x }}", "size": "m"}, path).keys() == {"greeting", "size"}


@pytest.mark.timeout(20)
def test_a_huge_body_is_judged_in_linear_time() -> None:
    huge = "a-" * 500_000
    assert found(dict.fromkeys(ORDINARY, huge)).keys() == ORDINARY.keys()


def test_working_hours_may_reach_into_the_next_day() -> None:
    hours = {"time_zone": "America/Sao_Paulo", "start": "22:00", "end": "06:00"}
    assert found({**ORDINARY, "working_hours": hours}) == {}
