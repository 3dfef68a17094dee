"""What the warehouse holds: counted in small portions, and again only when something changed."""

from collections.abc import Iterator

import duckdb
import pytest

from sandbox.warehouse.listing import Listing


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    made = duckdb.connect()
    made.execute("ATTACH ':memory:' AS V")
    made.execute("CREATE TABLE V.T AS SELECT range AS N FROM range(5)")
    for number in range(4):
        made.execute(f"CREATE VIEW V.W{number} AS SELECT * FROM V.T WHERE N >= {number}")
    yield made
    made.close()


def rows(listing: Listing, connection: duckdb.DuckDBPyConnection) -> dict[str, int | None]:
    return {row["name"]: row["rows"] for row in listing.look(connection)}


def test_every_table_and_view_is_told_with_its_rows(connection: duckdb.DuckDBPyConnection) -> None:
    assert rows(Listing(within_s=60), connection) == {"T": 5, "W0": 5, "W1": 4, "W2": 3, "W3": 2}


def test_views_there_was_no_time_for_are_not_known_yet(connection: duckdb.DuckDBPyConnection) -> None:
    assert rows(Listing(within_s=0), connection) == {"T": 5, "W0": None, "W1": None, "W2": None, "W3": None}


def test_what_changed_is_counted_again_and_what_was_known_stands_until_then(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    listing = Listing(within_s=60)
    rows(listing, connection)

    connection.execute("INSERT INTO V.T VALUES (9)")
    listing._within_s = 0
    assert rows(listing, connection)["W0"] == 5
    listing._within_s = 60
    assert rows(listing, connection)["W0"] == 6
