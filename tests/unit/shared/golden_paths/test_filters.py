"""Whatever a person wrote parses back to the same text, in every format."""

import ast
import html
import json
import os
import re
import shutil
import subprocess
import tomllib
import unicodedata
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import hcl2
import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.golden_paths import filters
from tests.unit.golden_paths.texts import HOSTILE, hcl_text

TEXT = st.text() | st.sampled_from(HOSTILE)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
@example("\u0085\u2028\ufeff\ufffe\U0001f600")
def test_yaml(value: Any) -> None:
    assert yaml.safe_load(f"before: 1\nvalue: {filters.yaml(value)}\nafter: 2\n") == {
        "before": 1,
        "value": value,
        "after": 2,
    }


@given(JSON)
def test_json(value: Any) -> None:
    written = filters.json_(value)
    assert json.loads(written) == value
    assert "</" not in written


@given(TEXT)
def test_toml(text: str) -> None:
    document = f'value = {filters.toml(text)}\nlist = {filters.toml([text, 1, True])}\nafter = "x"\n'
    assert tomllib.loads(document) == {"value": text, "list": [text, 1, True], "after": "x"}


@given(TEXT)
def test_python(text: str) -> None:
    assert ast.literal_eval(filters.python(text)) == text


@settings(deadline=None)  # the parser builds its grammar in the first one
@given(TEXT)
@example("$${x} %%{if} $$${y} \\${z}")
def test_hcl(text: str) -> None:
    written = filters.hcl(text)
    assert hcl_text(hcl2.loads(f"locals {{\n  value = {written}\n}}\n")["locals"][0]["value"]) == text


@given(TEXT)
@example("\\u0022; System.exit(1); //")
def test_java(text: str) -> None:
    assert java_text(filters.java(text)) == text


@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"))
    | st.just("a\nb\tc\rd")
)
def test_xml(text: str) -> None:
    written = filters.xml(text)
    document = ElementTree.fromstring(f'<a b="{written}"><c>{written}</c><d/></a>')
    assert (document.get("b"), document.findtext("c"), len(document)) == (text, text, 2)


@given(TEXT)
def test_xml_never_holds_what_xml_cannot(text: str) -> None:
    ElementTree.fromstring(f"<a>{filters.xml(text)}</a>")


@given(TEXT)
def test_a_comment_stays_one_comment_and_one_line(text: str) -> None:
    written = filters.javadoc(text)
    assert not set(written) & set("\n\r\\<>@{}*/")
    assert html.unescape(written) == " ".join(html.unescape(written).split())


@given(TEXT)
def test_nothing_in_markdown_is_markup(text: str) -> None:
    written = filters.markdown(text)
    assert not set(re.sub(r"&#\d+;", "", written)) & set("&<>\\`*_{}[]()#|!~$@^:\"'\n\r")
    assert not written.startswith(("-", "+", "=", "1"))


def test_markdown_and_comments_keep_the_words() -> None:
    text = "Orders & <b>parts</b>:\n1. *all* plants  😀"
    assert html.unescape(filters.markdown(text)) == "Orders & <b>parts</b>: 1. *all* plants 😀"
    assert html.unescape(filters.javadoc(text)) == "Orders & <b>parts</b>: 1. *all* plants 😀"


@pytest.mark.parametrize("name", sorted(filters.FILTERS))
def test_half_a_character_is_refused_before_it_reaches_a_file(name: str) -> None:
    with pytest.raises(ValueError, match="surrogates not allowed"):
        filters.FILTERS[name]("\ud800")


@pytest.mark.parametrize("value", [filters.FreeText("x"), None, ["x"], {"a": 1}])
def test_what_needs_a_filter_is_not_written_without_one(value: Any) -> None:
    with pytest.raises(ValueError, match=r"filter|not given"):
        filters.finalize(value)


@pytest.mark.parametrize("value", ["orders", 3, True, [], {}])
def test_plain_values_are_written_as_they_are(value: Any) -> None:
    assert filters.finalize(value) is value


def java_text(literal: str) -> str:
    """As a Java compiler reads it: Unicode escapes first (JLS 3.3), then the string's own (JLS 3.10.7)."""
    assert literal[0] == literal[-1] == '"'
    plain, index = "", 0
    while index < len(literal):
        if literal[index] == "\\" and literal[index + 1] == "u":
            plain += chr(int(literal[index + 2 : index + 6], 16))
            index += 6
        else:
            step = 2 if literal[index] == "\\" else 1
            plain += literal[index : index + step]
            index += step
    assert "\n" not in plain
    assert "\r" not in plain
    inner = re.sub(
        r"\\(.)", lambda found: {"n": "\n", "r": "\r", "t": "\t"}.get(found[1], found[1]), plain[1:-1]
    )
    return inner.encode("utf-16-le", "surrogatepass").decode("utf-16-le")


def test_terraform_itself_reads_the_same_text(tmp_path: Path) -> None:
    """The parser of the test above is not HashiCorp's."""
    terraform = shutil.which("terraform")
    if terraform is None:
        pytest.skip("terraform is not on PATH: its own reading of text was not tested")
    texts = [text for text in HOSTILE if text == unicodedata.normalize("NFC", text)]
    (tmp_path / "main.tf").write_text(f'output "texts" {{\n  value = {filters.hcl(texts)}\n}}\n')
    environment = {**os.environ, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}

    for command in (["init", "-backend=false"], ["apply", "-auto-approve"], ["output", "-json", "texts"]):
        said = subprocess.run(
            [terraform, command[0], "-no-color", *command[1:]],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert said.returncode == 0, said.stderr
    assert json.loads(said.stdout) == texts
