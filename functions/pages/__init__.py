"""The pages people see: Jinja2 templates with everything escaped, readable on a phone and without JavaScript."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import azure.functions as func

from functions.http import NEVER_CACHED
from shared.texts import say

if TYPE_CHECKING:
    from jinja2 import Environment

_HEADERS: Mapping[str, str] = {
    **NEVER_CACHED,
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "Referrer-Policy": "no-referrer",
}


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
    )


def html_page(template: str, language: str, status: int, **values: Any) -> func.HttpResponse:
    """A filled template as an answer; inside it, `say("key")` gives the sentence in `language`."""
    words = lambda key, **more: say(language, key, **more)  # noqa: E731
    html = _environment().get_template(template).render(say=words, language=language, **values)
    return func.HttpResponse(
        html, status_code=status, mimetype="text/html", charset="utf-8", headers=dict(_HEADERS)
    )
