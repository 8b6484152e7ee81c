"""What belongs to no room: the choice of a language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from kogorta.desk.language import COOKIE
from kogorta.desk.people.actions import choose_own_language
from kogorta.desk.people.views import safe_address
from kogorta.kit.language import LANGUAGES

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Speak another language from now on."""
    code = request.POST.get("code", "")
    response = redirect(safe_address(request, request.POST.get("back", "/")))
    if code in LANGUAGES:
        choose_own_language(request.user, code)
        response.set_cookie(COOKIE, code, max_age=31_536_000, httponly=True, samesite="Lax", secure=request.is_secure())
    return response
