"""A person's browser against a small site."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from sandbox.demo.browser import Browser, NotOnPage

FORM = """<html><head><style>p { color: red }</style></head><body><p>Decide</p>
<form method="post" action="/decide?token=a.b"><input type="hidden" name="hash" value="h&amp;1">
<svg role="img" aria-label="a line"></svg>
<textarea name="comment"></textarea><button name="decision" value="approve">Yes</button>
<button name="decision" value="refuse">No</button></form></body></html>"""


async def _begin(_: web.Request) -> web.Response:
    return web.Response(text='<a href="/login?back=%2Fform">in</a>', content_type="text/html", status=401)


async def _login(request: web.Request) -> web.Response:
    answer = web.Response(status=302, headers={"Location": request.query["back"]})
    answer.set_cookie("session", "s")
    return answer


async def _form(request: web.Request) -> web.Response:
    assert request.cookies["session"] == "s"
    return web.Response(text=FORM, content_type="text/html")


async def _decide(request: web.Request) -> web.Response:
    told = {**request.query, **{name: str(value) for name, value in (await request.post()).items()}}
    return web.Response(
        text=f"<p>{sorted(told.items())} {request.headers['Origin']}</p>", content_type="text/html"
    )


@pytest.fixture
async def site() -> AsyncIterator[str]:
    app = web.Application()
    app.add_routes(
        [
            web.get("/", _begin),
            web.get("/login", _login),
            web.get("/form", _form),
            web.post("/decide", _decide),
        ]
    )
    async with TestServer(app) as server:
        yield str(server.make_url("/"))


async def test_a_person_follows_links_signs_in_and_submits_a_form(site: str) -> None:
    async with Browser() as browser:
        page = await browser.open(site)
        assert page.status == 401
        page = await browser.follow(page, "/login")
        assert page.text == "Decide Yes No"
        assert page.pictures == ["a line"]
        page = await browser.press(page, "decision", "approve", comment="fine")
    wanted = [("comment", "fine"), ("decision", "approve"), ("hash", "h&1"), ("token", "a.b")]
    assert page.text == f"{wanted} {site.rstrip('/')}"


async def test_what_is_not_on_the_page_cannot_be_used(site: str) -> None:
    async with Browser() as browser:
        page = await browser.open(site)
        with pytest.raises(NotOnPage, match="no link with /logout"):
            await browser.follow(page, "/logout")
        with pytest.raises(NotOnPage, match="decision=approve"):
            await browser.press(page, "decision", "approve")
