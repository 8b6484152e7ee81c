"""What every fit by maximum likelihood leaves behind: parameters, their errors, the verdict; to JSON and back."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
from scipy.special import ndtri

from kogorta.kit.checks import check_between
from kogorta.kit.errors import InputError

if TYPE_CHECKING:
    from kogorta.value.likelihood_fit import Convergence, Maximum
    from kogorta.value.summary import FloatArray

LARGEST_SHIFT = 4.0  # of a logarithm in a draw: what the data do not tell is not drawn beyond 50 times


@dataclass(frozen=True, kw_only=True)
class FittedParameters:
    """Positive parameters fitted by maximum likelihood.

    Attributes:
        values_: the parameters in the order of `names`.
        log_covariance_: covariance of their logarithms, shape (p, p).
        log_likelihood_: of the whole sample.
        convergence_: `converged`; `flat`: some parameter is hardly told by the data; `edge`: one ran to zero or
            infinity; `failed`: no maximum was reached.
        customers_: customers behind the fit.
    """

    values_: tuple[float, ...]
    log_covariance_: tuple[tuple[float, ...], ...]
    log_likelihood_: float
    convergence_: Convergence
    customers_: float

    code: ClassVar[str]
    names: ClassVar[tuple[str, ...]]

    @property
    def params_(self) -> dict[str, float]:
        """Parameters by name."""
        return dict(zip(self.names, self.values_, strict=True))

    @property
    def standard_errors_(self) -> dict[str, float]:
        """Standard errors of the parameters (delta method from their logarithms)."""
        deviations = np.sqrt(np.diag(np.array(self.log_covariance_)))
        return {name: value * float(sd) for name, value, sd in zip(self.names, self.values_, deviations, strict=True)}

    def intervals_(self, level: float = 0.95) -> dict[str, tuple[float, float]]:
        """Intervals of the parameters, symmetric in their logarithms.

        Args:
            level: probability that an interval holds the true value.
        """
        check_between("level", level, 0.5, 0.999)
        reach = float(ndtri(0.5 + level / 2)) * np.sqrt(np.diag(np.array(self.log_covariance_)))
        return {
            name: (value * math.exp(-half), value * math.exp(half))
            for name, value, half in zip(self.names, self.values_, reach, strict=True)
        }

    def draw_parameters(self, draws: int, rng: np.random.Generator) -> FloatArray:
        """Draws of the parameters from the asymptotic normal of their logarithms, shape (p, draws, 1)."""
        values, vectors = np.linalg.eigh(np.array(self.log_covariance_))
        noise = rng.standard_normal((draws, len(self.values_)))
        noise -= noise.mean(axis=0)  # the centre of the draws is the estimate itself
        shifts = np.clip(noise * np.sqrt(np.maximum(values, 0)) @ vectors.T, -LARGEST_SHIFT, LARGEST_SHIFT)
        drawn: FloatArray = (np.array(self.values_) * np.exp(shifts)).T[:, :, None]
        return drawn

    def to_json(self) -> str:
        """The rule as one JSON document; `from_json` reads it back."""
        rest = {field.name.rstrip("_"): getattr(self, field.name) for field in fields(self) if field.name != "values_"}
        return json.dumps({"model": self.code, "params": self.params_, **rest})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read back what `to_json` wrote.

        Raises:
            InputError: the text is not a fitted model of this kind.
        """
        try:
            document = json.loads(text)
            if document["model"] != cls.code:
                raise InputError(
                    "the document holds the model {document!r}, not {code!r}; read it so.",
                    document=document["model"],
                    code=cls.code,
                )
            rest = {name: document[name.rstrip("_")] for name in (field.name for field in fields(cls)) if name != "values_"}
            values = tuple(float(document["params"][name]) for name in cls.names)
            rest["log_covariance_"] = tuple(tuple(float(cell) for cell in row) for row in rest["log_covariance_"])
            return cls(values_=values, **rest)
        except (KeyError, TypeError, json.JSONDecodeError) as error:
            raise InputError(
                "the text is not a fitted {code} model ({error}); pass what to_json() wrote.",
                code=cls.code,
                error=error,
            ) from error


def as_rows(maximum: Maximum) -> tuple[tuple[float, ...], ...]:
    """The covariance as nested tuples."""
    return tuple(tuple(float(cell) for cell in row) for row in maximum.covariance)
