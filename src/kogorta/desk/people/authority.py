"""Asking the table of permissions at the door of a view or an action."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, TypeVar, cast

from django.contrib.auth.views import redirect_to_login

from kogorta.desk.errors import DeniedError
from kogorta.desk.people.models import User
from kogorta.desk.people.permissions import Action, may

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

View = TypeVar("View", bound="Callable[..., HttpResponseBase]")


def person(request: HttpRequest) -> User:
    """The person signed in.

    Raises:
        DeniedError: nobody is.
    """
    if not isinstance(request.user, User):
        raise DeniedError("Sign in first.")
    return request.user


def authorise(user: object, action: Action) -> None:
    """Pass when the person may do it.

    Raises:
        DeniedError: her role does not allow it.
    """
    if not may(user, action):
        raise DeniedError("Your role does not allow this. Ask the owner of the desk.")


def allowed(action: Action) -> Callable[[View], View]:
    """Let a view in only for those who may; a visitor is led to the page to sign in at."""

    def wrap(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            authorise(request.user, action)
            return view(request, *args, **kwargs)

        checked.required_action = action  # type: ignore[attr-defined]
        return cast("View", checked)

    return wrap
