"""What people did to the deals: odd amounts and dates, refunds, tests, orphans, stray characters."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Final, TypeAlias

from kogorta.demo.catalogue import TESTING_TITLE
from kogorta.demo.story import DOLLAR, Deal
from kogorta.demo.words import (
    BAD_DATES,
    FORMULA_COMMENTS,
    HTML_COMMENTS,
    LEADS_LOST,
    LINE_BREAK_COMMENTS,
    PIPELINE_MAIN,
    STAGE_REFUND,
    STAGE_WON,
    STAGES_UNKNOWN,
    TEST_TITLES,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from random import Random

    from kogorta.demo.cast import Customer
    from kogorta.demo.story import Story

Shape: TypeAlias = "Callable[[Deal, list[Deal]], bool]"
"""Whether an order, one of all orders of its customer, is of the sort wanted."""

SHARES: Final = (0.2, 0.3, 0.5)
NO_BREAK_SPACE: Final = "\u00a0"
OUTLIER_TIMES: Final = 100


class DealMess:
    """Spoils deals and adds deals that should not count. Each deal is spoilt at most once.

    Args:
        rng: random stream.
        story: writes one more deal.
        deals: all deals; new ones are appended.
        spoilt: customers whose cards are spoilt: they get no refunds.
        as_of: last day that is not in the future.
        scale: how many times more trouble than in a school of 300 companies.
    """

    def __init__(self, rng: Random, story: Story, deals: list[Deal], spoilt: set[Customer], as_of: date, scale: float) -> None:
        self._rng = rng
        self._story = story
        self._deals = deals
        self._spoilt = spoilt
        self._as_of = as_of
        self._scale = scale
        self._refunded: set[Customer] = set()

    def make(self) -> None:
        """All of it but foreign currency."""
        self._amounts()
        self._dates()
        self._texts()
        self._second_contacts()
        self._refunds()
        self._added()

    def foreign(self) -> None:
        """Two deals in dollars."""
        for deal in self._extra(2, "currency_without_rate", "won"):
            deal.currency, deal.amount, deal.quarantine = DOLLAR, self._rng.randint(8, 30) * 10_000, "currency_without_rate"

    def _amounts(self) -> None:
        for deal in self._take(12, "amount_comma", lambda one: one.counts and not one.lines):
            deal.amount_form = "comma"
        for deal in self._take(12, "amount_point", lambda one: one.counts and not one.lines):
            deal.amount_form, deal.amount = "point", _with_kopecks(deal)
        for deal in self._take(10, "amount_rouble", lambda one: one.counts and not one.lines):
            deal.amount_form, deal.amount = "rouble", _with_kopecks(deal)
        small = (4_400_000, 5_200_000)
        found = self._take(
            1,
            "outlier",
            lambda one: one.counts and not one.lines and small[0] <= (one.amount or 0) <= small[1],
            exact=True,
        )
        for deal in found:
            deal.amount = (deal.amount or 0) * OUTLIER_TIMES
            if deal.customer is not None:
                self._refunded.add(deal.customer)

    def _dates(self) -> None:
        for number, deal in enumerate(self._take(20, "one_digit_hour", lambda one: one.status in ("won", "lost"))):
            hour = time(self._rng.choice((8, 9)), self._rng.randint(0, 59), self._rng.randint(0, 59))
            if number % 2:
                deal.closed_form = "one-digit"
            else:
                deal.created_form = "one-digit"
            deal.created_at = datetime.combine(deal.created_at.date(), hour)
        for deal in self._take(10, "created_without_time", lambda one: one.status in ("won", "lost")):
            deal.created_form = "day"
        for deal in self._take(6, "closing_date_missing", lambda one: one.counts):
            deal.closed_on = None

    def _texts(self) -> None:
        for number, deal in enumerate(self._take(10, "trailing_space", lambda one: one.status != "open")):
            deal.title, deal.stage = (deal.title + "  ", deal.stage) if number % 2 else (deal.title, deal.stage + " ")
        for number, deal in enumerate(self._take(10, "no_break_space", lambda one: one.counts)):
            if number % 2 and " " in deal.title:
                deal.title = deal.title.replace(" ", NO_BREAK_SPACE)
            else:
                deal.stage = deal.stage.replace(" ", NO_BREAK_SPACE)
        for deal in self._take(8, "yo_spelling", lambda one: "ё" in one.stage):
            deal.stage = deal.stage.replace("ё", "е")
        for number, deal in enumerate(self._take(6, "line_break", lambda one: one.counts)):
            if number % 3 == 0:
                deal.title = deal.title.replace(" ", "\n", 1)
            else:
                deal.comment = self._rng.choice(LINE_BREAK_COMMENTS)
        for deal in self._take(8, "html", lambda one: one.status in ("won", "lost")):
            deal.comment = self._rng.choice(HTML_COMMENTS)
        for number, deal in enumerate(self._take(4, "formula", lambda one: one.counts)):
            if number % 2:
                deal.title = "=" + deal.title
            else:
                deal.comment = FORMULA_COMMENTS[number // 2 % len(FORMULA_COMMENTS)]
        for deal in self._take(4, "testing_title", lambda one: one.counts and not one.lines):
            deal.title = TESTING_TITLE

    def _second_contacts(self) -> None:
        def fits(deal: Deal) -> bool:
            return deal.counts and deal.customer is not None and len(deal.customer.companies) == 1 < len(deal.customer.contacts)

        for deal in self._take(12, "", lambda one: len(one.lines) < 2 and fits(one)):
            others = [card for card in deal.customer.contacts if card is not deal.contact] if deal.customer else []
            deal.second = self._rng.choice(others)

    def _refunds(self) -> None:
        rare = max(1, round(self._scale))
        full: tuple[tuple[int, Shape], ...] = (
            (rare, lambda _, orders: len(orders) == 1),
            (2 * rare, lambda one, orders: len(orders) > 1 and one is orders[-1]),
            (2 * rare, lambda one, orders: len(orders) > 2 and one is not orders[-1]),
        )
        for count, shape in full:
            for order in self._pick_orders(count, shape):
                self._refund(order, order.amount or 0, "refund_full")
        partial = max(2, round(5 * self._scale))
        for order in self._pick_orders(partial, lambda one, orders: len(orders) > 1 and _fits_one_order(one, orders)):
            self._refund(order, _part(order, self._rng.choice(SHARES)), "refund_partial")
        for deal in self._pick_orders(max(2, round(4 * self._scale)), lambda _, orders: len(orders) > 1):
            deal.status, deal.stage = "refunded", STAGE_REFUND
            deal.marks.add("refund_stage")

    def _refund(self, order: Deal, back: int, kind: str) -> None:
        closed_on = min(order.ordered_on + timedelta(days=self._rng.randint(3, 25)), self._as_of)
        created = datetime.combine(closed_on, time(self._rng.randint(10, 18), self._rng.randint(0, 59), 7))
        refund = Deal(
            customer=order.customer,
            company=order.company,
            contact=order.contact,
            status="refund",
            stage=STAGE_WON,
            pipeline=PIPELINE_MAIN,
            title=f"Возврат: {order.title}",
            amount=-back,
            created_at=created,
            closed_on=closed_on,
            manager=order.manager,
            repeat=True,
            reverses=order,
            marks={kind},
        )
        self._deals.append(refund)

    def _pick_orders(self, count: int, shape: Shape) -> list[Deal]:
        """Orders a refund can be matched to in one way only; one refund for a customer."""
        able = []
        for customer, orders in self._orders().items():
            if customer in self._refunded or customer in self._spoilt:
                continue
            for place, order in enumerate(orders):
                amounts = [other.amount for other in orders]
                following = orders[place + 1].ordered_on if place + 1 < len(orders) else self._as_of + timedelta(days=1)
                alone = amounts.count(order.amount) == 1 and (order.amount or 0) >= 2_000_000
                quiet = order.ordered_on + timedelta(days=26) < following
                if order.is_plain and not order.lines and alone and quiet and shape(order, orders):
                    able.append(order)
        found: list[Deal] = []
        for order in self._rng.sample(able, len(able)):
            if len(found) < count and order.customer is not None and order.customer not in self._refunded:
                self._refunded.add(order.customer)
                found.append(order)
        return found

    def _orders(self) -> dict[Customer, list[Deal]]:
        orders: dict[Customer, list[Deal]] = {}
        for deal in sorted(self._deals, key=lambda one: one.ordered_on):
            if deal.counts and deal.customer is not None:
                orders.setdefault(deal.customer, []).append(deal)
        return orders

    def _added(self) -> None:
        rng = self._rng
        for number, deal in enumerate(self._extra(7, "test_order", "won")):
            deal.title, deal.quarantine = TEST_TITLES[number % len(TEST_TITLES)], "test_order"
            deal.amount = rng.choice((100, 100, 1000))
        for deal in self._extra(6, "customer_missing", "won"):
            deal.customer = deal.company = deal.contact = None
            deal.quarantine = "customer_missing"
            if rng.random() < 0.3:
                deal.status, deal.stage = "lost", rng.choice(LEADS_LOST)
        for deal in self._extra(5, "amount_missing", "won"):
            deal.amount, deal.quarantine = None, "amount_missing"
        for number, deal in enumerate(self._extra(3, "date_in_future", "won")):
            ahead = timedelta(days=rng.randint(40, 400) if number else 3653)
            deal.closed_on, deal.quarantine = self._as_of + ahead, "date_in_future"
        for number, deal in enumerate(self._extra(5, "date_malformed", "won")):
            deal.closed_form = BAD_DATES[number % len(BAD_DATES)].format(year=deal.ordered_on.year)
            deal.quarantine = "date_malformed"
        for number, deal in enumerate(self._extra(5, "stage_unknown", "open")):
            deal.stage = STAGES_UNKNOWN[number % len(STAGES_UNKNOWN)]

    def _extra(self, count: int, kind: str, status: str) -> list[Deal]:
        """Deals more of customers who have bought: alone, none of them makes a customer."""
        rng = self._rng
        buyers = [(customer, orders) for customer, orders in self._orders().items() if customer.kind == "company"]
        added = []
        for _ in range(max(1, round(count * self._scale))):
            customer, orders = rng.choice(buyers)
            model = rng.choice(orders)
            day = min(model.ordered_on + timedelta(days=rng.randint(5, 300)), self._as_of)
            deal = self._story.deal(customer, day, "open" if status == "open" else "won", (model.amount or 0) / 100)
            deal.company, deal.contact, deal.lines, deal.repeat = model.company, model.contact, (), True
            deal.marks.add(kind)
            self._deals.append(deal)
            added.append(deal)
        return added

    def _take(self, count: int, kind: str, fits: Callable[[Deal], bool], *, exact: bool = False) -> list[Deal]:
        """Deals nothing has been done to yet, marked."""
        wanted = count if exact else max(1, round(count * self._scale))
        able = [deal for deal in self._deals if deal.is_plain and deal.second is None and fits(deal)]
        found = self._rng.sample(able, min(wanted, len(able)))
        for deal in found:
            if kind:
                deal.marks.add(kind)
        return found


def _with_kopecks(deal: Deal) -> int:
    return (deal.amount or 0) + 50


def _part(order: Deal, share: float) -> int:
    """A part of an order in whole hundreds of roubles."""
    return round((order.amount or 0) * share / 10_000) * 10_000


def _fits_one_order(order: Deal, orders: list[Deal]) -> bool:
    """No part of the order that may be refunded equals another order in full."""
    amounts = {other.amount for other in orders}
    return not any(_part(order, share) in amounts for share in SHARES)
