import pytest

from sandbox.vendors.servicenow.queries import parse

FIELDS = ("number", "state", "incident_state", "short_description", "correlation_id", "opened_at")
ROWS = [
    {
        "number": number,
        "state": state,
        "incident_state": state,
        "short_description": text,
        "correlation_id": correlation,
        "opened_at": opened,
    }
    for number, state, text, correlation, opened in (
        ("INC1", "1", "Checkout fails", "a", "2026-11-01 10:00:00"),
        ("INC2", "2", "Search is slow", "", "2026-11-02 10:00:00"),
        ("INC10", "6", "checkout is slow", "b", "2026-11-03 10:00:00"),
    )
]


def found(text: str) -> list[str]:
    query = parse(text, FIELDS)
    return [row["number"] for row in query.sorted(row for row in ROWS if query.holds(row))]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", ["INC1", "INC2", "INC10"]),
        ("number=INC1", ["INC1"]),
        ("number=inc1", ["INC1"]),
        ("state!=6", ["INC1", "INC2"]),
        ("stateIN1,6", ["INC1", "INC10"]),
        ("stateNOT IN1,6", ["INC2"]),
        ("state>1", ["INC2", "INC10"]),
        ("state<2", ["INC1"]),
        ("state>=2^state<=2", ["INC2"]),
        ("short_descriptionLIKEcheckout", ["INC1", "INC10"]),
        ("short_descriptionNOT LIKEcheckout", ["INC2"]),
        ("short_descriptionSTARTSWITHcheckout", ["INC1", "INC10"]),
        ("short_descriptionENDSWITHslow", ["INC2", "INC10"]),
        ("correlation_idISEMPTY", ["INC2"]),
        ("correlation_idISNOTEMPTY", ["INC1", "INC10"]),
        ("state=1^ORstate=2", ["INC1", "INC2"]),
        ("state=1^ORstate=6^short_descriptionLIKEslow", ["INC10"]),
        ("state=1^NQstate=6", ["INC1", "INC10"]),
        ("opened_at>2026-11-01 23:59:59", ["INC2", "INC10"]),
        ("ORDERBYDESCopened_at", ["INC10", "INC2", "INC1"]),
        ("state!=9^ORDERBYshort_description", ["INC1", "INC10", "INC2"]),
        ("ORDERBYDESCstate", ["INC10", "INC2", "INC1"]),
        ("number=INC1^EQ", ["INC1"]),
    ],
)
def test_an_encoded_query_finds_and_orders(query: str, numbers: list[str]) -> None:
    assert found(query) == numbers


@pytest.mark.parametrize("query", ["colour=red", "nonsense", "state", "ORDERBYcolour", "^^"])
def test_a_condition_that_cannot_be_read_is_dropped_and_everything_found(query: str) -> None:
    assert found(query) == ["INC1", "INC2", "INC10"]


def test_a_value_may_hold_operators() -> None:
    row = dict.fromkeys(FIELDS, "") | {"correlation_id": "a=b>cLIKEd"}

    assert parse("correlation_id=a=b>cLIKEd", FIELDS).holds(row)
