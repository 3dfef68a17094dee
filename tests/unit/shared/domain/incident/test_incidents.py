"""Impact and urgency, from the vendor's words to the vendor's numbers."""

from typing import Any

import pytest

from shared.domain.incident.incidents import impact, urgency
from tests.fakes.remediation import PROBLEM


@pytest.mark.parametrize(
    ("level", "number"), [("APPLICATION", "1"), ("services", "2"), ("", "3"), ("NEW", "3")]
)
def test_impact_follows_dynatrace_s_level(level: str, number: str) -> None:
    problem: dict[str, Any] = {**PROBLEM, "impact": level}
    assert impact(problem) == number


@pytest.mark.parametrize(("severity", "number"), [("AVAILABILITY", "1"), ("PERFORMANCE", "2"), ("", "3")])
def test_urgency_follows_dynatrace_s_severity(severity: str, number: str) -> None:
    problem: dict[str, Any] = {**PROBLEM, "severity": severity}
    assert urgency(problem) == number
