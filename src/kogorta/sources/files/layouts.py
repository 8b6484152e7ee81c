"""Which shape the rows have: deals of a CRM, orders, order lines, or people without orders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kogorta.base.intake import LAYOUTS
from kogorta.kit.checks import check_choice
from kogorta.kit.errors import InputError
from kogorta.kit.language import message
from kogorta.sources.files import vocabulary as words
from kogorta.sources.files.headers import HeaderMap, map_headers, normalise, owner_of, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kogorta.base.intake import Layout
    from kogorta.kit.language import Language

WHO: Final = (
    "customer_id", "customer_name", "company_id", "company", "inn", "contact_id", "contact", "phone", "email",
    "company_phone", "company_email",
)  # fmt: skip
"""Fields any of which says whose the row is."""

REASONS: Final[Mapping[Layout, str]] = {
    "bitrix24": message("the headers {headers} are those of a Bitrix24 export of deals"),
    "amocrm": message("the headers {headers} are those of an amoCRM or Kommo export of leads"),
    "order-lines": message("there is an order number, a product, a quantity and a price or an amount: {headers}"),
    "orders": message("there is an amount and a date: {headers}"),
    "contacts": message("there are people or companies and no sales: {headers}"),
}
CHOSEN: Final = message("chosen by the user")
GUESSED: Final = message("not all required columns were found")

_NEEDS: Final[Mapping[Layout, tuple[tuple[str, tuple[frozenset[str], ...]], ...]]] = {
    layout: (
        *((("order_id", (frozenset({"order_id"}),)),) if layout == "order-lines" else ()),
        *(
            (
                ("amount", (frozenset({"amount"}), frozenset({"quantity", "price"}))),
                ("created_at", (frozenset({"created_at"}), frozenset({"closed_at"}))),
            )
            if layout != "contacts"
            else ()
        ),
        ("customer_id", tuple(frozenset({field}) for field in WHO)),
    )
    for layout in LAYOUTS
}
MEANING: Final[Mapping[str, str]] = {
    # what is missing, in words
    "order_id": message("the order number (order_id)"),
    "amount": message("the amount (amount, or quantity and price)"),
    "created_at": message("the date (created_at or closed_at)"),
    "customer_id": message("the customer (customer_id, customer_name, company, contact, inn, phone or email)"),
}


@dataclass(frozen=True)
class Recognised:
    """A layout with the reason for it and what the columns fill.

    Args:
        layout: the shape.
        evidence: headers that gave it away; empty when the user chose the layout.
        mapping: what every column fills.
        missing: required fields that no column fills.
        guessed: whether the layout was found and not chosen.
    """

    layout: Layout
    evidence: tuple[str, ...]
    mapping: HeaderMap
    missing: tuple[str, ...]
    guessed: bool = True

    def why(self, language: Language) -> str:
        """The reason in the reader's language."""
        if not self.evidence:
            return language.text(GUESSED if self.guessed else CHOSEN)
        return language.text(REASONS[self.layout], headers=", ".join(self.evidence))


def recognise(headers: Sequence[str], layout: str = "auto", columns: Mapping[str, str] | None = None) -> Recognised:
    """Find the layout of a file from its headers.

    Args:
        headers: cleaned headers.
        layout: `auto` or a layout the user insists on.
        columns: the user's map, header -> field.

    Returns:
        The layout; what is missing is listed, not raised.

    Raises:
        OptionError: the layout is not known.
        InputError: the user's map is wrong.

    Example:
        >>> recognise(["InvoiceNo", "StockCode", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID"]).layout
        'order-lines'
    """
    check_choice("layout", layout, ("auto", *LAYOUTS))
    for known in LAYOUTS:
        if layout == known:
            mapping = map_headers(headers, known, columns)
            return Recognised(known, (), mapping, missing_fields(known, mapping), guessed=False)
    found, evidence = _by_marks(headers)
    if found:
        mapping = map_headers(headers, found, columns)
        if "amount" in mapping.fields or {"quantity", "price"} <= mapping.fields:
            return Recognised(found, evidence, mapping, missing_fields(found, mapping))
    return _by_fields(headers, columns)


def missing_fields(layout: Layout, mapping: HeaderMap) -> tuple[str, ...]:
    """Required fields that no column fills; each stands for its alternatives."""
    return tuple(name for name, choices in _NEEDS[layout] if not any(choice <= mapping.fields for choice in choices))


def refuse_missing(source: str, found: Recognised) -> None:
    """Stop when a required field is not filled.

    Raises:
        InputError: says what was not found, which headers there are and how to name a column.
    """
    if not found.missing:
        return
    headers = [header for header in found.mapping.headers if header]
    if not headers:
        raise InputError(
            "{source}: no header row was found; the first row must name the columns.",
            source=source,
        )
    example = (found.mapping.ignored or tuple(headers))[0]
    wanted = " and ".join(MEANING[field] for field in found.missing)
    filled = ", ".join(f"{header!r} as {field}" for field, header in found.mapping.sources.items()) or "nothing"
    raise InputError(
        "{source} was taken for {layout}, but no column was recognised as {wanted}; the headers are {shown} "
        '(recognised: {filled}). Name the column with --map, for example --map "{example}={missing}".',
        source=source,
        layout=found.layout,
        wanted=wanted,
        shown=shown(headers),
        filled=filled,
        example=example,
        missing=found.missing[0],
    )


def is_leads(headers: Sequence[str]) -> bool:
    """Whether it is a Bitrix24 export of leads: people who have not bought yet."""
    return bool({owner_of(header)[1] for header in headers} & words.LEAD_MARKS)


def _by_marks(headers: Sequence[str]) -> tuple[Layout | None, tuple[str, ...]]:
    if is_leads(headers):
        return None, ()
    bitrix, amo, linked = [], [], []
    for header in headers:
        owner, phrase = owner_of(header)
        if owner and ":" in header:
            linked.append(header)
        elif owner in {"contact", "company", "deal"}:
            amo.append(header)
        elif not owner and phrase in words.BITRIX_MARKS:
            bitrix.append(header)
        elif not owner and phrase in words.AMO_MARKS:
            amo.append(header)
    if len(bitrix) + bool(linked) >= 2 and len(bitrix) + len(linked) > len(amo):
        return "bitrix24", tuple([*bitrix, *linked][:4])
    if len(amo) >= 2:
        return "amocrm", tuple(amo[:4])
    return None, ()


def _by_fields(headers: Sequence[str], columns: Mapping[str, str] | None) -> Recognised:
    lines = map_headers(headers, "order-lines", columns)
    if not is_leads(headers):
        has = lines.fields
        line = {"order_id", "quantity"} <= has and has & {"product", "product_id"} and has & {"price", "amount"}
        if line and has & {"created_at", "closed_at"}:
            return _result("order-lines", lines, ("order_id", "product", "product_id", "quantity", "price", "amount"))
        orders = map_headers(headers, "orders", columns)
        if _are_people(orders):
            return _result("contacts", map_headers(headers, "contacts", columns), WHO)
        money = "amount" in orders.fields or {"quantity", "price"} <= orders.fields
        if money and orders.fields & {"created_at", "closed_at"}:
            return _result("orders", orders, ("amount", "quantity", "price", "created_at", "closed_at"))
        numbered = normalise(orders.sources.get("order_id", "id")) not in {"id", "ид"}
        if money or numbered or orders.fields & {"quantity", "price"}:
            return _result("orders", orders, ())
    people = map_headers(headers, "contacts", columns)
    if people.fields & {
        "phone",
        "email",
        "company_phone",
        "company_email",
        "inn",
        "contact",
        "company",
        "customer_name",
    }:
        return _result("contacts", people, WHO)
    return _result("orders", map_headers(headers, "orders", columns), ())


def _are_people(orders: HeaderMap) -> bool:
    """A card with a birthday, a gender or an education whose only sum is what the person earns."""
    sales = {field for field in orders.fields & words.ORDER_FIELDS if field != "channel"}
    earned = normalise(orders.sources.get("amount", "")) in words.BARE_INCOME
    return sales == {"amount"} and earned and bool(orders.fields & {"birth_on", "gender", "education"})


def _result(layout: Layout, mapping: HeaderMap, telling: tuple[str, ...]) -> Recognised:
    evidence = tuple(mapping.sources[field] for field in telling if field in mapping.sources)[:5]
    return Recognised(layout, evidence, mapping, missing_fields(layout, mapping))
