"""Conditions turned into one CASE of a figure, and days and ages turned into dates: exactly the truths they had."""

from datetime import date, timedelta

import duckdb
from hypothesis import given
from hypothesis import strategies as st

from kogorta.segments.rules.dating import aged, passed
from kogorta.segments.rules.steps import Comparison, case_of
from kogorta.segments.rules.units import holds

DAYS = st.dates(date(1890, 1, 1), date(2130, 12, 31)) | st.sampled_from([date(2024, 2, 29), date(2023, 2, 28), date(2026, 3, 1)])
ONE = st.sampled_from(["<", "<=", ">", ">=", "=", "!="])


def true_of(comparison: Comparison, value):
    """What the engine would answer about a value."""
    given = comparison.values
    if comparison.op == "between":
        return given[0] <= value <= given[1]
    return {
        "<": value < given[0],
        "<=": value <= given[0],
        ">": value > given[0],
        ">=": value >= given[0],
        "=": value == given[0],
        "!=": value != given[0],
    }[comparison.op]


@given(DAYS, DAYS, ONE, st.integers(-400, 40_000), st.integers(-2, 2))
def test_days_passed_are_compared_by_their_date(day, as_of, op, number, near):
    number = (as_of - day).days + near if number % 2 else number
    assert true_of(passed("d", op, (number,), as_of), day) == holds((as_of - day).days, op, number, 1)
    low, high = sorted((number, number + 3 * near))
    assert true_of(passed("d", "between", (low, high), as_of), day) == (low <= (as_of - day).days <= high)


@given(DAYS, DAYS, st.sampled_from(["<", "<=", ">", ">=", "="]), st.integers(-3, 130), st.integers(-2, 2))
def test_ages_are_compared_by_the_date_of_birth(born, as_of, op, number, near):
    if abs(near) < 2:  # at the birthday and the days around it
        born = min(date(max(as_of.year - number, 1), as_of.month, min(as_of.day, 28)) + timedelta(days=near), date(2130, 1, 1))
    age = (as_of.year * 10_000 + as_of.month * 100 + as_of.day - born.year * 10_000 - born.month * 100 - born.day) // 10_000
    assert true_of(aged("b", op, (number,), as_of), born) == (born <= as_of and holds(age, op, number, 1))
    assert true_of(aged("b", "between", (number, number + 5), as_of), born) == (born <= as_of and number <= age <= number + 5)


def test_what_is_no_whole_number_or_leaves_the_calendar_is_left_to_the_engine():
    as_of = date(2026, 11, 27)
    assert passed("d", ">", (2.5,), as_of) is None
    assert passed("d", ">", (10_000_000,), as_of) is None
    assert passed("d", "known", (), as_of) is None
    assert aged("b", ">=", (3000,), as_of) is None
    assert aged("b", "!=", (30,), as_of) is None
    assert aged("b", ">=", (18.5,), as_of) is None


COMPARISONS = st.one_of(
    st.tuples(ONE, st.tuples(st.integers(-3, 3))),
    st.tuples(st.just("between"), st.tuples(st.integers(-3, 3), st.integers(-3, 3))),
    st.tuples(st.just("in"), st.lists(st.integers(-3, 3), min_size=1, max_size=4).map(tuple)),
)


@given(st.lists(COMPARISONS, min_size=1, max_size=5))
def test_one_case_says_what_every_comparison_of_a_number_says(asked):
    said = [(Comparison("n", "steps", op, values), 1 << 2 * place, 2 << 2 * place) for place, (op, values) in enumerate(asked)]
    spelled = [
        f"BETWEEN {values[0]} AND {values[1]}"
        if op == "between"
        else f"IN ({', '.join(map(str, values))})"
        if op == "in"
        else f"{op} {values[0]}"
        for op, values in asked
    ]
    apart = " | ".join(f"CASE WHEN n {text} THEN {1 << 2 * place} ELSE {2 << 2 * place} END" for place, text in enumerate(spelled))
    rows = "(SELECT NULL::BIGINT AS n UNION ALL SELECT * FROM range(-5, 6))"
    assert duckdb.sql(f"SELECT count(*) FROM {rows} WHERE ({case_of(said, str)}) <> ({apart})").fetchone() == (0,)


@given(
    st.lists(
        st.tuples(st.sampled_from(["=", "!=", "in"]), st.lists(st.sampled_from("abcd"), min_size=1, max_size=3)), min_size=1, max_size=5
    )
)
def test_one_case_says_what_every_choice_of_a_text_says(asked):
    asked = [(op, tuple(values if op == "in" else values[:1])) for op, values in asked]
    said = [(Comparison("t", "choices", op, values), 1 << 2 * place, 2 << 2 * place) for place, (op, values) in enumerate(asked)]
    quoted = ["(" + ", ".join(f"'{value}'" for value in values) + ")" for _, values in asked]
    apart = " | ".join(
        f"CASE WHEN t {'IN' if op == 'in' else op} {listed} THEN {1 << 2 * place} ELSE {2 << 2 * place} END"
        for place, ((op, _), listed) in enumerate(zip(asked, quoted, strict=True))
    )
    rows = "(SELECT unnest([NULL, 'a', 'b', 'c', 'd', 'e']) AS t)"
    assert duckdb.sql(f"SELECT count(*) FROM {rows} WHERE ({case_of(said, repr)}) <> ({apart})").fetchone() == (0,)
