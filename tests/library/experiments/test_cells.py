import pytest
from hypothesis import given
from hypothesis import strategies as st

from kogorta.experiments.cells import moments_of_cells, numbers_of_cells
from kogorta.kit.errors import InputError


def numbers(*cells):
    return numbers_of_cells("a.csv", "x", cells, range(2, 2 + len(cells)))


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (("1 200,50 ₽", "0"), [1200.5, 0]),
        (("12\u00a0000 руб.", "5"), [12000, 5]),
        (("да", "Нет", "TRUE", "false"), [1, 0, 1, 0]),
        (("0,125", "1,250"), [0.125, 1.25]),  # no thousand begins with a zero
        (("1,234", "7.5"), [1234, 7.5]),  # points are the decimals, so commas are not
        (("1,234.50", "2,000"), [1234.5, 2000]),
        (("1,234,567", "1,000"), [1234567, 1000]),
        (("1,5", "1,500"), [1.5, 1.5]),
        (("\u22125", "1e3"), [-5, 1000]),
    ],
)
def test_numbers_are_read_as_people_write_them(cells, expected):
    assert numbers(*cells) == expected


@pytest.mark.parametrize("cells", [("1,234",), ("1,234", "5"), ("12,345", "100,000")])
def test_a_column_that_reads_both_ways_is_refused(cells):
    with pytest.raises(InputError, match="decimals or one with thousands"):
        numbers(*cells)


@pytest.mark.parametrize(
    "cells",
    [
        ("1,234.5", "12,5"),
        ("1.234,56", "7"),
        ("1,2,3", "4"),
        ("1_000",),
        ("nan",),
        ("inf",),
        ("1e999",),
        ("",),
        ("many",),
        ("1 234 567.8.9",),
    ],
)
def test_what_is_not_a_number_is_named_with_its_row(cells):
    with pytest.raises(InputError, match=r"a\.csv, row \d, column 'x'"):
        numbers(*cells)


@given(st.lists(st.floats(-1e9, 1e9).map(lambda value: round(value, 2)), min_size=1, max_size=20))
def test_russian_and_english_forms_are_the_same_numbers(values):
    russian = [f"{value:.2f}".replace(".", ",") for value in values]
    english = [f"{value:,.2f}" for value in values]
    assert numbers(*russian) == numbers(*english) == values


def test_moments_of_both_forms_and_of_zones():
    cells = ["2026-03-05 12:30", "05.03.2026 12:30:00", "2026-03-05T15:30:00+03:00", "5.3.2026"]
    moments, timed = moments_of_cells("a.csv", "at", cells, range(2, 6))
    assert timed
    assert len(set(moments[:3])) == 1
    assert moments[3].isoformat() == "2026-03-05T00:00:00"


def test_an_empty_moment_is_allowed_only_where_it_may_be():
    assert moments_of_cells("a.csv", "at", [""], [2], optional=True) == ([None], False)
    with pytest.raises(InputError, match="row 2, column 'at': '' is not a date"):
        moments_of_cells("a.csv", "at", [""], [2])
    with pytest.raises(InputError, match=r"'31\.02\.2026' is not a date"):
        moments_of_cells("a.csv", "at", ["31.02.2026"], [2])
