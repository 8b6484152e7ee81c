"""What the user may decide about an import."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from kogorta.kit.checks import check_choice
from kogorta.kit.clock import DEFAULT_TIME_ZONE, check_time_zone

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from kogorta.kit.money import RateTable

RefundPolicy = Literal["net", "ignore"]


@dataclass(frozen=True)
class IntakeOptions:
    """How rows become orders.

    Args:
        currency: ISO code of the base; None takes the currency most rows are in, RUB where the file names none.
        time_zone: IANA zone of the company: wall-clock times without an offset are read in it.
        refunds: `net` subtracts refunds from the orders they reverse; `ignore` leaves out negative quantities and amounts, zero prices
            and credit notes.
        stages: stage name -> won, lost, open or refunded, where the proposal from words is not right.
        rates: rates into the base's currency; None refuses rows in other currencies.
        received_on: the day the file was received; won deals dated later are quarantined. None checks nothing.
        strict: refuse the whole file when any of its rows would be quarantined; the base stays as it was.

    Raises:
        OptionError: a value is not allowed.
    """

    currency: str | None = None
    time_zone: str = DEFAULT_TIME_ZONE
    refunds: RefundPolicy = "net"
    stages: Mapping[str, str] = field(default_factory=dict)
    rates: RateTable | None = None
    received_on: date | None = None
    strict: bool = False

    def __post_init__(self) -> None:
        check_choice("refunds", self.refunds, ("net", "ignore"))
        check_time_zone(self.time_zone)
