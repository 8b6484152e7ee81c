import pytest
from hypothesis import given
from hypothesis import strategies as st

from kogorta.experiments.metrics import Metric
from kogorta.experiments.pilot import Pilot
from kogorta.experiments.quantities import Interval
from kogorta.experiments.readout import Effect
from kogorta.experiments.rollout import RolloutRule
from kogorta.kit.errors import InputError, OptionError
from kogorta.kit.language import Language


def test_the_response_of_the_source_case():
    result = Pilot().of(responded=22, sent=87, rest=400)
    assert (round(result.response.low, 3), round(result.response.high, 3)) == (0.173, 0.353)
    assert result.code == "measured"
    assert "Откликнулись 22 из 87: 25,3\xa0% (от 17,3\xa0% до 35,3\xa0%)." in result.words(Language("ru"))


def test_the_forecast_for_the_rest_is_wider_than_the_rate_alone():
    from scipy.stats import binom

    result = Pilot().of(responded=22, sent=87, rest=400)
    naive = binom.ppf(0.975, 400, 22 / 87) - binom.ppf(0.025, 400, 22 / 87)
    assert result.forecast.width > 1.8 * naive
    assert result.expected == pytest.approx(400 * 22.5 / 88)


@pytest.mark.parametrize(("break_even", "code"), [(0.10, "go"), (0.45, "stop"), (0.25, "unsure")])
def test_advice_follows_the_break_even_rate(break_even, code):
    assert Pilot(break_even=break_even).of(responded=22, sent=87).code == code


@given(st.integers(1, 300), st.integers(0, 2000), st.data())
def test_intervals_hold_the_estimates(sent, rest, data):
    responded = data.draw(st.integers(0, sent))
    result = Pilot().of(responded=responded, sent=sent, rest=rest)
    assert result.response.holds(result.rate)
    assert 0 <= result.forecast.low <= result.forecast.high <= rest


def test_impossible_pilots_are_refused():
    with pytest.raises(InputError, match="from 0 to 5"):
        Pilot().of(responded=6, sent=5)
    with pytest.raises(OptionError, match="at least 1"):
        Pilot().of(responded=0, sent=0)
    with pytest.raises(OptionError, match="rest is -1"):
        Pilot().of(responded=0, sent=5, rest=-1)


def effect(arm, value, verdict, metric=None):
    interval = Interval(value - 0.5, value + 0.5)
    return Effect(arm, "A", metric or Metric("x"), 100, 100, 1 + value, 1.0, interval, 0.01, 0.01, None, 0.1, verdict, 0.05)


def test_only_a_proven_arm_is_rolled_out_and_a_control_stays():
    found = RolloutRule().decide([effect("B", 1.0, "up"), effect("C", 0.2, "too_few_data")])
    assert (found.code, found.arm, found.control_share) == ("winner", "B", 0.05)
    assert not found.beats_all
    assert RolloutRule().decide([effect("B", 2.0, "up"), effect("C", 0.2, "no_difference")]).beats_all


def test_without_a_difference_the_cheaper_arm_is_sent():
    rule = RolloutRule(costs={"A": 3.0, "B": 1.0})
    assert rule.decide([effect("B", 0.1, "no_difference")]).arm == "B"
    assert RolloutRule().decide([effect("B", 0.1, "too_few_data")]).arm == "A"


def test_a_cost_metric_is_won_by_the_lower_arm():
    cost = Metric("x", direction="down")
    assert RolloutRule().decide([effect("B", -1.0, "down", cost), effect("C", -2.0, "down", cost)]).arm == "C"


def test_a_worse_arm_is_never_sent_and_a_broken_split_sends_nothing():
    assert RolloutRule(costs={"A": 5, "B": 0}).decide([effect("B", -1.0, "down")]).code == "control_best"
    assert RolloutRule().decide([effect("B", 1.0, "blocked")]).arm is None
    assert RolloutRule().decide([effect("B", 1.0, "up")], finished=False).code == "wait"
    with pytest.raises(InputError, match="one metric"):
        RolloutRule().decide([effect("B", 1, "up"), effect("C", 1, "up", Metric("y"))])
