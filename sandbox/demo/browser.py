"""A browser as far as a person needs one here: pages, links, forms, cookies, redirects. No script."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from types import TracebackType
from typing import Self
from urllib.parse import urljoin

import httpx


class NotOnPage(Exception):
    """The page has no such link or form; the message names the page and what it shows instead."""


@dataclass
class Form:
    """A form as it came. buttons: (name, value, text)."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)


@dataclass
class Page:
    """What a person sees. links: (address, text). pictures: what those who cannot see them are told of each."""

    url: str
    status: int
    text: str
    pictures: list[str]
    links: list[tuple[str, str]]
    forms: list[Form]


class Browser:
    """One person's browser; cookies stay until it is closed."""

    def __init__(self, language: str = "pt-BR") -> None:
        self._http = httpx.AsyncClient(
            follow_redirects=True,
            timeout=30.0,
            trust_env=False,
            headers={"Accept": "text/html,application/xhtml+xml", "Accept-Language": language},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def open(self, url: str) -> Page:
        """Go to an address, wherever it leads."""
        return _page(await self._http.get(url))

    async def follow(self, page: Page, part: str) -> Page:
        """Click the link whose address has this part. Raises: NotOnPage."""
        for address, _ in page.links:
            if part in address:
                return await self.open(urljoin(page.url, address))
        raise NotOnPage(f"no link with {part} on {_shown(page)}")

    async def press(self, page: Page, name: str, value: str, **filled: str) -> Page:
        """Press the button of this name and value, with its form's fields and what a person filled in.

        Raises: NotOnPage.
        """
        for form in page.forms:
            if any(button[:2] == (name, value) for button in form.buttons):
                answer = await self._http.request(
                    form.method,
                    urljoin(page.url, form.action),
                    data={**form.fields, **filled, name: value},
                    headers={"Origin": str(httpx.URL(page.url).copy_with(raw_path=b"/")).rstrip("/")},
                )
                return _page(answer)
        raise NotOnPage(f"no button {name}={value} on {_shown(page)}")


def _page(answer: httpx.Response) -> Page:
    reader = _Reader()
    reader.feed(answer.text)
    text = " ".join(" ".join(reader.words).split())
    return Page(str(answer.url), answer.status_code, text, reader.pictures, reader.links, reader.forms)


def _shown(page: Page) -> str:
    return f"{page.url.partition('?')[0]} ({page.status}): {page.text[:200]}"


class _Reader(HTMLParser):
    """Collects links, forms, pictures and visible words."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[tuple[str, str]] = []
        self.pictures: list[str] = []
        self.forms: list[Form] = []
        self.words: list[str] = []
        self._skips = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in ("style", "script"):
            self._skips += 1
        elif tag == "a" and "href" in given:
            self.links.append((given["href"], ""))
        elif given.get("role") == "img":
            self.pictures.append(given.get("aria-label", ""))
        elif tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get").upper()))
        elif self.forms and tag == "button":
            self.forms[-1].buttons.append((given.get("name", ""), given.get("value", ""), ""))
        elif self.forms and tag in ("input", "textarea") and given.get("name"):
            self.forms[-1].fields[given["name"]] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("style", "script"):
            self._skips -= 1

    def handle_data(self, data: str) -> None:
        if not self._skips:
            self.words.append(data)
