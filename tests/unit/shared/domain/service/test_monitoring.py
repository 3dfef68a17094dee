"""How a service is watched: values as Dynatrace takes them, from nothing but names and numbers."""

import base64

import pytest

from shared.domain.service import monitoring
from shared.domain.service.object_ids import management_zone_id


def an_object_id(uuid: str) -> str:
    """As Dynatrace makes them: schema, scope and a UUID between two magic numbers."""
    magic = bytes.fromhex("beef54de15dadead")
    texts = b"".join(
        len(text).to_bytes(2) + text.encode()
        for text in ("builtin:management-zones", "tenant", "tenant", uuid)
    )
    return base64.urlsafe_b64encode(magic + (1).to_bytes(4) + texts + magic).decode().rstrip("=")


ZONE = an_object_id("c46e46b3-6d96-32a7-8b5b-f611772d0165")


@pytest.mark.parametrize(
    ("uuid", "number"),
    [
        ("c46e46b3-6d96-32a7-8b5b-f611772d0165", "-4292415658385853785"),
        ("9e2a05ed-9942-3f98-83fe-6e251bcc3b55", "-7049815748658446440"),
        ("d0ded4a7-fcfe-4605-a123-7aa8d0fa5a2c", "3277109782074005416"),
    ],
)
def test_a_zone_s_number_is_read_from_its_object_id(uuid: str, number: str) -> None:
    assert management_zone_id(an_object_id(uuid)) == number


@pytest.mark.parametrize(
    "object_id", ["", "no base64!", "bm8gdXVpZA", "a", "ffffffff-ffff-4fff-ffff-ffffffffffff"]
)
def test_what_holds_no_number_gives_none(object_id: str) -> None:
    assert management_zone_id(object_id) is None
    assert management_zone_id(an_object_id("ffffffff-ffff-4fff-bfff-ffffffffffff")) is None


def test_a_zone_holds_what_bears_the_services_tag() -> None:
    zone = monitoring.management_zone("orders")
    assert zone["schema_id"] == "builtin:management-zones"
    assert zone["value"]["name"] == "orders"
    assert [rule["entitySelector"] for rule in zone["value"]["rules"]] == [
        'type("SERVICE"),tag("service:orders")',
        'type("PROCESS_GROUP"),tag("service:orders")',
        'type("AZURE_FUNCTION_APP"),tag("[AZURE]service:orders")',
    ]


def test_one_tag_serves_all_services() -> None:
    tag = monitoring.auto_tag()
    formats = [rule["valueFormat"] for rule in tag["value"]["rules"]]
    assert (tag["schema_id"], tag["value"]["name"]) == ("builtin:tags.auto-tagging", "service")
    assert formats == ["{ProcessGroup:Environment:service}", "{Service:DetectedName}"]


def test_a_profile_tells_the_problems_of_its_zone() -> None:
    profile = monitoring.alerting_profile("orders", ZONE)
    assert profile["value"]["managementZone"] == "-4292415658385853785"
    assert {rule["severityLevel"]: rule["delayInMinutes"] for rule in profile["value"]["severityRules"]} == {
        "AVAILABILITY": 0,
        "ERRORS": 0,
        "PERFORMANCE": 5,
        "RESOURCE_CONTENTION": 30,
    }
    assert {rule["tagFilterIncludeMode"] for rule in profile["value"]["severityRules"]} == {"NONE"}


def test_where_a_zone_tells_no_number_the_tag_draws_the_line() -> None:
    profile = monitoring.alerting_profile("orders", "zone-1")
    assert "managementZone" not in profile["value"]
    assert all(
        (rule["tagFilterIncludeMode"], rule["tagFilter"]) == ("INCLUDE_ANY", ["service:orders"])
        for rule in profile["value"]["severityRules"]
    )


def test_objectives_are_percentages_over_the_services_entities() -> None:
    wanted = [
        {"name": "availability", "target": 99.5, "warning": 99.8},
        {"name": "latency", "threshold_ms": 500, "target": 95, "warning": 97},
    ]
    availability, latency = monitoring.objectives("orders", wanted)
    assert availability == {
        "kind": "availability",
        "definition": {
            "name": "orders availability",
            "description": "Requests that did not fail on the server",
            "metricExpression": "(100)*(builtin:service.errors.server.successCount:splitBy())"
            "/(builtin:service.requestCount.server:splitBy())",
            "evaluationType": "AGGREGATE",
            "filter": 'type("SERVICE"),tag("service:orders")',
            "target": 99.5,
            "warning": 99.8,
            "timeframe": "-1w",
            "enabled": True,
        },
    }
    assert latency["definition"]["name"] == "orders latency"
    assert 'value("good",lt(500000))' in latency["definition"]["metricExpression"]
    assert latency["definition"]["description"] == "Time slots with a mean response below 500 ms"


def test_an_objective_nobody_knows_is_an_error() -> None:
    with pytest.raises(ValueError, match="throughput"):
        monitoring.objectives("orders", [{"name": "throughput", "target": 1, "warning": 2}])


@pytest.mark.parametrize("name", ["", "Orders", 'a"),type("HOST', "a_b", "-a", "a-", "a:b", "órders", "a\n"])
def test_a_name_cannot_change_the_selector(name: str) -> None:
    with pytest.raises(ValueError, match="service name"):
        monitoring.entity_selector(name)
