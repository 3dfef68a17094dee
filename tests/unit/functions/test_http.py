"""What all HTTP triggers share."""

from typing import Any

import pytest

from functions.services.registry import get_service
from tests.fakes.requests import body_of, function_of, request

get = function_of(get_service)


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("", "application/problem+json"),
        ("*/*", "application/problem+json"),
        ("application/json, application/problem+json", "application/problem+json"),
        ("application/json", "application/json"),
        ("application/json, text/plain, */*", "application/json"),
    ],
)
async def test_a_refusal_comes_under_the_name_the_caller_accepts(
    world: Any, accepted: str, expected: str
) -> None:
    response = await get(request(token="reader", route={"name": "nobody"}, headers={"Accept": accepted}))

    assert (response.status_code, response.mimetype) == (404, expected)
    assert body_of(response)["status"] == 404
    assert response.headers["Cache-Control"] == "no-store"


async def test_an_answer_keeps_its_name(world: Any) -> None:
    response = await get(request(route={"name": "nobody"}, headers={"Accept": "application/json"}))

    assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, "Bearer")
