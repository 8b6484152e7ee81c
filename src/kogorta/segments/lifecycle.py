"""Stage of a customer's life: prospect, new, active, sleeping, gone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from kogorta.engine.duck import read_sql
from kogorta.engine.table import Table
from kogorta.kit.checks import check_choice, check_positive
from kogorta.kit.language import message
from kogorta.segments.summary import customer_summary, materialise, settle_as_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from kogorta.base.customer_base import CustomerBase

STAGES: Final[Mapping[str, str]] = {
    "prospect": message("Prospect"),
    "new": message("New"),
    "active": message("Active"),
    "sleeping": message("Sleeping"),
    "gone": message("Gone"),
}


@dataclass(frozen=True)
class Lifecycle:
    """Stages by days since the last order.

    Args:
        mode: `fixed` uses `sleeping_after` for everybody; `rhythm` uses twice the customer's own median interval between purchase days,
            never below `shortest`; who has no interval yet falls back to `sleeping_after`.
        new_within: a single order within this many days is `new`.
        sleeping_after: days without an order after which an active customer is `sleeping`.
        gone_after: days without an order after which a customer is `gone` (in rhythm mode at least three of his own thresholds).
        shortest: shortest threshold of the rhythm mode, days.

    Raises:
        OptionError: a number of days is not positive.

    Example:
        >>> Lifecycle(mode="rhythm").shortest
        14
    """

    mode: Literal["fixed", "rhythm"] = "fixed"
    new_within: int = 30
    sleeping_after: int = 30
    gone_after: int = 180
    shortest: int = 14

    def __post_init__(self) -> None:
        check_choice("mode", self.mode, ("fixed", "rhythm"))
        for name in ("new_within", "sleeping_after", "gone_after", "shortest"):
            check_positive(name, getattr(self, name))

    def assign(self, base: CustomerBase, as_of: date | str | None = None) -> Table:
        """Stages at a date: customer_id, lifecycle, sleeping_after. Customers without any order in the ledger are not in it: prospects."""
        day = settle_as_of(base, as_of)
        query = read_sql("segments", "lifecycle").replace("{summary}", customer_summary(base, day))
        parameters = {
            "as_of": day.isoformat(),
            "rhythm": self.mode == "rhythm",
            "new_within": self.new_within,
            "sleeping_after": self.sleeping_after,
            "gone_after": self.gone_after,
            "shortest": self.shortest,
        }
        key = f"lifecycle_{self.mode}_{self.new_within}_{self.sleeping_after}_{self.gone_after}_{self.shortest}_{day:%Y%m%d}"
        return Table(base.connection, materialise(base, key, query, parameters), ("customer_id",))
