"""The sentence of a rule reads like Russian and like English, bends with the numbers, and loses nothing of the rule."""

import ast
from pathlib import Path
from random import Random

import pytest
from babel.messages.pofile import read_po
from hypothesis import given, settings
from hypothesis import strategies as st
from rule_worlds import random_rule, random_world

import kogorta
from kogorta.segments.rules.document import to_json
from kogorta.segments.rules.formula import parse_formula
from kogorta.segments.rules.sentence import describe

WORLD = random_world(Random(0), customers=1)
ROOM = Path(kogorta.__file__).parent / "segments" / "rules"
CATALOG = Path(kogorta.__file__).parent / "locale" / "ru" / "LC_MESSAGES" / "rules.po"

SENTENCES = [
    (
        "lifecycle = 'sleeping' and revenue(365d) > 100000 and not bought('детские', 90d)",
        ("Клиенты, у которых стадия — спящий и которые за последние 365 дней потратили больше 100 000 ₽ и за последние 90 дней "
        "не покупали «детские»."),
        ("Customers whose stage of life is sleeping customer and who spent more than ₽100,000 in the last 365 days and did not buy “детские” "
        "in the last 90 days."),
    ),
    (
        "city in ('Пермь', 'Омск', 'Томск') and not (lifecycle = 'gone' or abc = 'C')",
        "Клиенты, у которых город — «Пермь», «Омск» или «Томск» и (стадия — не ушедший и класс ABC — не C (или нет данных)).",
        ("Customers whose city is “Пермь”, “Омск” or “Томск” and (stage of life is not gone customer and ABC class is not class C "
        "(or it is not known))."),
    ),
    (
        "segment('VIP') or entered('VIP', 1m)",
        "Клиенты, которые входят в сегмент «VIP» или за последний 1 месяц попали в сегмент «VIP».",
        "Customers who are in the segment “VIP” or entered the segment “VIP” in the last 1 month.",
    ),
    (
        "events('email_click', 30d) >= 2 and days_since(order) > 61 and days_to(birth_on) <= 7",
        ("Клиенты, которые за последние 30 дней не меньше 2 раз переходили по ссылкам из писем и у которых последний заказ был "
        "больше 61 дня назад и до дня рождения не больше 7 дней."),
        ("Customers who clicked in e-mails at least 2 times in the last 30 days and whose last order was more than 61 days ago and birthday "
        "is at most 7 days away."),
    ),
    (
        "average_check(12m) >= 333.33 and p_alive < 12.5% and first_order_on >= 2026-01-31",
        ("Клиенты, у которых средний чек за последние 12 месяцев не меньше 333,33 ₽, вероятность, что клиент ещё с нами, меньше 12,5 % "
        "и дата первого заказа не раньше 31.01.2026."),
        ("Customers whose average check in the last 12 months is at least ₽333.33, probability of being alive is less than 12.5% and date of "
        "the first order is not earlier than 31 Jan 2026."),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("formula", "russian", "english"), SENTENCES)
def test_a_rule_is_said_in_both_languages(formula, russian, english):
    assert describe(parse_formula(formula), "ru").replace("\u00a0", " ") == russian
    assert describe(parse_formula(formula), "en").replace("\u00a0", " ") == english


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        ("orders(21d) = 1", "за последний 21 день сделали ровно 1 заказ"),
        ("orders(22d) = 3", "за последние 22 дня сделали ровно 3 заказа"),
        ("orders(25d) = 11", "за последние 25 дней сделали ровно 11 заказов"),
        ("orders(1w) > 1", "за последнюю 1 неделю сделали больше 1 заказа"),
        ("orders(2y) >= 21", "за последние 2 года сделали не меньше 21 заказа"),
        ("orders() <= 5", "за всё время сделали не больше 5 заказов"),
        ("orders(30d) = 0", "за последние 30 дней не сделали ни одного заказа"),
        ("not orders(30d) = 0", "за последние 30 дней сделали хотя бы один заказ"),
        ("age between 21 and 35", "возраст от 21 до 35 лет"),
        ("age < 21", "возраст меньше 21 года"),
        ("not age between 21 and 35", "возраст меньше 21 года или больше 35 лет (или нет данных)"),
        ("events('complaint', 90d) = 0", "за последние 90 дней ни разу не жаловались в поддержку"),
        ("events('свой тип') >= 1", "за всё время совершали событие «свой тип»"),
        ("random('пилот', 10%)", "по жребию «пилот» попали в долю от 0 % до 10 % всех клиентов"),
        ("known(phone)", "телефон есть в базе"),
        ("not known(phone)", "телефон в базе не значится"),
        ("orders(30d, amount >= 50000, channel = 'Сайт') >= 1", "сделали хотя бы один заказ через канал «Сайт» (сумма не меньше 50 000 ₽)"),
    ],
)
def test_russian_words_bend_with_their_numbers(formula, words):
    assert words in describe(parse_formula(formula), "ru").replace("\u00a0", " ")


def test_money_is_said_in_the_currency_of_the_base():
    assert "$50.25" in describe(parse_formula("revenue(30d) > 50.25"), "en", currency="USD")


@given(st.integers(0, 2**40), st.sampled_from(["ru", "en"]))
@settings(max_examples=200, deadline=None)
def test_every_rule_has_a_sentence_without_holes(seed, language):
    text = describe(random_rule(Random(seed), WORLD, ("one",)), language)
    assert text.endswith(".")
    assert "  " not in text
    assert "None" not in text
    assert text.count("(") == text.count(")")


def test_different_rules_are_said_differently():
    formulas = [f"{figure} {op} {value}" for figure in ("age", "orders(30d)", "orders(31d)", "revenue(30d)", "average_check(30d)",
                "days_since(order)", "days_since(first_order)", "days_to(birth_on)", "days_after(birth_on)", "recency_days", "clv",
                "events('email_open', 30d)", "events('email_click', 30d)", "items(30d)", "orders(30d, category = 'a')",
                "orders(30d, product = 'a')", "orders(30d, channel = 'a')", "orders(30d, channel != 'a')") for op in ("=", "!=", "<", "<=", ">", ">=")
                for value in (2, 3, 2.5)]  # fmt: skip
    formulas += [f"not ({formula})" for formula in formulas if formula.startswith(("age", "clv"))]
    formulas += ["city = 'a'", "city != 'a'", "not city = 'a'", "not city != 'a'", "city contains 'a'", "not city contains 'a'",
                 "city in ('a', 'b')", "not city in ('a', 'b')", "known(city)", "not known(city)", "segment('a')", "not segment('a')",
                 "entered('a', 30d)", "left('a', 30d)", "entered('a', 30w)", "random('a', 0.5)", "random('a', 0.4)", "random('b', 0.5)",
                 "age > 1 and (age > 2 or age > 3)", "(age > 1 and age > 2) or age > 3"]  # fmt: skip
    # the only synonyms: recency_days and days_since(order) say one thing
    for language in ("ru", "en"):
        said = {}
        for formula in formulas:
            said.setdefault(describe(parse_formula(formula), language), []).append(to_json(parse_formula(formula)))
        same = [found for found in said.values() if len(found) > 1]
        assert [found for found in same if not all("recency_days" in one or "days_since_order" in one for one in found)] == []


def spoken():
    """Every English text of the room that goes to a reader."""
    found = set()
    for path in sorted(ROOM.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            texts = []
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if name in ("text", "plural", "message"):
                    texts = node.args[: 2 if name == "plural" else 1]
            elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "pattern":
                texts = [node.value]
            constants = [inner.value for text in texts for inner in ast.walk(text) if isinstance(inner, ast.Constant)]
            found.update(value for value in constants if isinstance(value, str) and len(value) > 2)
    return found


def test_every_text_is_translated_with_its_placeholders():
    known = {}
    with CATALOG.open("rb") as file:
        for entry in read_po(file, locale="ru"):
            ids = (entry.id,) if isinstance(entry.id, str) else entry.id
            known.update(dict.fromkeys(ids, entry.string))
    operators = {"contains", "known", "lacks", "none", "unknown", "day"}
    assert {text for text in spoken() if text not in known} - operators == set()
    for english, russian in known.items():
        for text in (russian,) if isinstance(russian, str) else russian:
            places = {part.split("}")[0] for part in english.split("{")[1:]}
            assert places == {part.split("}")[0] for part in text.split("{")[1:]}, english
