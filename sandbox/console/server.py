"""The page's HTTP side.

GET /, GET /fragments/{name} (with ETag; 304 when nothing has changed), GET /static/{file},
POST /actions/{name} (from the page's own buttons). Only for browsers on this machine.
"""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sandbox.console import actions, cards, clock
from sandbox.console.panels import PANELS, load
from sandbox.console.sources import Sources
from sandbox.console.words import LANGUAGES, NAMES, SYSTEMS, words
from shared.texts import choose

_HERE = Path(__file__).parent
_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
_SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # With no-referrer, browsers send this page's own forms with the origin "null".
    "Referrer-Policy": "same-origin",
}
_SOURCES = web.AppKey("sources", Sources)
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_log = logging.getLogger("sandbox.console")

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def build_app(sources: Sources) -> web.Application:
    """The page over these systems."""
    app = web.Application(middlewares=[_guard])
    app[_SOURCES] = sources
    app.router.add_get("/", _page)
    app.router.add_get("/fragments/{name}", _fragment)
    app.router.add_get("/static/{file}", _static)
    app.router.add_post("/actions/{name}", _act)
    return app


@web.middleware
async def _guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """No name but this machine's (another may have been pointed here), no form from another site."""
    if urlsplit(f"//{request.headers.get('Host', '')}").hostname not in _HOSTS:
        raise web.HTTPForbidden(text="Only for this machine.")
    origin = request.headers.get("Origin")
    if request.method == "POST" and origin and urlsplit(origin).netloc != request.headers.get("Host"):
        raise web.HTTPForbidden(text="Only from this page.")
    if request.method == "POST" and request.headers.get("Sec-Fetch-Site", "none") not in (
        "none",
        "same-origin",
    ):
        raise web.HTTPForbidden(text="Only from this page.")
    answer = await handler(request)
    answer.headers.update(_SECURITY)
    return answer


async def _page(request: web.Request) -> web.Response:
    sources, language = request.app[_SOURCES], _language(request)
    names = list(PANELS)
    loaded = await asyncio.gather(*(load(name, sources) for name in names))
    fragments = {name: _draw(name, view, language) for name, view in zip(names, loaded, strict=True)}
    html = (
        _environment(language)
        .get_template("page.html")
        .render(
            fragments=fragments,
            language=language,
            other="en" if language == "pt-BR" else "pt-BR",
            app_url=sources.document["app"]["url"],
            failed="failed" in request.query,
        )
    )
    return web.Response(text=html, content_type="text/html", headers={"Cache-Control": "no-store"})


async def _fragment(request: web.Request) -> web.Response:
    name = request.match_info["name"]
    if name not in PANELS:
        raise web.HTTPNotFound
    html = _draw(name, await load(name, request.app[_SOURCES]), _language(request))
    etag = f'"{hashlib.sha256(html.encode()).hexdigest()[:24]}"'
    headers = {"ETag": etag, "Cache-Control": "no-cache", "Vary": "Accept-Language"}
    if request.headers.get("If-None-Match") == etag:
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    return web.Response(text=html, content_type="text/html", headers=headers)


async def _static(request: web.Request) -> web.Response:
    known = {path.name: path for path in (_HERE / "static").iterdir()}
    path = known.get(request.match_info["file"])
    if path is None:
        raise web.HTTPNotFound
    return web.Response(
        body=path.read_bytes(), content_type=_TYPES[path.suffix], headers={"Cache-Control": "no-cache"}
    )


async def _act(request: web.Request) -> web.Response:
    """Do it and go back to the page, so that reloading does it no second time."""
    action = actions.ACTIONS.get(request.match_info["name"])
    if action is None:
        raise web.HTTPNotFound
    failed = ""
    try:
        await action(request.app[_SOURCES])
    except actions.ActionFailed as failure:
        _log.warning("%s failed: %s", request.match_info["name"], failure)
        failed = "&failed=1"
    raise web.HTTPSeeOther(f"/?lang={_language(request)}{failed}")


def _language(request: web.Request) -> str:
    asked = request.query.get("lang", "")
    return asked if asked in LANGUAGES else choose(request.headers.get("Accept-Language", ""), "en")


def _draw(name: str, view: dict[str, Any] | None, language: str) -> str:
    template = f"{name}.html" if view is not None else "away.html"
    return _environment(language).get_template(template).render(view or {})


_environments: dict[str, Environment] = {}


def _environment(language: str) -> Environment:
    if language not in _environments:
        made = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        made.globals["say"] = lambda key: words(language, key)
        made.globals["card"] = lambda content, link: cards.render(
            content, words(language, "unknown_element"), link
        )
        made.globals["names"], made.globals["systems"] = NAMES, SYSTEMS
        made.filters["clock"] = clock.shown
        _environments[language] = made
    return _environments[language]
