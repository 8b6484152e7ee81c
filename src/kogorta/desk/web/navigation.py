"""The menu: rooms with a screen, in the order of the questions a marketer asks. A room adds one line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.urls import reverse

from kogorta.desk.people.permissions import Action, may
from kogorta.kit.language import message


@dataclass(frozen=True)
class Room:
    """A line of the menu.

    Args:
        title: English text.
        url: name of the address.
        action: who sees it.
    """

    title: str
    url: str
    action: Action


ROOMS: Final = (
    Room(message("Today"), "today", Action.SEE_FIGURES),
    Room(message("My customers"), "customers", Action.SEE_CUSTOMERS),
    Room(message("Segments"), "segments", Action.SEE_FIGURES),
    Room(message("Live segments"), "live", Action.SEE_FIGURES),
    Room(message("What changed"), "changes", Action.SEE_FIGURES),
    Room(message("Reports"), "reports", Action.SEE_REPORTS),
    Room(message("Data"), "data", Action.SEE_FIGURES),
    Room(message("Imports"), "imports", Action.IMPORT_FILES),
)
SETTINGS: Final = (
    Room(message("Jobs"), "jobs", Action.SEE_JOBS),
    Room(message("Company"), "company", Action.CHANGE_COMPANY),
    Room(message("People"), "people", Action.MANAGE_PEOPLE),
    Room(message("Tokens"), "tokens", Action.MANAGE_TOKENS),
    Room(message("Erasures"), "erasures", Action.ERASE_PERSON),
    Room(message("Journal"), "journal", Action.SEE_JOURNAL),
    Room(message("My account"), "account", Action.OWN_ACCOUNT),
)


@dataclass(frozen=True)
class Entry:
    """A line of the menu as a page shows it."""

    title: str
    address: str
    current: bool


@dataclass(frozen=True)
class Menu:
    """Both parts of the menu: the work, and what is set up rarely."""

    rooms: tuple[Entry, ...]
    settings: tuple[Entry, ...]


def entries_for(user: object, path: str) -> Menu:
    """The menu of a person on a page."""
    return Menu(_shown(ROOMS, user, path), _shown(SETTINGS, user, path))


def _shown(rooms: tuple[Room, ...], user: object, path: str) -> tuple[Entry, ...]:
    found = []
    for room in rooms:
        if may(user, room.action):
            address = reverse(room.url)
            found.append(Entry(room.title, address, path == address if address == "/" else path.startswith(address)))
    return tuple(found)
