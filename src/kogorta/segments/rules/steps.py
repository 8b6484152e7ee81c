"""Conditions about one figure as a single CASE: what each of them says, read off where the figure stands among their thresholds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from kogorta.segments.rules.leaves import Scalar

Way = Literal["steps", "choices", "condition"]


@dataclass(frozen=True)
class Comparison:
    """A condition about an expression.

    Args:
        subject: the expression, or the whole condition.
        way: `steps` compares numbers or dates of one type, `choices` equality of texts; `condition` is SQL that is asked as it stands.
        op: the operator.
        values: what it is compared with, in the units of the expression.
    """

    subject: str
    way: Way = "condition"
    op: str = ""
    values: tuple[Scalar, ...] = ()

    @property
    def together(self) -> tuple[str, Way, type | None]:
        """Comparisons that agree in this are one CASE: thresholds of different types are never compared with one another."""
        return self.subject, self.way, type(self.values[0]) if self.way == "steps" else None


Said = tuple[Comparison, int, int]
"""A comparison, and the bits it sets when it holds and when it does not."""


def case_of(said: Sequence[Said], bind: Callable[[Scalar], str]) -> str:
    """The bits that comparisons of one subject set, as an expression.

    Args:
        said: comparisons that agree in `together`.
        bind: makes a parameter of a value.

    Returns:
        A BIGINT expression, never NULL; a missing value makes every comparison false.

    Example:
        >>> tests = [(Comparison("age", "steps", ">=", (18,)), 0, 1), (Comparison("age", "steps", "<", (65,)), 0, 2)]
        >>> case_of(tests, repr)
        'CASE WHEN age >= 65 THEN CAST(2 AS BIGINT) WHEN age >= 18 THEN CAST(0 AS BIGINT) WHEN age IS NOT NULL THEN CAST(1 AS BIGINT) ELSE CAST(3 AS BIGINT) END'
    """  # noqa: E501  (the answer is one line)
    first = said[0][0]
    missing = _union(when_false for _, _, when_false in said)
    branches = {"steps": _steps, "choices": _choices, "condition": _condition}[first.way](said, bind)
    kept = list(branches)
    while kept and kept[-1][1] == missing:
        kept.pop()
    if not kept:
        return whole(missing)
    listed = " ".join(f"WHEN {condition} THEN {whole(bits)}" for condition, bits in kept)
    return f"CASE {listed} ELSE {whole(missing)} END"


def whole(number: int) -> str:
    """Bits as SQL."""
    return f"CAST({number} AS BIGINT)"


def _union(bits: Iterator[int]) -> int:
    found = 0
    for one in bits:
        found |= one
    return found


def _condition(said: Sequence[Said], _: Callable[[Scalar], str]) -> Iterator[tuple[str, int]]:
    yield said[0][0].subject, _union(when_true for _, when_true, _ in said)


def _choices(said: Sequence[Said], bind: Callable[[Scalar], str]) -> Iterator[tuple[str, int]]:
    def at(value: Scalar | None) -> int:
        return _union(when_true if (value in test.values) != (test.op == "!=") else when_false for test, when_true, when_false in said)

    subject, other = said[0][0].subject, at(None)
    alike: dict[int, list[str]] = {}
    for value in dict.fromkeys(value for test, _, _ in said for value in test.values):
        alike.setdefault(at(value), []).append(bind(value))
    for bits, values in alike.items():
        if bits != other:
            yield (f"{subject} = {values[0]}" if len(values) == 1 else f"{subject} IN ({', '.join(values)})"), bits
    yield f"{subject} IS NOT NULL", other


def _steps(said: Sequence[Said], bind: Callable[[Scalar], str]) -> Iterator[tuple[str, int]]:
    """From the highest place down: 2 k + 1 is the k-th threshold itself, 2 k what lies below it."""
    thresholds = sorted({value for test, _, _ in said for value in test.values})
    places = {value: 2 * rank + 1 for rank, value in enumerate(thresholds)}
    bits = [
        _union(when_true if _met(test, place, places) else when_false for test, when_true, when_false in said)
        for place in range(2 * len(thresholds) + 1)
    ]
    subject = said[0][0].subject
    for place in range(2 * len(thresholds), 0, -1):
        if bits[place - 1] != bits[place]:
            yield f"{subject} {'>=' if place % 2 else '>'} {bind(thresholds[(place - 1) // 2])}", bits[place]
    yield f"{subject} IS NOT NULL", bits[0]


def _met(test: Comparison, place: int, places: dict[Scalar, int]) -> bool:
    given = [places[value] for value in test.values]
    if test.op == "between":
        return given[0] <= place <= given[1]
    if test.op == "in":
        return place in given
    first = given[0]
    return {"=": place == first, "!=": place != first, "<": place < first, "<=": place <= first, ">": place > first, ">=": place >= first}[
        test.op
    ]
