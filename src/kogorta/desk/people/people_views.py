"""The page of people: who works here, in what role; invitations. For the owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kogorta.desk.errors import DeskError, NotFoundError
from kogorta.desk.language import current_language
from kogorta.desk.people import actions, invitations
from kogorta.desk.people.authority import allowed, person
from kogorta.desk.people.forms import InviteForm
from kogorta.desk.people.permissions import ROLE_NAMES, Action, Role
from kogorta.desk.people.queries import find_person, people
from kogorta.desk.people.two_factor import has_two_factor, remove_two_factor

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@never_cache
@require_http_methods(["GET", "POST"])
@allowed(Action.MANAGE_PEOPLE)
def everybody(request: HttpRequest) -> HttpResponse:
    """People and invitations; a new invitation shows its link once."""
    form = InviteForm(request.POST or None)
    link = ""
    if request.method == "POST" and form.is_valid():
        token = invitations.invite(person(request), form.cleaned_data["email"], Role(form.cleaned_data["role"]))
        link = request.build_absolute_uri(reverse("invitation", args=[token]))
        form = InviteForm()
    return _page(request, form, link, 422 if form.errors else 200)


def _page(request: HttpRequest, form: InviteForm, link: str, status: int) -> HttpResponse:
    facts = {
        "people": [(user, ROLE_NAMES[Role(user.role)], has_two_factor(user)) for user in people()],
        "invitations": [(row, ROLE_NAMES[Role(row.role)]) for row in invitations.open_invitations()],
        "roles": [(role.value, name) for role, name in ROLE_NAMES.items()],
        "form": form,
        "link": link,
    }
    return render(request, "people/people.html", facts, status=status)


@require_POST
@allowed(Action.MANAGE_PEOPLE)
def change(request: HttpRequest, user_id: int) -> HttpResponse:
    """Change a role, switch somebody off or on, take a lost phone off, make a link for a new password."""
    by, words = person(request), current_language()
    deed = request.POST.get("deed", "")
    if deed == "role":
        role = request.POST.get("role", "")
        if role not in {item.value for item in Role}:
            raise DeskError("There is no role {role!r}.", role=role)
        actions.change_role(by, user_id, Role(role))
    elif deed == "off":
        actions.switch_off(by, user_id)
        if user_id == by.pk:
            actions.sign_out(request)
            return redirect("login")
    elif deed == "on":
        actions.switch_on(by, user_id)
    elif deed == "two_factor":
        user = find_person(user_id)
        if user is None:
            raise NotFoundError("There is no such person.")
        remove_two_factor(by, user)
    elif deed == "password":
        token = invitations.offer_new_password(by, user_id)
        link = request.build_absolute_uri(reverse("invitation", args=[token]))
        return _page(request, InviteForm(), link, 200)
    else:
        raise DeskError("There is no deed {deed!r}.", deed=deed)
    messages.success(request, words.text("Saved."))
    return redirect("people")


@require_POST
@allowed(Action.MANAGE_PEOPLE)
def revoke(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """Take an invitation back."""
    invitations.revoke_invitation(person(request), invitation_id)
    messages.success(request, current_language().text("The invitation is taken back."))
    return redirect("people")


@require_GET
@allowed(Action.MANAGE_PEOPLE)
def roles(request: HttpRequest) -> HttpResponse:
    """What each role may do: the table of permissions itself."""
    from kogorta.desk.people.permissions import ACTION_NAMES, TABLE

    rows = [(ACTION_NAMES[action], [role in TABLE[action] for role in Role]) for action in Action]
    return render(request, "people/roles.html", {"roles": [ROLE_NAMES[role] for role in Role], "rows": rows})
