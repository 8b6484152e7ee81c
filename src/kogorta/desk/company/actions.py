"""Writes of the room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kogorta.desk.company.models import Company
from kogorta.desk.journal.actions import record

if TYPE_CHECKING:
    from kogorta.desk.company.queries import CompanyFacts
    from kogorta.desk.people.models import User


def found_company(facts: CompanyFacts) -> None:
    """Write the one row of the company for the first time."""
    Company.objects.create(pk=1, name=facts.name, time_zone=facts.time_zone, currency=facts.currency, scheme=facts.scheme)


def change_company(by: User, facts: CompanyFacts) -> None:
    """Change what is known of the company, and say in the journal what was changed."""
    row = Company.objects.select_for_update().get(pk=1)
    before = {"name": row.name, "time_zone": row.time_zone, "currency": row.currency, "scheme": row.scheme}
    after = {"name": facts.name, "time_zone": facts.time_zone, "currency": facts.currency, "scheme": facts.scheme}
    changed = {name: [before[name], value] for name, value in after.items() if before[name] != value}
    if not changed:
        return
    row.name, row.time_zone, row.currency, row.scheme = facts.name, facts.time_zone, facts.currency, facts.scheme
    row.save()
    record(by, "company.changed", details=changed)
