import json
from datetime import date

import numpy as np
import pytest

from kogorta.base.customer_base import CustomerBase
from kogorta.kit.errors import InputError
from kogorta.segments.evidence.measures import CHANCE

REGULAR = (5, 35, 66, 95, 126, 155)
IRREGULAR = (20, 24, 27, 160, 165, 300)


@pytest.fixture
def town(planting):
    for number in range(3):
        planting.orders(planting.customer(f"loyal-{number}"), REGULAR)
        planting.orders(planting.customer(f"wavering-{number}"), IRREGULAR)
        planting.orders(planting.customer(f"unknown-{number}"), (10, 40, 70))
    planting.orders(planting.customer("advocate-friends"), REGULAR)
    planting.event("advocate-friends", "referral", times=2)
    planting.orders(planting.customer("advocate-nps"), IRREGULAR)
    planting.event("advocate-nps", "nps", ago=90, score=3)
    planting.event("advocate-nps", "nps", ago=9, score=10)
    planting.customer("advocate-review")
    planting.event("advocate-review", "review", rating=5)
    planting.orders(planting.customer("loyal-critic"), REGULAR)
    planting.event("loyal-critic", "review", rating=2)
    planting.customer("unknown-detractor")
    planting.event("unknown-detractor", "referral")
    planting.event("unknown-detractor", "nps", score=4)
    return planting


def test_planted_degrees_are_found_exactly(town, classes):
    assert classes("loyalty_degree", town.grow()) == {
        customer: customer.split("-")[0] for customer in (row["customer_id"] for row in town.rows["customers"])
    }


def test_three_purchases_are_too_few_to_speak_of_regularity(town, sort, russian):
    found = sort("loyalty_degree", town.grow()).explain("unknown-0", russian)
    assert (found.class_, found.reason, found.score) == ("unknown", "weak", 0.0)
    assert "3 дня с покупками, а нужно не меньше 4" in found.sentence
    assert "нет данных об оценках NPS" in found.sentence


def test_several_orders_of_one_day_are_one_purchase_day(planting, sort, english):
    planting.orders(planting.customer("a"), (5, 5, 5, 40, 40))
    found = sort("loyalty_degree", planting.grow()).explain("a", english)
    assert (found.class_, found.reason) == ("unknown", "too_few")
    assert found.facts[0].observations == 2


def test_who_bought_regularly_and_stopped_is_not_loyal(planting, classes):
    planting.orders(planting.customer("gone"), [ago + 400 for ago in REGULAR])
    assert classes("loyalty_degree", planting.grow()) == {"gone": "unknown"}


def test_who_is_silent_for_twice_his_longest_break_is_gone_and_not_wavering(planting, sort, russian):
    planting.orders(planting.customer("gone"), [ago + 300 for ago in IRREGULAR])
    found = sort("loyalty_degree", planting.grow()).explain("gone", russian)
    assert found.class_ == "unknown"
    assert "молчание относительно самого долгого перерыва: 2,37" in found.sentence


def test_the_variation_is_that_of_a_small_sample(planting, sort, english):
    planting.orders(planting.customer("a"), (10, 20, 40, 70))  # intervals 30, 20, 10: mean 20, sample deviation 10
    found = sort("loyalty_degree", planting.grow()).explain("a", english)
    assert found.facts[0].value == round(0.5 * (1 + 1 / 12), 6)
    assert found.facts[0].text == "intervals between purchases vary by 0.54 over 4 days with purchases"


def test_four_purchases_must_be_more_even_than_ten_to_be_more_than_chance(planting, sort, english):
    planting.orders(planting.customer("four"), (5, 25, 60, 85))  # intervals 25, 35, 20
    planting.orders(planting.customer("uneven-four"), (5, 21, 61, 85))  # 24, 40, 16
    found = sort("loyalty_degree", planting.grow())
    assert [row[1] for row in found.table.rows()] == ["loyal", "unknown"]
    values = {fact.measure: fact.value for fact in found.explain("uneven-four", english).facts if fact.class_ == "loyal"}
    assert values["interval_variation"] == pytest.approx(0.4964, abs=1e-4)
    assert values["variation_against_chance"] == pytest.approx(0.4964 / 0.382, abs=1e-3)


def test_the_limits_of_chance_are_those_of_random_purchases():
    generator = np.random.default_rng(5)
    for place in (0, 1, 5, 27):
        intervals = generator.exponential(1, (100_000, place + 3))
        variation = intervals.std(axis=1, ddof=1) / intervals.mean(axis=1) * (1 + 0.25 / (place + 3))
        assert np.mean(variation <= CHANCE[place]) == pytest.approx(0.1, abs=0.005)


def test_a_loyal_customer_reads_why(town, sort, russian):
    found = sort("loyalty_degree", town.grow()).explain("loyal-critic", russian)
    assert found.sentence == (
        "Лояльные: разброс интервалов между покупками — 0,04 за 6 дней с покупками; "
        "разброс — 6,4\xa0% от порога случайности; с последней покупки прошло обычных интервалов: 0,17; "
        "самый долгий перерыв в обычных интервалах: 1,03. Оценка 1,00 из 1; данные есть для 100\xa0% признаков."
    )
    assert found.message == "Не мешать скидками: новинки и сопутствующие товары"


def test_figures_add_up_to_the_base(town, sort, russian):
    figures = sort("loyalty_degree", town.grow()).figures(russian)
    assert {item.segment: (item.name, item.customers) for item in figures} == {
        "loyal": ("Лояльные", 4), "unknown": ("Неизвестно", 4), "wavering": ("Колеблющиеся", 3), "advocate": ("Адвокаты бренда", 3),
    }  # fmt: skip
    assert {item.scheme for item in figures} == {"loyalty_degree"}
    assert sum(item.customer_share for item in figures) == 1
    loyal = next(item for item in figures if item.segment == "loyal")
    assert (loyal.orders, loyal.revenue, loyal.average_check, loyal.median_recency_days) == (24, 240_000, 10_000, 5)


def test_a_customer_who_is_not_there_is_refused(town, sort, english):
    with pytest.raises(InputError, match="The base has no customer 'nobody'; see the table customers"):
        sort("loyalty_degree", town.grow()).explain("nobody", english)


def test_the_last_day_of_the_data_is_the_day_of_the_analysis(town, sort):
    base = town.grow()
    assert sort("loyalty_degree", base, None).as_of == date(2026, 11, 17)
    with pytest.raises(InputError, match="The base has no purchases yet"):
        sort("loyalty_degree", CustomerBase(None), None)


def test_the_evidence_is_kept_with_the_class(town, sort):
    found = sort("loyalty_degree", town.grow()).table
    assert found.columns == ("customer_id", "class", "score", "coverage", "records", "reason", "evidence")
    row = next(row for row in found.rows() if row[0] == "advocate-nps")
    assert row[1:6] == ("advocate", 0.3, 1.0, 8, None)
    assert {"line": 1, "class": "advocate", "measure": "event_last_value", "value": 10.0, "observations": 2, "state": "met"} in json.loads(
        row[6]
    )
