"""Regions the demo's companies live in, with the landline code of their main city."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Place:
    """One region.

    Args:
        number: region number of the tax service, the first two digits of an INN.
        iso: ISO 3166-2 code.
        area: landline code of the main city.
        weight: how often it is drawn.
    """

    number: str
    iso: str
    area: str
    weight: int


PLACES: Final = (
    Place("77", "RU-MOW", "495", 104),
    Place("78", "RU-SPE", "812", 42),
    Place("50", "RU-MOS", "496", 16),
    Place("66", "RU-SVE", "343", 15),
    Place("54", "RU-NVS", "383", 13),
    Place("16", "RU-TA", "843", 11),
    Place("63", "RU-SAM", "846", 10),
    Place("23", "RU-KDA", "861", 10),
    Place("61", "RU-ROS", "863", 9),
    Place("74", "RU-CHE", "351", 9),
    Place("52", "RU-NIZ", "831", 9),
    Place("59", "RU-PER", "342", 8),
    Place("36", "RU-VOR", "473", 6),
    Place("24", "RU-KYA", "3912", 6),
    Place("72", "RU-TYU", "3452", 6),
    Place("55", "RU-OMS", "3812", 5),
    Place("38", "RU-IRK", "3952", 5),
    Place("25", "RU-PRI", "4232", 4),
    Place("27", "RU-KHA", "4212", 3),
    Place("39", "RU-KGD", "4012", 3),
)

ZERO_PLACES: Final = (
    Place("02", "RU-BA", "347", 8),
    Place("03", "RU-BU", "3012", 3),
    Place("01", "RU-AD", "8772", 2),
)
"""Regions whose INN starts with a zero, which spreadsheets drop."""


def landline(place: Place, serial: int) -> str:
    """Ten digits of a landline of the place; the subscriber's number starts with zeros, so nobody has it.

    Example:
        >>> landline(PLACES[0], 12)
        '4950000012'
    """
    return place.area + f"{serial:0{10 - len(place.area)}d}"


def mobile(serial: int) -> str:
    """Ten digits of a mobile phone from 999 0...

    Example:
        >>> mobile(12)
        '9990000012'
    """
    return f"999{serial:07d}"


PHONE_FORMS: Final = (
    "+7 {a} {b}-{c}-{d}",
    "8 ({a}) {b}-{c}-{d}",
    "8{a}{b}{c}{d}",
    "+7{a}{b}{c}{d}",
    "8 {a} {b} {c} {d}",
    "+7({a}){b}-{c}-{d}",
    "7{a}{b}{c}{d}",
)


def write_phone(digits: str, form: int) -> str:
    """The ten digits as people type them.

    Example:
        >>> write_phone("4950000012", 1)
        '8 (495) 000-00-12'
    """
    parts = {"a": digits[:3], "b": digits[3:6], "c": digits[6:8], "d": digits[8:]}
    return PHONE_FORMS[form % len(PHONE_FORMS)].format(**parts)
