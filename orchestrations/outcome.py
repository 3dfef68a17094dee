"""How an activity answers: business errors travel as data, because exception types do not survive the trip.

{"status": "done", "value": {...}}
{"status": "unavailable", "reason": "...", "retry_after_s": 5.0 or None}   not done: try again later
{"status": "unknown", "reason": "...", "retry_after_s": 5.0 or None}       may be done: only what looks first may repeat
{"status": "refused", "reason": "..."}                                     never try again
"""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from shared.errors import OutcomeUnknown, ValueFlowError, VendorUnavailable

Value = dict[str, Any]
Activity = Callable[[dict], Awaitable[dict]]  # type: ignore[type-arg]


def answers_outcome(activity: Callable[[dict], Awaitable[Value]]) -> Activity:  # type: ignore[type-arg]
    """Turn what an activity returns or raises into an outcome. Anything unexpected still raises."""

    @wraps(activity)
    async def wrapper(payload: dict) -> dict:  # type: ignore[type-arg]
        try:
            return {"status": "done", "value": await activity(payload)}
        except VendorUnavailable as error:
            status = "unknown" if isinstance(error, OutcomeUnknown) else "unavailable"
            return {"status": status, "reason": str(error), "retry_after_s": error.retry_after_s}
        except ValueFlowError as error:
            return {"status": "refused", "reason": str(error)}

    return wrapper
