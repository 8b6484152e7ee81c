"""Who may do what: one table of role and action. Every check reads it, every cell of it is tested."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from kogorta.kit.language import message


class Role(StrEnum):
    """What a person is at the desk."""

    OWNER = "owner"
    MARKETER = "marketer"
    MANAGER = "manager"
    ANALYST = "analyst"


class Action(StrEnum):
    """What can be done at the desk. A room adds its own here, and a line to the table below."""

    OWN_ACCOUNT = "own_account"
    SEE_FIGURES = "see_figures"
    SEE_CUSTOMERS = "see_customers"
    SEE_CONTACTS = "see_contacts"
    EXPORT_CUSTOMERS = "export_customers"
    IMPORT_FILES = "import_files"
    MERGE_CUSTOMERS = "merge_customers"
    CHANGE_CONSENTS = "change_consents"
    EXPORT_PERSON = "export_person"
    ERASE_PERSON = "erase_person"
    EDIT_SEGMENTS = "edit_segments"
    SEE_REPORTS = "see_reports"
    MAKE_REPORTS = "make_reports"
    MANAGE_REPORTS = "manage_reports"
    SEE_JOBS = "see_jobs"
    CONTROL_JOBS = "control_jobs"
    CHANGE_COMPANY = "change_company"
    MANAGE_PEOPLE = "manage_people"
    MANAGE_TOKENS = "manage_tokens"
    SEE_JOURNAL = "see_journal"


_OWNER, _MARKETER, _MANAGER, _ANALYST = Role.OWNER, Role.MARKETER, Role.MANAGER, Role.ANALYST

TABLE: Final[dict[Action, frozenset[Role]]] = {
    Action.OWN_ACCOUNT: frozenset({_OWNER, _MARKETER, _MANAGER, _ANALYST}),
    Action.SEE_FIGURES: frozenset({_OWNER, _MARKETER, _MANAGER, _ANALYST}),
    Action.SEE_CUSTOMERS: frozenset({_OWNER, _MARKETER, _MANAGER, _ANALYST}),
    Action.SEE_CONTACTS: frozenset({_OWNER, _MARKETER, _MANAGER}),
    Action.EXPORT_CUSTOMERS: frozenset({_OWNER, _MARKETER}),
    Action.IMPORT_FILES: frozenset({_OWNER, _MARKETER}),
    Action.MERGE_CUSTOMERS: frozenset({_OWNER, _MARKETER}),
    Action.CHANGE_CONSENTS: frozenset({_OWNER, _MARKETER, _MANAGER}),
    Action.EXPORT_PERSON: frozenset({_OWNER, _MARKETER}),
    Action.ERASE_PERSON: frozenset({_OWNER}),
    Action.EDIT_SEGMENTS: frozenset({_OWNER, _MARKETER}),
    Action.SEE_REPORTS: frozenset({_OWNER, _MARKETER, _MANAGER, _ANALYST}),
    Action.MAKE_REPORTS: frozenset({_OWNER, _MARKETER, _ANALYST}),
    Action.MANAGE_REPORTS: frozenset({_OWNER, _MARKETER}),
    Action.SEE_JOBS: frozenset({_OWNER, _MARKETER, _ANALYST}),
    Action.CONTROL_JOBS: frozenset({_OWNER, _MARKETER}),
    Action.CHANGE_COMPANY: frozenset({_OWNER}),
    Action.MANAGE_PEOPLE: frozenset({_OWNER}),
    Action.MANAGE_TOKENS: frozenset({_OWNER}),
    Action.SEE_JOURNAL: frozenset({_OWNER}),
}
"""Personal fields (e-mail, phone) are `SEE_CONTACTS`: an analyst works with figures and names, not with addresses."""

ROLE_NAMES: Final[dict[Role, str]] = {
    Role.OWNER: message("Owner of the desk"),
    Role.MARKETER: message("Marketer"),
    Role.MANAGER: message("Manager"),
    Role.ANALYST: message("Analyst (reads only)"),
}

ACTION_NAMES: Final[dict[Action, str]] = {
    Action.OWN_ACCOUNT: message("Change one's own name, password and sessions"),
    Action.SEE_FIGURES: message("See segments and figures"),
    Action.SEE_CUSTOMERS: message("See customers and their purchases"),
    Action.SEE_CONTACTS: message("See e-mails and phones of customers"),
    Action.EXPORT_CUSTOMERS: message("Download lists of customers"),
    Action.IMPORT_FILES: message("Load files and undo imports"),
    Action.MERGE_CUSTOMERS: message("Merge customers and undo merges"),
    Action.CHANGE_CONSENTS: message("Record consents and refusals"),
    Action.EXPORT_PERSON: message("Download everything kept of one person"),
    Action.ERASE_PERSON: message("Erase a person's data"),
    Action.EDIT_SEGMENTS: message("Build and change segments"),
    Action.SEE_REPORTS: message("Read reports and download them as PDF"),
    Action.MAKE_REPORTS: message("Make reports"),
    Action.MANAGE_REPORTS: message("Schedule and delete reports"),
    Action.SEE_JOBS: message("See what the machine is doing"),
    Action.CONTROL_JOBS: message("Stop and repeat jobs"),
    Action.CHANGE_COMPANY: message("Change settings of the company"),
    Action.MANAGE_PEOPLE: message("Invite people and change roles"),
    Action.MANAGE_TOKENS: message("Make tokens for other programs"),
    Action.SEE_JOURNAL: message("Read the journal of who did what"),
}


def may(user: object, action: Action) -> bool:
    """Whether a person may do it. Nobody signed in, or a person switched off, may do nothing."""
    if not getattr(user, "is_authenticated", False) or not getattr(user, "is_active", False):
        return False
    return getattr(user, "role", None) in TABLE[action]
