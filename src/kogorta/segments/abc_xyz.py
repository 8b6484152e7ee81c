"""ABC by revenue and XYZ by the steadiness of demand.

ABC: customers by net revenue, largest first, ties by id; the class is decided by the cumulative share *before* the customer, so a customer
with 85 % of revenue is A. XYZ: population coefficient of variation of revenue per complete period since the first purchase, empty periods
included, the current part-period left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import md5
from typing import TYPE_CHECKING, Final, Literal

from kogorta.engine.duck import read_sql
from kogorta.engine.quantiles import exact_quantiles
from kogorta.engine.table import Table
from kogorta.kit.checks import check_between, check_choice
from kogorta.kit.errors import OptionError
from kogorta.segments.summary import customer_summary, materialise, settle_as_of

if TYPE_CHECKING:
    from datetime import date

    from kogorta.base.customer_base import CustomerBase

Period = Literal["month", "quarter", "year"]
PARTS: Final = 64
"""Into how many parts of equal size customers are cut where workers rank them beside one another."""


@dataclass(frozen=True)
class AbcXyz:
    """ABC and XYZ classes of every customer who bought.

    Args:
        share_a: cumulative share of revenue below which a customer is A.
        share_b: the same for B; the rest is C. Net revenue of zero or less is `none`.
        limit_x: largest coefficient of variation of X.
        limit_y: largest coefficient of variation of Y; above it is Z.
        period: `month`, `quarter` or `year`: the grain of XYZ.
        fewest_periods: with fewer complete periods the class is `early`.

    Raises:
        OptionError: shares or limits are not ascending or out of range.

    Example:
        >>> AbcXyz(limit_x=0.10, limit_y=0.25).limit_y
        0.25
    """

    share_a: float = 0.80
    share_b: float = 0.95
    limit_x: float = 0.5
    limit_y: float = 1.0
    period: Period = "quarter"
    fewest_periods: int = 3

    def __post_init__(self) -> None:
        check_between("share_a", self.share_a, 0, 1)
        check_between("share_b", self.share_b, self.share_a, 1)
        check_choice("period", self.period, ("month", "quarter", "year"))
        if not 0 < self.limit_x <= self.limit_y:
            raise OptionError(
                "XYZ limits are {limit_x} and {limit_y}; they must be above zero and ascend.",
                limit_x=self.limit_x,
                limit_y=self.limit_y,
            )

    def assign(self, base: CustomerBase, as_of: date | str | None = None) -> Table:
        """Classes at a date: customer_id, abc, xyz, cv (None below `fewest_periods`)."""
        day = settle_as_of(base, as_of)
        summary = customer_summary(base, day)
        key = f"abc_xyz_{md5(repr(self).encode(), usedforsecurity=False).hexdigest()[:10]}_{day:%Y%m%d}"
        parameters = {
            "as_of": day.isoformat(),
            "period": self.period,
            # whole millionths keep the arithmetic exact
            "share_a": round(self.share_a * 1_000_000),
            "share_b": round(self.share_b * 1_000_000),
            "limit_x": self.limit_x,
            "limit_y": self.limit_y,
            "fewest": self.fewest_periods,
        }
        query = read_sql("segments", "abc_xyz").replace("{ranked}", _ranked(base, summary)).replace("{summary}", summary)
        return Table(base.connection, materialise(base, key, query, parameters), ("customer_id",))


def _ranked(base: CustomerBase, summary: str) -> str:
    """Revenue before each customer: by one window here, by parts of equal size where workers count beside one another."""
    if base.remote is None:
        return read_sql("segments", "ranked")
    bounds = exact_quantiles(base.remote.rows, summary, "monetary", PARTS, "monetary > 0")
    part = " + ".join(["0", *(f"CAST(monetary > {bound} AS INTEGER)" for bound in sorted(set(bounds)))])
    cut = f"SELECT monetary, {part} AS part FROM {summary} WHERE monetary > 0"
    parts = f"SELECT part, sum(CAST(monetary AS HUGEINT)) AS revenue FROM ({cut}) AS cut GROUP BY part"
    return read_sql("segments", "ranked_in_parts").replace("{parts}", parts).replace("{part}", part)
