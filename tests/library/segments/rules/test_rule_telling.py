"""What a condition saw is told as a person reads it, in both languages."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rule_worlds import random_rule, random_world

from kogorta.kit.language import Language
from kogorta.segments.rules.fields import EVENT_TYPES
from kogorta.segments.rules.formula import parse_formula
from kogorta.segments.rules.telling import EVENTS, tell
from kogorta.segments.rules.tree import leaves_of

WORLD = random_world(Random(0), customers=1)

TOLD = [
    ("orders(30d) = 0", 0, "заказов за 30 дней: 0", "orders over 30 days: 0"),
    ("orders(1d) = 0", 1, "заказов за 1 день: 1", "orders over 1 day: 1"),
    ("orders(22d) = 0", 2, "заказов за 22 дня: 2", "orders over 22 days: 2"),
    ("orders(2w) = 0", 2, "заказов за 2 недели: 2", "orders over 2 weeks: 2"),
    ("orders(12m, channel = 'Сайт') >= 1", 3, "заказов через канал «Сайт» за 12 месяцев: 3", "orders through the channel “Сайт” over 12 months: 3"),
    ("revenue() > 100000", 12_300.0, "выручка за всё время: 12 300 ₽", "revenue over all time: ₽12,300"),
    ("revenue(1y) > 10", 12.5, "выручка за 1 год: 12,50 ₽", "revenue over 1 year: ₽12.50"),
    ("bought('детские', 90d)", 2, "заказов с товаром «детские» за 90 дней: 2", "orders of “детские” over 90 days: 2"),
    ("average_check(365d) > 1", None, "средний чек за 365 дней: нет данных", "average check over 365 days: no data"),
    ("order_share(all, channel = 'Сайт') > 50%", 0.25, "доля заказов через канал «Сайт» за всё время: 25,0 %",
     "share of orders through the channel “Сайт” over all time: 25.0%"),
    ("items(30d) > 2", 1.5, "число купленных единиц товара за 30 дней: 1,50", "number of items bought over 30 days: 1.50"),
    ("recency_days > 30", 31, "последний заказ: 31 день назад", "last order: 31 days ago"),
    ("recency_days > 30", 0, "последний заказ: сегодня", "last order: today"),
    ("recency_days > 30", None, "последний заказ: не было", "last order: never"),
    ("days_since(first_order) > 30", 1, "первый заказ: 1 день назад", "first order: 1 day ago"),
    ("events('email_click', 30d) >= 1", 4, "переходы из писем за 30 дней: 4", "clicks in letters over 30 days: 4"),
    ("events('вебинар') >= 1", 4, "события «вебинар» за всё время: 4", "events “вебинар” over all time: 4"),
    ("hours_unanswered('email_click') between 24 and 720", 26, "переходы из писем, последний раз без заказа после: 26 часов назад",
     "clicks in letters, last time without an order since: 26 hours ago"),
    ("days_since('visit') > 3", 2, "заходы на сайт, последний раз: 2 дня назад", "visits to the site, last time: 2 days ago"),
    ("age between 18 and 35", 21, "возраст: 21 год", "age: 21 years"),
    ("p_alive < 12.5%", 0.125, "вероятность, что клиент ещё с нами: 12,5 %", "probability of being alive: 12.5%"),
    ("first_order_on >= 2026-01-31", 20_484, "дата первого заказа: 31.01.2026", "date of the first order: 31 Jan 2026"),
    ("segment_case = 'vip'", "needs_attention", "RFM-сегмент: требуют внимания", "RFM segment: need attention"),
    ("abc = 'A'", "a", "класс ABC: A", "ABC class: class A"),
    ("city in ('Орёл', 'Омск')", "орел", "город: «Орёл»", "city: “Орёл”"),
    ("city = 'Омск'", "орел", "город: «орел»", "city: “орел”"),
    ("known(phone)", None, "телефон: нет данных", "phone number: no data"),
    ("days_to(birth_on) <= 7", 5, "до дня рождения: 5 дней", "until the birthday: 5 days"),
    ("days_after(first_order_on) <= 7", 0, "после годовщины (дата первого заказа): сегодня", "since the anniversary (date of the first order): today"),
    ("segment('ВИП')", 1, "в сегменте «ВИП»: да", "in the segment “ВИП”: yes"),
    ("left('ВИП', 30d)", 0, "выходил из «ВИП» за 30 дней: нет", "left “ВИП” over 30 days: no"),
    ("random('пилот', 10%)", 1, "выпал жребий «пилот»: да", "drawn by the lot “пилот”: yes"),
    ("attribute('club') = 'gold'", 0, "признак «club»: не подходит", "attribute “club”: does not fit"),
]  # fmt: skip


@pytest.mark.parametrize(("formula", "saw", "russian", "english"), TOLD)
def test_what_was_seen_is_told_in_both_languages(formula, saw, russian, english):
    leaf = parse_formula(formula)
    assert tell(leaf, saw, Language("ru")).replace("\u00a0", " ") == russian
    assert tell(leaf, saw, Language("en")).replace("\u00a0", " ") == english


def test_money_is_told_in_the_currency_of_the_base():
    assert tell(parse_formula("revenue() > 1"), 1200, Language("en"), currency="JPY") == "revenue over all time: ¥1,200"


def test_every_event_with_a_wording_has_a_noun():
    assert EVENTS.keys() == EVENT_TYPES.keys()


@given(st.integers(0, 2**40), st.sampled_from(["ru", "en"]), st.sampled_from([0, 1, 2, 5, 21, 1234, None]))
@settings(max_examples=200, deadline=None)
def test_every_condition_is_told_without_holes_or_formulas(seed, code, saw):
    for leaf in leaves_of(random_rule(Random(seed), WORLD, ("one",))):
        told = tell(leaf, saw, Language(code))
        assert all(part.strip() for part in told.split(": ")), told
        assert ": " in told
        for hole in ("  ", "None", "days_since", "30d", "()"):
            assert hole not in told
