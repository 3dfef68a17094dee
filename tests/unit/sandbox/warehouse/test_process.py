"""The warehouse as a process: what it loads, and what it leaves behind."""

import json
import os
import subprocess
import sys
from pathlib import Path

CLOUD_SDKS = ("boto3.", "botocore.", "azure.identity.")


def test_all_it_leaves_is_in_the_state_folder_and_no_cloud_sdk_is_loaded(tmp_path: Path) -> None:
    state, home, temporary, log = (tmp_path / name for name in ("state", "home", "temporary", "log"))
    for folder in (home, temporary, state / "tmp" / "of-a-process-that-was-killed"):
        folder.mkdir(parents=True)
    options = ["--state", str(state), "--user", "U", "--password", "P"]
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-X", "importtime", "-m", "sandbox.warehouse", *options],
            env={**os.environ, "HOME": str(home), "TMPDIR": str(temporary)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
        )
    with process:
        try:
            assert process.stdout
            ready = process.stdout.readline()
            process.terminate()
            assert process.wait(5) == 0, log.read_text()
        finally:
            process.kill()

    assert json.loads(ready)["ready"] is True
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")} - {"log"}
    kept = {"state", "state/catalog", "state/catalog/_fs_global.db", "state/stages", "state/tmp"}
    assert left == kept | {"home", "temporary"}
    loaded = [line.rpartition("|")[2].strip() for line in log.read_text().splitlines()]
    assert "snowflake.connector" in loaded
    assert [name for name in loaded if name.startswith(CLOUD_SDKS)] == []


def test_whoever_imports_the_engine_leaves_no_folder(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-c", "import sandbox.warehouse.engine"],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        check=True,
        timeout=60,
    )
    assert list(tmp_path.iterdir()) == []
