"""What every path's pipeline does for each action, with its templates filled in as Azure Pipelines fills them in."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from shared.golden_paths.catalogue import GoldenPath, all_paths
from shared.golden_paths.rendering import render
from shared.golden_paths.values import ENVIRONMENTS
from tests.unit.golden_paths.parameters import ORDINARY
from tests.unit.golden_paths.pipelines import expand

ACTIONS = ("apply", "stop", "start", "destroy")
TASKS = {
    *("AzureCLI@2", "AzureFunctionApp@2", "AzureStaticWebApp@0", "Cache@2", "JavaToolInstaller@1", "Maven@4"),
    *("PublishCodeCoverageResults@2", "PublishTestResults@2", "UseNode@1", "UsePythonVersion@0"),
}
"""Of Azure Pipelines itself, in versions that are not deprecated: no extension has to be installed."""
each_path = pytest.mark.parametrize("path", all_paths(), ids=lambda path: path.name)
each_action = pytest.mark.parametrize("action", ACTIONS)


def pipeline(path: GoldenPath, action: str, environment: str = "preview") -> dict[str, Any]:
    return expand(
        render(path, ORDINARY), "azure-pipelines.yml", {"action": action, "environment": environment}
    )


@each_path
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_it_takes_an_action_and_an_environment_that_is_the_service_s_first(
    path: GoldenPath, environment: str
) -> None:
    document = yaml.safe_load(render(path, {**ORDINARY, "environment": environment})["azure-pipelines.yml"])
    parameters = {each["name"]: each for each in document["parameters"]}

    assert (parameters["action"]["default"], tuple(parameters["action"]["values"])) == ("apply", ACTIONS)
    assert parameters["environment"]["default"] == environment
    assert tuple(parameters["environment"]["values"]) == ENVIRONMENTS


@each_path
def test_apply_builds_tests_scans_and_deploys_in_this_order(path: GoldenPath) -> None:
    assert [stage["stage"] for stage in pipeline(path, "apply")["stages"]] == [
        "build",
        "test",
        "scan",
        "deploy",
    ]


@each_path
@pytest.mark.parametrize("action", ["stop", "start", "destroy"])
def test_any_other_action_is_one_stage_of_its_name(path: GoldenPath, action: str) -> None:
    assert [stage["stage"] for stage in pipeline(path, action)["stages"]] == [action]


@each_path
@each_action
def test_only_the_environment_asked_for_is_touched(path: GoldenPath, action: str) -> None:
    stage = pipeline(path, action)["stages"][-1]

    (job,) = stage["jobs"]
    assert job["environment"] == "preview"
    connections = {
        value
        for node in nodes(stage)
        for key, value in node.items()
        if key in ("azureSubscription", "connectedServiceNameARM")
    }
    assert connections == {"azure-preview"}


@each_path
def test_a_pull_request_changes_no_environment(path: GoldenPath) -> None:
    for action in ACTIONS:
        assert (
            "ne(variables['Build.Reason'], 'PullRequest')"
            in pipeline(path, action)["stages"][-1]["condition"]
        )


@each_path
def test_resources_come_from_terraform_in_the_pipeline(path: GoldenPath) -> None:
    for action, does in (
        ("apply", "apply"),
        ("stop", "outputs"),
        ("start", "outputs"),
        ("destroy", "destroy"),
    ):
        scripts = [node.get("inlineScript", "") for node in nodes(pipeline(path, action)["stages"][-1])]
        assert f"bash pipelines/terraform.sh {does} preview" in scripts


@each_path
@each_action
def test_what_steps_read_of_terraform_is_an_output_of_it(path: GoldenPath, action: str) -> None:
    files = render(path, ORDINARY)
    terraform = "\n".join(content.decode() for name, content in files.items() if name.endswith(".tf"))
    outputs = set(re.findall(r'^output "(\w+)"', terraform, re.MULTILINE))
    scripts = " ".join(content.decode() for name, content in files.items() if name.endswith(".sh"))

    read = set(re.findall(r"\$\(tf_(\w+)\)", str(pipeline(path, action))))
    read |= {name.lower() for name in re.findall(r"\bTF_([A-Z_]+)", scripts)}
    assert read <= outputs


@each_path
@each_action
def test_steps_are_tasks_of_azure_pipelines_or_scripts(path: GoldenPath, action: str) -> None:
    whole = pipeline(path, action)
    steps = [step for node in nodes(whole) for step in node.get("steps", [])]

    assert {step["task"] for step in steps if "task" in step} <= TASKS
    for step in steps:
        assert step.keys() & {"task", "bash", "checkout", "download", "publish"}, step
        if "checkout" in step:
            assert step.get("persistCredentials") is False
        elif "download" not in step:
            assert step.get("displayName"), f"a step says not what it does: {step}"


@each_path
def test_what_is_deployed_is_what_was_built(path: GoldenPath) -> None:
    stages = {stage["stage"]: stage for stage in pipeline(path, "apply")["stages"]}

    assert "package" in [node.get("artifact") for node in nodes(stages["build"]) if "publish" in node]
    assert "package" in [node.get("artifact") for node in nodes(stages["deploy"]) if "download" in node]


@each_path
def test_a_step_that_fails_fails_its_stage(path: GoldenPath) -> None:
    """A shell goes on after a command that failed unless it is told not to."""
    for action in ACTIONS:
        for node in nodes(pipeline(path, action)):
            script = node.get("bash", "")
            assert script.count("\n") < 1 or "set -euo pipefail" in script, script
            assert node.get("continueOnError") in (None, False)
    for name, content in render(path, ORDINARY).items():
        assert not name.endswith(".sh") or b"set -euo pipefail" in content, name


@each_path
def test_what_the_policies_authorise_is_what_the_pipeline_uses(path: GoldenPath) -> None:
    named = {
        each["name"].replace("{environment}", "preview") for each in path.policies["pipeline"]["resources"]
    }
    assert named == {"azure-preview", "preview"}


@each_path
def test_a_template_given_as_a_parameter_is_named_from_the_root(path: GoldenPath) -> None:
    """Azure Pipelines looks for it beside the file that takes the parameter, not beside the one that gives it."""
    for name, content in render(path, ORDINARY).items():
        if name == "azure-pipelines.yml" or (name.startswith("pipelines/") and name.endswith(".yml")):
            for node in nodes(yaml.safe_load(content)):
                given = node.get("parameters", {}) if "template" in node else {}
                assert all(each["template"].startswith("/") for each in nodes(given) if "template" in each), (
                    name
                )


def nodes(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
        for each in tree.values():
            yield from nodes(each)
    elif isinstance(tree, list):
        for each in tree:
            yield from nodes(each)
