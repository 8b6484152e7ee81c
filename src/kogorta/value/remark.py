"""One thing worth saying, kept as data and put into words when a reader's language is known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from kogorta.kit.language import Language

Form: TypeAlias = Literal["number", "decimal", "percent", "day", "customers", "orders", "days", "text", "money", "points"]
Quantity: TypeAlias = tuple[str, Form, float | str | date]


@dataclass(frozen=True)
class Remark:
    """A sentence with named quantities.

    Attributes:
        code: what is said, for machines.
        template: the English sentence with named placeholders, marked by `message`.
        quantities: name, form and value of each placeholder.
        currency: of quantities in money.

    Example:
        >>> from kogorta.kit.language import Language
        >>> Remark("few", "Only {share} bought twice.", (("share", "percent", 0.25),)).text(Language("en"))
        'Only 25% bought twice.'
    """

    code: str
    template: str
    quantities: tuple[Quantity, ...] = ()
    currency: str = "RUB"

    def text(self, language: Language) -> str:
        """The sentence in the reader's language."""
        return language.text(self.template, **{name: self._word(language, form, value) for name, form, value in self.quantities})

    def _word(self, language: Language, form: Form, value: float | str | date) -> str:
        if isinstance(value, date):
            return language.day(value)
        if isinstance(value, str):
            return language.text(value)
        if form == "percent":
            return language.percent(value, 0 if abs(value) >= 0.1 else 1)
        if form == "money":
            return language.money(value, self.currency, compact=True)
        if form == "customers":
            return language.plural("{count} customer", "{count} customers", round(value))
        if form == "orders":
            return language.plural("{count} order", "{count} orders", round(value))
        if form == "days":
            return language.plural("{count} day", "{count} days", round(value))
        if form == "points":
            return language.number(value, 0 if abs(value - round(value)) < 1e-9 else 1)
        return language.number(value, 2 if form == "decimal" else 0)
