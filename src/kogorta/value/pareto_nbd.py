"""Pareto/NBD: customers order at their own steady rate and may leave at any moment, ordering or not.

Source: Schmittlein, Morrison, Colombo, Counting Your Customers, Management Science 33(1), 1987; conditional expectations
as in Fader and Hardie, A Note on Deriving the Pareto/NBD Model, 2005.

The published likelihood holds Gauss hypergeometric functions whose derivatives have no closed form and which overflow for
heavy buyers. Here the chance of having left at time u after t_x is integrated directly,

    L = G(r+x)/G(r) alpha^r beta^s [ (alpha+T)^-(r+x) (beta+T)^-s + s int_{t_x}^{T} (alpha+u)^-(r+x) (beta+u)^-(s+1) du ],

by Gauss-Legendre nodes in log(min(alpha, beta) + u), where the integrand is analytic with a wide margin; the gradient is
the same integral of the integrand's derivatives.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np
from scipy.special import expit, gammaln, psi

from kogorta.kit.checks import check_positive
from kogorta.value.beta_geometric import tossed
from kogorta.value.purchase_model import FittedPurchases, PurchaseModel

if TYPE_CHECKING:
    from kogorta.value.cells import Cells
    from kogorta.value.likelihood_fit import Objective
    from kogorta.value.purchase_model import Theta
    from kogorta.value.summary import FloatArray, IntArray, PurchaseSummary

NODES: Final = np.polynomial.legendre.leggauss(24)
DRAW_NODES: Final = np.polynomial.legendre.leggauss(12)
DEPTH: Final = 20.0  # the integral is cut where the integrand has fallen by this many logarithms
FARTHEST: Final = 400.0  # logarithm of a span longer than any history
BLOCK: Final = 2048
TINY: Final = 1e-300


@dataclass(frozen=True, eq=False)
class _Leaving:
    """Odds of having left, per row: their logarithm and its derivatives."""

    log_odds: FloatArray
    by_r: FloatArray
    by_alpha: FloatArray
    by_s: FloatArray
    by_beta: FloatArray


@dataclass(frozen=True, kw_only=True)
class FittedParetoNbd(FittedPurchases):
    """A fitted Pareto/NBD: order rate ~ Gamma(r, alpha), rate of leaving ~ Gamma(s, beta) across customers."""

    code: ClassVar[str] = "pareto-nbd"
    names: ClassVar[tuple[str, ...]] = ("r", "alpha", "s", "beta")

    def expected_orders_new(self, horizon: float) -> float:
        """Expected repeat purchases of a new customer within `horizon` after the first one."""
        check_positive("horizon", horizon)
        r, alpha, s, beta = self.values_
        return r / alpha * float(_living_time(s, np.array(beta), horizon))

    def _expected(self, theta: Theta, summary: PurchaseSummary, horizon: float) -> FloatArray:
        r, alpha, s, beta = (float(value) for value in theta)
        rate = (r + summary.x) / (alpha + summary.T)
        product: FloatArray = self._alive(theta, summary) * rate * _living_time(s, beta + summary.T, horizon)
        return product

    def _alive(self, theta: Theta, summary: PurchaseSummary) -> FloatArray:
        r, alpha, s, beta = (np.asarray(value)[..., None] for value in theta)
        drawn = alpha.size > 1
        result = np.empty(np.broadcast_shapes(np.shape(theta[0]), summary.x.shape))
        size = max(1, BLOCK // alpha.size) if drawn else BLOCK
        for begin in range(0, len(summary), size):
            part = slice(begin, begin + size)
            x, last, age = (column[part][:, None] for column in (summary.x, summary.t_x, summary.T))
            _, weights, rise = _integrand(alpha, beta, r + x, s, last, age, DRAW_NODES if drawn else NODES)
            result[..., part] = expit(-rise - np.log(np.maximum(weights.sum(axis=-1), TINY)))
        return result

    def sample_orders(
        self,
        theta: FloatArray,
        summary: PurchaseSummary,
        alive: FloatArray,
        horizons: tuple[float, float],
        repeats: int,
        rng: np.random.Generator,
    ) -> tuple[IntArray, IntArray]:
        """Draw future orders: given life, both rates are gamma; see `FittedPurchases.sample_orders`."""
        r, alpha, s, beta = theta[:, :, 0]
        draw, row, flat, shape = tossed(alive, repeats, rng)
        rate = rng.standard_gamma(r[draw] + summary.x[row]) / (alpha[draw] + summary.T[row])
        leaving = rng.standard_gamma(s[draw]) / (beta[draw] + summary.T[row])
        life = rng.standard_exponential(flat.size) / np.maximum(leaving, 1e-12)
        early, late = (np.minimum(life, horizon) for horizon in horizons)
        short, long = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
        short.reshape(-1)[flat] = rng.poisson(np.minimum(rate * early, 1e9))
        long.reshape(-1)[flat] = short.reshape(-1)[flat] + rng.poisson(np.minimum(rate * (late - early), 1e9))
        return short, long


class ParetoNbd(PurchaseModel):
    """Pareto/NBD before it has seen data.

    Example:
        >>> from kogorta.value.summary import PurchaseSummary
        >>> summary = PurchaseSummary([0, 1, 1, 2, 4, 9], [0, 2, 20, 9, 19, 29], [30] * 6, weights=[60, 20, 8, 8, 4, 6])
        >>> sorted(ParetoNbd().fit(summary).params_)
        ['alpha', 'beta', 'r', 's']
    """

    fitted = FittedParetoNbd
    start = (0.7, 0.7, 0.7, 0.7)
    time_parameters = (1, 3)

    def objective(self, cells: Cells) -> Objective:
        """Log-likelihood and gradient in the logarithms of the parameters."""
        x, last, age, count = cells.x, cells.t_x, cells.T, cells.count
        table, table_count, customers = cells.x_table, cells.x_count, cells.customers
        shapes = count * x

        def at(point: FloatArray) -> tuple[float, FloatArray]:
            r, alpha, s, beta = np.exp(point)
            log_alpha, log_beta = np.log(alpha + age), np.log(beta + age)
            value = (gammaln(r + table) - gammaln(r)) @ table_count + customers * (r * point[1] + s * point[3])
            value -= (count * r + shapes) @ log_alpha + s * (count @ log_beta)
            slopes = np.array(
                [
                    (psi(r + table) - psi(r)) @ table_count + customers * point[1] - count @ log_alpha,
                    customers * r / alpha - (count * r + shapes) @ (1 / (alpha + age)),
                    customers * point[3] - count @ log_beta,
                    customers * s / beta - s * (count @ (1 / (beta + age))),
                ]
            )
            for begin in range(0, x.size, BLOCK):
                part = slice(begin, begin + BLOCK)
                left = _leaving(r, alpha, s, beta, x[part], last[part], age[part])
                value += count[part] @ np.logaddexp(0.0, left.log_odds)
                weight = count[part] * expit(left.log_odds)
                slopes += [weight @ left.by_r, weight @ left.by_alpha, weight @ left.by_s, weight @ left.by_beta]
            return float(value), slopes * np.array([r, alpha, s, beta])

        return at


def _integrand(
    alpha: FloatArray | float,
    beta: FloatArray | float,
    shape: FloatArray,
    s: FloatArray | float,
    begin: FloatArray,
    end: FloatArray,
    nodes: tuple[FloatArray, FloatArray],
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Moments of leaving and weighted densities relative to the one at t_x, nodes on the last axis.

    Returns:
        The moments, the densities with s, and the logarithm by which the density at t_x exceeds that of the living.
    """
    nearer = np.minimum(alpha, beta)
    by_alpha = (alpha + begin) * np.expm1(np.minimum(DEPTH / shape, FARTHEST))
    by_beta = (beta + begin) * np.expm1(np.minimum(DEPTH / s, FARTHEST))
    stop = np.minimum(end, begin + np.minimum(by_alpha, by_beta))
    width = np.log1p((stop - begin) / (nearer + begin))
    grown = (nearer + begin) * np.exp(width / 2 * (nodes[0] + 1))
    moments = grown - nearer
    fall = shape * np.log((alpha + moments) / (alpha + begin)) + s * np.log((beta + moments) / (beta + begin))
    densities = s * width / 2 * nodes[1] * grown / (beta + moments) * np.exp(-fall)
    rise = shape * np.log((alpha + end) / (alpha + begin)) + s * np.log((beta + end) / (beta + begin))
    return moments, densities, rise[..., 0]


def _leaving(r: float, alpha: float, s: float, beta: float, x: FloatArray, last: FloatArray, age: FloatArray) -> _Leaving:
    shape, begin, end = (r + x)[:, None], last[:, None], age[:, None]
    moments, densities, rise = _integrand(alpha, beta, shape, s, begin, end, NODES)
    total = densities.sum(axis=1)
    share = densities / np.maximum(total, TINY)[:, None]
    to_alpha, to_beta = 1 / (alpha + moments), 1 / (beta + moments)
    return _Leaving(
        log_odds=rise + np.log(np.maximum(total, TINY)),
        by_r=np.log(alpha + age) - (share * np.log(alpha + moments)).sum(axis=1),
        by_alpha=(r + x) * (1 / (alpha + age) - (share * to_alpha).sum(axis=1)),
        by_s=np.log(beta + age) - (share * np.log(beta + moments)).sum(axis=1) + 1 / s,
        by_beta=s / (beta + age) - (s + 1) * (share * to_beta).sum(axis=1),
    )


def _living_time(s: float, beta: FloatArray, horizon: float) -> FloatArray:
    """Expected time alive within `horizon`, the rate of leaving being Gamma(s, beta)."""
    spread = np.log1p(horizon / beta)
    if abs(s - 1) < 1e-9:
        return np.asarray(beta * spread)
    return np.asarray(beta * -np.expm1(-(s - 1) * spread) / (s - 1))
