"""The one point where personal data and secrets are taken out of text before a model sees it (LGPD).

What is hidden becomes a placeholder such as <EMAIL_1>; only this process, for this question, can turn it back.
CPF and CNPJ count by their check digits (python-stdnum; the alphanumeric CNPJ too), secrets by their shape.
"""

import re
from collections.abc import Callable, Collection

_SECRETS = (
    re.compile(
        r"(?i)\b(?:password|passwd|pwd|senha|secret|token|api[_-]?key|accountkey|sharedaccesskey|client[_-]?secret)"
        r"\b[\"']?\s*[=:]\s*[\"']?(?P<value>[^\s\"';,&]{4,})"
    ),
    re.compile(r"(?i)\bbearer\s+(?P<value>[\w.~+/=-]{16,})"),
    re.compile(r"(?<=://)[^\s:/@]+:(?P<value>[^\s@/]+)(?=@)"),
    re.compile(r"(?P<value>\beyJ[\w-]+\.[\w-]+\.[\w-]+)"),
    re.compile(r"(?P<value>\bgh[pousr]_[A-Za-z0-9]{30,}\b)"),
    re.compile(r"(?P<value>\b(?:AKIA|ASIA)[A-Z0-9]{16}\b)"),
    re.compile(r"(?i)[?&](?:sig|code)=(?P<value>[\w%-]{16,})"),
    re.compile(r"(?P<value>-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]+?-----END [A-Z ]*PRIVATE KEY-----)"),
)
_EMAIL = re.compile(r"\b[\w.+%-]+@[\w-]+(?:\.[\w-]+)+\b")
_CPF = re.compile(r"(?<![\d.])\d{3}\.?\d{3}\.?\d{3}-?\d{2}(?![\d.]*\d)")
_CNPJ = re.compile(
    r"(?<![\w.])[A-Z0-9]{2}\.?[A-Z0-9]{3}\.?[A-Z0-9]{3}/?[A-Z0-9]{4}-?\d{2}(?!\w)", re.IGNORECASE
)
_PHONE = re.compile(r"(?<![\w.])(?:\+55\s?)?\(?[1-9]\d\)?[\s-]?(?:9\d{4}|[2-5]\d{3})-\d{4}(?!\w)")


class Redactor:
    """Hides in one question and shows in its answer.

    known_names: names of people that come from known fields (who opened, who is assigned).
    """

    def __init__(self, known_names: Collection[str]) -> None:
        self._names = sorted((name for name in known_names if len(name) > 2), key=len, reverse=True)
        self._hidden: dict[str, str] = {}

    def hide(self, text: str) -> str:
        """The text with placeholders; the same value always gets the same one."""
        from stdnum.br import cnpj, cpf

        for pattern in _SECRETS:
            text = pattern.sub(lambda match: self._within(match, "SECRET"), text)
        text = _EMAIL.sub(lambda match: self._placeholder("EMAIL", match[0]), text)
        text = self._if_valid(_CNPJ, "CNPJ", lambda number: bool(cnpj.is_valid(number)), text)
        text = self._if_valid(
            _CPF,
            "CPF",
            lambda number: bool(cpf.is_valid(number)) and len(set(re.sub(r"\D", "", number))) > 1,
            text,
        )
        text = _PHONE.sub(lambda match: self._placeholder("PHONE", match[0]), text)
        for name in self._names:
            text = re.sub(rf"\b{re.escape(name)}\b", lambda match: self._placeholder("NAME", match[0]), text)
        return text

    def show(self, text: str) -> str:
        """The text with what was hidden put back, secrets excepted: nobody needs to read those."""
        for placeholder, value in self._hidden.items():
            if not placeholder.startswith("<SECRET"):
                text = text.replace(placeholder, value)
        return text

    def _if_valid(
        self, pattern: re.Pattern[str], kind: str, is_valid: Callable[[str], bool], text: str
    ) -> str:
        return pattern.sub(lambda m: self._placeholder(kind, m[0]) if is_valid(m[0]) else m[0], text)

    def _within(self, match: re.Match[str], kind: str) -> str:
        return match[0].replace(match["value"], self._placeholder(kind, match["value"]))

    def _placeholder(self, kind: str, value: str) -> str:
        for placeholder, hidden in self._hidden.items():
            if hidden == value and placeholder.startswith(f"<{kind}_"):
                return placeholder
        placeholder = f"<{kind}_{len(self._hidden) + 1}>"
        self._hidden[placeholder] = value
        return placeholder
