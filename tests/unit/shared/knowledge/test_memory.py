"""What is remembered: short, redacted, and found by words that say what failed."""

from shared.knowledge.memory import about, memory_of, preference, without_noise
from tests.unit.shared.knowledge.stage import a_memory


def test_people_and_secrets_are_not_remembered() -> None:
    memory = memory_of(
        {
            "id": "i",
            "outcome": "resolved",
            "title": "Erro 500 para ana.souza@contoso.example",
            "cause": "Maria Silva usou a senha: S3gredo!2026 do CPF 529.982.247-25",
            "helped": "Ligamos para (11) 98765-4321",
        },
        known_names=["Maria Silva"],
    )

    told = " ".join((memory["title"], memory["cause"], memory["helped"]))
    for private in ("ana.souza", "Maria", "S3gredo", "529.982", "98765"):
        assert private not in told
    assert "Erro 500" in told


def test_what_stands_for_a_hidden_name_is_not_searched_by() -> None:
    memory = memory_of(
        {"id": "i", "outcome": "resolved", "title": "Erro para x@contoso.example", "cause": "?"}
    )

    assert about(memory) == "Erro para . ?"


def test_priorities_times_and_numbers_of_tickets_say_nothing_of_the_kind() -> None:
    assert without_noise("[P1] erro 502 desde 14h32, INC 0012345") == "erro 502 desde , INC"


def test_long_texts_are_cut() -> None:
    memory = a_memory(cause="x" * 5000, title="y" * 5000)

    assert (len(memory["cause"]), len(memory["title"])) == (600, 200)


def test_a_verified_fix_teaches_more_than_people_s_word_and_that_more_than_an_end_by_itself() -> None:
    outcomes = ["resolved", "solved_by_people", "self_resolved", "handed_over"]

    taught = [preference({"outcome": outcome}) for outcome in outcomes]
    assert taught == sorted(set(taught), reverse=True)
