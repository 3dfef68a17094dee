"""The Angular app as a team gets it: installed from its lock file, built, tested, opened in a browser."""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from shared.golden_paths.catalogue import FOLDER
from tests.builds.static_site import served
from tests.builds.toolchains import chromium, node, run
from tests.builds.workspace import REQUEST, rendered

pytestmark = [pytest.mark.build, pytest.mark.timeout(600)]

COLLECTOR = "https://collector.example.com/v1/traces"


@pytest.fixture(scope="module")
def service() -> Iterator[Path]:
    """The folder of the app with its packages installed and `npm run build` done."""
    npm, environment = node()
    with rendered("angular-web") as folder:
        want = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
        stamp = folder / "node_modules" / ".installed"
        if not stamp.exists() or stamp.read_text() != want:
            options = ["--no-audit", "--no-fund", "--fetch-retries=1", "--fetch-timeout=60000"]
            run([*npm, "ci", *options], folder, environment, within_s=400)
            stamp.write_text(want)
        run([*npm, "run", "build"], folder, environment, within_s=180)
        yield folder


@pytest.fixture
def site(service: Path, tmp_path: Path) -> Path:
    """A copy of what was built, to be fitted to an environment."""
    return shutil.copytree(service / "dist" / "web" / "browser", tmp_path / "site")


def test_it_is_built_and_its_own_tests_pass(
    service: Path, record_property: Callable[[str, object], None]
) -> None:
    npm, environment = node()
    said = run([*npm, "test"], service, environment, within_s=180)
    in_jsdom = re.search(r"Tests\s+(\d+) passed \((\d+)\)", said)
    of_tools = re.search(r"pass (\d+)\n.*fail 0\n", said)
    assert in_jsdom, said
    assert of_tools, said
    assert in_jsdom[1] == in_jsdom[2]
    assert int(in_jsdom[1]) >= 30
    record_property("outcome", f"built, {int(in_jsdom[1]) + int(of_tools[1])} of its own tests passed")


def test_its_files_are_in_the_form_its_pipeline_asks_for(service: Path) -> None:
    npm, environment = node()
    run([*npm, "run", "format"], service, environment, within_s=60)


def test_the_messages_are_those_its_templates_hold(service: Path, tmp_path: Path) -> None:
    npm, environment = node()
    extract = ["exec", "--", "ng", "extract-i18n", "--output-path", os.path.relpath(tmp_path, service)]
    run([*npm, *extract], service, environment, within_s=120)
    kept = json.loads((service / "src" / "locale" / "messages.en.json").read_text())
    assert json.loads((tmp_path / "messages.en.json").read_text()) == kept


def test_its_lock_file_names_no_registry_and_the_packages_of_every_platform() -> None:
    """npm leaves out what its registry lacks when it writes the file, and then refuses the file elsewhere."""
    packages = json.loads((FOLDER / "angular-web" / "skeleton" / "package-lock.json").read_text())["packages"]
    assert not [name for name, entry in packages.items() if "resolved" in entry]
    for name, entry in packages.items():
        for optional in entry.get("optionalDependencies", {}):
            assert f"node_modules/{optional}" in packages or f"{name}/node_modules/{optional}" in packages


def test_the_pipeline_s_step_fits_the_build_to_its_environment(service: Path, site: Path) -> None:
    _fit(service, site, "production", "20261121.3")
    health = json.loads((site / "health.json").read_text())
    settings = json.loads((site / "settings.json").read_text())
    assert health == {
        "status": "pass",
        "service": REQUEST["name"],
        "environment": "production",
        "version": "20261121.3",
    }
    assert settings["description"] == REQUEST["description"]
    assert settings["sampleRatio"] == 0.1


@pytest.mark.browser
def test_a_browser_shows_it_in_both_languages_under_its_own_policy(service: Path, site: Path) -> None:
    _fit(service, site, "preview", "20261121.3")
    with served(site) as url, _browser() as browser:
        page, complaints = _page(browser, locale="pt-BR")
        page.goto(url)
        page.wait_for_selector("[data-state=pass]")
        assert page.evaluate("document.documentElement.lang") == "pt-BR"
        assert page.inner_text("[role=status]") == "Funcionando"
        assert page.inner_text("main p") == REQUEST["description"]
        assert page.inner_text("footer") == "Versão 20261121.3 em preview"

        page.click("text=English")
        page.wait_for_selector("[data-state=pass]")
        assert page.inner_text("[role=status]") == "Working"
        page.goto(f"{url}/nowhere/at/all")
        page.wait_for_selector("h1")
        assert page.inner_text("h1") == "Page not found"
        assert complaints == []


@pytest.mark.browser
def test_a_browser_sends_traces_where_the_environment_says_and_loads_nothing_for_it_elsewhere(
    service: Path, site: Path
) -> None:
    wanted = service / "environments" / "development.json"
    untraced = wanted.read_text()
    with served(site) as url, _browser() as browser:
        page, _complaints = _page(browser)
        scripts = _scripts(page)
        page.goto(url)
        page.wait_for_selector("[data-state=pass]")
    try:
        wanted.write_text(json.dumps({"telemetryUrl": COLLECTOR}))
        _fit(service, site, "development", "1")
    finally:
        wanted.write_text(untraced)
    with served(site) as url, _browser() as browser:
        page, complaints = _page(browser)
        scripts_of_tracing = _scripts(page)
        allow = {"access-control-allow-origin": "*", "access-control-allow-headers": "*"}
        page.route(COLLECTOR, lambda route: route.fulfill(status=200, headers=allow, body="{}"))
        with page.expect_request(_is_trace, timeout=30_000) as sent:
            page.goto(url)
        [traced] = sent.value.post_data_json["resourceSpans"]
        resource = {each["key"]: each["value"] for each in traced["resource"]["attributes"]}
        names = {span["name"] for scope in traced["scopeSpans"] for span in scope["spans"]}
        assert resource["service.name"] == {"stringValue": REQUEST["name"]}
        assert "page load" in names
        assert scripts < scripts_of_tracing
        assert complaints == []


def _is_trace(request: Any) -> bool:
    return bool(request.url == COLLECTOR and request.method == "POST")


def _scripts(page: Any) -> set[str]:
    """The scripts the page asks for from now on, by name."""
    names: set[str] = set()
    page.on(
        "request",
        lambda request: names.add(request.url.rpartition("/")[2]) if request.url.endswith(".js") else None,
    )
    return names


def _fit(service: Path, site: Path, environment_name: str, version: str) -> None:
    npm, environment = node()
    tool = [npm[0], "tools/configure.mjs", str(site), environment_name, version]
    run(tool, service, environment, within_s=30)


def _page(browser: Any, **options: Any) -> tuple[Any, list[str]]:
    """A page, and what it complains about: blocked by its policy, or failed in a script."""
    page = browser.new_page(**options)
    complaints: list[str] = []
    page.on(
        "console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page, complaints


@contextmanager
def _browser() -> Iterator[Any]:
    """A headless Chromium for as long as it is needed."""
    from playwright.sync_api import sync_playwright

    path = chromium()
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()
