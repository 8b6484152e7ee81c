"""Recording a consent from the card of a customer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from kogorta.desk.bases.snapshots import newest_snapshot
from kogorta.desk.errors import DeskError, NotFoundError
from kogorta.desk.language import current_language
from kogorta.desk.people.authority import allowed, person
from kogorta.desk.people.permissions import Action
from kogorta.desk.personal import actions
from kogorta.desk.personal.forms import ConsentForm

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_POST
@allowed(Action.CHANGE_CONSENTS)
def record_consent(request: HttpRequest) -> HttpResponse:
    """Write down what a customer said."""
    customer_id = request.POST.get("customer", "")[:1000]
    snapshot = newest_snapshot()
    known = snapshot.cursor().execute("SELECT 1 FROM customers WHERE customer_id = ?", [customer_id]).fetchone() if snapshot else None
    if known is None:
        raise NotFoundError("There is no such customer.")
    form = ConsentForm(request.POST)
    if not form.is_valid():
        raise DeskError("The consent was not recorded: give the channel, what was said, the day and where it was said.")
    data = form.cleaned_data
    actions.record_consent(person(request), customer_id, data["channel"], data["state"], data["said_on"], data["source"])
    messages.success(request, current_language().text("The consent is recorded."))
    return redirect("customer", customer_id)
