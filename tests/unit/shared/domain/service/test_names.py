"""A name without a fault suits every vendor; a name with one is told what to do."""

import keyword
import re
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.domain.service import name_rules, names

# Written from the vendors' pages, not from our rules.
AZURE_DEVOPS_REPOSITORY = re.compile(r"(?![_.])[^/:\\~&%;@'\"?<>|#$*}{,+=\[\]\x00-\x1f]{1,64}(?<!\.)")
DNS_LABEL = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
KUBERNETES_LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9])?")
BACKSTAGE_NAME = re.compile(r"[A-Za-z0-9]+([-_.][A-Za-z0-9]+)*")
FUNCTION_APP = re.compile(r"[a-zA-Z0-9]([-a-zA-Z0-9]{0,58}[a-zA-Z0-9])")
STATIC_WEB_APP = re.compile(r"[-a-zA-Z0-9]{2,40}")
RESOURCE_GROUP = re.compile(r"[-\w.()]{1,89}[-\w()]")
STORAGE_ACCOUNT = re.compile(r"[a-z0-9]{3,24}")
BLOB_CONTAINER = re.compile(r"(?!.*--)[a-z0-9][-a-z0-9]{1,61}[a-z0-9]")
JAVA_IDENTIFIER = re.compile(r"[a-zA-Z_$][a-zA-Z0-9_$]*")
LABELS = st.from_regex(r"\A[a-z][a-z0-9]{0,9}(-[a-z0-9]{1,9}){0,4}\Z")
ANY_NAME = st.text() | st.text("abc-09._/\\{}$%AZ") | LABELS


@given(ANY_NAME)
@example("a" * 33)
@example("orders\n")
def test_a_name_without_faults_suits_every_vendor(name: str) -> None:
    if names.service_name_faults(name):
        return
    assert AZURE_DEVOPS_REPOSITORY.fullmatch(name)
    assert DNS_LABEL.fullmatch(name)
    assert KUBERNETES_LABEL_VALUE.fullmatch(name)
    assert BACKSTAGE_NAME.fullmatch(name)
    assert len(name) <= 63
    assert FUNCTION_APP.fullmatch(f"func-{name}-dev-abcde")
    assert STATIC_WEB_APP.fullmatch(f"swa-{name}-dev")
    assert RESOURCE_GROUP.fullmatch(f"rg-{name}-dev")
    assert BLOB_CONTAINER.fullmatch(name)


@given(ANY_NAME)
def test_whatever_is_derived_from_a_name_without_faults_is_accepted_where_it_goes(name: str) -> None:
    if names.service_name_faults(name):
        return
    assert STORAGE_ACCOUNT.fullmatch(f"{names.storage_account_prefix(name)}dabcde")
    package = names.python_package(name)
    assert package.isidentifier()
    assert not keyword.iskeyword(package)
    assert package not in sys.stdlib_module_names
    assert JAVA_IDENTIFIER.fullmatch(names.java_package(name))
    assert names.java_package(name) not in ("class", "import", "package")
    assert JAVA_IDENTIFIER.fullmatch(names.java_class(name))
    assert names.dynatrace_tag(name) == f"service:{name}"


@given(LABELS)
def test_most_plain_words_are_free(name: str) -> None:
    """What is refused is refused for its length or for a word somebody reserves, never for its form."""
    assert set(names.service_name_faults(name)) <= {
        "must have 3 to 32 characters",
        "is reserved by Azure DevOps or Windows: choose another",
        "holds a word that Azure reserves: choose another",
        "is reserved by Kubernetes: choose another",
        "is a reserved word of Java: choose another",
        "is a reserved word of Python: choose another",
    }


@pytest.mark.parametrize("name", ["orders", "plant-sensors", "s3c", "a" * 32, "email", "web-shop"])
def test_ordinary_names_have_no_faults(name: str) -> None:
    assert names.service_name_faults(name) == []


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("", "3 to 32"),
        ("ab", "3 to 32"),
        ("a" * 33, "3 to 32"),
        ("Orders", "lower-case"),
        ("orders_api", "lower-case"),
        ("orders.", "lower-case"),
        ("-orders", "begin with a letter"),
        ("1orders", "begin with a letter"),
        ("orders-", "end with a hyphen"),
        ("orders--api", "two hyphens"),
        ("\u043erders", "other alphabets"),
        ("pedidos-são", "accents"),
        ("orders\u200b", "invisible"),
        ("orders\u202eipa", "invisible"),
        ("orders\n", "invisible"),
        ("orders\ufeff", "invisible"),
        ("../orders", "path"),
        ("..\\orders", "path"),
        ("%2e%2e%2forders", "path"),
        ("{{7*7}}", "template"),
        ("${jndi:x}", "template"),
        ("$(Build.Id)", "template"),
        ("con", "Windows"),
        ("com1", "Windows"),
        ("NUL.txt", "Windows"),
        ("web", "Azure DevOps"),
        ("server", "Azure DevOps"),
        ("bin", "Azure DevOps"),
        ("sharepoint", "Azure reserves"),
        ("my-windows-app", "Azure reserves"),
        ("login-page", "Azure reserves"),
        ("kube-system", "Kubernetes"),
        ("default", "Kubernetes"),
        ("import", "Java"),
        ("import", "Python"),
        ("lambda", "Python"),
    ],
)
def test_a_broken_rule_is_told_in_words(name: str, fault: str) -> None:
    assert [said for said in names.service_name_faults(name) if fault in said]


def test_all_broken_rules_are_told_at_once() -> None:
    assert len(names.service_name_faults("-Ünder..{{x}}--" + "-" * 30)) >= 7


@given(st.text())
def test_faults_never_repeat_what_was_sent(text: str) -> None:
    faults = [*names.service_name_faults(text), *names.project_name_faults(text), *names.text_faults(text)]
    known = {rule.fault for rule in (*name_rules.SERVICE_NAME, *name_rules.PROJECT_NAME, *name_rules.TEXT)}
    assert set(faults) <= known


@pytest.mark.parametrize("project", ["Manufacturing", "Order to Cash", "Fábrica 4.0", "日本", "a", "p" * 64])
def test_projects_are_called_what_people_call_them(project: str) -> None:
    assert names.project_name_faults(project) == []


@pytest.mark.parametrize(
    "project",
    [
        "",
        "p" * 65,
        "😀" * 33,
        "_x",
        ".x",
        "x.",
        "a/b",
        "a:b",
        "a\tb",
        "COM1",
        "App_Data",
        " x",
        "..",
        "x]",
        "web.config",
    ],
)
def test_a_project_azure_devops_refuses_is_refused_here(project: str) -> None:
    assert names.project_name_faults(project)


@given(st.text())
def test_a_project_without_faults_is_accepted_by_azure_devops(project: str) -> None:
    assert names.project_name_faults(project) or AZURE_DEVOPS_REPOSITORY.fullmatch(project)


def test_free_text_may_hold_all_that_people_write() -> None:
    for text in (
        'Takes orders, 24/7: 100 % "quoted" & <safe>',
        "Família 👨‍👩‍👧 #1",
        "C:\\plant",
        "a $5 part",
        "\U0001fae9",
    ):
        assert names.text_faults(text) == []


@pytest.mark.parametrize(
    "text", ["", " \t", "a\u202eb", "a\x00b", "a\u2028b", "a\nb", "{{ x }}", "${x}", "{% x %}", "\ud800"]
)
def test_free_text_holds_neither_tricks_nor_templates(text: str) -> None:
    assert names.text_faults(text)


def test_only_text_of_many_lines_holds_line_feeds() -> None:
    assert names.text_faults("a\nb", lines=True) == []
    assert names.text_faults("a\rb", lines=True)


@given(st.text(min_size=1))
@example("ß")
@example("日本")
@example("-" * 80)
def test_a_slug_is_a_catalog_name(text: str) -> None:
    slug = names.slug(text)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug)
    assert len(slug) <= 63


def test_slugs_are_readable_and_do_not_lose_other_alphabets() -> None:
    assert names.slug("Order to Cash") == "order-to-cash"
    assert names.slug("Manutenção & Peças") == "manutencao-pecas"
    assert names.slug("日本") != names.slug("中国")


@given(LABELS, LABELS)
def test_services_of_different_names_share_no_storage_account(one: str, other: str) -> None:
    assert (names.storage_account_prefix(one) == names.storage_account_prefix(other)) == (one == other)


def test_a_package_hides_no_module_of_python() -> None:
    assert names.python_package("email") == "email_service"
    assert names.python_package("plant-sensors") == "plant_sensors"


def test_every_rule_cites_the_page_it_comes_from() -> None:
    for rule in (*name_rules.SERVICE_NAME, *name_rules.PROJECT_NAME, *name_rules.TEXT):
        assert rule.source.startswith("https://")


@pytest.mark.timeout(20)
def test_a_huge_text_is_judged_in_linear_time() -> None:
    size = 200_000
    for text in ("a-" * size, "\\" * size, "é" * size, "{" * size):
        assert names.service_name_faults(text)
        names.text_faults(text)
        names.slug(text)
