"""What a vendor does not have: a 404 is an answer, not an error. The clients of this folder use it."""

from collections.abc import Awaitable
from http import HTTPStatus

from shared.errors import VendorRefused


async def unless_absent[T](work: Awaitable[T]) -> T | None:
    """What `work` gives; None where the vendor says that there is no such thing (404)."""
    try:
        return await work
    except VendorRefused as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        return None


async def was_there(work: Awaitable[object]) -> bool:
    """False where what `work` was to be done to is not there (404), or no longer: an earlier answer may be lost."""
    try:
        await work
    except VendorRefused as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        return False
    return True
