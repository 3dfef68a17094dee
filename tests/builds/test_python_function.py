"""The function app as a team gets it: checked and tested in a fresh environment, packaged, and run from its package."""

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.builds.workspace import rendered

pytestmark = [pytest.mark.build, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
PACKAGES = ".python_packages/lib/site-packages"
_NO_INDEX = re.compile(
    r"dns error|error sending request|Connection refused|Name or service not known|NewConnectionError"
    r"|No route to host|timed out|Temporary failure in name resolution|HTTP status (?:client|server) error"
)
Request = Callable[..., tuple[int, dict[str, object]]]


@pytest.fixture(scope="module")
def service() -> Iterator[Path]:
    """The folder of the service, with its locked development packages in .venv."""
    if sys.version_info[:2] != (3, 13):
        pytest.skip("python-function is not built: it needs Python 3.13")
    with rendered("python-function") as folder:
        _install(folder)
        yield folder


@pytest.fixture(scope="module")
def package(service: Path) -> Path:
    """The folder Azure Functions runs: the archive of the pipeline's own script, unpacked."""
    if shutil.which("bash") is None:
        pytest.skip("python-function is not packaged: bash was not found")
    archive = service / "build" / "app.zip"
    archive.parent.mkdir()
    _call(["bash", "pipelines/package.sh", archive], service)
    unpacked = service / "build" / "app"
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(unpacked)
    return unpacked


def test_its_form_its_types_and_its_own_tests_pass(
    service: Path, record_property: Callable[[str, object], None]
) -> None:
    for command in (["ruff", "format", "--check", "."], ["ruff", "check", "."], ["mypy"]):
        _call([service / ".venv" / "bin" / command[0], *command[1:]], service)
    _call([service / ".venv" / "bin" / "pytest", "-q", "--cov", "--junitxml", "build-results.xml"], service)

    (suite,) = ElementTree.parse(service / "build-results.xml").getroot()
    counts = {kind: int(suite.get(kind, "0")) for kind in ("tests", "failures", "errors", "skipped")}
    assert counts["tests"] >= 20
    assert counts == {"tests": counts["tests"], "failures": 0, "errors": 0, "skipped": 0}
    record_property("outcome", f"built, {counts['tests']} of its own tests passed")


def test_its_requirements_are_what_its_project_asks_for(service: Path) -> None:
    """Every pin of pyproject.toml stands in the lock, with hashes; a changed pin without `uv pip compile` is seen."""
    import tomllib

    project = tomllib.loads((service / "pyproject.toml").read_text())
    for pins, name in (
        (project["project"]["dependencies"], "requirements.txt"),
        (project["dependency-groups"]["dev"], "requirements-dev.txt"),
    ):
        locked = (service / name).read_text()
        assert [pin for pin in pins if f"{pin} \\\n    --hash=" not in locked] == []
        assert "://" not in locked


def test_its_package_holds_what_runs_and_nothing_else(package: Path) -> None:
    assert sorted(each.name for each in package.iterdir()) == [
        ".python_packages", "function_app.py", "host.json", "plant_sensors",
    ]  # fmt: skip
    assert (package / PACKAGES / "azure" / "functions" / "__init__.py").is_file()
    assert not (package / PACKAGES / "pytest").exists()


@pytest.fixture(scope="module")
def request_of(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Request]:
    """The package on the embedded Functions host, without a store; calls carry the host's key."""
    keys = tmp_path_factory.mktemp("host") / "keys.json"
    log = keys.with_name("host.log")
    settings = {
        "FUNCTIONS_WORKER_RUNTIME": "python",
        "PYTHONPATH": str(package / PACKAGES),
        "ITEMS_TABLE_SERVICE_URL": "https://127.0.0.1:1",
        "AZURE_TOKEN_CREDENTIALS": "EnvironmentCredential",
    }
    with log.open("w") as stderr:
        host = subprocess.Popen(
            [sys.executable, "-m", "sandbox.host", "--app", package, "--port", "0", "--keys", keys],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            cwd=ROOT,
            env={**os.environ, **settings},
        )
    try:
        assert host.stdout is not None
        line = host.stdout.readline()
        assert line, log.read_text()
        port = json.loads(line)["port"]
        key = _key(json.loads(keys.read_text()))

        def send(
            method: str, path: str, body: bytes | None = None, key: str = key
        ) -> tuple[int, dict[str, object]]:
            request = urllib.request.Request(
                f"http://127.0.0.1:{port}/api/{path}", body, {"x-functions-key": key}, method=method
            )
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return answer.status, json.load(answer)
            except urllib.error.HTTPError as refused:
                return refused.code, json.loads(refused.read() or b"{}")

        yield send
    finally:
        host.terminate()
        host.wait(20)
        for pipe in (host.stdin, host.stdout):
            if pipe:
                pipe.close()


def test_it_serves_requests_from_its_package(request_of: Request) -> None:
    assert request_of("GET", "health") == (
        503,
        {"status": "down", "version": "0.1.0", "checks": {"store": "down"}},
    )
    status, problem = request_of("PUT", "items/bolt", b'{"name": "", "quantity": -1}')
    assert (status, set(problem["errors"])) == (400, {"name", "quantity"})  # type: ignore[call-overload]
    assert request_of("PUT", "items/bolt", b'{"name": "Bolt", "quantity": 3}')[0] == 503


def test_only_health_is_open_to_everybody(request_of: Request) -> None:
    assert request_of("GET", "health", key="")[0] == 503
    assert request_of("GET", "items", key="")[0] == 401


def _install(folder: Path) -> None:
    """A fresh .venv from the locked, hashed packages: with uv where it is found, else with pip."""
    uv = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    python = folder / ".venv" / "bin" / "python"
    if uv:
        _call([uv, "venv", "--quiet", "--seed", "--python", sys.executable, ".venv"], folder)
        install: list[str | Path] = [uv, "pip", "install", "--quiet", "--python", python]
    else:
        _call([sys.executable, "-m", "venv", ".venv"], folder)
        install = [python, "-m", "pip", "install", "--quiet"]
    _call([*install, "--require-hashes", "-r", "requirements-dev.txt"], folder)


def _call(command: list[str | Path], folder: Path) -> None:
    """Run in the service's own environment; skips where packages cannot be had, fails with what was said."""
    own = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("VIRTUAL_ENV", "PYTHON", "COV_"))
    }
    path = f"{folder / '.venv' / 'bin'}{os.pathsep}{own.get('PATH', '')}"
    done = subprocess.run(
        list(map(str, command)),
        cwd=folder,
        env={**own, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=500,
        check=False,
    )
    if done.returncode == 0:
        return
    if _NO_INDEX.search(done.stdout) and ("install" in command or "venv" in command or "bash" in command):
        pytest.skip("python-function is not built: the package index cannot be reached")
    pytest.fail(f"{' '.join(map(str, command[:4]))} failed:\n{done.stdout[-4000:]}", pytrace=False)


def _key(keys: dict[str, object]) -> str:
    """The host's master key, wherever the file keeps it."""
    return str(keys["masterKey"])
