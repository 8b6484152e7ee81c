"""Small models of an outcome: logistic and linear regression with a ridge, on plain columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from kogorta.experiments.sums import column_of, labels_of, numbers_of
from kogorta.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kogorta.experiments.sums import Columns, Floats

STEPS: Final = 50
MOST_LABELS: Final = 50
"""A text column with more different labels than this is not a feature but an id."""


@dataclass(frozen=True)
class Feature:
    """How one column enters the model.

    Attributes:
        column: its name.
        labels: labels with an indicator of their own; empty for a number.
        knots: quartile cuts of a number, so that its effect may bend.
        centre: subtracted from a number.
        scale: divides it.
    """

    column: str
    labels: tuple[str, ...]
    knots: tuple[float, ...]
    centre: float
    scale: float


@dataclass(frozen=True)
class Design:
    """Columns turned into a matrix; learned on some customers, applied to others."""

    features: tuple[Feature, ...]

    @classmethod
    def fit(cls, columns: Columns, names: Sequence[str]) -> Design:
        """Learn labels, centres and cuts.

        Args:
            columns: name -> values.
            names: columns to use; numbers or text.

        Raises:
            InputError: a column is missing, has empty values, or has too many labels.
        """
        features = []
        for name in names:
            values = np.asarray(column_of(columns, name))
            if values.dtype.kind in "biuf":
                numbers = numbers_of(columns, name, len(values))
                unique = np.unique(numbers)
                knots = np.unique(np.quantile(numbers, (0.25, 0.5, 0.75))) if len(unique) > 8 else np.empty(0)
                features.append(Feature(name, (), tuple(knots.tolist()), float(numbers.mean()), float(numbers.std()) or 1.0))
                continue
            labels = np.unique(labels_of(columns, name))
            if len(labels) > MOST_LABELS:
                raise InputError(
                    "features: column {name!r} has {labels_count} different values; at most {MOST_LABELS} can be used. Group them first.",
                    name=name,
                    labels_count=len(labels),
                    MOST_LABELS=MOST_LABELS,
                )
            features.append(Feature(name, tuple(labels.tolist()), (), 0.0, 1.0))
        return cls(tuple(features))

    def matrix(self, columns: Columns) -> Floats:
        """The matrix of these customers, a column of ones first; a label never seen before counts as none."""
        parts: list[Floats] = []
        for feature in self.features:
            if feature.labels:
                labels = labels_of(columns, feature.column)
                parts += [(labels == label).astype(np.float64) for label in feature.labels]
                continue
            raw = column_of(columns, feature.column)
            numbers = numbers_of(columns, feature.column, len(raw))
            parts.append((numbers - feature.centre) / feature.scale)
            parts += [np.maximum(numbers - knot, 0) / feature.scale for knot in feature.knots]
        size = len(parts[0]) if parts else 0
        return np.stack([np.ones(size), *parts], axis=1)


@dataclass(frozen=True)
class LinearModel:
    """Coefficients of a fitted model.

    Attributes:
        coefficients: one per column of the matrix, the constant first.
        logistic: whether the outcome is a probability.
    """

    coefficients: tuple[float, ...]
    logistic: bool

    def predict(self, matrix: Floats) -> Floats:
        """Expected outcome of each row."""
        linear = matrix @ np.asarray(self.coefficients)
        return np.asarray(_logistic(linear) if self.logistic else linear)


def fit_linear(matrix: Floats, outcome: Floats, *, ridge: float) -> LinearModel:
    """Least squares with a ridge on everything but the constant."""
    penalty = np.full(matrix.shape[1], ridge)
    penalty[0] = 0.0
    found = np.linalg.solve(matrix.T @ matrix + np.diag(penalty + 1e-9), matrix.T @ outcome)
    return LinearModel(tuple(found.tolist()), logistic=False)


def fit_logistic(matrix: Floats, outcome: Floats, *, ridge: float) -> LinearModel:
    """Logistic regression with a ridge on everything but the constant, by Newton steps.

    Source: iteratively reweighted least squares (Nelder and Wedderburn, 1972).
    """
    penalty = np.full(matrix.shape[1], ridge)
    penalty[0] = 1e-9
    share = float(np.clip(outcome.mean(), 1e-6, 1 - 1e-6))
    found = np.zeros(matrix.shape[1])
    found[0] = np.log(share / (1 - share))
    for _ in range(STEPS):
        chance = _logistic(matrix @ found)
        weight = np.maximum(chance * (1 - chance), 1e-9)
        slope = matrix.T @ (outcome - chance) - penalty * found
        step = np.linalg.solve((matrix * weight[:, None]).T @ matrix + np.diag(penalty), slope)
        size = float(np.abs(step).max())
        found = found + step * min(1.0, 5.0 / max(size, 1e-12))  # a huge step overshoots where an arm is nearly all 0
        if size < 1e-8:
            break
    return LinearModel(tuple(found.tolist()), logistic=True)


def _logistic(linear: Floats) -> Floats:
    return np.asarray(0.5 * (1 + np.tanh(linear / 2)))
