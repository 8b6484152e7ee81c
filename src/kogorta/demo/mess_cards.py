"""What people did to the cards of the CRM: doubles, broken tax numbers, unusable phones and e-mails."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from kogorta.demo.cast import CompanyCard, ContactCard
from kogorta.demo.places import write_phone
from kogorta.demo.requisites import as_spreadsheet_float, company_kpp, with_wrong_digit
from kogorta.demo.words import BAD_EMAILS, BAD_PHONES, PLACEHOLDERS

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from kogorta.demo.cast import Cast, Customer
    from kogorta.demo.story import Deal


@dataclass(frozen=True)
class Double:
    """Two cards of one customer. `evidence` = the key that proves it: `inn_kpp`, `email`, `phone`."""

    customer: Customer
    kept: CompanyCard | ContactCard
    other: CompanyCard | ContactCard
    evidence: str


class CardMess:
    """Spoils cards. Each customer is spoilt at most once, so every trouble can be told apart.

    Args:
        rng: random stream.
        cast: gives new contacts and phones.
        customers: all customers.
        deals: all deals.
        scale: how many times more trouble than in a school of 300 companies.
    """

    def __init__(self, rng: Random, cast: Cast, customers: list[Customer], deals: list[Deal], scale: float) -> None:
        self._rng = rng
        self._cast = cast
        self._customers = customers
        self._scale = scale
        self._deals: dict[Customer, list[Deal]] = {}
        for deal in deals:
            if deal.customer is not None:
                self._deals.setdefault(deal.customer, []).append(deal)
        self.touched: set[Customer] = set()
        self.doubles: list[Double] = []

    def make(self) -> None:
        """All of it."""
        self._tax_numbers()
        self._same_names()
        self._branch()
        for evidence, count in (("inn_kpp", 8), ("email", 4), ("phone", 4)):
            for customer in self._pick(count, partial(self._company_fits, evidence=evidence)):
                self._double_company(customer, evidence)
        for evidence, count in (("email", 2), ("phone", 2)):
            for customer in self._pick(count, partial(self._person_fits, evidence=evidence)):
                self._double_person(customer, evidence)
        self._contacts()

    def _tax_numbers(self) -> None:
        for customer in self._pick(6, lambda one: one.inn.startswith("0") and self._orders(one) > 0):
            card = customer.companies[0]
            card.inn = card.inn[1:]
            card.marks.add("inn_restored")
        for customer in self._pick(3, lambda one: len(one.inn) == 10 and one.inn[0] != "0" and self._orders(one) > 0):
            card = self._without_inn(customer)
            card.inn = as_spreadsheet_float(card.inn)
            card.marks.add("inn_spoilt")
        for customer in self._pick(4, lambda one: len(one.inn) == 10 and one.inn[0] != "0" and self._orders(one) > 0):
            card = self._without_inn(customer)
            card.inn = with_wrong_digit(card.inn)
            card.marks.add("inn_checksum")

    def _without_inn(self, customer: Customer) -> CompanyCard:
        """The region must stay known from the landline when the INN is lost."""
        customer.inn = ""
        card = customer.companies[0]
        card.phone = card.phone or write_phone(customer.digits, 0)
        return card

    def _same_names(self) -> None:
        found = self._pick(4, lambda one: one.inn != "" and one.companies[0].kpp != "" and self._orders(one) > 0, least=2)
        for first, second in zip(found[::2], found[1::2], strict=False):
            second.companies[0].name = first.companies[0].name
            for customer in (first, second):
                customer.companies[0].marks.add("same_name")

    def _branch(self) -> None:
        """A branch has the INN of its company and a KPP of its own: a customer of its own."""
        for head in self._pick(40, lambda one: one.inn != "" and one.companies[0].kpp != "" and one.has_okved, touch=False):
            for other in self._customers:
                if other in self.touched or other is head or other.place != head.place or other.industry != head.industry:
                    continue
                if not (other.inn and other.companies[0].kpp and other.has_okved and self._orders(other) and self._orders(head)):
                    continue
                card, model = other.companies[0], head.companies[0]
                card.inn, card.ogrn, card.okved = model.inn, model.ogrn, model.okved
                card.kpp = company_kpp(model.inn[:2], "43")
                card.name = f"Филиал {model.name}"
                other.inn = model.inn
                for customer in (head, other):
                    customer.companies[0].marks.add("branch")
                    self.touched.add(customer)
                return

    def _double_company(self, customer: Customer, evidence: str) -> None:
        first = customer.companies[0]
        plain = first.name.replace("«", '"').replace("»", '"')
        name = plain if self._rng.random() < 0.5 else plain.replace('"', "")
        second = CompanyCard(name=name.replace("ё", "е"))
        if "ё" in name:
            second.marks.add("yo_spelling")
        if evidence == "inn_kpp":
            second.inn, second.kpp, second.ogrn, second.okved = first.inn, first.kpp, first.ogrn, first.okved
        elif evidence == "email":
            second.email = first.email.upper() if self._rng.random() < 0.5 else first.email.title()
        else:
            second.phone = _other_form(first.phone, customer.digits)
        second.marks.add(f"double_{evidence}")
        contact = self._cast.contact()
        customer.companies.append(second)
        customer.contacts.append(contact)
        for deal in self._later_half(customer):
            deal.company, deal.contact = second, contact
        self.doubles.append(Double(customer, first, second, evidence))

    def _double_person(self, customer: Customer, evidence: str) -> None:
        first = customer.contacts[0]
        second = ContactCard(first.first.replace("ё", "е"), "", first.last)
        if "ё" in first.first:
            second.marks.add("yo_spelling")
        if evidence == "email":
            second.email = first.email.upper()
        else:
            digits = "".join(letter for letter in first.mobile if letter.isdigit())[-10:]
            second.mobile = _other_form(first.mobile, digits)
        second.marks.add(f"double_{evidence}")
        customer.contacts.append(second)
        for deal in self._later_half(customer):
            deal.contact = second
        self.doubles.append(Double(customer, first, second, evidence))

    def _later_half(self, customer: Customer) -> list[Deal]:
        deals = sorted(self._deals[customer], key=lambda deal: deal.created_at)
        return deals[len(deals) // 2 :]

    def _contacts(self) -> None:
        rng = self._rng
        kinds: tuple[tuple[int, Callable[[ContactCard], None]], ...] = (
            (8, self._bad_email),
            (8, self._bad_phone),
            (5, self._placeholder),
            (12, self._several_phones),
        )
        for count, spoil in kinds:
            for customer in self._pick(count, lambda one: bool(self._deals.get(one))):
                deal = rng.choice(self._deals[customer])
                if deal.contact is not None:
                    spoil(deal.contact)
        for customer in self._pick(3, lambda one: one.kind == "company" and bool(self._deals.get(one))):
            card = customer.companies[0]
            card.email = rng.choice(PLACEHOLDERS)
            card.marks.add("placeholder")
        for customer in self._pick(4, lambda one: bool(one.companies and one.companies[0].phone and self._deals.get(one))):
            card = customer.companies[0]
            card.phone += ", " + write_phone(self._cast.mobile_digits(), rng.randrange(7))
            card.marks.add("several_phones")

    def _bad_email(self, card: ContactCard) -> None:
        card.email = self._rng.choice(BAD_EMAILS)
        card.marks.add("email_invalid")

    def _bad_phone(self, card: ContactCard) -> None:
        card.mobile = self._rng.choice(BAD_PHONES)
        card.marks.add("phone_invalid")

    def _placeholder(self, card: ContactCard) -> None:
        card.email = card.mobile = self._rng.choice(PLACEHOLDERS)
        card.marks.add("placeholder")

    def _several_phones(self, card: ContactCard) -> None:
        numbers = [write_phone(self._cast.mobile_digits(), self._rng.randrange(7)) for _ in range(self._rng.choice((2, 2, 3)))]
        card.work_phone = ", ".join(numbers)
        card.marks.add("several_phones")

    def _company_fits(self, customer: Customer, evidence: str) -> bool:
        if customer.kind != "company" or self._orders(customer) < 2:
            return False
        card = customer.companies[0]
        key = {"inn_kpp": card.kpp, "email": card.email, "phone": card.phone}[evidence]
        return bool(card.inn and key)

    def _person_fits(self, customer: Customer, evidence: str) -> bool:
        if customer.kind != "person" or len(self._deals.get(customer, ())) < 2:
            return False
        card = customer.contacts[0]
        return bool(card.email if evidence == "email" else card.mobile)

    def _orders(self, customer: Customer) -> int:
        return sum(deal.counts for deal in self._deals.get(customer, ()))

    def _pick(self, count: int, fits: Callable[[Customer], bool], *, touch: bool = True, least: int = 1) -> list[Customer]:
        wanted = max(least, round(count * self._scale))
        able = [customer for customer in self._customers if customer not in self.touched and fits(customer)]
        found = self._rng.sample(able, min(wanted, len(able)))
        if touch:
            self.touched.update(found)
        return found


def _other_form(written: str, digits: str) -> str:
    """The same ten digits typed in another way."""
    return next(other for form in (1, 0) if (other := write_phone(digits, form)) != written)
