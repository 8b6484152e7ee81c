"""Writes of the room. Each says in the journal what was done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth import login, logout

from kogorta.desk.errors import ConflictError, NotFoundError
from kogorta.desk.journal.actions import record
from kogorta.desk.people.lockout import address_of
from kogorta.desk.people.models import Session, User
from kogorta.desk.people.permissions import Role
from kogorta.desk.people.queries import session_name
from kogorta.desk.people.sessions import ADDRESS_KEY, BROWSER_KEY

if TYPE_CHECKING:
    from django.http import HttpRequest

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


def change_own_name(user: User, name: str) -> None:
    """A person writes her name otherwise."""
    User.objects.filter(pk=user.pk).update(name=name.strip())
    record(user, "user.renamed", f"user:{user.pk}")


def change_own_password(user: User, password: str, kept_session: str | None) -> None:
    """A new password; every other browser is signed out."""
    user.set_password(password)
    user.save(update_fields=["password"])
    end_sessions(user, kept_session)
    record(user, "user.password_changed", f"user:{user.pk}")


def end_sessions(user: User, kept_session: str | None = None) -> int:
    """Sign a person out of every browser, or of all but one; returns how many sessions ended."""
    ended, _ = Session.objects.filter(user=user).exclude(session_key=kept_session or "").delete()
    return ended


def end_own_session(user: User, name: str) -> None:
    """Sign a person out of one browser of hers.

    Args:
        user: whose session it must be.
        name: public name of the session (`session_name`), never its key.

    Raises:
        NotFoundError: she has no such session.
    """
    for key in Session.objects.filter(user=user).values_list("session_key", flat=True):
        if session_name(key) == name:
            Session.objects.filter(session_key=key).delete()
            record(user, "session.ended", f"user:{user.pk}")
            return
    raise NotFoundError("There is no such session.")


def change_role(by: User, user_id: int, role: Role) -> None:
    """Give a person another role; it holds from her next request.

    Raises:
        NotFoundError: there is no such person.
        ConflictError: she is the last owner.
    """
    user = _locked(user_id)
    if user.role == role.value:
        return
    if user.role == Role.OWNER:
        _not_the_last_owner(user)
    before, user.role = user.role, role.value
    user.save(update_fields=["role"])
    record(by, "user.role_changed", f"user:{user.pk}", details={"role": [before, role.value]})


def switch_off(by: User, user_id: int) -> None:
    """Close the desk to a person and sign her out everywhere; what she did stays.

    Raises:
        NotFoundError: there is no such person.
        ConflictError: she is the last owner.
    """
    user = _locked(user_id)
    if user.role == Role.OWNER:
        _not_the_last_owner(user)
    user.is_active = False
    user.save(update_fields=["is_active"])
    end_sessions(user)
    record(by, "user.switched_off", f"user:{user.pk}")


def switch_on(by: User, user_id: int) -> None:
    """Open the desk to a person again.

    Raises:
        NotFoundError: there is no such person.
    """
    user = _locked(user_id)
    user.is_active = True
    user.save(update_fields=["is_active"])
    record(by, "user.switched_on", f"user:{user.pk}")


def _locked(user_id: int) -> User:
    user = User.objects.select_for_update().filter(pk=user_id).first()
    if user is None:
        raise NotFoundError("There is no such person.")
    return user


def _not_the_last_owner(user: User) -> None:
    # all owners are locked in the order of keys, so that two of them cannot leave at the same time
    owners = list(
        User.objects.select_for_update().filter(role=Role.OWNER.value, is_active=True).order_by("pk").values_list("pk", flat=True)
    )
    if owners in ([user.pk], []):
        raise ConflictError("This is the last owner: make somebody else an owner first.")
