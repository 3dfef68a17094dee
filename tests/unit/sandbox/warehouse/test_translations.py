"""What makes a view or a table of a query is translated once, and whoever gets the translation may change it."""

import pytest
import sqlglot

from sandbox.warehouse.translations import Translations

VIEW = "CREATE OR REPLACE VIEW V AS SELECT 1 AS A"


@pytest.mark.parametrize("statement", [VIEW, "CREATE OR REPLACE TABLE S.T AS SELECT 1 AS A"])
def test_the_same_one_is_translated_once(statement: str) -> None:
    translations, asked = Translations(), list[str]()

    def translate() -> sqlglot.Expr:
        asked.append(statement)
        return sqlglot.parse_one(statement)

    first = translations.of(statement, translate)
    first.set("replace", False)
    second = translations.of(statement, translate)
    second.set("replace", False)

    assert translations.of(statement, translate).sql() == statement
    assert len(asked) == 1


@pytest.mark.parametrize(
    "statement", ["SHOW TABLES", "CREATE OR REPLACE TABLE T (A INTEGER) AS SELECT * FROM S"]
)
def test_what_depends_on_its_database_is_translated_each_time(statement: str) -> None:
    translations = Translations()
    for answer in ("SELECT 1", "SELECT 2"):
        told = translations.of(statement, lambda sql=answer: sqlglot.parse_one(sql))
        assert told.sql() == answer


def test_only_the_newest_are_kept() -> None:
    translations = Translations(most=1)
    other = VIEW.replace("V AS", "W AS")
    for command in (VIEW, other):
        translations.of(command, lambda sql=command: sqlglot.parse_one(sql))

    assert translations.of(VIEW, lambda: sqlglot.parse_one("SELECT 3")).sql() == "SELECT 3"
    assert translations.of(other, lambda: sqlglot.parse_one("SELECT 3")).sql() == "SELECT 3"
