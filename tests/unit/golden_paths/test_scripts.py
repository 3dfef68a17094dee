"""The scripts pipelines run, with tools that note what they are asked."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.golden_paths.catalogue import GoldenPath, all_paths
from shared.golden_paths.rendering import render
from tests.unit.golden_paths.parameters import ORDINARY

ON_AKS = [path for path in all_paths() if "aks" in path.layers]
OUTPUTS = {
    "app_name": {"sensitive": False, "type": "string", "value": "func-plant-sensors-dev-12345"},
    "password": {"sensitive": True, "type": "string", "value": "hunter2"},
}
SIGNED_IN = {
    "servicePrincipalId": "id",
    "tenantId": "tenant",
    "idToken": "federated",
    "SERVICE": "plant-sensors",
}
CLUSTER = {
    "TF_CLUSTER_NAME": "aks-1",
    "TF_CLUSTER_RESOURCE_GROUP": "rg-aks",
    "TF_REGISTRY_NAME": "registry",
    "TF_REGISTRY_LOGIN_SERVER": "registry.azurecr.io",
    "TF_WORKLOAD_CLIENT_ID": "11111111-2222-3333-4444-555555555555",
}


@dataclass
class Shell:
    """A rendered repository and a PATH of stubs; `calls` are their command lines."""

    repository: Path
    bin: Path

    def stub(self, tool: str, body: str = "") -> None:
        log = self.bin / "calls"
        file = self.bin / tool
        file.write_text(f'#!/bin/bash\necho "{tool} $*" >>"{log}"\n{body}\n')
        file.chmod(0o755)

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        path = f"{self.bin}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            ["bash", *command],
            cwd=self.repository,
            env={"PATH": path, "HOME": str(self.bin), **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def calls(self) -> list[str]:
        log = self.bin / "calls"
        return log.read_text().splitlines() if log.exists() else []


def shell(path: GoldenPath, folder: Path) -> Shell:
    for tool in ("bash", "jq"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not on PATH: the pipelines' scripts were not run")
    made = Shell(folder / "repository", folder / "bin")
    made.bin.mkdir()
    for name, content in render(path, ORDINARY).items():
        file = made.repository / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return made


@pytest.fixture
def terraform(tmp_path: Path) -> Shell:
    """Terraform of the right version, and a subscription with a storage account for state."""
    made = shell(all_paths()[0], tmp_path)
    made.stub(
        "az",
        'case "$*" in *"account show"*) echo sub-1 ;; *"].name"*) echo state1 ;; *) echo rg-state ;; esac',
    )
    answers = f"""case "$1" in
  version) echo '{{"terraform_version": "1.11.4"}}' ;;
  output) echo '{json.dumps(OUTPUTS)}' ;;
  init) echo "$ARM_CLIENT_ID $ARM_TENANT_ID $ARM_SUBSCRIPTION_ID $ARM_USE_OIDC $ARM_OIDC_TOKEN" >"$HOME/who" ;;
esac"""
    made.stub("terraform", answers)
    return made


def verbs(made: Shell) -> list[str]:
    return [call.split()[1] for call in made.calls if call.startswith("terraform ")]


def test_apply_plans_and_applies_that_plan_and_tells_the_outputs(terraform: Shell) -> None:
    done = terraform.run("pipelines/terraform.sh", "apply", "preview", **SIGNED_IN)

    assert done.returncode == 0, done.stderr
    assert verbs(terraform) == ["version", "init", "plan", "apply", "output"]
    assert "##vso[task.setvariable variable=tf_app_name]func-plant-sensors-dev-12345" in done.stdout
    (plan,) = [call for call in terraform.calls if " plan " in call]
    assert "environment=preview" in plan
    assert "environments/preview.tfvars" in plan
    assert plan.endswith("-out tfplan")


def test_each_environment_has_a_state_of_its_own(terraform: Shell) -> None:
    terraform.run("pipelines/terraform.sh", "outputs", "production", **SIGNED_IN)

    (init,) = [call for call in terraform.calls if " init " in call]
    for setting in (
        "storage_account_name=state1",
        "resource_group_name=rg-state",
        "key=plant-sensors/production.tfstate",
    ):
        assert setting in init


def test_it_signs_in_by_federation_and_tells_no_secret(terraform: Shell) -> None:
    done = terraform.run("pipelines/terraform.sh", "apply", "preview", **SIGNED_IN)

    assert (terraform.bin / "who").read_text() == "id tenant sub-1 true federated\n"
    for secret in ("hunter2", "federated"):
        assert secret not in done.stdout + done.stderr + "".join(terraform.calls)


@pytest.mark.parametrize(("action", "does"), [("destroy", ["destroy"]), ("outputs", ["output"])])
def test_destroy_and_outputs_do_no_more_than_they_say(terraform: Shell, action: str, does: list[str]) -> None:
    assert terraform.run("pipelines/terraform.sh", action, "preview", **SIGNED_IN).returncode == 0
    assert verbs(terraform) == ["version", "init", *does]


def test_a_plan_that_fails_is_never_applied(terraform: Shell) -> None:
    stub = (terraform.bin / "terraform").read_text()
    (terraform.bin / "terraform").write_text(stub + 'test "$1" != plan\n')

    assert terraform.run("pipelines/terraform.sh", "apply", "preview", **SIGNED_IN).returncode != 0
    assert "apply" not in verbs(terraform)


def test_a_subscription_without_a_place_for_state_is_told_in_words(terraform: Shell) -> None:
    terraform.stub("az", 'case "$*" in *"account show"*) echo sub-1 ;; esac')

    done = terraform.run("pipelines/terraform.sh", "apply", "preview", **SIGNED_IN)

    assert done.returncode == 1
    assert "purpose=terraform-state" in done.stdout
    assert verbs(terraform) == ["version"]


@pytest.mark.parametrize("arguments", [("explode", "preview"), ("apply",), ()])
def test_a_wrong_call_changes_nothing(terraform: Shell, arguments: tuple[str, ...]) -> None:
    assert terraform.run("pipelines/terraform.sh", *arguments, **SIGNED_IN).returncode != 0
    assert not {"plan", "apply", "destroy"} & set(verbs(terraform))


@pytest.fixture(params=ON_AKS, ids=lambda path: path.name)
def cluster(request: pytest.FixtureRequest, tmp_path: Path) -> Shell:
    made = shell(request.param, tmp_path)
    for tool in ("az", "kubelogin"):
        made.stub(tool)
    made.stub("kubectl", 'case "$*" in *"get hpa"*) echo 2 ;; esac')
    return made


def kubernetes(made: Shell, *arguments: str, extra: Mapping[str, str] = CLUSTER) -> int:
    return made.run("pipelines/kubernetes.sh", *arguments, SERVICE="plant-sensors", **extra).returncode


@pytest.mark.parametrize("environment", ["development", "preview", "production"])
def test_a_release_is_the_environment_s_overlay_with_the_image_that_was_built(
    cluster: Shell, environment: str
) -> None:
    assert kubernetes(cluster, "deploy", environment, "77", "context") == 0

    assert "az acr build --registry registry --image plant-sensors:77 context" in cluster.calls
    release = yaml.safe_load((cluster.repository / "kubernetes/release/kustomization.yaml").read_text())
    assert release["resources"] == [f"../overlays/{environment}"]
    built = _built(cluster.repository / "kubernetes/release")
    (container,) = built["Deployment"]["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "registry.azurecr.io/plant-sensors:77"
    assert built["ServiceAccount"]["metadata"]["annotations"] == {
        "azure.workload.identity/client-id": CLUSTER["TF_WORKLOAD_CLIENT_ID"]
    }
    assert built["Deployment"]["metadata"]["labels"]["environment"] == environment
    assert {"HorizontalPodAutoscaler", "NetworkPolicy", "PodDisruptionBudget", "Service"} <= built.keys()
    pod = built["Deployment"]["spec"]["template"]
    assert pod["metadata"]["annotations"]["oneagent.dynatrace.com/inject"] == "true"
    assert pod["spec"]["securityContext"]["runAsNonRoot"] is True


def test_production_keeps_more_than_one_replica(cluster: Shell) -> None:
    built = _built(cluster.repository / "kubernetes/overlays/production")
    assert built["HorizontalPodAutoscaler"]["spec"]["minReplicas"] >= 2


def test_stop_leaves_nothing_running_and_start_brings_back_the_least(cluster: Shell) -> None:
    assert kubernetes(cluster, "stop") == 0
    assert cluster.calls[-1].endswith("scale deployment plant-sensors --replicas=0")
    assert kubernetes(cluster, "start") == 0
    assert any(call.endswith("scale deployment plant-sensors --replicas=2") for call in cluster.calls)


def test_what_was_never_made_or_is_gone_already_needs_no_removing(cluster: Shell) -> None:
    assert kubernetes(cluster, "remove", extra={}) == 0
    assert cluster.calls == []
    assert kubernetes(cluster, "remove") == 0
    assert "--ignore-not-found" in cluster.calls[-1]


def _built(folder: Path) -> dict[str, Any]:
    """What Kubernetes gets, by kind."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("kubectl is not on PATH: the manifests were parsed, not put together")
    done = subprocess.run([kubectl, "kustomize", str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {each["kind"]: each for each in yaml.safe_load_all(done.stdout)}
