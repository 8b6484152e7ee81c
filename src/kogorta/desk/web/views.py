"""What belongs to no room: the choice of a language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from kogorta.desk.language import COOKIE
from kogorta.desk.people.actions import choose_own_language
from kogorta.kit.language import LANGUAGES

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Speak another language from now on."""
    code = request.POST.get("code", "")
    back = request.POST.get("back", "/")
    if not back.startswith("/") or not url_has_allowed_host_and_scheme(
        back, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        back = "/"
    response = redirect(back)
    if code in LANGUAGES:
        choose_own_language(request.user, code)
        response.set_cookie(COOKIE, code, max_age=31_536_000, httponly=True, samesite="Lax", secure=request.is_secure())
    return response
