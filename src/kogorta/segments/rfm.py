"""RFM: recency, frequency, monetary value, as a code of three digits.

`RFM` learns cut points (`fit`) and returns a frozen `RFMRule`; the rule assigns codes at any date (`assign`), so a customer never moves
because others bought. Source of the method: Bult and Wansbeek, "Optimal selection for direct mail" (1995); Hughes, "Strategic Database
Marketing" (1994). Cut points are exact inverted-CDF quantiles (Hyndman and Fan 1996, type 1): values of the data, never between them.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from hashlib import md5
from itertools import product
from typing import TYPE_CHECKING, Final, Literal

from kogorta.engine.duck import first_row
from kogorta.engine.quantiles import exact_quantiles
from kogorta.engine.table import Table
from kogorta.kit.checks import check_choice
from kogorta.kit.errors import InputError, OptionError
from kogorta.segments.naming import BANDS, SCHEMES, flipped
from kogorta.segments.summary import customer_summary, materialise, settle_as_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from kogorta.base.customer_base import CustomerBase

Monetary = Literal["sum", "average_check"]
RECENCY_WORDS: Final = ("just_now", "recently", "long_ago")
FREQUENCY_WORDS: Final = ("often", "sometimes", "rarely")
_NUDGE: Final = 1e-12
"""Taken off a quantile's fraction so that n x fraction never rounds past a whole number (n below 10^9)."""


@dataclass(frozen=True)
class RFMRule:
    """Frozen cut points. A value equal to a cut point belongs to the lower side, so equal values share a level.

    Args:
        levels: 3, 4 or 5 levels for each digit.
        method: `quantile` or `fixed`.
        monetary: `sum` or `average_check`.
        recency: upper bounds in days, ascending; level 1 (best) is `recency <= recency[0]`.
        frequency: upper bounds in orders, ascending; the worst level is `frequency <= frequency[0]`.
        money: upper bounds in minor units, ascending; the worst level is `money <= money[0]`.
        fitted_as_of: ISO day of the fit, or None for thresholds given by hand.
        customers: buyers the cut points were learnt from.
        currency: ISO code the money bounds are in.

    Raises:
        OptionError: bounds are too few, too many or not ascending.

    Example:
        >>> rule = RFMRule(3, "fixed", "sum", (30, 90), (1, 3), (100_00, 900_00), None, 0, "RUB")
        >>> rule.code(recency_days=10, frequency=5, money=1_000_00)
        '111'
        >>> RFMRule.from_json(rule.to_json()) == rule
        True
    """

    levels: int
    method: str
    monetary: str
    recency: tuple[int, ...]
    frequency: tuple[int, ...]
    money: tuple[int, ...]
    fitted_as_of: str | None
    customers: int
    currency: str

    def __post_init__(self) -> None:
        check_choice("levels", self.levels, tuple(BANDS))
        check_choice("monetary", self.monetary, ("sum", "average_check"))
        for name in ("recency", "frequency", "money"):
            bounds: tuple[int, ...] = getattr(self, name)
            if len(bounds) != self.levels - 1:
                raise OptionError(
                    "{name} has {count} bounds; {levels} levels need {value}.",
                    name=name,
                    count=len(bounds),
                    levels=self.levels,
                    value=self.levels - 1,
                )
            if list(bounds) != sorted(bounds):
                raise OptionError(
                    "{name} bounds {bounds} must ascend.",
                    name=name,
                    bounds=bounds,
                )

    def code(self, *, recency_days: int, frequency: int, money: int) -> str:
        """The code of one customer, 1 = best; `money` in minor units."""
        r = 1 + sum(recency_days > bound for bound in self.recency)
        f = self.levels - sum(frequency > bound for bound in self.frequency)
        m = self.levels - sum(money > bound for bound in self.money)
        return f"{r}{f}{m}"

    def convert(self, code: str) -> str:
        """The same code with the highest digit as best: 111 <-> 333 (555 with five levels)."""
        return flipped(code, self.levels)

    def to_json(self) -> str:
        """The rule as JSON; `from_json` reads it back."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> RFMRule:
        """A rule from its JSON.

        Raises:
            InputError: the text is not a rule.
        """
        try:
            raw = json.loads(text)
            for name in ("recency", "frequency", "money"):
                raw[name] = tuple(int(bound) for bound in raw[name])
            return cls(**raw)
        except OptionError as error:
            raise InputError(
                "This is not an RFM rule: {error}",
                error=error,
            ) from error
        except (ValueError, TypeError, KeyError) as error:
            raise InputError(
                "This is not an RFM rule: {error}. Write one with to_json().",
                error=error,
            ) from error

    def assign(self, base: CustomerBase, as_of: date | str | None = None) -> Segments:
        """Codes and named segments of every buyer at a date.

        Args:
            base: the base.
            as_of: end of this day; default the last day of the data.

        Returns:
            Segments: one row per customer who ever bought.
        """
        day = settle_as_of(base, as_of)
        return self.assign_summary(base, customer_summary(base, day), day)

    def assign_summary(self, base: CustomerBase, summary: str, as_of: date) -> Segments:
        """Codes of the buyers of a summary table of the engine (the columns of `customer_summary`).

        Raises:
            InputError: the money bounds are in another currency than the base.
        """
        if self.currency != base.currency:
            raise InputError(
                "The RFM rule is in {rule} and the base in {base}; learn a rule on this base.", rule=self.currency, base=base.currency
            )
        key = md5(self.to_json().encode(), usedforsecurity=False).hexdigest()[:10]
        return Segments(base, self, as_of, materialise(base, f"rfm_{key}_{summary}", _assign_sql(self, summary), {}, wide=True))

    @property
    def empty_levels(self) -> tuple[str, ...]:
        """Levels no value can fall into because two cut points coincide, such as `F2`."""
        found: list[str] = []
        for letter, bounds, best_first in (("R", self.recency, True), ("F", self.frequency, False), ("M", self.money, False)):
            places = (place for place in range(1, len(bounds)) if bounds[place] == bounds[place - 1])
            found.extend(f"{letter}{place + 1 if best_first else self.levels - place}" for place in places)
        return tuple(found)


class RFM:
    """How RFM cut points are learnt.

    Args:
        levels: 3 (default), 4 or 5 levels.
        monetary: M as the `sum` of purchases or as the `average_check`.
        recency, frequency, money: bounds given by hand, ascending, `levels - 1` of each: days, orders, money in major units. What is not
            given is learnt as quantiles.

    Raises:
        OptionError: levels or bounds are not allowed.

    Example:
        >>> RFM(levels=4).levels
        4
    """

    def __init__(
        self,
        levels: int = 3,
        *,
        monetary: Monetary = "sum",
        recency: Sequence[int] | None = None,
        frequency: Sequence[int] | None = None,
        money: Sequence[float] | None = None,
    ) -> None:
        self.levels = check_choice("levels", levels, tuple(BANDS))
        self.monetary = check_choice("monetary", monetary, ("sum", "average_check"))
        self.recency, self.frequency, self.money = recency, frequency, money

    def fit(self, base: CustomerBase, as_of: date | str | None = None) -> RFMRule:
        """Learn cut points from the buyers of a base at a date.

        Args:
            base: the base.
            as_of: end of this day; default the last day of the data.

        Returns:
            A frozen rule.

        Raises:
            InputError: nobody has bought by that day.
        """
        day = settle_as_of(base, as_of)
        return self.fit_summary(base, customer_summary(base, day), day)

    def fit_summary(self, base: CustomerBase, summary: str, as_of: date) -> RFMRule:
        """Learn cut points from a summary table of the engine (the columns of `customer_summary`)."""
        from kogorta.kit.language import minor_digits

        money = money_expression(self.monetary)
        count, recency, frequency, sums = self._cut_points(base, summary, money)
        if not count:
            raise InputError(
                "Nobody has bought by {as_of}; choose a later day or import won deals.",
                as_of=as_of.isoformat(),
            )
        unit = 10 ** minor_digits(base.currency)
        by_hand = [bounds is not None for bounds in (self.recency, self.frequency, self.money)]
        return RFMRule(
            levels=self.levels,
            method="fixed" if all(by_hand) else "quantile" if not any(by_hand) else "mixed",
            monetary=self.monetary,
            recency=tuple(self.recency if self.recency is not None else recency),
            frequency=tuple(self.frequency if self.frequency is not None else frequency),
            money=tuple(round(bound * unit) for bound in self.money) if self.money is not None else tuple(sums),
            fitted_as_of=None if all(by_hand) else as_of.isoformat(),
            customers=count,
            currency=base.currency,
        )

    def _cut_points(self, base: CustomerBase, summary: str, money: str) -> tuple[int, Sequence[int], Sequence[int], Sequence[int]]:
        """The buyers and three lists of quantiles; by counting where another engine has the tables."""
        if base.remote is not None:
            count = base.remote.rows(f"SELECT count(*) FROM {summary} WHERE frequency > 0")[0][0]
            recency, frequency, sums = (
                exact_quantiles(base.remote.rows, summary, what, self.levels, "frequency > 0")
                for what in ("recency_days", "frequency", money)
            )
            return int(count), recency, frequency, sums  # type: ignore[call-overload]
        fractions = [place / self.levels - _NUDGE for place in range(1, self.levels)]
        row = first_row(
            base.connection.execute(
                f"""SELECT count(*), quantile_disc(recency_days, $fractions), quantile_disc(frequency, $fractions),
            quantile_disc({money}, $fractions) FROM {summary} WHERE frequency > 0""",
                {"fractions": fractions},
            )
        )
        return row or (0, (), (), ())


@dataclass(frozen=True)
class Segments:
    """Buyers with their codes and named segments at a date.

    Args:
        base: the base they were computed from.
        rule: the rule that made the codes.
        as_of: the date.
        name: engine table: customer_id, first_order_on, last_order_on, recency_days, frequency, monetary, r, f, m, rfm_code,
            rfm_category, segment_case, segment_guide.
    """

    base: CustomerBase
    rule: RFMRule
    as_of: date
    name: str

    @property
    def table(self) -> Table:
        """One row per buyer."""
        return Table(self.base.connection, self.name, ("customer_id",))

    def counts(self, scheme: str = "case") -> Mapping[str, int]:
        """Customers by segment, largest first; empty segments are there with zero."""
        column = f"segment_{check_choice('scheme', scheme, tuple(SCHEMES))}"
        rows = self.base.connection.execute(f"SELECT {column}, count(*) FROM {self.name} GROUP BY 1").fetchall()
        found = dict(rows)
        named = {segment.slug: int(found.get(segment.slug, 0)) for segment in SCHEMES[scheme].segments}
        return dict(sorted(named.items(), key=lambda item: (-item[1], item[0])))

    def to_pandas(self) -> object:
        """The rows as a pandas data frame."""
        return self.table.to_pandas()

    def to_polars(self) -> object:
        """The rows as a polars data frame."""
        return self.table.to_polars()

    def to_arrow(self) -> object:
        """The rows as a pyarrow table."""
        return self.table.to_arrow()

    def __len__(self) -> int:
        return len(self.table)

    def __repr__(self) -> str:
        lines = [f"RFM at {self.as_of.isoformat()}, {self.rule.levels} levels, 1 = best, {len(self)} buyers"]
        total = max(len(self), 1)
        lines += [f"  {slug:<16} {count:>8}  {count / total:6.1%}" for slug, count in self.counts().items()]
        return "\n".join(lines)


def money_expression(monetary: str) -> str:
    """SQL for the money R F M looks at: the net sum, or the sum per order (whole minor units, halves up)."""
    return "monetary" if monetary == "sum" else "(2 * monetary + frequency) // nullif(2 * frequency, 0)"


def level_expressions(rule: RFMRule, recency: str, frequency: str, money: str) -> tuple[str, str, str]:
    """SQL for the digits r, f, m of the given expressions. Bounds are integers of our own, never text of a user."""
    r = " + ".join(["1", *(f"CAST({recency} > {bound} AS INTEGER)" for bound in rule.recency)])
    f = " - ".join([str(rule.levels), *(f"CAST({frequency} > {bound} AS INTEGER)" for bound in rule.frequency)])
    m = " - ".join([str(rule.levels), *(f"CAST({money} > {bound} AS INTEGER)" for bound in rule.money)])
    return r, f, m


def band_expression(rule: RFMRule, digit: str) -> str:
    """SQL for the level of three that a digit stands for."""
    if rule.levels == 3:
        return digit
    cases = " ".join(f"WHEN {place} THEN {band}" for place, band in enumerate(BANDS[rule.levels], start=1))
    return f"CASE {digit} {cases} END"


def segment_expression(scheme: str, r: str, f: str, m: str) -> str:
    """SQL for the slug of a segment from three banded digits: one CASE over the whole table of names."""
    by_slug: dict[str, list[str]] = {}
    for code, slug in SCHEMES[scheme].table.items():
        by_slug.setdefault(slug, []).append(code)
    whole = f"({r}) * 100 + ({f}) * 10 + ({m})"
    branches = " ".join(f"WHEN {whole} IN ({', '.join(codes)}) THEN '{slug}'" for slug, codes in by_slug.items())
    return f"CASE {branches} END"


def _assign_sql(rule: RFMRule, summary: str) -> str:
    r, f, m = level_expressions(rule, "recency_days", "frequency", money_expression(rule.monetary))
    names = " UNION ALL ".join(
        f"SELECT {code} AS code, '{code}' AS rfm_code, '{category}' AS rfm_category, '{case}' AS segment_case, '{guide}' AS segment_guide"
        for code, category, case, guide in _names(rule.levels)
    )
    return f"""
        SELECT customer_id, first_order_on, last_order_on, recency_days, frequency, monetary, r, f, m,
            rfm_code, rfm_category, segment_case, segment_guide
        FROM (SELECT *, {r} AS r, {f} AS f, {m} AS m FROM {summary} WHERE frequency > 0) AS levels
        JOIN ({names}) AS names ON names.code = r * 100 + f * 10 + m"""


def _names(levels: int) -> Iterator[tuple[int, str, str, str]]:
    """Every code of this many levels with the names it has: looked up, a customer costs less than by asking one CASE after another."""
    for digits in product(range(1, levels + 1), repeat=3):
        r, f, m = (BANDS[levels][digit - 1] for digit in digits)
        category = f"{RECENCY_WORDS[r - 1]}-{4 - m}-{FREQUENCY_WORDS[f - 1]}"
        banded = f"{r}{f}{m}"
        yield int("".join(map(str, digits))), category, SCHEMES["case"].table[banded], SCHEMES["guide"].table[banded]


def segment_sql(rule: RFMRule, summary: str, scheme: str, carried: Sequence[str]) -> str:
    """SQL of buyers with the slug of their `segment` and the `carried` columns of the summary, nothing kept on the way."""
    r, f, m = level_expressions(rule, "recency_days", "frequency", money_expression(rule.monetary))
    br, bf, bm = (band_expression(rule, digit) for digit in ("r", "f", "m"))
    kept = ", ".join(carried)
    return f"""
        SELECT {kept}, {segment_expression(scheme, br, bf, bm)} AS segment
        FROM (SELECT {kept}, {r} AS r, {f} AS f, {m} AS m FROM {summary} WHERE frequency > 0) AS levels"""
