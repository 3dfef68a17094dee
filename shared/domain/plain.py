"""Text from outside, made safe to show: it is data wherever it ends up.

Teams cards and postmortems read Markdown, cards also {{functions}}, ServiceNow's journal reads [code] tags, all of
them make links of addresses: everything loses its meaning here, the words stay. What nobody can see goes: characters
without a shape hide orders for models, and turn the direction of what is read.
"""

import re
import unicodedata
from urllib.parse import quote

_MARKS = str.maketrans({"[": "(", "]": ")", "<": "(", ">": ")", "`": "'", "*": "·", "|": "/"})
_BEGINS_BLOCK = re.compile(r"^(?: ?(?:#+|[-+](?= |$)|(?:[-=~_] ?){3,}))+ ?")
_FUNCTION = re.compile(r"([{}$])(?=[{}])")
_LINK = re.compile(r"\b(h)tt(ps?)://|(\w):(?=//)|\b(www)\.(?=\w)", re.IGNORECASE)
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800")
_CODE = re.compile(r"\[\s*(/?\s*code)\s*\]", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]{1,253}(?::\d{1,5})?(?:[/?#][^\s\\]*)?", re.IGNORECASE)
_KEPT_IN_ADDRESS = "/?#:;,=&+%~!$@._-"
_LONGEST_ADDRESS = 2000


def plain(text: str, limit: int = 300) -> str:
    """One line of at most `limit` characters without markup, links or characters that nobody sees.

    Addresses stay readable and lead nowhere: hxxps://.
    """
    words = " ".join(text.translate(_VISIBLE).split())
    words = _BEGINS_BLOCK.sub("", words).translate(_MARKS)
    shown = _LINK.sub(_unlinked, _FUNCTION.sub(r"\1 ", words))
    return shown if len(shown) <= limit else shown[: limit - 1].rstrip() + "…"


def journal(text: str) -> str:
    """Our own text of many lines for ServiceNow's journal, without [code] that somebody else's words brought."""
    lines = text.translate(_VISIBLE_LINES).splitlines()
    return _CODE.sub(r"(\1)", "\n".join(lines))


def address(url: str) -> str:
    """The address if a person may follow it: http or https, a plain host, nothing that ends a link; else "".

    It is not read for where it leads; that is for who gives it.
    """
    if len(url) > _LONGEST_ADDRESS or not _ADDRESS.fullmatch(url) or not url.isprintable():
        return ""
    return quote(url, safe=_KEPT_IN_ADDRESS)


def _unlinked(found: re.Match[str]) -> str:
    if found[1]:
        return f"{found[1]}xx{found[2]}://"
    return f"{found[3]}: " if found[3] else f"{found[4]} ."


class _Visible(dict[int, str]):
    """Code point to what is shown of it: a blank for what breaks a line, nothing for what has no shape."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        category = unicodedata.category(character)
        shown = character
        if category in {"Cc", "Zl", "Zp"}:
            shown = " "
        elif category in {"Cf", "Cs", "Co", "Cn"} or character in _UNSEEN or _selects_variation(code):
            shown = ""
        if len(self) < 4096:
            self[code] = shown
        return shown


def _selects_variation(code: int) -> bool:
    return 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF or 0x180B <= code <= 0x180F


_VISIBLE, _VISIBLE_LINES = _Visible(), _Visible({ord("\n"): "\n"})
