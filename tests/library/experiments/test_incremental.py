import numpy as np
import pytest

from kogorta.experiments.contrasts import Estimate, MeanContrast
from kogorta.experiments.incremental import Incremental
from kogorta.experiments.metrics import Metric
from kogorta.experiments.pooling import RateWave, pool_means, pool_rates
from kogorta.experiments.windows import Window
from kogorta.kit.errors import InputError
from kogorta.kit.language import Language


def campaign(effects, seed=0, size=2000, spread=100.0):
    random = np.random.default_rng(seed)
    segments = np.repeat([f"s{place}" for place in range(len(effects))], size)
    arm = np.array(["t", "t", "t", "c"] * (len(segments) // 4))
    lift = np.repeat(effects, size) * (arm == "t")
    revenue = random.normal(1000, spread, len(segments)) + lift
    return {"arm": arm, "segment": segments, "revenue": revenue, "credited": np.where(arm == "t", 30.0, 0.0)}


def read(columns, **options):
    return Incremental(Metric("revenue"), treated="t", control="c").of(columns, arm="arm", segment="segment", **options)


def test_incremental_revenue_is_the_effect_times_the_treated():
    found = read(campaign([20.0, 20.0]), attributed="credited")
    assert found.treated == 3000
    assert found.total == pytest.approx(found.per_customer * 3000)
    assert found.total_interval.holds(20.0 * 3000)
    assert found.attributed == 90_000
    assert found.gap == pytest.approx(90_000 - found.total)
    words = found.words(Language("ru"), currency="RUB")
    assert "сверх того, что пришло бы и без неё" in words


def test_segments_without_real_differences_are_shrunk_together():
    found = read(campaign([5.0] * 12, seed=1))
    raw = np.array([one.raw for one in found.segments])
    shrunk = np.array([one.effect for one in found.segments])
    assert shrunk.std() < raw.std() / 2
    assert found.segments_differ_p > 0.01
    assert min(one.differs_p for one in found.segments) > 0.05


def test_a_segment_that_truly_differs_stays_apart():
    found = read(campaign([0.0, 0.0, 0.0, 0.0, 0.0, 60.0], seed=2))
    assert found.segments[-1].effect == pytest.approx(60, abs=15)
    assert found.segments[-1].differs_p < 1e-6
    assert found.segments_differ_p < 1e-6


def test_shrunk_intervals_cover_the_truth_of_segments():
    held, total = 0, 0
    for seed in range(60):
        truth = np.random.default_rng(1000 + seed).normal(10, 8, 8)
        for one, true in zip(read(campaign(truth, seed=seed, size=400)).segments, truth, strict=True):
            held += one.interval.holds(true)
            total += 1
    assert 0.92 <= held / total <= 0.99


def test_segments_that_cannot_be_compared_are_left_out_and_counted():
    columns = campaign([5.0, 5.0])
    columns["segment"] = np.where((columns["segment"] == "s1") & (columns["arm"] == "t"), "lonely", columns["segment"])
    found = read(columns)
    assert [one.segment for one in found.segments] == ["s0"]
    assert found.left_out == 1500


def test_a_campaign_without_control_is_refused():
    columns = campaign([5.0])
    columns["arm"] = np.full(len(columns["arm"]), "t")
    with pytest.raises(InputError, match="arm 'c' has no customers"):
        read(columns)


def test_mantel_haenszel_of_one_wave_is_the_plain_difference():
    pooled = pool_rates([RateWave(22, 70, 2, 17)])
    assert pooled.effect == pytest.approx(22 / 70 - 2 / 17)
    assert pooled.heterogeneity_p is None


def test_three_waves_of_87_prove_what_one_cannot():
    wave = RateWave(18, 70, 2, 17)
    assert pool_rates([wave]).p > 0.05
    pooled = pool_rates([wave] * 3)
    assert pooled.p < 0.05
    assert pooled.heterogeneity_p == pytest.approx(1.0)


def test_pooling_within_waves_is_not_fooled_by_unequal_waves():
    # a seasonal wave with a high rate and nearly everybody treated, and a quiet one with half treated: no effect in either
    pooled = pool_rates([RateWave(450, 900, 50, 100), RateWave(5, 100, 5, 100)])
    assert pooled.effect == pytest.approx(0, abs=1e-12)
    assert (450 + 5) / 1000 - 55 / 200 > 0.17


def test_pooled_rates_cover():
    random = np.random.default_rng(3)
    held = 0
    for _ in range(400):
        waves = [RateWave(int(random.binomial(70, base + 0.1)), 70, int(random.binomial(17, base)), 17) for base in (0.05, 0.1, 0.2, 0.1)]
        held += pool_rates(waves).interval.holds(0.1)
    assert 0.92 <= held / 400 <= 0.98


def test_pooled_means_weigh_waves_by_customers():
    small, large = MeanContrast(Estimate(5, 1.0), Estimate(0, 1.0)), MeanContrast(Estimate(1, 1.0), Estimate(0, 1.0))
    assert pool_means([small, large], [(10, 10), (90, 90)]).effect == pytest.approx(0.1 * 5 + 0.9 * 1)


def test_nothing_to_pool_is_refused():
    with pytest.raises(InputError, match="no waves"):
        pool_rates([])
    with pytest.raises(InputError, match="nothing to compare"):
        pool_rates([RateWave(0, 5, 0, 5)])
    with pytest.raises(InputError, match="outnumber"):
        RateWave(6, 5, 0, 5)


def test_a_window_counts_every_assigned_customer_and_nothing_outside():
    found = Window(7).of(
        units=["a", "b", "c"],
        assigned_on=["2026-03-01", "2026-03-01", "2026-03-20"],
        order_units=["a", "a", "a", "b", "z", "c"],
        ordered_on=["2026-03-01", "2026-03-07", "2026-03-08", "2026-02-25", "2026-03-02", "2026-03-21"],
        amounts=[10, 20, 40, 80, 160, 5],
        as_of="2026-03-25",
    )
    assert found.kept.tolist() == [0, 1]
    assert found.open_windows == 1
    assert found.amount.tolist() == [30.0, 0.0]
    assert found.orders.tolist() == [2.0, 0.0]
    assert found.before.tolist() == [0.0, 80.0]


def test_a_window_closes_at_the_end_of_its_last_day():
    options = {"units": ["a"], "assigned_on": ["2026-03-01"], "order_units": [], "ordered_on": [], "amounts": []}
    assert Window(7).of(**options, as_of="2026-03-06").open_windows == 1
    assert Window(7).of(**options, as_of="2026-03-07").open_windows == 0


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"units": ["a", "a"], "assigned_on": ["2026-03-01"] * 2}, "more than once"),
        ({"assigned_on": [None]}, "no date in row 1"),
        ({"assigned_on": ["soon"]}, "not a date"),
        ({"amounts": [float("nan")]}, "empty or infinite"),
    ],
)
def test_windows_on_broken_columns_are_refused(change, sentence):
    options = {"units": ["a"], "assigned_on": ["2026-03-01"], "order_units": ["a"], "ordered_on": ["2026-03-01"], "amounts": [1]}
    with pytest.raises(InputError, match=sentence):
        Window(7).of(**(options | change), as_of="2026-03-25")
