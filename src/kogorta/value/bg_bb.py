"""BG/BB: buying or not at each of a row of opportunities, with a chance to leave for good before each.

Source: Fader, Hardie, Shang, Customer-Base Analysis in a Discrete-Time Noncontractual Setting, Marketing Science 29(6), 2010.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeAlias

import numpy as np
from scipy.special import betaln, gammaln, logsumexp, psi

from kogorta.kit.checks import check_between, check_positive
from kogorta.kit.errors import InputError
from kogorta.value.cells import tally
from kogorta.value.day_ledger import day_number
from kogorta.value.fitted_parameters import FittedParameters, as_rows
from kogorta.value.likelihood_fit import maximise

if TYPE_CHECKING:
    from datetime import date

    import numpy.typing as npt

    from kogorta.value.day_ledger import DayLedger
    from kogorta.value.likelihood_fit import Objective
    from kogorta.value.summary import FloatArray, IdArray

    Theta: TypeAlias = tuple[float, ...] | FloatArray


@dataclass(frozen=True, eq=False)
class OpportunitySummary:
    """Opportunities taken, one row per customer (or group of equal ones, with `weights`).

    Args:
        x: opportunities taken.
        t_x: number of the last one taken, counting from 1; 0 when none was.
        n: opportunities there were.
        weights: customers a row stands for.
        customer_ids: one identifier per row.

    Raises:
        InputError: numbers that are not whole, or contradict one another.

    Example:
        >>> OpportunitySummary([2, 0], [5, 0], [6, 6]).n.tolist()
        [6.0, 6.0]
    """

    x: FloatArray
    t_x: FloatArray
    n: FloatArray
    weights: FloatArray
    customer_ids: IdArray | None = None

    def __init__(
        self,
        x: npt.ArrayLike,
        t_x: npt.ArrayLike,
        n: npt.ArrayLike,
        weights: npt.ArrayLike | None = None,
        customer_ids: npt.ArrayLike | None = None,
    ) -> None:
        taken = np.asarray(x, dtype=np.float64)
        columns = {"x": taken, "t_x": t_x, "n": n, "weights": np.ones(taken.shape) if weights is None else weights}
        for name, values in columns.items():
            column = np.asarray(values, dtype=np.float64)
            if column.shape != taken.shape or column.ndim != 1 or not column.size:
                raise InputError(
                    "{name} has shape {shape} and x has {shape_2}; give one number per customer.",
                    name=name,
                    shape=column.shape,
                    shape_2=taken.shape,
                )
            bad = ~(np.isfinite(column) & (column >= 0)) | ((column != np.floor(column)) & (name != "weights"))
            if bad.any():
                row = int(np.argmax(bad))
                raise InputError(
                    "{name} is {column:g} in row {row}; opportunities are counted in whole numbers.",
                    name=name,
                    column=column[row],
                    row=row,
                )
            object.__setattr__(self, name, column)
        wrong = (self.x > self.t_x) | (self.t_x > self.n) | ((self.x == 0) & (self.t_x > 0))
        if wrong.any():
            row = int(np.argmax(wrong))
            raise InputError(
                "row {row} has x = {x:g}, t_x = {t_x:g}, n = {n:g}; x cannot exceed t_x, nor t_x exceed n, and t_x is 0 when x is.",
                row=row,
                x=self.x[row],
                t_x=self.t_x[row],
                n=self.n[row],
            )
        object.__setattr__(self, "customer_ids", None if customer_ids is None else np.asarray(customer_ids))


@dataclass(frozen=True, kw_only=True)
class FittedBgBb(FittedParameters):
    """A fitted BG/BB: chance to buy ~ Beta(alpha, beta), chance to leave ~ Beta(gamma, delta) across customers."""

    code: ClassVar[str] = "bg-bb"
    names: ClassVar[tuple[str, ...]] = ("alpha", "beta", "gamma", "delta")

    def expected_orders(self, summary: OpportunitySummary, opportunities: int) -> FloatArray:
        """Expected purchases at the next opportunities given the history, shape (n,)."""
        check_positive("opportunities", opportunities)
        alpha, beta, gamma, delta = self.values_
        buys = betaln(alpha + summary.x + 1, beta + summary.n - summary.x) - betaln(alpha, beta)
        result: FloatArray = np.exp(buys - _log_likelihoods(self.values_, summary)) * self._alive_ahead(
            summary.n, opportunities, gamma, delta
        )
        return result

    def p_alive(self, summary: OpportunitySummary) -> FloatArray:
        """Probability of being alive at the next opportunity, shape (n,)."""
        alpha, beta, gamma, delta = self.values_
        history = betaln(alpha + summary.x, beta + summary.n - summary.x) - betaln(alpha, beta)
        stays = betaln(gamma, delta + summary.n + 1) - betaln(gamma, delta)
        result: FloatArray = np.exp(history + stays - _log_likelihoods(self.values_, summary))
        return result

    def expected_orders_new(self, opportunities: int) -> float:
        """Expected purchases of a new customer at so many opportunities."""
        check_positive("opportunities", opportunities)
        alpha, beta, gamma, delta = self.values_
        return float(alpha / (alpha + beta) * self._alive_ahead(np.zeros(1), opportunities, gamma, delta)[0])

    def p_orders_new(self, orders: int, opportunities: int) -> float:
        """Probability that a new customer buys at exactly `orders` of so many opportunities."""
        check_between("orders", orders, 0, opportunities)
        alpha, beta, gamma, delta = self.values_
        ends = np.arange(orders, opportunities + 1, dtype=np.float64)  # opportunities lived through
        ways = gammaln(ends + 1) - gammaln(orders + 1) - gammaln(ends - orders + 1)
        buys = betaln(alpha + orders, beta + ends - orders) - betaln(alpha, beta)
        lives = betaln(gamma + (ends < opportunities), delta + ends) - betaln(gamma, delta)
        return float(np.exp(logsumexp(ways + buys + lives)))

    @staticmethod
    def _alive_ahead(n: FloatArray, opportunities: int, gamma: float, delta: float) -> FloatArray:
        """Expected number of the next opportunities lived to see; a finite sum, so gamma = 1 is nothing special."""
        ahead = np.arange(1, opportunities + 1)[:, None]
        total: FloatArray = np.exp(betaln(gamma, delta + n + ahead) - betaln(gamma, delta)).sum(axis=0)
        return total


class BgBb:
    """BG/BB before it has seen data.

    Example:
        >>> summary = OpportunitySummary([0, 1, 2, 4], [0, 1, 4, 5], [5, 5, 5, 5], weights=[50, 20, 15, 15])
        >>> BgBb().fit(summary).customers_
        100.0
    """

    def fit(self, summary: OpportunitySummary) -> FittedBgBb:
        """Learn the parameters by maximum likelihood.

        Raises:
            InputError: nobody bought at any opportunity.
        """
        if not (summary.weights @ summary.x) > 0:
            raise InputError("nobody bought at any opportunity, so there is nothing to learn; choose a longer history.")
        rows, place = np.unique(np.column_stack((summary.x, summary.t_x, summary.n)), axis=0, return_inverse=True)
        grouped = OpportunitySummary(rows[:, 0], rows[:, 1], rows[:, 2], tally(place.reshape(-1), summary.weights, len(rows)))
        customers = float(summary.weights.sum())
        maximum = maximise(_objective(grouped), np.log([1.0, 1.0, 0.7, 2.5]), customers)
        return FittedBgBb(
            values_=tuple(float(value) for value in np.exp(maximum.point)),
            log_covariance_=as_rows(maximum),
            log_likelihood_=maximum.log_likelihood,
            convergence_=maximum.convergence,
            customers_=customers,
        )


def opportunities(ledger: DayLedger, as_of: date, period_days: int) -> OpportunitySummary:
    """Complete periods after each customer's first purchase, and those with a purchase in them.

    Args:
        ledger: purchase days.
        as_of: end of observation, that day included.
        period_days: length of a period; each customer's clock starts on the day of the first purchase.

    Raises:
        InputError: nobody was observed for a whole period.
    """
    check_positive("period_days", period_days)
    end = day_number(as_of)
    seen = ledger.until(end)
    starts = np.flatnonzero(np.concatenate(([True], seen.customer[1:] != seen.customer[:-1]))[: seen.customer.size])
    sizes = np.diff(np.append(starts, seen.customer.size))
    first = np.repeat(seen.day[starts], sizes)
    period = (seen.day - first) // period_days
    complete = np.repeat((end - seen.day[starts]) // period_days - 1, sizes)
    fresh = np.concatenate(([True], (np.diff(period) != 0) | (np.diff(seen.customer) != 0)))[: period.size]
    taken = fresh & (period > 0) & (period <= complete)
    row = np.repeat(np.arange(starts.size), sizes)
    x = tally(row[taken], np.ones(int(taken.sum())), starts.size)
    last = np.zeros(starts.size)
    np.maximum.at(last, row[taken], period[taken].astype(np.float64))
    n = np.maximum(complete[starts], 0).astype(np.float64) if starts.size else np.zeros(0)
    if not n.any():
        raise InputError(
            "nobody was observed for two periods of {period_days} days; choose a shorter period.",
            period_days=period_days,
        )
    return OpportunitySummary(x, last, n, customer_ids=ledger.customer_ids[seen.customer[starts]])


def _terms(theta: Theta, summary: OpportunitySummary) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Log-probabilities of the ways a history can come about, and what they are made of; shape (rows, ways).

    The first way is being alive to the end, the others leaving right after an opportunity from t_x on.
    """
    alpha, beta, gamma, delta = theta
    gap = (summary.n - summary.t_x).astype(np.int64)
    steps = np.arange(int(gap.max()) + 1)
    lived = np.where(steps == 0, summary.n[:, None], summary.t_x[:, None] + steps - 1)
    left = np.broadcast_to(steps > 0, lived.shape).astype(np.float64)
    missed = lived - summary.x[:, None]
    taken = summary.x[:, None]
    logs = betaln(alpha + taken, beta + np.maximum(missed, 0.0)) - betaln(alpha, beta)
    logs = logs + betaln(gamma + left, delta + lived) - betaln(gamma, delta)
    return np.where(steps <= gap[:, None], logs, -np.inf), taken, np.maximum(missed, 0.0), left, lived


def _log_likelihoods(theta: Theta, summary: OpportunitySummary) -> FloatArray:
    result: FloatArray = logsumexp(_terms(theta, summary)[0], axis=1)
    return result


def _objective(summary: OpportunitySummary) -> Objective:
    def at(point: FloatArray) -> tuple[float, FloatArray]:
        theta = np.exp(point)
        alpha, beta, gamma, delta = theta
        logs, taken, missed, left, lived = _terms(theta, summary)
        whole = logsumexp(logs, axis=1)
        share = np.exp(logs - whole[:, None]) * summary.weights[:, None]
        buying, leaving = psi(alpha + beta + taken + missed), psi(gamma + delta + left + lived)
        first, second = psi(alpha + beta), psi(gamma + delta)
        slopes = np.array(
            [
                (share * (psi(alpha + taken) - buying - psi(alpha) + first)).sum(),
                (share * (psi(beta + missed) - buying - psi(beta) + first)).sum(),
                (share * (psi(gamma + left) - leaving - psi(gamma) + second)).sum(),
                (share * (psi(delta + lived) - leaving - psi(delta) + second)).sum(),
            ]
        )
        return float(summary.weights @ whole), slopes * theta

    return at
