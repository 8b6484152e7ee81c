from dataclasses import replace
from datetime import date

import pytest

from kogorta.kit.errors import OptionError
from kogorta.kit.language import Language
from kogorta.value.backtest import Backtester
from kogorta.value.choice import ModelGate

ENGLISH = Language("en")


@pytest.fixture(scope="module")
def told(ledger):
    return Backtester(calibration_end=date(1997, 9, 30)).run(ledger, date(1998, 6, 30))


def altered(told, **figures):
    return replace(told, models=tuple(replace(model, **figures) for model in told.models))


def words(remarks):
    return " ".join(remark.text(ENGLISH) for remark in remarks)


def test_the_simpler_model_is_taken_where_the_best_is_hardly_better(told):
    assert ModelGate().orders(told)[0] == "bg-nbd"


def test_the_best_is_taken_where_it_is_clearly_better(told):
    clear = replace(
        told,
        models=tuple(
            replace(model, deviance=1.0, gap=0.0) if model.model == "pareto-nbd" else replace(model, gap=0.6, gap_error=0.1)
            for model in told.models
        ),
    )
    assert ModelGate().orders(clear)[0] == "pareto-nbd"


def test_an_equal_error_per_customer_leaves_the_word_to_totals_of_groups(told):
    tied = altered(told, gain_low=-0.01, mae=told.naive.mae, group_gain_low=0.05, group_error=0.1)
    code, remarks = ModelGate().orders(tied)
    assert code == "bg-nbd"
    assert "totals of groups by 10% against" in words(remarks)


def test_a_model_that_proves_nothing_is_not_shown(told):
    code, remarks = ModelGate().orders(altered(told, gain_low=-0.01, group_gain_low=-0.01))
    assert code == "naive"
    assert "the model has not proved better" in words(remarks)


def test_better_groups_do_not_excuse_a_worse_error_per_customer(told):
    worse = altered(told, gain_low=-0.5, mae=told.naive.mae * 1.2, group_gain_low=0.2)
    assert ModelGate().orders(worse)[0] == "naive"


def test_a_total_far_off_is_said_and_not_shown(told):
    code, remarks = ModelGate().orders(altered(told, bias=0.9))
    assert code == "naive"
    assert "off by 90% in the total number of orders, more than 56%" in words(remarks)


def test_a_fit_that_failed_is_never_shown(told):
    code, remarks = ModelGate().orders(altered(told, convergence="failed"))
    assert (code, remarks[0].code) == ("naive", "not-converged")


def test_a_flat_fit_is_shown_with_a_warning(told):
    _, remarks = ModelGate().orders(altered(told, convergence="flat"))
    assert "trust the intervals more than the figures" in words(remarks)


def test_a_holdout_without_orders_tests_nothing(told):
    code, remarks = ModelGate().orders(replace(told, actual=0.0))
    assert code == "naive"
    assert "Nobody ordered between 30 Sep 1997 and 30 Jun 1998" in words(remarks)


def test_few_repeaters_are_counted_out_loud(told):
    code, remarks = ModelGate(min_repeaters=1000).orders(told)
    assert code == "naive"
    assert words(remarks).startswith("Only 946 of 2,357 customers ordered again")


def test_options_that_cannot_be_are_refused():
    with pytest.raises(OptionError, match="max_correlation is 3"):
        ModelGate(max_correlation=3)


def test_a_handful_of_orders_in_the_test_period_proves_nothing(told):
    chosen, remarks = ModelGate().orders(replace(told, actual=9.0))
    assert chosen == "naive"
    assert [remark.code for remark in remarks] == ["few-test-orders"]
    assert ModelGate(min_test_orders=9).orders(replace(told, actual=9.0))[0] != "naive"
