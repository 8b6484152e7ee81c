"""What every template may count on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kogorta.desk.company.queries import current_company
from kogorta.desk.imports.queries import demo_file
from kogorta.desk.language import current_language
from kogorta.desk.people.permissions import Action, may
from kogorta.desk.web.navigation import entries_for

if TYPE_CHECKING:
    from django.http import HttpRequest


class Allowed:
    """`{% if allowed.import_files %}`: what the person's role lets her do, by the names of `Action`."""

    def __init__(self, user: object) -> None:
        self._user = user

    def __getitem__(self, name: str) -> bool:
        """Whether an action is allowed.

        Raises:
            KeyError: there is no such action; a template that asks is wrong.
        """
        return may(self._user, Action(name))


def layout(request: HttpRequest) -> dict[str, object]:
    """Language, company, navigation and permissions of the person."""
    user = getattr(request, "user", None)
    return {
        "language": current_language(),
        "company": current_company(),
        "navigation": entries_for(user, request.path),
        "allowed": Allowed(user),
        "demo": demo_file() if getattr(user, "is_authenticated", False) else None,
        "person": user if getattr(user, "is_authenticated", False) else None,
        "is_fragment": request.headers.get("HX-Request") == "true",
    }
