"""The redactor holds its targets on the labelled set, and the set is what it says."""

import json
from typing import Any

import pytest

from tests.eval import redaction
from tests.eval.redaction_lines import SECRET_KINDS, lines


@pytest.fixture(scope="module")
def records() -> list[dict[str, Any]]:
    return [json.loads(line) for line in redaction.DATA.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("held_out", [False, True], ids=["tuning", "held out"])
def test_the_targets_hold(records: list[dict[str, Any]], held_out: bool) -> None:
    figures = redaction.evaluate(record for record in records if record["held_out"] is held_out)

    assert figures["checked_recall"] == redaction.TARGETS["checked_recall"], figures["missed"]
    assert figures["name_recall"] >= redaction.TARGETS["name_recall"], figures["missed"]
    assert figures["false_alarm_rate"] < redaction.TARGETS["false_alarm_rate"], figures["alarmed"]
    assert figures["secret_recall"] >= 0.99, figures["missed"]


def test_the_set_is_large_enough_and_a_third_is_held_out(records: list[dict[str, Any]]) -> None:
    labelled = [record for record in records if record["spans"]]
    clean = [record for record in records if not record["spans"]]

    assert len(labelled) >= 400
    assert len(clean) >= 300
    for part in (labelled, clean):
        assert 0.3 < sum(record["held_out"] for record in part) / len(part) < 0.37


def test_the_file_is_what_its_generator_makes(records: list[dict[str, Any]]) -> None:
    assert list(lines()) == records


def test_no_secret_stands_in_the_file_as_a_scanner_would_read_it(records: list[dict[str, Any]]) -> None:
    file = redaction.DATA.read_text(encoding="utf-8")
    secrets = [
        record["text"][span["start"] : span["end"]]
        for record in records
        for span in record["spans"]
        if span["kind"] in SECRET_KINDS
    ]

    assert len(secrets) > 50
    assert not [secret for secret in secrets if secret in file]


def test_labels_may_be_given_as_values() -> None:
    record = {
        "text": "CPF 529.982.247-25 e 529.982.247-25",
        "spans": [{"value": "529.982.247-25", "kind": "CPF"}],
    }

    assert redaction.evaluate([record])["kinds"]["cpf"] == {
        "labelled": 2,
        "recall": 1.0,
        "found": 2,
        "precision": 1.0,
    }


def test_what_is_missed_and_what_is_hidden_for_nothing_counts() -> None:
    figures = redaction.evaluate(
        [
            {"text": "aberto por fulano", "spans": [{"start": 11, "end": 17, "kind": "name"}]},
            {"text": "ana@example.com"},
            {"text": "clean"},
        ]
    )

    assert (figures["name_recall"], figures["false_alarm_rate"], figures["precision"]) == (0.0, 0.5, 0.0)
    assert figures["missed"] == [{"kind": "name", "text": "aberto por fulano"}]


@pytest.mark.parametrize(
    "span", [{"start": 3, "end": 99, "kind": "cpf"}, {"value": "not there", "kind": "cpf"}]
)
def test_a_label_outside_its_text_is_refused(span: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not in the text"):
        redaction.evaluate([{"text": "abc", "spans": [span]}])
