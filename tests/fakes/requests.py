"""Requests as the Functions worker hands them over, and the function behind a trigger."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import azure.functions as func


def request(
    method: str = "GET",
    *,
    body: bytes | str | dict[str, Any] | None = None,
    route: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
    token: str = "",
) -> func.HttpRequest:
    raw = (
        json.dumps(body).encode()
        if isinstance(body, dict)
        else body.encode()
        if isinstance(body, str)
        else body
    )
    sent = dict(headers or {})
    if token:
        sent["Authorization"] = f"Bearer {token}"
    return func.HttpRequest(
        method=method,
        url="https://app.example/api",
        headers=sent,
        params=query or {},
        route_params=route or {},
        body=raw or b"",
    )


def function_of(trigger: Any) -> Callable[..., Awaitable[func.HttpResponse]]:
    """The handler a trigger's decorators wrap, without the worker's own wrapping."""
    function = trigger._function.get_user_function()
    handler: Callable[..., Awaitable[func.HttpResponse]] = getattr(function, "client_function", function)
    return handler


def body_of(response: func.HttpResponse) -> Any:
    return json.loads(response.get_body())
