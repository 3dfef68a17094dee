"""What administrators paste and type from docs/ is what the app expects."""

import ast
import json
import re
from pathlib import Path

import pytest

from functions.platform.sources import dynatrace
from shared.domain import event_types
from shared.golden_paths import catalogue as golden_paths
from shared.runbooks import catalogue as runbooks
from shared.security import tokens

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
TEMPLATE = DOCS / "integrations" / "dynatrace-problem-notification.json"
SAMPLES = {
    "PID": "-8332015481234567890_1763721600000V2",
    "State": "OPEN",
    "ProblemID": "P-2611001",
    "ProblemTitle": "Failure rate increase",
    "ProblemImpact": "SERVICES",
    "ProblemSeverity": "ERROR",
    "ImpactedEntities": '[{"type": "SERVICE", "name": "checkout", "entity": "SERVICE-0123456789ABCDEF"}]',
    "ImpactedEntity": "Failure rate increase on Web service checkout",
    "ProblemURL": "https://abc12345.live.dynatrace.com/#problems/problemdetails;pid=1",
    "Tags": "owner:payments, tier:1",
    "ProblemDetailsJSONv2": '{"startTime": 1763721600123, "severityLevel": "ERROR"}',
}
"""What Dynatrace puts in the place of its placeholders; those that are JSON stand without quotes."""


def _filled() -> str:
    return re.sub(r"\{(\w+)\}", lambda found: SAMPLES[found[1]], TEMPLATE.read_text())


def test_the_filled_template_is_json_that_holds_every_placeholder_once() -> None:
    sent = json.loads(_filled())
    assert set(sent) == set(SAMPLES)
    assert sorted(re.findall(r"\{(\w+)\}", TEMPLATE.read_text())) == sorted(SAMPLES)


def test_the_filled_template_is_the_notification_the_webhook_takes() -> None:
    event = dynatrace.to_event(_filled().encode())
    assert event.type == event_types.PROBLEM_OPENED
    assert event.data == {
        "problem_id": SAMPLES["PID"],
        "display_id": "P-2611001",
        "title": "Failure rate increase",
        "impact": "SERVICES",
        "severity": "ERROR",
        "state": "OPEN",
        "start_ms": 1763721600123,
        "entities": [{"id": "SERVICE-0123456789ABCDEF", "name": "checkout", "type": "SERVICE"}],
        "url": SAMPLES["ProblemURL"],
        "tags": ["owner:payments", "tier:1"],
    }


def test_the_app_registration_gets_the_roles_the_app_asks_for() -> None:
    roles = json.loads((DOCS / "integrations" / "entra-app-roles.json").read_text())
    asked = {tokens.READER, tokens.REQUESTER, tokens.APPROVER, tokens.ADMIN}
    assert {role["value"] for role in roles} == asked
    assert len({role["id"] for role in roles}) == len(asked)


def test_only_people_can_be_given_the_right_to_approve() -> None:
    roles = json.loads((DOCS / "integrations" / "entra-app-roles.json").read_text())
    (approver,) = (role for role in roles if role["value"] == tokens.APPROVER)
    assert approver["allowedMemberTypes"] == ["User"]


def test_the_package_that_is_published_holds_everything_the_app_imports_and_reads() -> None:
    command = re.search(r"git archive .* HEAD (.+)", (DOCS / "deploy.md").read_text())
    assert command
    packed = command[1].split()
    assert [name for name in packed if not (ROOT / name).exists()] == []
    sources = [path for name in packed for path in (ROOT / name).rglob("*.py")] + [ROOT / "function_app.py"]
    imported = {module for path in sources for module in _imported(path.read_text())}
    ours = {path.name.removesuffix(".py") for path in ROOT.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert imported & ours <= {name.removesuffix(".py") for name in packed}
    read = {folder.name for folder in (golden_paths.FOLDER, runbooks.FOLDER)}
    assert read <= set(packed)


@pytest.mark.parametrize(
    "path", sorted([*DOCS.glob("*.md"), *DOCS.glob("integrations/*.md")]), ids=lambda path: path.stem
)
def test_links_lead_to_files_that_exist(path: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text())
    assert [target for target in targets if not (path.parent / target).exists()] == []


def _imported(source: str) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found
