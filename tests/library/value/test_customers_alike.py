"""Of a large base one history of each kin is drawn; bounds and totals are those of drawing everyone."""

import numpy as np
import pytest

from kogorta.value import alike, forecast
from kogorta.value.alike import Kin
from kogorta.value.bg_nbd import BgNbd, FittedBgNbd
from kogorta.value.cells import group, sampled
from kogorta.value.forecast import CustomerForecast, SegmentCodes, ValueForecaster
from kogorta.value.gamma_gamma import FittedGammaGamma, GammaGamma
from kogorta.value.naive_rate import NaiveRate
from kogorta.value.spend_model import NaiveSpend
from kogorta.value.summary import PurchaseSummary

ROWS = 3000


@pytest.fixture(scope="module")
def summary() -> PurchaseSummary:
    rng = np.random.default_rng(3)
    age = rng.integers(30, 1400, ROWS) / 7
    rate = rng.gamma(0.7, 0.06, ROWS)
    lived = np.minimum(age, rng.exponential(80.0, ROWS))
    x = rng.poisson(rate * lived).astype(float)
    last = np.where(x > 0, np.maximum(lived * rng.random(ROWS) ** (1 / np.maximum(x, 1)), 1 / 7), 0.0)
    spend = np.where(x > 0, np.rint(rng.gamma(4, 1000, ROWS) + 100), 0.0)
    return PurchaseSummary(x, np.rint(last * 7) / 7, age, spend=spend)


@pytest.fixture(scope="module")
def fitted(summary: PurchaseSummary) -> tuple[FittedBgNbd, FittedGammaGamma]:
    return BgNbd().fit(summary), GammaGamma().fit(summary)  # type: ignore[return-value]


def foretold(
    monkeypatch: pytest.MonkeyPatch, summary: PurchaseSummary, fitted: tuple[object, object], *, kin: bool, segments: object = None
) -> CustomerForecast:
    monkeypatch.setattr(forecast, "FROM_ROWS", 0 if kin else 10**9)
    return ValueForecaster(draws=1000).predict(summary, *fitted, segments)  # type: ignore[arg-type]


def test_bounds_of_kin_are_near_those_of_drawing_everyone(
    monkeypatch: pytest.MonkeyPatch, summary: PurchaseSummary, fitted: tuple[FittedBgNbd, FittedGammaGamma]
) -> None:
    ours = foretold(monkeypatch, summary, fitted, kin=True)
    everyone = foretold(monkeypatch, summary, fitted, kin=False)
    assert np.array_equal(ours.clv, everyone.clv)
    assert np.array_equal(ours.expected_orders, everyone.expected_orders)
    assert np.mean(np.abs(ours.orders_high - everyone.orders_high) <= 1) > 0.98
    assert np.mean(ours.orders_high) == pytest.approx(np.mean(everyone.orders_high), rel=0.06)
    assert np.mean(ours.clv_high) == pytest.approx(np.mean(everyone.clv_high), rel=0.05)
    assert np.abs(ours.p_alive_low - everyone.p_alive_low).max() < 0.02
    assert (ours.clv_low <= ours.clv).all()
    assert (ours.clv <= ours.clv_high).all()


@pytest.mark.parametrize("naive", [False, True])
def test_totals_of_kin_are_near_those_of_drawing_everyone(
    monkeypatch: pytest.MonkeyPatch, summary: PurchaseSummary, fitted: tuple[FittedBgNbd, FittedGammaGamma], naive: bool
) -> None:
    rules = (NaiveRate.learn(summary, floor=True), NaiveSpend.learn(summary)) if naive else fitted
    segments = np.where(np.arange(ROWS) % 3 == 0, "a", "b")
    ours = foretold(monkeypatch, summary, rules, kin=True, segments=segments).totals
    everyone = foretold(monkeypatch, summary, rules, kin=False, segments=segments).totals
    for mine, theirs in zip(ours, everyone, strict=True):
        assert (mine.segment, mine.customers, mine.clv) == (theirs.segment, theirs.customers, theirs.clv)
        for bound in ("orders_low", "orders_high", "clv_low", "clv_high"):
            assert getattr(mine, bound) == pytest.approx(getattr(theirs, bound), rel=0.04)


def test_the_order_of_rows_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, summary: PurchaseSummary, fitted: tuple[FittedBgNbd, FittedGammaGamma]
) -> None:
    order = np.random.default_rng(8).permutation(ROWS)
    straight = foretold(monkeypatch, summary, fitted, kin=True)
    mixed = foretold(monkeypatch, summary.take(order), fitted, kin=True)
    for column in ("p_alive_low", "p_alive_high", "orders_low", "orders_high"):
        assert np.array_equal(getattr(straight, column)[order], getattr(mixed, column))
    assert np.abs(straight.clv_high[order] - mixed.clv_high).max() <= 1
    assert straight.totals[0].clv_high == pytest.approx(mixed.totals[0].clv_high, rel=1e-12)


def test_codes_of_segments_give_the_totals_of_their_names(
    monkeypatch: pytest.MonkeyPatch, summary: PurchaseSummary, fitted: tuple[FittedBgNbd, FittedGammaGamma]
) -> None:
    codes = np.arange(ROWS) % 2 * 2  # nobody is in the middle one
    named = foretold(monkeypatch, summary, fitted, kin=True, segments=np.where(codes == 0, "new", "vip"))
    coded = foretold(monkeypatch, summary, fitted, kin=True, segments=SegmentCodes(("new", "other", "vip"), codes))
    assert named.totals == coded.totals


def test_kin_buy_alike_and_a_history_of_theirs_stands_for_them(summary: PurchaseSummary, fitted: tuple[FittedBgNbd, object]) -> None:
    alive = fitted[0].p_alive(summary)
    kin = Kin.find(summary, alive)
    stands = kin.row[kin.of]
    assert len(kin) < ROWS
    few = summary.x <= alike.EXACT
    assert np.array_equal(summary.x[stands][few], summary.x[few])
    assert np.abs(np.log1p(summary.T[stands]) - np.log1p(summary.T)).max() < alike.STEP + 1e-9
    assert np.abs(alive[stands] - alive).max() < alike.ODDS_STEP / 4 + 1e-9


def test_a_sample_of_customers_keeps_the_shares_of_histories(summary: PurchaseSummary) -> None:
    cells = group(summary)
    part = sampled(cells, ROWS // 4)
    assert part.customers == pytest.approx(ROWS // 4, abs=1)
    assert part.x @ part.count / part.customers == pytest.approx(cells.x @ cells.count / cells.customers, rel=0.02)
    assert part.T @ part.count / part.customers == pytest.approx(cells.T @ cells.count / cells.customers, rel=0.01)
    assert group(summary.take(np.arange(ROWS)[::-1])).count.tolist() == cells.count.tolist()


def test_a_fit_of_a_sample_is_near_that_of_all(monkeypatch: pytest.MonkeyPatch, summary: PurchaseSummary) -> None:
    whole = BgNbd().fit(summary)
    monkeypatch.setattr("kogorta.value.purchase_model.ENOUGH", 1500)
    part = BgNbd().fit(summary)
    assert part.customers_ == pytest.approx(1500, abs=1)
    assert part.expected_orders(summary, 52.0).sum() == pytest.approx(whole.expected_orders(summary, 52.0).sum(), rel=0.05)
