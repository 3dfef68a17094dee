"""The pages people see: Jinja2 templates with everything escaped, readable on a phone and without JavaScript."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.texts import say

if TYPE_CHECKING:
    from jinja2 import Environment


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
    )


def render(template: str, language: str, **values: Any) -> str:
    """Fill a template; inside it, `say("key")` gives the sentence in `language`."""
    words = lambda key, **more: say(language, key, **more)  # noqa: E731
    return _environment().get_template(template).render(say=words, language=language, **values)
