"""What a short rule may ask: figures of a customer with round thresholds, and the rule's formula in the language of segments."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from kogorta.kit.language import message, minor_digits
from kogorta.segments.hidden.habits import shortened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from kogorta.kit.language import Language
    from kogorta.segments.hidden.features import FeatureTable, Floats

    Truth = NDArray[np.bool_]

Unit = Literal["money", "count", "days", "share", "number"]


@dataclass(frozen=True)
class Term:
    """A figure of a customer.

    Args:
        name: slug; a column of the feature table or a feature.
        unit: of the threshold: `money` in major units of the currency, `share` 0-1.
        label: English words, to be translated.
        formula: how the language of segments writes it.
        about: the category or channel.
        habit: name of the feature it shows.
    """

    name: str
    unit: Unit
    label: str
    formula: str
    about: str = ""
    habit: str = ""


OF_ORDERS: Final = "/orders"
"""End of the name of a term that is a column's share of the customer's orders."""
_SPOKEN: Final = (
    Term("orders", "count", message("number of orders"), "orders(all)", habit="frequency"),
    Term("average_check", "money", message("average check"), "average_check(all)", habit="check"),
    Term("monetary", "money", message("purchases in all"), "revenue(all)", habit="monetary"),
    Term("largest", "money", message("largest order"), "largest_order(all)", habit="check"),
    Term("discounted", "count", message("orders at a discount"), "orders(all, discount > 0)", habit="discounted"),
    Term("discounted/orders", "share", message("share of orders at a discount"), "order_share(all, discount > 0)", habit="discounted"),
    Term("categories", "count", message("number of categories"), "categories(all)", habit="top_category"),
    Term("recency_days", "days", message("days since the last order"), "recency_days", habit="recency"),
    Term("tenure_days", "days", message("days since the first order"), "days_since(first_order)", habit="tenure"),
)


def spoken_terms(table: FeatureTable) -> tuple[Term, ...]:
    """Figures the language of segments knows; one that is the same for everybody is left out."""
    found = [*_SPOKEN]
    for name in table.measured:
        sort, colon, kind = name.partition(":")
        if colon:
            label = message("orders with “{about}”") if sort == "category" else message("orders through “{about}”")
            quoted, feature = kind.replace("'", "''"), table.measured[name].feature
            found.append(Term(name, "count", label, f"orders(all, {sort} = '{quoted}')", feature.about, name))
            found.append(Term(f"{name}{OF_ORDERS}", "share", feature.label, f"order_share(all, {sort} = '{quoted}')", feature.about, name))
    return tuple(term for term in found if _varies(term, table))


def _varies(term: Term, table: FeatureTable) -> bool:
    column = term.name.removesuffix(OF_ORDERS)
    return column not in table.columns or bool(np.ptp(table.columns[column]))


def term_values(term: Term, table: FeatureTable) -> Floats:
    """The figure of every customer in the unit of the threshold, the same the language of segments counts; shape (n,)."""
    orders = table.columns["orders"]
    if term.name == "average_check":
        values = table.columns["monetary"] / orders
    elif term.unit == "share":
        values = table.columns[term.name.removesuffix(OF_ORDERS)] / orders
    else:
        values = table.columns[term.name]
    return values / 10 ** minor_digits(table.currency) if term.unit == "money" else values


@dataclass(frozen=True)
class Condition:
    """A figure at or above a threshold, or below it.

    Args:
        term: the figure.
        op: `>=` or `<`.
        value: threshold in the term's unit.
    """

    term: Term
    op: Literal[">=", "<"]
    value: float

    def holds(self, table: FeatureTable) -> Truth:
        """Whether it holds for each customer."""
        values = term_values(self.term, table)
        return values >= self.value if self.op == ">=" else values < self.value

    @property
    def formula(self) -> str:
        """The condition in the language of segments."""
        return f"{self.term.formula} {self.op} {_plain(self.value)}"

    def told(self, language: Language, currency: str) -> str:
        """The condition in words."""
        term = self.term
        label = language.text(term.label, about=shortened(term.about))
        value = {
            "money": lambda: language.money(self.value * 10 ** minor_digits(currency), currency),
            "share": lambda: language.percent(self.value, 0 if self.value * 100 == round(self.value * 100) else 1),
        }.get(term.unit, lambda: language.number(self.value, _digits(self.value)))()
        if self.op == ">=":
            return language.text("{label} from {value}", label=label, value=value)
        return language.text("{label} under {value}", label=label, value=value)


@dataclass(frozen=True)
class ShortRule:
    """Some conditions together, or one of a few such sets.

    Args:
        any_of: sets of conditions; a customer is in when all conditions of any set hold.

    Example:
        >>> term = Term("orders", "count", "number of orders", "orders(all)")
        >>> ShortRule(((Condition(term, ">=", 8),),)).formula
        'orders(all) >= 8'
    """

    any_of: tuple[tuple[Condition, ...], ...]

    def holds(self, table: FeatureTable) -> Truth:
        """Whether each customer is in."""
        found = np.zeros(len(table), dtype=np.bool_)
        for together in self.any_of:
            found |= np.logical_and.reduce([condition.holds(table) for condition in together])
        return found

    @property
    def conditions(self) -> int:
        """How many conditions it has."""
        return sum(len(together) for together in self.any_of)

    @property
    def formula(self) -> str:
        """The rule in the language of segments."""
        sets = [" and ".join(condition.formula for condition in together) for together in self.any_of]
        if len(sets) == 1:
            return sets[0]
        return " or ".join(f"({text})" if len(together) > 1 else text for text, together in zip(sets, self.any_of, strict=True))

    def told(self, language: Language, currency: str) -> str:
        """The rule in words."""
        sets = [language.text(" and ").join(condition.told(language, currency) for condition in together) for together in self.any_of]
        return language.text("; or ").join(sets)


def round_steps(unit: Unit, value: float) -> Sequence[float]:
    """Steps to round a threshold to, from the roundest.

    Example:
        >>> round_steps("share", 0.37)
        (0.25, 0.1, 0.05, 0.01)
    """
    if unit == "share":
        return (0.25, 0.1, 0.05, 0.01)
    size = int(np.floor(np.log10(max(abs(value), 1e-9))))
    steps = [float(Decimal(part).scaleb(power)) for power in range(size, size - 4, -1) for part in (5, 2, 1)]
    if unit in ("count", "days"):
        steps = [step for step in steps if step >= 1] or [1.0]
    return tuple(steps)


def _plain(value: float) -> str:
    return format(Decimal(repr(round(value, 6))).normalize(), "f")


def _digits(value: float) -> int:
    return 0 if value == round(value) else 1 if value * 10 == round(value * 10) else 2
