"""backstage/authorization.mjs: the file Backstage's proxy reads its token from is never old and never half."""

import json
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.contract.backstage.node import environment, node
from tools.backstage import FOLDER

pytestmark = pytest.mark.build

PLAY = """
import {{ readFile }} from 'node:fs/promises';
import {{ keepFresh }} from {module};

const answers = {answers};
let asked = 0;
const credential = {{
  async getToken(scope) {{
    const lasts = answers[Math.min(asked++, answers.length - 1)];
    if (lasts === null) throw new Error('Entra is away');
    return {{ token: `${{scope}} ${{asked}}`, expiresOnTimestamp: Date.now() + lasts }};
  }},
}};
const warned = [];
await keepFresh(credential, 'scope', {file}, {{ warn: text => warned.push(text) }});
const first = await readFile({file}, 'utf8');
await new Promise(resolve => setTimeout(resolve, {wait_ms}));
console.log(JSON.stringify({{ first, then: await readFile({file}, 'utf8'), warned }}));
"""


def play(tmp_path: Path, answers: list[int | None], wait_ms: int) -> subprocess.CompletedProcess[str]:
    script = tmp_path / "play.mjs"
    script.write_text(
        PLAY.format(
            module=json.dumps((FOLDER / "authorization.mjs").as_uri()),
            answers=json.dumps(answers),
            file=json.dumps(str(tmp_path / "authorization")),
            wait_ms=wait_ms,
        )
    )
    command = [node(), str(script)]
    return subprocess.run(command, env=environment(), capture_output=True, text=True, check=False, timeout=30)


def told(process: subprocess.CompletedProcess[str]) -> Any:
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout)


def test_a_token_is_there_before_backstage_reads_its_configuration(tmp_path: Path) -> None:
    assert told(play(tmp_path, [3_600_000], 0))["first"] == "Bearer scope 1"
    assert stat.S_IMODE((tmp_path / "authorization").stat().st_mode) == 0o600
    assert sorted(file.name for file in tmp_path.iterdir()) == ["authorization", "play.mjs"]


def test_it_is_replaced_before_it_ends(tmp_path: Path) -> None:
    assert told(play(tmp_path, [2_000, 3_600_000], 1_500))["then"] == "Bearer scope 2"


def test_while_entra_is_away_the_old_token_stays_and_the_log_says_why(tmp_path: Path) -> None:
    seen = told(play(tmp_path, [2_000, None], 1_500))

    assert seen["then"] == "Bearer scope 1"
    assert "Entra is away" in seen["warned"][0]


def test_backstage_does_not_start_without_a_first_token(tmp_path: Path) -> None:
    process = play(tmp_path, [None], 0)

    assert process.returncode != 0
    assert "Entra is away" in process.stderr
