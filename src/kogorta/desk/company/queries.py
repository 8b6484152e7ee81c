"""Reads of the room."""

from __future__ import annotations

from dataclasses import dataclass

from kogorta.desk.company.models import Company


@dataclass(frozen=True)
class CompanyFacts:
    """What pages and jobs need to know about the company.

    Args:
        name: as shown in the header and in reports.
        time_zone: IANA zone business days are counted in.
        currency: ISO 4217 code new imports are taken in when a file names none.
        scheme: `case` or `guide`.
    """

    name: str
    time_zone: str
    currency: str
    scheme: str


def current_company() -> CompanyFacts | None:
    """The company, or None before the first start is over."""
    row = Company.objects.filter(pk=1).values_list("name", "time_zone", "currency", "scheme").first()
    return CompanyFacts(*row) if row else None
