"""The verdict of an experiment: one of four, in words; or none, when the split is broken."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, Literal

from kogorta.kit.language import message

if TYPE_CHECKING:
    from kogorta.experiments.quantities import Interval
    from kogorta.kit.language import Language

Verdict = Literal["up", "down", "no_difference", "too_few_data", "blocked"]
HUGE: Final = 1e15
"""From here on every digit would be printed, though only the first fifteen are known."""
NAMES: Final[dict[Verdict, str]] = {
    "up": message("Went up"),
    "down": message("Went down"),
    "no_difference": message("No difference that matters"),
    "too_few_data": message("Too few data"),
    "blocked": message("No verdict: the split is broken"),
}
TEMPLATES: Final[dict[Verdict, str]] = {
    "up": message("{metric}, {arm} against {control}: went up from {before} to {after}, {effect} ({low} to {high})."),
    "down": message("{metric}, {arm} against {control}: went down from {before} to {after}, {effect} ({low} to {high})."),
    "no_difference": message("{metric}, {arm} against {control}: there is no difference greater than {limit} ({low} to {high})."),
    "too_few_data": message("{metric}, {arm} against {control}: too few data; the difference may be anything from {low} to {high}."),
    "blocked": message("{metric}, {arm} against {control}: no verdict, because the split is broken."),
}


def judge(p: float, alpha: float, effect: float, interval: Interval, margin: float) -> Verdict:
    """Choose the verdict.

    Args:
        p: two-sided p, adjusted when there are several comparisons.
        alpha: error rate.
        effect: estimated difference.
        interval: its interval at `alpha`.
        margin: a difference below this counts as none; 0 = nothing counts as none.

    Returns:
        `up` or `down` when the difference is proven, `no_difference` when the whole interval lies within the margin,
        else `too_few_data`.

    Example:
        >>> from kogorta.experiments.quantities import Interval
        >>> judge(0.4, 0.05, 0.001, Interval(-0.004, 0.006), 0.01)
        'no_difference'
    """
    if p <= alpha and effect != 0:
        return "up" if effect > 0 else "down"
    if -margin < interval.low and interval.high < margin:
        return "no_difference"
    return "too_few_data"


def figure(value: float, *, share: bool, language: Language) -> str:
    """A value of a metric: a share as a percentage, anything else with three significant digits or whole."""
    if share:
        return language.percent(value, _digits(value * 100))
    return _number(value, language)


def signed(value: float, *, share: bool, language: Language) -> str:
    """A difference with its sign; of shares in percentage points."""
    sign = "+" if value > 0 else "\u2212" if value < 0 else ""
    size = abs(value)
    if share:
        return sign + language.text("{points} pp", points=language.number(size * 100, _digits(size * 100)))
    return sign + _number(size, language)


def signed_share(value: float, language: Language) -> str:
    """A relative effect with its sign, as a percentage."""
    sign = "+" if value > 0 else "\u2212" if value < 0 else ""
    if abs(value) >= HUGE:
        return f"{sign}{abs(value) * 100:.2e}%"
    return sign + language.percent(abs(value), 0 if abs(value) >= 0.1 else 1)


def _number(value: float, language: Language) -> str:
    return f"{value:.2e}" if abs(value) >= HUGE else language.number(value, _digits(value))


def _digits(value: float) -> int:
    if value == 0 or not math.isfinite(value):
        return 0
    return min(6, max(0, 2 - math.floor(math.log10(abs(value)))))
