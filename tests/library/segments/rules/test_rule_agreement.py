"""SQL, arrays and a slow reader name the same members; random rules, random bases, values on the very thresholds."""

import os
from datetime import date
from random import Random
from unittest.mock import patch

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rule_worlds import WORDS, disagreements, random_rule, random_world

from kogorta.experiments.assignment import bucket
from kogorta.segments.rules import columns
from kogorta.segments.rules.columns import Evaluation, evaluate
from kogorta.segments.rules.fields import fold, folded_sql
from kogorta.segments.rules.formula import parse_formula
from kogorta.segments.rules.leaves import Compare, Condition, Measure, Property, RandomShare
from kogorta.segments.rules.sql import emit_sql
from kogorta.segments.rules.state import buckets_of, load_state
from kogorta.segments.rules.tree import Not

# the slow run asks for 10,000 pairs of rules and bases: KOGORTA_RULE_PAIRS=10000 (about 10 rules a base)
PAIRS = int(os.environ.get("KOGORTA_RULE_PAIRS", "200"))


@given(st.integers(0, 2**40))
@settings(max_examples=max(10, PAIRS // 10), deadline=None)
def test_sql_arrays_and_a_slow_reader_name_the_same_members(seed):
    assert disagreements(Random(seed))[1] == []


@pytest.mark.parametrize("seed", range(3))
def test_sums_of_rows_too_many_to_keep_are_those_of_few(seed):
    world = random_world(Random(seed), customers=60)
    state = load_state(world.snapshot())
    texts = [
        f"{function}({window}{where}) > 0"
        for function in ("orders", "revenue", "average_check")
        for where in ("", ", channel = 'сайт'", *([] if function == "average_check" else [", category = 'toys'"]))
        for window in ("30d", "90d", "12m", "all")
    ]
    texts += [f"events('{kind}', {window}) > 0" for kind in ("visit", "email_click") for window in ("30d", "90d", "all")]
    rules = [parse_formula(text) for text in texts]
    for order in (rules, rules[::-1]):
        with patch.object(columns, "FEW", 0):
            many = Evaluation(state, world.as_of)
            found = [many.column(rule.figure) for rule in order]
            kept = [(column.values.tolist(), None if column.known is None else column.known.tolist()) for column in found]
        alone = [Evaluation(state, world.as_of).column(rule.figure) for rule in order]
        assert kept == [(column.values.tolist(), None if column.known is None else column.known.tolist()) for column in alone]


def test_a_random_share_is_the_share_experiments_would_draw():
    ids = [f"c{number}" for number in range(200)] + ["ид", "", "42"]
    for salt in ("autumn", "соль", "it's"):
        assert buckets_of(salt, ids).tolist() == [bucket(salt, one) for one in ids]


def test_a_share_and_its_complement_split_everybody():
    world = random_world(Random(5), customers=30)
    state = load_state(world.snapshot())
    some = evaluate(RandomShare("s", 0, 0.3), state)
    rest = evaluate(RandomShare("s", 0.3, 1), state)
    assert (some ^ rest).all()


def test_texts_are_folded_alike_by_the_engine_and_in_memory_for_every_letter():
    rows = (
        duckdb.connect()
        .execute(
            f"SELECT t, {folded_sql('t')} FROM (SELECT 'Ж' || chr(CAST(i AS INTEGER)) || 'Σ' AS t FROM range(1, 131072) r(i) "
            "WHERE i NOT BETWEEN 55296 AND 57343)"
        )
        .fetchall()
    )
    assert [text for text, folded in rows if fold(text) != folded] == []


def test_a_leaf_about_a_missing_value_is_false_and_its_negation_true():
    world = random_world(Random(1), customers=1)
    world.customers[0].update(city=None, birth_on=None, last_order_on=None)
    world.rows = {grain: [] for grain in world.rows}
    state = load_state(world.snapshot())
    for formula in (
        "city = 'a'",
        "city != 'a'",
        "age > 0",
        "age <= 0",
        "average_check() >= 0",
        "days_since(order) >= 0",
        "recency_days < 9",
    ):
        assert not evaluate(parse_formula(formula), state)[0], formula
        assert evaluate(Not(parse_formula(formula)), state)[0], formula


def test_a_window_covers_its_first_and_last_day_and_not_the_day_before():
    world = random_world(Random(1), customers=1, as_of=date(2026, 3, 31))
    day = {"2026-03-31": (1, 1), "2026-03-02": (1, 1), "2026-03-01": (0, 1), "2026-02-28": (0, 0)}
    for text, (in_days, in_month) in day.items():
        row = {"owner": 0, "day": date.fromisoformat(text), "is_order": True, "amount": 100, "discount": None}
        world.rows["orders"] = [{**row, "channel": None, "manager": None, "pipeline": None}]
        state = load_state(world.snapshot())
        assert evaluate(parse_formula(f"orders(30d) = {in_days}"), state)[0], text
        assert evaluate(parse_formula(f"orders(1m) = {in_month}"), state)[0], text


def test_what_a_user_typed_is_bound_and_never_in_the_statement():
    world = random_world(Random(2))
    evil = "'; DROP TABLE w_customers; --"
    rule = Compare(Measure("orders", where=(Condition("category", "=", evil),)), ">=", 7)
    statement = emit_sql([rule, Compare(Property("city"), "contains", evil), RandomShare(evil, 0, 0.5)], world.snapshot())
    assert "DROP" not in statement.text
    assert fold(evil) in statement.parameters.values()


def test_the_same_rule_asks_the_engine_once_however_often_it_is_given():
    world = random_world(Random(2))
    rule = parse_formula("orders(30d) >= 1 and revenue(30d) > 5")
    assert emit_sql([rule], world.snapshot()).text.count("FILTER") == emit_sql([rule] * 9, world.snapshot()).text.count("FILTER")


def test_evaluation_changes_nothing_it_was_given():
    random = Random(9)
    world = random_world(random)
    state = load_state(world.snapshot())
    rules = [random_rule(random, world) for _ in range(40)]
    alone = [evaluate(rule, state).tolist() for rule in rules]
    from kogorta.segments.rules.columns import evaluate_many

    assert [found.tolist() for found in evaluate_many(rules + rules, state)] == alone + alone


def test_a_long_list_and_the_largest_tree_are_evaluated_alike():
    world = random_world(Random(4))
    words = ", ".join(f"'w{number}'" for number in range(990)) + "".join(f", '{word.replace(chr(39), chr(39) * 2)}'" for word in WORDS[:5])
    rule = parse_formula(f"city in ({words}) or " + " or ".join(f"age = {number}" for number in range(499)))
    snapshot = world.snapshot()
    statement = emit_sql([rule], snapshot)
    rows = snapshot.connection.execute(f"SELECT rule_0 FROM ({statement.text}) ORDER BY customer_no", dict(statement.parameters)).fetchall()
    assert [row[0] for row in rows] == evaluate(rule, load_state(snapshot)).tolist()
