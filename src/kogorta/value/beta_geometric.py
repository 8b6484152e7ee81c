"""The arithmetic BG/NBD and MBG/NBD share: orders at a gamma rate, a beta chance to leave after each.

The two differ in one number, the chances to leave a customer has had: x in BG/NBD (after each repeat purchase), x + 1
in MBG/NBD (after the first one too). With n chances the likelihood of a history is

    G(r+x)/G(r) alpha^r B(a, b+n)/B(a, b) [ (alpha+T)^-(r+x) + (n>0) a/(b+n-1) (alpha+t_x)^-(r+x) ].
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit, gammaln, hyp2f1, psi

from kogorta.value.cells import coded, paired

if TYPE_CHECKING:
    from kogorta.value.cells import Cells
    from kogorta.value.likelihood_fit import Objective
    from kogorta.value.purchase_model import Theta
    from kogorta.value.summary import FloatArray, IntArray, PurchaseSummary

LARGEST_RESULT = 1e12


def objective(cells: Cells, extra: int) -> Objective:
    """Log-likelihood and gradient at log (r, alpha, a, b).

    Args:
        cells: grouped histories.
        extra: chances to leave beyond the repeat purchases: 0 for BG/NBD, 1 for MBG/NBD.
    """
    chances = cells.x_table + extra
    may_leave = cells.x + extra > 0
    first = int(np.argmax(may_leave)) if may_leave.any() else may_leave.size  # cells are ordered by x
    x, code, count = cells.x[first:], cells.x_code[first:], cells.count[first:]
    last, age = cells.t_x[first:], cells.T[first:]
    all_counts, all_x, all_ages = cells.count, cells.x, cells.T
    customers, size = cells.customers, cells.x_table.size
    ratio_chances = np.maximum(chances - 1, 0.0)

    def at(point: FloatArray) -> tuple[float, FloatArray]:
        r, alpha, a, b = np.exp(point)
        table_x, table_n = cells.x_table, cells.x_count
        both, later = a + b, b + chances
        ratio_base = b + ratio_chances
        log_age = np.log(alpha + all_ages)
        log_last = np.log(alpha + last)
        shape = r + x
        gap = log_age[first:] - log_last
        odds = (np.log(a) - np.log(ratio_base))[code] + shape * gap
        shrunk = np.exp(-np.abs(odds))
        left = np.where(odds >= 0, 1.0, shrunk) / (1 + shrunk)  # probability of having left
        per_x = gammaln(r + table_x) - gammaln(r) + gammaln(both) - gammaln(b) + gammaln(later) - gammaln(both + chances)
        weighted_logs = all_counts * log_age
        value = (
            per_x @ table_n
            + customers * r * point[1]
            - (r * weighted_logs.sum() + weighted_logs @ all_x)
            + count @ (np.maximum(odds, 0) + np.log1p(shrunk))
        )
        gone = count * left
        gone_by_x = np.bincount(code, weights=gone, minlength=size)
        slope_r = (psi(r + table_x) - psi(r)) @ table_n + customers * point[1] - weighted_logs.sum() + gone @ gap
        inverse = 1 / (alpha + age)
        slope_alpha = (
            customers * r / alpha - (all_counts * (r + all_x)) @ (1 / (alpha + all_ages)) + (gone * shape) @ (inverse - 1 / (alpha + last))
        )
        psi_sum = psi(both + chances)
        slope_a = (psi(both) - psi_sum) @ table_n + gone.sum() / a
        slope_b = (psi(both) - psi_sum + psi(later) - psi(b)) @ table_n - (gone_by_x / ratio_base).sum()
        return float(value), np.array([slope_r * r, slope_alpha * alpha, slope_a * a, slope_b * b])

    return at


def alive(theta: Theta, summary: PurchaseSummary, extra: int) -> FloatArray:
    """P(alive); parameters may be arrays that broadcast against the rows."""
    r, alpha, a, b = theta
    chances = summary.x + extra
    odds = (
        np.log(a) - np.log(b + np.maximum(chances - 1, 0.0)) + (r + summary.x) * (np.log(alpha + summary.T) - np.log(alpha + summary.t_x))
    )
    result: FloatArray = np.where(chances > 0, expit(-odds), 1.0)
    return result


def orders_of_the_living(theta: Theta, x: FloatArray, chances: FloatArray, age: FloatArray, horizon: float) -> FloatArray:
    """Expected orders within `horizon` of customers known to be alive.

    The published form holds 2F1(r+x, b+n; a+b+n-1; z), which overflows for heavy buyers; Euler's transformation turns
    it into one with small parameters, whose series converges fast.
    """
    r, alpha, a, b = (float(value) for value in theta)
    if abs(a - 1) < 1e-6:
        a = 1 + 1e-6  # a removable singularity
    c = a + b + chances - 1
    c = np.where(np.abs(c - np.rint(c)) + (c > 0.5) < 1e-9, c + 1e-7, c)
    share = horizon / (alpha + age + horizon)
    stay = (alpha + age) / (alpha + age + horizon)
    series = hyp2f1(a + b + chances - 1 - r - x, a - 1, c, share)
    result: FloatArray = np.clip(c / (a - 1) * (1 - stay ** (a - 1) * series), 0.0, LARGEST_RESULT)
    return result


def expected(theta: Theta, summary: PurchaseSummary, horizon: float, extra: int) -> FloatArray:
    """Expected orders given the history: P(alive) times those of the living, once per different (x, T)."""
    x, age = coded(summary.x), coded(summary.T)
    x_codes, age_codes, inverse = paired(x, age)
    x_values = x.table[x_codes]
    living = orders_of_the_living(theta, x_values, x_values + extra, age.table[age_codes], horizon)
    product: FloatArray = alive(theta, summary, extra) * living[inverse]
    return product


def sample_orders(
    theta: FloatArray,
    summary: PurchaseSummary,
    alive_draws: FloatArray,
    horizons: tuple[float, float],
    repeats: int,
    rng: np.random.Generator,
    extra: int,
) -> tuple[IntArray, IntArray]:
    """Draw future orders exactly: given life, the rate is gamma and the chance to leave beta."""
    r, alpha, a, b = theta[:, :, 0]
    draw, row, flat, shape = living_places(alive_draws, repeats, rng)
    rate = rng.standard_gamma(r[draw] + summary.x[row]) / (alpha[draw] + summary.T[row])
    many = rng.poisson(np.minimum(rate * horizons[1], 1e9))
    buys = many > 0
    draw, row, flat, many = draw[buys], row[buys], flat[buys], many[buys]
    limit = orders_before_leaving(a[draw], b[draw] + summary.x[row] + extra, rng)
    return placed(flat, shape, many, limit, horizons, rng)


def living_places(alive_draws: FloatArray, repeats: int, rng: np.random.Generator) -> tuple[IntArray, IntArray, IntArray, tuple[int, int]]:
    """Toss life for every draw, repeat and row: parameter draw, row and flat place of those alive, and the shape."""
    draws, rows = alive_draws.shape
    shape = (draws * repeats, rows)
    lives = rng.random((draws, repeats, rows), dtype=np.float32) < alive_draws[:, None, :]
    flat = np.flatnonzero(lives.reshape(-1))
    outcome, row = np.divmod(flat, rows)
    return outcome // repeats, row, flat, shape


def orders_before_leaving(a: FloatArray, b: FloatArray, rng: np.random.Generator) -> IntArray:
    """Orders up to and with the one after which the customer leaves."""
    chance = np.clip(rng.beta(a, b), 1e-9, 1.0)
    return rng.geometric(chance)


def placed(
    flat: IntArray,
    shape: tuple[int, int],
    many: IntArray,
    limit: IntArray,
    horizons: tuple[float, float],
    rng: np.random.Generator,
) -> tuple[IntArray, IntArray]:
    """Orders cut at the moment of leaving, for both horizons, put in their places."""
    long = np.zeros(shape, dtype=np.int64)
    short = np.zeros(shape, dtype=np.int64)
    early = rng.binomial(many, horizons[0] / horizons[1])
    long.reshape(-1)[flat] = np.minimum(many, limit)
    short.reshape(-1)[flat] = np.minimum(early, limit)
    return short, long
