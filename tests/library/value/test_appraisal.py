import json
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from kogorta.kit.errors import InputError, OptionError
from kogorta.kit.language import Language
from kogorta.value import Appraiser, DayLedger, ModelGate, read_model
from kogorta.value.day_ledger import day_number

ENGLISH = Language("en")
AS_OF = date(1998, 6, 30)


@pytest.fixture(scope="module")
def appraisal(ledger):
    return Appraiser(calibration_end=date(1997, 9, 30)).fit(ledger, AS_OF)


def part_of(ledger, customers):
    rows = ledger.customer < customers
    return DayLedger(ledger.customer_ids, ledger.customer[rows], ledger.day[rows], ledger.amount[rows], "USD")


def test_a_model_that_wins_is_shown_with_its_error_beside_the_naive_one(appraisal):
    assert (appraisal.gate.shown, appraisal.gate.spend_model) == ("model", "gamma-gamma")
    assert appraisal.purchases_.code == appraisal.gate.model == appraisal.fitted_.code
    assert appraisal.gate.text(ENGLISH).startswith("Tested on 2,357 customers and 273 days of the base's own past")
    assert "fewer orders than were made" in appraisal.gate.text(ENGLISH)


def test_the_simpler_of_two_equal_models_is_taken(appraisal):
    best = min(appraisal.backtest.models, key=lambda figures: figures.deviance)
    chosen = appraisal.backtest.of(appraisal.gate.model)
    assert chosen.gap <= chosen.gap_error or chosen == best
    assert appraisal.gate.model == "bg-nbd"


def test_the_fit_uses_all_days_once_the_model_is_chosen(appraisal):
    assert appraisal.fitted_.customers_ == 2357
    assert appraisal.summary.x.sum() == 2457 + 1882


def test_json_holds_the_agreed_fields(appraisal):
    document = json.loads(appraisal.to_json())
    agreed = {"model", "unit", "customers", "repeaters", "params", "standard_errors", "log_likelihood", "holdout", "gate"}
    assert agreed <= set(document)
    assert {"predicted", "actual", "mae", "mae_naive"} <= set(document["holdout"])
    assert document["holdout"]["mae"] == pytest.approx(0.78545, abs=1e-5)
    assert document["gate"]["shown"] == "model"


def test_a_forecast_has_one_row_per_customer(appraisal):
    forecast = appraisal.forecast(segments=np.where(appraisal.summary.x > 0, "again", "once"))
    assert len(forecast) == 2357
    assert [total.segment for total in forecast.totals] == ["", "again", "once"]
    assert (forecast.currency, forecast.horizon_days, forecast.orders_days) == ("USD", 365, 90)


def test_few_repeaters_give_the_naive_rate_and_the_reason(ledger):
    small = Appraiser().fit(part_of(ledger, 50), AS_OF)
    assert (small.gate.shown, small.purchases_.code, small.spend_.code) == ("naive", "naive", "naive-spend")
    assert small.fitted_.code != "naive"
    assert "a model needs 30" in small.gate.text(ENGLISH)
    assert np.isnan(small.forecast().p_alive).all()


def test_a_model_that_does_not_beat_the_naive_rate_is_not_shown():
    # clockwork: everybody orders every 30 days, so the plain rate is right and a model of chance is not
    customers = np.repeat(np.arange(80), 12)
    days = np.tile(np.arange(12) * 30, 80)
    clock = Appraiser(model="bg-nbd").fit(DayLedger.from_orders(customers, days), date(1970, 12, 1))
    assert clock.gate.shown == "naive"
    assert "the model has not proved better" in clock.gate.text(ENGLISH)


def test_a_base_where_nobody_bought_twice_gives_zeros_and_the_reason():
    ledger = DayLedger.from_orders([str(n) for n in range(40)], list(range(0, 400, 10)), [500] * 40)
    alone = Appraiser().fit(ledger, date(1971, 3, 1))
    assert "Nobody ordered twice" in alone.gate.text(ENGLISH)
    assert not alone.forecast().clv.any()
    assert alone.fitted_ is None


def test_a_short_history_gives_the_naive_rate_and_the_reason(ledger):
    early = Appraiser().fit(ledger, date(1997, 2, 10))
    assert early.backtest is None
    assert "too short to test" in early.gate.text(ENGLISH)
    assert json.loads(early.to_json())["holdout"] is None


def test_orders_without_sums_give_orders_and_no_value(ledger):
    free = DayLedger(ledger.customer_ids, ledger.customer, ledger.day, np.zeros_like(ledger.amount), "USD")
    found = Appraiser(model="bg-nbd").fit(free, AS_OF)
    assert found.gate.spend_model == ""
    assert "no order sums" in found.gate.text(ENGLISH)
    assert not found.forecast().clv.any()


def test_correlated_spend_is_said_and_not_modelled(ledger):
    sizes = np.bincount(ledger.customer)
    dear = replace(ledger, amount=(1000 * sizes[ledger.customer] ** 2).astype(np.int64))
    found = Appraiser(model="bg-nbd").fit(dear, AS_OF)
    assert found.gate.spend_model == "naive-spend"
    assert "also differ in order value" in found.gate.text(ENGLISH)


def test_a_single_customer_gets_the_own_rate():
    one = Appraiser().fit(DayLedger.from_orders(["a"] * 5, [0, 50, 100, 150, 200], [100] * 5), date(1970, 8, 1))
    assert one.gate.shown == "naive"
    assert one.forecast().expected_orders[0] == pytest.approx(4 / 212 * 90)


def test_regular_buyers_are_recognised():
    customers, days = [], []
    rng = np.random.default_rng(5)
    for row in range(1200):
        interval = rng.gamma(4.0, 8.0)
        begin = int(rng.integers(0, 300))
        stop = begin + rng.exponential(500)
        moment = float(begin)
        while moment < min(stop, 104 * 7):
            customers.append(row)
            days.append(int(moment))
            moment += interval * rng.gamma(8, 1 / 8)
    found = Appraiser().fit(DayLedger.from_orders(customers, days), date(1971, 12, 29))
    assert found.gate.model == "mbg-cnbd-k"
    assert read_model(found.fitted_.to_json()) == found.fitted_


def test_the_gate_can_be_made_stricter(ledger):
    strict = Appraiser(model="bg-nbd", gate=ModelGate(min_repeaters=5000)).fit(ledger, AS_OF)
    assert strict.gate.shown == "naive"


def test_questions_that_cannot_be_are_refused(ledger):
    with pytest.raises(OptionError, match="model is 'magic'"):
        Appraiser(model="magic")
    with pytest.raises(InputError, match="end calibration earlier"):
        Appraiser(calibration_end=date(1999, 1, 1)).fit(ledger, AS_OF)
    with pytest.raises(InputError, match="nobody bought by 1990-01-01"):
        Appraiser().fit(ledger, date(1990, 1, 1))
    assert day_number(AS_OF) == ledger.last_day
