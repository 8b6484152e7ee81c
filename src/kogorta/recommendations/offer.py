"""One product offered to one customer, with what it rests on in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import date

    from kogorta.kit.language import Language

Kind = Literal["again", "together", "alike", "popular"]


@dataclass(frozen=True, slots=True)
class Offer:
    """A product for a customer.

    Attributes:
        customer_id, product_id, name: who and what.
        rank: 1 is offered first.
        kind: `again` he buys it himself, `together` it goes with what he bought, `alike` a new arrival like what he bought, `popular` most
            buy it now.
        because_id, because: the past purchase it rests on; empty for `again` and `popular`.
        both, alone: of the `alone` orders (or customers) with that purchase, `both` held this product too.
        lift: how many times more often than by chance.
        level: whether orders (`basket`) or customers (`customer`) were counted.
        times, last_on, gap_days: for `again`: in how many orders he bought it, when last, the usual pause in days (None when unknown).
        since: for a new arrival: the day it was launched or first sold.
    """

    customer_id: str
    rank: int
    product_id: str
    name: str
    kind: Kind
    because_id: str = ""
    because: str = ""
    both: int = 0
    alone: int = 0
    lift: float = 0.0
    level: str = "basket"
    times: int = 0
    last_on: date | None = None
    gap_days: int | None = None
    since: date | None = None

    def text(self, language: Language) -> str:
        """Why it is offered, in the reader's language.

        Example:
            >>> from kogorta.kit.language import Language
            >>> Offer("c", 1, "p", "Saucer", "together", "q", "Cup", both=30, alone=40, lift=12.5).text(Language("en"))
            'goes with “Cup”: 30 of 40 orders with it held both, 12.5 times more often than by chance'
        """
        why = getattr(self, f"_{self.kind}")(language)
        if self.since is None:
            return str(why)
        return language.text("new since {day}; {reason}", day=language.day(self.since), reason=why)

    def _again(self, language: Language) -> str:
        day = language.day(self.last_on) if self.last_on else "—"
        bought = language.plural("in {count} order of his, last on {day}", "in {count} orders of his, last on {day}", self.times, day=day)
        if self.gap_days is None:
            return bought
        gap = language.plural("{count} day", "{count} days", self.gap_days)
        return language.text("{bought}; usually bought again after {gap}", bought=bought, gap=gap)

    def _together(self, language: Language) -> str:
        counts = {"name": self.because, "both": language.number(self.both), "alone": language.number(self.alone)}
        if self.level == "customer":
            told = language.text("goes with “{name}”: {both} of {alone} customers with it bought both", **counts)
        else:
            told = language.text("goes with “{name}”: {both} of {alone} orders with it held both", **counts)
        if self.lift < 1.15:
            return told
        return language.text("{reason}, {lift} times more often than by chance", reason=told, lift=language.number(self.lift, 1))

    def _alike(self, language: Language) -> str:
        return language.text("like “{name}” bought before", name=self.because)

    def _popular(self, language: Language) -> str:
        return language.text("what most buy now")
