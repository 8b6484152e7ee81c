"""Figures of other libraries that the other tests of the room do not hold: same data, their convention, their printed digits."""

import numpy as np
import pytest

from kogorta.experiments.always_valid import AlwaysValid
from kogorta.experiments.contrasts import Estimate, MeanContrast, RateContrast
from kogorta.experiments.elsewhere import eppo_shard, linear_reading, log_reading, pooled_z, walked_scores
from kogorta.experiments.metrics import Metric
from kogorta.experiments.plan import Planner
from kogorta.experiments.qini import Ranking, curve_area, qini_score, uplift_at
from kogorta.experiments.sizing import power_of_proportions, sample_size_means, smallest_detectable_mean
from kogorta.experiments.srm import check_split
from kogorta.kit.errors import InputError, OptionError

MEN, WOMEN, NOBODY = "Mens E-Mail", "Womens E-Mail", "No E-Mail"


def estimate(values):
    values = np.asarray(values, dtype=float)
    return Estimate(float(values.mean()), float(values.var(ddof=1)) / len(values), len(values) - 1)


def welch(hillstrom, arm, outcome):
    return MeanContrast(*(estimate(hillstrom[outcome][hillstrom["segment"] == name]) for name in (arm, NOBODY)))


def mailed(hillstrom, arm):
    keep = (hillstrom["segment"] == arm) | (hillstrom["segment"] == NOBODY)
    part = {name: np.asarray(values)[keep] for name, values in hillstrom.items()}
    return part, part["visit"].astype(float), (part["segment"] == arm).astype(float)


def test_hillstrom_sums(hillstrom):
    for outcome, expected in (("visit", (2262, 3894, 3238)), ("conversion", (122, 267, 189)), ("spend", (13908.33, 30311.69, 23038.11))):
        sums = [hillstrom[outcome][hillstrom["segment"] == arm].sum() for arm in (NOBODY, MEN, WOMEN)]
        assert sums == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("outcome", "statistic"), [("visit", 22.620231), ("conversion", 7.389736), ("spend", 5.300140)])
def test_hillstrom_statistics_of_welch(hillstrom, outcome, statistic):
    assert welch(hillstrom, MEN, outcome).statistic == pytest.approx(statistic, abs=1e-6)


def test_hillstrom_degrees_of_freedom(hillstrom):
    assert welch(hillstrom, MEN, "spend").freedom == pytest.approx(36671.158, abs=1e-3)


def test_hillstrom_pooled_z():
    visits, conversions = pooled_z(3894, 21307, 2262, 21306), pooled_z(267, 21307, 122, 21306)
    assert (visits[0], conversions[0]) == pytest.approx((22.486, 7.3851), abs=5e-5)
    assert (visits[1], conversions[1]) == (pytest.approx(5.7e-112, rel=5e-3), pytest.approx(1.523e-13, rel=5e-4))


def test_hillstrom_relative_intervals_of_other_libraries(hillstrom):
    spend = welch(hillstrom, MEN, "spend")
    linear, log = linear_reading(spend), log_reading(spend)
    assert linear.relative == pytest.approx(1.1793, abs=5e-5)
    assert (linear.interval.low, linear.interval.high) == pytest.approx((0.5443, 1.8143), abs=5e-5)
    assert (log.low, log.high) == pytest.approx((0.6284, 1.9165), abs=5e-5)
    assert linear.p == pytest.approx(2.7e-4, abs=5e-6)
    assert linear_reading(welch(hillstrom, WOMEN, "conversion")).p == pytest.approx(2.4e-3, abs=5e-5)


def test_the_relative_interval_of_the_tea_tasting_guide():
    # orders per user of make_users_data(rng=42)
    treated = Estimate(0.5730905412240769, 0.7447815874459133 / 1977, 1976)
    control = Estimate(0.5304003954522986, 0.7437588405933173 / 2023, 2022)
    found = log_reading(MeanContrast(treated, control))
    assert (found.low, found.high) == pytest.approx((-0.019515294, 0.1906880061), abs=1e-9)


def test_a_figure_without_logarithm_is_refused():
    with pytest.raises(InputError, match="needs one above zero"):
        log_reading(MeanContrast(Estimate(1, 1), Estimate(0, 1)))


def test_the_split_check_of_the_tea_tasting_guide():
    counts = {"a": 2023, "b": 1977}
    assert check_split(counts, correction=True).p == pytest.approx(0.476766724, abs=1e-9)
    assert check_split(counts).p < 0.4768
    assert check_split({"a": 5, "b": 5}, correction=True).p == 1.0


def test_a_correction_for_three_arms_is_refused():
    with pytest.raises(OptionError, match="3 arms are in use"):
        check_split({"a": 5, "b": 5, "c": 6}, correction=True)


# revenue of make_users_data(rng=42, covariates=True) without uplifts, with its covariate: means and covariances of 4,000 users
MEANS = [5.2962375, 5.30246]
COVARIANCE = [[106.82404007861341, 75.94089575468874], [75.94089575468874, 186.67377629247324]]


@pytest.fixture(scope="module")
def history():
    """Rows that have exactly the published moments."""
    drawn = np.random.default_rng(1).normal(size=(4000, 2))
    drawn -= drawn.mean(axis=0)
    white = drawn @ np.linalg.inv(np.linalg.cholesky(np.cov(drawn.T))).T
    revenue, before = (white @ np.linalg.cholesky(COVARIANCE).T + MEANS).T
    return {"revenue": revenue, "revenue_before": before}


# printed as 9.2 % and 6.5 %; the further digits come from running the library, version 1.14.0
@pytest.mark.parametrize(("customers", "printed", "detectable"), [(10_000, 0.092, 0.0921967494), (20_000, 0.065, 0.0651898150)])
def test_the_power_page_of_tea_tasting(history, customers, printed, detectable):
    plan = Planner(available=customers).history(history, Metric("revenue", covariate="revenue_before"), lift=printed)
    assert plan.detectable / plan.baseline - 1 == pytest.approx(printed, abs=5e-4)
    assert plan.detectable / plan.baseline - 1 == pytest.approx(detectable, abs=1e-9)
    assert plan.total == pytest.approx(customers, rel=0.01)


@pytest.mark.parametrize(("treated", "control"), [(40, 40), (300, 30), (5, 400)])
def test_the_smallest_detectable_mean_is_the_inverse_of_the_sample_size(treated, control):
    found = smallest_detectable_mean(treated, control, 2.0)
    assert sample_size_means(found, 2.0, ratio=control / treated).exact == pytest.approx(treated, rel=1e-6)


def test_the_smallest_detectable_mean_of_nobody_is_refused():
    with pytest.raises(OptionError, match="at least 3"):
        smallest_detectable_mean(1, 1, 2.0)
    with pytest.raises(OptionError, match="at least 1"):
        smallest_detectable_mean(0, 5, 2.0)
    with pytest.raises(OptionError, match="greater than"):
        smallest_detectable_mean(5, 5, 0)


def test_the_popular_formula_is_short_of_its_power():
    assert power_of_proportions(13_911, 13_911, 0.03, 0.036, method="normal") == pytest.approx(0.80, abs=1e-4)
    assert 0.76 < power_of_proportions(13_051, 13_051, 0.03, 0.036, method="normal") < 0.78


def test_the_sequential_p_of_gbstats_is_one():
    def of_sums(n, total, squares):
        return Estimate(total / n, (squares - total**2 / n) / (n - 1) / n, n - 1)

    contrast = MeanContrast(of_sums(3461, 2422.7, 134698.29), of_sums(3000, 1396.87, 52377.9767))
    reading = linear_reading(contrast)
    relative = reading.relative
    error = (reading.interval.high - relative) / contrast.critical(0.05)
    assert AlwaysValid(1000).p(MeanContrast(Estimate(relative, error**2), Estimate(0.0, 0.0)), 6461) == 1


def test_the_engine_has_the_buckets_of_eppo(hillstrom_connection):
    sql = "SELECT ('0x' || substr(md5('exp1-' || ?), 1, 8))::BIGINT % 10000"
    for user in ("user-1", "user-2", "12345"):
        assert hillstrom_connection.execute(sql, [user]).fetchone() == (eppo_shard(user, "exp1"),)


# Among equal scores causalml takes the order that pandas' quicksort leaves, and that depends on the processor: the first pair is the
# printed one, the others are what the same sort leaves on two other processors.
@pytest.mark.parametrize(
    ("arm", "known"),
    [
        (WOMEN, ((0.00628, 0.50534), (0.00594, 0.50501), (0.00684, 0.50592))),
        (MEN, ((0.031807, 0.532101), (0.032278, 0.532627), (0.032328, 0.53261))),
    ],
)
def test_the_areas_of_causalml(hillstrom, arm, known):
    part, visit, treated = mailed(hillstrom, arm)
    history = part["history"].astype(float)
    order = np.arange(len(history))[::-1][np.argsort(history[::-1], kind="quicksort")][::-1]
    found = walked_scores(history[order], visit[order], treated[order])
    digits = 5 if arm == WOMEN else 6
    assert (round(found.qini, digits), round(found.auuc, digits)) in known


def test_the_best_and_the_worst_order_of_equal_scores_hold_the_area_of_causalml(hillstrom):
    part, visit, treated = mailed(hillstrom, WOMEN)
    good = np.where(treated == 1, visit, -visit)
    ends = []
    for sign in (1, -1):
        order = np.lexsort((-sign * good, -part["history"].astype(float)))
        ends.append(walked_scores(part["history"].astype(float)[order], visit[order], treated[order]).qini)
    assert ends[1] < 0.00628 < ends[0]
    assert ends[0] - ends[1] > 0.05


def test_an_area_over_no_effect_is_refused():
    with pytest.raises(InputError, match="whole effect is zero"):
        walked_scores(np.arange(4.0), np.array([1.0, 1, 1, 1]), np.array([0, 1, 0, 1.0]))


def test_the_uplift_of_the_best_thirty_percent(hillstrom):
    part, visit, treated = mailed(hillstrom, WOMEN)
    history = part["history"].astype(float)
    assert uplift_at(history, visit, treated) == pytest.approx(0.047942, abs=1e-6)
    assert uplift_at(history, visit, treated, by_group=True) == pytest.approx(0.048407, abs=1e-6)


def test_a_best_part_without_treated_customers_is_refused():
    with pytest.raises(InputError, match="0 treated and 2 control"):
        uplift_at(np.arange(6.0), np.zeros(6), np.array([1, 1, 1, 1, 0, 0.0]), 0.34)
    with pytest.raises(OptionError, match="share"):
        uplift_at(np.arange(4.0), np.zeros(4), np.array([1, 0, 1, 0.0]), 1.0)


def test_the_uplift_of_the_mens_mail_by_segment(hillstrom):
    part, visit, treated = mailed(hillstrom, MEN)
    for flag, expected in ((1, 0.081566), (0, 0.070580)):
        inside = part["mens"] == flag
        assert visit[inside & (treated == 1)].mean() - visit[inside & (treated == 0)].mean() == pytest.approx(expected, abs=1e-6)


def test_the_qini_of_42_thousand_customers_is_known_to_one_and_a_half_points(hillstrom):
    part, visit, treated = mailed(hillstrom, WOMEN)
    ranking = Ranking.of(part["history"].astype(float), visit, treated)
    best = Ranking.of(visit * treated - visit * (1 - treated), visit, treated)
    assert curve_area(*ranking.qini()) / curve_area(*best.qini()) == qini_score(part["history"].astype(float), visit, treated)
    random = np.random.default_rng(1)
    found = []
    for _ in range(80):
        weights = random.poisson(1.0, len(visit)).astype(float)
        found.append(curve_area(*ranking.qini(weights)) / curve_area(*best.qini(weights)))
    assert np.std(found, ddof=1) == pytest.approx(0.0074, abs=0.0015)


def test_a_small_holdout_is_no_place_for_the_plain_interval():
    # 1,000 against 50 at 3 %: when nobody of the 50 did it, the plain interval takes that for certainty
    found = RateContrast(30, 1000, 0, 50).interval(0.05)
    assert found.low < 0 < found.high
