"""Where a customer is, from everything known: address first, then a landline, then the INN.

An address says where the customer is now; a landline, where its office was when the number was given; an INN, only
where it was first registered. The strongest evidence decides, and what contradicts it is kept beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from kogorta.enrichment.addresses import place_of_address
from kogorta.enrichment.regions import region_from_inn, region_from_phone, regions, time_zone
from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kogorta.kit.language import Language


class Evidence(StrEnum):
    """What a region was read from, the strongest first."""

    ADDRESS = "address"
    LANDLINE = "landline"
    INN = "inn"

    def label(self, language: Language) -> str:
        """The word for it in the reader's language."""
        return language.text(_LABELS[self])


_LABELS: Final[Mapping[Evidence, str]] = {
    Evidence.ADDRESS: message("by the address"),
    Evidence.LANDLINE: message("by the landline code"),
    Evidence.INN: message("by the INN"),
}


@dataclass(frozen=True, slots=True)
class Location:
    """Where a customer is and how that is known.

    Args:
        region: ISO 3166-2 code.
        city: Russian name of the city, when the address names one.
        time_zone: IANA name.
        climate: slug of the climate zone.
        evidence: what the region was read from.
        contradicted_by: weaker evidence that says another region.
    """

    region: str
    city: str | None
    time_zone: str
    climate: str
    evidence: Evidence
    contradicted_by: tuple[Evidence, ...] = ()


def locate(address: str | None = None, phones: Iterable[str] = (), inn: str | None = None) -> Location | None:
    """Where a customer is: address > landline > INN.

    Args:
        address: an address, or a region and a city joined by a comma.
        phones: E.164 numbers; the first landline counts.
        inn: normalised INN.

    Returns:
        The place with its evidence, or None when nothing names a region.

    Example:
        >>> found = locate("г. Казань", ["+74950000001"], "7707083893")
        >>> found.region, found.evidence.value, [other.value for other in found.contradicted_by]
        ('RU-TA', 'address', ['landline', 'inn'])
    """
    place = place_of_address(address)
    landline = next((region for phone in phones if (region := region_from_phone(phone)) is not None), None)
    said = {
        Evidence.ADDRESS: place.region if place is not None else None,
        Evidence.LANDLINE: landline,
        Evidence.INN: region_from_inn(inn),
    }
    return combine(said[Evidence.ADDRESS], said[Evidence.LANDLINE], said[Evidence.INN], place.city if place else None)


def combine(by_address: str | None, by_landline: str | None, by_inn: str | None, city: str | None = None) -> Location | None:
    """The same decision over regions already read from each piece of evidence.

    Args:
        by_address: region the address names.
        by_landline: region of the landline.
        by_inn: region of the INN.
        city: city the address names.

    Example:
        >>> combine(None, None, "RU-SA").time_zone
        'Asia/Yakutsk'
    """
    said = ((Evidence.ADDRESS, by_address), (Evidence.LANDLINE, by_landline), (Evidence.INN, by_inn))
    known = [(evidence, region) for evidence, region in said if region is not None and region in regions()]
    if not known:
        return None
    evidence, code = known[0]
    town = city if evidence is Evidence.ADDRESS else None
    return Location(
        code,
        town,
        time_zone(code, town) or regions()[code].zone,
        regions()[code].climate,
        evidence,
        tuple(other for other, region in known[1:] if region != code),
    )
