"""Every address of the desk: each room brings its own."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("kogorta.desk.people.urls")),
    path("", include("kogorta.desk.company.urls")),
    path("", include("kogorta.desk.customers.urls")),
    path("", include("kogorta.desk.segments.urls")),
    path("", include("kogorta.desk.moves.urls")),
    path("", include("kogorta.desk.membership.urls")),
    path("", include("kogorta.desk.reports.urls")),
    path("", include("kogorta.desk.personal.urls")),
    path("", include("kogorta.desk.duplicates.urls")),
    path("", include("kogorta.desk.rights.urls")),
    path("", include("kogorta.desk.jobs.urls")),
    path("", include("kogorta.desk.imports.urls")),
    path("", include("kogorta.desk.api.urls")),
    path("", include("kogorta.desk.health.urls")),
    path("", include("kogorta.desk.web.urls")),
]

handler400 = "kogorta.desk.errors.bad_request"
handler403 = "kogorta.desk.errors.denied"
handler404 = "kogorta.desk.errors.not_found"
handler500 = "kogorta.desk.errors.broken"
