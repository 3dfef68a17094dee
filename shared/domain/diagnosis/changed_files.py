"""What kind of files a change touched, told by their paths: configuration, database migrations, infrastructure."""

import re
from collections.abc import Iterable
from typing import TypedDict

_MIGRATION = re.compile(
    r"(^|/)(migrations?|flyway|liquibase|alembic|db/(changelog|versions))/|\.sql$|(^|/)V\d+[\d_.]*__",
    re.IGNORECASE,
)
_INFRASTRUCTURE = re.compile(
    r"\.(tf|tfvars|bicep|bicepparam)$|(^|/)(Dockerfile|docker-compose|Chart\.ya?ml|kustomization\.ya?ml|Vagrantfile)"
    r"|(^|/)(infra|infrastructure|terraform|bicep|helm|charts|k8s|kubernetes|deploy|manifests)/"
    r"|(^|/)azure-pipelines[^/]*\.ya?ml$|(^|/)\.(azuredevops|pipelines)/",
    re.IGNORECASE,
)
_CONFIGURATION = re.compile(
    r"\.(json|ya?ml|toml|ini|cfg|conf|config|properties|env|xml)$|(^|/)\.env|(^|/)(config|configuration|settings)/"
    r"|(^|/)appsettings",
    re.IGNORECASE,
)
_NO_CONFIGURATION = re.compile(
    r"(^|/)(package(-lock)?\.json|npm-shrinkwrap\.json|pom\.xml|tsconfig[^/]*\.json|pyproject\.toml|angular\.json"
    r"|mkdocs\.ya?ml|catalog-info\.ya?ml)$|(^|/)(tests?|docs|fixtures|node_modules)/",
    re.IGNORECASE,
)
"""What a build or its people read, not what the running service does."""


class Kinds(TypedDict):
    """How many files, and whether some are of a kind that breaks services without a line of code."""

    files: int
    configuration: bool
    migration: bool
    infrastructure: bool


def kinds(paths: Iterable[str]) -> Kinds:
    """A file counts for the first kind it fits: migration, infrastructure, configuration."""
    found = [_kind(path) for path in paths]
    return Kinds(
        files=len(found),
        configuration="configuration" in found,
        migration="migration" in found,
        infrastructure="infrastructure" in found,
    )


def _kind(path: str) -> str:
    if _MIGRATION.search(path):
        return "migration"
    if _INFRASTRUCTURE.search(path):
        return "infrastructure"
    if _CONFIGURATION.search(path) and not _NO_CONFIGURATION.search(path):
        return "configuration"
    return ""
