from datetime import date

import numpy as np
import pytest
from hidden.shop import AS_OF, put

from kogorta.kit.errors import InputError, OptionError
from kogorta.kit.language import Language
from kogorta.segments.drivers.facts import GivenFactor, gather_facts

ORDERS = (
    {"customer": "anna", "ago": 400, "roubles": 1000, "category": "Обувь", "discount": 100, "channel": "Сайт", "hour": 19, "lines": 3},
    {"customer": "anna", "ago": 310, "roubles": 5000, "category": "Детям"},
    {"customer": "anna", "ago": 20, "roubles": 8000},
    {"customer": "boris", "ago": 200, "roubles": 3000, "category": "детям"},
    {"customer": "boris", "ago": 200, "roubles": 100},
    {"customer": "boris", "ago": 109, "roubles": 100},
    {"customer": "clara", "ago": 90, "roubles": 700, "category": "Детям"},
    {"customer": "denis", "ago": 89, "roubles": 700},
    {"customer": "egor", "ago": 90, "roubles": 700, "status": "refunded"},
)


@pytest.fixture(scope="module")
def base():
    return put(
        ORDERS,
        customers={"anna": {"industry": "construction", "birth_on": date(1990, 11, 23), "attributes": '{"Скидочная карта": "есть"}'}},
    )


def level(facts, name, place):
    column = next(column for column in facts.columns if column.factor.name == name)
    code = column.codes[place]
    return None if code < 0 else column.levels[code].told(column.factor, Language("ru"), "RUB")


def test_a_repeat_purchase_counts_within_the_window_after_the_first_day(base):
    facts = gather_facts(base, "repeat", AS_OF, 90)
    # anna came back on the 90th day, boris on the 91st (the second order of the first day is no return), clara did not; denis is too fresh
    assert facts.target.tolist() == [1.0, 0.0, 0.0]
    assert gather_facts(base, "repeat", AS_OF, 91).target.tolist() == [1.0, 1.0]


def test_churn_is_looked_at_among_the_active_and_in_the_window_only(base):
    facts = gather_facts(base, "churn", AS_OF, 90)
    assert facts.target.tolist() == [0.0, 1.0, 1.0]  # anna came 20 days ago
    assert len(gather_facts(base, "churn", AS_OF, 90, active=100).target) == 2  # anna's last order before the window is older


def test_the_average_check_is_that_of_the_window(base):
    facts = gather_facts(base, "average_check", AS_OF, 90)
    assert np.exp(facts.target[0]) == pytest.approx(800_000)
    assert np.isnan(facts.target[1:]).all()


def test_factors_are_those_of_the_first_order(base):
    facts = gather_facts(base, "repeat", AS_OF, 90)
    names = ("first_category", "first_discount", "first_channel", "first_items", "first_hour", "first_weekday", "industry", "age")
    told = [level(facts, name, 0) for name in names]
    assert told == ["Обувь", "была", "Сайт", "от 2 до 3", "от 18", "суббота", "Строительство", "от 25 до 34"]
    assert level(facts, "first_category", 1) == "Детям"
    assert level(facts, "attribute:Скидочная карта", 0) == "есть"
    assert level(facts, "industry", 1) is None


def test_nothing_after_the_anchor_changes_a_factor(base):
    later = [
        {"customer": name, "ago": ago, "roubles": 99_000.0, "channel": "Салон"} for name in ("anna", "boris", "clara") for ago in (3, 30)
    ]
    changed = put([*ORDERS, *later], customers={"anna": {"industry": "construction"}})
    for outcome in ("churn", "average_check"):
        before, after = (gather_facts(one, outcome, AS_OF, 90) for one in (base, changed))
        for column in before.columns:
            if column.factor.timing in ("before", "habit"):
                twin = next(other for other in after.columns if other.factor.name == column.factor.name)
                assert twin.codes.tolist() == column.codes.tolist(), column.factor.name


def test_a_given_factor_is_judged_by_its_day(base):
    given = [
        GivenFactor("Анкета", {"anna": "да", "boris": "нет"}, "2020-01-01"),
        GivenFactor("Опрос", {"anna": "да"}, AS_OF),
        GivenFactor("Цвет", {"anna": "синий", "nobody": "белый"}),
    ]
    facts = gather_facts(base, "churn", AS_OF, 90, given=given)
    assert [column.factor.timing for column in facts.columns[-3:]] == ["before", "inside", "current"]


@pytest.mark.parametrize(
    ("factor", "error"), [(GivenFactor(" ", {"anna": "x"}), OptionError), (GivenFactor("X", {"nobody": "x"}), InputError)]
)
def test_a_factor_about_nothing_is_refused(base, factor, error):
    with pytest.raises(error):
        gather_facts(base, "churn", AS_OF, 90, given=[factor])


def test_response_counts_those_who_were_written_to(base):
    mailed = put(ORDERS)
    for number, (customer, kind, ago) in enumerate(
        [
            ("anna", "email_sent", 10),
            ("anna", "email_click", 9),
            ("boris", "email_sent", 10),
            ("clara", "email_sent", 95),
            ("clara", "email_click", 94),
        ]
    ):
        mailed.connection.execute(
            "INSERT INTO events (event_id, customer_id, type, \"at\") VALUES (?, ?, ?, timezone('UTC', TIMESTAMP '2026-11-22 09:00:00' - to_days(?)))",
            [str(number), customer, kind, ago],
        )
    assert gather_facts(mailed, "response", AS_OF, 90).target.tolist() == [1.0, 0.0]
    assert len(gather_facts(base, "response", AS_OF, 90).target) == 0
