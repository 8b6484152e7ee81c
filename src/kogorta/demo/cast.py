"""Who buys from the school: companies, their contacts, persons; and their cards in the CRM."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from kogorta.demo.behaviour import HABITS
from kogorta.demo.chance import quotas, stream, weighted
from kogorta.demo.industries import INDUSTRIES, PERSON_BEHAVIOUR
from kogorta.demo.places import PLACES, ZERO_PLACES, landline, mobile, write_phone
from kogorta.demo.requisites import company_inn, company_kpp, company_ogrn, trader_inn, trader_ogrn
from kogorta.demo.words import FATHERS, FEMALE_NAMES, JOB_TITLES, MALE_NAMES, NAME_ENDS, NAME_HEADS, SURNAMES, latin

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from kogorta.demo.industries import Industry
    from kogorta.demo.places import Place

PERSON_SHARE = 0.24
PROSPECT_SHARE = 0.06


@dataclass(eq=False)
class ContactCard:
    """A contact of the CRM, its cells as exported."""

    first: str
    middle: str
    last: str
    job: str = ""
    birth: str = ""
    work_phone: str = ""
    mobile: str = ""
    email: str = ""
    contact_id: int = 0
    marks: set[str] = field(default_factory=set)


@dataclass(eq=False)
class CompanyCard:
    """A company of the CRM with its requisites, its cells as exported."""

    name: str
    sphere: str = ""
    phone: str = ""
    email: str = ""
    site: str = ""
    inn: str = ""
    kpp: str = ""
    ogrn: str = ""
    okved: str = ""
    company_id: int = 0
    marks: set[str] = field(default_factory=set)


@dataclass(eq=False)
class Customer:
    """A real customer, however many cards the CRM has of it.

    `inn` and `region` are what a careful reader can recover from the file; `digits` is its landline.
    """

    kind: Literal["company", "person"]
    habit: str
    industry: Industry | None
    place: Place | None
    companies: list[CompanyCard]
    contacts: list[ContactCard]
    inn: str = ""
    region: str = ""
    digits: str = ""

    @property
    def has_okved(self) -> bool:
        """Whether the activity code stands in the file."""
        return any(card.okved for card in self.companies)


class Cast:
    """Draws customers; every phone, e-mail, INN and company name is given out once."""

    def __init__(self, seed: int) -> None:
        self._rng = stream(seed, "cast")
        self._phones = 0
        self._landlines = 0
        self._serial = 0
        self._people = 0
        self._names: Iterator[str] = _company_names(stream(seed, "names"))

    def draw(self, companies: int) -> list[Customer]:
        """All customers of a school with so many companies; those of habit `prospect` never buy."""
        rng = self._rng
        customers: list[Customer] = []
        counts = quotas(companies, [industry.companies for industry in INDUSTRIES])
        zero_left = max(8, companies // 25)
        for industry, count in zip(INDUSTRIES, counts, strict=True):
            prospects = round(count * PROSPECT_SHARE)
            for habit in [*_habits(rng, count - prospects, industry.behaviour), *["prospect"] * prospects]:
                from_zero = zero_left > 0 and rng.random() < 0.06
                zero_left -= from_zero
                places = ZERO_PLACES if from_zero else PLACES
                place = weighted(rng, [(place, place.weight) for place in places])
                customers.append(self._company(industry, place, habit))
        persons = round(companies * PERSON_SHARE)
        prospects = round(persons * PROSPECT_SHARE)
        habits = [*_habits(rng, persons - prospects, PERSON_BEHAVIOUR), *["prospect"] * prospects]
        customers += [Customer("person", habit, None, None, [], [self.contact(person=True)]) for habit in habits]
        rng.shuffle(customers)
        return customers

    def contact(self, *, person: bool = False) -> ContactCard:
        """A new contact with a phone and an e-mail of its own."""
        rng = self._rng
        male = rng.random() < 0.45
        first = rng.choice(MALE_NAMES if male else FEMALE_NAMES)
        middle = rng.choice(FATHERS)[0 if male else 1] if rng.random() < 0.6 else ""
        surname = rng.choice(SURNAMES)
        last = surname if male else surname + "а"
        self._people += 1
        domain = rng.choice(("example.ru", "example.ru", "example.com", "example.org"))
        card = ContactCard(first, middle, last, job="" if person else weighted(rng, JOB_TITLES))
        card.email = f"{latin(first)[0]}.{latin(last)}.{self._people}@{domain}" if rng.random() < 0.9 else ""
        if rng.random() < 0.15:
            card.birth = f"{rng.randint(1, 28):02d}.{rng.randint(1, 12):02d}.{rng.randint(1960, 1999)}"
        if rng.random() < 0.55 or not card.email:
            card.mobile = write_phone(self.mobile_digits(), rng.randrange(7))
        if rng.random() < 0.35:
            card.work_phone = write_phone(self.mobile_digits(), rng.randrange(7))
        return card

    def mobile_digits(self) -> str:
        """A mobile phone nobody else has."""
        self._phones += 1
        return mobile(self._phones)

    def _company(self, industry: Industry, place: Place, habit: str) -> Customer:
        rng = self._rng
        self._serial += 1
        contacts = [self.contact() for _ in range(rng.choices((1, 2, 3), (5, 4, 1))[0])]
        trader = rng.random() < 0.08
        year = rng.randint(2002, 2013)
        self._landlines += 1
        digits = landline(place, self._landlines)
        card = CompanyCard(name="", phone=write_phone(digits, rng.randrange(7)) if rng.random() < 0.8 else "")
        if trader:
            owner = contacts[0]
            initials = f"{owner.first[0]}." + (f" {owner.middle[0]}." if owner.middle else "")
            card.name = f"ИП {owner.last} {initials}"
            card.inn = trader_inn(place.number, self._serial)
            card.ogrn = trader_ogrn(place.number, year, self._serial)
        else:
            core = next(self._names) + (rng.choice(industry.tails) if rng.random() < 0.6 else "")
            card.name = f"{rng.choices(('ООО', 'АО'), (9, 1))[0]} «{core}»"
            card.inn = company_inn(place.number, self._serial)
            card.kpp = company_kpp(place.number)
            card.ogrn = company_ogrn(place.number, year, self._serial)
        if rng.random() < 0.55:
            box, domain = rng.choice(("info", "office", "hr", "edu")), rng.choice(("ru", "com", "org"))
            card.email = f"{box}.{self._serial}@example.{domain}"
        if rng.random() < 0.3:
            card.site = f"https://example.ru/{self._serial}"
        card.okved = rng.choice(industry.okved)
        card.sphere = rng.choice(industry.words) if rng.random() < 0.55 else ""
        gap = rng.random()
        if gap < 0.05:  # nobody filled the requisites in
            card.inn = card.kpp = card.ogrn = card.okved = card.sphere = ""
        elif gap < 0.09:
            card.okved = card.sphere = ""
        if not card.inn and not card.phone and rng.random() < 0.5:
            card.phone = write_phone(digits, 0)
        region = place.iso if card.inn or card.phone else ""
        return Customer("company", habit, industry, place, [card], contacts, inn=card.inn, region=region, digits=digits)


def _habits(rng: Random, count: int, weights: tuple[int, ...]) -> list[str]:
    """Habits in the exact proportion of the weights, in random order."""
    names = [habit.name for habit, number in zip(HABITS, quotas(count, weights), strict=True) for _ in range(number)]
    rng.shuffle(names)
    return names


def _company_names(rng: Random) -> Iterator[str]:
    stems = [head + end for head in NAME_HEADS for end in NAME_ENDS]
    rng.shuffle(stems)
    yield from stems
    number = 2
    while True:
        yield from (f"{stem}-{number}" for stem in stems)
        number += 1
