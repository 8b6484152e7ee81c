"""Writes of the room. Each says in the journal what was done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth import login, logout

from kogorta.desk.journal.actions import record
from kogorta.desk.people.lockout import address_of
from kogorta.desk.people.models import User
from kogorta.desk.people.sessions import ADDRESS_KEY, BROWSER_KEY

if TYPE_CHECKING:
    from django.http import HttpRequest

    from kogorta.desk.people.permissions import Role

PASSWORD_BACKEND = "django.contrib.auth.backends.ModelBackend"  # noqa: S105


def create_person(by: User | None, *, email: str, name: str, role: Role, password: str, language: str = "") -> User:
    """A new person of the desk; the password was checked by the form that asked for it."""
    user = User(email=email.strip().lower(), name=name.strip(), role=role.value, language=language)
    user.set_password(password)
    user.save()
    record(by or user, "user.created", f"user:{user.pk}", details={"role": role.value})
    return user


def sign_in(request: HttpRequest, user: User) -> None:
    """Open a session for a person who has proved who she is; the session gets a new key."""
    login(request, user, backend=PASSWORD_BACKEND)
    request.session[ADDRESS_KEY] = address_of(request)
    request.session[BROWSER_KEY] = request.headers.get("User-Agent", "")[:200]
    record(user, "user.signed_in", f"user:{user.pk}")


def sign_out(request: HttpRequest) -> None:
    """End the session of this browser."""
    if isinstance(request.user, User):
        record(request.user, "user.signed_out", f"user:{request.user.pk}")
    logout(request)


def choose_own_language(user: object, code: str) -> None:
    """Remember the language a person wants to be spoken to in."""
    if isinstance(user, User):
        User.objects.filter(pk=user.pk).update(language=code)
