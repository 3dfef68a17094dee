"""The rules names and texts are held to, each with what to do about it and the page it comes from.

Callers: shared.domain.service.names. Each rule is linear in the text.
"""

import keyword
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from shared.domain.service import reserved_words

MIN_LENGTH, MAX_LENGTH = 3, 32
"""Of a service's name, in characters."""

AZURE_DEVOPS_PAGE = "https://learn.microsoft.com/azure/devops/organizations/settings/naming-restrictions"
AZURE_PAGE = "https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules"
AZURE_RESERVED_PAGE = (
    "https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/error-reserved-resource-name"
)
BACKSTAGE_PAGE = "https://backstage.io/docs/features/software-catalog/descriptor-format#name-required"
JAVA_PAGE = "https://docs.oracle.com/javase/specs/jls/se21/html/jls-3.html#jls-3.9"
KUBERNETES_PAGE = (
    "https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#rfc-1035-label-names"
)
NAMESPACES_PAGE = "https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/"
PYTHON_PAGE = "https://docs.python.org/3.13/reference/lexical_analysis.html#keywords"
TRAVERSAL_PAGE = "https://cwe.mitre.org/data/definitions/22.html"
TEMPLATE_PAGE = "https://cwe.mitre.org/data/definitions/1336.html"
UNICODE_PAGE = "https://www.unicode.org/reports/tr39/"
WINDOWS_PAGE = "https://learn.microsoft.com/windows/win32/fileio/naming-a-file"

_DEVOPS_CHARACTERS = frozenset("/:\\~&%;@'\"?<>|#$*}{,+=[]")
_TEMPLATES = ("{{", "}}", "{%", "%}", "{#", "#}", "${", "#{", "$(", "$[", "<%", "%>")
"""What Jinja2, Angular, Terraform, Maven, Azure Pipelines and servlets would try to fill in."""
_JOINERS = "\u200c\u200d"
"""Invisible, but emoji and some scripts are spelled with them."""


@dataclass(frozen=True)
class Rule:
    """fault: what to do, never the value; source: the page the rule comes from."""

    broken: Callable[[str], bool]
    fault: str
    source: str


def _has_invisible(text: str) -> bool:
    return any(map(_is_invisible, text))


def _is_invisible(each: str) -> bool:
    """Control, format (bidi), surrogate, private-use, line separators, non-characters; new emoji are fine."""
    if unicodedata.category(each) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"):
        return each not in _JOINERS
    return 0xFDD0 <= ord(each) <= 0xFDEF or ord(each) & 0xFFFE == 0xFFFE


def _has_lookalikes(text: str) -> bool:
    return any(ord(each) > 127 and unicodedata.category(each)[0] in "LMN" for each in text)


def _has_path(text: str) -> bool:
    return ".." in text or "/" in text or "\\" in text or "%2e" in text.lower() or "%2f" in text.lower()


def _has_template(text: str) -> bool:
    return any(each in text for each in _TEMPLATES)


def _stem(name: str) -> str:
    """What Windows compares with its devices: `CON`, `con.txt` and `con ` are the same."""
    return name.partition(".")[0].rstrip().lower()


def _utf16_length(text: str) -> int:
    return sum(2 if ord(each) > 0xFFFF else 1 for each in text)


SERVICE_NAME = (
    Rule(
        # 32 + "func-" + "-dev-" + 5 characters of a hash stay under the 60 of a function app; 32 + "swa-" + "-dev"
        # are the 40 of a static web app; the shortest resource of ours takes 3 or more.
        lambda name: not MIN_LENGTH <= len(name) <= MAX_LENGTH,
        f"must have {MIN_LENGTH} to {MAX_LENGTH} characters",
        AZURE_PAGE,
    ),
    Rule(
        lambda name: re.search(r"[^a-z0-9-]", name) is not None,
        "must hold lower-case letters a to z, digits and hyphens only",
        KUBERNETES_PAGE,
    ),
    Rule(lambda name: not "a" <= name[:1] <= "z", "must begin with a letter a to z", KUBERNETES_PAGE),
    Rule(lambda name: name.endswith("-"), "must not end with a hyphen", KUBERNETES_PAGE),
    Rule(lambda name: "--" in name, "must not hold two hyphens in a row", AZURE_PAGE),
    Rule(_has_lookalikes, "must not hold accents or letters of other alphabets", UNICODE_PAGE),
    Rule(_has_invisible, "must not hold control or invisible characters", UNICODE_PAGE),
    Rule(_has_path, "must not be a path", TRAVERSAL_PAGE),
    Rule(_has_template, "must not hold template expressions", TEMPLATE_PAGE),
    Rule(
        lambda name: _stem(name) in reserved_words.AZURE_DEVOPS | reserved_words.AZURE_DEVOPS_HIDDEN,
        "is reserved by Azure DevOps or Windows: choose another",
        AZURE_DEVOPS_PAGE,
    ),
    Rule(
        lambda name: (
            name.lower() in reserved_words.AZURE
            or name.lower().startswith("login")
            or any(word in name.lower() for word in reserved_words.AZURE_NOWHERE)
        ),
        "holds a word that Azure reserves: choose another",
        AZURE_RESERVED_PAGE,
    ),
    Rule(
        lambda name: name == "default" or name.startswith("kube-"),
        "is reserved by Kubernetes: choose another",
        NAMESPACES_PAGE,
    ),
    Rule(
        lambda name: name.replace("-", "") in reserved_words.JAVA,
        "is a reserved word of Java: choose another",
        JAVA_PAGE,
    ),
    Rule(
        lambda name: keyword.iskeyword(name.replace("-", "_")),
        "is a reserved word of Python: choose another",
        PYTHON_PAGE,
    ),
)

PROJECT_NAME = (
    Rule(lambda name: not 1 <= _utf16_length(name) <= 64, "must have 1 to 64 characters", AZURE_DEVOPS_PAGE),
    Rule(
        lambda name: any(each in _DEVOPS_CHARACTERS for each in name),
        "must not hold any of / : \\ ~ & % ; @ ' \" ? < > | # $ * } { , + = [ ]",
        AZURE_DEVOPS_PAGE,
    ),
    Rule(lambda name: name.startswith("_"), "must not begin with an underscore", AZURE_DEVOPS_PAGE),
    Rule(
        lambda name: name.startswith(".") or name.endswith("."),
        "must not begin or end with a full stop",
        AZURE_DEVOPS_PAGE,
    ),
    Rule(lambda name: name != name.strip(), "must not begin or end with a space", AZURE_DEVOPS_PAGE),
    Rule(_has_path, "must not be a path", TRAVERSAL_PAGE),
    Rule(_has_invisible, "must not hold control or invisible characters", AZURE_DEVOPS_PAGE),
    Rule(
        lambda name: (
            _stem(name) in reserved_words.AZURE_DEVOPS or name.lower() in reserved_words.AZURE_DEVOPS_HIDDEN
        ),
        "is reserved by Azure DevOps: choose another",
        AZURE_DEVOPS_PAGE,
    ),
)

TEXT = (
    Rule(lambda text: not text.strip(), "must not be blank", BACKSTAGE_PAGE),
    Rule(_has_invisible, "must not hold control or invisible characters", UNICODE_PAGE),
    Rule(
        _has_template,
        "must not hold template expressions ({{ }}, {% %}, ${ }, $( ) and the like): say it in words",
        TEMPLATE_PAGE,
    ),
)
