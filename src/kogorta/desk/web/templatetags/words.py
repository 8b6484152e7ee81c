"""Words, numbers, money and dates in templates. The tags are at hand in every template without `load`."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from django import template

from kogorta.desk.language import current_language, local
from kogorta.kit.language import DASH

if TYPE_CHECKING:
    from decimal import Decimal

register = template.Library()


@register.simple_tag(name="text")
def text_tag(english: str, **values: object) -> str:
    """`{% text "Rows: {count}" count=rows %}`: a text in the reader's language."""
    return current_language().text(english, **values)


@register.simple_tag(name="plural")
def plural_tag(one: str, many: str, count: int, **values: object) -> str:
    """`{% plural "{count} customer" "{count} customers" n %}`: the form that agrees with a number."""
    return current_language().plural(one, many, count, **values)


@register.filter
def told(english: object) -> str:
    """A text kept as data (marked by `message`) in the reader's language."""
    return current_language().phrase(str(english))


@register.filter
def number(value: float | Decimal | None, digits: int = 0) -> str:
    """`{{ n|number }}`, `{{ n|number:1 }}`: grouped digits; a dash for nothing."""
    return DASH if value is None else current_language().number(float(value), digits)


@register.filter
def percent(share: float | None, digits: int = 1) -> str:
    """`{{ share|percent }}`: a share 0-1 as a percentage."""
    return DASH if share is None else current_language().percent(float(share), digits)


@register.filter
def money(minor: float | None, currency: str = "RUB") -> str:
    """`{{ minor|money:company.currency }}`: minor units in full."""
    return DASH if minor is None else current_language().money(float(minor), currency, compact=not minor)  # nothing is `0 ₽`


@register.filter
def short_money(minor: float | None, currency: str = "RUB") -> str:
    """`{{ minor|short_money:company.currency }}`: thousands and millions in words."""
    return DASH if minor is None else current_language().money(float(minor), currency, compact=True)


@register.filter
def day(value: date | datetime | None) -> str:
    """A date; a moment as its date in the company's zone."""
    if value is None:
        return DASH
    return current_language().day(local(value).date() if isinstance(value, datetime) else value)


@register.filter
def long_day(value: date | None) -> str:
    """A date with its month in words."""
    return DASH if value is None else current_language().day(value, long=True)


@register.filter
def moment(value: datetime | None) -> str:
    """A moment in the company's zone: date, hours, minutes."""
    return DASH if value is None else current_language().moment(local(value))


@register.filter
def days_ago(days: int) -> str:
    """`{{ n|days_ago }}`: whole days past; none is today."""
    language = current_language()
    return language.plural("{count} day ago", "{count} days ago", days) if days else language.text("today")


@register.filter
def signed(value: int) -> str:
    """A whole number with its sign."""
    return ("+" if value > 0 else "−" if value < 0 else "") + current_language().number(abs(value))


@register.filter
def several(values: str | None) -> str:
    """Phones or addresses kept with commas between, as people write them."""
    return (values or "").replace(",", ", ")


@register.filter
def unlocal(value: float) -> str:
    """A number for an attribute of SVG: a point, no grouping."""
    return f"{value:g}"


@register.filter
def iso(value: date | datetime | None) -> str:
    """Machine form of a date or a moment, for the attribute `datetime`."""
    return "" if value is None else value.isoformat()
