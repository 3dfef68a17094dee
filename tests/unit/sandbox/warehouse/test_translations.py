"""A view's statement is translated once, and whoever gets the translation may change it."""

import sqlglot

from sandbox.warehouse.translations import Translations

VIEW = "CREATE OR REPLACE VIEW V AS SELECT 1 AS A"


def test_the_same_view_is_translated_once() -> None:
    translations, asked = Translations(), list[str]()

    def translate() -> sqlglot.Expr:
        asked.append(VIEW)
        return sqlglot.parse_one(VIEW)

    first = translations.of(VIEW, translate)
    first.set("replace", False)
    second = translations.of(VIEW, translate)
    second.set("replace", False)

    assert translations.of(VIEW, translate).sql() == VIEW
    assert len(asked) == 1


def test_what_depends_on_its_database_is_translated_each_time() -> None:
    translations = Translations()
    for answer in ("SELECT 1", "SELECT 2"):
        told = translations.of("SHOW TABLES", lambda sql=answer: sqlglot.parse_one(sql))
        assert told.sql() == answer


def test_only_the_newest_are_kept() -> None:
    translations = Translations(most=1)
    other = VIEW.replace("V AS", "W AS")
    for command in (VIEW, other):
        translations.of(command, lambda sql=command: sqlglot.parse_one(sql))

    assert translations.of(VIEW, lambda: sqlglot.parse_one("SELECT 3")).sql() == "SELECT 3"
    assert translations.of(other, lambda: sqlglot.parse_one("SELECT 3")).sql() == "SELECT 3"
