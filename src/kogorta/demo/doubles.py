"""Cards of persons and companies where some are one customer twice, and the truth: whose card each is.

What people do to a second card: a typo, Latin letters, words in another order, initials, a short name, a new phone, a new surname, another
legal form. Beside them stand those who only look alike: namesakes of one city, father and son, branches of one company, companies of one
group. A domain has one owner: two companies share one only if they are of one group.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kogorta.demo.chance import stream
from kogorta.demo.requisites import company_inn
from kogorta.demo.words import FATHERS, FEMALE_NAMES, MALE_NAMES, NAME_ENDS, NAME_HEADS, SURNAMES

if TYPE_CHECKING:
    from random import Random

CITIES: Final = ("Москва", "Казань", "Самара", "Орёл", "Пермь", "Тула", "Омск", "Томск", "Королёв", "Уфа", "Псков", "Чита")
SHORT: Final = {
    "Алексей": "Лёша", "Виктор": "Витя", "Максим": "Макс", "Павел": "Паша", "Пётр": "Петя", "Роман": "Рома", "Сергей": "Серёжа",
    "Анна": "Аня", "Дарья": "Даша", "Екатерина": "Катя", "Елена": "Лена", "Ирина": "Ира", "Ксения": "Ксюша", "Мария": "Маша",
    "Надежда": "Надя", "Наталья": "Наташа", "Ольга": "Оля", "Светлана": "Света", "Софья": "Соня", "Татьяна": "Таня", "Юлия": "Юля",
}  # fmt: skip
TRADES: Final = ("Строй", "Сервис", "Торг", "Мед", "Логистик", "Софт", "Пласт", "Металл", "Дизайн", "Агро")
BOXES: Final = ("info", "sales", "office", "buh")
FORMS: Final = ("ООО «{}»", "АО «{}»", 'ООО "{}"', "{}", "Общество с ограниченной ответственностью «{}»", "{}, ООО")
_PERSON: Final = {
    "id": "Контакт: ID", "name": "Контакт", "phone": "Контакт: Рабочий телефон", "email": "Контакт: Рабочий e-mail",
    "born": "Контакт: Дата рождения", "city": "Контакт: Город",
}  # fmt: skip
_COMPANY: Final = {
    "id": "Компания: ID", "name": "Компания", "phone": "Компания: Рабочий телефон", "email": "Компания: Рабочий e-mail",
    "city": "Компания: Город", "inn": "Реквизит (Россия): ИНН", "kpp": "Реквизит (Россия): КПП",
}  # fmt: skip
FIELDS: Final = ("ID", "Стадия сделки", "Сумма", "Дата создания", *_PERSON.values(), *_COMPANY.values())
_LATIN: Final = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        (*"abvgdee", "zh", *"ziyklmnoprstuf", "kh", "ts", "ch", "sh", "shch", "", "y", "", "e", "yu", "ya"),
        strict=True,
    )
)


@dataclass(frozen=True)
class Doubles:
    """Rows of one deal or more a card, and the truth.

    Args:
        rows: cells by header.
        owner: id of a card -> number of the customer whose it is.
    """

    rows: tuple[dict[str, str], ...]
    owner: dict[str, int]

    def csv(self) -> str:
        """The rows as a CSV file."""
        stream = io.StringIO()
        writer = csv.DictWriter(stream, FIELDS, delimiter=";", lineterminator="\n", restval="")
        writer.writeheader()
        writer.writerows(self.rows)
        return stream.getvalue()


@dataclass
class _Card:
    surname: str = ""
    first: str = ""
    middle: str = ""
    company: str = ""
    inn: str = ""
    kpp: str = ""
    phone: str = ""
    email: str = ""
    born: str = ""
    city: str = ""
    written: str = ""

    def cells(self) -> dict[str, str]:
        headers = _COMPANY if self.company else _PERSON
        name = self.written or " ".join(word for word in (self.surname, self.first, self.middle) if word)
        return {header: name if field == "name" else str(getattr(self, field)) for field, header in headers.items() if field != "id"}


MOST_TRIES: Final = 60


def make_doubles(persons: int, companies: int = 0, *, seed: int = 1, share: float = 0.08) -> Doubles:
    """Draw cards with planted duplicates.

    Args:
        persons: how many different persons there are.
        companies: how many different companies.
        seed: of the draw.
        share: of customers who have a second card.
    """
    rng = stream(seed, "doubles")
    cards: list[tuple[int, _Card]] = []
    taken: set[str] = set()
    owner = 0
    while owner < persons:
        card = _person(rng, taken)
        cards.append((owner, card))
        if rng.random() < share:
            cards.append((owner, _second_person(rng, card)))
            if rng.random() < 0.15:
                cards.append((owner, _second_person(rng, card)))
        owner += 1
        if rng.random() < 0.1 and owner < persons:
            cards.append((owner, _alike(rng, card, taken)))
            owner += 1
    while owner < persons + companies:
        card = _company(rng, owner, taken)
        cards.append((owner, card))
        if rng.random() < share:
            cards.append((owner, _second_company(rng, card)))
        owner += 1
        if card.inn and card.kpp and rng.random() < 0.1 and owner < persons + companies:
            branch = _Card(**{**vars(card), "kpp": f"{card.kpp[:4]}43{rng.randrange(100, 999)}", "phone": _phone(rng)})
            branch.email = f"filial{owner}@example.ru" if card.email else ""
            cards.append((owner, branch))
            owner += 1
        if card.email and rng.random() < 0.06 and owner < persons + companies:
            cards.append((owner, _sister(rng, card, owner)))
            owner += 1
    rng.shuffle(cards)
    rows: list[dict[str, str]] = []
    owners: dict[str, int] = {}
    for number, (whose, card) in enumerate(cards, 1):
        headers, prefix = (_COMPANY, "company") if card.company else (_PERSON, "contact")
        owners[f"{prefix}-{number}"] = whose
        for _ in range(1 + (rng.random() < 0.4) + (rng.random() < 0.2)):
            date = f"{2025 + rng.randrange(2)}-{rng.randrange(1, 11):02d}-{rng.randrange(1, 28):02d}"
            amount = str(round(rng.lognormvariate(8, 0.9)))
            deal = {"ID": str(len(rows) + 1), "Стадия сделки": "Сделка успешна", "Сумма": amount, "Дата создания": date}
            rows.append({**deal, headers["id"]: str(number), **card.cells()})
    return Doubles(tuple(rows), owners)


def _phone(rng: Random) -> str:
    return f"+7 9{rng.choice('0123568')}{rng.randrange(10)} {rng.randrange(1000):03d}-{rng.randrange(100):02d}-{rng.randrange(100):02d}"


def _surname(rng: Random) -> str:
    place = min(int(rng.paretovariate(0.6)) - 1, 399)
    if place < len(SURNAMES):
        return SURNAMES[place]
    return NAME_HEADS[place % len(NAME_HEADS)] + NAME_ENDS[place // len(NAME_HEADS) % len(NAME_ENDS)].removesuffix("я") + "ов"


def _latin(text: str) -> str:
    return "".join(_LATIN.get(sign.lower(), sign) for sign in text).title()


def _address(rng: Random, card: _Card, taken: set[str]) -> str:
    """An address nobody has yet; the bearers of a common name run out of plain ones, and number theirs."""
    for _ in range(MOST_TRIES):
        if (address := _draw_address(rng, card)) not in taken:
            break
    else:
        local, _, host = address.partition("@")
        address = f"{local}.{len(taken)}@{host}"
    taken.add(address)
    return address


def _draw_address(rng: Random, card: _Card) -> str:
    name = _latin(card.surname).lower().replace(" ", "")
    pattern = rng.choice(("{first}.{name}", "{name}{number}", "{name}.{first}", "{initial}{name}{number}", "{first}{number}{initial}"))
    local = pattern.format(
        first=_latin(card.first).lower(), name=name, initial=_latin(card.first)[:1].lower(), number=rng.randrange(1950, 2010)
    )
    return f"{local}@{rng.choice(('mail.ru', 'yandex.ru', 'gmail.com', 'rambler.ru'))}"


def _person(rng: Random, taken: set[str]) -> _Card:
    man = rng.random() < 0.5
    surname = _surname(rng) + ("" if man else "а")
    card = _Card(surname, rng.choice(MALE_NAMES if man else FEMALE_NAMES))
    card.middle = rng.choice(FATHERS)[not man] if rng.random() < 0.6 else ""
    card.phone = _phone(rng) if rng.random() < 0.9 else ""
    card.email = _address(rng, card, taken) if rng.random() < 0.7 else ""
    card.born = f"{rng.randrange(1950, 2005)}-{rng.randrange(1, 13):02d}-{rng.randrange(1, 29):02d}" if rng.random() < 0.4 else ""
    card.city = rng.choices(CITIES, range(len(CITIES), 0, -1))[0] if rng.random() < 0.85 else ""
    return card


def _alike(rng: Random, card: _Card, taken: set[str]) -> _Card:
    """Another person who looks the same: a namesake of the city, or of the family."""
    other = _person(rng, taken)
    other.surname, other.city = card.surname, card.city
    man = not card.surname.endswith("а")
    other.first = card.first if rng.random() < 0.5 else rng.choice(MALE_NAMES if man else FEMALE_NAMES)
    other.middle = rng.choice(FATHERS)[not man] if card.middle else ""
    other.email = _address(rng, other, taken) if other.email else ""
    return other


def _typo(rng: Random, word: str) -> str:
    if len(word) < 5:
        return word
    place = rng.randrange(1, len(word) - 1)
    change = rng.randrange(3)
    if change == 0:
        return word[:place] + word[place + 1 :]
    if change == 1:
        return word[:place] + word[place] + word[place:]
    return word[:place] + rng.choice("аеионртс") + word[place + 1 :]


def _digit(rng: Random, phone: str) -> str:
    return phone[:-1] + str((int(phone[-1]) + rng.randrange(1, 10)) % 10) if phone else ""


def _reach(rng: Random, card: _Card, other: _Card) -> None:
    """Phone and e-mail of a second card: the same, mistyped, new or none."""
    other.phone = rng.choices((card.phone, _digit(rng, card.phone), _phone(rng), ""), (45, 12, 33, 10))[0]
    local, _, domain = card.email.partition("@")
    if local:
        moved = f"{local}@{'inbox.ru' if domain != 'inbox.ru' else 'bk.ru'}"
        other.email = rng.choices(
            (card.email, moved, f"{_typo(rng, local)}@{domain}", f"new{rng.randrange(10**9)}@mail.ru", ""), (40, 15, 10, 15, 20)
        )[0]


def _second_person(rng: Random, card: _Card) -> _Card:
    other = _Card(**vars(card))
    _reach(rng, card, other)
    other.born = card.born if rng.random() < 0.7 else ""
    other.city = card.city if rng.random() < 0.85 else ""
    if card.surname.endswith("а") and rng.random() < 0.1:
        other.surname = _surname(rng) + "а"  # married
    if rng.random() < 0.3:
        other.surname = _typo(rng, other.surname)
    if rng.random() < 0.4:
        other.middle = ""
    words = [other.surname, other.first, other.middle]
    change = rng.randrange(6)
    if change == 0:
        words = [_latin(other.first), _latin(other.surname)]
    elif change == 1:
        words = [other.first, other.middle, other.surname]
    elif change == 2:
        words = [other.surname, other.first[0] + "." + (other.middle[0] + "." if other.middle else "")]
    elif change == 3:
        words = [other.surname, SHORT.get(other.first, other.first)]
    elif change == 4:
        words = [word.replace("ё", "е").upper() for word in words]
    other.written = " ".join(word for word in words if word)
    return other


def _company(rng: Random, serial: int, taken: set[str]) -> _Card:
    name = rng.choice(NAME_HEADS) + rng.choice(NAME_ENDS)
    core = f"{name} {rng.choice(TRADES)}" if rng.random() < 0.5 else name
    card = _Card(company=core, city=rng.choices(CITIES, range(len(CITIES), 0, -1))[0] if rng.random() < 0.9 else "")
    card.written = rng.choice(FORMS[:3]).format(core)
    if rng.random() < 0.7:
        card.inn = company_inn(f"{77 - serial // 80_000:02d}", 10_000 + serial % 80_000)
        card.kpp = "770001001" if rng.random() < 0.6 else ""
    card.phone = _phone(rng) if rng.random() < 0.9 else ""
    card.email = f"{rng.choice(BOXES)}@{_domain(rng, name, taken)}" if rng.random() < 0.7 else ""
    return card


def _domain(rng: Random, name: str, taken: set[str]) -> str:
    """A domain nobody has yet: the name, with the first free number where others bear it too."""
    number = rng.randrange(10, 99)
    while (domain := f"{_latin(name).lower()}{number}.example.net") in taken:
        number += 1
    taken.add(domain)
    return domain


def _sister(rng: Random, card: _Card, serial: int) -> _Card:
    """Another company of the group: the domain and a part of the name are the same."""
    trade = rng.choice([trade for trade in TRADES if not card.company.endswith(trade)])
    sister = _company(rng, serial, set())
    sister.company = f"{card.company.split()[0]} {trade}"
    sister.written = rng.choice(FORMS[:3]).format(sister.company)
    sister.email = f"{rng.choice(BOXES)}@{card.email.partition('@')[2]}"
    sister.city = card.city
    return sister


def _second_company(rng: Random, card: _Card) -> _Card:
    other = _Card(**vars(card))
    _reach(rng, card, other)
    if card.email and rng.random() < 0.5:
        other.email = f"{rng.choice(('zakaz', 'manager', 'director'))}@{card.email.partition('@')[2]}"
    if rng.random() < 0.8:
        other.inn = other.kpp = ""
    core = card.company
    change = rng.randrange(5)
    if change == 0:
        core = _latin(core)
    elif change == 1:
        core = " ".join(_typo(rng, word) for word in core.split())
    elif change == 2:
        core = "-".join(reversed(core.split()))
    elif change == 3:
        core = core.upper()
    other.written = rng.choice(FORMS).format(core)
    other.city = card.city if rng.random() < 0.85 else ""
    return other
