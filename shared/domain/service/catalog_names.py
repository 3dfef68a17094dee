"""Names for Backstage's catalog: from free text to names it accepts, never two texts under one name unsaid.

Rules: at most 63 characters of [a-zA-Z0-9], separated by [-_.]; references ignore case.
https://backstage.io/docs/features/software-catalog/descriptor-format#name-required
"""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping

LONGEST = 63
_DIGITS = 6
"""Of the digest that tells texts of one slug apart: the fewest."""
_NAME = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_NAMESPACE = r"[a-z0-9]+(?:-+[a-z0-9]+)*"
_REFERENCE = re.compile(rf"(?:(?P<kind>group|user):)?(?:(?P<namespace>{_NAMESPACE})/)?(?P<name>[^:/]+)")


def is_name(text: str) -> bool:
    """Whether Backstage takes it as an entity's name as it stands."""
    return _NAME.fullmatch(text) is not None


def reference(text: str) -> tuple[str, str, str] | None:
    """(kind, namespace, name) of an owner written as Backstage writes references; None for free text."""
    found = _REFERENCE.fullmatch(text.strip())
    if not found or not is_name(found["name"]) or len(found["namespace"] or "") > LONGEST:
        return None
    return found["kind"] or "group", found["namespace"] or "default", found["name"]


def same(text: str) -> str:
    """What makes two texts the same thing: letters and order, not case, spacing or how Unicode writes them."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def names(texts: Iterable[str], taken: Collection[str] = ()) -> dict[str, str]:
    """A name for each text, by its `same` form. Each text comes as often as it is used.

    Where several texts would share a name, the one used most keeps it, and the others carry a digest of
    their text: what many refer to does not move when somebody mistypes it. `taken` (lower case) are names no
    text may have.
    """
    used = Counter(same(text) for text in texts)
    ranked = sorted(used, key=lambda text: (-used[text], text))
    named: dict[str, str] = {}
    given = set(taken)
    for text in ranked:
        if (slug := _slug(text)) not in given:
            named[text] = slug
            given.add(slug)
    for text in ranked:
        if text not in named:
            named[text] = _marked(_slug(text), text, given)
            given.add(named[text])
    return named


def sharing(named: Mapping[str, str]) -> dict[str, str]:
    """Of what `names` gave: the texts that could not have the name they come to, each with that name."""
    return {text: _slug(text) for text, name in named.items() if name != _slug(text)}


def _slug(text: str) -> str:
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9_.-]+", "-", ascii_text).strip("-_.")
    if not slug or len(slug) > LONGEST:
        return _marked(slug or "name", text)
    return slug


def _marked(slug: str, text: str, taken: Collection[str] = ()) -> str:
    """The slug with as much of the text's digest as makes it nobody else's."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    marked = (f"{slug[: LONGEST - 1 - n].rstrip('-_.')}-{digest[:n]}" for n in range(_DIGITS, LONGEST - 1))
    return next(name for name in marked if name not in taken)
