"""Maximum likelihood in the logarithms of positive parameters: the search, its errors, its verdict.

The search is our own, for it has two to four dimensions: scipy's L-BFGS-B calls the threaded linear algebra library for
4 x 4 matrices, and on a busy machine waiting for its threads took 10 to 90 ms of a fit whose arithmetic takes 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kogorta.value.summary import FloatArray

    Objective: TypeAlias = Callable[[FloatArray], tuple[float, FloatArray]]

Convergence: TypeAlias = Literal["converged", "flat", "edge", "failed"]
EDGE: Final = 11.0  # logarithm of the largest and smallest parameter searched, data scaled to about one
HESSIAN_STEP: Final = 1e-4
GRADIENT_TOLERANCE: Final = 1e-10  # per customer
LARGEST_GAIN_LEFT: Final = 1e-4  # of log-likelihood, by a quadratic estimate
NEAR_EDGE: Final = 1.5
FLAT_DEVIATION: Final = 1.5  # a standard error of 1.5 in the logarithm: the parameter is known within 20 times at best
POLISHING_STEPS: Final = 4
LONGEST_SEARCH: Final = 300
LONGEST_STEP: Final = 2.0  # in a logarithm
SHORTEST_LENGTH: Final = 1e-9
SUFFICIENT: Final = 1e-4
VALUE_TOLERANCE: Final = 1e-11  # of log-likelihood per customer


@dataclass(frozen=True, eq=False)
class Maximum:
    """Where the likelihood is largest.

    Attributes:
        point: logarithms of the parameters.
        log_likelihood: its value there.
        covariance: of the logarithms, from the Hessian; shape (p, p).
        evaluations: likelihood evaluations spent.
        convergence: `converged`; `flat` (the data hardly tell some parameter); `edge` (a parameter ran to
            zero or infinity, so a simpler model would do); `failed` (no maximum was reached).
    """

    point: FloatArray
    log_likelihood: float
    covariance: FloatArray
    evaluations: int
    convergence: Convergence


def maximise(objective: Objective, start: Sequence[float] | FloatArray | Beginning, customers: float) -> Maximum:
    """Find the maximum by a bounded BFGS search, polish it by Newton steps and read the errors off the Hessian.

    Args:
        objective: log-likelihood and its gradient at the logarithms of the parameters.
        start: logarithms to start from, or the beginning a sample gave.
        customers: customers behind the likelihood; the tolerance is per customer.

    Returns:
        The maximum with its covariance and verdict.

    Example:
        >>> peak = maximise(lambda p: (-float(p @ p), -2 * p), [1.0], 1)
        >>> peak.convergence, bool(abs(peak.point[0]) < 1e-6)
        ('converged', True)
    """
    spent = 0

    def negative(point: FloatArray) -> tuple[float, FloatArray]:
        nonlocal spent
        spent += 1
        value, gradient = objective(point)
        if not np.isfinite(value) or not np.isfinite(gradient).all():
            return 1e10, np.zeros_like(point)
        return -value / customers, -gradient / customers

    if not isinstance(start, Beginning):
        first = np.clip(np.asarray(start, dtype=np.float64), -EDGE, EDGE)
        start = Beginning(first, np.eye(first.size))
    point, value, gradient = _descend(negative, start)
    hessian = _hessian(negative, point)
    for _ in range(POLISHING_STEPS):
        if np.abs(gradient).max() < GRADIENT_TOLERANCE:
            break
        step = _newton_step(hessian, gradient)
        if step is None or np.abs(point + step).max() >= EDGE:
            break
        next_value, next_gradient = negative(point + step)
        if next_value > value + 1e-12 or np.abs(next_gradient).max() >= np.abs(gradient).max():
            break
        far = np.abs(step).max() > 1e-3
        point, value, gradient = point + step, next_value, next_gradient
        if far:
            hessian = _hessian(negative, point)
    covariance, definite = _covariance(hessian, customers)
    inside = np.abs(point) < EDGE - NEAR_EDGE
    slope = np.where(inside, gradient, 0.0) * customers
    still = bool(slope @ covariance @ slope / 2 < LARGEST_GAIN_LEFT)
    return Maximum(
        point=point,
        log_likelihood=-value * customers,
        covariance=covariance,
        evaluations=spent,
        convergence=_verdict(still, bool(inside.all()), definite, covariance, value),
    )


@dataclass(frozen=True, eq=False)
class Beginning:
    """Where a search may begin: a point, and the inverse of the Hessian per customer about there."""

    point: FloatArray
    inverse: FloatArray


def search(objective: Objective, start: FloatArray, customers: float) -> Beginning:
    """The maximum of a sample, as a beginning for the whole."""

    def negative(point: FloatArray) -> tuple[float, FloatArray]:
        value, gradient = objective(point)
        return (-value / customers, -gradient / customers) if np.isfinite(value) else (1e10, np.zeros_like(point))

    point, _, _ = _descend(negative, Beginning(np.clip(start, -EDGE, EDGE), np.eye(start.size)))
    covariance, _ = _covariance(_hessian(negative, point), customers)
    return Beginning(point, covariance * customers)


def _descend(negative: Objective, start: Beginning) -> tuple[FloatArray, float, FloatArray]:
    """BFGS with backtracking inside the box (Nocedal and Wright, Numerical Optimization, 2006, chapters 3 and 6)."""
    point, inverse = start.point, start.inverse
    value, gradient = negative(point)
    known = bool(np.any(inverse != np.eye(point.size)))  # whether `inverse` has seen a curvature
    for _ in range(LONGEST_SEARCH):
        held = ((point <= -EDGE) & (gradient > 0)) | ((point >= EDGE) & (gradient < 0))
        if np.abs(gradient[~held]).max(initial=0.0) < GRADIENT_TOLERANCE:
            break
        direction = np.where(held, 0.0, -(inverse @ gradient))
        slope = float(direction @ gradient)
        if slope >= 0:
            inverse, known = np.eye(point.size), False
            direction = np.where(held, 0.0, -gradient)
            slope = float(direction @ gradient)
        longest = float(np.abs(direction).max())
        if longest > LONGEST_STEP:
            direction, slope = direction * (LONGEST_STEP / longest), slope * LONGEST_STEP / longest
        length = 1.0
        while True:
            trial = np.clip(point + length * direction, -EDGE, EDGE)
            trial_value, trial_gradient = negative(trial)
            excess = trial_value - value - length * slope
            if trial_value <= value + SUFFICIENT * length * slope:
                break
            length *= min(0.5, max(0.1, -slope * length / (2 * excess))) if excess > 0 else 0.5
            if length < SHORTEST_LENGTH:
                return point, value, gradient
        moved, turned = trial - point, trial_gradient - gradient
        curvature = float(moved @ turned)
        settled = value - trial_value < VALUE_TOLERANCE
        point, value, gradient = trial, trial_value, trial_gradient
        if settled:
            break
        if curvature > 1e-14:
            if not known:
                inverse, known = np.eye(point.size) * (curvature / float(turned @ turned)), True
            drift = inverse @ turned
            inverse = (
                inverse
                + np.outer(moved, moved) * ((1 + float(turned @ drift) / curvature) / curvature)
                - (np.outer(moved, drift) + np.outer(drift, moved)) / curvature
            )
    return point, value, gradient


def _verdict(still: bool, inside: bool, definite: bool, covariance: FloatArray, value: float) -> Convergence:  # noqa: FBT001
    if not still or value >= 1e9:
        return "failed"
    if not inside:
        return "edge"
    if not definite or np.sqrt(np.diag(covariance)).max() > FLAT_DEVIATION:
        return "flat"
    return "converged"


def _newton_step(hessian: FloatArray, gradient: FloatArray) -> FloatArray | None:
    values, vectors = np.linalg.eigh(hessian)
    if values.min() <= 0:
        return None
    step: FloatArray = -vectors @ ((vectors.T @ gradient) / values)
    return step if np.abs(step).max() < 0.5 else None


def _hessian(negative: Objective, point: FloatArray) -> FloatArray:
    rows = []
    for place in range(point.size):
        shift = np.zeros_like(point)
        shift[place] = HESSIAN_STEP
        rows.append((negative(point + shift)[1] - negative(point - shift)[1]) / (2 * HESSIAN_STEP))
    matrix = np.array(rows)
    symmetric: FloatArray = (matrix + matrix.T) / 2
    return symmetric


def _covariance(hessian: FloatArray, customers: float) -> tuple[FloatArray, bool]:
    """Inverse of the information; directions the data do not tell are held to a deviation of three."""
    values, vectors = np.linalg.eigh(hessian * customers)
    definite = bool(values.min() > 1e-9 * max(float(values.max()), 1e-300))
    variances = 1 / np.maximum(values, 1 / 9)
    covariance: FloatArray = (vectors * variances) @ vectors.T
    return covariance, definite
