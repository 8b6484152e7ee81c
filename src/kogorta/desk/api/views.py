"""The page of tokens: make one, see which there are, revoke one. For the owner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages
from django.db import transaction
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from kogorta.desk.api import actions, queries
from kogorta.desk.api.callers import memory
from kogorta.desk.api.forms import TokenForm
from kogorta.desk.api.scopes import SCOPE_NAMES, Scope
from kogorta.desk.language import current_language, now
from kogorta.desk.people.authority import allowed, person
from kogorta.desk.people.permissions import Action

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from kogorta.desk.api.models import Token


@dataclass(frozen=True)
class ShownToken:
    """A token as the page shows it: English names of what it may do, and whether it still works."""

    row: Token
    scopes: tuple[str, ...]
    works: bool


@never_cache
@require_http_methods(["GET", "POST"])
@allowed(Action.MANAGE_TOKENS)
def tokens(request: HttpRequest) -> HttpResponse:
    """Tokens; a new one is shown once."""
    form = TokenForm(request.POST or None, initial={"days": "365"})
    token = ""
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        _, token = actions.make_token(person(request), given["name"], [Scope(word) for word in given["scopes"]], given["days"])
        form = TokenForm(initial={"days": "365"})
    rows = [
        ShownToken(
            row,
            tuple(SCOPE_NAMES[Scope(word)] for word in row.scopes if word in SCOPE_NAMES),
            row.revoked_at is None and row.created_by.is_active and (row.expires_at is None or row.expires_at > now()),
        )
        for row in queries.tokens()
    ]
    example = f'curl -H "Authorization: Bearer {token}" {request.build_absolute_uri("/api/v1/customers?limit=5")}' if token else ""
    facts = {"form": form, "token": token, "tokens": rows, "example": example}
    return render(request, "api/tokens.html", facts, status=422 if form.errors else 200)


@require_POST
@allowed(Action.MANAGE_TOKENS)
def revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    """Make a token stop working."""
    actions.revoke_token(person(request), token_id)
    transaction.on_commit(memory.forget)
    messages.success(request, current_language().text("The token does not work any more."))
    return redirect("tokens")
