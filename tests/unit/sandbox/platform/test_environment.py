"""The shell's variables, where there is no platform they could be of."""

from argparse import Namespace
from pathlib import Path

import pytest

from sandbox.platform.environment import environment


def test_without_a_platform_it_says_so_and_prints_nothing_to_evaluate(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = environment(Namespace(state=tmp_path, client="backstage"))

    said = capsys.readouterr()
    assert status == 3
    assert said.out == ""
    assert said.err == f"No platform is ready on {tmp_path}.\n"
