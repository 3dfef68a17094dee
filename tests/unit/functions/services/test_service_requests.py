"""Whatever is sent to be made into a service: refused by field with 400 or 422, or a request without faults; never 500.

The values are what attackers and accidents send: look-alike letters, paths, templates, control characters, whole books,
wrong types and nested junk.
"""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.services.golden_paths import request_service, validate_request
from shared import services
from shared.clients.azure_devops import azure_devops_client
from shared.golden_paths.catalogue import all_paths
from tests.fakes.azure_devops import TOKEN, URL, FakeAzureDevOps
from tests.fakes.durable import FakeDurableClient
from tests.fakes.requests import body_of, function_of, request
from tests.fakes.services import fake_services
from tests.unit.functions.services.test_golden_paths import BODY, PATH, faults

ask, validate = function_of(request_service), function_of(validate_request)
SECRET = "tr0ub4dor"

HOSTILE_TEXTS = (
    *(
        "\u043erders",
        "orde\u0433s",
        "ord\u00e9rs",
        "\uff4frders",
        "orders\u200b",
        "\u202esredro",
        "orders\u0000",
    ),
    *("../../etc/passwd", "..", "orders/..", "orders%2f..", "..\\orders", "C:\\orders", "/orders", "~root"),
    *(
        "{{ 7*7 }}",
        "{% include 'x' %}",
        "${jndi:ldap://x}",
        "$(rm -rf /)",
        "#{x}",
        "<%= x %>",
        "$[variables.x]",
    ),
    *("a\nb", "orders\n", "\r\norders", "\x1b[31m", "\x7f", "\ud800", "\U0010ffff", "\ufeff"),
    *(
        "x" * 300,
        "a-" * 150,
        " ",
        "",
        "'; DROP TABLE services; --",
        '"; exit',
        "<script>alert(1)</script>",
        "__proto__",
    ),
)
RESERVED = ("con", "nul.txt", "kube-system", "default", "login", "import", "class")
numbers = st.sampled_from((0, -1, 4, 2**63, 10**400, 1e308, -0.0, 1.5, 3.0, float("inf"), float("nan")))
scalars = st.one_of(
    st.none(),
    st.booleans(),
    numbers,
    st.sampled_from((*HOSTILE_TEXTS, SECRET)),
    st.text(max_size=400),
    st.integers(),
)
junk = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
fields = st.sampled_from(
    (
        *BODY,
        "environment",
        "lifetime_hours",
        "working_hours",
        "adopt_existing",
        "instance_memory_mb",
        "junk",
        SECRET,
    )
)
calendars = st.fixed_dictionaries(
    {"time_zone": st.sampled_from(("UTC", "America/Sao_Paulo", "../UTC", "x" * 300)) | junk},
    optional=dict.fromkeys(("days", "start", "end", "holidays", "junk"), junk),
)
changes = st.dictionaries(fields, junk, min_size=1, max_size=4) | st.fixed_dictionaries(
    {"working_hours": calendars}
)


class Place:
    """Everything a call needs, made anew for each."""

    def __init__(self) -> None:
        self.devops, self.client = FakeAzureDevOps(), FakeDurableClient()
        self.services = fake_services()
        self.services.__dict__["azure_devops"] = azure_devops_client(
            URL, TOKEN, transport=self.devops.transport
        )

    async def send(self, body: str, path: str = PATH) -> tuple[Any, Any]:
        """-> the answers of `validate` and of the request itself."""
        services.use(self.services)
        try:
            return (
                await validate(request("POST", body=body, route={"name": path}, token="bruno")),
                await ask(request("POST", body=body, route={"name": path}, token="bruno"), self.client),
            )
        finally:
            services.use(None)


def holds(place: Place, body: str, path: str = PATH) -> int:
    """What must be so whatever was sent; -> the status."""
    tried, asked = asyncio.run(place.send(body, path))
    assert asked.status_code in (202, 400, 422), asked.get_body()
    if asked.status_code == 202:
        assert tried.status_code == 200
        assert len(place.client.instances) == 1
        return 202
    assert place.client.instances == {}
    assert place.services.blob.blobs == {}
    assert tried.status_code in (200, 400)
    assert body_of(asked)["errors"]
    assert SECRET not in json.dumps([fault["message"] for fault in body_of(asked)["errors"]])
    return int(asked.status_code)


@given(changes)
@settings(max_examples=80, deadline=None)
def test_no_parameters_are_ever_a_fault_of_ours(change: dict[str, Any]) -> None:
    holds(Place(), json.dumps({**BODY, **change}))


@given(st.sampled_from([path.name for path in all_paths()]), junk)
@settings(max_examples=30, deadline=None)
def test_no_body_is_ever_a_fault_of_ours(path: str, body: Any) -> None:
    assert holds(Place(), json.dumps(body), path) in (400, 422)


@pytest.mark.parametrize(
    ("field", "text"),
    [
        *((field, text) for field in ("name", "owner", "cost_center") for text in HOSTILE_TEXTS),
        *(("name", text) for text in RESERVED),
    ],
)
def test_hostile_names_are_faults_of_their_field(field: str, text: str) -> None:
    _, response = asyncio.run(Place().send(json.dumps({**BODY, field: text})))

    assert response.status_code == 422
    assert list(faults(response)) == [field]


@pytest.mark.parametrize(
    ("levels", "status"), [(10, 422), (40, 422), (51, 400), (330, 400), (1500, 400), (20_000, 400)]
)
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
@pytest.mark.parametrize(
    "place", ['"junk": HERE', '"working_hours": {"time_zone": "UTC", "holidays": [HERE, HERE]}']
)
def test_nested_junk_is_refused_at_any_depth(
    levels: int, status: int, opening: str, closing: str, place: str
) -> None:
    nested = opening * levels + "1" + closing * levels

    assert holds(Place(), f"{json.dumps(BODY)[:-1]}, {place.replace('HERE', nested)}}}") == status
