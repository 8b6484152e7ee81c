"""Analyse an experiment: every arm against the control, by intention to treat."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from kogorta.experiments.clusters import by_cluster
from kogorta.experiments.contrasts import QuantileContrast, RateContrast
from kogorta.experiments.estimates import Piece, mean_contrast
from kogorta.experiments.exact import ExactlyChecked, permutation_p
from kogorta.experiments.metrics import DEFAULT_MARGIN
from kogorta.experiments.multiplicity import holm
from kogorta.experiments.quantities import open_share
from kogorta.experiments.readout import Effect, Readout
from kogorta.experiments.srm import SRM_THRESHOLD, SplitCheck, check_split
from kogorta.experiments.sums import Sums, labels_of, metric_values, sums_of
from kogorta.experiments.verdicts import judge
from kogorta.experiments.windows import check_order
from kogorta.kit.errors import InputError, OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kogorta.experiments.contrasts import Contrast
    from kogorta.experiments.metrics import Metric
    from kogorta.experiments.sums import Columns

TINY: Final = 10
"""Below this many customers in an arm a mean is also judged by re-drawing the arms."""
FEW: Final = 30
"""A stratum or a day with fewer customers than this is not checked for its split."""


@dataclass(frozen=True)
class Analysis:
    """How an experiment is analysed; decided before the outcomes are seen.

    Args:
        metrics: what is measured.
        control: name of the control arm.
        alpha: two-sided error rate, 0-1.
        shares: arm -> weight as it was drawn; `None` = the arms were meant to be equal.
        stratum: column of the strata (post-stratification).
        day: column of the day of assignment; the split is checked within days too.
        cluster: column of the company, when companies were drawn and rows are smaller than a company.
        unit: column of the customer id; a customer in two arms, or twice, is refused.
        assigned_at: column of the moment of assignment.
        outcome_at: column of the moment of the outcome; one before the assignment is refused.
        seed: of the random re-drawings of tiny groups.

    Example:
        >>> from kogorta.experiments.metrics import Metric
        >>> columns = {"arm": ["a"] * 500 + ["b"] * 500, "spend": [1.0, 2.0] * 250 + [2.0, 3.0] * 250}
        >>> readout = Analysis([Metric("spend")], control="a").of(columns, arm="arm")
        >>> readout.effects[0].verdict, round(readout.effects[0].effect, 3)
        ('up', 1.0)

    Source: intention to treat on absolute effects; `contrasts` names the source of each interval.
    """

    metrics: Sequence[Metric]
    control: str
    alpha: float = 0.05
    shares: Mapping[str, float] | None = None
    stratum: str | None = None
    day: str | None = None
    cluster: str | None = None
    unit: str | None = None
    assigned_at: str | None = None
    outcome_at: str | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        open_share("alpha", self.alpha)
        if not self.metrics:
            raise OptionError("no metric is named; name at least one, for example spend:mean.")
        if len(set(self.metrics)) != len(self.metrics):
            names = ", ".join(metric.name for metric in self.metrics)
            raise OptionError(
                "a metric is named twice among {names}; name each once.",
                names=names,
            )

    def of(self, columns: Columns, *, arm: str) -> Readout:
        """Analyse plain columns.

        Args:
            columns: name -> values, one per customer; lists or arrays of one length.
            arm: name of the arm column.

        Returns:
            The effects with intervals and verdicts.

        Raises:
            InputError: the columns cannot be compared; the sentence says why.
        """
        labels = labels_of(columns, arm)
        self._check_units(columns, arm)
        if self.assigned_at is not None and self.outcome_at is not None:
            check_order(columns, self.assigned_at, self.outcome_at)
        used, computed = columns, tuple(self.metrics)
        if self.cluster is not None:
            used, computed = by_cluster(columns, self.metrics, arm=arm, cluster=self.cluster, stratum=self.stratum)
        day = None if self.cluster is not None else self.day
        sums = sums_of(used, computed, arm=arm, stratum=self.stratum, day=day)
        return self._judged(sums, computed, (used, labels_of(used, arm) if self.cluster else labels))

    def of_sums(self, sums: Sums) -> Readout:
        """Analyse sums taken earlier, for example by the engine.

        Raises:
            InputError: the sums hold other metrics than this analysis.
        """
        if [item.metric for item in sums.metrics] != list(self.metrics):
            raise InputError(
                "the sums hold other metrics than the analysis; take them with the same metrics (a quantile needs the "
                "customers themselves, not sums)."
            )
        return self._judged(sums, tuple(self.metrics), None)

    def _judged(self, sums: Sums, computed: tuple[Metric, ...], rows: tuple[Columns, np.ndarray] | None) -> Readout:
        split = self._split(sums.counts())
        broken = split.broken or self._broken_within(sums)
        if broken and not split.broken:
            split = replace(split, p=min(split.p, self._worst_within(sums)), declared=True)
        sums, merged = _merge_thin_strata(sums)
        arms = [name for name, count in split.counts if name != self.control and count > 0]
        places = _places(computed)
        found: list[tuple[str, Metric, Contrast]] = []
        for arm in arms:
            for metric, form in zip(self.metrics, computed, strict=True):
                contrast = self._contrast(sums, form, places.get(form), arm, rows)
                found.append((arm, metric, contrast))
        adjusted = _adjusted(found)
        counts = dict(split.counts)
        effects = tuple(
            self._effect(arm, metric, contrast, p, counts, broken=broken)
            for (arm, metric, contrast), p in zip(found, adjusted, strict=True)
        )
        return Readout(split, effects, merged)

    def _effect(self, arm: str, metric: Metric, contrast: Contrast, p: float, counts: Mapping[str, int], *, broken: bool) -> Effect:
        interval = contrast.interval(self.alpha)
        margin = metric.margin if metric.margin is not None else DEFAULT_MARGIN * abs(contrast.control_value)
        effect = contrast.value - contrast.control_value
        return Effect(
            arm=arm,
            control=self.control,
            metric=metric,
            n=counts[arm],
            control_n=counts[self.control],
            mean=contrast.value,
            control_mean=contrast.control_value,
            interval=interval,
            p=contrast.p,
            p_adjusted=p,
            relative_interval=contrast.relative(self.alpha),
            margin=margin,
            verdict="blocked" if broken else judge(p, self.alpha, effect, interval, margin),
            alpha=self.alpha,
        )

    def _contrast(self, sums: Sums, metric: Metric, place: int | None, arm: str, rows: tuple[Columns, np.ndarray] | None) -> Contrast:
        if place is None:
            if rows is None:
                raise InputError(
                    "metric {name} needs the customers themselves, not sums.",
                    name=metric.name,
                )
            return self._quantile(metric, arm, rows)
        strata = [name for name in sums.stratum_names() if sums.where(arm, [name]).any()]
        pieces: list[tuple[Piece, Piece]] = []
        for stratum in strata:
            treated, control = sums.moments(place, arm, [stratum]), sums.moments(place, self.control, [stratum])
            weight = float(treated.n + control.n)
            pieces.append((Piece(weight, treated), Piece(weight, control)))
        total = sum(piece.weight for piece, _ in pieces)
        tops = [replace(piece, weight=piece.weight / total) for piece, _ in pieces]
        bottoms = [replace(piece, weight=piece.weight / total) for _, piece in pieces]
        if metric.kind == "proportion" and metric.covariate is None and len(pieces) == 1:
            return self._rate(metric, tops[0], bottoms[0])
        for name, side in ((arm, tops), (self.control, bottoms)):
            if sum(piece.moments.n for piece in side) < 2:
                raise InputError(
                    "arm {name!r} has a single customer; a mean needs at least 2 per arm.",
                    name=name,
                )
        contrast = mean_contrast(metric, tops, bottoms)
        smallest = min(sum(piece.moments.n for piece in side) for side in (tops, bottoms))
        if smallest < TINY and rows is not None and metric.kind == "mean" and metric.covariate is None:
            columns, labels = rows
            values = metric_values(columns, metric, len(labels))[0]
            p = permutation_p(values[labels == arm].tolist(), values[labels == self.control].tolist(), seed=self.seed)
            return ExactlyChecked(contrast, p)
        return contrast

    def _rate(self, metric: Metric, treated: Piece, control: Piece) -> RateContrast:
        sizes = [side.moments.n for side in (treated, control)]
        did = [round(float(side.moments.mean[0]) * size) for side, size in zip((treated, control), sizes, strict=True)]
        if sum(did) == 0 or sum(did) == sum(sizes):
            raise InputError(
                "metric {name} is {value} for every customer of both arms; there is nothing to compare yet. Wait for "
                "outcomes or leave the metric out.",
                name=metric.name,
                value="0" if sum(did) == 0 else "1",
            )
        return RateContrast(did[0], sizes[0], did[1], sizes[1])

    def _quantile(self, metric: Metric, arm: str, rows: tuple[Columns, np.ndarray]) -> QuantileContrast:
        columns, labels = rows
        values = metric_values(columns, metric, len(labels))[0]
        treated, control = np.sort(values[labels == arm]), np.sort(values[labels == self.control])
        contrast = QuantileContrast(treated, control, metric.quantile)
        if contrast.interval(self.alpha).width == 0:
            raise InputError(
                "metric {name}: the quantile is {value:g} with no variation in either arm; compare the mean or the share "
                "of customers above it instead.",
                name=metric.name,
                value=contrast.value,
            )
        return contrast

    def _split(self, counts: Mapping[str, int]) -> SplitCheck:
        if self.control not in counts:
            raise InputError(
                "the control arm {control!r} has no customers; the arms are {listed}.",
                control=self.control,
                listed=", ".join(sorted(counts)),
            )
        if self.shares is not None:
            for name, share in self.shares.items():
                if share > 0 and counts.get(name, 0) == 0:
                    raise InputError(
                        "arm {name!r} is empty though its share is {share:g}; nothing can be compared with it.",
                        name=name,
                        share=share,
                    )
        if len(counts) < 2:
            raise InputError(
                "there is one arm only, {control!r}; a comparison needs at least two.",
                control=self.control,
            )
        return check_split(counts, self.shares)

    def _within(self, sums: Sums) -> list[float]:
        p_values = []
        for names, count in ((sums.strata, len(set(sums.strata))), (sums.days, len(set(sums.days)))):
            if count < 2:
                continue
            for name in sorted(set(names)):
                cells = np.asarray([found == name for found in names])
                part = {arm: int(sums.n[cells & sums.where(arm)].sum()) for arm in sums.arm_names()}
                if sum(part.values()) >= FEW * len(part):
                    p_values.append(min(1.0, check_split(part, self._weights(sums)).p * count))
        return p_values

    def _weights(self, sums: Sums) -> Mapping[str, float]:
        """The declared shares, or the overall sizes: within a stratum the split should be that of the whole."""
        return self.shares if self.shares is not None else {arm: float(n) for arm, n in sums.counts().items()}

    def _broken_within(self, sums: Sums) -> bool:
        return self._worst_within(sums) < SRM_THRESHOLD

    def _worst_within(self, sums: Sums) -> float:
        return min(self._within(sums), default=1.0)

    def _check_units(self, columns: Columns, arm: str) -> None:
        if self.unit is None:
            return
        units, arms = labels_of(columns, self.unit), labels_of(columns, arm)
        if len(units) != len(arms):
            raise InputError(
                "column {unit!r} has {units_count} values and {arm!r} has {arms_count}.",
                unit=self.unit,
                units_count=len(units),
                arm=arm,
                arms_count=len(arms),
            )
        order = np.argsort(units, kind="stable")
        same = units[order][1:] == units[order][:-1]
        if not same.any():
            return
        crossed = same & (arms[order][1:] != arms[order][:-1])
        if crossed.any():
            first = units[order][1:][crossed][0]
            raise InputError(
                "customers in two arms: {number}, the first is {first!s}; a customer belongs to one arm. Leave out "
                "customers that were merged from two arms.",
                number=int(crossed.sum()),
                first=first,
            )
        raise InputError(
            "customer {value!s} occurs more than once; keep one row per customer, or name the company column as cluster.",
            value=units[order][1:][same][0],
        )


def _places(metrics: Sequence[Metric]) -> dict[Metric, int]:
    return {metric: place for place, metric in enumerate(metric for metric in metrics if metric.kind != "quantile")}


def _adjusted(found: Sequence[tuple[str, Metric, Contrast]]) -> list[float]:
    """Holm within a family: all arms of a metric, or of all primary metrics together."""
    families: dict[Metric | None, list[int]] = {}
    for place, (_, metric, _) in enumerate(found):
        families.setdefault(None if metric.role == "primary" else metric, []).append(place)
    adjusted = [1.0] * len(found)
    for places in families.values():
        for place, p in zip(places, holm([found[place][2].p for place in places]), strict=True):
            adjusted[place] = p
    return adjusted


def _merge_thin_strata(sums: Sums) -> tuple[Sums, int]:
    """Put together the strata in which an arm has fewer than two customers; all of them if that is not enough."""
    names, arms = sums.stratum_names(), sums.arm_names()
    if len(names) < 2:
        return sums, 0

    def thin(strata: Sequence[str]) -> bool:
        return any(int(sums.n[sums.where(arm, strata)].sum()) < 2 for arm in arms)

    merged = {name for name in names if thin([name])}
    if not merged:
        return sums, 0
    if thin(sorted(merged)):
        rest = [name for name in names if name not in merged]
        if rest:
            size = {name: int(sums.n[[found == name for found in sums.strata]].sum()) for name in rest}
            merged.add(min(rest, key=lambda name: (size[name], name)))
    label = "+".join(sorted(merged))
    return replace(sums, strata=tuple(label if name in merged else name for name in sums.strata)), len(merged)
