"""The first start: a one-time token on the console lets one person in, who becomes the owner.

Loopback alone would not do: behind a proxy every visitor comes from there.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Final

from django.db import IntegrityError, transaction

from kogorta.desk.company.actions import found_company
from kogorta.desk.company.forms import CompanyFields
from kogorta.desk.environment import own_secret
from kogorta.desk.errors import ConflictError, DeniedError
from kogorta.desk.language import current_language
from kogorta.desk.people.actions import create_person
from kogorta.desk.people.forms import NewPersonFields
from kogorta.desk.people.permissions import Role
from kogorta.desk.people.queries import is_set_up
from kogorta.desk.settings import DESK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kogorta.desk.people.models import User

_TOKEN: Final = DESK.home / "setup.token"


def setup_token() -> str | None:
    """The token of the first start; None once there is an owner."""
    return None if is_set_up() else own_secret(_TOKEN)


def check_token(given: str) -> None:
    """Pass who has the token.

    Raises:
        ConflictError: the desk has an owner already.
        DeniedError: the token is another one.
    """
    token = setup_token()
    if token is None:
        raise ConflictError("This desk already has an owner. Sign in, or ask the owner for an invitation.")
    if not hmac.compare_digest(token.encode(), given.encode()):
        raise DeniedError("The link of the first start is wrong. Copy it from the console where the desk was started.")


class StartForm(CompanyFields, NewPersonFields):
    """The owner and the company on one page."""

    field_order: Sequence[str] | None = ("name", "email", "password", "repeated", "company_name", "time_zone", "currency", "scheme")


def start_desk(given_token: str, form: StartForm) -> User:
    """Create the owner and the company, once.

    Raises:
        ConflictError: somebody else was quicker.
        DeniedError: the token is another one.
    """
    check_token(given_token)
    try:
        with transaction.atomic():
            found_company(form.facts())
    except IntegrityError as error:
        raise ConflictError("This desk already has an owner. Sign in, or ask the owner for an invitation.") from error
    data = form.cleaned_data
    owner = create_person(
        None,
        email=data["email"],
        name=data["name"],
        role=Role.OWNER,
        password=data["password"],
        language=current_language().code,
    )
    transaction.on_commit(lambda: _TOKEN.unlink(missing_ok=True))
    return owner
