from datetime import date

import numpy as np
import pytest

from kogorta.kit.errors import InputError, OptionError
from kogorta.value.backtest import Backtester, default_cut
from kogorta.value.day_ledger import DayLedger


@pytest.fixture(scope="module")
def told(ledger):
    return Backtester(calibration_end=date(1997, 9, 30)).run(ledger, date(1998, 6, 30))


def test_cdnow_gives_the_known_figures(told):
    assert (told.customers, told.repeaters, told.actual, told.holdout_days) == (2357, 946, 1882, 273)
    figures = told.of("bg-nbd")
    assert figures.predicted == pytest.approx(1653.409, abs=5e-3)
    assert figures.bias == pytest.approx(-0.121, abs=1e-3)
    assert figures.mae == pytest.approx(0.78545, abs=1e-5)
    assert figures.correlation == pytest.approx(0.62565, abs=1e-5)
    assert told.naive.mae == pytest.approx(1.02367, abs=1e-5)


def test_the_table_by_calibration_purchases_is_as_published(told):
    assert told.by_x_customers == (1411, 439, 214, 100, 62, 38, 29, 64)
    actual = [0.236712, 0.697039, 1.392523, 1.56, 2.532258, 2.947368, 3.862069, 6.359375]
    assert told.by_x_actual == pytest.approx(actual, abs=1e-6)
    assert told.of("pareto-nbd").by_x == pytest.approx([0.138, 0.6, 1.196, 1.714, 2.399, 2.907, 3.819, 6.403], abs=1.1e-3)


def test_gains_over_the_naive_rate_have_their_lower_bound(told):
    for figures in told.models:
        assert figures.gain == pytest.approx(told.naive.mae - figures.mae)
        assert 0 < figures.gain_low < figures.gain
    assert min(figures.gap for figures in told.models) == 0


def test_the_naive_rate_calls_orders_impossible_that_were_made(told):
    assert told.naive.deviance == float("inf")
    assert all(np.isfinite(figures.deviance) for figures in told.models)


def test_spend_is_tested_too(told):
    assert told.spend.mae < told.spend.mae_naive
    assert told.spend.correlation == pytest.approx(0.11388, abs=1e-4)


def test_a_model_that_cannot_be_fitted_is_told_and_not_hidden():
    ledger = DayLedger.from_orders([str(n) for n in range(9)], list(range(0, 90, 10)))
    told = Backtester(models=("bg-nbd",)).run(ledger, date(1970, 4, 1))
    assert told.models == ()
    assert told.failures[0][0] == "bg-nbd"
    assert "bought twice" in told.failures[0][1]


def test_the_cut_leaves_two_thirds_for_calibration(ledger):
    assert default_cut(ledger, date(1998, 6, 30)) == date(1997, 12, 30)
    with pytest.raises(InputError, match="history is 30 days long"):
        default_cut(ledger, date(1997, 1, 31))


def test_an_unknown_model_is_refused():
    with pytest.raises(OptionError, match="'bg-nbd', 'mbg-nbd', 'pareto-nbd', 'mbg-cnbd-k'"):
        Backtester(models=("prophet",))
