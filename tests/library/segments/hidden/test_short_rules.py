import numpy as np
import pytest
from hidden.shop import AS_OF, put

from kogorta.kit.language import Language
from kogorta.segments.hidden.features import feature_table
from kogorta.segments.hidden.short_rules import tell_group
from kogorta.segments.hidden.terms import Condition, ShortRule, round_steps, spoken_terms, term_values


@pytest.fixture(scope="module")
def table():
    random = np.random.default_rng(0)
    orders = [
        {"customer": f"c{number:03d}", "ago": int(random.integers(0, 500)), "roubles": float(roubles), "category": "д'Ор"}
        for number in range(200)
        for roubles in (random.uniform(21_300, 60_000) if number < 60 else random.uniform(300, 18_700),)
        for _ in range(2 + number % 7)
    ]
    return feature_table(put(orders), AS_OF)


def test_a_threshold_is_a_round_number(table):
    told = tell_group(table, np.arange(200), np.arange(200) < 60, spoken_terms(table))
    assert told.rule.formula in {f"{name}(all) >= 20000" for name in ("average_check", "largest_order")}
    assert (told.precision, told.recall) == (1.0, 1.0)
    assert told.rule.told(Language("ru"), "RUB").endswith("от 20\u00a0000\u00a0₽")


def test_a_group_nothing_tells_has_no_good_rule(table):
    member = np.random.default_rng(1).random(200) < 0.4
    told = tell_group(table, np.arange(200), member, spoken_terms(table))
    assert told is None or min(told.precision, told.recall) < 0.85


def test_a_quote_in_a_category_stays_inside_the_formula(table):
    from kogorta.segments.rules.formula import parse_formula

    term = next(term for term in spoken_terms(table) if term.name.startswith("category:"))
    rule = ShortRule(((Condition(term, ">=", 3),),))
    assert rule.formula == "orders(all, category = 'д''ор') >= 3"
    assert parse_formula(rule.formula).value == 3


def test_several_sets_of_conditions_are_joined_by_or(table):
    orders, check = (next(term for term in spoken_terms(table) if term.name == name) for name in ("orders", "average_check"))
    rule = ShortRule(((Condition(orders, ">=", 8), Condition(check, "<", 1500.0)), (Condition(check, ">=", 50_000.0),)))
    assert rule.formula == "(orders(all) >= 8 and average_check(all) < 1500) or average_check(all) >= 50000"
    assert rule.told(Language("en"), "RUB") == "number of orders from 8 and average check under ₽1,500; or average check from ₽50,000"
    values = term_values(orders, table), term_values(check, table)
    assert rule.holds(table).tolist() == (((values[0] >= 8) & (values[1] < 1500)) | (values[1] >= 50_000)).tolist()


def test_a_share_of_orders_has_a_formula_with_the_same_members():
    from kogorta.segments.rules.columns import evaluate
    from kogorta.segments.rules.formula import parse_formula
    from kogorta.segments.rules.snapshot import take_snapshot
    from kogorta.segments.rules.state import load_state

    orders = [
        {
            "customer": f"c{number:02d}",
            "ago": 3 * place + number,
            "roubles": 500,
            "category": "Toys" if place % (1 + number % 5) else "Books",
        }
        for number in range(60)
        for place in range(1 + number % 7)
    ]
    base = put(orders)
    table = feature_table(base, AS_OF)
    term = next(term for term in spoken_terms(table) if term.name == "category:toys/orders")
    rule = ShortRule(((Condition(term, ">=", 0.5),),))
    assert rule.formula == "order_share(all, category = 'toys') >= 0.5"
    assert rule.told(Language("en"), "RUB") == "share of orders with “Toys” from 50%"
    state = load_state(take_snapshot(base, AS_OF))
    assert 0 < rule.holds(table).sum() < 60
    assert state.ids[evaluate(parse_formula(rule.formula), state)].tolist() == table.ids[rule.holds(table)].tolist()


@pytest.mark.parametrize(("unit", "value", "first"), [("money", 18_345.0, 50_000.0), ("count", 7.5, 5.0), ("share", 0.4, 0.25)])
def test_the_roundest_step_comes_first(unit, value, first):
    assert round_steps(unit, value)[0] == first


def test_hostile_category_names_stay_values():
    from kogorta.segments.rules.formula import parse_formula

    names = ["{about}", "x'); DROP TABLE orders; --", 'two\nlines "quoted"', "%s", "д" * 300]
    orders = [{"customer": f"c{number}", "ago": number, "roubles": 100 + number, "category": names[number % 5]} for number in range(60)]
    table = feature_table(put(orders), AS_OF)
    terms = [term for term in spoken_terms(table) if term.name.startswith("category:")]
    assert len(terms) == 8  # a count and a share of each; the endless name is no category of a rule
    for term in terms:
        rule = ShortRule(((Condition(term, ">=", 1),),))
        assert parse_formula(rule.formula).value == 1
        assert rule.holds(table).sum() == 12
        assert "\n" not in rule.told(Language("ru"), "RUB")
