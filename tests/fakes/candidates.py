"""What is known of a service when an action is chosen for it, for tests."""

from typing import Any

from shared.domain.action.candidates import Facts
from shared.runbooks.catalogue import runbooks
from tests.fakes.remediation import SUSPECT

FLAG = {"name": "new-cart", "label": "", "etag": "v1", "modified_at": "2026-11-21T11:00:00Z"}


def facts(**changes: Any) -> Facts:
    books: Any = {
        type_: {"answers": one.answers, "elsewhere": one.elsewhere, "risk": one.risk, "undo": one.undo}
        for type_, one in runbooks().items()
    }
    base: Any = {
        "runbooks": books,
        "deployed": SUSPECT,
        "flags": [FLAG],
        "own_names": ["checkout", "SERVICE-1", "checkout (prod)"],
        "migration": False,
        "faults": {},
    }
    whole: Any = {**base, **changes}
    made: Facts = whole
    return made
