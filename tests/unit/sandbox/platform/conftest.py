"""Tiny children: each does one thing a real one may do."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.platform.process import Spec

ROOT = Path(__file__).parents[4]
_HEAD = "import os, signal, sys, time\nfrom sandbox.child import announce, end_with_parent\n"
BODIES = {
    "good": "end_with_parent()\nannounce(port=7)\ntime.sleep(60)",
    "chatty": "end_with_parent()\nannounce(port=7)\nprint('x' * 300_000, flush=True)\ntime.sleep(60)",
    "stubborn": (
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nannounce()\n"
        "print('ignoring SIGTERM', file=sys.stderr, flush=True)\ntime.sleep(60)"
    ),
    "broken": "print('one', file=sys.stderr)\nprint('the port is taken', file=sys.stderr)\nsys.exit(3)",
    "silent": "end_with_parent()\ntime.sleep(60)",
    "job": "sys.exit(0)",
    "bad_job": "print('cannot migrate', file=sys.stderr)\nsys.exit(1)",
    "noting": (
        "def note(*_):\n    open(sys.argv[1], 'a').write(sys.argv[2] + ' ')\n    sys.exit()\n"
        "signal.signal(signal.SIGTERM, note)\nend_with_parent()\nannounce()\ntime.sleep(60)"
    ),
}


@pytest.fixture
def spec() -> Callable[..., Spec]:
    """spec("name", "good", needs=(...), arguments=(...)) describes a tiny child."""

    def make(
        name: str, body: str = "good", needs: tuple[str, ...] = (), arguments: tuple[str, ...] = ()
    ) -> Spec:
        command = (sys.executable, "-c", _HEAD + BODIES[body], *arguments)
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        return Spec(name, command, needs, environment, job=body.endswith("job"))

    return make
