"""Names of fields, layouts, states and fates for people, and remedies that name what the desk has instead of a command line."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from kogorta.base.problems import PROBLEMS, ProblemKind
from kogorta.desk.imports.models import State
from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections.abc import Mapping

FIELD_NAMES: Final[Mapping[str, str]] = {
    "order_id": message("Number of the deal or order"),
    "title": message("Name of the deal"),
    "pipeline": message("Pipeline"),
    "stage": message("Stage"),
    "closed": message("Closed or not"),
    "amount": message("Amount"),
    "discount": message("Discount"),
    "currency": message("Currency"),
    "created_at": message("Date (of creation)"),
    "closed_at": message("Closing date"),
    "channel": message("Where the deal came from"),
    "manager": message("Manager in charge"),
    "product_id": message("Product code"),
    "product": message("Product"),
    "category": message("Product category"),
    "quantity": message("Quantity"),
    "price": message("Price of one piece"),
    "customer_id": message("Customer number"),
    "customer_name": message("Customer name"),
    "company_id": message("Company number"),
    "company": message("Company"),
    "company_industry": message("Industry of the company"),
    "company_phone": message("Phone of the company"),
    "company_email": message("E-mail of the company"),
    "inn": message("Tax number (INN)"),
    "kpp": message("KPP code"),
    "ogrn": message("OGRN code"),
    "okved": message("OKVED"),
    "contact_id": message("Contact number"),
    "contact": message("Full name of the contact"),
    "job_title": message("Job title"),
    "birth_on": message("Birthday"),
    "gender": message("Gender"),
    "education": message("Education"),
    "income": message("Income"),
    "phone": message("Phone"),
    "email": message("E-mail"),
    "country": message("Country"),
    "region": message("Region"),
    "city": message("City"),
    "address": message("Address"),
    "source": message("Where the customer came from"),
}

LAYOUT_NAMES: Final[Mapping[str, str]] = {
    "bitrix24": message("Deals of Bitrix24"),
    "amocrm": message("Leads of amoCRM or Kommo"),
    "orders": message("Orders: one row for each purchase"),
    "order-lines": message("Order lines: one row for each product"),
    "contacts": message("People and companies without purchases"),
}

STATE_NAMES: Final[Mapping[str, str]] = {
    State.NEW: message("Waits for its audit"),
    State.CHECKING: message("Being audited"),
    State.CHECKED: message("Audited, not in the base"),
    State.ACCEPTING: message("Being added"),
    State.LOADED: message("In the base"),
    State.UNDOING: message("Being taken out"),
    State.UNDONE: message("Taken out of the base"),
}

FATE_NAMES: Final[Mapping[str, str]] = {
    "quarantined": message("Left out"),
    "merged": message("Merged"),
    "repaired": message("Repaired"),
    "noted": message("Noted"),
}

STATUS_NAMES: Final[Mapping[str, str]] = {
    "won": message("Won: it is a purchase"),
    "lost": message("Lost"),
    "open": message("Still open"),
    "refunded": message("Refunded"),
}

_REMEDIES: Final[Mapping[str, str]] = {
    "stage_unknown": message("Say in the table of stages what it means, and audit again; until then the deal is open."),
    "currency_without_rate": message("Paste a table of rates under “Currency, zone, refunds” and audit again."),
    "refund_ignored": message("Choose “Subtract refunds” to subtract them instead."),
}


def kind_of(code: str) -> ProblemKind:
    """A kind of problem in words; one of a newer base is called by its code."""
    found = PROBLEMS.get(code) or ProblemKind(code, "", "")
    return replace(found, remedy=_REMEDIES[code]) if code in _REMEDIES else found


def field_name(field: str) -> str:
    """What a field is called, English."""
    return FIELD_NAMES.get(field, field)
