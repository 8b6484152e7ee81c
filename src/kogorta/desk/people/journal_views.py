"""The page of the journal: who did what. For the owner."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.http import require_GET

from kogorta.desk.journal.queries import latest_entries
from kogorta.desk.journal.words import COUNTS, DEEDS, DETAILS, NAMED, SUBJECTS, VALUES
from kogorta.desk.language import current_language
from kogorta.desk.people.authority import allowed
from kogorta.desk.people.permissions import Action
from kogorta.desk.people.queries import names_of_people

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest, HttpResponse

    from kogorta.desk.journal.models import Entry
    from kogorta.kit.language import Language

PAGE_SIZE = 50


CHANGES = frozenset({"company.changed", "user.role_changed"})
"""Deeds whose details are pairs: as it was, as it is."""


@dataclass(frozen=True)
class ShownEntry:
    """An entry with its words.

    Args:
        row: the entry.
        deed: what was done, English.
        details: what changed, in a line, in the reader's language.
        subject: to what it was done, in the reader's language.
    """

    row: Entry
    deed: str
    details: str
    subject: str

    @classmethod
    def of(cls, row: Entry, people: Mapping[int, str]) -> ShownEntry:
        """An entry in words; people are called by their names."""
        language = current_language()
        kind, _, number = row.subject.partition(":")
        called = row.details.get("name") if kind in NAMED else None
        shown = {name: value for name, value in row.details.items() if name != "name" or called is None}
        details = " · ".join(_detail(row.action, name, value, language) for name, value in shown.items())
        subject = language.text(SUBJECTS[kind], number=number) if kind in SUBJECTS else row.subject
        if kind == "user" and number.isascii() and number.isdigit():
            subject = people.get(int(number), subject)
        elif called is not None:
            subject = language.text(NAMED[kind], name=called)
        return cls(row, DEEDS.get(row.action, row.action), details, subject)


def _detail(action: str, name: str, value: object, language: Language) -> str:
    if isinstance(value, list):
        told = (" → " if action in CHANGES else ", ").join(_value(name, one, language) for one in value)
    else:
        told = _value(name, value, language)
    return language.text(DETAILS[name], value=told) if name in DETAILS else f"{name}: {told}"


def _value(name: str, value: object, language: Language) -> str:
    if isinstance(value, str | bool) and (name, value) in VALUES:
        return language.phrase(VALUES[name, value])
    if isinstance(value, int) and not isinstance(value, bool) and name in COUNTS:
        return language.number(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@require_GET
@allowed(Action.SEE_JOURNAL)
def journal(request: HttpRequest) -> HttpResponse:
    """Entries, newest first."""
    before = request.GET.get("before", "")
    found = latest_entries(int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None, PAGE_SIZE + 1)
    page = found[:PAGE_SIZE]
    people = names_of_people()
    entries = [ShownEntry.of(row, people) for row in page]
    after = f"?before={page[-1].pk}" if len(found) > PAGE_SIZE else ""
    return render(request, "people/journal.html", {"entries": entries, "after": after, "before": "?" if before else ""})
