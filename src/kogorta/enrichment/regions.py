"""The 89 regions of Russia: codes, names, time zones, climates; regions by INN and by landline.

Source:
    ISO 3166-2:RU for codes; for the six regions that standard lists under Ukraine its UA codes are kept, as address
    services in common use do. Region numbers of the tax service; time zones of the IANA database; area codes of the
    Russian numbering plan. Climate zones are coarse: by the place where most of a region's people live.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from kogorta.enrichment.reading import rows
from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kogorta.kit.language import Language

DISTRICTS: Final[Mapping[str, str]] = {
    "central": message("Central Federal District"),
    "northwestern": message("Northwestern Federal District"),
    "southern": message("Southern Federal District"),
    "north_caucasian": message("North Caucasian Federal District"),
    "volga": message("Volga Federal District"),
    "ural": message("Ural Federal District"),
    "siberian": message("Siberian Federal District"),
    "far_eastern": message("Far Eastern Federal District"),
}
CLIMATES: Final[Mapping[str, str]] = {
    "subarctic": message("Arctic and subarctic"),
    "temperate_maritime": message("Temperate maritime"),
    "temperate_continental": message("Temperate continental"),
    "continental": message("Continental"),
    "sharply_continental": message("Sharply continental"),
    "monsoon": message("Monsoon"),
    "subtropical": message("Subtropical"),
}


@dataclass(frozen=True, slots=True)
class Region:
    """One region.

    Args:
        code: ISO 3166-2 code.
        name_ru: Russian name.
        name_en: English name.
        tax_codes: first two digits of an INN given there.
        zone: IANA time zone of most of the region.
        district: slug of the federal district; None where there is none.
        climate: slug of the climate zone.
        area_codes: beginnings of its landline numbers after +7.
    """

    code: str
    name_ru: str
    name_en: str
    tax_codes: tuple[str, ...]
    zone: str
    district: str | None
    climate: str
    area_codes: tuple[str, ...]

    def name(self, language: Language) -> str:
        """The name in the reader's language."""
        return self.name_ru if language.code == "ru" else self.name_en

    def district_name(self, language: Language) -> str | None:
        """The federal district in the reader's language."""
        return None if self.district is None else language.text(DISTRICTS[self.district])

    def climate_name(self, language: Language) -> str:
        """The climate zone in the reader's language."""
        return language.text(CLIMATES[self.climate])


@cache
def regions() -> Mapping[str, Region]:
    """All regions by code.

    Example:
        >>> regions()["RU-SAM"].zone
        'Europe/Samara'
    """
    return {
        row["code"]: Region(
            row["code"],
            row["name_ru"],
            row["name_en"],
            tuple(row["tax_codes"].split()),
            row["zone"],
            row["district"] or None,
            row["climate"],
            tuple(row["area_codes"].split()),
        )
        for row in rows("regions")
    }


@cache
def _by_tax_code() -> Mapping[str, str]:
    return {number: region.code for region in regions().values() for number in region.tax_codes}


@cache
def _by_area_code() -> Mapping[str, str]:
    return {area: region.code for region in regions().values() for area in region.area_codes}


@cache
def _city_zones() -> Mapping[tuple[str, str], str]:
    return {(row["region"], _fold(row["name_ru"])): row["zone"] for row in rows("cities") if row["zone"]}


def region_from_inn(inn: str | None) -> str | None:
    """Where a tax number was given: the region of its first two digits.

    The weakest evidence of where a customer is: a company keeps its INN when it moves. Foreign organisations (9909)
    have no region.

    Args:
        inn: 10 or 12 digits, as `kogorta.kit.contacts.parse_inn` gives them.

    Example:
        >>> region_from_inn("7707083893"), region_from_inn("9909000000")
        ('RU-MOW', None)
    """
    if inn is None or len(inn) not in (10, 12):
        return None
    return _by_tax_code().get(inn[:2])


def region_from_phone(phone: str | None) -> str | None:
    """The region of a Russian landline; a mobile or toll-free number has none.

    Args:
        phone: E.164, as `kogorta.kit.contacts.parse_phones` gives it.

    Example:
        >>> region_from_phone("+78120000001"), region_from_phone("+79990000001"), region_from_phone("+78000000001")
        ('RU-SPE', None, None)
    """
    if phone is None or len(phone) != 12 or not phone.startswith("+7"):
        return None
    areas = _by_area_code()
    return areas.get(phone[2:7]) or areas.get(phone[2:5])


def time_zone(region: str | None, city: str | None = None) -> str | None:
    """The IANA time zone of a region, or of a city that keeps another time than its region.

    Args:
        region: ISO 3166-2 code.
        city: Russian name of the city, if known.

    Example:
        >>> time_zone("RU-SA"), time_zone("RU-SA", "Верхоянск"), time_zone(None)
        ('Asia/Yakutsk', 'Asia/Vladivostok', None)
    """
    if region is None or region not in regions():
        return None
    exception = _city_zones().get((region, _fold(city))) if city else None
    return exception or regions()[region].zone


def regions_of_inns(inns: Iterable[str | None]) -> dict[str, str]:
    """Regions of distinct tax numbers; those that give none are left out.

    Example:
        >>> regions_of_inns(["7707083893", None])
        {'7707083893': 'RU-MOW'}
    """
    return {inn: found for inn in inns if inn and (found := region_from_inn(inn)) is not None}


def regions_of_phones(phones: Iterable[str | None]) -> dict[str, str]:
    """Regions of distinct landlines; other phones are left out.

    Example:
        >>> regions_of_phones(["+74950000001", "+79990000001"])
        {'+74950000001': 'RU-MOW'}
    """
    return {phone: found for phone in phones if phone and (found := region_from_phone(phone)) is not None}


def _fold(text: str) -> str:
    return " ".join(text.lower().replace("ё", "е").split())
