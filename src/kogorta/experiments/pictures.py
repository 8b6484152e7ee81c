"""Pictures of an experiment: effects with intervals, looks against their bounds, cumulative lift, the Qini curve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from kogorta.experiments.estimates import Piece, mean_contrast
from kogorta.experiments.qini import Ranking
from kogorta.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from kogorta.experiments.looks import Look
    from kogorta.experiments.readout import Readout
    from kogorta.experiments.sums import Floats, Sums
    from kogorta.kit.language import Language

INK: Final = "#1f2937"
ACCENT: Final = "#2563eb"
WARM: Final = "#d97706"
QUIET: Final = "#9ca3af"


def draw_effects(readout: Readout, metric: str, language: Language) -> Figure:
    """Effects of all arms on one metric with their intervals; zero is marked.

    Args:
        readout: the analysed experiment.
        metric: column or full name of the metric.
        language: of the labels.

    Raises:
        InputError: no effect is on this metric.
    """
    effects = [one for one in readout.effects if metric in (one.metric.label, one.metric.name)]
    if not effects:
        raise InputError(
            "there is no effect on metric {metric!r} to draw.",
            metric=metric,
        )
    share = effects[0].metric.kind == "proportion"
    scale = 100.0 if share else 1.0
    figure, (axes,) = _axes(height=1.2 + 0.5 * len(effects))
    for row, effect in enumerate(reversed(effects)):
        colour = ACCENT if effect.verdict in ("up", "down") else QUIET
        axes.plot([effect.interval.low * scale, effect.interval.high * scale], [row, row], color=colour, linewidth=3)
        axes.plot([effect.effect * scale], [row], "o", color=colour, markersize=8)
    axes.axvline(0, color=INK, linewidth=1)
    axes.set_yticks(range(len(effects)), [effect.arm for effect in reversed(effects)])
    axes.set_ylim(-0.6, len(effects) - 0.4)
    unit = language.text("difference between the arms, pp") if share else language.text("difference between the arms")
    axes.set_xlabel(f"{effects[0].metric.label}: {unit}")
    axes.set_title(language.text("Effect against {control} with its interval", control=effects[0].control), loc="left", color=INK)
    return figure


def draw_looks(looks: Sequence[Look], language: Language, *, share: bool = False) -> Figure:
    """Effect over looks with the interval of each look (left) and the statistic against its bounds (right).

    Args:
        looks: the looks taken, in their order.
        language: of the labels.
        share: whether the metric is a share of customers, shown in percentage points.

    Raises:
        InputError: there are no looks.
    """
    if not looks:
        raise InputError("there are no looks to draw.")
    scale = 100.0 if share else 1.0
    figure, (left, right) = _axes(columns=2, width=10)
    x = [look.customers for look in looks]
    for look in looks:
        left.plot([look.customers] * 2, [look.interval.low * scale, look.interval.high * scale], color=ACCENT, linewidth=2)
    left.plot(x, [look.effect * scale for look in looks], "o-", color=ACCENT, linewidth=1)
    left.axhline(0, color=INK, linewidth=1)
    left.set_xlabel(language.text("customers of both arms"))
    left.set_ylabel(language.text("difference between the arms, pp") if share else language.text("difference between the arms"))
    for one in (left, right):
        one.xaxis.set_major_formatter(lambda value, _: language.number(value))
    left.set_title(language.text("Effect over the looks"), loc="left", color=INK)
    bound = [look.bound for look in looks]
    right.plot(x, bound, color=WARM, marker="_")
    right.plot(x, [-value for value in bound], color=WARM, marker="_")
    right.plot(x, [look.z for look in looks], "o-", color=ACCENT)
    right.axhline(0, color=INK, linewidth=1)
    right.set_xlabel(language.text("customers of both arms"))
    right.set_ylabel("z")
    right.set_title(language.text("Strength of proof against its bound"), loc="left", color=INK)
    return figure


def draw_cumulative_lift(sums: Sums, *, arm: str, control: str, language: Language, place: int = 0, alpha: float = 0.05) -> Figure:
    """Difference between the arms day by day, all customers enrolled so far, with its ordinary interval.

    The interval is that of a single look: the picture shows how the effect settles, it does not decide.

    Args:
        sums: sums with days.
        arm: treated arm.
        control: control arm.
        language: of the labels.
        place: number of the metric in the sums.
        alpha: error rate of the interval.

    Raises:
        InputError: there are fewer than two days with both arms.
    """
    metric = sums.metrics[place].metric
    share = metric.kind == "proportion"
    scale = 100.0 if share else 1.0
    days, effect, low, high = [], [], [], []
    for day in sorted(set(sums.days)):
        part = sums.until(day)
        top, bottom = part.moments(place, arm), part.moments(place, control)
        if min(top.n, bottom.n) < 2:
            continue
        try:
            contrast = mean_contrast(metric, [Piece(1.0, top)], [Piece(1.0, bottom)])
        except InputError:  # nothing has happened yet
            continue
        interval = contrast.interval(alpha)
        days.append(day)
        effect.append((contrast.value - contrast.control_value) * scale)
        low.append(interval.low * scale)
        high.append(interval.high * scale)
    if len(days) < 2:
        raise InputError("a cumulative picture needs sums of at least two days with both arms; take the sums with day.")
    figure, (axes,) = _axes()
    x = np.arange(len(days))
    axes.fill_between(x, low, high, color=ACCENT, alpha=0.15, linewidth=0)
    axes.plot(x, effect, color=ACCENT)
    axes.axhline(0, color=INK, linewidth=1)
    step = max(1, len(days) // 8)
    axes.set_xticks(x[::step], days[::step], rotation=30, ha="right")
    axes.set_ylabel(language.text("difference between the arms, pp") if share else language.text("difference between the arms"))
    axes.set_title(language.text("{metric}: difference so far, day by day", metric=metric.label), loc="left", color=INK)
    return figure


def draw_qini(scores: dict[str, Floats], outcome: Floats, treated: Floats, language: Language) -> Figure:
    """Qini curves of several rankings against a random order.

    Args:
        scores: name of the ranking -> score of each customer.
        outcome: 0/1 or an amount.
        treated: 1 for treated, 0 for control.
        language: of the labels.
    """
    if not scores:
        raise InputError("there is no ranking to draw.")
    figure, (axes,) = _axes()
    end = (0.0, 0.0)
    for (name, score), colour in zip(scores.items(), (ACCENT, WARM, INK, QUIET) * len(scores), strict=False):
        x, y = Ranking.of(score, outcome, treated).qini()
        axes.plot(x / x[-1] * 100, y, label=name, color=colour)
        end = (100.0, float(y[-1]))
    axes.plot([0, end[0]], [0, end[1]], color=QUIET, linestyle="--", label=language.text("at random"))
    axes.set_xlabel(language.text("customers contacted, %"))
    axes.set_ylabel(language.text("incremental outcome"))
    axes.set_title(language.text("Qini curve"), loc="left", color=INK)
    axes.legend(frameon=False)
    return figure


def _axes(*, columns: int = 1, width: float = 7.0, height: float = 4.0) -> tuple[Figure, list[Axes]]:
    """A figure outside pyplot, so that drawing in a server or a thread leaves nothing behind."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = list(figure.subplots(1, columns, squeeze=False)[0])
    for one in axes:
        one.spines[["top", "right"]].set_visible(False)
        one.grid(axis="y", color="#e5e7eb", linewidth=0.6)
        one.set_axisbelow(True)
    return figure, axes
