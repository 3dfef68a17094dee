"""The tables of KEPT, DORA's marts among them, kept fresh: computed anew when something was loaded since the last time.

The timer `load_warehouse` calls it, and `python -m warehouse refresh`. What is run stands in KEPT.STATEMENTS, in order
(warehouse/kept.py writes it): each statement replaces one table or view, so readers see the last refresh or this one.
One refresh works at a time: it holds the one row of KEPT.REFRESHES, and holds it anew before each statement. Killed
anywhere, it is as if it had not begun: once nobody holds the row any more, the next one computes everything.
"""

import contextlib
import uuid
from collections.abc import Sequence
from typing import Any, Protocol

from shared.errors import VendorError

LEASE_S = 90
"""How long after its last sign another refresh believes that one has died: the app gives a statement up after 60."""
_LATEST = """SELECT
    (SELECT MAX(LOADED_AT) FROM RAW.EVENTS) AS LOADED_UNTIL,
    (SELECT MAX(TYPED_UNTIL) FROM FACT.TYPED) AS TYPED_UNTIL,
    (SELECT MAX(TYPED_UNTIL) FROM KEPT.REFRESHES) AS REFRESHED_UNTIL"""
_STATEMENTS = "SELECT STATEMENT FROM KEPT.STATEMENTS ORDER BY NUMBER"
_TAKE = """UPDATE KEPT.REFRESHES
SET HELD_BY = ?, HELD_UNTIL = DATEADD('second', ?, CURRENT_TIMESTAMP()),
    READS_UNTIL = (SELECT MAX(TYPED_UNTIL) FROM FACT.TYPED)
WHERE HELD_UNTIL < CURRENT_TIMESTAMP()"""
_HOLD = "UPDATE KEPT.REFRESHES SET HELD_UNTIL = DATEADD('second', ?, CURRENT_TIMESTAMP()) WHERE HELD_BY = ?"
_END = """UPDATE KEPT.REFRESHES
SET TYPED_UNTIL = READS_UNTIL, ENDED_AT = CURRENT_TIMESTAMP(), HELD_BY = NULL, HELD_UNTIL = CURRENT_TIMESTAMP()
WHERE HELD_BY = ?"""

_LEAVE = "UPDATE KEPT.REFRESHES SET HELD_UNTIL = CURRENT_TIMESTAMP() WHERE HELD_BY = ?"


class Warehouse(Protocol):
    """The part of shared.clients.snowflake.Warehouse that refreshes."""

    async def query(self, sql: str, params: Sequence[Any] = ()) -> list[dict[str, Any]]: ...
    async def type_events(self) -> None: ...


async def refresh_if_due(warehouse: Warehouse) -> int:
    """Type what was loaded and not typed; compute all tables if anything was typed since. How many: 0 if none was due.

    Raises: VendorUnavailable or VendorRefused of snowflake; the next call begins anew.
    """
    [latest] = await warehouse.query(_LATEST)
    if latest["LOADED_UNTIL"] is None:
        return 0
    if latest["LOADED_UNTIL"] > latest["TYPED_UNTIL"]:
        await warehouse.type_events()
    elif latest["TYPED_UNTIL"] == latest["REFRESHED_UNTIL"]:
        return 0
    return await _refresh(warehouse, LEASE_S)


async def refresh_now(warehouse: Warehouse, lease_s: int = LEASE_S) -> int:
    """Type what was loaded, then compute all tables, due or not. How many: 0 while another refresh is at it."""
    await warehouse.type_events()
    return await _refresh(warehouse, lease_s)


async def _refresh(warehouse: Warehouse, lease_s: int) -> int:
    holder = uuid.uuid4().hex
    if not await _updated(warehouse, _TAKE, (holder, lease_s)):
        return 0
    try:
        rows = await warehouse.query(_STATEMENTS)
        for row in rows:
            if not await _updated(
                warehouse, _HOLD, (lease_s, holder)
            ):  # it took too long: another one took over
                return 0
            await warehouse.query(row["STATEMENT"])
        return len(rows) if await _updated(warehouse, _END, (holder,)) else 0
    except VendorError:
        with contextlib.suppress(VendorError):  # else the next one waits until the lease is over
            await warehouse.query(_LEAVE, (holder,))
        raise


async def _updated(warehouse: Warehouse, statement: str, params: Sequence[Any]) -> bool:
    """Whether the one row was changed. Snowflake says how many were in the first column."""
    [told] = await warehouse.query(statement, params)
    return int(next(iter(told.values()))) == 1
