"""Why a customer is in or not, and the exact day it changes if nothing happens."""

from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rule_bases import AS_OF
from rule_worlds import random_leaf, random_rule, random_world

from kogorta.kit.language import Language
from kogorta.segments.rules.ageing import Lone
from kogorta.segments.rules.answers import answer_explain
from kogorta.segments.rules.book import SegmentBook
from kogorta.segments.rules.columns import evaluate
from kogorta.segments.rules.explain import explain
from kogorta.segments.rules.formula import parse_formula
from kogorta.segments.rules.preview import members
from kogorta.segments.rules.printing import print_formula
from kogorta.segments.rules.snapshot import take_snapshot
from kogorta.segments.rules.tree import All


def reasons(explanation):
    return [(print_formula(reason.condition), reason.met, reason.value) for reason in explanation.decisive]


def test_a_member_is_told_what_keeps_him_in_with_his_own_values(small):
    found = answer_explain(small, "orders(31d) >= 2 and (city = 'Омск' or revenue(31d) >= 300) and not known(phone)", "anna", AS_OF)
    assert found.member
    assert reasons(found) == [("orders(31d) >= 2", True, 2), ("revenue(31d) >= 300", True, 300), ("not known(phone)", True, None)]
    # the older order falls out of 31 days on the next day
    assert found.changes_on == AS_OF + timedelta(days=1)


def test_a_stranger_is_told_which_condition_failed(small):
    found = answer_explain(small, "city = 'Пермь' and revenue() > 450 and age < 70", "boris", AS_OF)
    assert not found.member
    assert reasons(found) == [("revenue() > 450", False, 450)]
    assert [reason.met for reason in found.reasons] == [True, False, True]
    assert found.changes_on is None


def test_a_condition_under_not_is_shown_turned_over(small):
    found = answer_explain(small, "not (bought('мяч') or city = 'Омск')", "anna", AS_OF)
    assert reasons(found) == [("not bought('мяч')", False, 1)]


def test_the_explanation_speaks_both_languages(small):
    found = answer_explain(small, "not lifecycle in ('sleeping', 'gone') and city = 'пермь'", "anna", AS_OF)
    assert found.told(Language("ru")) == (
        "Клиент anna входит в сегмент на 22.11.2026, потому что:\n"
        "  да: стадия — не спящий и не ушедший (у клиента: активный)\n"
        "  да: город — «пермь» (у клиента: «Пермь»)\n"
        "Если ничего не произойдёт, клиент выйдет из сегмента 24.11.2026."
    )
    assert found.told(Language("en")).endswith("If nothing happens, the customer leaves on 24 Nov 2026.")


def test_a_segment_inside_is_explained_by_its_own_conditions(small):
    book = SegmentBook({"buyers": parse_formula("orders(30d) >= 2 or city = 'Омск'")})
    found = answer_explain(small, "segment('buyers')", "anna", AS_OF, book=book)
    assert [(print_formula(one.condition), one.met, one.value) for one in found.decisive[0].inside] == [
        ("orders(30d) >= 2", False, 1),
        ("city = 'Омск'", False, "Пермь"),
    ]
    assert found.to_dict()["reasons"][0]["inside"][0]["condition"] == "orders(30d) >= 2"


def test_the_answer_as_json_has_reasons_and_the_change(small):
    found = answer_explain(small, "days_to(birth_on) <= 3", "anna", AS_OF).to_dict()
    assert (found["member"], found["changes_on"], found["change"]) == (False, "2026-11-26", "enters")
    assert found["reasons"] == [{
        "condition": "days_to(birth_on) <= 3", "met": False, "decisive": True, "value": 7,
        "sentence_ru": "до дня рождения не больше 3 дней", "sentence_en": "birthday is at most 3 days away", "inside": [],
    }]  # fmt: skip


AGEING = [
    ("lifecycle = 'active'", "anna"),
    ("lifecycle = 'sleeping'", "anna"),
    ("lifecycle = 'gone'", "anna"),
    ("r = 1 or segment_case = 'vip'", "anna"),
    ("rfm_code contains '2'", "anna"),
    ("segment_guide in ('lost', 'sleeping', 'cooling', 'at_risk')", "anna"),
    ("recency_days > 100", "anna"),
    ("orders(12m) >= 2", "anna"),
    ("days_since(order, category = 'детские') >= 45.5", "anna"),
    ("age >= 30", "anna"),
    ("age >= 67", "boris"),
    ("days_to(birth_on) = 0", "boris"),
    ("events('complaint', 3m) = 0", "boris"),
    ("lifecycle = 'sleeping' and orders(90d) >= 1 and days_after(birth_on) < 2", "anna"),
]


@pytest.mark.parametrize(("formula", "customer"), AGEING)
def test_the_day_foretold_is_the_day_the_base_itself_will_show(small, formula, customer):
    # the order after the day is put aside: "if nothing happens"
    small.connection.execute("CREATE OR REPLACE TEMP TABLE kept AS SELECT * FROM customer_days WHERE day > $day", {"day": AS_OF})
    small.connection.execute("DELETE FROM customer_days WHERE day > $day", {"day": AS_OF})
    small.connection.execute("CREATE OR REPLACE TEMP TABLE later AS SELECT * FROM orders WHERE ordered_on > $day", {"day": AS_OF})
    small.connection.execute("DELETE FROM orders WHERE ordered_on > $day", {"day": AS_OF})
    small.generation += 1
    try:
        snapshot = take_snapshot(small, AS_OF)
        rule = parse_formula(formula)
        found = explain(rule, snapshot, customer)
        day = found.changes_on
        if day is None:
            assert formula.startswith(("r =", "rfm_code", "segment_guide"))
            day = AS_OF + timedelta(days=1000)
            assert (customer in members(rule, take_snapshot(small, day, rfm=snapshot.rfm))) == found.member
            return
        assert (customer in members(rule, take_snapshot(small, day - timedelta(days=1), rfm=snapshot.rfm))) == found.member
        assert (customer in members(rule, take_snapshot(small, day, rfm=snapshot.rfm))) != found.member
    finally:
        small.connection.execute("INSERT INTO customer_days SELECT * FROM kept")
        small.connection.execute("INSERT INTO orders SELECT * FROM later")
        small.generation += 1


@example(seed=133)
@given(seed=st.integers(0, 2**40))
@settings(max_examples=15, deadline=None)
def test_the_day_foretold_is_the_first_of_all_days_on_which_it_changes(seed):
    random = Random(seed)
    world = random_world(random, customers=2)
    snapshot = world.snapshot()
    book = SegmentBook({"one": random_rule(random, world)})
    rule = All((random_leaf(random, world, ("one",)),)) if random.random() < 0.6 else random_rule(random, world, ("one",))
    found = explain(rule, snapshot, "c000", book=book)
    lone = Lone(snapshot, rule, "c000", book)
    last = world.as_of + timedelta(days=400)
    day, first = world.as_of, None
    while first is None and day < last:
        day += timedelta(days=1)
        if bool(evaluate(rule, lone.on(day), book=book)[0]) != found.member:
            first = day
    foretold = found.changes_on if found.changes_on is not None and found.changes_on <= last else None
    assert foretold == first


@given(st.integers(0, 2**40))
@settings(max_examples=25, deadline=None)
def test_decisive_reasons_are_all_met_by_members_and_all_failed_by_others(seed):
    random = Random(seed)
    world = random_world(random, customers=2)
    found = explain(random_rule(random, world), world.snapshot(), "c000")
    assert found.decisive
    assert {reason.met for reason in found.decisive} == {found.member}


def test_leap_days_return_on_the_first_of_march():
    world = random_world(Random(3), customers=1, as_of=date(2026, 2, 27))
    world.customers[0]["birth_on"] = date(1992, 2, 29)
    snapshot = world.snapshot()
    assert explain(parse_formula("age >= 34"), snapshot, "c000").changes_on == date(2026, 3, 1)
    assert explain(parse_formula("days_to(birth_on) = 0"), snapshot, "c000").changes_on == date(2026, 3, 1)


@pytest.mark.parametrize("day", [date(1, 1, 1), date(9999, 12, 31)])
def test_the_ends_of_the_calendar_break_nothing(small, day):
    rule = parse_formula("orders(100y) >= 1 and age > 3 and days_to(birth_on) < 400 and days_after(birth_on) >= 0 and lifecycle = 'new'")
    assert explain(rule, take_snapshot(small, day), "anna").changes_on is None
