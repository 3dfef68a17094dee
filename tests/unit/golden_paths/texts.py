"""Texts that break files which are not careful, and how HCL writes text."""

import re

HOSTILE = (
    "He said \"no\" and 'yes'",
    "a: b # c - d",
    "line one\nline two: x\n---\nline three",
    "${jndi:ldap://x} $${x} %{if true} $(Build.SourcesDirectory) $[variables.x] ##vso[task.setvariable]x",
    "{{ 7 * 7 }} {% raw %} {% endraw %} {# x #} {{ self.__class__ }}",
    "</description></x><!-- --> ]]> &amp; &lt; <script>alert(1)</script>",
    "*/ /* // \\u002a\\u002f \\u0022 \\n \\",
    "C:\\plant\\new\\u0041",
    "família 👩‍👩‍👧 日本 \U0001fae9 \u00a0\u0085\u2028\u202e\ufeff",
    "'''\"\"\"`'`",
    "yes",
    "null",
    "0o17",
    "2027-01-01",
    "=cmd|'/c calc'!A1",
    "| a | b |",
    "- x",
    "!!python/object/apply:os.system [x]",
    "&anchor *alias",
    " space at both ends ",
    "\t",
    "%YAML 1.2",
)


def hcl_text(literal: str) -> str:
    """The text of a quoted HCL template that interpolates nothing, as the grammar says."""
    assert literal[0] == literal[-1] == '"'
    inner = literal[1:-1]
    assert "${" not in inner
    assert "%{" not in inner
    return re.sub(r"\\(u[0-9a-f]{4}|U[0-9a-f]{8}|.)", _unescaped, inner, flags=re.DOTALL)


def _unescaped(found: re.Match[str]) -> str:
    escape = found[1]
    if len(escape) > 1:
        return chr(int(escape[1:], 16))
    return {"n": "\n", "r": "\r", "t": "\t"}.get(escape, escape)
