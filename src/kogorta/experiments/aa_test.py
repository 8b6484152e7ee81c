"""The A/A test: split the user's own customers at random, many times, and see how often something is "found"."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from kogorta.experiments.contrasts import Contrast, Estimate, MeanContrast, RateContrast
from kogorta.experiments.quantities import Interval, open_share, wilson_interval
from kogorta.experiments.sums import column_of, metric_values
from kogorta.kit.checks import check_between
from kogorta.kit.errors import InputError, KogortaError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from kogorta.experiments.metrics import Metric
    from kogorta.experiments.sums import Columns, Floats
    from kogorta.kit.language import Language


@dataclass(frozen=True)
class SelfTestResult:
    """How often two equal halves "differed".

    Attributes:
        metric: name of the metric.
        splits: random splits tried.
        found: splits with a significant difference.
        rate: interval of the false positive rate.
        alpha: the rate it should be.
        histogram: p values in ten equal bins, shares; even when all is well.
    """

    metric: str
    splits: int
    found: int
    rate: Interval
    alpha: float
    histogram: tuple[float, ...]

    @property
    def passed(self) -> bool:
        """Whether the promised rate is not exceeded."""
        return self.rate.low <= self.alpha

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return asdict(self) | {"passed": self.passed, "share": self.found / self.splits}

    def words(self, language: Language) -> str:
        """The result in two sentences."""
        said = language.text(
            "Of {splits} random splits of equal customers, {share} showed a difference in {metric}; {alpha} are expected.",
            splits=language.number(self.splits),
            share=language.percent(self.found / self.splits),
            metric=self.metric,
            alpha=language.percent(self.alpha, 0),
        )
        verdict = (
            language.text("The test can be trusted on these data.")
            if self.passed
            else language.text("The test finds too much on these data: cap the metric or use a share of customers.")
        )
        return f"{said} {verdict}"


def self_test(columns: Columns, metric: Metric, *, splits: int = 1000, alpha: float = 0.05, seed: int = 0) -> SelfTestResult:
    """Split the same customers into halves at random and count false findings.

    Args:
        columns: name -> values, one per customer.
        metric: a mean, a rate or a ratio.
        splits: number of random splits.
        alpha: error rate that is promised.
        seed: of the splits.

    Returns:
        The share of false findings with its interval.

    Raises:
        InputError: fewer than 20 customers, a quantile, or an outcome that never varies.

    Example:
        >>> from kogorta.experiments.metrics import Metric
        >>> spend = np.random.default_rng(1).gamma(2.0, size=400)
        >>> self_test({"spend": spend}, Metric("spend"), splits=200, seed=1).passed
        True
    """
    check_between("splits", splits, 20, 1_000_000)
    open_share("alpha", alpha)
    if metric.kind == "quantile" or metric.covariate is not None:
        raise InputError(
            "metric {name}: the self-test takes a mean, a rate or a ratio without a covariate.",
            name=metric.name,
        )
    size = len(column_of(columns, metric.column))
    if size < 20:
        raise InputError(
            "the self-test has {size} customers; it needs at least 20.",
            size=size,
        )
    values = metric_values(columns, metric, size)
    if all(float(np.ptp(one)) == 0 for one in values):
        raise InputError(
            "metric {name} is the same for every customer; there is nothing to test on.",
            name=metric.name,
        )
    random = np.random.default_rng(seed)
    p_values = np.empty(splits)
    for number in range(splits):
        order = random.permutation(size)
        halves = [order[: size // 2], order[size // 2 :]]
        try:
            p_values[number] = _contrast(metric, values, halves).p
        except (KogortaError, ZeroDivisionError):  # all outcomes fell into one half, or a half never varies
            p_values[number] = 1.0
    found = int(np.count_nonzero(p_values <= alpha))
    bins, _ = np.histogram(p_values, bins=10, range=(0, 1))
    return SelfTestResult(
        metric.label,
        splits,
        found,
        wilson_interval(found, splits, alpha=0.01),
        alpha,
        tuple((bins / splits).tolist()),
    )


def _contrast(metric: Metric, values: list[Floats], rows: Sequence[NDArray[np.int64]]) -> Contrast:
    if metric.kind == "proportion":
        did = [int(values[0][half].sum()) for half in rows]
        return RateContrast(did[0], len(rows[0]), did[1], len(rows[1]))
    return MeanContrast(*(_estimate(metric, [column[half] for column in values]) for half in rows))


def _estimate(metric: Metric, values: list[Floats]) -> Estimate:
    size = len(values[0])
    if metric.kind == "mean":
        return Estimate(float(values[0].mean()), float(values[0].var(ddof=1)) / size, size - 1)
    below = float(values[1].mean())
    ratio = float(values[0].mean()) / below
    return Estimate(ratio, float((values[0] - ratio * values[1]).var(ddof=1)) / below**2 / size, size - 1)
