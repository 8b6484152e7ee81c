"""What an experiment measures: a metric is declared before the outcomes are seen."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final, Literal

from kogorta.kit.checks import check_choice
from kogorta.kit.errors import OptionError

MetricKind = Literal["mean", "proportion", "ratio", "quantile"]
KINDS: Final[tuple[MetricKind, ...]] = ("mean", "proportion", "ratio", "quantile")
Role = Literal["own", "primary", "guardrail"]
OPTIONS: Final = ("denominator", "covariate", "covariate_denominator", "cap", "cap_quantile", "direction", "margin", "role")
NUMBERS: Final = ("cap", "cap_quantile", "margin")
_OPTION_STARTS: Final = re.compile(r",\s*(?=[a-z_-]+=)")
"""A comma belongs to a column name unless an option follows it."""
DEFAULT_MARGIN: Final = 0.10
"""A difference below 10 % of the control value counts as none, unless the metric declares its own margin."""


@dataclass(frozen=True)
class Metric:
    """One outcome per customer and how arms are compared on it.

    Args:
        column: column of the outcome; for a ratio its numerator.
        kind: `mean`, `proportion` (0/1 column), `ratio` (sum of one column over sum of another) or `quantile`.
        denominator: column under the ratio.
        covariate: column known before the assignment that predicts the outcome (CUPED).
        covariate_denominator: column under the covariate, when it is a ratio itself.
        cap: values above this are set to it (winsorised); in the column's unit.
        cap_quantile: the same, as a quantile of all arms together, 0-1.
        quantile: which quantile is compared, 0-1.
        direction: `up` when more is better, `down` when less is.
        margin: smallest absolute difference that matters; `None` = 10 % of the control value.
        role: `own` (judged by itself), `primary` (shares the error rate with the other primary ones) or `guardrail`.

    Example:
        >>> Metric.parse("spend:mean").name
        'spend:mean'
        >>> Metric.parse("revenue/orders:ratio").denominator
        'orders'
    """

    column: str
    kind: MetricKind = "mean"
    denominator: str | None = None
    covariate: str | None = None
    covariate_denominator: str | None = None
    cap: float | None = None
    cap_quantile: float | None = None
    quantile: float = 0.5
    direction: Literal["up", "down"] = "up"
    margin: float | None = None
    role: Role = "own"

    def __post_init__(self) -> None:
        check_choice("kind", self.kind, KINDS)
        check_choice("direction", self.direction, ("up", "down"))
        check_choice("role", self.role, ("own", "primary", "guardrail"))
        if not self.column:
            raise OptionError("a metric has no column; write column:kind, for example spend:mean.")
        if (self.kind == "ratio") != (self.denominator is not None):
            raise OptionError(
                "metric {column!r} of kind {kind} has denominator {denominator!r}; a ratio, and only a ratio, needs one: "
                "revenue/orders:ratio.",
                column=self.column,
                kind=self.kind,
                denominator=self.denominator,
            )
        if self.column in (self.denominator, self.covariate):
            raise OptionError(
                "metric {name!r} uses column {column!r} twice; the denominator or covariate must be another column.",
                name=self.name,
                column=self.column,
            )
        if self.covariate_denominator is not None and self.covariate is None:
            raise OptionError(
                "metric {name!r} has a covariate_denominator but no covariate; name both.",
                name=self.name,
            )
        if self.cap is not None and self.cap_quantile is not None:
            raise OptionError(
                "metric {name!r} has both cap and cap_quantile; declare one of them.",
                name=self.name,
            )
        if self.cap is not None and not math.isfinite(self.cap):
            raise OptionError(
                "cap of metric {name!r} is {cap!r}; it must be a number.",
                name=self.name,
                cap=self.cap,
            )
        if (self.cap is not None or self.cap_quantile is not None) and self.kind in ("proportion", "quantile"):
            raise OptionError(
                "metric {name!r} cannot be capped; only means and ratios can.",
                name=self.name,
            )
        if self.covariate is not None and self.kind == "quantile":
            raise OptionError(
                "metric {name!r} cannot use a covariate; quantiles are compared as they are.",
                name=self.name,
            )
        if self.cap_quantile is not None and not 0.5 <= self.cap_quantile < 1:
            raise OptionError(
                "cap_quantile of {name!r} is {cap_quantile!r}; it must be from 0.5 to below 1.",
                name=self.name,
                cap_quantile=self.cap_quantile,
            )
        if not 0 < self.quantile < 1:
            raise OptionError(
                "quantile of {name!r} is {quantile!r}; it must be above 0 and below 1.",
                name=self.name,
                quantile=self.quantile,
            )
        if self.margin is not None and not 0 < self.margin < math.inf:
            raise OptionError(
                "margin of {name!r} is {margin!r}; it must be greater than zero.",
                name=self.name,
                margin=self.margin,
            )

    @property
    def name(self) -> str:
        """The metric as it is written: `column:kind`."""
        if self.kind == "ratio":
            return f"{self.column}/{self.denominator}:ratio"
        if self.kind == "quantile":
            return f"{self.column}:quantile={self.quantile:g}"
        return f"{self.column}:{self.kind}"

    @property
    def label(self) -> str:
        """The column, or numerator/denominator; a quantile says which one."""
        if self.kind == "quantile":
            return self.name
        return f"{self.column}/{self.denominator}" if self.denominator else self.column

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns whose sums are needed: outcome, its denominator, covariate, its denominator."""
        names = (self.column, self.denominator, self.covariate, self.covariate_denominator)
        return tuple(dict.fromkeys(name for name in names if name is not None))

    @classmethod
    def parse(cls, text: str) -> Metric:
        """Read `column:kind[,option=value...]`, for example `spend:mean,covariate=history,cap_quantile=0.99`.

        Kinds: `mean`, `proportion`, `ratio` (`revenue/orders:ratio`, or `revenue:ratio,denominator=orders`), `median`,
        `quantile=0.9`. Options: `denominator`, `covariate`, `covariate_denominator`, `cap`, `cap_quantile`,
        `direction=up|down`, `margin`, `role=own|primary|guardrail`.

        Raises:
            OptionError: the text has no kind, or a kind or an option that does not exist.

        Example:
            >>> Metric.parse("complaints:proportion,direction=down,role=guardrail").direction
            'down'
        """
        head, *said = re.split(_OPTION_STARTS, text)
        column, colon, kind = head.rpartition(":")
        if not colon or not column:
            raise OptionError(
                "metric {text!r} has no kind; write column:kind, for example spend:mean or visit:proportion.",
                text=text,
            )
        column, kind, options = column.strip(), kind.strip(), _options(text, said)
        if kind == "median" or kind.startswith("quantile="):
            options["quantile"] = 0.5 if kind == "median" else _number(text, "quantile", kind.removeprefix("quantile="))
            kind = "quantile"
        if kind == "ratio" and "denominator" not in options:
            column, _, denominator = column.partition("/")
            options["denominator"] = denominator or None
        if kind not in KINDS:
            raise OptionError(
                "metric {text!r} has kind {kind!r}; it must be one of {listed} or median.",
                text=text,
                kind=kind,
                listed=", ".join(KINDS),
            )
        return cls(column, kind, **options)  # type: ignore[arg-type]


def _options(text: str, said: list[str]) -> dict[str, object]:
    found: dict[str, object] = {}
    for option, value in (one.split("=", 1) for one in said):
        name = option.replace("-", "_")
        if name not in OPTIONS:
            raise OptionError(
                "metric {text!r} has an option {name!r}; the options are {listed}.",
                text=text,
                name=name,
                listed=", ".join(OPTIONS),
            )
        if name in found:
            raise OptionError(
                "metric {text!r} names {name} twice; keep one of them.",
                text=text,
                name=name,
            )
        found[name] = _number(text, name, value) if name in NUMBERS else value
    return found


def _number(text: str, name: str, value: str) -> float:
    try:
        return float(value)
    except ValueError as error:
        raise OptionError(
            "metric {text!r} has no number after '{name}='; it has {value!r}.",
            text=text,
            name=name,
            value=value,
        ) from error
