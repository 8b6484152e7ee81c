"""One's own account: name, password, browsers signed in, the second factor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from kogorta.desk.language import current_language
from kogorta.desk.people import actions, two_factor
from kogorta.desk.people.authority import allowed, person
from kogorta.desk.people.forms import CodeForm, NameForm, OwnPasswordForm, PasswordForm
from kogorta.desk.people.permissions import ROLE_NAMES, Action, Role
from kogorta.desk.people.queries import own_sessions

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@never_cache
@require_http_methods(["GET", "POST"])
@allowed(Action.OWN_ACCOUNT)
def account(request: HttpRequest) -> HttpResponse:
    """Who I am here; the name can be changed."""
    user = person(request)
    form = NameForm(request.POST or None, initial={"name": user.name})
    if request.method == "POST" and form.is_valid():
        actions.change_own_name(user, form.cleaned_data["name"])
        messages.success(request, current_language().text("Saved."))
        return redirect("account")
    facts = {
        "form": form,
        "role": ROLE_NAMES[Role(user.role)],
        "sessions": own_sessions(user, request.session.session_key),
        "two_factor": two_factor.has_two_factor(user),
        "codes_left": two_factor.recovery_codes_left(user),
    }
    return render(request, "people/account.html", facts, status=422 if form.errors else 200)


@never_cache
@sensitive_post_parameters("current", "password", "repeated")
@require_http_methods(["GET", "POST"])
@allowed(Action.OWN_ACCOUNT)
def password(request: HttpRequest) -> HttpResponse:
    """Change the password; every other browser is signed out."""
    user = person(request)
    form = OwnPasswordForm(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.change_own_password(user, form.cleaned_data["password"], request.session.session_key)
        update_session_auth_hash(request, user)
        messages.success(request, current_language().text("The password is changed. Other browsers are signed out."))
        return redirect("account")
    return render(request, "people/password.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
@allowed(Action.OWN_ACCOUNT)
def end_session(request: HttpRequest) -> HttpResponse:
    """Sign out of one other browser, or of all others."""
    user, words = person(request), current_language()
    name = request.POST.get("name", "")
    if name:
        actions.end_own_session(user, name)
    else:
        actions.end_sessions(user, request.session.session_key)
    messages.success(request, words.text("Signed out there."))
    return redirect("account")


@never_cache
@require_http_methods(["GET", "POST"])
@allowed(Action.OWN_ACCOUNT)
def turn_on(request: HttpRequest) -> HttpResponse:
    """Turn the second factor on: scan, type the code, keep the recovery codes."""
    user = person(request)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        codes = two_factor.confirm_two_factor(user, form.cleaned_data["code"])
        if codes is not None:
            return render(request, "people/recovery_codes.html", {"codes": codes})
        form.add_error("code", current_language().text("The code is wrong or was used. Wait for the next one."))
    enrolment = two_factor.begin_two_factor(user)
    picture = mark_safe(enrolment.picture)  # noqa: S308 - drawn by segno from an address of our own
    facts = {"form": form, "picture": picture, "secret": enrolment.secret}
    return render(request, "people/turn_on.html", facts, status=422 if form.errors else 200)


@never_cache
@sensitive_post_parameters("current")
@require_http_methods(["GET", "POST"])
@allowed(Action.OWN_ACCOUNT)
def turn_off(request: HttpRequest) -> HttpResponse:
    """Turn the second factor off; the password is asked for once more."""
    user = person(request)
    form = PasswordForm(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        two_factor.remove_two_factor(user, user)
        messages.success(request, current_language().text("Two-factor sign-in is off."))
        return redirect("account")
    return render(request, "people/turn_off.html", {"form": form}, status=422 if form.errors else 200)


@never_cache
@sensitive_post_parameters("current")
@require_http_methods(["GET", "POST"])
@allowed(Action.OWN_ACCOUNT)
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Fresh recovery codes; the password is asked for once more."""
    user = person(request)
    if not two_factor.has_two_factor(user):
        return redirect("account")
    form = PasswordForm(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        return render(request, "people/recovery_codes.html", {"codes": two_factor.new_recovery_codes(user)})
    return render(request, "people/new_codes.html", {"form": form}, status=422 if form.errors else 200)
