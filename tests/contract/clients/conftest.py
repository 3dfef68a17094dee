"""What the vendors publish about their APIs: shared/specs beside this checkout, or where VALUEFLOW_SPECS says."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
SPECS = Path(os.environ.get("VALUEFLOW_SPECS", ROOT.parent / "shared" / "specs"))


@pytest.fixture
def spec() -> Callable[[str], dict[str, Any]]:
    """Reads one description; without them the test is left out."""

    def read(name: str) -> dict[str, Any]:
        path = SPECS / name
        if not path.exists():
            pytest.skip(
                f"the vendors' descriptions are not here ({name}); VALUEFLOW_SPECS says where they are"
            )
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return document

    return read
