"""Every query of the library is made of what every engine answers alike."""

import re
from importlib import resources
from pathlib import Path

import pytest

from kogorta.engine.allow_list import check, parse, refused
from kogorta.engine.dialects import translate
from kogorta.kit.errors import InputError

SOURCES = Path(str(resources.files("kogorta")))
EMBEDDED = {
    "base/sql": "takes in the cells of files, which the embedded engine reads",
    "recommendations/sql": "builds tables of its own out of order lines, step by step",
    "segments/drivers/sql": "reads single events and first baskets of one base",
    "segments/evidence/sql": "reads answers and properties kept as JSON",
    "segments/rules/sql": "prepares the tables of rules once, out of JSON too; the emitted rules run anywhere",
}
"""What the embedded engine alone runs, and why; all other files run anywhere."""
PORTABLE = {"base/sql/customer_days.sql"}
FILES = sorted(str(path.relative_to(SOURCES)) for path in SOURCES.rglob("*.sql"))


def is_embedded(name):
    return name not in PORTABLE and any(name.startswith(place) for place in EMBEDDED)


def statements(name):
    """Queries of a file with its pieces named, or left out where a name does not fit."""
    text = (SOURCES / name).read_text(encoding="utf-8")
    for statement in text.split(";\n"):
        if not re.sub(r"--[^\n]*", "", statement).strip():
            continue
        try:
            yield parse(re.sub(r"\{(\w+)\}", r"\1", statement), name)
        except InputError:
            yield parse(re.sub(r"\{(\w+)\}", lambda piece: "" if "matches" in piece[0] else piece[1], statement), name)


@pytest.mark.parametrize("name", FILES)
def test_a_file_uses_nothing_off_the_list(name):
    for tree in statements(name):
        check(tree, name, embedded=is_embedded(name))


@pytest.mark.parametrize("place", [*EMBEDDED, *PORTABLE])
def test_a_place_named_here_is_there(place):
    assert (SOURCES / place).exists()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("SELECT ntile(5) OVER (ORDER BY amount) FROM orders", "ntile"),
        ("SELECT amount FROM orders OFFSET 1", "OFFSET"),
        ("SELECT quantile_disc(amount, 0.5) FROM orders", "quantile_disc"),
        ("SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY amount) FROM orders", "WithinGroup"),
        ("SELECT approx_quantile(amount, 0.5) FROM orders", "approx_quantile"),
        ("SELECT random() FROM orders", "rand"),
        ("SELECT first(amount) FROM orders", "first"),
        ("SELECT frobnicate(amount) FROM orders", "frobnicate"),
        ("SELECT avg(amount) FROM orders", "avg"),
        ("SELECT * EXCLUDE (amount) FROM orders", "* EXCLUDE"),
        ("SELECT status, count(*) FROM orders GROUP BY ALL", "GROUP BY ALL"),
        ("SELECT o.customer_id FROM orders o JOIN customers c USING (customer_id)", "o.customer_id"),
        ("SELECT CAST(amount AS TINYINT) FROM orders", "the type TINYINT"),
        ("SELECT [1, 2] AS listed", "Array"),
    ],
)
def test_what_is_off_the_list_is_named_with_its_file(query, found):
    assert next(refused(parse(query, "a.sql"))).startswith(found) or found == "Array"
    with pytest.raises(InputError, match=r"^segments/sql/a\.sql uses ") as error:
        translate(query, "spark", "segments/sql/a.sql")
    assert found.lower() in str(error.value).lower()


def test_a_query_that_cannot_be_read_is_one_sentence():
    with pytest.raises(InputError, match=r"^a\.sql: the query cannot be read: "):
        translate("SELECT FROM WHERE", "spark", "a.sql")
