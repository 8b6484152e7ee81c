"""Intervals, forecasts and claims: what a wave may bring above what would come anyway."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kogorta.kit.errors import OptionError
from kogorta.segments.figures import IndustrySegment
from kogorta.waves.baseline import Z90, Baseline, wilson
from kogorta.waves.first_wave import FirstWave, plan_experiment
from kogorta.waves.forecast import ASSUMED_UPLIFT, check_claim, forecast_wave
from kogorta.waves.industries import rank_industries
from kogorta.waves.plan import Range, WaveMember

QUIET = Baseline(400, 20, 400, 60)


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_intervals_are_the_published_ones(successes, trials, low, high):
    # Newcombe (1998), Statistics in Medicine 17, table I, method 3; the first two by the closed form
    found = wilson(successes, trials)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)
    assert found.middle == successes / trials


@given(st.integers(0, 500), st.integers(1, 500))
def test_a_wilson_interval_solves_its_equation(successes, trials):
    successes = min(successes, trials)
    found = wilson(successes, trials, Z90)
    assert 0 <= found.low <= found.middle <= found.high <= 1 + 1e-12
    for bound in (found.low, found.high):
        if 0 < bound < 1:
            assert abs(successes / trials - bound) == pytest.approx(Z90 * math.sqrt(bound * (1 - bound) / trials), rel=1e-6, abs=1e-9)


def test_nothing_tried_is_nothing_known():
    assert wilson(0, 0) == Range(0.0, 0.0, 1.0)


def test_industries_are_ranked_by_what_can_be_trusted():
    figures = [
        IndustrySegment("tiny", "s", 2, 10_000),
        IndustrySegment("tiny", "t", 1, 0),
        IndustrySegment("large", "s", 30, 100),
        IndustrySegment("large", "t", 30, 0),
        IndustrySegment("low", "s", 5, 100),
        IndustrySegment("low", "t", 95, 0),
        IndustrySegment("absent", "t", 50, 0),
    ]
    ranks = rank_industries(figures, "s", 2)
    assert [(rank.industry, rank.customers, rank.in_segment, rank.chosen) for rank in ranks] == [
        ("large", 60, 30, True),
        ("tiny", 3, 2, False),
        ("low", 100, 5, True),
    ]
    for rank in ranks:
        assert rank.share_low == wilson(rank.in_segment, rank.customers).low
    assert rank_industries(figures, "nobody", 3) == ()
    assert not any(rank.chosen for rank in rank_industries(figures, "s", 0))


def test_the_same_seed_gives_the_same_forecast_and_another_one_another():
    checks = [100_00, 250_00, 900_00]
    assert forecast_wave(200, 50, QUIET, checks) == forecast_wave(200, 50, QUIET, checks)
    assert forecast_wave(200, 50, QUIET, checks) != forecast_wave(200, 50, QUIET, checks, seed=1)
    assert forecast_wave(200, 50, QUIET, checks) == forecast_wave(200, 50, QUIET, checks[::-1])


def test_the_baseline_is_subtracted():
    checks = [100_00] * 50
    rare, often = Baseline(1000, 10, 1000, 20), Baseline(1000, 700, 1000, 900)
    for baseline in (rare, often):
        found = forecast_wave(200, 50, baseline, checks)
        assert found.extra_buyers.middle == pytest.approx(200 * ASSUMED_UPLIFT.middle)
        assert found.extra_revenue.middle == pytest.approx(200 * (0.02 + 0.05 + 0.10) / 3 * 100_00, rel=0.02)
        assert found.extra_buyers.low <= found.extra_buyers.middle <= found.extra_buyers.high
    assert forecast_wave(200, 50, often, checks).response.middle == pytest.approx(0.75)


def test_nothing_can_be_added_to_those_who_all_buy():
    found = forecast_wave(100, 0, Baseline(1_000_000, 1_000_000, 1, 1), [100_00])
    assert found.extra_buyers.high <= 1
    assert found.response.high <= 1


def test_a_measured_uplift_of_nothing_brings_nothing():
    found = forecast_wave(100, 20, QUIET, [100_00], uplift=Range(0.0, 0.0, 0.0), measured=True)
    assert (found.extra_revenue.low, found.extra_revenue.high, found.extra_buyers.middle) == (0, 0, 0)


def test_every_input_says_where_it_comes_from():
    found = forecast_wave(200, 50, QUIET, [100_00, 0, -5])
    sources = {item.name: (item.value, item.source, item.sample) for item in found.inputs}
    assert sources == {
        "baseline_rate": (0.05, "measured", 400),
        "uplift": (0.05, "assumed", None),
        "average_check": (100_00, "measured", 1),
        "treated": (200, "given", None),
        "horizon": (90, "given", None),
    }


@pytest.mark.parametrize(("treated", "checks"), [(0, [100]), (10, []), (10, [0, -5])])
def test_a_forecast_of_nobody_or_of_no_money_is_refused(treated, checks):
    with pytest.raises(OptionError, match="A forecast needs customers to contact and their checks"):
        forecast_wave(treated, 0, QUIET, checks)


def test_the_forecast_of_the_source_case_contradicts_its_own_checks():
    found = check_claim(87, (0.25, 0.30), (15e6, 18e6), (0.05e6, 0.45e6))
    assert [item.code for item in found] == ["check_above_own"]
    figures = dict(found[0].figures)
    assert (round(figures["buyers_low"]), round(figures["buyers_high"])) == (22, 26)
    assert round(figures["per_buyer_low"] / 1e6, 2) == round(figures["per_buyer_high"] / 1e6, 2) == 0.69
    assert figures["check_high"] == 0.45e6


def test_claims_are_compared_with_what_happens_anyway():
    money = {"revenue": (1e6, 2e6), "average_check": (50_000, 90_000)}
    assert [item.code for item in check_claim(100, (0.20, 0.25), **money)] == []
    assert [item.code for item in check_claim(100, (0.20, 0.25), **money, baseline=Range(0.2, 0.22, 0.26))] == ["baseline_not_subtracted"]
    far = check_claim(100, (0.60, 0.70), (4e6, 6e6), (50_000, 90_000), baseline=Range(0.02, 0.03, 0.05))
    assert [item.code for item in far] == ["conversion_far_above_baseline"]
    assert [item.code for item in check_claim(100, (0.20, 0.25), (1e5, 2e5), (50_000, 90_000))] == ["check_below_own"]
    assert check_claim(0, (0.2, 0.3), (1, 2), (1, 2)) == ()


def member(place, arm):
    return WaveMember(place, str(place), *[None] * 8, None, 1, 1, 1, 1, "111", 1, (), arm)


@pytest.mark.parametrize(
    ("treated", "control", "verdict"), [(10, 0, "do_not_test"), (0, 10, "do_not_test"), (80, 20, "pilot"), (40_000, 10_000, "ab_test")]
)
def test_a_short_list_is_a_pilot_and_no_test(treated, control, verdict):
    wave = [member(place, "treated" if place < treated else "control") for place in range(treated + control)]
    plan = plan_experiment(wave, 0.05)
    assert (plan.treated, plan.control, plan.verdict) == (treated, control, verdict)
    if verdict == "pilot":
        assert plan.smallest_detectable_rate is None or plan.smallest_detectable_rate > 0.05 + ASSUMED_UPLIFT.high
        assert plan.needed_per_arm > treated


@pytest.mark.parametrize("rate", [0.0, 0.5, 0.97, 1.0])
def test_any_baseline_has_a_verdict(rate):
    wave = [member(place, "treated" if place % 5 else "control") for place in range(300)]
    assert plan_experiment(wave, rate).verdict in {"pilot", "ab_test", "do_not_test"}


def test_a_wave_out_of_bounds_is_refused():
    for options in ({"size": 0}, {"control_share": 0.6}, {"control_share": -0.1}):
        with pytest.raises(OptionError):
            FirstWave(**options)
