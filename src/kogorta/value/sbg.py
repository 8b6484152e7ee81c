"""sBG, the shifted beta-geometric: contracts and subscriptions, where leaving is seen.

Source: Fader and Hardie, How to Project Customer Retention, Journal of Interactive Marketing 21(1), 2007.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import betaln, psi

from kogorta.kit.checks import check_between, check_positive
from kogorta.kit.errors import InputError
from kogorta.value.cells import tally
from kogorta.value.fitted_parameters import FittedParameters, as_rows
from kogorta.value.likelihood_fit import maximise

if TYPE_CHECKING:
    import numpy.typing as npt

    from kogorta.value.likelihood_fit import Objective
    from kogorta.value.summary import FloatArray

LONGEST_SUM = 100_000


@dataclass(frozen=True, eq=False)
class Tenures:
    """Contracts with the renewals each has seen.

    Args:
        periods: renewals decided so far: the period in which a contract ended, or how many a running one has lasted.
        ended: whether the contract has ended.
        weights: contracts a row stands for.

    Raises:
        InputError: a period below one, or not whole; a row without a partner.

    Example:
        >>> Tenures.from_survivors([1000, 631, 468]).weights.tolist()
        [369.0, 163.0, 468.0]
    """

    periods: FloatArray
    ended: npt.NDArray[np.bool_]
    weights: FloatArray

    def __init__(self, periods: npt.ArrayLike, ended: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> None:
        object.__setattr__(self, "periods", np.asarray(periods, dtype=np.float64))
        object.__setattr__(self, "ended", np.asarray(ended, dtype=bool))
        counts = np.ones(self.periods.shape) if weights is None else np.asarray(weights, dtype=np.float64)
        object.__setattr__(self, "weights", counts)
        if not self.periods.shape == self.ended.shape == self.weights.shape or self.periods.ndim != 1:
            raise InputError("periods, ended and weights differ in length; give one of each per contract.")
        bad = ~(self.periods >= 1) | (self.periods != np.floor(self.periods)) | ~np.isfinite(self.periods)
        bad |= ~(self.weights >= 0)
        if bad.any():
            row = int(np.argmax(bad))
            raise InputError(
                "row {row} has {periods:g} periods and weight {weights:g}; periods are whole numbers from 1 and weights are not negative.",
                row=row,
                periods=self.periods[row],
                weights=self.weights[row],
            )

    @classmethod
    def from_survivors(cls, survivors: npt.ArrayLike) -> Tenures:
        """Contracts still running at the start and after each renewal, first the number that began.

        Raises:
            InputError: fewer than two counts, or a count that grows.
        """
        counts = np.asarray(survivors, dtype=np.float64)
        if counts.ndim != 1 or counts.size < 2:
            raise InputError("survivors holds fewer than two counts; give the number at the start and after each renewal.")
        lost = counts[:-1] - counts[1:]
        if (lost < 0).any() or not np.isfinite(counts).all() or counts[-1] < 0:
            row = int(np.argmax(~(lost >= 0)))
            raise InputError(
                "survivors grow from {counts:g} to {counts_2:g}; a lost contract cannot return.",
                counts=counts[row],
                counts_2=counts[row + 1],
            )
        periods = np.append(np.arange(1, counts.size), counts.size - 1)
        ended = np.append(np.ones(lost.size, dtype=bool), [False])
        return cls(periods, ended, np.append(lost, counts[-1]))


@dataclass(frozen=True, kw_only=True)
class FittedShiftedBetaGeometric(FittedParameters):
    """A fitted sBG: the chance not to renew ~ Beta(alpha, beta) across contracts."""

    code: ClassVar[str] = "sbg"
    names: ClassVar[tuple[str, ...]] = ("alpha", "beta")

    def survival(self, periods: npt.ArrayLike) -> FloatArray:
        """Share of contracts still running after so many renewals."""
        alpha, beta = self.values_
        count = np.asarray(periods, dtype=np.float64)
        result: FloatArray = np.exp(betaln(alpha, beta + count) - betaln(alpha, beta))
        return result

    def retention(self, period: npt.ArrayLike) -> FloatArray:
        """Share of running contracts renewed at the `period`-th renewal, the first being 1."""
        alpha, beta = self.values_
        count = np.asarray(period, dtype=np.float64)
        return np.asarray((beta + count - 1) / (alpha + beta + count - 1))

    def expected_renewals(self, periods: npt.ArrayLike, horizon: int, discount_rate: float = 0.0) -> FloatArray:
        """Expected, discounted renewals within `horizon` of contracts that have lasted so many renewals.

        Args:
            periods: renewals each running contract has lasted.
            horizon: renewals to look ahead.
            discount_rate: per period.
        """
        check_between("horizon", horizon, 1, LONGEST_SUM)
        check_between("discount_rate", discount_rate, 0.0, 10.0)
        lasted = np.asarray(periods, dtype=np.float64)
        ahead = np.arange(1, horizon + 1, dtype=np.float64)
        worth = (1 + discount_rate) ** -ahead
        chances = self.survival(lasted[..., None] + ahead) / self.survival(lasted)[..., None]
        total: FloatArray = chances @ worth
        return total


class ShiftedBetaGeometric:
    """sBG before it has seen data.

    Example:
        >>> fit = ShiftedBetaGeometric().fit(Tenures.from_survivors([1000, 631, 468, 382, 326, 289, 262, 241]))
        >>> round(fit.params_["alpha"], 4), round(fit.params_["beta"], 4)
        (0.7041, 1.182)
    """

    def fit(self, tenures: Tenures) -> FittedShiftedBetaGeometric:
        """Learn alpha and beta by maximum likelihood.

        Raises:
            InputError: no contract has ended, or none was renewed.
        """
        ended = tenures.weights[tenures.ended]
        total = float(tenures.weights.sum())
        if not ended.sum() > 0:
            raise InputError("no contract has ended yet, so how long they last cannot be learnt; wait for the first loss.")
        if not (tenures.weights[(tenures.periods > 1) | ~tenures.ended]).sum() > 0:
            raise InputError("every contract ended at the first renewal, so nothing tells how long others would last.")
        check_positive("contracts", total)
        maximum = maximise(_objective(tenures), np.log([1.0, 1.0]), total)
        return FittedShiftedBetaGeometric(
            values_=tuple(float(value) for value in np.exp(maximum.point)),
            log_covariance_=as_rows(maximum),
            log_likelihood_=maximum.log_likelihood,
            convergence_=maximum.convergence,
            customers_=total,
        )


def _objective(tenures: Tenures) -> Objective:
    size = int(tenures.periods.max()) + 1
    places = tenures.periods.astype(np.int64)
    lost = tally(places[tenures.ended], tenures.weights[tenures.ended], size)
    running = tally(places[~tenures.ended], tenures.weights[~tenures.ended], size)
    period = np.arange(size, dtype=np.float64)

    def at(point: FloatArray) -> tuple[float, FloatArray]:
        alpha, beta = np.exp(point)
        before = np.maximum(period - 1, 0.0)
        whole = betaln(alpha, beta)
        value = lost @ (betaln(alpha + 1, beta + before) - whole) + running @ (betaln(alpha, beta + period) - whole)
        both = psi(alpha + beta)
        after_loss, after_stay = psi(alpha + 1 + beta + before), psi(alpha + beta + period)
        slope_alpha = lost @ (psi(alpha + 1) - after_loss - psi(alpha) + both) + running @ (both - after_stay)
        slope_beta = lost @ (psi(beta + before) - after_loss - psi(beta) + both)
        slope_beta += running @ (psi(beta + period) - after_stay - psi(beta) + both)
        return float(value), np.array([slope_alpha * alpha, slope_beta * beta])

    return at
