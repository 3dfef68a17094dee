"""What is personal or secret never leaves; what is neither stays readable."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.redaction import Redactor, find, redacted, redacted_in, without_secrets


@pytest.mark.parametrize(
    ("text", "sensitive"),
    [
        ("Cliente com CPF 529.982.247-25 não consegue pagar", "529.982.247-25"),
        ("CPF 52998224725 no log", "52998224725"),
        ("CNPJ 11.222.333/0001-81 rejeitado", "11.222.333/0001-81"),
        ("CNPJ alfanumérico 12.ABC.345/01DE-35 rejeitado", "12.ABC.345/01DE-35"),
        ("contato joao.souza+suporte@empresa.com.br", "joao.souza+suporte@empresa.com.br"),
        ("ligar para (11) 98765-4321", "98765-4321"),
        ("ligar para +55 21 2345-6789", "2345-6789"),
        ("password=Sup3rS3nh@! na conexão", "Sup3rS3nh@!"),
        ('{"client_secret": "abcd1234efgh"}', "abcd1234efgh"),
        ("Authorization: Bearer abcdefghijklmnop1234", "abcdefghijklmnop1234"),
        ("postgres://app:s3cr3tPwd@db:5432/orders", "s3cr3tPwd"),
        (
            "token ghp_16C7e42F292c6912E7710c838347Ae178B4a exposto",
            "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        ),
        ("AKIAIOSFODNN7EXAMPLE apareceu", "AKIAIOSFODNN7EXAMPLE"),
        ("https://x.example/invoke?sig=abcdefghijklmnopqrstuv", "abcdefghijklmnopqrstuv"),
        ("aberto por Carlos Pereira ontem", "Carlos Pereira"),
    ],
)
def test_it_is_hidden(text: str, sensitive: str) -> None:
    assert sensitive not in Redactor(["Carlos Pereira"]).hide(text)


@pytest.mark.parametrize(
    "text",
    [
        "Pedido 12345678901 recusado pelo gateway",
        "versao 10.2.3.4 instalada em 2026-11-12 10:22:31",
        "correlation id 3f2504e0-4f89-11d3-9a0c-0305e82c3301 took 5321 ms; build 20261112.3",
        "CPF 111.111.111-11 é inválido",
        "SERVICE-4D1A0B7C failure rate 12.5 % (120 samples)",
        "commit 2c26b46b68ffc68ff99b453c1d30413413422d70",
    ],
)
def test_clean_lines_stay_as_they_are(text: str) -> None:
    assert Redactor([]).hide(text) == text


def test_what_was_hidden_comes_back_on_our_side_except_secrets() -> None:
    redactor = Redactor([])
    hidden = redactor.hide("ana@example.com used password=hunter22")

    assert redactor.show(hidden) == "ana@example.com used password=" + hidden.split("=")[1]
    assert "hunter22" not in redactor.show(hidden)


def test_the_same_value_has_the_same_placeholder() -> None:
    hidden = Redactor([]).hide("a@b.com wrote to c@d.com, then a@b.com again").split()

    assert hidden[0] == hidden[5]
    assert hidden[0] != hidden[3].rstrip(",")


def test_only_we_can_put_values_in_place_of_placeholders() -> None:
    redactor = Redactor()
    hidden = redactor.hide("title: <EMAIL_2>, log: ana@example.com")

    assert "<EMAIL_2>" not in hidden.replace(redactor.hide("ana@example.com"), "")
    assert redactor.show(hidden) == "title: <EMAIL_2>, log: ana@example.com"


def test_what_leaves_for_good_bears_no_number_that_leads_back() -> None:
    assert (
        redacted("ana@example.com e bruno@example.com, senha=Tr0c@r1") == "«EMAIL» e «EMAIL», senha=«SECRET»"
    )
    assert redacted_in({"text": "CPF 529.982.247-25", "url": 7}) == {"text": "CPF «CPF»", "url": 7}


def test_a_system_of_record_names_people_and_keeps_no_secret_and_no_card() -> None:
    text = "Ana Souza, CPF 529.982.247-25, cartão 4111 1111 1111 1111, senha=Tr0c@r1"

    assert without_secrets(text) == "Ana Souza, CPF 529.982.247-25, cartão «CARD», senha=«SECRET»"


def test_what_is_no_text_for_people_stays() -> None:
    card = {"url": "https://a.example/?token=abcdefghijkl", "text": "ana@example.com"}

    assert redacted_in(card, untouched=["url"]) == {**card, "text": "«EMAIL»"}


def test_people_who_act_in_a_text_may_be_read_in_it() -> None:
    told = redacted("Ana Souza recusou; aberto por Bruno Lima", readable=["Ana Souza"])

    assert told == "Ana Souza recusou; aberto por «NAME»"


@pytest.mark.parametrize("written", ["Waldisney Q. Krüger", "WALDISNEY Q. KRUGER", "Waldisney", "o Krüger"])
def test_known_names_are_hidden_whole_in_part_and_however_written(written: str) -> None:
    assert find(f"foi {written} quem pediu", ["Waldisney Q. Krüger"])[0].kind == "NAME"


@given(st.text())
def test_any_text_is_survived(text: str) -> None:
    redactor = Redactor(["Ana Souza"])
    hidden = redactor.hide(text)

    if "<SECRET" not in hidden:
        assert redactor.show(hidden) == text


@given(
    st.lists(
        st.sampled_from(["CPF 529.982.247-25", "Maria Silva", "<NAME_1>", "ana@b.com", "\u200b", "%2F", " "])
    )
)
def test_what_was_hidden_comes_back_character_by_character(pieces: list[str]) -> None:
    text, redactor = " ".join(pieces), Redactor()

    assert redactor.show(redactor.hide(text)) == text


@given(st.text())
def test_what_is_found_lies_in_the_text_in_order_and_apart(text: str) -> None:
    spans = find(text)

    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(one.end <= next_one.start for one, next_one in pairwise(spans))
