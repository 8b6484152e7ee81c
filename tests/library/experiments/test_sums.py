import numpy as np
import pytest

from kogorta.experiments.analysis import Analysis
from kogorta.experiments.metrics import Metric
from kogorta.experiments.sums import sums_of
from kogorta.experiments.sums_sql import sums_from
from kogorta.kit.errors import InputError, OptionError

METRICS = [
    Metric("spend"),
    Metric("visit", "proportion"),
    Metric("spend", "ratio", denominator="visit"),
    Metric("spend", covariate="history"),
    Metric("spend", cap=100.0),
    Metric("history", cap_quantile=0.99),
]


def test_the_engine_and_the_columns_give_the_same_effects(hillstrom, hillstrom_connection):
    analysis = Analysis(METRICS, control="No E-Mail", stratum="channel")
    by_columns = analysis.of(hillstrom, arm="segment")
    by_engine = analysis.of_sums(sums_from(hillstrom_connection, "hillstrom", METRICS, arm="segment", stratum="channel"))
    for one, other in zip(by_columns.effects, by_engine.effects, strict=True):
        assert (one.effect, one.interval.low, one.p) == pytest.approx((other.effect, other.interval.low, other.p), rel=1e-9, abs=1e-15)
    assert by_columns.split == by_engine.split


def test_days_one_by_one_and_together_give_the_same_moments():
    random = np.random.default_rng(1)
    size = 5000
    columns = {
        "arm": random.choice(["a", "b"], size),
        "day": random.choice(["2026-01-01", "2026-01-02", "2026-01-03"], size),
        "x": 1e6 + random.normal(0, 1, size),
    }
    whole = sums_of(columns, [Metric("x")], arm="arm", day="day")
    parts = None
    for day in ("2026-01-01", "2026-01-02", "2026-01-03"):
        rows = columns["day"] == day
        part = sums_of(
            {name: values[rows] for name, values in columns.items()}, [Metric("x")], arm="arm", day="day", shifts=[whole.metrics[0].shift]
        )
        parts = part if parts is None else parts.plus(part)
    for arm in ("a", "b"):
        one, other = whole.moments(0, arm), parts.moments(0, arm)
        assert one.n == other.n
        assert one.mean == pytest.approx(other.mean, rel=1e-14)
        assert one.covariance == pytest.approx(other.covariance, rel=1e-9)
        assert one.covariance[0, 0] == pytest.approx(columns["x"][columns["arm"] == arm].var(ddof=1), rel=1e-9)
    assert whole.until("2026-01-02").counts()["a"] == ((columns["arm"] == "a") & (columns["day"] <= "2026-01-02")).sum()


def test_sums_with_other_shifts_are_not_added():
    one = sums_of({"arm": ["a", "b"], "x": [1.0, 2.0]}, [Metric("x")], arm="arm")
    other = sums_of({"arm": ["a", "b"], "x": [5.0, 9.0]}, [Metric("x")], arm="arm")
    with pytest.raises(InputError, match="other shifts"):
        one.plus(other)


def test_a_large_offset_does_not_lose_the_variance():
    x = 1e9 + np.array([0.0, 1.0, 2.0, 3.0])
    moments = sums_of({"arm": ["a"] * 4, "x": x}, [Metric("x")], arm="arm").moments(0, "a")
    assert moments.covariance[0, 0] == pytest.approx(5 / 3)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("spend:mean", "spend:mean"),
        ("visit:proportion", "visit:proportion"),
        ("revenue/orders:ratio", "revenue/orders:ratio"),
        ("days:median", "days:quantile=0.5"),
        ("spend:quantile=0.9", "spend:quantile=0.9"),
        ("a:b:mean", "a:b:mean"),
    ],
)
def test_metrics_are_read_as_they_are_written(text, name):
    assert Metric.parse(text).name == name


def test_options_of_a_metric_are_read_after_its_kind():
    written = "spend:mean,covariate=history,cap-quantile=0.99,direction=down,margin=0.5,role=primary"
    assert Metric.parse(written) == Metric("spend", covariate="history", cap_quantile=0.99, direction="down", margin=0.5, role="primary")
    ratio = Metric("sum", "ratio", denominator="orders", covariate="sum, before", covariate_denominator="orders before", cap=9.0)
    assert (
        Metric.parse("sum:ratio,denominator=orders,covariate=sum, before,covariate_denominator=orders before, cap=9") == ratio
    )  # a comma may belong to a name


@pytest.mark.parametrize(
    "text",
    [
        "spend",
        ":mean",
        "spend:average",
        "spend:ratio",
        "spend:quantile=x",
        "spend:quantile=1.5",
        "spend:mean,cap=much",
        "spend:mean,cap=nan",
        "spend:mean,cap=1,cap=2",
        "spend:mean,weight=2",
        "spend:mean,direction=left",
        "spend:mean,margin=-1",
        "spend:mean,margin=inf",
        "spend:mean,denominator=orders",
        "visit:proportion,cap=1",
    ],
)
def test_unreadable_metrics_are_refused(text):
    with pytest.raises(OptionError) as caught:
        Metric.parse(text)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    "options",
    [
        {"cap": 1.0, "cap_quantile": 0.9},
        {"cap": float("nan")},
        {"cap_quantile": 0.3},
        {"margin": 0},
        {"kind": "proportion", "cap": 1},
        {"covariate_denominator": "n"},
        {"denominator": "y"},
        {"kind": "quantile", "covariate": "z"},
        {"covariate": "x"},
        {"kind": "ratio", "denominator": "x"},
    ],
)
def test_contradictory_metrics_are_refused(options):
    with pytest.raises(OptionError):
        Metric("x", **options)


def test_the_engine_refuses_empty_values_and_wrong_proportions(hillstrom_connection):
    hillstrom_connection.execute(
        "CREATE OR REPLACE TEMP TABLE bad AS SELECT *, 2 AS w "
        "FROM (VALUES ('a', 1.0, NULL, 'NaN'::DOUBLE), ('b', 2.0, 1, 1)) t(arm, x, y, z)"
    )
    with pytest.raises(InputError, match="neither 0 nor 1"):
        sums_from(hillstrom_connection, "bad", [Metric("w", "proportion")], arm="arm")
    with pytest.raises(InputError, match="no column 'v'"):
        sums_from(hillstrom_connection, "bad", [Metric("v")], arm="arm")
    with pytest.raises(InputError, match="neither 0 nor 1"):
        sums_from(hillstrom_connection, "bad", [Metric("x", "proportion")], arm="arm")
    with pytest.raises(InputError, match="1 empty values"):
        sums_from(hillstrom_connection, "bad", [Metric("y")], arm="arm")
    with pytest.raises(InputError, match="not finite"):
        sums_from(hillstrom_connection, "bad", [Metric("z")], arm="arm")
