"""One frozen rule that says, from three figures of a customer, which segment he is in at any date."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kogorta.kit.checks import check_choice
from kogorta.kit.errors import InputError, OptionError
from kogorta.segments.lifecycle import Lifecycle
from kogorta.segments.naming import SCHEMES
from kogorta.segments.rfm import RFM, RFMRule, level_expressions
from kogorta.segments.summary import customer_summary, settle_as_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from kogorta.base.customer_base import CustomerBase

YARDSTICKS: Final = ("case", "guide", "abc", "lifecycle")
ABSENT: Final[Mapping[str, str]] = {"case": "none", "guide": "none", "abc": "not_yet", "lifecycle": "prospect"}
"""What a scheme calls those who had not bought yet; `none` of ABC is the class of buyers without revenue."""
BEST: Final[Mapping[str, str]] = {"case": "vip", "guide": "key", "abc": "A", "lifecycle": "active"}
"""The segment whose leavers are named first."""
_ORDER: Final[Mapping[str, tuple[str, ...]]] = {"abc": ("A", "B", "C", "none"), "lifecycle": ("new", "active", "sleeping", "gone")}


@dataclass(frozen=True)
class AbcBounds:
    """ABC frozen as two sums of money: at least `a` minor units is A, at least `b` is B, any other positive sum is C."""

    a: int
    b: int


@dataclass(frozen=True)
class Yardstick:
    """One rule for every date, so that customers move and borders never do.

    Args:
        scheme: `case`, `guide`, `abc` or `lifecycle`.
        rule: RFM cut points for the named schemes, sums of money for ABC, days for the lifecycle.
        learnt_on: the day the cut points were learnt on; None for days and sums given by hand.

    Raises:
        OptionError: the rule does not fit the scheme.
    """

    scheme: str
    rule: RFMRule | AbcBounds | Lifecycle
    learnt_on: str | None = None

    def __post_init__(self) -> None:
        check_choice("scheme", self.scheme, YARDSTICKS)
        kind = {"abc": AbcBounds, "lifecycle": Lifecycle}.get(self.scheme, RFMRule)
        if not isinstance(self.rule, kind):
            raise OptionError("A rule of another kind was given for the scheme {scheme}.", scheme=self.scheme)
        if isinstance(self.rule, Lifecycle) and self.rule.mode != "fixed":
            raise OptionError("Stages by a customer's own rhythm have no border that is the same at two dates; use fixed days.")

    @property
    def absent(self) -> str:
        """Slug of those who had not bought yet."""
        return ABSENT[self.scheme]

    @property
    def best(self) -> str:
        """Slug of the best segment."""
        return BEST[self.scheme]

    @property
    def segments(self) -> tuple[str, ...]:
        """Slugs of buyers, best first as the scheme tells them."""
        return _ORDER.get(self.scheme) or tuple(segment.slug for segment in SCHEMES[self.scheme].segments)

    def segment_of(self, label: str) -> str:
        """The segment a label of `label_sql` belongs to: an RFM code has a name, other labels are segments already."""
        if isinstance(self.rule, RFMRule) and label != self.absent:
            return SCHEMES[self.scheme].segment_of(label, self.rule.levels)
        return label

    def labels_of(self, segment: str) -> str:
        """SQL list of the labels a segment is made of; all of them are our own words."""
        from kogorta.segments.naming import all_codes

        if isinstance(self.rule, RFMRule) and segment != self.absent:
            codes = [code for code in all_codes(self.rule.levels) if self.segment_of(code) == segment]
            return ", ".join(f"'{code}'" for code in codes)
        return f"'{check_choice('segment', segment, (*self.segments, self.absent))}'"

    def label_sql(self, silent: str, orders: str, money: str) -> str:
        """SQL of the label: the RFM code, the ABC class or the stage.

        Args:
            silent: column of days since the last order.
            orders: column of orders so far.
            money: column of net money so far, minor units.
        """
        return f"CASE WHEN {orders} = 0 THEN '{self.absent}' {self._buyer_sql(silent, orders, money)} END"

    def _buyer_sql(self, silent: str, orders: str, money: str) -> str:
        rule = self.rule
        if isinstance(rule, AbcBounds):
            return f"WHEN {money} <= 0 THEN 'none' WHEN {money} >= {rule.a} THEN 'A' WHEN {money} >= {rule.b} THEN 'B' ELSE 'C'"
        if isinstance(rule, Lifecycle):
            return (
                f"WHEN {silent} > {rule.gone_after} THEN 'gone' WHEN {orders} = 1 AND {silent} <= {rule.new_within} THEN 'new' "
                f"WHEN {silent} <= {rule.sleeping_after} THEN 'active' ELSE 'sleeping'"
            )
        spent = money if rule.monetary == "sum" else f"(2 * {money} + {orders}) // (2 * {orders})"
        r, f, m = level_expressions(rule, silent, orders, spent)
        return f"ELSE CAST(({r}) * 100 + ({f}) * 10 + ({m}) AS VARCHAR)"


def yardstick(base: CustomerBase, scheme: str = "case", learnt_on: date | str | None = None, rule: RFMRule | None = None) -> Yardstick:
    """The rule of a scheme learnt on a base.

    Args:
        base: the base.
        scheme: `case`, `guide`, `abc` or `lifecycle`.
        learnt_on: the day whose buyers set the cut points; default the last day of the data.
        rule: RFM cut points frozen earlier instead.

    Returns:
        The rule. ABC is frozen at the smallest sums of its classes on that day; equal sums then share a class.

    Raises:
        InputError: nobody has bought by that day.
    """
    check_choice("scheme", scheme, YARDSTICKS)
    day = settle_as_of(base, learnt_on)
    if scheme == "lifecycle":
        return Yardstick(scheme, Lifecycle())
    if scheme == "abc":
        return Yardstick(scheme, _abc_bounds(base, day), day.isoformat())
    if rule is not None and rule.currency != base.currency:
        raise InputError(
            "The RFM rule is in {rule} and the base in {base}; learn a rule on this base.", rule=rule.currency, base=base.currency
        )
    found = rule or RFM().fit(base, day)
    return Yardstick(scheme, found, found.fitted_as_of)


def _abc_bounds(base: CustomerBase, day: date) -> AbcBounds:
    import numpy as np

    from kogorta.segments.abc_xyz import AbcXyz

    sums = base.connection.execute(
        f"SELECT monetary FROM {customer_summary(base, day)} WHERE monetary > 0 AND frequency > 0 ORDER BY monetary DESC"
    ).fetchnumpy()["monetary"]
    if not len(sums):
        return AbcBounds(1, 1)
    shares = AbcXyz()
    before = np.cumsum(sums) - sums
    total = int(before[-1]) + int(sums[-1])
    # a class goes on while the share of revenue before a customer is below its border, in whole numbers as ABC itself counts
    ends = [-(-total * round(share * 1_000_000) // 1_000_000) for share in (shares.share_a, shares.share_b)]
    a, b = (int(sums[max(int(np.searchsorted(before, end, side="left")), 1) - 1]) for end in ends)
    return AbcBounds(a, b)
