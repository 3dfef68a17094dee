"""Not found is an answer; every other refusal is one."""

import pytest

from shared.clients.absence import unless_absent, was_there
from shared.errors import VendorRefused, VendorUnavailable


async def gives(value: object) -> object:
    return value


async def raises(error: Exception) -> object:
    raise error


def refused(status: int | None) -> VendorRefused:
    return VendorRefused("vendor", "look", "no", status)


async def test_what_is_there_is_given() -> None:
    assert await unless_absent(gives(7)) == 7
    assert await was_there(gives(None)) is True


async def test_not_found_is_nothing() -> None:
    assert await unless_absent(raises(refused(404))) is None
    assert await was_there(raises(refused(404))) is False


@pytest.mark.parametrize(
    "error", [refused(403), refused(410), refused(None), VendorUnavailable("v", "look", "x")]
)
async def test_every_other_error_is_one(error: Exception) -> None:
    with pytest.raises(type(error)):
        await unless_absent(raises(error))
    with pytest.raises(type(error)):
        await was_there(raises(error))
