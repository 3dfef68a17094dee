"""Translated statements, kept: fakesnow walks a statement seventy times to make it DuckDB's, and some are long.

sessions.py asks it for statements that are the same in every database: what makes a view or a table of a query. A
migration runs the same ones in database after database, a refresh the same ones again and again.
"""

import re
import threading
from collections import OrderedDict
from collections.abc import Callable

from sqlglot import Expr

MOST = 500
_MADE = re.compile(r"\s*create\s+or\s+replace\s+(view|table)\s+[\w.]+\s+as\b", re.IGNORECASE)


class Translations:
    """The newest translations by their statement's text."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._kept: OrderedDict[str, Expr] = OrderedDict()
        self._turn = threading.Lock()

    def of(self, command: str, translate: Callable[[], Expr]) -> Expr:
        """What `translate` makes of the command, or made of it before; a copy, as who has it may change it."""
        if not _MADE.match(command):
            return translate()
        with self._turn:
            kept = self._kept.get(command)
        if kept is None:
            kept = translate()
            with self._turn:
                self._kept[command] = kept.copy()
                if len(self._kept) > self._most:
                    self._kept.popitem(last=False)
            return kept
        return kept.copy()
