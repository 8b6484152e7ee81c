"""What is compared: one row a card, its name read as sounds, its phones, addresses and tax number beside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kogorta.base.matching.names import LONGEST_NAME, read_city, read_company, read_person, sound
from kogorta.engine.duck import filled_sql, first_row, register_mapping

if TYPE_CHECKING:
    import duckdb

LARGEST_BLOCK: Final = 50
"""Cards that share a blocking key; a commoner key tells nothing and would cost a square of its size."""

_PERSON: Final = ("surname", "first", "firsts", "first_initial", "middle", "middle_initial")


@dataclass(frozen=True)
class Blocks:
    """How the cards were split into small groups within which each is compared with each.

    Args:
        cards: how many cards there are.
        keys: keys that put two cards or more together.
        too_common: keys that too many cards share; they compare nobody.
    """

    cards: int
    keys: int
    too_common: int


def lay_cards(connection: duckdb.DuckDBPyConnection, table: str, source: str) -> None:
    """Make a table of cards to compare.

    Args:
        connection: where `entities`, `entity_keys`, `entity_contacts`, `customers`, `merges` are.
        table: name of the table to make.
        source: `customers` (after exact keys) or `entities` (the cards as the sources named them).
    """
    _read_names(connection, source)
    of_customers = source == "customers"
    connection.execute(
        filled_sql(
            "base",
            "match_cards",
            {},
            {
                "table": table,
                "source": source,
                "key": "customer_id" if of_customers else "entity_id",
                "owners": "SELECT e.entity_id, coalesce(m.kept_id, e.entity_id) AS card_id FROM entities e "
                "LEFT JOIN merges m ON m.merged_id = e.entity_id"
                if of_customers
                else "SELECT entity_id, entity_id AS card_id FROM entities",
            },
        )
    )


def block_cards(connection: duckdb.DuckDBPyConnection, table: str, kind: str, blocked: str) -> Blocks:
    """Make `blocked`: the cards of a kind with the keys under which each may meet another."""
    query = filled_sql("base", "match_blocks", {"kind": kind, "largest": LARGEST_BLOCK}, {"table": table})
    connection.execute(f"CREATE OR REPLACE TEMP TABLE match_keys AS {query}")
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE {blocked} AS
        SELECT c.*, k.block_keys FROM {table} c
        LEFT JOIN (SELECT unique_id, list_sort(list(key)) AS block_keys FROM match_keys WHERE cards <= {LARGEST_BLOCK} GROUP BY 1) k
        USING (unique_id)
        WHERE c.kind = '{"company" if kind == "company" else "person"}' ORDER BY unique_id"""
    )
    row = first_row(
        connection.execute(
            f"""SELECT (SELECT count(*) FROM {blocked}), count(DISTINCT key) FILTER (cards <= {LARGEST_BLOCK}),
        count(DISTINCT key) FILTER (cards > {LARGEST_BLOCK}) FROM match_keys"""
        )
    )
    connection.execute("DROP TABLE match_keys")
    return Blocks(*(row or (0, 0, 0)))


def _read_names(connection: duckdb.DuckDBPyConnection, source: str) -> None:
    """Make `match_people`, `match_companies`, `match_boxes` and `match_cities`: what each distinct spelling sounds like."""
    people = _distinct(
        connection,
        f"SELECT name FROM {source} WHERE kind = 'person' UNION SELECT name FROM entity_contacts",
    )
    read = [read_person(name) for name in people]
    columns: dict[str, list[object]] = {"name": list(people)}
    for field in _PERSON:
        values = [getattr(person, field) for person in read]
        columns[field] = ["|".join(value) or None if isinstance(value, tuple) else value for value in values]
    register_mapping(connection, "match_people", columns)
    companies = _distinct(connection, f"SELECT name FROM {source} WHERE kind = 'company'")
    register_mapping(
        connection, "match_companies", {"name": companies, "words": [" ".join(read_company(name)) or None for name in companies]}
    )
    boxes = _distinct(
        connection,
        """SELECT regexp_replace(split_part(split_part(key, '@', 1), '+', 1), '[^[:alnum:]]', '', 'g') FROM (
            SELECT key FROM entity_keys WHERE kind = 'email'
            UNION SELECT unnest(string_split(email, ',')) FROM entity_contacts WHERE email IS NOT NULL) AS boxes""",
    )
    register_mapping(connection, "match_boxes", {"name": boxes, "heard": [sound(name[:LONGEST_NAME]) for name in boxes]})
    cities = _distinct(connection, f"SELECT city FROM {source}")
    register_mapping(connection, "match_cities", {"name": cities, "city": [read_city(name) for name in cities]})


def _distinct(connection: duckdb.DuckDBPyConnection, query: str) -> list[str]:
    rows = connection.execute(f"SELECT DISTINCT * FROM ({query}) AS names(name) WHERE name IS NOT NULL ORDER BY 1").fetchall()
    return [str(row[0]) for row in rows]
