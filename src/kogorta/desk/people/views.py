"""Signing in and out, and the links that make a person or a password."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from django.contrib import messages
from django.contrib.auth import authenticate
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from kogorta.desk.language import current_language
from kogorta.desk.people.actions import sign_in, sign_out
from kogorta.desk.people.forms import AcceptForm, CodeForm, NewPasswordFields, SignInForm
from kogorta.desk.people.invitations import accept, find_invitation
from kogorta.desk.people.models import User
from kogorta.desk.people.queries import find_person
from kogorta.desk.people.two_factor import has_two_factor, verify_code

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

_PENDING: Final = "pending_person"
_PENDING_LASTS: Final = 300


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """The page to sign in at."""
    after = safe_address(request, request.POST.get("next") or request.GET.get("next") or "/")
    if request.user.is_authenticated:
        return redirect(after)
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["username"].strip().lower()
        user = authenticate(request, username=email, password=form.cleaned_data["password"])
        if isinstance(user, User):
            if has_two_factor(user):
                return _ask_for_code(request, user, after)
            sign_in(request, user)
            return redirect(after)
        form.add_error(None, current_language().text("The e-mail or the password is wrong."))
    return render(request, "people/login.html", {"form": form, "next": after}, status=401 if form.errors else 200)


def _ask_for_code(request: HttpRequest, user: User, after: str) -> HttpResponse:
    """Remember who gave the right password; she is nobody until the code is right too."""
    request.session.cycle_key()
    request.session[_PENDING] = [user.pk, int(time.time()), after]
    return redirect("login_code")


@never_cache
@require_http_methods(["GET", "POST"])
def login_code(request: HttpRequest) -> HttpResponse:
    """The second step: a code of the phone, or a recovery code."""
    user_id, since, after = request.session.get(_PENDING) or (0, 0, "/")
    user = find_person(user_id)
    if user is None or not user.is_active or time.time() - since > _PENDING_LASTS:
        request.session.pop(_PENDING, None)
        return redirect("login")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if verify_code(user, form.cleaned_data["code"]):
            request.session.pop(_PENDING, None)
            sign_in(request, user)
            return redirect(safe_address(request, after))
        form.add_error("code", current_language().text("The code is wrong or was used. Wait for the next one."))
    return render(request, "people/login_code.html", {"form": form}, status=401 if form.errors else 200)


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """End the session."""
    sign_out(request)
    return redirect("login")


@never_cache
@sensitive_post_parameters("password", "repeated")
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Come to the desk by an invitation, or choose a new password."""
    row = find_invitation(token)
    form: NewPasswordFields = AcceptForm(row.email, request.POST or None) if row.user is None else NewPasswordFields(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        user = accept(token, data.get("name", ""), data["password"], current_language().code)
        if has_two_factor(user):
            messages.success(request, current_language().text("The password is changed. Sign in with it."))
            return redirect("login")
        sign_in(request, user)
        return redirect("today")
    return render(request, "people/invitation.html", {"form": form, "invitation": row}, status=422 if form.errors else 200)


def safe_address(request: HttpRequest, address: str) -> str:
    """An address on this site, or the first page: nobody is led elsewhere by a link."""
    if address.startswith("/") and url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return address
    return "/"
