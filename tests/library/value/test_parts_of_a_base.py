"""A large base is worked out a stretch of customers at a time: the figures are those of the whole."""

from dataclasses import fields
from datetime import date

import numpy as np
import pytest

from kogorta.kit.errors import InputError
from kogorta.value.appraisal import Appraiser
from kogorta.value.bg_nbd import BgNbd
from kogorta.value.churn import ChurnDetector
from kogorta.value.columns import chosen, gathered, joined, stretches
from kogorta.value.day_ledger import DayLedger, split, summarise
from kogorta.value.forecast import ValueForecaster
from kogorta.value.gamma_gamma import GammaGamma
from kogorta.value.retention import RetentionEconomics
from kogorta.value.rhythm import BaseRhythm, rhythm

AS_OF = date(1973, 6, 1)
CUT = date(1972, 9, 1)


@pytest.fixture(scope="module")
def ledger() -> DayLedger:
    rng = np.random.default_rng(11)
    return DayLedger.from_orders(
        [f"k{n}" for n in (rng.random(6000) ** 2 * 400).astype(int)], rng.integers(0, 1400, 6000), rng.integers(0, 9000, 6000)
    )


def by_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kogorta.value.day_ledger.ROWS", 37)


def same(one: object, other: object) -> bool:
    pairs = [(getattr(one, field.name), getattr(other, field.name)) for field in fields(one)]  # type: ignore[arg-type]
    return all(np.array_equal(a, b, equal_nan=a.dtype.kind == "f") if isinstance(a, np.ndarray) else a == b for a, b in pairs)


def test_parts_hold_every_purchase_day_once_and_whole_customers(ledger: DayLedger) -> None:
    parts = list(ledger.parts(10_000, rows=37))
    assert len(parts) > 50
    for name in ("customer", "day", "amount"):
        assert np.array_equal(np.concatenate([getattr(part, name) for part in parts]), getattr(ledger, name))
    seen = [set(part.customer.tolist()) for part in parts]
    assert sum(map(len, seen)) == len(set().union(*seen))


def test_days_after_the_end_are_in_no_part(ledger: DayLedger) -> None:
    assert sum(part.day.size for part in ledger.parts(500, rows=37)) == (ledger.day <= 500).sum()
    assert list(ledger.parts(-1)) == []


def test_histories_and_holdout_are_the_same(monkeypatch: pytest.MonkeyPatch, ledger: DayLedger) -> None:
    whole = summarise(ledger, AS_OF), *split(ledger, CUT, AS_OF)
    by_few(monkeypatch)
    parts = summarise(ledger, AS_OF), *split(ledger, CUT, AS_OF)
    assert all(same(one, other) for one, other in zip(whole, parts, strict=True))


def test_the_worth_of_retention_is_the_same(monkeypatch: pytest.MonkeyPatch, ledger: DayLedger) -> None:
    whole = RetentionEconomics().measure(ledger, AS_OF)
    by_few(monkeypatch)
    assert RetentionEconomics().measure(ledger, AS_OF) == whole


def test_signs_of_leaving_are_the_same(monkeypatch: pytest.MonkeyPatch, ledger: DayLedger) -> None:
    whole = ChurnDetector(false_alarms=0.5, late=0.6, gone_days=400).detect(ledger, AS_OF)
    by_few(monkeypatch)
    parts = ChurnDetector(false_alarms=0.5, late=0.6, gone_days=400).detect(ledger, AS_OF)
    assert len(whole) > 20
    assert [(item.customer_id, item.rank) for item in parts] == [(item.customer_id, item.rank) for item in whole]
    for one, other in zip(parts, whole, strict=True):
        assert one.at_stake == pytest.approx(other.at_stake, rel=1e-9, abs=1)  # the rhythm is summed in another order
        assert (one.p_value, one.next_order_on) == (other.p_value, other.next_order_on)


def test_the_rhythm_of_a_part_by_that_of_the_base_is_as_in_the_whole(ledger: DayLedger) -> None:
    base = BaseRhythm.learn(ledger, AS_OF)
    parts = [rhythm(part, AS_OF, base=base) for part in ledger.parts(10_000, rows=37)]
    assert same(gathered(parts), rhythm(ledger, AS_OF))


def test_a_base_where_nobody_came_twice_has_no_rhythm_and_a_part_of_one_that_has_does() -> None:
    ledger = DayLedger.from_orders(["a", "b", "b"], [3, 0, 8])
    first = next(ledger.parts(100, rows=1))
    with pytest.raises(InputError, match="nobody bought twice"):
        rhythm(first, AS_OF)
    assert rhythm(first, AS_OF, base=BaseRhythm.learn(ledger, AS_OF)).interval_days.tolist() == [8.0]


def test_what_a_model_foretells_in_stretches_is_the_same(monkeypatch: pytest.MonkeyPatch, ledger: DayLedger) -> None:
    summary = summarise(ledger, AS_OF)
    fitted = BgNbd().fit(summary)
    whole = fitted.expected_orders(summary, 52.0), fitted.p_alive(summary)
    monkeypatch.setattr("kogorta.value.purchase_model.CUSTOMERS", 100)
    assert np.array_equal(fitted.expected_orders(summary, 52.0), whole[0])
    assert np.array_equal(fitted.p_alive(summary), whole[1])


@pytest.mark.parametrize("kin", [False, True])
def test_a_forecast_asked_for_in_parts_is_that_of_everyone(monkeypatch: pytest.MonkeyPatch, ledger: DayLedger, kin: bool) -> None:
    monkeypatch.setattr("kogorta.value.forecast.FROM_ROWS", 0 if kin else 10**9)
    summary = summarise(ledger, AS_OF)
    rules = BgNbd().fit(summary), GammaGamma().fit(summary)
    forecaster = ValueForecaster(draws=200)
    everyone = forecaster.predict(summary, *rules)
    outlook = forecaster.outlook(summary, *rules)
    parts = list(outlook.parts(rows=70))
    assert [len(part) for part in parts] == [70] * (len(summary) // 70) + [len(summary) % 70]
    assert same(gathered(parts), everyone)
    assert len(outlook.whole) == len(everyone) == sum(map(len, parts))


@pytest.mark.parametrize("kin", [False, True])
def test_totals_summed_in_stretches_are_the_same(monkeypatch: pytest.MonkeyPatch, ledger: DayLedger, kin: bool) -> None:
    monkeypatch.setattr("kogorta.value.forecast.FROM_ROWS", 0 if kin else 10**9)
    summary = summarise(ledger, AS_OF)
    rules = BgNbd().fit(summary), GammaGamma().fit(summary)
    segments = np.where(summary.x > 10, "many", "few")
    whole = ValueForecaster(draws=200).predict(summary, *rules, segments).totals
    for room in ("forecast", "alike"):
        monkeypatch.setattr(f"kogorta.value.{room}.stretches", lambda rows: stretches(rows, 70))
    parts = ValueForecaster(draws=200).predict(summary, *rules, segments).totals
    for one, other in zip(whole, parts, strict=True):
        assert (one.segment, one.customers, one.clv) == (other.segment, other.customers, other.clv)
        assert (one.orders_low, one.orders_high) == pytest.approx((other.orders_low, other.orders_high), rel=1e-9)


def test_an_appraisal_without_histories_tells_the_same(ledger: DayLedger) -> None:
    whole = Appraiser(model="bg-nbd").fit(ledger, AS_OF)
    told = whole.without_histories()
    assert not hasattr(told, "summary")
    assert (told.to_json(), told.drift) == (whole.to_json(), whole.drift)


def test_histories_judged_after_the_ledger_is_gone_give_the_same_appraisal(ledger: DayLedger) -> None:
    appraiser = Appraiser(model="bg-nbd")
    assert appraiser.judge(appraiser.histories(ledger, AS_OF)).to_json() == appraiser.fit(ledger, AS_OF).to_json()


def test_columns_joined_are_let_go_of_piece_by_piece() -> None:
    pieces = [[np.array([1.0]), np.array([2.0])], [np.array([3.0]), np.array([4.0])]]
    assert [column.tolist() for column in joined(pieces)] == [[1.0, 3.0], [2.0, 4.0]]
    assert pieces == [[], []]


def test_rows_chosen_from_a_record_keep_what_is_no_column(ledger: DayLedger) -> None:
    beats = rhythm(ledger, AS_OF)
    few = chosen(beats, np.flatnonzero(beats.orders > 30))
    assert few.shape_ == beats.shape_
    assert few.orders.min() > 30
