"""Signing in and out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth import authenticate
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from kogorta.desk.language import current_language
from kogorta.desk.people.actions import sign_in, sign_out
from kogorta.desk.people.authority import allowed
from kogorta.desk.people.forms import SignInForm
from kogorta.desk.people.models import User
from kogorta.desk.people.permissions import Action

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


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
            sign_in(request, user)
            return redirect(after)
        form.add_error(None, current_language().text("The e-mail or the password is wrong."))
    return render(request, "people/login.html", {"form": form, "next": after}, status=401 if form.errors else 200)


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """End the session."""
    sign_out(request)
    return redirect("login")


@require_http_methods(["GET"])
@allowed(Action.SEE_FIGURES)
def account(request: HttpRequest) -> HttpResponse:
    """One's own account."""
    return render(request, "people/account.html")


def safe_address(request: HttpRequest, address: str) -> str:
    """An address on this site, or the first page: nobody is led elsewhere by a link."""
    if url_has_allowed_host_and_scheme(address, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return address
    return "/"
