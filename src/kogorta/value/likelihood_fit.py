"""Maximum likelihood in the logarithms of positive parameters: the search, its errors, its verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np
from scipy.optimize import minimize

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


def maximise(objective: Objective, start: Sequence[float] | FloatArray, customers: float) -> Maximum:
    """Find the maximum by L-BFGS-B, polish it by Newton steps and read the errors off the Hessian.

    Args:
        objective: log-likelihood and its gradient at the logarithms of the parameters.
        start: logarithms to start from.
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

    first = np.clip(np.asarray(start, dtype=np.float64), -EDGE, EDGE)
    found = minimize(
        negative,
        first,
        jac=True,
        method="L-BFGS-B",
        bounds=[(-EDGE, EDGE)] * first.size,
        options={"maxiter": 500, "ftol": 1e-11, "gtol": 1e-6, "maxcor": 10},
    )
    point = np.asarray(found.x, dtype=np.float64)
    value, gradient = negative(point)
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
