"""A picture of hidden segments: customers over the two habits that part the groups best."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from kogorta.kit.errors import InputError
from kogorta.kit.language import minor_digits

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from kogorta.kit.language import Language
    from kogorta.segments.hidden.features import Floats
    from kogorta.segments.hidden.found import HiddenSegments
    from kogorta.segments.hidden.habits import Feature

COLOURS: Final = ("#30349b", "#cc6d1e", "#7e8a77", "#5281f2", "#772806", "#8f6392", "#503c4a", "#1b1f24")
NOBODY: Final = "#d0d7de"
INK: Final = "#1b1f24"
MOST_POINTS: Final = 2000
MARGIN: Final = 0.25
"""Points of a share are spread over this part of a step, so that equal shares do not hide each other."""


def draw_segments(found: HiddenSegments, language: Language) -> Figure:
    """Customers over the two habits that part the groups best, coloured by group; at most 2,000 of them.

    Args:
        found: the outcome of a search that found something.
        language: of the labels.

    Raises:
        InputError: nothing was found, so there is nothing to draw.
    """
    from matplotlib.figure import Figure

    if not found.segments:
        raise InputError("No hidden segments were found, so there is no picture of them; show why with told().")
    across, up = telling_pair(found)
    places = np.arange(len(found.table))
    random = np.random.default_rng(len(places))
    if len(places) > MOST_POINTS:
        places = np.sort(random.choice(places, MOST_POINTS, replace=False))
    x, y = (_points(found, feature, places, random) for feature in (across, up))
    figure = Figure(figsize=(6.7, 4.6), layout="constrained")
    axes = figure.add_subplot()
    groups = found.places[places]
    axes.scatter(x[groups < 0], y[groups < 0], s=9, color=NOBODY, linewidths=0, label=None)
    for place, segment in enumerate(found.segments):
        inside = groups == place
        label = f"{segment.name(language)} ({language.percent(segment.share, 0)})"
        axes.scatter(x[inside], y[inside], s=9, color=COLOURS[place % len(COLOURS)], linewidths=0, alpha=0.7, label=label)
    for feature, along in ((across, "x"), (up, "y")):
        _scale(axes, feature, along)
    axes.set_xlabel(across.told(language), color=INK)
    axes.set_ylabel(up.told(language), color=INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), frameon=False, fontsize=9, markerscale=2)
    return figure


def telling_pair(found: HiddenSegments) -> tuple[Feature, Feature]:
    """The two habits that part the groups best: those whose medians differ most between groups, for their scatter within."""
    table = found.table
    scores: list[tuple[float, str]] = []
    for feature in found.features:
        values = _plotted(feature, table.measured[feature.name].values)
        known = ~np.isnan(values) & (found.places >= 0)
        sides = [values[known & (found.places == place)] for place in range(len(found.segments))]
        if any(len(side) < 5 for side in sides):
            continue
        within = float(np.mean([side.std() for side in sides])) or 1e-9
        scores.append((float(np.ptp([np.median(side) for side in sides])) / within, feature.name))
    scores.sort(key=lambda item: (-item[0], item[1]))
    names = [name for _, name in scores] or [feature.name for feature in found.features]
    return table.measured[names[0]].feature, table.measured[names[min(1, len(names) - 1)]].feature


def _plotted(feature: Feature, values: Floats) -> Floats:
    found: Floats = values if feature.kind in ("part", "spread") else np.log(np.maximum(values, 1e-3))
    return found


def _points(found: HiddenSegments, feature: Feature, places: NDArray[np.intp], random: np.random.Generator) -> Floats:
    values = found.table.measured[feature.name].values[places]
    if feature.kind == "part":
        steps = found.table.measured[feature.name].trials[places] + 1
        return values + MARGIN * (random.random(len(values)) - 0.5) / steps
    if feature.kind == "count":
        return values * np.exp(0.3 * (random.random(len(values)) - 0.5) / np.maximum(values, 1))
    return values / 10 ** minor_digits(found.table.currency) if _is_money(feature) else values


def _is_money(feature: Feature) -> bool:
    return feature.kind == "money" or feature.name == "check"


def _scale(axes: Axes, feature: Feature, along: str) -> None:
    from matplotlib.ticker import FuncFormatter, PercentFormatter

    axis = axes.xaxis if along == "x" else axes.yaxis
    if feature.kind == "part":
        axis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    elif feature.kind != "spread":
        (axes.set_xscale if along == "x" else axes.set_yscale)("log")
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}".replace(",", "\u00a0")))
        axis.set_minor_formatter(FuncFormatter(lambda _value, _place: ""))
