import json
from typing import Any

from sandbox.vendors.dynatrace.placeholders import fill

URL = "http://127.0.0.1:1"


def problem(**changes: Any) -> dict[str, Any]:
    return {
        "problemId": "-1_1795262523456V2",
        "displayId": "P-2611001",
        "title": 'Taxa de falhas "alta"\nno checkout',
        "impactLevel": "SERVICES",
        "severityLevel": "ERROR",
        "status": "OPEN",
        "impactedEntities": [{"entityId": {"id": "SERVICE-1", "type": "SERVICE"}, "name": "checkout"}],
        "entityTags": [{"stringRepresentation": "env:prod"}, {"stringRepresentation": "[AZURE]owner:x"}],
        "startTime": 1_795_262_523_456,
        "endTime": -1,
        "evidenceDetails": {"totalCount": 0, "details": []},
        **changes,
    }


def test_texts_are_escaped_as_json_and_json_goes_in_as_it_is() -> None:
    texts = '"t": "{ProblemTitle}", "x": "{ProblemDetailsHTML}"'
    template = "{" + texts + ', "e": {ImpactedEntities}, "d": {ProblemDetailsJSONv2}}'

    filled = json.loads(fill(template, problem(), URL))

    assert filled["t"] == 'Taxa de falhas "alta"\nno checkout'
    assert filled["e"] == [{"type": "SERVICE", "name": "checkout", "entity": "SERVICE-1"}]
    assert filled["d"]["problemId"] == "-1_1795262523456V2"
    assert "&quot;alta&quot;" in filled["x"]


def test_each_placeholder_has_the_vendors_value() -> None:
    names = [
        "PID",
        "ProblemID",
        "State",
        "ProblemImpact",
        "ProblemSeverity",
        "ImpactedEntity",
        "Tags",
        "ProblemURL",
    ]
    template = json.dumps({name: f"{{{name}}}" for name in names})

    assert json.loads(fill(template, problem(), URL)) == {
        "PID": "-1_1795262523456V2",
        "ProblemID": "P-2611001",
        "State": "OPEN",
        "ProblemImpact": "SERVICE",
        "ProblemSeverity": "ERROR",
        "ImpactedEntity": "checkout",
        "Tags": "env:prod, [AZURE]owner:x",
        "ProblemURL": f"{URL}/#problems/problemdetails;pid=-1_1795262523456V2",
    }


def test_a_closed_problem_is_resolved_in_a_notification() -> None:
    assert fill("{State}", problem(status="CLOSED"), URL) == "RESOLVED"


def test_what_is_no_placeholder_stays() -> None:
    assert fill('{"a": "{Unknown}", "b": {}}', problem(), URL) == '{"a": "{Unknown}", "b": {}}'


def test_a_value_that_looks_like_a_placeholder_is_not_filled_again() -> None:
    assert fill("{ProblemTitle}", problem(title="{PID}"), URL) == "{PID}"


def test_nothing_is_escaped_for_another_content_type() -> None:
    assert fill("{ProblemTitle}", problem(), URL, escape=False) == 'Taxa de falhas "alta"\nno checkout'
