"""What real Spark would do: its physical plans of the large path, and the windows in them that nothing divides among workers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.conformance.orders_made import AS_OF

from kogorta.segments.abc_xyz import AbcXyz
from kogorta.segments.rfm import RFM

if TYPE_CHECKING:
    from kogorta.base.customer_base import CustomerBase
    from kogorta.engine.spark import SparkEngine

_WINDOW = re.compile(r"windowspecdefinition\(((?:[^(),]|\([^()]*\))*)")


def undivided_windows(plan: str) -> list[str]:
    """Windows of a plan of Spark without a PARTITION BY: the first thing they name is an order or a frame.

    Example:
        >>> undivided_windows("Window [sum(x#1) windowspecdefinition(part#2, x#1 DESC NULLS LAST, specifiedwindowframe(RowFrame, a, b)) AS s#3]")
        []
        >>> undivided_windows("Window [rank(x#1) windowspecdefinition(x#1 ASC NULLS FIRST, specifiedwindowframe(RowFrame, a, b)) AS r#3]")
        ['x#1 ASC NULLS FIRST']
    """
    return [first for first in _WINDOW.findall(plan) if re.search(r" (ASC|DESC) NULLS |^specifiedwindowframe", first)]


def plans_of_large_path(engine: SparkEngine, base: CustomerBase) -> list[str]:
    """Physical plans of everything RFM and ABC/XYZ ask of Spark, as it is asked."""
    found: list[str] = []
    keep, rows = engine.keep, engine.rows

    def kept(table: str, query: str) -> object:
        found.append(engine.plan(query))
        return keep(table, query)

    def answered(query: str) -> list[tuple[object, ...]]:
        found.append(engine.plan(query))
        return rows(query)

    engine.keep, engine.rows = kept, answered  # type: ignore[method-assign, assignment]
    try:
        RFM().fit(base, AS_OF).assign(base, AS_OF)
        AbcXyz().assign(base, AS_OF)
    finally:
        engine.keep, engine.rows = keep, rows  # type: ignore[method-assign]
    return found
