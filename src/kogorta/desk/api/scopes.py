"""What a token may be made for. A scope never allows more than the role of the person who made the token."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from kogorta.desk.people.permissions import Action
from kogorta.kit.language import message


class Scope(StrEnum):
    """What a program may do with a token."""

    CUSTOMERS_READ = "customers:read"
    CONTACTS_READ = "contacts:read"
    SEGMENTS_READ = "segments:read"
    TRANSITIONS_WRITE = "transitions:write"
    IMPORTS_READ = "imports:read"
    IMPORTS_WRITE = "imports:write"
    REPORTS_READ = "reports:read"
    REPORTS_WRITE = "reports:write"
    EVENTS_READ = "events:read"
    EVENTS_WRITE = "events:write"
    JOBS_READ = "jobs:read"
    JOBS_WRITE = "jobs:write"


ACTION_OF: Final[dict[Scope, Action]] = {
    Scope.CUSTOMERS_READ: Action.SEE_CUSTOMERS,
    Scope.CONTACTS_READ: Action.SEE_CONTACTS,
    Scope.SEGMENTS_READ: Action.SEE_FIGURES,
    Scope.TRANSITIONS_WRITE: Action.SEE_FIGURES,
    Scope.IMPORTS_READ: Action.IMPORT_FILES,
    Scope.IMPORTS_WRITE: Action.IMPORT_FILES,
    Scope.REPORTS_READ: Action.SEE_REPORTS,
    Scope.REPORTS_WRITE: Action.MAKE_REPORTS,
    Scope.EVENTS_READ: Action.IMPORT_FILES,
    Scope.EVENTS_WRITE: Action.IMPORT_FILES,
    Scope.JOBS_READ: Action.SEE_JOBS,
    Scope.JOBS_WRITE: Action.CONTROL_JOBS,
}
"""Scope -> what its maker must be allowed to do, at the moment it is used."""

SCOPE_NAMES: Final[dict[Scope, str]] = {
    Scope.CUSTOMERS_READ: message("Read customers and their purchases, without e-mails and phones"),
    Scope.CONTACTS_READ: message("Read e-mails and phones of customers too"),
    Scope.SEGMENTS_READ: message("Read segments, their figures and moves between them"),
    Scope.TRANSITIONS_WRITE: message("Ask for the comparison of two days"),
    Scope.IMPORTS_READ: message("Read imports and their audits"),
    Scope.IMPORTS_WRITE: message("Send files, add them to the base and undo imports"),
    Scope.REPORTS_READ: message("Read and download reports"),
    Scope.REPORTS_WRITE: message("Make reports"),
    Scope.EVENTS_READ: message("Read what became of events"),
    Scope.EVENTS_WRITE: message("Send events"),
    Scope.JOBS_READ: message("Read what the machine is doing"),
    Scope.JOBS_WRITE: message("Stop jobs"),
}
