import numpy as np
import pytest

from kogorta.experiments.learners import Design, fit_linear, fit_logistic
from kogorta.experiments.qini import Ranking, compare_qini, curve_area, qini_score, uplift_score
from kogorta.experiments.uplift import UpliftGate
from kogorta.kit.errors import InputError
from kogorta.kit.language import Language

FEATURES = ("recency", "history", "mens", "womens", "zip_code", "newbie", "channel")
MEN, WOMEN, NOBODY = "Mens E-Mail", "Womens E-Mail", "No E-Mail"


def arms(hillstrom, arm, outcome):
    keep = (hillstrom["segment"] == arm) | (hillstrom["segment"] == NOBODY)
    part = {name: np.asarray(values)[keep] for name, values in hillstrom.items()}
    return part, part[outcome].astype(float), (part["segment"] == arm).astype(float)


# scikit-uplift 0.5.1 on the full data: qini_auc_score, uplift_auc_score
@pytest.mark.parametrize(
    ("arm", "outcome", "feature", "sign", "qini", "uplift"),
    [
        (WOMEN, "visit", "history", 1, 0.002622, 0.001048),
        (WOMEN, "visit", "recency", -1, -0.004520, -0.001970),
        (WOMEN, "visit", "womens", 1, 0.064016, 0.029431),
        (WOMEN, "visit", "mens", 1, -0.054004, -0.024884),
        (WOMEN, "conversion", "womens", 1, 0.077049, 0.002221),
        (MEN, "visit", "history", 1, 0.018433, 0.009578),
        (MEN, "visit", "recency", -1, 0.011849, 0.006381),
        (MEN, "conversion", "history", 1, 0.069612, 0.002527),
    ],
)
def test_published_qini_and_uplift_areas(hillstrom, arm, outcome, feature, sign, qini, uplift):
    part, y, treated = arms(hillstrom, arm, outcome)
    score = sign * part[feature].astype(float)
    assert qini_score(score, y, treated) == pytest.approx(qini, abs=1e-6)
    assert uplift_score(score, y, treated) == pytest.approx(uplift, abs=1e-6)


def test_the_uplift_of_a_published_segment(hillstrom):
    part, y, treated = arms(hillstrom, WOMEN, "visit")
    for flag, expected in ((1, 0.073115), (0, 0.011078)):
        inside = part["womens"] == flag
        found = y[inside & (treated == 1)].mean() - y[inside & (treated == 0)].mean()
        assert found == pytest.approx(expected, abs=1e-6)


@pytest.fixture(scope="module")
def gates(hillstrom):
    gate = UpliftGate(FEATURES, folds=3, draws=50)
    return {arm: gate.fit(hillstrom, arm="segment", treated=arm, control=NOBODY, outcome="visit", rfm="rfm") for arm in (WOMEN, MEN)}


def test_the_gate_chooses_uplift_for_the_womens_mail(gates):
    assert gates[WOMEN].choice == "uplift"
    assert gates[WOMEN].caught >= 0.42
    assert gates[WOMEN].caught_by_rfm < 0.31


def test_the_gate_keeps_rfm_for_the_mens_mail(gates):
    assert gates[MEN].choice == "rfm"
    assert gates[MEN].comparison.gain_low < 0
    assert "RFM" in gates[MEN].words(Language("ru"))


def test_bands_are_shown_with_what_was_observed_in_them(gates):
    bands = gates[WOMEN].bands
    assert [band.place for band in bands] == list(range(1, 11))
    assert bands[0].word == "persuadable"
    assert all(band.interval.holds(band.uplift) for band in bands)


def test_a_rule_scores_new_customers_and_does_not_mind_a_new_label(gates, hillstrom):
    few = {name: np.asarray(hillstrom[name])[:5].copy() for name in FEATURES}
    few["channel"] = np.array(["Web", "Phone", "Fax", "Web", "Web"])
    assert np.isfinite(gates[WOMEN].rule.score(few)).all()


def test_few_outcomes_keep_rfm(hillstrom):
    found = UpliftGate(FEATURES).fit(hillstrom, arm="segment", treated=WOMEN, control=NOBODY, outcome="conversion", rfm="rfm")
    assert found.choice == "too_few"
    assert found.outcomes == 311
    assert found.to_dict()["comparison"] is None


def test_a_ranking_by_the_truth_is_best_and_its_reverse_worst():
    random = np.random.default_rng(1)
    size = 8000
    truth = random.uniform(-0.1, 0.3, size)
    treated = random.binomial(1, 0.5, size).astype(float)
    y = (random.random(size) < 0.3 + truth * treated).astype(float)
    best, noise = qini_score(truth, y, treated), qini_score(random.random(size), y, treated)
    assert best > abs(noise) + 0.02
    assert qini_score(-truth, y, treated) == pytest.approx(-best, abs=0.01)
    found = compare_qini(truth, -truth, y, treated, seed=1, draws=50)
    assert found.proven
    assert found.low < found.area < found.high
    assert not compare_qini(-truth, truth, y, treated, seed=1, draws=50).proven


def test_amounts_can_be_ranked_without_normalising():
    random = np.random.default_rng(2)
    treated = np.array([1.0, 0.0] * 500)
    amount = random.gamma(2, 50, 1000)
    assert np.isfinite(curve_area(*Ranking.of(amount, amount, treated).qini()))
    with pytest.raises(InputError, match="0 and 1"):
        qini_score(amount, amount, treated)


def test_ties_stay_together_whatever_the_order_of_rows():
    random = np.random.default_rng(3)
    score = random.integers(0, 4, 400).astype(float)
    treated = np.array([1.0, 0.0] * 200)
    y = random.binomial(1, 0.3, 400).astype(float)
    order = random.permutation(400)
    assert qini_score(score, y, treated) == pytest.approx(qini_score(score[order], y[order], treated[order]), abs=1e-12)


def test_models_find_the_coefficients_they_were_made_from():
    random = np.random.default_rng(4)
    x = np.stack([np.ones(50_000), random.normal(size=50_000)], axis=1)
    linear = fit_linear(x, x @ np.array([2.0, -3.0]) + random.normal(size=50_000), ridge=0.001)
    assert linear.coefficients == pytest.approx((2, -3), abs=0.03)
    y = (random.random(50_000) < 1 / (1 + np.exp(-(x @ np.array([-1.0, 0.7]))))).astype(float)
    assert fit_logistic(x, y, ridge=0.001).coefficients == pytest.approx((-1, 0.7), abs=0.05)


def test_a_separable_outcome_does_not_break_the_model():
    x = np.stack([np.ones(200), np.repeat([0.0, 1.0], 100)], axis=1)
    assert np.isfinite(fit_logistic(x, x[:, 1], ridge=1.0).coefficients).all()


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"x": [1.0, float("nan")]}, "empty or infinite"),
        ({"y": [1.0]}, "no column 'x'"),
        ({"x": [str(number) for number in range(60)]}, "60 different values"),
    ],
)
def test_unusable_features_are_refused(columns, sentence):
    with pytest.raises(InputError, match=sentence):
        Design.fit(columns, ["x"])


def test_an_unknown_arm_is_refused(hillstrom):
    with pytest.raises(InputError, match="arm 'Kids' has no customers"):
        UpliftGate(FEATURES).fit(hillstrom, arm="segment", treated="Kids", control=NOBODY, outcome="visit", rfm="rfm")
