import json
from datetime import date

import numpy as np
import pytest

from kogorta.kit.errors import InputError, OptionError
from kogorta.kit.language import Language
from kogorta.value.day_ledger import DayLedger
from kogorta.value.retention import RetentionEconomics


@pytest.fixture(scope="module")
def ledger():
    """Two years of 730 days; 100 customers of the first, 40 of them back in the second with 300; 60 new ones."""
    old = [(f"o{n:03}", 10 + n, 1000) for n in range(100)]
    back = [(f"o{n:03}", 400 + n, 300) for n in range(40)]
    new = [(f"n{n:03}", 500 + n, 5000) for n in range(60)]
    anchor = [("anchor", 0, 1000)]
    return DayLedger.from_orders(*map(list, zip(*(old + back + new + anchor), strict=True)))


@pytest.fixture(scope="module")
def worth(ledger):
    return RetentionEconomics().measure(ledger, date(1971, 12, 31))


def test_figures_are_those_of_the_base(worth):
    assert worth.period_days == 365
    assert worth.earlier == (date(1970, 1, 1), date(1970, 12, 31))
    assert worth.later == (date(1971, 1, 1), date(1971, 12, 31))
    assert worth.repeat_rate.value == 40 / 101
    assert worth.kept_value.value == 300
    assert worth.active == 100
    assert worth.extra_customers == 5
    assert worth.gain.value == 5 * 300


def test_a_new_customer_is_counted_over_a_whole_period_from_the_first_order(worth):
    # won in the first year: 101 customers; within 365 days only o000..o039 came back after 390 days, so none counts
    assert worth.new_value.value == pytest.approx(1000)
    assert worth.kept_to_new.value == pytest.approx(0.3)


def test_margin_and_acquisition_cost_are_reckoned_in(ledger):
    worth = RetentionEconomics(margin=0.5, acquisition_cost=100).measure(ledger, date(1971, 12, 31))
    assert worth.kept_value.value == 150
    assert worth.new_value.value == pytest.approx(400)
    assert "after the cost of winning them" in worth.text(Language("en"))
    assert "profit" in worth.text(Language("en"))


def test_intervals_hold_their_figure_and_the_truth(worth):
    for estimate in (worth.repeat_rate, worth.gain, worth.new_value):
        assert estimate.low <= estimate.value <= estimate.high
    # binomial error of 40 out of 101: 0.0487, 90 %: +- 0.080
    assert worth.repeat_rate.high - worth.repeat_rate.low == pytest.approx(0.16, abs=0.02)


def test_a_large_base_in_blocks_gives_the_same_interval():
    rng = np.random.default_rng(6)
    first = np.arange(9000)
    again = first[rng.random(9000) < 0.3]
    ledger = DayLedger.from_orders(
        np.concatenate((first, again)),
        np.concatenate((rng.integers(0, 365, 9000), rng.integers(365, 730, again.size))),
        np.full(9000 + again.size, 100),
    )
    worth = RetentionEconomics(level=0.95).measure(ledger, date(1971, 12, 31))
    width = 2 * 1.96 * np.sqrt(worth.repeat_rate.value * (1 - worth.repeat_rate.value) / 9000)
    assert worth.repeat_rate.high - worth.repeat_rate.low == pytest.approx(width, rel=0.1)


def test_it_is_said_in_an_owners_words(worth):
    english, russian = worth.text(Language("en")), worth.text(Language("ru"))
    assert "If 5 more customers in a hundred came back, that would be 5 customers" in english
    assert "40% bought again" in english
    assert "удержанный клиент приносит" in russian
    assert "5 клиентов" in russian


def test_the_figures_leave_as_json(worth):
    document = json.loads(worth.to_json())
    assert document["gain"]["value"] == 1500
    assert document["later"] == ["1971-01-01", "1971-12-31"]


def test_nobody_back_is_said_without_figures_of_nothing():
    ledger = DayLedger.from_orders(["a", "b"], [0, 200], [100, 100])
    worth = RetentionEconomics().measure(ledger, date(1970, 9, 1))
    assert worth.repeat_rate.value == 0
    text = worth.text(Language("en"))
    assert "nan" not in text
    assert "0.0% bought again" in text


def test_a_short_history_and_wrong_options_are_refused(ledger):
    with pytest.raises(InputError, match="two periods of 60 days"):
        RetentionEconomics().measure(ledger, date(1970, 3, 1))
    with pytest.raises(OptionError, match="points is 5"):
        RetentionEconomics(points=5)
    with pytest.raises(OptionError, match="acquisition_cost is -1"):
        RetentionEconomics(acquisition_cost=-1)
