"""What a wave may bring above what would come anyway, as ranges that name their inputs; and whether a claim can be true."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kogorta.kit.errors import OptionError
from kogorta.waves.baseline import HORIZON_DAYS, Z90, Baseline, wilson
from kogorta.waves.plan import Contradiction, Forecast, ForecastInput, Range

if TYPE_CHECKING:
    from collections.abc import Sequence

ASSUMED_UPLIFT: Final = Range(0.02, 0.05, 0.10)
"""Percentage points a personal contact adds where no earlier wave was measured: a stated assumption, to be replaced by a measurement."""

_DRAWS: Final = 20_000


def forecast_wave(
    treated: int,
    control: int,
    baseline: Baseline,
    checks: Sequence[int],
    *,
    uplift: Range = ASSUMED_UPLIFT,
    measured: bool = False,
    horizon: int = HORIZON_DAYS,
    expected_orders: float | None = None,
    seed: int = 0,
) -> Forecast:
    """Forecast of the first wave by simulation: baseline from the past, uplift measured or assumed, checks of the list itself.

    Each draw takes a baseline rate (beta with the Jeffreys prior), an uplift (triangular over its range), the number of extra buyers
    (difference of two binomials with common chances) and their checks (bootstrap). Ranges are the 5 % and 95 % points.

    Args:
        treated: customers who will be contacted.
        control: customers who will be left alone.
        baseline: what the segment did on past days.
        checks: average checks of the customers of the list, minor units; those above zero are used.
        uplift: points added to the baseline rate, 0-1.
        measured: whether the uplift was measured on earlier waves.
        horizon: days the forecast is for.
        expected_orders: orders a model expects of the treated without action; shown beside the measured baseline.
        seed: seed of the simulation; the same seed gives the same figures.

    Returns:
        The forecast with every input and its source.

    Raises:
        OptionError: nobody is treated or no check is above zero.
    """
    import numpy as np

    usable = np.sort(np.array([check for check in checks if check > 0], dtype=np.float64))
    if treated < 1 or not len(usable):
        raise OptionError(
            "A forecast needs customers to contact and their checks; got {treated} customers and {count} checks.",
            treated=treated,
            count=len(usable),
        )
    rng = np.random.default_rng(seed)
    rates = rng.beta(baseline.bought + 0.5, baseline.members - baseline.bought + 0.5, _DRAWS)
    spread = uplift.high > uplift.low
    points = rng.triangular(uplift.low, uplift.middle, uplift.high, _DRAWS) if spread else np.full(_DRAWS, uplift.middle)
    responses = np.minimum(rates + points, 1.0)
    extra = rng.binomial(treated, responses - rates)
    # the mean check of as many customers as there are extra buyers, each drawn from the list
    most = int(extra.max(initial=0))
    drawn = rng.choice(usable, size=(_DRAWS, most)) if most and most <= 400 else None
    if drawn is not None:
        taken = np.arange(most)[None, :] < extra[:, None]
        revenue = (drawn * taken).sum(axis=1)
    else:
        revenue = extra * usable.mean() + np.sqrt(extra) * usable.std() * rng.standard_normal(_DRAWS)
        revenue = np.maximum(revenue, 0)
    means = rng.choice(usable, size=(2000, min(len(usable), 1000))).mean(axis=1)
    rate = wilson(baseline.bought, baseline.members, Z90)
    check = _range(means, float(usable.mean()))
    modelled = () if expected_orders is None else (_figure("expected_orders", expected_orders, "orders", "model"),)
    inputs = (
        ForecastInput("baseline_rate", rate.middle, rate.low, rate.high, "share", "measured", baseline.members),
        ForecastInput("uplift", uplift.middle, uplift.low, uplift.high, "points", "measured" if measured else "assumed"),
        *modelled,
        ForecastInput("average_check", check.middle, check.low, check.high, "money", "measured", len(usable)),
        _figure("treated", treated, "customers", "given"),
        _figure("horizon", horizon, "days", "given"),
    )
    return Forecast(
        horizon_days=horizon,
        treated=treated,
        control=control,
        baseline=rate,
        uplift=uplift,
        response=_range(responses, min(rate.middle + uplift.middle, 1.0)),
        check=check,
        extra_buyers=_range(extra, treated * (min(rate.middle + uplift.middle, 1.0) - rate.middle)),
        extra_revenue=_range(revenue, float(revenue.mean())),
        inputs=inputs,
    )


def check_claim(
    companies: int,
    conversion: tuple[float, float],
    revenue: tuple[float, float],
    average_check: tuple[float, float],
    baseline: Range | None = None,
) -> tuple[Contradiction, ...]:
    """What in a forecast somebody has made does not agree with its own figures.

    Args:
        companies: size of the list.
        conversion: claimed conversion, low and high, 0-1.
        revenue: claimed extra revenue, low and high, in any money unit.
        average_check: average check of the same list, low and high, in the same unit.
        baseline: share that buys without any action; None skips that check.

    Returns:
        Contradictions; empty when the claim holds together.

    Example:
        >>> found = check_claim(87, (0.25, 0.30), (15e6, 18e6), (0.05e6, 0.45e6))
        >>> found[0].code, round(dict(found[0].figures)["per_buyer_low"] / 1e6, 2)
        ('check_above_own', 0.69)
    """
    found: list[Contradiction] = []
    figures: tuple[tuple[str, float], ...]
    buyers_low, buyers_high = companies * conversion[0], companies * conversion[1]
    if buyers_low > 0:
        per_low, per_high = sorted((revenue[0] / buyers_low, revenue[1] / buyers_high))
        figures = (
            ("buyers_low", buyers_low),
            ("buyers_high", buyers_high),
            ("per_buyer_low", per_low),
            ("per_buyer_high", per_high),
            ("check_low", average_check[0]),
            ("check_high", average_check[1]),
        )
        if per_low > average_check[1]:
            found.append(Contradiction("check_above_own", figures))
        elif per_high < average_check[0]:
            found.append(Contradiction("check_below_own", figures))
    if baseline is not None and baseline.high > 0:
        figures = (
            ("conversion_low", conversion[0]),
            ("conversion_high", conversion[1]),
            ("baseline", baseline.middle),
            ("baseline_high", baseline.high),
        )
        if conversion[1] <= baseline.high:
            found.append(Contradiction("baseline_not_subtracted", figures))
        elif conversion[0] - baseline.middle > 3 * ASSUMED_UPLIFT.high:
            found.append(Contradiction("conversion_far_above_baseline", figures))
    return tuple(found)


def _figure(name: str, value: float, unit: str, source: str) -> ForecastInput:
    return ForecastInput(name, value, value, value, unit, source)


def _range(values: object, middle: float) -> Range:
    import numpy as np

    low, high = np.quantile(np.asarray(values, dtype=np.float64), [0.05, 0.95])
    return Range(float(low), float(middle), float(high))
