"""Twelve years of deals: what was won, lost and is still open, before anybody makes a mess of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final, Literal

from kogorta.demo.behaviour import HABIT, YEARS, any_day, check_size, customer_scale, purchase_days
from kogorta.demo.catalogue import Line, make_order
from kogorta.demo.chance import stream, weighted
from kogorta.demo.words import CHANNELS, COMMENTS, LEADS_LOST, MANAGERS, STAGE_WON, STAGES_OPEN

if TYPE_CHECKING:
    from kogorta.demo.cast import CompanyCard, ContactCard, Customer

Status = Literal["won", "lost", "open", "refunded", "refund"]
ROUBLE: Final = "Российский рубль"
DOLLAR: Final = "Доллар США"


@dataclass(eq=False)
class Deal:
    """A deal of the CRM: the truth about it and how its cells are written.

    Args:
        customer: who it belongs to; None for an orphan.
        company: card of the company it is linked to.
        contact: card of the contact it is linked to.
        status: `refund` is a deal with a negative amount, `refunded` one that was moved to the refund stage.
        amount: kopecks; None when the cell is empty.
        created_at: local time.
        closed_on: day in the closing date; None when the cell is empty.
        quarantine: why a careful reader leaves the deal out, or empty.
        reverses: the order a refund takes back, whole or in part.
        amount_form: `plain`, `zeros`, `point`, `comma`, `rouble`.
        created_form, closed_form: `moment`, `one-digit`, `day`, or the cell itself.
        second: another contact of the company the deal is linked to as well.
        marks: kinds of `kogorta.demo.truth.PLANTED`.
    """

    customer: Customer | None
    company: CompanyCard | None
    contact: ContactCard | None
    status: Status
    stage: str
    pipeline: str
    title: str
    amount: int | None
    created_at: datetime
    closed_on: date | None
    lines: tuple[Line, ...] = ()
    manager: str = ""
    channel: str = ""
    comment: str = ""
    repeat: bool = False
    currency: str = ROUBLE
    quarantine: str = ""
    reverses: Deal | None = None
    amount_form: str = "plain"
    created_form: str = "moment"
    closed_form: str = "day"
    second: ContactCard | None = None
    deal_id: int = 0
    marks: set[str] = field(default_factory=set)

    @property
    def ordered_on(self) -> date:
        """Day of purchase: the closing date, or the creation date where there is none."""
        return self.closed_on or self.created_at.date()

    @property
    def counts(self) -> bool:
        """Whether it is a won order that a careful reader keeps."""
        return self.status == "won" and not self.quarantine

    @property
    def is_plain(self) -> bool:
        """Whether nothing odd has been done to it yet."""
        return not self.marks and not self.quarantine and self.reverses is None


class Story:
    """Writes the deals of every customer."""

    def __init__(self, seed: int, as_of: date) -> None:
        self._rng = stream(seed, "story")
        self._as_of = as_of
        self._start = as_of - timedelta(days=int(YEARS * 365.25))

    def tell(self, customers: list[Customer]) -> list[Deal]:
        """All deals, in no order of importance."""
        deals: list[Deal] = []
        for customer in customers:
            won = self._won(customer)
            deals += won
            deals += self._lost(customer, won)
            deals += self._open(customer, won)
        return deals

    def deal(
        self,
        customer: Customer,
        day: date,
        status: Status,
        roubles: float,
        *,
        split: bool = False,
        repeat: bool = False,
    ) -> Deal:
        """One more deal of a customer, closed on `day`."""
        rng = self._rng
        order = make_order(rng, roubles, self._year_share(day), repeat=repeat, split=split)
        stage = STAGE_WON if status == "won" else rng.choice(LEADS_LOST if status == "lost" else STAGES_OPEN)
        lead = timedelta(days=round(rng.gammavariate(1.6, 12)) + 1)
        created = datetime.combine(day - lead, time(rng.randint(9, 19), rng.randint(0, 59), rng.randint(0, 59)))
        contact = customer.contacts[0] if rng.random() < 0.8 else rng.choice(customer.contacts)
        company = customer.companies[0] if customer.companies else None
        return Deal(
            customer=customer,
            company=company,
            contact=contact,
            status=status,
            stage=stage,
            pipeline=order.pipeline,
            title=order.title,
            amount=order.amount,
            created_at=created,
            closed_on=day,
            lines=order.lines if split or rng.random() < 0.12 else (),
            manager=self._manager(day),
            channel=weighted(rng, CHANNELS),
            repeat=repeat,
            comment=rng.choice(COMMENTS) if rng.random() < 0.12 else "",
            amount_form="zeros" if rng.random() < 0.15 else "plain",
        )

    def _won(self, customer: Customer) -> list[Deal]:
        if customer.habit == "prospect":
            return []
        rng = self._rng
        habit = HABIT[customer.habit]
        days = purchase_days(rng, habit, self._as_of)
        scale = customer_scale(rng, habit, len(days))
        deals = []
        for number, day in enumerate(days):
            size, split = check_size(rng, habit, scale), rng.random() < 0.09
            deals.append(self.deal(customer, day, "won", size, split=split, repeat=number > 0))
        return deals

    def _lost(self, customer: Customer, won: list[Deal]) -> list[Deal]:
        rng = self._rng
        count = sum(rng.random() < 0.33 for _ in won) + (rng.random() < 0.18)
        if customer.habit == "prospect":
            count = rng.randint(1, 3)
        if customer.kind == "person":
            count = min(count, 1)
        first = won[0].ordered_on if won else self._start + timedelta(days=rng.randint(900, 3800))
        last = min(self._as_of, (won[-1].ordered_on if won else first) + timedelta(days=400))
        days = sorted(any_day(rng, first, last) for _ in range(count))
        return [self.deal(customer, day, "lost", self._size(customer)) for day in days]

    def _open(self, customer: Customer, won: list[Deal]) -> list[Deal]:
        rng = self._rng
        likely = {"core": 0.9, "newcomer": 0.3, "promising": 0.5, "fading": 0.15, "prospect": 0.5}.get(customer.habit, 0.08)
        if rng.random() >= likely:
            return []
        created = self._as_of - timedelta(days=rng.randint(1, 75))
        if won:
            created = max(created, won[-1].created_at.date())
        deal = self.deal(customer, created, "open", self._size(customer))
        moment = datetime.combine(created, deal.created_at.time())
        deal.created_at = moment
        deal.closed_on = created + timedelta(days=rng.choice((7, 7, 14, 30, 60)))
        if deal.closed_on > self._as_of:
            deal.marks.add("planned_date")
        deal.repeat = bool(won)
        if rng.random() < 0.3:
            deal.amount, deal.lines = 0, ()
        return [deal]

    def _size(self, customer: Customer) -> float:
        habit = HABIT.get(customer.habit, HABIT["fading"])
        return check_size(self._rng, habit, 1.0)

    def _manager(self, day: date) -> str:
        """People come and go: two of them share a year."""
        turn = int(self._year_share(day) * (len(MANAGERS) - 1.001))
        return MANAGERS[turn + self._rng.randint(0, 1)]

    def _year_share(self, day: date) -> float:
        return min(1.0, max(0.0, (day - self._start).days / (YEARS * 365.25)))
