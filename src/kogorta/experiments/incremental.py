"""What a campaign brought in: incremental revenue in all and per segment, beside what was attributed to it."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from kogorta.experiments.estimates import Piece, mean_contrast
from kogorta.experiments.multiplicity import benjamini_hochberg
from kogorta.experiments.quantities import Interval, normal_quantile, open_share, two_sided_p
from kogorta.experiments.sums import numbers_of, sums_of
from kogorta.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kogorta.experiments.metrics import Metric
    from kogorta.experiments.sums import Columns, Floats
    from kogorta.kit.language import Language

GRID: Final = 120
"""Values tried for the difference between segments."""
PRIOR_SCALE: Final = 2.0
"""Scale of its prior, in errors of a typical segment; wide enough to let the data speak."""


@dataclass(frozen=True)
class SegmentEffect:
    """Effect of a campaign in one segment.

    Attributes:
        segment: its name.
        treated: treated customers.
        control: control customers.
        raw: difference of means in this segment alone, per customer.
        effect: the same, shrunk towards the effect of the whole by as much as it is noise.
        interval: interval of `effect`.
        incremental: `effect` times the treated customers.
        incremental_interval: its interval.
        differs_p: p of this segment differing from the others, adjusted for looking at all segments (BH).
    """

    segment: str
    treated: int
    control: int
    raw: float
    effect: float
    interval: Interval
    incremental: float
    incremental_interval: Interval
    differs_p: float


@dataclass(frozen=True)
class IncrementalRevenue:
    """What a campaign brought in beyond what the control shows would have come anyway.

    Attributes:
        treated: treated customers.
        per_customer: effect per treated customer, post-stratified by segment.
        interval: interval of it.
        total: effect over all treated customers.
        total_interval: its interval.
        attributed: revenue that last-click attribution credits to the campaign; `None` = not given.
        segments: per segment, in the order of their names.
        segments_differ_p: p of all segments having one effect.
        left_out: treated customers in segments that cannot be compared, because an arm has fewer than two there.
    """

    treated: int
    per_customer: float
    interval: Interval
    total: float
    total_interval: Interval
    attributed: float | None
    segments: tuple[SegmentEffect, ...]
    segments_differ_p: float | None
    left_out: int = 0

    @property
    def gap(self) -> float | None:
        """Attributed minus incremental: revenue that would mostly have come anyway."""
        return None if self.attributed is None else self.attributed - self.total

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return asdict(self) | {"gap": self.gap}

    def words(self, language: Language, *, currency: str) -> str:
        """The result in sentences; amounts are minor units of the currency."""

        def money(value: float) -> str:
            return language.money(round(value), currency, compact=True)

        low, high = self.total_interval.low, self.total_interval.high
        said = [
            language.text(
                "The campaign brought in {total} beyond what would have come anyway ({low} to {high}).",
                total=money(self.total),
                low=money(low),
                high=money(high),
            )
        ]
        if low <= 0 <= high:
            said.append(language.text("The interval holds zero: the gain is not proven."))
        if self.attributed is not None and self.gap is not None:
            said.append(
                language.text(
                    "Attribution credits it with {attributed}; {gap} of that is not confirmed by the control group.",
                    attributed=money(self.attributed),
                    gap=money(self.gap),
                )
                if self.gap > 0
                else language.text(
                    "Attribution credits it with {attributed}, less than the control group shows.",
                    attributed=money(self.attributed),
                )
            )
        return " ".join(said)


@dataclass(frozen=True)
class Incremental:
    """How incremental revenue is read.

    Args:
        metric: the outcome, a mean (or 0/1) per customer.
        treated: name of the treated arm.
        control: name of the control arm.
        alpha: error rate of the intervals.

    Example:
        >>> from kogorta.experiments.metrics import Metric
        >>> columns = {
        ...     "arm": ["t", "t", "c", "c"] * 50, "segment": ["a", "b", "a", "b"] * 50,
        ...     "revenue": [30.0, 11.0, 10.0, 10.0, 28.0, 9.0, 12.0, 11.0] * 25,
        ... }
        >>> found = Incremental(Metric("revenue"), treated="t", control="c").of(columns, arm="arm", segment="segment")
        >>> [round(one.effect, 1) for one in found.segments]
        [18.0, -0.5]

    Source: post-stratification; the normal hierarchical model of Gelman et al. (Bayesian Data Analysis,
    3rd ed., ch. 5) with the half-Cauchy prior of Gelman (2006) for the shrinkage.
    """

    metric: Metric
    treated: str
    control: str
    alpha: float = 0.05

    def __post_init__(self) -> None:
        open_share("alpha", self.alpha)

    def of(self, columns: Columns, *, arm: str, segment: str, attributed: str | None = None) -> IncrementalRevenue:
        """Read a campaign.

        Args:
            columns: name -> values, one per assigned customer.
            arm: name of the arm column.
            segment: name of the segment column, as it was at the assignment.
            attributed: name of the column with revenue credited to the campaign; only the treated arm's counts.

        Returns:
            The incremental revenue in all and per segment.

        Raises:
            InputError: an arm is missing, or no segment has two customers in both arms.
        """
        plain = replace(self.metric, kind="mean") if self.metric.kind == "proportion" else self.metric
        sums = sums_of(columns, [plain], arm=arm, stratum=segment)
        for name in (self.treated, self.control):
            if name not in sums.arm_names():
                raise InputError(
                    "arm {name!r} has no customers; the arms are {listed}.",
                    name=name,
                    listed=", ".join(sums.arm_names()),
                )
        names, pieces = [], []
        for name in sums.stratum_names():
            top, bottom = sums.moments(0, self.treated, [name]), sums.moments(0, self.control, [name])
            if min(top.n, bottom.n) >= 2:
                names.append(name)
                pieces.append((Piece(1.0, top), Piece(1.0, bottom)))
        if not names:
            raise InputError("no segment has two customers in both arms; read the campaign without segments.")
        # weights by treated customers: the question is what the campaign brought in to those it was sent to
        sizes = np.asarray([top.moments.n for top, _ in pieces], dtype=np.float64)
        weights = sizes / sizes.sum()
        tops = [replace(top, weight=float(weight)) for (top, _), weight in zip(pieces, weights, strict=True)]
        bottoms = [replace(bottom, weight=float(weight)) for (_, bottom), weight in zip(pieces, weights, strict=True)]
        whole = mean_contrast(plain, tops, bottoms)
        interval, effect = whole.interval(self.alpha), whole.value - whole.control_value
        treated = int(sizes.sum())
        segments, differ = self._segments(names, pieces)
        credited = None
        if attributed is not None:
            amounts = numbers_of(columns, attributed, len(columns[arm]))
            credited = float(amounts[np.asarray(columns[arm]).astype(str) == self.treated].sum())
        return IncrementalRevenue(
            treated=treated,
            per_customer=effect,
            interval=interval,
            total=effect * treated,
            total_interval=Interval(interval.low * treated, interval.high * treated),
            attributed=credited,
            segments=segments,
            segments_differ_p=differ,
            left_out=sums.counts()[self.treated] - treated,
        )

    def _segments(self, names: Sequence[str], pieces: Sequence[tuple[Piece, Piece]]) -> tuple[tuple[SegmentEffect, ...], float | None]:
        raw = np.asarray([float(top.moments.mean[0] - bottom.moments.mean[0]) for top, bottom in pieces])
        variances = _steadied(pieces)
        shrunk, errors = _shrunk(raw, variances)
        count = len(names)
        reach = normal_quantile(1 - self.alpha / 2) * errors
        differs = [1.0]
        differ_p = None
        if count > 1:
            from scipy.special import chdtrc

            differs = benjamini_hochberg([_against_rest(place, raw, variances) for place in range(count)])
            weights = 1 / variances
            pooled = weights @ raw / weights.sum()
            differ_p = float(chdtrc(count - 1, weights @ (raw - pooled) ** 2))
        found = []
        for place, name in enumerate(names):
            top, bottom = pieces[place][0].moments.n, pieces[place][1].moments.n
            effect, half = float(shrunk[place]), float(reach[place])
            found.append(
                SegmentEffect(
                    name,
                    top,
                    bottom,
                    float(raw[place]),
                    effect,
                    Interval(effect - half, effect + half),
                    effect * top,
                    Interval((effect - half) * top, (effect + half) * top),
                    differs[place],
                )
            )
        return tuple(found), differ_p


def _steadied(pieces: Sequence[tuple[Piece, Piece]]) -> Floats:
    """Variance of each segment's difference, its outcome variance drawn towards the common one in tiny segments."""
    freedom, squares = 0, 0.0
    for pair in pieces:
        for piece in pair:
            freedom += piece.moments.n - 1
            squares += (piece.moments.n - 1) * float(piece.moments.covariance[0, 0])
    common = squares / freedom
    if common <= 0:
        raise InputError("the outcome never varies; there is nothing to compare yet.")
    prior = 10  # worth this many customers
    found = []
    for pair in pieces:
        variance = 0.0
        for piece in pair:
            own = piece.moments.n - 1
            mixed = (own * float(piece.moments.covariance[0, 0]) + prior * common) / (own + prior)
            variance += mixed / piece.moments.n
        found.append(variance)
    return np.asarray(found)


def _shrunk(raw: Floats, variances: Floats) -> tuple[Floats, Floats]:
    """Mean and deviation of each segment's true effect, averaged over how much segments may differ.

    One estimate of the difference between segments would often be zero and the intervals far too narrow; the average over
    all plausible ones keeps their coverage.
    """
    if len(raw) < 2:
        return raw, np.sqrt(variances)
    scale = math.sqrt(float(np.median(variances)))
    spreads = scale * np.concatenate([[0.0], np.geomspace(0.01, 1000.0, GRID)])
    total = variances[None, :] + spreads[:, None] ** 2
    precise = 1 / total
    middle = (precise @ raw) / precise.sum(axis=1)
    middle_variance = 1 / precise.sum(axis=1)
    away = raw[None, :] - middle[:, None]
    fit = 0.5 * np.log(middle_variance) - 0.5 * (np.log(total) + away**2 * precise).sum(axis=1)
    # half-Cauchy prior with the error of a typical segment as its scale, times the width of each step of the grid
    prior = np.gradient(spreads) / (1 + (spreads / (PRIOR_SCALE * scale)) ** 2)
    weight = np.exp(fit - fit.max()) * prior
    weight /= weight.sum()
    trust = spreads[:, None] ** 2 * precise
    means = trust * raw[None, :] + (1 - trust) * middle[:, None]
    within = trust * variances[None, :] + (1 - trust) ** 2 * middle_variance[:, None]
    mean = weight @ means
    return mean, np.sqrt(weight @ (within + (means - mean) ** 2))


def _against_rest(place: int, raw: Floats, variances: Floats) -> float:
    others = np.arange(len(raw)) != place
    weights = 1 / variances[others]
    rest = float(weights @ raw[others] / weights.sum())
    return two_sided_p((float(raw[place]) - rest) / math.sqrt(float(variances[place]) + 1 / float(weights.sum())))
