"""The page of subscriptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from kogorta.desk.errors import DeskError
from kogorta.desk.forms import DeskForm
from kogorta.desk.language import current_language, lazy_text
from kogorta.desk.membership.hooks import delete_subscription, subscribe, switch_subscription
from kogorta.desk.membership.models import Subscription, Watched
from kogorta.desk.people.authority import allowed, person
from kogorta.desk.people.permissions import Action

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


class HookForm(DeskForm):
    """Where moves go."""

    address = forms.CharField(label=lazy_text("Address"), max_length=500, help_text=lazy_text("Begins with https://"))
    segment = forms.TypedChoiceField(label=lazy_text("Segment"), required=False, coerce=int, empty_value=None)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(row.segment), row.name) for row in Watched.objects.order_by("name")]
        self.fields["segment"].choices = [("", current_language().text("All segments")), *choices]  # type: ignore[attr-defined]


@require_http_methods(["GET", "HEAD", "POST"])
@allowed(Action.MANAGE_TOKENS)
def hooks(request: HttpRequest) -> HttpResponse:
    """Subscriptions, and a new one; its secret is shown once."""
    form = HookForm(request.POST if request.method == "POST" else None)
    made = None
    if request.method == "POST" and form.is_valid():
        try:
            made = subscribe(person(request), form.cleaned_data["address"], form.cleaned_data["segment"])
            form = HookForm()
        except DeskError as error:
            form.add_error("address", error.told(current_language()))
    names = dict(Watched.objects.values_list("segment", "name"))
    rows = [(row, names.get(row.segment or 0, "")) for row in Subscription.objects.select_related("created_by")]
    return render(request, "membership/hooks.html", {"form": form, "rows": rows, "made": made})


@require_POST
@allowed(Action.MANAGE_TOKENS)
def switch(request: HttpRequest, subscription_id: int) -> HttpResponse:
    """Stop, or go on."""
    switch_subscription(person(request), subscription_id)
    return redirect("hooks")


@require_POST
@allowed(Action.MANAGE_TOKENS)
def delete(request: HttpRequest, subscription_id: int) -> HttpResponse:
    """Delete a subscription."""
    delete_subscription(person(request), subscription_id)
    messages.success(request, current_language().text("Nothing is sent to this address any more."))
    return redirect("hooks")
