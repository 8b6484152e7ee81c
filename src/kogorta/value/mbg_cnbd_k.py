"""MBG/CNBD-k: as MBG/NBD, but orders come more regularly than chance: every k-th event of a Poisson process is one.

Source: Platzer and Reutterer, Ticking Away the Moments: Timing Regularity Helps to Better Predict Customer Activity,
Marketing Science 35(5), 2016; Reutterer, Platzer, Schroeder, Leveraging purchase regularity for predicting customer
behavior the easy way, International Journal of Research in Marketing 38(1), 2021.

There the conditional expectation is an approximation. Here it is exact: given life, the number j of events since the last
order is known up to its probabilities, the events to come are negative binomial, and

    E[orders] = sum over m >= 1 of P(events >= m k - j) E[(1 - p)^(m - 1)].
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np
from scipy.special import expit, gammaln, psi

from kogorta.kit.checks import check_between, check_positive
from kogorta.kit.errors import InputError
from kogorta.value.beta_geometric import orders_before_leaving, orders_by_sum, tossed
from kogorta.value.cells import Coded, coded, paired, tally
from kogorta.value.purchase_model import FittedPurchases, PurchaseModel

if TYPE_CHECKING:
    from kogorta.value.cells import Cells
    from kogorta.value.likelihood_fit import Objective
    from kogorta.value.purchase_model import Theta
    from kogorta.value.summary import FloatArray, IntArray, PurchaseSummary

LARGEST_K: Final = 12


@dataclass(frozen=True, kw_only=True)
class FittedMbgCnbdK(FittedPurchases):
    """A fitted MBG/CNBD-k: event rate ~ Gamma(r, alpha), an order every `k` events, chance to leave ~ Beta(a, b).

    Attributes:
        k: regularity; 1 is MBG/NBD, large k a clock.
    """

    k: int = 1

    code: ClassVar[str] = "mbg-cnbd-k"
    names: ClassVar[tuple[str, ...]] = ("r", "alpha", "a", "b")

    def expected_orders_new(self, horizon: float) -> float:
        """Expected repeat purchases of a new customer within `horizon` after the first one."""
        check_positive("horizon", horizon)
        a, b = self.values_[2:]
        zero = np.zeros(1)
        return b / (a + b) * float(_orders_of_the_living(self.values_, self.k, zero, zero, zero, horizon)[0])

    def _expected(self, theta: Theta, summary: PurchaseSummary, horizon: float) -> FloatArray:
        x, last, age = coded(summary.x), coded(summary.t_x), coded(summary.T)
        x_codes, last_codes, place = paired(x, last)
        pair_codes, age_codes, inverse = paired(Coded(place, np.arange(x_codes.size, dtype=np.float64)), age)
        living = _orders_of_the_living(
            theta,
            self.k,
            x.table[x_codes][pair_codes],
            last.table[last_codes][pair_codes],
            age.table[age_codes],
            horizon,
        )
        product: FloatArray = self._alive(theta, summary) * living[inverse]
        return product

    def _alive(self, theta: Theta, summary: PurchaseSummary) -> FloatArray:
        r, alpha, a, b = theta
        shape = r + self.k * summary.x
        waits = _wait_terms(shape, (summary.T - summary.t_x) / (alpha + summary.T), self.k)
        gap = np.log(alpha + summary.T) - np.log(alpha + summary.t_x)
        result: FloatArray = expit(-(np.log(a) - np.log(b + summary.x) + shape * gap - np.log(sum(waits))))
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
        """Draw future orders exactly; see `FittedPurchases.sample_orders`."""
        r, alpha, a, b = theta[:, :, 0]
        draw, row, flat, shape = tossed(alive, repeats, rng)
        x, last, age = summary.x[row], summary.t_x[row], summary.T[row]
        waits = _wait_terms(r[draw] + self.k * x, (age - last) / (alpha[draw] + age), self.k)
        toss = rng.random(flat.size) * sum(waits)
        passed = np.zeros(flat.size)
        phase = np.zeros(flat.size, dtype=np.int64)
        for term in waits[:-1]:
            passed += term
            phase += toss > passed
        rate = rng.standard_gamma(r[draw] + self.k * x + phase) / (alpha[draw] + age)
        events = rng.poisson(np.minimum(rate * horizons[1], 1e9))
        early = rng.binomial(events, horizons[0] / horizons[1])
        limit = orders_before_leaving(a[draw], b[draw] + x + 1, rng)
        short, long = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
        short.reshape(-1)[flat] = np.minimum((phase + early) // self.k, limit)
        long.reshape(-1)[flat] = np.minimum((phase + events) // self.k, limit)
        return short, long


class MbgCnbdK(PurchaseModel):
    """MBG/CNBD-k before it has seen data.

    Args:
        k: regularity of orders; chosen by likelihood when not given, which needs `log_intervals` in the summary.

    Example:
        >>> from kogorta.value.summary import PurchaseSummary
        >>> summary = PurchaseSummary([0, 1, 1, 2, 4, 9], [0, 2, 20, 9, 19, 29], [30] * 6, weights=[60, 20, 8, 8, 4, 6])
        >>> MbgCnbdK(k=2).fit(summary).k
        2
    """

    fitted = FittedMbgCnbdK
    start = (0.7, 0.7, 0.8, 2.5)
    time_parameters = (1,)

    def __init__(self, k: int | None = None) -> None:
        if k is not None:
            check_between("k", k, 1, 100)
        self.k = k

    def fit(self, summary: PurchaseSummary, warm_start: FittedPurchases | None = None) -> FittedMbgCnbdK:
        """Learn the parameters, and k by the largest likelihood when it is not given.

        Raises:
            InputError: nobody bought twice; or k is not given and the summary has no `log_intervals`.
        """
        if self.k is not None:
            found = super().fit(summary, warm_start)
            if not isinstance(found, FittedMbgCnbdK):
                raise TypeError(type(found))
            return replace(found, k=self.k)
        if summary.log_intervals is None:
            raise InputError("the summary has no log_intervals to choose k by; give them, or k itself.")
        best = MbgCnbdK(1).fit(summary, warm_start)
        for k in range(2, LARGEST_K + 1):
            next_one = MbgCnbdK(k).fit(summary)
            if next_one.log_likelihood_ <= best.log_likelihood_:
                break
            best = next_one
        return best

    def objective(self, cells: Cells) -> Objective:
        """Log-likelihood and gradient in the logarithms of the parameters."""
        k = self.k or 1
        x, last, age, count, code = cells.x, cells.t_x, cells.T, cells.count, cells.x_code
        table, table_count, customers = cells.x_table, cells.x_count, cells.customers
        constant = (k - 1) * cells.log_intervals - cells.purchases * math.lgamma(k)
        purchases = count * x

        def at(point: FloatArray) -> tuple[float, FloatArray]:
            r, alpha, a, b = np.exp(point)
            log_age, log_last = np.log(alpha + age), np.log(alpha + last)
            shape = r + k * x
            share = (age - last) / (alpha + age)
            waits = _wait_terms(shape, share, k)
            total = sum(waits, np.zeros_like(x))
            by_r, by_share, rising = np.zeros_like(x), np.zeros_like(x), np.zeros_like(x)
            for phase, term in enumerate(waits):
                by_r += term * rising
                by_share += term * phase
                rising += 1 / (shape + phase)
            odds = (np.log(a) - np.log(b + table))[code] + shape * (log_age - log_last) - np.log(total)
            left = expit(odds)
            stay = count * (1 - left)
            gone = count * left
            both, later = a + b, b + table + 1
            per_x = gammaln(r + k * table) - gammaln(r) + gammaln(both) - gammaln(b) + gammaln(later)
            per_x -= gammaln(both + table + 1)
            logs = count * log_age
            value = constant + per_x @ table_count + customers * r * point[1] - (r * logs.sum() + k * (logs @ x))
            value += count @ (np.log(total) + np.logaddexp(0.0, odds))
            slope_r = (psi(r + k * table) - psi(r)) @ table_count + customers * point[1] - logs.sum()
            slope_r += gone @ (log_age - log_last) + stay @ (by_r / total)
            inverse = 1 / (alpha + age)
            slope_alpha = customers * r / alpha - (count * r + k * purchases) @ inverse
            slope_alpha += (gone * shape) @ (inverse - 1 / (alpha + last)) - stay @ (by_share / total * inverse)
            psi_sum = psi(both + table + 1)
            slope_a = (psi(both) - psi_sum) @ table_count + gone.sum() / a
            slope_b = (psi(both) - psi_sum + psi(later) - psi(b)) @ table_count
            slope_b -= (tally(code, gone, table.size) / (b + table)).sum()
            return float(value), np.array([slope_r * r, slope_alpha * alpha, slope_a * a, slope_b * b])

        return at


def _wait_terms(shape: FloatArray, share: FloatArray, k: int) -> list[FloatArray]:
    """Relative probability of 0, 1, ..., k - 1 events since the last order, for the living."""
    terms: list[FloatArray] = [np.ones(np.broadcast_shapes(np.shape(shape), np.shape(share)))]
    for phase in range(1, k):
        terms.append(terms[-1] * (shape + phase - 1) / phase * share)
    return terms


def _orders_of_the_living(theta: Theta, k: int, x: FloatArray, last: FloatArray, age: FloatArray, horizon: float) -> FloatArray:
    r, alpha, a, b = (float(value) for value in theta)
    waits = _wait_terms(r + k * x, (age - last) / (alpha + age), k)
    whole = sum(waits, np.zeros_like(x))
    ahead = horizon / (alpha + age + horizon)
    result = np.zeros_like(x)
    for phase, term in enumerate(waits):
        result += term / whole * orders_by_sum(r + k * x + phase, ahead, a, b + x + 1, k, phase)
    return result
