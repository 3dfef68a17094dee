"""A real Backstage backend with our app-config: it reads the catalog, and a person's form starts a service.

Takes minutes and a C++ compiler the first time (better-sqlite3), so only where VALUEFLOW_BACKSTAGE=1 asks for it.
"""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.golden_paths.catalogue import all_paths
from tests.contract.backstage.node import environment, installed, node
from tests.contract.backstage.services import SERVICES
from tests.contract.backstage.valueflow import ValueFlow
from tests.unit.shared.domain.service.test_catalog import BY_HAND
from tests.unit.tools.test_backstage import HOURS, values_of
from tools.backstage import FOLDER
from tools.backstage_form import TOGGLE

pytestmark = [
    pytest.mark.build,
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        os.environ.get("VALUEFLOW_BACKSTAGE") != "1",
        reason="a real Backstage takes minutes to install: VALUEFLOW_BACKSTAGE=1 runs it",
    ),
]
PATH = all_paths()[0]
OWN_CONFIG = """
app: {{title: Backstage, baseUrl: "http://127.0.0.1:{port}"}}
backend:
  baseUrl: http://127.0.0.1:{port}
  listen: {{host: 127.0.0.1, port: {port}}}
  database: {{client: better-sqlite3, connection: ":memory:"}}
auth: {{providers: {{guest: {{dangerouslyAllowOutsideDevelopment: true}}}}}}
catalog: {{processingInterval: {{seconds: 2}}}}
"""


class Backstage:
    def __init__(self, port: int, log: Path) -> None:
        self.log = log
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20)

    def sign_in(self) -> None:
        told = self.http.post("/api/auth/guest/refresh").json()
        self.http.headers["Authorization"] = f"Bearer {told['backstageIdentity']['token']}"

    def entities(self) -> dict[str, dict[str, Any]]:
        told = self.http.get("/api/catalog/entities").json()
        return {f"{e['kind']}:{e['metadata']['name']}": e for e in told}

    def run(self, values: dict[str, Any]) -> dict[str, Any]:
        """The form filled in, and the task when it has ended."""
        asked = {"templateRef": f"template:default/{PATH.name}", "values": values}
        started = self.http.post("/api/scaffolder/v2/tasks", json=asked)
        assert started.status_code == 201, started.text
        address = f"/api/scaffolder/v2/tasks/{started.json()['id']}"

        def ended() -> Any:
            told = self.http.get(address).json()
            return told if told["status"] in ("completed", "failed", "cancelled") else None

        told: dict[str, Any] = until(ended)
        events = self.http.get(f"{address}/events").json()
        [last] = [event["body"] for event in events if event["type"] == "completion"]
        return {**told, "events": events, "output": last.get("output", {})}


def until[T](look: Callable[[], T | None], within_s: float = 60) -> T:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if (found := look()) is not None:
            return found
        time.sleep(0.2)
    raise AssertionError("it did not come to be in time")


@pytest.fixture(scope="module")
def valueflow() -> Iterator[ValueFlow]:
    made = ValueFlow()
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def authorization(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("token") / "authorization"
    file.write_text("Bearer reader\n")
    return file


@pytest.fixture(scope="module")
def backstage(
    valueflow: ValueFlow, authorization: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Backstage]:
    folder = installed("backend", timeout_s=800)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = tmp_path_factory.mktemp("backstage") / "app-config.yaml"
    own.write_text(OWN_CONFIG.format(port=port))
    settings = {
        "VALUEFLOW_HOST": valueflow.host,
        "VALUEFLOW_URL": valueflow.url,
        "VALUEFLOW_AUTHORIZATION_FILE": str(authorization),
        "VALUEFLOW_CATALOG_URL": valueflow.catalog_url(),
        "VALUEFLOW_TEMPLATES_URL": f"{valueflow.url}/api/catalog/locations/backstage/catalog-info.yaml",
        "TECHDOCS_STORAGE_ACCOUNT": "techdocs",
    }
    command = [
        node(),
        "--no-node-snapshot",
        "index.js",
        "--config",
        str(own),
        "--config",
        str(FOLDER / "app-config.valueflow.yaml"),
    ]
    log = own.with_name("log")
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=folder, env=environment() | settings, stdout=out, stderr=subprocess.STDOUT
        )
    made = Backstage(port, log)
    try:
        until(lambda: _ready(made, process))
        made.sign_in()
        yield made
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        made.http.close()


def _ready(backstage: Backstage, process: subprocess.Popen[bytes]) -> bool | None:
    assert process.poll() is None, backstage.log.read_text()
    try:
        told = backstage.http.get("/.backstage/health/v1/readiness")
    except httpx.TransportError:
        return None
    return True if told.status_code == 200 else None


def test_the_catalog_holds_every_service_product_and_team(backstage: Backstage) -> None:
    def complete() -> Any:
        found = backstage.entities()
        wanted = {f"Component:{service['name']}" for service in SERVICES}
        return found if wanted <= set(found) else None

    found = until(complete)
    orders = found["Component:orders"]
    assert orders["metadata"]["annotations"]["dynatrace.com/dynatrace-entity-id"] == "SERVICE-4D1A0B7C"
    related = {(each["type"], each["targetRef"]) for each in orders["relations"]}
    assert ("partOf", "system:default/loja-online") in related
    assert ("ownedBy", "group:default/time-checkout") in related
    assert {"System:loja-online", "Group:time-checkout"} <= set(found)


def test_what_did_not_change_is_not_read_again(backstage: Backstage, valueflow: ValueFlow) -> None:
    until(lambda: True if 304 in valueflow.reads else None)

    assert valueflow.reads.count(200) == 1


def test_a_service_that_is_registered_appears_and_one_that_is_gone_goes(
    backstage: Backstage, valueflow: ValueFlow
) -> None:
    valueflow.put({**BY_HAND, "name": "late"})
    until(lambda: True if "Component:late" in backstage.entities() else None)

    valueflow.remove("late")
    until(lambda: None if "Component:late" in backstage.entities() else True)


def test_a_registry_that_is_away_takes_nothing_out_of_the_catalog(
    backstage: Backstage, valueflow: ValueFlow
) -> None:
    before, reads = set(backstage.entities()), len(valueflow.reads)
    with valueflow.away():
        until(lambda: True if valueflow.reads[reads:].count(503) >= 2 else None)

    assert before <= set(backstage.entities())


def test_the_button_that_shows_an_entity_s_source_does_not_hold_the_signed_address(
    backstage: Backstage,
) -> None:
    annotations = backstage.entities()["Component:orders"]["metadata"]["annotations"]

    assert "token=" not in annotations["backstage.io/view-url"]


def test_a_person_s_form_asks_for_the_service_once(backstage: Backstage, valueflow: ValueFlow) -> None:
    until(lambda: True if f"Template:{PATH.name}" in backstage.entities() else None)
    values = values_of(PATH, lifetime_hours=24)
    told = backstage.run(values)

    assert told["status"] == "completed", told["events"]
    method, _, headers, body = valueflow.asked[-1]
    assert (method, body) == ("POST", values)
    assert headers["Idempotency-Key"] == f"backstage-{told['id']}"
    assert headers["Authorization"] == "Bearer reader"
    output = told["output"]
    assert [link["url"] for link in output["links"]] == [f"{valueflow.url}/op-7"]
    assert [text["title"][:12] for text in output["text"]] == ["Your service"]


def test_what_the_form_hides_is_not_sent(backstage: Backstage, valueflow: ValueFlow) -> None:
    typed = values_of(PATH, environment="production", lifetime_hours=24, working_hours=HOURS)
    backstage.run({**typed, TOGGLE: True})

    assert not {"lifetime_hours", "working_hours", TOGGLE} & set(valueflow.asked[-1][3])


def test_faults_and_conflicts_are_read_in_backstage(backstage: Backstage, valueflow: ValueFlow) -> None:
    [wrong] = backstage.run(values_of(PATH, name="wrong"))["output"]["text"]
    taken = backstage.run(values_of(PATH, name="taken"))["output"]

    assert "Nothing was created" in wrong["title"]
    assert "- **project** does not exist" in wrong["content"]
    assert "op-1" in taken["text"][0]["content"]
    assert [link["url"] for link in taken["links"]] == [f"{valueflow.url}/op-1"]


def test_values_the_form_would_not_take_are_refused_before_any_request(
    backstage: Backstage, valueflow: ValueFlow
) -> None:
    before = len(valueflow.asked)
    asked = {"templateRef": f"template:default/{PATH.name}", "values": values_of(PATH, name="Not a name")}
    told = backstage.http.post("/api/scaffolder/v2/tasks", json=asked)

    assert told.status_code == 400
    assert len(valueflow.asked) == before


def test_a_new_token_is_used_without_a_restart(
    backstage: Backstage, valueflow: ValueFlow, authorization: Path
) -> None:
    fresh = authorization.with_suffix(".new")
    fresh.write_text("Bearer carla")
    fresh.replace(authorization)  # as authorization.mjs does it

    def used() -> Any:
        backstage.run(values_of(PATH))
        return True if valueflow.asked[-1][2]["Authorization"] == "Bearer carla" else None

    until(used)


def test_nobody_gets_through_the_proxy_without_signing_in(backstage: Backstage, valueflow: ValueFlow) -> None:
    before = len(valueflow.asked)
    address = f"/api/proxy/valueflow/golden-paths/{PATH.name}/services"
    told = httpx.post(f"{backstage.http.base_url}{address}", json={})

    assert told.status_code == 401
    assert len(valueflow.asked) == before


def test_the_proxy_leads_to_golden_paths_alone(backstage: Backstage) -> None:
    for address in (
        "operations/x/cancel",
        "golden-paths/../operations/x/cancel",
        "golden-paths/..%2Fservices",
    ):
        told = backstage.http.post(f"/api/proxy/valueflow/{address}", json={})
        assert told.status_code in (400, 404)
    assert backstage.http.delete("/api/proxy/valueflow/golden-paths/x").status_code == 404
