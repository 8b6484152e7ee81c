import math

import numpy as np
import pytest

from kogorta.experiments.assignment import Arms
from kogorta.experiments.metrics import Metric
from kogorta.experiments.plan import Planner, arms_of
from kogorta.experiments.sizing import sample_size_means
from kogorta.kit.errors import InputError, OptionError
from kogorta.kit.language import Language


def test_the_plan_of_the_design_page():
    plan = Planner(available=2400).rate(0.03, 0.036)
    assert dict(plan.sizes) == {"A": 13911, "B": 13911}
    assert plan.detectable == pytest.approx(0.053, abs=0.0005)
    words = plan.words(Language("ru"))
    assert words.startswith("Нужно 13\xa0911 клиентов на вариант")
    assert "5,27\xa0%" in words


def test_weeks_are_whole_and_the_window_is_added():
    assert Planner(daily=1000, window_days=14).rate(0.03, 0.036).days == 28 + 14
    assert Planner(daily=1_000_000).rate(0.03, 0.036).days == 7


def test_several_arms_share_the_error_rate_and_the_smallest_arm_is_served():
    two = Planner().rate(0.10, 0.12).total / 2
    three = Planner(arms=Arms.of({"c": 1, "a": 1, "b": 1})).rate(0.10, 0.12)
    assert three.sizes[0][1] > two
    uneven = Planner(arms=Arms.of({"c": 8, "a": 1, "b": 1})).rate(0.10, 0.12)
    assert uneven.total > three.total
    assert dict(uneven.sizes)["a"] == dict(uneven.sizes)["b"]


def test_looking_five_times_costs_two_and_a_half_percent_more_customers():
    once, often = Planner().rate(0.03, 0.036), Planner(looks=5).rate(0.03, 0.036)
    assert often.inflation == pytest.approx(1.0247, abs=5e-4)
    assert often.total / once.total == pytest.approx(often.inflation, rel=1e-3)


def test_a_mean_is_planned_on_the_users_own_history():
    spend = np.random.default_rng(3).gamma(2.0, 50.0, 5000)
    plan = Planner().history({"spend": spend}, Metric("spend"), lift=0.1)
    expected = sample_size_means(spend.mean() * 0.1, spend.std(ddof=1))
    assert plan.sizes[0][1] == expected.treated


def test_a_covariate_that_explains_three_quarters_cuts_the_sample_to_a_quarter():
    random = np.random.default_rng(4)
    before = random.normal(100, 10, 20_000)
    after = before * np.sqrt(0.75) + random.normal(50, 5, 20_000)
    columns = {"after": after, "before": before}
    plain = Planner().history(columns, Metric("after"), lift=0.01)
    helped = Planner().history(columns, Metric("after", covariate="before"), lift=0.01)
    assert helped.total / plain.total == pytest.approx(0.25, abs=0.01)


def test_strata_that_explain_the_outcome_cut_the_sample():
    stratum = np.repeat(["low", "high"], 5000)
    value = np.where(stratum == "low", 10.0, 30.0) + np.random.default_rng(5).normal(0, 5, 10_000)
    columns = {"value": value, "stratum": stratum}
    plan = Planner().history(columns, Metric("value"), lift=0.05, stratum="stratum")
    assert plan.deviation == pytest.approx(5, abs=0.1)


def test_companies_are_counted_when_companies_are_drawn():
    random = np.random.default_rng(6)
    company = np.repeat(np.arange(200), 10).astype(str)
    value = np.repeat(random.normal(100, 20, 200), 10) + random.normal(0, 5, 2000)
    plan = Planner().history({"value": value, "company": company}, Metric("value"), lift=0.1, cluster="company")
    assert plan.unit == "companies"
    assert plan.deviation == pytest.approx(20, abs=2.5)
    assert "компани" in plan.words(Language("ru"))


def test_a_fall_is_planned_as_well_as_a_rise():
    plan = Planner(available=4000).rate(0.10, 0.08)
    assert plan.detectable < 0.10


@pytest.mark.parametrize("unit", [1e-200, 1e-9, 1.0, 1e150])
def test_a_plan_does_not_depend_on_the_unit_of_money(unit):
    plan = Planner(available=400).mean(10 * unit, 11 * unit, 5 * unit)
    assert plan.words(Language("ru"))
    assert (plan.sizes, round(plan.detectable / unit, 6)) == ((("A", 394), ("B", 394)), 11.404182)


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (lambda: Planner().history({"x": [0.0, 0.0]}, Metric("x"), lift=0.1), InputError, "nothing to plan on"),
        (lambda: Planner().history({"x": [1.0, 2.0]}, Metric("x"), lift=0), OptionError, "other than 0"),
        (lambda: Planner().history({"x": [1, 1, 0]}, Metric("x", "proportion"), lift=2), OptionError, "within 0-1"),
        (lambda: Planner().history({"x": [1, 2]}, Metric("y"), lift=1), InputError, "no column 'y'"),
        (lambda: Planner(daily=0), OptionError, "greater than zero"),
        (lambda: Planner(rest=-1), OptionError, "0 or more"),
        (lambda: Planner(waves_planned=0), OptionError, "waves_planned"),
        (lambda: Planner().mean(1, 2, math.inf), OptionError, "no list is long enough"),
        (lambda: Planner().mean(0, 1, 1e8), OptionError, "no list is long enough"),
        (lambda: Planner().mean(1, math.inf, 1), OptionError, "no list is long enough"),
        (lambda: Planner(arms=Arms.of({"c": 0, "a": 1, "b": 1})), OptionError, "weight of 0"),
        (lambda: arms_of({"a": 1, "b": 1}, "c"), OptionError, "control is 'c'"),
    ],
)
def test_plans_on_nothing_are_refused(call, error, sentence):
    with pytest.raises(error, match=sentence):
        call()
