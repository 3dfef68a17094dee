"""The Spring Boot service as a team gets it: built by Maven, tested by its own tests, run as its image runs it."""

import json
import re
import signal
import subprocess
import time
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from tests.builds.collector import collecting
from tests.builds.toolchains import JAVA_RELEASE, java, maven, run
from tests.builds.workspace import rendered

pytestmark = [pytest.mark.build, pytest.mark.timeout(900)]

VERSION = "20261121.3"
START_WITHIN_S = 90.0


@pytest.fixture(scope="module")
def service() -> Iterator[Path]:
    """The folder of the service after `mvn verify`."""
    _home, environment = java()
    with rendered("java-spring-api") as folder:
        options = ["-B", "-ntp", "-Daether.transport.http.connectTimeout=20000", f"-Drevision={VERSION}"]
        run([maven(), *options, "verify"], folder, environment, within_s=800)
        yield folder


def test_it_is_built_and_its_own_tests_pass(
    service: Path, record_property: Callable[[str, object], None]
) -> None:
    suites = [
        ElementTree.parse(file).getroot()
        for file in (service / "target" / "surefire-reports").glob("TEST-*.xml")
    ]
    counts = {
        kind: sum(int(each.get(kind, "0")) for each in suites)
        for kind in ("tests", "failures", "errors", "skipped")
    }
    assert counts["tests"] >= 40
    assert counts == {"tests": counts["tests"], "failures": 0, "errors": 0, "skipped": 0}
    record_property("outcome", f"built, {counts['tests']} of its own tests passed")


def test_its_classes_are_java_21_s_whatever_jdk_compiled_them(service: Path) -> None:
    with zipfile.ZipFile(service / "target" / "service.jar") as jar:
        name = next(each for each in jar.namelist() if each.endswith("PlantSensorsApplication.class"))
        major_version = int.from_bytes(jar.read(name)[6:8])
    assert major_version == 44 + JAVA_RELEASE


def test_the_image_is_made_of_the_layers_the_jar_has(service: Path, tmp_path: Path) -> None:
    home, environment = java()
    dockerfile = (service / "Dockerfile").read_text()
    command = re.search(r"^RUN java (.+)$", dockerfile, re.MULTILINE)
    assert command
    jar = tmp_path / "service.jar"
    jar.write_bytes((service / "target" / "service.jar").read_bytes())
    run([home / "bin" / "java", *command[1].split()], tmp_path, environment, within_s=60)

    layers = {each.name for each in (tmp_path / "extracted").iterdir()}
    assert set(re.findall(r"/layers/extracted/([\w-]+)/", dockerfile)) == layers
    assert (tmp_path / "extracted" / "application" / "service.jar").is_file()


def test_it_answers_its_probes_exports_telemetry_and_ends_when_told_to(service: Path) -> None:
    deployment = yaml.safe_load((service / "kubernetes" / "base" / "deployment.yaml").read_text())
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    probes = {container[each]["httpGet"]["path"] for each in container if each.endswith("Probe")}
    with collecting() as collector:
        variables = {
            "SERVER_PORT": "0",
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "OTEL_METRICS_EXPORTER": "otlp",
            "OTEL_METRIC_EXPORT_INTERVAL": "500",
            "OTEL_BSP_SCHEDULE_DELAY": "100",
        }
        with _running(service, variables) as (process, url):
            assert probes
            for probe in probes:
                assert _get(f"{url}{probe}") == {"status": "UP"}
            assert _get(f"{url}/api/v1/items") == {"items": [], "next": None}
            assert _get(f"{url}/actuator/info")["build"]["version"] == VERSION
            assert collector.wait_for("/v1/traces", b"http get /api/v1/items", within_s=30)
            assert collector.wait_for("/v1/metrics", b"http.server.requests", within_s=30)
            assert collector.wait_for("/v1/traces", b"plant-sensors", within_s=1)
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 128 + signal.SIGTERM


def test_it_sends_telemetry_nowhere_unless_told_where(service: Path) -> None:
    with _running(service, {"SERVER_PORT": "0"}) as (process, url):
        _get(f"{url}/api/v1/items")
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    assert "4318" not in (service / "log.jsonl").read_text()


@contextmanager
def _running(service: Path, variables: dict[str, str]) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    home, environment = java()
    log = service / "log.jsonl"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [home / "bin" / "java", "-jar", "target/service.jar"],
            cwd=service,
            env={**environment, **variables},
            stdout=output,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield process, f"http://localhost:{_port(process, log)}"
        finally:
            process.kill()
            process.wait()


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    """The port it says it listens on; its log is one JSON object a line."""
    deadline = time.monotonic() + START_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        for line in log.read_text().splitlines():
            if started := re.search(r"Tomcat started on port (\d+)", line):
                assert json.loads(line)["service"]["name"] == "plant-sensors"
                return int(started[1])
        time.sleep(0.05)
    pytest.fail(f"the service did not start:\n{log.read_text()[-3000:]}")


def _get(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(url, timeout=20) as answer:
        document: dict[str, Any] = json.load(answer)
        return document
