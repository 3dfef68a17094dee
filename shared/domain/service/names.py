"""Whether every vendor we meet accepts a name, and the names we derive from it for them.

A service's name becomes a repository, a pipeline, a Kubernetes object, Azure resources, a tag, a CI, a catalog
entity and a package: it must suit all of them (shared.domain.service.name_rules cites each rule). Pure.
"""

import hashlib
import keyword
import re
import sys
import unicodedata

from shared.domain.service import name_rules, reserved_words

_NOT_A_PACKAGE = sys.stdlib_module_names | {"azure", "function_app", "opentelemetry", "test", "tests"}


def service_name_faults(name: str) -> list[str]:
    """Everything that keeps a service from this name, in words that say what to do; empty when nothing does."""
    return _faults(name_rules.SERVICE_NAME, _beginning(name))


def project_name_faults(name: str) -> list[str]:
    """As `service_name_faults`, for an Azure DevOps project."""
    return _faults(name_rules.PROJECT_NAME, _beginning(name))


def text_faults(text: str, *, lines: bool = False) -> list[str]:
    """As `service_name_faults`, for free text. lines: it may hold line feeds."""
    return _faults(name_rules.TEXT, text.replace("\n", " ") if lines else text)


def slug(text: str) -> str:
    """`text` as a catalog name: 1 to 63 of a-z, 0-9 and single hyphens. Letters we cannot spell become a hash.

    Source: https://backstage.io/docs/features/software-catalog/descriptor-format#name-required
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = "-".join(re.findall(r"[a-z0-9]+", plain))[:63].strip("-")
    return words or f"x{_digest(text)[:10]}"


def title(name: str) -> str:
    """`plant-sensors` as `Plant Sensors`."""
    return " ".join(word[:1].upper() + word[1:] for word in name.split("-"))


def python_package(name: str) -> str:
    """A package of this service that hides no module of Python's own (`email` becomes `email_service`)."""
    package = name.replace("-", "_")
    return f"{package}_service" if keyword.iskeyword(package) or package in _NOT_A_PACKAGE else package


def java_package(name: str) -> str:
    """One segment of a package: lower-case, no separators.

    Source: https://docs.oracle.com/javase/specs/jls/se21/html/jls-6.html#jls-6.1
    """
    segment = name.replace("-", "")
    return f"{segment}service" if segment in reserved_words.JAVA else segment


def java_class(name: str) -> str:
    """`plant-sensors` as `PlantSensors`."""
    return title(name).replace(" ", "")


def storage_account_prefix(name: str) -> str:
    """At most 18 characters of a storage account's name; Terraform adds a letter and 5 of a hash, which makes 24.

    The hash keeps apart what loses its hyphens or its end. Source: name_rules.AZURE_PAGE (storageAccounts).
    """
    return f"st{name.replace('-', '')[:11]}{_digest(name)[:5]}"


def dynatrace_tag(name: str) -> str:
    """The tag all monitoring of a service selects by."""
    return f"service:{name}"


def _faults(rules: tuple[name_rules.Rule, ...], text: str) -> list[str]:
    return [rule.fault for rule in rules if rule.broken(text)]


def _beginning(name: str) -> str:
    """Enough of a name to tell that it is too long, and what else is wrong where one would look."""
    return name[:1000]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
