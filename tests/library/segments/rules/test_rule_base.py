"""Rules over a real base: figures counted by hand, windows to the day, net of refunds."""

from datetime import timedelta

import pytest
from rule_bases import AS_OF

from kogorta.kit.errors import InputError
from kogorta.segments.rules.answers import answer_explain, answer_rule
from kogorta.segments.rules.columns import evaluate
from kogorta.segments.rules.formula import parse_formula
from kogorta.segments.rules.preview import compare_rules, members
from kogorta.segments.rules.snapshot import take_snapshot
from kogorta.segments.rules.state import load_state

DROP = "c'); DROP TABLE customers; --"
MOTHERS = (
    "gender = 'female' and age between 20 and 35 and income = 'high' and attribute('дети') = 'да' "
    "and orders(180d, category = 'Детские товары', channel = 'Онлайн') >= 3"
)


def who(base, formula, as_of=AS_OF):
    snapshot = take_snapshot(base, as_of, transitions="moves")
    rule = parse_formula(formula)
    found = members(rule, snapshot)
    state = load_state(snapshot, [rule])
    assert tuple(state.ids[evaluate(rule, state)]) == found
    return set(found)


CASES = [
    ("orders(30d) = 1", {"anna"}),
    ("orders(31d) = 2", {"anna"}),
    ("orders(29d) = 0", {"anna", "boris", DROP, "delta", "ella"}),
    ("orders() = 2", {"anna"}),
    ("revenue(31d) = 300", {"anna"}),
    ("revenue() = 450", {"boris"}),
    ("revenue(30d) < 0", {"boris"}),
    ("average_check() = 150", {"anna"}),
    ("average_check() = 450", {"boris"}),
    ("largest_order() = 500", {"boris"}),
    ("discount() = 50", {"boris"}),
    ("orders(all, channel = 'SHOP') = 1", {"anna"}),
    ("orders(all, category = 'детские') = 1", {"anna"}),
    ("items(all, category = 'Детские') = 3", {"anna"}),
    ("categories() = 2", {"anna", "boris"}),
    ("products() = 3", {"anna"}),
    ("revenue(all, category = 'книги') = 200", {"anna", "boris"}),
    ("bought('мяч')", {"anna", "boris"}),
    ("bought('id-мяч', 30d)", {"anna"}),
    ("not bought('Мяч')", {DROP, "delta", "ella"}),
    ("days_since(order) = 29", {"anna"}),
    ("days_since(first_order) = 30", {"anna"}),
    ("not days_since(order) < 1000", {DROP, "ella"}),
    ("days_since('email_click') = 0", {"anna"}),
    ("events('email_click') = 1", {"anna"}),
    ("events('email_click', 1d, campaign = 'осень') >= 1", {"anna"}),
    ("event_average('nps') = 9", {"boris"}),
    ("events('complaint', 53d) = 1", {"boris"}),
    ("events('complaint', 52d) = 1", set()),
    ("attribute('Дети') = 'ДА'", {"anna"}),
    ("attribute('tags') = 'мама'", {"anna"}),
    ("attribute_number('score') > 7", {"anna"}),
    ("city = 'ПЕРМЬ'", {"anna", "boris"}),
    ("not city = 'Пермь'", {DROP, "delta", "ella"}),
    ("city != 'Пермь'", {"delta"}),
    ("gender = 'female'", {"anna", DROP}),
    ("age = 29", {"anna"}),
    ("days_to(birth_on) <= 7", {"anna"}),
    ("days_to(birth_on) = 99", {"boris"}),
    ("lifecycle = 'prospect'", {DROP, "ella"}),
    ("lifecycle = 'gone'", {"boris", "delta"}),
    ("recency_days = 29", {"anna"}),
    ("kind = 'company' and monetary >= 5000", {"delta"}),
    ("known(email)", {"anna"}),
    ("entered('vip', 7d)", {"anna"}),
    ("left('vip', 7d)", set()),
    ("name contains 'дел'", {"delta"}),
    ("segment_case = 'vip' or segment_case = 'standard' or known(segment_case)", {"anna", "boris", "delta"}),
    ("abc = 'none'", {DROP, "ella"}),
]


@pytest.mark.parametrize(("formula", "expected"), CASES, ids=[formula for formula, _ in CASES])
def test_a_formula_selects_the_customers_counted_by_hand(small, formula, expected):
    assert who(small, formula) == expected


def test_figures_agree_with_the_summary_every_other_page_uses(retail):
    base, _ = retail
    snapshot = take_snapshot(base, AS_OF)
    for formula in ("orders() = {frequency} and revenue() = {money}", "not (frequency != {frequency} or monetary != {money})"):
        rows = base.connection.execute(f"SELECT customer_id, frequency, monetary FROM {snapshot.customers} LIMIT 5").fetchall()
        for customer, frequency, monetary in rows:
            assert customer in members(parse_formula(formula.format(frequency=frequency, money=monetary / 100)), snapshot)


def test_young_mothers_of_high_income_who_buy_children_goods_online_are_exactly_the_planted_ones(retail):
    base, planted = retail
    answer = answer_rule(base, MOTHERS, AS_OF, with_members=True).to_dict()
    assert set(answer["members"]) == planted
    assert (answer["count"], answer["share"]) == (30, 0.05)
    assert answer["sentence_ru"] == (
        "Клиенты, у которых пол — женский, возраст от 20 до 35 лет, доход — высокий и признак «дети» — «да» и которые "
        "за последние 180 дней сделали не меньше 3 заказов в категории «Детские товары» через канал «Онлайн»."
    ).replace("180 дней", "180 дней")
    total = base.connection.execute(
        "SELECT sum(net_amount_base) FROM orders WHERE list_contains($ids, customer_id)", {"ids": sorted(planted)}
    ).fetchone()
    assert answer["revenue"] == total[0] / 100


def test_the_answer_has_the_agreed_keys(small):
    answer = answer_rule(small, "known(email)", AS_OF).to_dict()
    assert {"count", "share", "revenue", "sentence_ru", "sentence_en", "tree"} <= set(answer)
    assert "members" not in answer
    assert (answer["count"], answer["share"], answer["revenue"]) == (1, 0.2, 300.0)
    assert answer["examples"] == [{"customer_id": "anna", "name": "Анна", "revenue": 300.0}]


def test_an_edit_tells_who_would_enter_and_leave(small):
    change = compare_rules(parse_formula("city = 'Пермь'"), parse_formula("kind = 'company' or known(email)"), take_snapshot(small, AS_OF))
    assert (change.before, change.after) == (2, 2)
    assert (change.entering, change.leaving) == (("delta",), ("boris",))
    assert (change.revenue_entering, change.revenue_leaving) == (5000_00, 450_00)


def test_a_base_without_purchases_answers_rules_about_people():
    from kogorta.base.customer_base import CustomerBase

    base = CustomerBase(None)
    base.connection.execute("INSERT INTO customers (customer_id, kind, name) VALUES ('x', 'person', 'Икс')")
    answer = answer_rule(base, "orders() = 0 and not known(segment_case) and lifecycle = 'prospect'", AS_OF, with_members=True)
    assert answer.members == ("x",)
    assert answer.preview.revenue_share == 0.0


def test_moves_that_were_not_recorded_are_asked_for_in_a_sentence(small):
    with pytest.raises(InputError, match="no recorded moves were given"):
        answer_rule(small, "entered('vip', 30d)", AS_OF)
    with pytest.raises(InputError, match="no recorded moves were given"):
        evaluate(parse_formula("entered('vip', 30d)"), load_state(take_snapshot(small, AS_OF)))


def test_a_customer_who_is_not_there_is_refused(small):
    with pytest.raises(InputError, match="There is no customer 'nobody'"):
        answer_explain(small, "age > 3", "nobody", AS_OF)


def test_sql_in_values_names_and_ids_is_only_text(small):
    evil = "'); DROP TABLE customers; --"
    quoted = evil.replace("'", "''")
    rule = f"city = '{quoted}' or attribute('{quoted}') = '{quoted}' or random('{quoted}', 100%)"
    assert answer_rule(small, rule, AS_OF).preview.customers == 5
    assert answer_explain(small, rule, DROP, AS_OF).member
    assert len(small.table("customers")) == 5


def test_a_snapshot_of_a_later_day_sees_the_later_order(small):
    assert who(small, "orders(1d) = 1", AS_OF + timedelta(days=1)) == {"anna"}
