"""The arithmetic BG/NBD and MBG/NBD share: orders at a gamma rate, a beta chance to leave after each.

The two differ in one number, the chances to leave a customer has had: x in BG/NBD (after each repeat purchase), x + 1
in MBG/NBD (after the first one too). With n chances the likelihood of a history is

    G(r+x)/G(r) alpha^r B(a, b+n)/B(a, b) [ (alpha+T)^-(r+x) + (n>0) a/(b+n-1) (alpha+t_x)^-(r+x) ].
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import betainc, expit, gammaln, hyp2f1, psi

from kogorta.value.cells import coded, paired

if TYPE_CHECKING:
    from kogorta.value.cells import Cells
    from kogorta.value.likelihood_fit import Objective
    from kogorta.value.purchase_model import Theta
    from kogorta.value.summary import FloatArray, IntArray, PurchaseSummary

LARGEST_RESULT: Final = 1e9
LARGE: Final = 200.0  # parameters from which the hypergeometric series is not to be trusted
NEAR_ONE: Final = 1e-5  # where the closed form is 0 / 0
NEGLIGIBLE: Final = 1e-11
MOST_ORDERS: Final = 100_000
BLOCK: Final = 8192  # rows worked on at once: fits a cache, and no threads are woken for a dot product


def objective(cells: Cells, extra: int) -> Objective:
    """Log-likelihood and gradient at log (r, alpha, a, b).

    Args:
        cells: grouped histories.
        extra: chances to leave beyond the repeat purchases: 0 for BG/NBD, 1 for MBG/NBD.
    """
    table_x, table_n = cells.x_table, cells.x_count
    chances = table_x + extra
    before = np.maximum(chances - 1, 0.0)
    customers, size = cells.customers, table_x.size
    first = int(np.searchsorted(cells.x + extra, 0.0, side="right"))  # cells are ordered by x: who cannot have left
    blocks = [slice(start, min(start + BLOCK, first)) for start in range(0, first, BLOCK)]
    blocks += [slice(start, start + BLOCK) for start in range(first, cells.x.size, BLOCK)]
    weighted = cells.count * cells.x

    def at(point: FloatArray) -> tuple[float, FloatArray]:
        r, alpha, a, b = np.exp(point)
        both, later = a + b, b + chances
        per_x = gammaln(r + table_x) - gammaln(r) + gammaln(both) - gammaln(b) + gammaln(later)
        per_x -= gammaln(both + chances)
        value = per_x @ table_n + customers * r * point[1]
        slope_r = (psi(r + table_x) - psi(r)) @ table_n + customers * point[1]
        slope_alpha = customers * r / alpha
        psi_sum = psi(both + chances)
        slope_a = (psi(both) - psi_sum) @ table_n
        slope_b = slope_a + (psi(later) - psi(b)) @ table_n
        log_ratio = np.log(a) - np.log(b + before)
        gone_by_x = np.zeros(size)
        for block in blocks:
            x, age, count = cells.x[block], cells.T[block] + alpha, cells.count[block]
            shape, log_age = x + r, np.log(age)
            logs = count @ log_age
            value -= r * logs + weighted[block] @ log_age
            slope_r -= logs
            pull = count / age
            slope_alpha -= pull @ shape
            if block.start < first:
                continue
            last, code = cells.t_x[block] + alpha, cells.x_code[block]
            gap = log_age - np.log(last)
            odds = log_ratio[code] + shape * gap
            shrunk = np.exp(-np.abs(odds))
            value += count @ (np.maximum(odds, 0.0) + np.log1p(shrunk))
            left = np.where(odds >= 0, 1.0, shrunk) / (1.0 + shrunk)  # probability of having left
            gone = count * left
            slope_r += gone @ gap
            slope_alpha += (pull * left) @ shape - (gone / last) @ shape
            low = code[0]
            gone_by_x[low : code[-1] + 1] += np.bincount(code - low, weights=gone)
        slope_a += gone_by_x.sum() / a
        slope_b -= (gone_by_x / (b + before)).sum()
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
    share = horizon / (alpha + age + horizon)
    if a > LARGE or b > LARGE or abs(a - 1) < NEAR_ONE:
        return orders_by_sum(r + x, share, a, b + chances)
    c = a + b + chances - 1
    c = np.where(np.abs(c) < 1e-7, 1e-7, c)  # a removable singularity, of those who bought once
    stay = (alpha + age) / (alpha + age + horizon)
    with np.errstate(over="ignore", invalid="ignore"):
        series = hyp2f1(a + b + chances - 1 - r - x, a - 1, c, share)
        result: FloatArray = np.asarray(c / (a - 1) * (1 - stay ** (a - 1) * series))
    lost = ~np.isfinite(result) | (result < 0) | (result > LARGEST_RESULT)
    if lost.any():
        result[lost] = orders_by_sum((r + x)[lost], share[lost], a, (b + chances)[lost])
    return result


def orders_by_sum(shape: FloatArray, share: FloatArray, a: float, b: FloatArray, every: int = 1, phase: int = 0) -> FloatArray:
    """Expected orders of the living, as the sum over m of P(at least m orders, were nobody to leave) P(still here).

    Exact, slower than the closed form, and safe for any parameters.

    Args:
        shape: shape of the gamma law of the rate given the history.
        share: horizon over horizon, history and scale together: events to come are negative binomial with it.
        a: parameter of the chance to leave, as `b` given the history.
        b: see `a`.
        every: events an order takes.
        phase: events passed since the last order.
    """
    result = np.zeros(shape.size)
    rows = np.arange(shape.size)
    staying = np.ones(shape.size)
    for order in range(1, MOST_ORDERS):
        part = staying * betainc(order * every - phase, shape[rows], share[rows])
        result[rows] += part
        kept = part > NEGLIGIBLE
        if not kept.any():
            break
        rows = rows[kept]
        later = b[rows] + order - 1
        staying = staying[kept] * later / (a + later)
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
    """Draw future orders exactly: given life, the rate is gamma and the chance to leave beta.

    Whether there is an order at all is tossed first; the moment of the first one follows a Lomax law, and only then are
    the rate, the other orders and the leaving drawn, for the few who order.
    """
    r, alpha, a, b = theta[:, :, 0]
    long_span = horizons[1]
    none = ((theta[1] + summary.T) / (theta[1] + summary.T + long_span)) ** (theta[0] + summary.x)
    draw, row, flat, size = tossed(alive_draws * (1 - none), repeats, rng)
    shape, scale = r[draw] + summary.x[row], alpha[draw] + summary.T[row]
    chance = rng.random(flat.size) * (1 - none[draw, row])
    first = np.minimum(scale * np.expm1(-np.log1p(-chance) / shape), long_span)
    rate = rng.standard_gamma(shape + 1) / (scale + first)
    others = rng.poisson(np.minimum(rate * (long_span - first), 1e9))
    some = np.flatnonzero(others)
    late_start = np.maximum(horizons[0] - first, 0.0)
    early = (first <= horizons[0]).astype(np.int64)
    share = late_start[some] / np.maximum(long_span - first[some], 1e-300)
    early[some] += rng.binomial(others[some], np.minimum(share, 1.0))
    limit = np.ones(flat.size, dtype=np.int64)
    limit[some] = orders_before_leaving(a[draw[some]], b[draw[some]] + summary.x[row[some]] + extra, rng)
    short, long = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    short.reshape(-1)[flat] = np.minimum(early, limit)
    long.reshape(-1)[flat] = np.minimum(others + 1, limit)
    return short, long


def tossed(chances: FloatArray, repeats: int, rng: np.random.Generator) -> tuple[IntArray, IntArray, IntArray, tuple[int, int]]:
    """Toss every chance so many times: parameter draw, row and flat place of the hits, and the shape of the outcomes."""
    draws, rows = chances.shape
    hits = rng.random((draws, repeats, rows), dtype=np.float32) < chances[:, None, :]
    flat = np.flatnonzero(hits.reshape(-1))
    outcome, row = np.divmod(flat, rows)
    return outcome // repeats, row, flat, (draws * repeats, rows)


def orders_before_leaving(a: FloatArray, b: FloatArray, rng: np.random.Generator) -> IntArray:
    """Orders up to and with the one after which the customer leaves."""
    chance = np.clip(rng.beta(a, b), 1e-9, 1.0)
    return rng.geometric(chance)
