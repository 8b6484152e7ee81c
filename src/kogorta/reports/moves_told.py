"""Moves, cohorts and history in words, for the report and the command line alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kogorta.reports.names import NAMES, quoted
from kogorta.segments.moves import SMALL_COHORT
from kogorta.segments.yardstick import ABSENT

if TYPE_CHECKING:
    from datetime import date

    from kogorta.kit.language import Language
    from kogorta.segments.effectiveness import Effectiveness, Trend
    from kogorta.segments.history import SegmentHistory
    from kogorta.segments.moves import Drift, Flow, Migration, RuleShift

TOP: Final = 5
STEADY: Final = 0.005
"""A change that rounds to zero per cent."""


@dataclass(frozen=True)
class Told:
    """A reader's language, the currency of the base and the scheme whose segments are named."""

    language: Language
    currency: str
    scheme: str

    def name(self, slug: str) -> str:
        """Name of a segment."""
        if slug == ABSENT[self.scheme]:
            return self.language.text("Had not bought yet")
        known = NAMES.get((self.scheme, slug))
        return self.language.text(known) if known else slug

    def quoted(self, slug: str) -> str:
        """The name in quotation marks."""
        return quoted(self.language, self.name(slug))

    def money(self, minor: float) -> str:
        """Money, short."""
        return self.language.money(minor, self.currency, compact=True)

    def customers(self, count: int) -> str:
        """`5 customers`."""
        return self.language.plural("{count} customer", "{count} customers", count)

    def days(self, count: int) -> str:
        """`5 days`."""
        return self.language.plural("{count} day", "{count} days", count)

    def money_definition(self, moves: Migration) -> str:
        """Which money stands beside a flow."""
        return self.language.text(
            "Money: net revenue in the {days} days that end with {start} and with {end}; all-time revenue is net and up to {end}.",
            days=moves.money_days,
            start=self.language.day(moves.from_on),
            end=self.language.day(moves.to_on),
        )

    def rule_definition(self, learnt_on: str | None) -> str:
        """Which borders were used."""
        from datetime import date

        if learnt_on is None:
            return self.language.text("One rule given in advance for every date: only customers move, borders do not.")
        return self.language.text(
            "One rule for every date, its cut points learnt on {day}: only customers move, borders do not.",
            day=self.language.day(date.fromisoformat(learnt_on)),
        )

    def flow(self, flow: Flow, days: int) -> str:
        """One move as a sentence; its money is that of so many days."""
        return self.language.text(
            "From {source} to {target}: {customers}; they brought {before} in {days}, now {after}. Bought in between: {bought}.",
            source=self.quoted(flow.source),
            target=self.quoted(flow.target),
            customers=self.customers(flow.customers),
            days=self.days(days),
            before=self.money(flow.year_before),
            after=self.money(flow.year_after),
            bought=self.language.number(flow.bought),
        )

    def top_moves(self, moves: Migration) -> list[str]:
        """The moves with most money in the year before, as sentences."""
        moved = [flow for flow in moves.flows if flow.source not in {flow.target, moves.absent}]
        moved.sort(key=lambda flow: (-flow.year_before, -flow.customers, flow.source, flow.target))
        return [self.flow(flow, moves.money_days) for flow in moved[:TOP]]

    def leavers(self, moves: Migration) -> tuple[str, str]:
        """Headline and body about those who left the best segment."""
        gone, come = moves.left(moves.best), moves.entered(moves.best)
        count = sum(flow.customers for flow in gone)
        values = {"segment": self.quoted(moves.best), "customers": self.customers(count)}
        if not count:
            headline = self.language.text("Nobody left {segment}", **values)
        else:
            headline = self.language.text(
                "{customers} left {segment}: they brought {before} in {days}, now {after}",
                **values,
                days=self.days(moves.money_days),
                before=self.money(sum(flow.year_before for flow in gone)),
                after=self.money(sum(flow.year_after for flow in gone)),
            )
        stayed = next((f.customers for f in moves.flows if f.source == f.target == moves.best), 0)
        silent = count - sum(flow.bought for flow in gone)
        body = self.language.text(
            "{came} came in, {stayed} stayed. Without a single purchase since {start}: {silent}.",
            came=self.customers(sum(flow.customers for flow in come)),
            stayed=self.language.number(stayed),
            start=self.language.day(moves.from_on),
            silent=self.language.text("{part} of {whole} who left", part=self.language.number(silent), whole=self.language.number(count)),
        )
        return headline, body

    def trend(self, history: SegmentHistory, trend: Trend) -> tuple[str, str]:
        """Headline and body about the revenue of one segment."""
        text, percent = self.language.text, self.language.percent
        last = history.complete[-1]
        values = {
            "segment": self.quoted(trend.segment),
            "share": percent(abs(trend.change), 0),
            "period": self.period(history.grain, last.starts_on),
            "money": self.money(trend.after),
        }
        if trend.before <= 0 or abs(trend.change) < STEADY:
            headline = text("{segment} brought {money} in {period}", **values)
        elif trend.after < trend.before:
            headline = text("Revenue of {segment} fell by {share} in {period}", **values)
        else:
            headline = text("Revenue of {segment} rose by {share} in {period}", **values)
        if trend.streak > 1 and abs(trend.change) >= STEADY:
            row = text("{number} months in a row", number=trend.streak)
            if history.grain != "month":
                row = text("{number} quarters in a row", number=trend.streak)
            headline += ", " + row
        return headline, self._trend_body(trend)

    def _trend_body(self, trend: Trend) -> str:
        text = self.language.text
        parts = [
            text(
                "From {before} to {after}, by those who were in it on the eve of each period.",
                before=self.money(trend.before),
                after=self.money(trend.after),
            )
        ]
        if trend.per_member is not None:
            values = {"change": self.signed(trend.per_member)}
            parts.append(
                text("Per member the change is {change}, more than chance makes.", **values)
                if trend.beyond_chance
                else text("Per member the change is {change}, which chance alone could make.", **values)
            )
        if trend.year_ago is not None and trend.year_ago > 0:
            parts.append(text("Against the same period a year before: {change}.", change=self.signed(trend.after / trend.year_ago - 1)))
        return " ".join(parts)

    def signed(self, share: float) -> str:
        """A change with its sign."""
        percent = self.language.percent(abs(share), 0)
        return f"−{percent}" if share < 0 else f"+{percent}"

    def points(self, share: float) -> str:
        """A change in percentage points with its sign."""
        sign = "−" if share < 0 else "+"
        return sign + self.language.number(abs(share) * 100, 1)

    def period(self, grain: str, start: date) -> str:
        """Name of a period."""
        if grain == "year":
            return str(start.year)
        if grain == "quarter":
            return self.language.text("Q{quarter} {year}", quarter=(start.month + 2) // 3, year=start.year)
        return self.language.month(start)

    def told_apart(self, found: Effectiveness) -> str:
        """Whether the segments tell customers apart."""
        if found.apart is None:
            return self.language.text("Segments do not yet tell apart who will buy: the shares differ no more than chance makes")
        best, worst, _, _ = found.apart
        shares = {item.segment: item.share for item in found.returns}
        return self.language.text(
            "Of {best} {many} bought within 90 days, of {worst} {few}",
            best=self.quoted(best),
            worst=self.quoted(worst),
            many=self.language.percent(shares[best], 0),
            few=self.language.percent(shares[worst], 0),
        )

    def adjustments(self, found: Effectiveness) -> list[str]:
        """What to change in the segmentation, each on its test."""
        text = self.language.text
        said = [
            text(
                "{one} and {other} behave alike: repeat purchases within five points and money within 80–125 % of each other, "
                "by two one-sided tests at 5 %. One offer will do for both.",
                one=self.quoted(one),
                other=self.quoted(other),
            )
            for one, other in found.alike
        ]
        if found.small:
            small = ", ".join(f"{self.quoted(item.segment)} ({self.language.number(item.members)})" for item in found.small)
            said.append(
                text("Too small to be judged, fewer than {least} customers: {list}.", least=self.language.number(SMALL_COHORT), list=small)
            )
        return said

    def drift(self, item: Drift) -> str:
        """A level whose cut points are out of date."""
        return self.language.text(
            "Level {level}: {before} then, {after} now; the change lies between {low} and {high} points.",
            level=f"{item.digit}{item.level}",
            before=self.language.percent(item.share_before, 0),
            after=self.language.percent(item.share_after, 0),
            low=self.points(item.low),
            high=self.points(item.high),
        )

    def rules(self, found: RuleShift) -> str:
        """How much of the moves the cut points made."""
        text, number = self.language.text, self.language.number
        first = text(
            "With cut points learnt at each date {moved} are elsewhere; {own} of them moved by themselves, under the earlier cut points "
            "too, {borders} only because the borders moved.",
            moved=self.customers(found.moved),
            own=number(found.moved_by_themselves),
            borders=number(found.moved - found.moved_by_themselves),
        )
        stale = sum(item.is_out_of_date for item in found.drifts)
        if not found.drifts:
            return first
        if not stale:
            return first + " " + text("Cut points are not out of date: no level's share changed beyond chance.")
        return (
            first
            + " "
            + text(
                "Cut points of {day} are out of date: the share of customers changed beyond chance on {stale} of {all} levels.",
                day=self.language.day(found.from_on),
                stale=number(stale),
                all=number(len(found.drifts)),
            )
        )
