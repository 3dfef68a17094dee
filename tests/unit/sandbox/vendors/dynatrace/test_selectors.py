from typing import Any

import pytest

from sandbox.vendors.dynatrace.entities import tag
from sandbox.vendors.dynatrace.selectors import entity_conditions, matches
from sandbox.vendors.framework import Refusal


def entity(**changes: Any) -> dict[str, Any]:
    tags = [tag("env:prod"), tag("[AZURE]owner:payments")]
    return {
        "entityId": "SERVICE-1",
        "type": "SERVICE",
        "displayName": "Checkout API",
        "tags": tags,
        **changes,
    }


@pytest.mark.parametrize(
    "selector",
    [
        'type("SERVICE")',
        "type(service)",
        'entityId("SERVICE-0","SERVICE-1")',
        'type("SERVICE"),tag("env:prod")',
        'type("SERVICE"), tag("env")',
        'type("SERVICE"),tag("[AZURE]owner:payments")',
        'type("SERVICE"),entityName("checkout")',
        'type("SERVICE"),entityName.equals("checkout api")',
        'type("SERVICE"),entityName.startsWith("check")',
    ],
)
def test_a_selector_finds_the_entity(selector: str) -> None:
    assert matches(entity(), entity_conditions(selector))


@pytest.mark.parametrize(
    "selector",
    [
        'type("HOST")',
        'entityId("SERVICE-2")',
        'type("SERVICE"),tag("env:test")',
        'type("SERVICE"),entityName.equals("checkout")',
        'type("SERVICE"),entityName.startsWith("api")',
    ],
)
def test_a_selector_leaves_the_entity_out(selector: str) -> None:
    assert not matches(entity(), entity_conditions(selector))


@pytest.mark.parametrize(
    "selector",
    [
        "",
        "SERVICE",
        'type("SERVICE"',
        'tag("env:prod")',
        'type("SERVICE")tag("x")',
        'type("SERVICE"),mzId(1)',
        "type()",
    ],
)
def test_a_selector_that_cannot_be_read_is_refused(selector: str) -> None:
    with pytest.raises(Refusal):
        entity_conditions(selector)


def test_a_quoted_value_may_hold_brackets_commas_and_escaped_quotes() -> None:
    odd = entity(displayName='a "b", (c)')

    assert matches(odd, entity_conditions(r'type("SERVICE"),entityName.equals("a \"b\", (c)")'))


def test_tags_are_read_from_how_they_are_written() -> None:
    assert tag("[AZURE]owner:payments") == {
        "context": "AZURE",
        "key": "owner",
        "value": "payments",
        "stringRepresentation": "[AZURE]owner:payments",
    }
    assert tag("critical") == {
        "context": "CONTEXTLESS",
        "key": "critical",
        "stringRepresentation": "critical",
    }
