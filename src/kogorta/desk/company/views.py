"""The first page of a new desk, and the settings of the company."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from kogorta.desk.company.actions import change_company
from kogorta.desk.company.forms import CompanyFields
from kogorta.desk.company.queries import current_company
from kogorta.desk.company.start import StartForm, check_token, start_desk
from kogorta.desk.language import current_language
from kogorta.desk.people.actions import sign_in
from kogorta.desk.people.authority import allowed, person
from kogorta.desk.people.permissions import Action

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_http_methods(["GET", "POST"])
@allowed(Action.CHANGE_COMPANY)
def company(request: HttpRequest) -> HttpResponse:
    """Name, zone, currency and scheme of the company."""
    known = current_company()
    if request.method == "POST":
        form = CompanyFields(request.POST)
        if form.is_valid():
            change_company(person(request), form.facts())
            messages.success(request, current_language().text("Saved."))
            return redirect("company")
        return render(request, "company/company.html", {"form": form}, status=422)
    form = CompanyFields(
        initial={
            "company_name": known.name,
            "time_zone": known.time_zone,
            "currency": known.currency,
            "scheme": known.scheme,
        }
        if known
        else None
    )
    return render(request, "company/company.html", {"form": form})


@never_cache
@sensitive_post_parameters("password", "repeated")
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Create the owner and the company with the link from the console."""
    token = request.POST.get("token") or request.GET.get("token") or ""
    check_token(token)
    form = StartForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        sign_in(request, start_desk(token, form))
        return redirect("today")
    return render(request, "company/start.html", {"form": form, "token": token}, status=422 if form.errors else 200)
