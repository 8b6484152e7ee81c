"""Invented purchase histories that follow a model exactly: to test fits, and to size what a fit can know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kogorta.kit.checks import check_choice
from kogorta.kit.errors import OptionError
from kogorta.value.cells import tally
from kogorta.value.summary import PurchaseSummary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kogorta.value.summary import FloatArray, IntArray, Unit

MODELS = ("bg-nbd", "mbg-nbd", "pareto-nbd", "mbg-cnbd-k")


def simulate(model: str, params: Mapping[str, float], ages: FloatArray, seed: int, k: int = 1, unit: Unit = "week") -> PurchaseSummary:
    """Draw one history per age.

    Args:
        model: code of a model of repeat purchases.
        params: its parameters by name.
        ages: time from each customer's first purchase to the end of observation, in `unit`.
        seed: seed of the draws.
        k: regularity, for `mbg-cnbd-k`.
        unit: unit of time.

    Returns:
        Histories, `log_intervals` included.

    Raises:
        OptionError: no such model, or a parameter it needs is not given.

    Example:
        >>> params = {"r": 0.25, "alpha": 4.4, "a": 0.8, "b": 2.4}
        >>> simulate("bg-nbd", params, np.full(1000, 39.0), seed=1).customers
        1000.0
    """
    check_choice("model", model, MODELS)
    rng = np.random.default_rng(seed)
    size = ages.size
    needed = ("r", "alpha", "s", "beta") if model == "pareto-nbd" else ("r", "alpha", "a", "b")
    missing = [name for name in needed if not params.get(name, 0) > 0]
    if missing:
        raise OptionError(
            "the {model} model needs {names} above zero; give every parameter by name.",
            model=model,
            names=", ".join(missing),
        )
    rate = rng.standard_gamma(params["r"], size) / params["alpha"]
    stop, limit = ages, np.full(size, np.iinfo(np.int64).max)
    if model == "pareto-nbd":
        leaving = np.maximum(rng.standard_gamma(params["s"], size) / params["beta"], 1e-300)
        stop = np.minimum(ages, rng.standard_exponential(size) / leaving)
    else:
        chance = np.clip(rng.beta(params["a"], params["b"], size), 1e-12, 1.0)
        limit = rng.geometric(chance) - (0 if model == "bg-nbd" else 1)
    every = k if model == "mbg-cnbd-k" else 1
    events = rng.poisson(rate * stop)
    x = np.minimum(events // every, limit)
    last = np.zeros(size)
    some = x > 0
    place = x[some] * every
    last[some] = stop[some] * rng.beta(place, events[some] - place + 1)
    return PurchaseSummary(x, last, ages, log_intervals=_log_intervals(x, last, every, rng), unit=unit)


def _log_intervals(x: IntArray, last: FloatArray, every: int, rng: np.random.Generator) -> FloatArray:
    """Between purchases the intervals share the time by a Dirichlet law."""
    row = np.repeat(np.arange(x.size), x)
    parts = rng.standard_gamma(every, row.size)
    whole = tally(row, parts, x.size)
    logs = np.log(np.maximum(parts / whole[row] * last[row], 1e-300))
    return tally(row, logs, x.size)
