"""How GitHub words refusals and lists."""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web

from sandbox.vendors.framework import Refusal, reply

_DEFAULT_PAGE, _LARGEST_PAGE = 30, 100
NOT_FOUND = "Not Found"


def error(status: int, message: str) -> web.Response:
    """{"message", "documentation_url", "status"}"""
    told = {
        "message": message,
        "documentation_url": "https://docs.github.com/rest",
        "status": str(int(status)),
    }
    return reply(told, status)


def refuse(status: int, message: str) -> Refusal:
    return Refusal(error(status, message))


def missing() -> Refusal:
    """404, also for what the caller may not know of."""
    return refuse(HTTPStatus.NOT_FOUND, NOT_FOUND)


def paged(
    request: web.Request, url: str, items: Sequence[Any], wrap: Callable[[list[Any]], object] = list
) -> web.Response:
    """A page of the items, with links to its neighbours. url: of the vendor. wrap: makes the answer of a page."""
    size = min(_number(request, "per_page", _DEFAULT_PAGE), _LARGEST_PAGE)
    page, last = _number(request, "page", 1), max(1, -(-len(items) // size))
    places = {"prev": page - 1, "next": page + 1, "last": last, "first": 1}
    if page == 1:
        places = {name: place for name, place in places.items() if name in {"next", "last"}}
    shown = {name: place for name, place in places.items() if 1 <= place <= last} if page < last else {}
    links = ", ".join(
        f'<{url}{request.rel_url.update_query(page=place)}>; rel="{name}"' for name, place in shown.items()
    )
    return reply(
        wrap(list(items[(page - 1) * size : page * size])), headers={"Link": links} if links else None
    )


def _number(request: web.Request, name: str, default: int) -> int:
    value = request.query.get(name, "")
    return max(1, int(value)) if value.isdecimal() else default
