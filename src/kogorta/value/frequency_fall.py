"""Orders rarer than a customer's own before: an exact test and the interval of the ratio of rates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import bdtr, betaincinv

from kogorta.value.cells import tally
from kogorta.value.day_ledger import day_number

if TYPE_CHECKING:
    from datetime import date

    import numpy.typing as npt

    from kogorta.value.day_ledger import DayLedger
    from kogorta.value.summary import FloatArray

YEAR_DAYS: Final = 365.0
SHORTEST_BASELINE_DAYS: Final = 30


@dataclass(frozen=True, eq=False)
class FrequencyFall:
    """Order rates in the window and before it, one row per customer with a purchase, ascending.

    Attributes:
        recent: repeat orders in the window.
        expected: repeat orders the earlier rate would have brought; 0 without a baseline.
        ratio: recent rate over the earlier one; 1 without a baseline.
        low, high: interval of the ratio.
        p_value: probability of so few recent orders had the rate not changed; infinite without a baseline.
        yearly: what the customer brought a year before the window, minor units.
    """

    recent: FloatArray
    expected: FloatArray
    ratio: FloatArray
    low: FloatArray
    high: FloatArray
    p_value: FloatArray
    yearly: FloatArray


def frequency_fall(ledger: DayLedger, as_of: date, recent_days: int, level: float) -> FrequencyFall:
    """Compare each customer's repeat orders of the last `recent_days` with those before.

    Source: given all repeat orders, those of the window are binomial if the rate did not change (Przyborowski and Wilenski,
    Homogeneity of results in testing samples from Poisson series, Biometrika 31, 1940); the interval of the ratio follows
    from that of Clopper and Pearson.
    """
    end = day_number(as_of)
    seen = ledger.until(end)
    starts = np.flatnonzero(np.concatenate(([True], seen.customer[1:] != seen.customer[:-1])))
    sizes = np.diff(np.append(starts, seen.day.size))
    row = np.repeat(np.arange(starts.size), sizes)
    first = seen.day[starts]
    observed = np.maximum(end - first, 1).astype(np.float64)
    before_days = observed - recent_days
    late = seen.day > end - recent_days
    repeat = np.ones(seen.day.size, dtype=bool)
    repeat[starts] = False
    recent = tally(row[late & repeat], np.ones(int((late & repeat).sum())), starts.size)
    before = tally(row[~late & repeat], np.ones(int((~late & repeat).sum())), starts.size)
    testable = (before_days >= SHORTEST_BASELINE_DAYS) & (before > 0)
    total = recent + before
    share = np.where(testable, recent_days / observed, 0.5)
    p_value = np.where(testable, bdtr(recent, np.maximum(total, 1).astype(np.int64), share), np.inf)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = before_days / recent_days
        ratio = np.where(testable, recent / before * scale, 1.0)
        tail = (1 - level) / 2
        low = np.where(recent > 0, betaincinv(np.maximum(recent, 1), before + 1, tail), 0.0)
        high = betaincinv(recent + 1, np.maximum(before, 1), 1 - tail)
        bounds = [np.where(testable, edge / (1 - edge) * scale, np.nan) for edge in (low, high)]
    days_before = np.maximum(before_days, 1.0)
    amount_before = tally(row[~late], seen.amount[~late].astype(np.float64), starts.size)
    amount = tally(row, seen.amount.astype(np.float64), starts.size)
    yearly = np.where(testable, amount_before / days_before, amount / np.maximum(observed, YEAR_DAYS)) * YEAR_DAYS
    return FrequencyFall(
        recent=recent,
        expected=np.where(testable, before / days_before * recent_days, 0.0),
        ratio=ratio,
        low=bounds[0],
        high=bounds[1],
        p_value=p_value,
        yearly=np.maximum(yearly, 0.0),
    )


def discoveries(p_value: FloatArray, share: float, tests: int | None = None) -> npt.NDArray[np.bool_]:
    """Tests that pass Benjamini and Hochberg's procedure at this share of false alarms.

    Args:
        p_value: probabilities; infinite where nothing was tested.
        share: share of false alarms.
        tests: how many were tested, where probabilities above `share`, which cannot pass, were left out.
    """
    tested = np.flatnonzero(np.isfinite(p_value))
    result = np.zeros(p_value.size, dtype=bool)
    if tested.size:
        ordered = np.sort(p_value[tested])
        passing = np.flatnonzero(ordered <= share * np.arange(1, tested.size + 1) / (tests or tested.size))
        if passing.size:
            result[tested] = p_value[tested] <= ordered[passing[-1]]
    return result
