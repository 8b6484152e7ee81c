import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kogorta.experiments.analysis import Analysis
from kogorta.experiments.estimates import Piece, mean_contrast
from kogorta.experiments.metrics import Metric
from kogorta.experiments.sums import Moments
from kogorta.kit.errors import InputError, OptionError
from kogorta.kit.language import Language

MEN, WOMEN, NOBODY = "Mens E-Mail", "Womens E-Mail", "No E-Mail"


@pytest.fixture(scope="module")
def readout(hillstrom):
    metrics = [Metric("visit", "proportion"), Metric("conversion", "proportion"), Metric("spend")]
    return Analysis(metrics, control=NOBODY, unit="customer_id").of(hillstrom, arm="segment")


def test_hillstrom_sizes(readout):
    assert dict(readout.split.counts) == {MEN: 21307, NOBODY: 21306, WOMEN: 21387}
    assert readout.split.p == pytest.approx(0.9036930, abs=1e-6)


def test_hillstrom_spend_of_the_mens_mail(readout):
    found = readout.effect(MEN, "spend")
    assert (found.control_mean, found.mean, found.effect) == pytest.approx((0.652789, 1.422617, 0.769827), abs=1e-6)
    assert (found.interval.low, found.interval.high) == pytest.approx((0.485140, 1.054515), abs=1e-6)
    assert found.p == pytest.approx(1.163815e-07, abs=1e-12)
    # Fieller; another library's log interval is 62.84-191.65 %, its linear one 54.43-181.43 %
    assert (found.relative_interval.low, found.relative_interval.high) == pytest.approx((0.6437, 1.9775), abs=1e-4)


def test_hillstrom_shares_of_the_mens_mail(readout):
    visit, conversion = readout.effect(MEN, "visit"), readout.effect(MEN, "conversion")
    assert (visit.control_mean, visit.mean, visit.effect) == pytest.approx((0.106167, 0.182757, 0.076590), abs=1e-6)
    assert (visit.interval.low, visit.interval.high) == pytest.approx((0.069953, 0.083226), abs=2e-6)
    assert (conversion.control_mean, conversion.mean, conversion.effect) == pytest.approx((0.005726, 0.012531, 0.006805), abs=1e-6)
    assert (conversion.interval.low, conversion.interval.high) == pytest.approx((0.005014, 0.008641), abs=1e-6)
    assert visit.p < 1e-100
    assert conversion.p == pytest.approx(1.523e-13, abs=1e-12)


def test_all_hillstrom_verdicts_are_up(readout):
    assert {effect.verdict for effect in readout.effects} == {"up"}


def test_hillstrom_goldens_of_welch_cuped_and_ratios(hillstrom):
    metrics = [
        Metric("visit"),
        Metric("conversion"),
        Metric("spend", covariate="history"),
        Metric("spend", "ratio", denominator="conversion"),
        Metric("spend", "ratio", denominator="visit"),
    ]
    found = [effect for effect in Analysis(metrics, control=NOBODY).of(hillstrom, arm="segment").effects if effect.arm == MEN]
    expected = [
        (0.076590, 0.069953, 0.083226),
        (0.006805, 0.005000, 0.008610),
        (0.767438, 0.482813, 1.052064),
        (-0.475776, -23.066713, 22.115161),
        (1.635517, -0.299299, 3.570332),
    ]
    for effect, figures in zip(found, expected, strict=True):
        assert (effect.effect, effect.interval.low, effect.interval.high) == pytest.approx(figures, abs=1e-6)
    assert (found[3].p, found[4].p) == pytest.approx((0.967074, 0.097563), abs=1e-6)


COLUMNS = ("sessions", "orders", "revenue", "sessions_before", "orders_before", "revenue_before")
# moments of tea-tasting's make_users_data(rng=42), without and with covariates; 2,023 and 1,977 users
PLAIN = {
    0: (
        [1.9960454770143352, 0.5304003954522986, 5.241028175976273],
        [
            [1.007897311481759, 0.2503675584389811, 2.367986263802086],
            [0.2503675584389811, 0.7437588405933173, 7.146002357654555],
            [2.367986263802086, 7.146002357654555, 93.06028756745528],
        ],
    ),
    1: (
        [1.982802225594335, 0.5730905412240769, 5.730111279716743],
        [
            [0.9744004431529382, 0.24467868340162915, 2.311869323638847],
            [0.24467868340162915, 0.7447815874459133, 7.333083967652295],
            [2.311869323638847, 7.333083967652295, 107.85259330744903],
        ],
    ),
}
HELPED = {
    0: (
        [1.9960454770143352, 0.5304003954522986, 5.241028175976273, 1.9925852694018784, 0.5388037567968363, 5.278512110726644],
        [
            [1.007897311481759, 0.2503675584389811, 2.367986263802086, 0.9327105252993148, 0.2667212809368812, 2.3830257650275977],
            [0.2503675584389811, 0.7437588405933173, 7.146002357654555, 0.2739643946250171, 0.5503776305425305, 5.079840012458114],
            [2.367986263802086, 7.146002357654555, 93.06028756745528, 2.7965704365181234, 5.519465523336233, 67.9744027669683],
            [0.9327105252993148, 0.2739643946250171, 2.7965704365181234, 2.842180405064808, 0.7562225797981955, 7.7057456388036005],
            [0.2667212809368812, 0.5503776305425305, 5.519465523336233, 0.7562225797981955, 1.0547497057821187, 10.519229376512367],
            [2.3830257650275977, 5.079840012458114, 67.9744027669683, 7.7057456388036005, 10.519229376512367, 172.65817122722763],
        ],
    ),
    1: (
        [1.982802225594335, 0.5730905412240769, 5.730111279716743, 1.9934243803743046, 0.5088517956499747, 4.7202630247850275],
        [
            [0.9744004431529382, 0.24467868340162915, 2.311869323638847, 0.973571067273648, 0.20865433251624385, 2.0976715297786845],
            [0.24467868340162915, 0.7447815874459133, 7.333083967652295, 0.23403349040279, 0.49315329733227586, 4.409763154311015],
            [2.311869323638847, 7.333083967652295, 107.85259330744903, 1.9266151045730369, 4.6302975974721425, 59.99167461646493],
            [0.973571067273648, 0.23403349040279, 1.9266151045730369, 2.89621180007331, 0.6673153205179387, 5.662926831640796],
            [0.20865433251624385, 0.49315329733227586, 4.6302975974721425, 0.6673153205179387, 0.9453922538340657, 8.290331678677274],
            [2.0976715297786845, 4.409763154311015, 59.99167461646493, 5.662926831640796, 8.290331678677274, 121.77507766357606],
        ],
    ),
}


def of_moments(metric, source):
    places = [COLUMNS.index(name) for name in metric.columns]
    arms = []
    for arm, n in ((1, 1977), (0, 2023)):
        mean, covariance = np.array(source[arm][0]), np.array(source[arm][1])
        arms.append([Piece(1.0, Moments(n, mean[places], covariance[np.ix_(places, places)]))])
    return mean_contrast(metric, *arms)


def test_tea_tasting_guide():
    orders = of_moments(Metric("orders"), PLAIN)
    interval = orders.interval(0.05)
    found = (orders.value, orders.control_value, interval.low, interval.high, orders.p)
    assert found == pytest.approx((0.5730905412, 0.5304003955, -0.0108002016, 0.0961804931, 0.11773178), abs=1e-8)
    assert of_moments(Metric("orders", "ratio", denominator="sessions"), PLAIN).p == pytest.approx(0.0762375998, abs=1e-9)
    assert of_moments(Metric("revenue"), PLAIN).p == pytest.approx(0.1230698855, abs=1e-9)


def test_tea_tasting_guide_with_covariates():
    ratio = Metric("orders", "ratio", denominator="sessions", covariate="orders_before", covariate_denominator="sessions_before")
    for metric, effect, p in (
        (ratio, 0.03173426, 0.00229294),
        (Metric("orders", covariate="orders_before"), 0.05830389, 0.00733041),
        (Metric("revenue", covariate="revenue_before"), 0.73101445, 0.00674393),
    ):
        contrast = of_moments(metric, HELPED)
        assert contrast.value - contrast.control_value == pytest.approx(effect, abs=1e-6)
        assert contrast.p == pytest.approx(p, abs=1e-6)


def test_the_json_of_an_analysis_has_the_agreed_keys(readout):
    document = json.loads(json.dumps(readout.to_dict()))
    assert document["srm_p"] == pytest.approx(0.903693, abs=1e-6)
    keys = {"arm", "metric", "n", "mean", "effect", "low", "high", "p", "relative", "relative_low", "relative_high", "verdict"}
    assert all(keys <= set(row) for row in document["results"])
    assert len(document["results"]) == 6


def test_an_analysis_prints_well(readout):
    shown = str(readout)
    assert "Went up" in shown
    assert "+0.770" in shown
    russian = readout.words(Language("ru"))
    assert "показатель вырос с 0,653 до 1,42, +0,770 (от +0,485 до +1,05)" in russian


def two_arms(seed=0, size=400, effect=0.0, spread=1.0):
    random = np.random.default_rng(seed)
    arm = np.array(["a", "b"] * (size // 2))
    return {"arm": arm, "x": random.normal(10, spread, size) + np.where(arm == "b", effect, 0), "id": np.arange(size).astype(str)}


@pytest.mark.parametrize(
    ("options", "verdict"),
    [({"effect": 2}, "up"), ({"effect": -2}, "down"), ({"size": 20_000}, "no_difference"), ({"spread": 30}, "too_few_data")],
)
def test_each_of_the_four_verdicts(options, verdict):
    effect = Analysis([Metric("x")], control="a").of(two_arms(**options), arm="arm").effects[0]
    assert effect.verdict == verdict
    words = {"up": "вырос", "down": "упал", "no_difference": "разницы больше", "too_few_data": "данных мало"}
    assert words[verdict] in effect.words(Language("ru"))


def test_a_cost_metric_that_falls_is_good():
    effect = Analysis([Metric("x", direction="down")], control="a").of(two_arms(effect=-2), arm="arm").effects[0]
    assert effect.good


def test_a_broken_split_blocks_every_verdict():
    columns = two_arms(size=6000, effect=2)
    keep = (columns["arm"] == "a") | (np.arange(6000) % 7 != 1)
    readout = Analysis([Metric("x")], control="a").of({name: values[keep] for name, values in columns.items()}, arm="arm")
    assert readout.split.broken
    assert {effect.verdict for effect in readout.effects} == {"blocked"}
    assert "Разбивка нарушена" in readout.words(Language("ru"))


def test_a_split_broken_within_a_stratum_blocks_too():
    size = 4000
    arm = np.array(["a", "b"] * (size // 2))
    stratum = np.where(np.arange(size) < size // 2, "s1", "s2")
    flip = (np.arange(size) % 8 == 0) & (stratum == "s1")
    arm[flip] = "b"
    other = (np.arange(size) % 8 == 1) & (stratum == "s2")
    arm[other] = "a"
    readout = Analysis([Metric("x")], control="a", stratum="stratum").of(
        {"arm": arm, "stratum": stratum, "x": np.random.default_rng(1).normal(size=size)}, arm="arm"
    )
    assert readout.effects[0].verdict == "blocked"


def test_declared_shares_make_unequal_arms_right():
    columns = {"arm": ["t"] * 900 + ["c"] * 100, "x": np.random.default_rng(1).normal(5, 1, 1000)}
    found = Analysis([Metric("x")], control="c", shares={"t": 90, "c": 10}).of(columns, arm="arm")
    assert not found.split.broken
    assert not found.split.doubtful


def test_post_stratification_takes_the_strata_out_of_the_noise():
    random = np.random.default_rng(2)
    stratum = np.repeat(["low", "high"], 1000)
    arm = np.array(["a", "b"] * 1000)
    x = np.where(stratum == "low", 0.0, 100.0) + random.normal(0, 1, 2000) + np.where(arm == "b", 0.3, 0)
    columns = {"arm": arm, "stratum": stratum, "x": x}
    plain = Analysis([Metric("x")], control="a").of(columns, arm="arm").effects[0]
    better = Analysis([Metric("x")], control="a", stratum="stratum").of(columns, arm="arm").effects[0]
    assert better.interval.width < plain.interval.width / 20
    assert better.interval.holds(0.3)


def test_thin_strata_are_put_together():
    columns = {
        "arm": ["a", "b"] * 50 + ["a", "b"],
        "stratum": ["big"] * 100 + ["tiny1", "tiny2"],
        "x": np.random.default_rng(3).normal(size=102),
    }
    found = Analysis([Metric("x")], control="a", stratum="stratum").of(columns, arm="arm")
    assert found.strata_merged == 3


def test_companies_widen_the_interval_to_what_they_are():
    random = np.random.default_rng(4)
    company = np.repeat(np.arange(100), 20)
    arm = np.where(company % 2 == 0, "a", "b")
    x = np.repeat(random.normal(0, 5, 100), 20) + random.normal(0, 1, 2000)
    columns = {"arm": arm, "company": company, "x": x}
    naive = Analysis([Metric("x")], control="a").of(columns, arm="arm").effects[0]
    right = Analysis([Metric("x")], control="a", cluster="company").of(columns, arm="arm").effects[0]
    assert right.effect == pytest.approx(naive.effect)
    assert right.interval.width > 3.5 * naive.interval.width
    assert right.n == 50
    means = np.array([x[company == one].mean() for one in range(100)])
    top, bottom = means[1::2], means[::2]
    error = math.sqrt(top.var(ddof=1) / 50 + bottom.var(ddof=1) / 50)
    assert right.interval.width / 2 / 1.985 == pytest.approx(error, rel=1e-3)


def test_a_cap_is_applied_before_the_comparison():
    columns = two_arms(effect=0)
    columns["x"][1] = 1e9
    found = Analysis([Metric("x", cap=12.0)], control="a").of(columns, arm="arm").effects[0]
    assert found.mean < 12


def test_three_arms_share_the_error_rate_within_a_metric():
    random = np.random.default_rng(6)
    arm = np.array(["c", "t1", "t2"] * 300)
    readout = Analysis([Metric("x")], control="c").of({"arm": arm, "x": random.normal(size=900)}, arm="arm")
    first, second = (effect.p for effect in readout.effects)
    low = min(first, second)
    assert min(effect.p_adjusted for effect in readout.effects) == pytest.approx(min(1, 2 * low))


def test_a_finding_that_several_comparisons_undo_says_so():
    random = np.random.default_rng(18)
    found = []
    for _ in range(40):
        columns = {"arm": np.array(["c", "t1", "t2"] * 300), "x": random.normal(size=900)}
        found += Analysis([Metric("x")], control="c").of(columns, arm="arm").effects
    undone = [effect for effect in found if effect.p <= 0.05 < effect.p_adjusted]
    assert undone
    assert all(effect.verdict in ("too_few_data", "no_difference") for effect in undone)
    assert any("при нескольких сравнениях" in effect.words(Language("ru")) for effect in undone)


def test_primary_metrics_share_the_error_rate():
    columns = two_arms(effect=0.2)
    columns["y"] = columns["x"] + np.random.default_rng(9).normal(0, 1, 400)
    metrics = [Metric("x", role="primary"), Metric("y", role="primary")]
    found = Analysis(metrics, control="a").of(columns, arm="arm").effects
    assert min(effect.p_adjusted for effect in found) == pytest.approx(2 * min(effect.p for effect in found))


def test_tiny_groups_are_judged_by_redrawing_as_well():
    columns = {"arm": list("aaabbb"), "x": [1.0, 2.0, 3.0, 5.0, 6.0, 7.0]}
    effect = Analysis([Metric("x")], control="a").of(columns, arm="arm").effects[0]
    assert effect.p == pytest.approx(0.1)
    assert effect.interval.low == 0
    assert effect.verdict == "too_few_data"


def test_a_median_is_compared():
    effect = Analysis([Metric("x", "quantile")], control="a").of(two_arms(effect=2), arm="arm").effects[0]
    assert effect.verdict == "up"
    assert effect.effect == pytest.approx(2, abs=0.4)


@given(st.randoms(use_true_random=False), st.floats(1e-3, 1e6))
def test_neither_the_order_of_rows_nor_the_unit_of_money_changes_the_verdict(random, unit):
    columns = two_arms(size=60, effect=0.5)
    order = list(range(60))
    random.shuffle(order)
    other = {"arm": columns["arm"][order], "x": columns["x"][order] * unit}
    first = Analysis([Metric("x")], control="a").of(columns, arm="arm").effects[0]
    second = Analysis([Metric("x")], control="a").of(other, arm="arm").effects[0]
    assert second.p == pytest.approx(first.p, rel=1e-6)
    assert second.effect == pytest.approx(first.effect * unit, rel=1e-9)
    assert second.verdict == first.verdict


BAD = [
    ({"arm": ["a"] * 4, "x": [1, 2, 3, 4]}, {}, "one arm only"),
    ({"arm": ["b", "c"] * 2, "x": [1, 2, 3, 4]}, {}, "control arm 'a' has no customers"),
    ({"arm": [], "x": []}, {}, "is empty"),
    ({"arm": ["a", "b", None, "a"], "x": [1, 2, 3, 4]}, {}, "rows without a value"),
    ({"arm": ["a", "b"] * 2, "x": [1, 2, float("nan"), 4]}, {}, "empty or infinite"),
    ({"arm": ["a", "b"] * 2, "x": [1, 2, None, 4]}, {}, "empty or infinite"),
    ({"arm": ["a", "b"] * 2, "x": [1, 2, 1e300, 4]}, {}, "empty or infinite"),
    ({"arm": ["a", "b"] * 2, "x": [1, 2, "many", 4]}, {}, "not a number"),
    ({"arm": ["a", "b"] * 2, "x": [5, 5, 5, 5]}, {}, "no variation"),
    ({"arm": ["a", "b"] * 2, "x": [0, 1, 0, 1]}, {}, "no variation"),
    ({"arm": ["a", "b"] * 2, "x": [1, 2, 3]}, {}, "has 3 values, but there are 4"),
    ({"arm": ["a", "b", "b"], "x": [1, 2, 3]}, {}, "single customer"),
    ({"arm": ["a", "b"] * 2, "y": [1, 2, 3, 4]}, {}, "no column 'x'"),
    ({"arm": ["a", "b"] * 2, "x": [1, 2, 3, 4]}, {"shares": {"a": 1, "b": 1, "c": 1}}, "arm 'c' is empty"),
    ({"arm": ["a", "b"] * 2, "x": [1, 2, 3, 4]}, {"shares": {"a": 1, "b": -1}}, "at least 0"),
    ({"arm": ["a", "b"] * 2, "x": [1, 2, 3, 4], "id": ["1", "1", "2", "3"]}, {"unit": "id"}, "in two arms"),
    ({"arm": ["a", "b"] * 2, "x": [1, 2, 3, 4], "id": ["1", "2", "1", "3"]}, {"unit": "id"}, "more than once"),
    (
        {"arm": ["a", "b"] * 2, "x": [1, 2, 3, 4], "on": ["2026-01-05"] * 4, "at": ["2026-01-06", "2026-01-01", None, ""]},
        {"assigned_at": "on", "outcome_at": "at"},
        "before the assignment",
    ),
    ({"arm": ["a", "b"] * 2, "x": [1, 2, 3, 4], "c": ["k", "k", "l", "m"]}, {"cluster": "c"}, "company k is in two groups"),
]


@pytest.mark.parametrize(("columns", "options", "sentence"), BAD, ids=[sentence for *_, sentence in BAD])
def test_bad_input_gets_a_sentence_and_never_a_verdict(columns, options, sentence):
    with pytest.raises((InputError, OptionError), match=sentence) as caught:
        Analysis([Metric("x")], control="a", **options).of(columns, arm="arm")
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)
    russian = caught.value.told(Language("ru"))
    assert any("а" <= letter <= "я" for letter in russian)
    assert "{" not in russian


@pytest.mark.parametrize("value", [0, 1])
def test_a_share_without_variation_gets_a_sentence(value):
    with pytest.raises(InputError, match=f"is {value} for every customer"):
        Analysis([Metric("x", "proportion")], control="a").of({"arm": ["a", "b"] * 5, "x": [value] * 10}, arm="arm")


def test_a_share_of_other_values_gets_a_sentence():
    with pytest.raises(InputError, match="row 2"):
        Analysis([Metric("x", "proportion")], control="a").of({"arm": ["a", "b"], "x": [0, 2]}, arm="arm")


def test_a_quantile_without_variation_and_one_from_sums_get_a_sentence():
    from kogorta.experiments.sums import sums_of

    columns = {"arm": ["a", "b"] * 50, "x": [0] * 98 + [1, 2]}
    with pytest.raises(InputError, match="no variation"):
        Analysis([Metric("x", "quantile")], control="a").of(columns, arm="arm")
    with pytest.raises(InputError, match="other metrics"):
        Analysis([Metric("x", "quantile")], control="a").of_sums(sums_of(columns, [Metric("x")], arm="arm"))


def test_metrics_must_be_named_and_named_once():
    with pytest.raises(OptionError, match="no metric"):
        Analysis([], control="a")
    with pytest.raises(OptionError, match="twice"):
        Analysis([Metric("x"), Metric("x")], control="a")
