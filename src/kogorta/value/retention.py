"""What retention is worth on this base: more customers who buy again, a kept customer against a new one."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from kogorta.kit.checks import check_between, check_positive
from kogorta.kit.errors import InputError
from kogorta.kit.language import message
from kogorta.value.cells import tally
from kogorta.value.columns import joined
from kogorta.value.day_ledger import day_number, day_of
from kogorta.value.remark import Remark

if TYPE_CHECKING:
    from datetime import date

    import numpy.typing as npt

    from kogorta.kit.language import Language
    from kogorta.value.day_ledger import DayLedger
    from kogorta.value.summary import FloatArray

YEAR_DAYS: Final = 365
SHORTEST_PERIOD: Final = 60
BLOCKS: Final = 2000
FEW: Final = 30


@dataclass(frozen=True)
class Estimate:
    """A figure with its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class RetentionWorth:
    """The economics of retention, per period; money in minor units, profit where a margin was given.

    Attributes:
        period_days: length of the two periods compared; a year where the history allows.
        earlier: first and last day of the earlier period; `later` of the later one.
        active: customers who bought in the later period; the base an improvement works on.
        repeat_rate: share of the earlier period's customers who bought in the later one.
        kept_value: what a customer kept from the earlier period brought in the later one.
        new_value: what a customer won in the earlier period brought in the first `period_days`, acquisition cost off.
        kept_to_new: kept_value over new_value; none when a new customer brings nothing.
        points: percentage points more of repeat purchase, as a share 0-1.
        gain: what so many points more would bring in the next period.
        extra_customers: customers they stand for.
        acquisition_cost: given by the user; none when unknown.
        remarks: the same in words an owner uses.
    """

    period_days: int
    earlier: tuple[date, date]
    later: tuple[date, date]
    active: int
    repeat_rate: Estimate
    kept_value: Estimate
    new_value: Estimate | None
    kept_to_new: Estimate | None
    points: float
    gain: Estimate
    extra_customers: int
    acquisition_cost: int | None
    margin: float
    currency: str
    remarks: tuple[Remark, ...]

    def text(self, language: Language) -> str:
        """The findings as one paragraph."""
        return " ".join(remark.text(language) for remark in self.remarks)

    def to_json(self) -> str:
        """The figures as one JSON document."""
        document = {name: value for name, value in asdict(self).items() if name != "remarks"}
        return json.dumps(document, default=str)


@dataclass(frozen=True)
class RetentionEconomics:
    """What to reckon with.

    Args:
        points: improvement of the repeat-purchase rate, a share: 0.05 is five points.
        margin: share of revenue that is profit, 0-1; 1 reckons in revenue.
        acquisition_cost: what winning a customer costs, minor units; none when unknown.
        level: probability the intervals should hold.
        draws: bootstrap draws.
        seed: of the draws.

    Example:
        >>> RetentionEconomics(points=0.05).points
        0.05
    """

    points: float = 0.05
    margin: float = 1.0
    acquisition_cost: int | None = None
    level: float = 0.9
    draws: int = 1000
    seed: int = 20_26

    def __post_init__(self) -> None:
        check_between("points", self.points, 0.0001, 1.0)
        check_between("margin", self.margin, 0.0, 1.0)
        check_between("level", self.level, 0.5, 0.99)
        check_positive("draws", self.draws)
        if self.acquisition_cost is not None:
            check_between("acquisition_cost", self.acquisition_cost, 0, 2**53)

    def measure(self, ledger: DayLedger, as_of: date) -> RetentionWorth:
        """Compare two periods up to `as_of`: who came back, what they brought, what new customers brought.

        Args:
            ledger: purchase days.
            as_of: end of observation, that day included.

        Returns:
            Figures with bootstrap intervals over customers.

        Raises:
            InputError: the history holds no two periods of sixty days, or nobody bought in the earlier one.
        """
        end = day_number(as_of)
        span = max(0, end - ledger.first_day + 1)
        period = min(YEAR_DAYS, span // 2)
        if period < SHORTEST_PERIOD:
            raise InputError(
                "the history up to {as_of} is {span} days long; retention needs two periods of {shortest_period} days.",
                as_of=as_of,
                span=span,
                shortest_period=SHORTEST_PERIOD,
            )
        sums = _sums(ledger, end, period)
        if not sums or not sums[0].any():
            begin, last = day_of(end - 2 * period + 1), day_of(end - period)
            raise InputError(
                "nobody bought between {begin} and {last}; choose another as_of.",
                begin=begin,
                last=last,
            )
        totals = np.array([float(column.sum()) for column in sums])
        drawn = self._bootstrap(sums)
        rate = self._estimate(_ratio(totals, 1, 0), _ratio(drawn, 1, 0))
        kept = self._estimate(self._kept(totals), self._kept(drawn))
        new = ratio = None
        if totals[3] > 0:
            new = self._estimate(self._new(totals), self._new(drawn))
            if new.value > 0:
                with np.errstate(divide="ignore", invalid="ignore"):
                    quotients = np.where(self._new(drawn) > 0, self._kept(drawn) / self._new(drawn), np.inf)
                ratio = self._estimate(kept.value / new.value, quotients)
        gain = self._estimate(self._gain(totals), self._gain(drawn))
        active = round(float(totals[5]))
        extra = round(self.points * active)
        return RetentionWorth(
            period_days=period,
            earlier=(day_of(end - 2 * period + 1), day_of(end - period)),
            later=(day_of(end - period + 1), day_of(end)),
            active=active,
            repeat_rate=rate,
            kept_value=kept,
            new_value=new,
            kept_to_new=ratio,
            points=self.points,
            gain=gain,
            extra_customers=extra,
            acquisition_cost=self.acquisition_cost,
            margin=self.margin,
            currency=ledger.currency,
            remarks=self._remarks(totals, period, rate, kept, new, gain, extra, ledger.currency),
        )

    def _kept(self, sums: FloatArray) -> FloatArray:
        return _ratio(sums, 2, 1) * self.margin

    def _new(self, sums: FloatArray) -> FloatArray:
        return _ratio(sums, 4, 3) * self.margin - (self.acquisition_cost or 0)

    def _gain(self, sums: FloatArray) -> FloatArray:
        return np.asarray(self.points * sums[..., 5] * self._kept(sums))

    def _bootstrap(self, columns: list[FloatArray]) -> FloatArray:
        """Totals of resampled customers; large bases are resampled in random blocks of customers."""
        rng = np.random.default_rng(self.seed)
        if columns[0].size > BLOCKS:
            block = rng.permutation(columns[0].size)
            block %= BLOCKS
            columns = [tally(block, column.astype(np.float64), BLOCKS) for column in columns]
        sums = np.column_stack(columns).astype(np.float64)
        times = rng.multinomial(len(sums), np.full(len(sums), 1 / len(sums)), size=self.draws)
        drawn: FloatArray = times @ sums
        return drawn

    def _estimate(self, value: FloatArray | float, draws: FloatArray) -> Estimate:
        known = draws[np.isfinite(draws)]
        centre = float(value)
        if known.size == 0:
            return Estimate(centre, centre, centre)
        low, high = np.quantile(known, [(1 - self.level) / 2, (1 + self.level) / 2])
        return Estimate(centre, min(float(low), centre), max(float(high), centre))

    def _remarks(
        self,
        totals: FloatArray,
        period: int,
        rate: Estimate,
        kept: Estimate,
        new: Estimate | None,
        gain: Estimate,
        extra: int,
        currency: str,
    ) -> tuple[Remark, ...]:
        found = [
            Remark(
                "repeat-rate",
                REPEAT_RATE,
                (
                    ("customers", "customers", round(float(totals[0]))),
                    ("days", "days", period),
                    ("rate", "percent", rate.value),
                    ("low", "percent", rate.low),
                    ("high", "percent", rate.high),
                ),
            )
        ]
        if totals[1] > 0:
            found.append(
                Remark(
                    "points",
                    POINTS_PROFIT if self.margin < 1 else POINTS,
                    (
                        ("points", "points", self.points * 100),
                        ("customers", "customers", extra),
                        ("gain", "money", gain.value),
                        ("low", "money", gain.low),
                        ("high", "money", gain.high),
                        ("days", "days", period),
                    ),
                    currency,
                )
            )
        if new is not None and totals[1] > 0:
            template = KEPT_AND_NEW if self.acquisition_cost is None else KEPT_AND_NEW_COST
            found.append(
                Remark(
                    "kept-and-new",
                    template,
                    (
                        ("kept", "money", kept.value),
                        ("kept_low", "money", kept.low),
                        ("kept_high", "money", kept.high),
                        ("new", "money", new.value),
                        ("new_low", "money", new.low),
                        ("new_high", "money", new.high),
                        ("days", "days", period),
                    ),
                    currency,
                )
            )
        if totals[1] < FEW:
            found.append(Remark("few", FEW_KEPT, (("customers", "customers", round(float(totals[1]))),)))
        return tuple(found)


REPEAT_RATE = message(
    "Of {customers} who bought in the earlier period of {days}, {rate} bought again in the later one (between {low} and {high})."
)
POINTS = message(
    "If {points} more customers in a hundred came back, that would be {customers} and {gain} more revenue "
    "over the next {days} (between {low} and {high})."
)
POINTS_PROFIT = message(
    "If {points} more customers in a hundred came back, that would be {customers} and {gain} more profit "
    "over the next {days} (between {low} and {high})."
)
KEPT_AND_NEW = message(
    "Over {days} a kept customer brings {kept} (between {kept_low} and {kept_high}), a new one {new} "
    "(between {new_low} and {new_high}), before the cost of winning the new one."
)
KEPT_AND_NEW_COST = message(
    "Over {days} a kept customer brings {kept} (between {kept_low} and {kept_high}), a new one {new} "
    "(between {new_low} and {new_high}) after the cost of winning them."
)
FEW_KEPT = message("These figures rest on {customers} who came back: treat them as a rough guide.")


def _ratio(sums: FloatArray, above: int, below: int) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(sums[..., above] / sums[..., below])


def _sums(ledger: DayLedger, end: int, period: int) -> list[FloatArray]:
    """Columns, one row per customer: bought in the earlier period; of those bought later, and how much; new, and brought; bought later.

    A new customer's sum is counted over `period` days from the first purchase, of customers won in the earlier period: all
    of those were seen for so long.
    """
    return joined([_sums_of(part, end, period) for part in ledger.parts(end)])


def _sums_of(seen: DayLedger, end: int, period: int) -> list[FloatArray]:
    lowest = seen.customer[0]
    size = int(seen.customer[-1] - lowest) + 1
    customer = seen.customer - lowest
    amounts = seen.amount.astype(np.float64)
    first = np.full(size, np.iinfo(np.int64).max)
    starts = np.flatnonzero(np.concatenate(([True], customer[1:] != customer[:-1])))
    first[customer[starts]] = seen.day[starts]
    is_later = seen.day > end - period
    is_earlier = (seen.day > end - 2 * period) & ~is_later
    earlier = tally(customer[is_earlier], np.ones(int(is_earlier.sum())), size) > 0
    later = tally(customer[is_later], np.ones(int(is_later.sum())), size) > 0
    later_sum = tally(customer[is_later], amounts[is_later], size)
    whole = (first > end - 2 * period) & (first <= end - period)  # won in the earlier period: a whole period is seen
    young = seen.day < first[customer] + period
    brought = tally(customer[young], amounts[young], size)
    kept = earlier & later
    counted = earlier | later | whole
    columns: tuple[npt.NDArray[Any], ...] = (earlier, kept, np.where(kept, later_sum, 0.0), whole, np.where(whole, brought, 0.0), later)
    return [column[counted] for column in columns]
