"""Formulas parse into trees and print back; errors point at the place; hostile text is refused in a sentence."""

import json
from datetime import date
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rule_worlds import random_rule, random_world

from kogorta.kit.errors import InputError
from kogorta.segments.rules.book import SegmentBook
from kogorta.segments.rules.document import from_json, to_json
from kogorta.segments.rules.formula import parse_formula
from kogorta.segments.rules.leaves import Attribute, Compare, Condition, DateGap, Measure, Property, RandomShare
from kogorta.segments.rules.printing import print_formula
from kogorta.segments.rules.tokens import FormulaError
from kogorta.segments.rules.tree import MOST_LEAVES, All, Any_, Not
from kogorta.segments.rules.windows import Window, add_months, parse_window

WORLD = random_world(Random(0), customers=1)


def test_the_formula_of_the_guide_is_this_tree():
    tree = parse_formula("lifecycle = 'sleeping' and revenue(365d) > 100000 and not bought('детские', 90d)")
    assert tree == All(
        (
            Compare(Property("lifecycle"), "=", "sleeping"),
            Compare(Measure("revenue", Window(365, "d")), ">", 100000),
            Not(Compare(Measure("orders", Window(90, "d"), (Condition("item", "=", "детские"),)), ">=", 1)),
        )
    )


@pytest.mark.parametrize(
    ("formula", "tree"),
    [
        ("age between 18 and 35", Compare(Property("age"), "between", (18, 35))),
        ("city in ('a', \"b\")", Compare(Property("city"), "in", ("a", "b"))),
        ("city = 'it''s'", Compare(Property("city"), "=", "it's")),
        ("city = «Пермь»", Compare(Property("city"), "=", "Пермь")),
        ("first_order_on >= 2026-01-31", Compare(Property("first_order_on"), ">=", date(2026, 1, 31))),
        ("days_to(birth_on) <= 7", Compare(DateGap("days_to", "birth_on"), "<=", 7)),
        ("days_since('email_click') > 3", Compare(Measure("days_since_event", where=(Condition("type", "=", "email_click"),)), ">", 3)),
        ("p_alive < 12.5%", Compare(Property("p_alive"), "<", 0.125)),
        ("random('x', 10%, 20%)", RandomShare("x", 0.1, 0.2)),
        ("attribute_number('score') >= -1.5", Compare(Attribute("score", numeric=True), ">=", -1.5)),
        ("orders(30д) ≥ 1_000", Compare(Measure("orders", Window(30, "d")), ">=", 1000)),
        ("age > 1 или не age > 2 и age > 3", Any_((
            Compare(Property("age"), ">", 1), All((Not(Compare(Property("age"), ">", 2)), Compare(Property("age"), ">", 3)))))),
        ("age > 1 # взрослые\n and age < 9", All((Compare(Property("age"), ">", 1), Compare(Property("age"), "<", 9)))),
        ("LIFECYCLE = 'VIP' or lifecycle = 'Sleeping'", None),
    ],
)  # fmt: skip
def test_what_people_type_means_this(formula, tree):
    if tree is None:
        with pytest.raises(FormulaError, match="Line 1, column 11: lifecycle cannot be 'VIP'"):
            parse_formula(formula)
    else:
        assert parse_formula(formula) == tree


@given(st.integers(0, 2**40))
@settings(max_examples=300, deadline=None)
def test_any_rule_comes_back_from_its_formula_and_from_its_json(seed):
    rule = random_rule(Random(seed), WORLD, ("one", "it's"))
    assert parse_formula(print_formula(rule)) == rule
    assert from_json(to_json(rule)) == rule
    assert print_formula(parse_formula(print_formula(rule))) == print_formula(rule)


@pytest.mark.parametrize(
    ("formula", "line", "column", "words"),
    [
        ("lifecicle = 'sleeping'", 1, 1, "did you mean lifecycle"),
        ("age > 3 and\n  agee < 5", 2, 3, "There is no field 'agee'"),
        ("age >", 1, 6, "The end of the formula"),
        ("age > 'x'", 1, 5, "age is a number"),
        ("city > 'x'", 1, 6, "cannot be compared with '>'"),
        ("city = 5", 1, 6, "write the value in quotes"),
        ("city = 'a", 1, 8, "has no end"),
        ("orders(30x) > 1", 1, 8, "neither a number"),
        ("orders(0d) > 1", 1, 8, "is not a window"),
        ("orders(99999999d) > 1", 1, 8, "is not a window"),
        ("days_since_order(30d) > 1", 1, 1, "takes no window"),
        ("orders(30d)", 1, 12, "A comparison is missing"),
        ("orders(30d, colour = 'red') > 1", 1, 13, "There is no filter 'colour'"),
        ("first_order_on > 2026-02-30", 1, 18, "There is no day 2026-02-30"),
        ("age between 5 and 3", 1, 5, "put the smaller value first"),
        ("random('x', 150%)", 1, 1, "between 0 and 1"),
        ("age > 3 city = 'x'", 1, 9, "join conditions with and, or"),
        ("age > 3)", 1, 8, "')' is not expected"),
        ("(age > 3", 1, 9, "')' is"),
        ("age ; 3", 1, 5, "';' means nothing"),
        ("age = 1,5", 1, 8, "',' is not expected"),
        ("city = Пермь", 1, 8, "put text into quotes"),
        ("__import__('os')", 1, 1, "There is no function '__import__'"),
        ("customers.age > 3", 1, 10, "'.' means nothing"),
    ],
)
def test_an_error_names_the_line_the_column_and_the_way_out(formula, line, column, words):
    with pytest.raises(FormulaError) as caught:
        parse_formula(formula)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert words in str(caught.value)
    sentence, shown, caret = str(caught.value).split("\n")
    assert sentence[-1] in ".?"
    assert shown == formula.split("\n")[line - 1]
    assert caret == " " * (column - 1) + "^"


HOSTILE = [
    " or ".join(["age > 1"] * 10_000),
    "(" * 1000 + "age > 1" + ")" * 1000,
    "not " * 1000 + "age > 1",
    "all(" * 1000 + "age > 1" + ")" * 1000,
    "age > " + "9" * 5000,
    "age > 9" + "0" * 30,
    "x" * 1_000_000,
    "'" * 10_001,
    "city = '" + "x" * 5000 + "'",
    "city = '\ud800'",
    "city = '\x00'",
    "city in (" + ", ".join(["'x'"] * 5000) + ")",
    "orders(" + ", ".join(["channel = 'x'"] * 100) + ") > 1",
    "",
    "   ",
    "''",
    "\x00",
    "\u202e > 1",
]


@pytest.mark.parametrize("formula", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_formula_is_refused_in_one_sentence(formula):
    with pytest.raises(InputError) as caught:
        parse_formula(formula)
    assert len(str(caught.value)) < 700
    assert str(caught.value).split("\n")[0].count("Traceback") == 0


DOCUMENTS = [
    "[" * 100_000,
    '{"version": 1, "rule": ' + '{"not": ' * 1000 + '{"field": "age", "op": ">", "value": 1}' + "}" * 1001,
    json.dumps({"version": 1, "rule": {"any": [{"field": "age", "op": ">", "value": 1}] * 10_000}}),
    '{"version": 1, "rule": {"field": "age", "op": ">", "value": 1e999}}',
    '{"version": 1, "rule": {"field": "age", "op": ">", "value": NaN}}',
    '{"version": 1, "rule": {"field": "age", "op": ">", "value": true}}',
    '{"version": 1, "rule": {"field": "age", "op": ">", "value": {"a": 1}}}',
    '{"version": 1, "rule": {"field": "age", "op": "> 1; DROP TABLE customers", "value": 1}}',
    '{"version": 1, "rule": {"field": "age; DROP TABLE customers", "op": ">", "value": 1}}',
    '{"version": 1, "rule": {"field": "city", "op": "=", "value": "\\ud800"}}',
    '{"version": 1, "rule": {"field": "created_on", "op": "=", "value": "yesterday"}}',
    '{"version": 1, "rule": {"measure": "orders", "window": 30, "op": ">", "value": 1}}',
    '{"version": 1, "rule": {"measure": "orders", "where": ["x"], "op": ">", "value": 1}}',
    '{"version": 1, "rule": {"field": "age", "op": ">", "value": 1, "sql": "1=1"}}',
    '{"version": 1, "rule": {"all": []}}',
    '{"version": 1, "rule": {"all": {}}}',
    '{"version": 1, "rule": {}}',
    '{"version": 1, "rule": null}',
    '{"version": 2, "rule": {"field": "age", "op": ">", "value": 1}}',
    '{"version": true, "rule": {"field": "age", "op": ">", "value": 1}}',
    '{"rule": {"field": "age", "op": ">", "value": 1}}',
    '{"version": 1, "rule": {"random": "x", "to": "all"}}',
    '{"version": 1, "rule": {"random": "x", "to": true}}',
    "{",
    "null",
    "",
    '"' + "\\" * 9,
    '{"version": 1, "rule": {"field": "age", "op": ">", "value": ' + "9" * 6000 + "}}",
]


@pytest.mark.parametrize("document", DOCUMENTS, ids=range(len(DOCUMENTS)))
def test_a_hostile_document_is_refused_in_one_sentence(document):
    with pytest.raises(InputError) as caught:
        from_json(document)
    assert len(str(caught.value)) < 500
    assert "\n" not in str(caught.value)


def test_an_error_in_a_document_names_its_place():
    good = {"field": "age", "op": ">", "value": 1}
    document = {"version": 1, "rule": {"all": [good, {"any": [good, {"not": {"field": "agee", "op": ">", "value": 1}}]}]}}
    with pytest.raises(InputError, match=r"^rule\.all\[1\]\.any\[1\]\.not: There is no field 'agee'; did you mean age\?$"):
        from_json(json.dumps(document))


PIECES = [
    "age",
    ">",
    "(",
    ")",
    "and",
    "not",
    "orders",
    "30d",
    "'x'",
    "3",
    ",",
    "in",
    "between",
    "known",
    "all",
    "bought",
    "=",
    "%",
    "days_since",
    "-",
]


@given(st.text(max_size=60) | st.lists(st.sampled_from(PIECES)).map(" ".join))
@example("known(orders(")
@example("age in (")
@example("-")
@example("all")
@example("bought")
@example("days_since(")
@example("random('x',")
@settings(max_examples=400, deadline=None)
def test_any_text_is_a_rule_or_a_refusal_and_never_anything_else(text):
    try:
        rule = parse_formula(text)
    except InputError:
        return
    assert parse_formula(print_formula(rule)) == rule


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["version", "rule", "all", "any", "not", "field", "measure", "op", "value", "where", "window", "random", "to"]), inner
    ),
    max_leaves=8,
))  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_any_document_is_a_rule_or_a_refusal(document):
    for whole in (document, {"version": 1, "rule": document}):
        try:
            from_json(json.dumps(whole))
        except InputError:
            continue


def test_a_tree_made_by_hand_keeps_the_limits_too():
    leaf = Compare(Property("age"), ">", 1)
    node = leaf
    for _ in range(29):
        node = Not(node)
    with pytest.raises(InputError, match="levels deep"):
        Not(node)
    with pytest.raises(InputError, match="conditions; up to 500"):
        All((leaf,) * (MOST_LEAVES + 1))


def test_segments_that_refer_to_each_other_in_a_circle_are_refused():
    one, two = parse_formula("segment('two')"), parse_formula("age > 3 or segment('one')")
    with pytest.raises(InputError, match="in a circle: 'one' -> 'two' -> 'one'"):
        SegmentBook({"one": one, "two": two})
    book = SegmentBook({"two": parse_formula("age > 3")})
    with pytest.raises(InputError, match="in a circle"):
        book.check(parse_formula("segment('two') and segment('new')"), "new")
    with pytest.raises(InputError, match="There is no segment 'three'; saved are 'two'"):
        book.check(parse_formula("segment('three')"))
    with pytest.raises(InputError, match="none is saved yet"):
        SegmentBook().check(parse_formula("segment('three')"))


def test_chains_and_doublings_of_segments_are_kept_small():
    chain = {f"s{number}": parse_formula(f"segment('s{number + 1}')") for number in range(1000)}
    with pytest.raises(InputError, match="more than 20 steps"):
        SegmentBook({**chain, "s1000": parse_formula("age > 1")})
    doubling = {f"s{number}": parse_formula(f"segment('s{number + 1}') or segment('s{number + 1}')") for number in range(18)}
    with pytest.raises(InputError, match="more than 5000 conditions"):
        SegmentBook({**doubling, "s18": parse_formula("age > 1")})


def test_windows_are_counted_to_the_day():
    day = date(2026, 3, 31)
    assert parse_window("30d").start(day) == date(2026, 3, 2)
    assert parse_window("2w").start(day) == date(2026, 3, 18)
    assert parse_window("1m").start(day) == date(2026, 3, 1)
    assert parse_window("1y").start(date(2024, 2, 29)) == date(2023, 3, 1)
    assert parse_window("all").start(day) is None
    assert parse_window("100y").start(date(50, 1, 1)) == date(1, 1, 2)
    assert add_months(date(2026, 3, 31), -1) == date(2026, 2, 28)
