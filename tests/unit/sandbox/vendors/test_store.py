from pathlib import Path

import pytest

from sandbox.vendors.store import Store


def test_a_document_is_there_after_the_file_is_opened_again(tmp_path: Path) -> None:
    store = Store(tmp_path / "state.db")
    store.collection("teams", "card").put("1", {"text": "Olá"})
    store.close()

    again = Store(tmp_path / "state.db")
    assert again.collection("teams", "card").get("1") == {"text": "Olá"}
    again.close()


def test_a_replaced_document_keeps_its_place_also_on_disk(tmp_path: Path) -> None:
    store = Store(tmp_path / "state.db")
    cards = store.collection("teams", "card")
    for name in ("1", "2", "1"):
        cards.put(name, {"name": name})
    store.close()

    again = Store(tmp_path / "state.db")
    assert list(again.collection("teams", "card").documents) == ["1", "2"]
    again.close()


def test_a_transaction_that_fails_leaves_nothing_in_memory_or_on_disk(tmp_path: Path) -> None:
    store = Store(tmp_path / "state.db")
    rows = store.collection("servicenow", "incident")

    def half() -> None:
        with store.transaction():
            rows.put("1", {"number": "INC1"})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()

    assert rows.all() == []
    assert store.db.execute("SELECT count(*) FROM documents").fetchone() == (0,)
    store.close()


def test_a_number_is_never_given_twice_even_after_a_restart(tmp_path: Path) -> None:
    given = []
    for _ in range(2):
        store = Store(tmp_path / "state.db")
        given += [store.collection("servicenow", "_counter").next_number("incident", 10001) for _ in range(2)]
        store.close()

    assert given == [10001, 10002, 10003, 10004]


def test_only_kinds_without_an_underscore_are_shown(tmp_path: Path) -> None:
    store = Store(tmp_path / "state.db")
    store.collection("entra", "_key").put("signing", {"pem": "secret"})
    store.collection("entra", "sign_in").put("1", {})

    assert list(store.shown("entra")) == ["sign_in"]
    store.close()


def test_clearing_a_vendor_leaves_the_others_and_what_is_to_be_kept(tmp_path: Path) -> None:
    store = Store(tmp_path / "state.db")
    for vendor, kind in (("entra", "_key"), ("entra", "_code"), ("teams", "card")):
        store.collection(vendor, kind).put("1", {})

    store.clear("entra", keep=frozenset({"_key"}))

    left = {(vendor, kind) for vendor, kind in store.db.execute("SELECT vendor, kind FROM documents")}
    assert left == {("entra", "_key"), ("teams", "card")}
    store.close()


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    store = Store(tmp_path / "folder" / "state.db")
    store.close()

    assert (tmp_path / "folder" / "state.db").stat().st_mode & 0o077 == 0
