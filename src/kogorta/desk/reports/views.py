"""Pages of reports: make one, watch it, read it, download it, delete it, let it be made by itself."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_POST

from kogorta.desk.bases.opening import base_state
from kogorta.desk.company.queries import current_company
from kogorta.desk.errors import NotFoundError
from kogorta.desk.jobs.views import shown as shown_job
from kogorta.desk.language import current_language, now
from kogorta.desk.people.authority import allowed, authorise, person
from kogorta.desk.people.permissions import Action
from kogorta.desk.reports import actions
from kogorta.desk.reports.files import KINDS, PAGE, path_of
from kogorta.desk.reports.forms import ReportForm, ScheduleForm
from kogorta.desk.reports.queries import all_schedules, find_report, latest_reports
from kogorta.desk.reports.schedule import next_slot
from kogorta.desk.reports.words import ShownReport, ShownSchedule

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from django.http import HttpRequest

PAGE_SIZE = 20
_PIECE = 1 << 16


@require_GET
@allowed(Action.SEE_REPORTS)
def reports(request: HttpRequest) -> HttpResponse:
    """Reports, newest first."""
    return _list(request)


def _list(request: HttpRequest, form: ReportForm | None = None, plan: ScheduleForm | None = None, status: int = 200) -> HttpResponse:
    before = request.GET.get("before", "")
    found = latest_reports(int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None, PAGE_SIZE + 1)
    page, reader, company = found[:PAGE_SIZE], person(request), current_company()
    zone = company.time_zone if company else "UTC"
    code = current_language().code
    context = {
        "base": base_state(),
        "reports": [(ShownReport.of(row, reader), shown_job(row.job) if row.job else None) for row in page],
        "after": f"?before={page[-1].pk}" if len(found) > PAGE_SIZE else "",
        "before": "?" if before else "",
        "form": form or ReportForm(initial={"language": code}),
        "plan": plan or ScheduleForm(initial={"language": code}),
        "schedules": [ShownSchedule.of(row, next_slot(row, now(), zone).astimezone(ZoneInfo(zone))) for row in all_schedules()],
        "zone": zone,
    }
    return render(request, "reports/reports.html", context, status=status)


@require_POST
@allowed(Action.MAKE_REPORTS)
def make(request: HttpRequest) -> HttpResponse:
    """Ask for a report now."""
    form = ReportForm(request.POST)
    if not form.is_valid():
        return _list(request, form=form, status=422)
    row = actions.ask_for_report(person(request), form.cleaned_data["language"], form.cleaned_data["as_of"])
    return redirect("report", row.pk)


@require_GET
@allowed(Action.SEE_REPORTS)
def one(request: HttpRequest, report_id: int) -> HttpResponse:
    """A report: how far it is, or what can be done with it."""
    row = find_report(report_id)
    context = {"report": ShownReport.of(row, person(request)), "job": shown_job(row.job) if row.job and row.ready_at is None else None}
    return render(request, "reports/report.html", context)


@require_GET
@allowed(Action.SEE_REPORTS)
def read(request: HttpRequest, report_id: int) -> HttpResponse:  # noqa: ARG001
    """The report itself, under a policy of its own: no script, no style but its sheet, nothing asked from anywhere."""
    row = find_report(report_id)
    path = path_of(row.pk, PAGE)
    if PAGE not in row.sizes or not path.exists():
        raise NotFoundError("The report has no page: it is not ready, or it was taken away. Make a new one.")
    words = current_language()
    address, told = reverse("report", args=[row.pk]), escape(words.text("Back to the desk"))
    back = f'<p><a href="{address}" lang="{words.code}">{told}</a></p>'
    page = path.read_text(encoding="utf-8").replace('<main class="wrap">', f'<main class="wrap">{back}', 1)
    return HttpResponse(page, headers={"Content-Security-Policy": row.policy})


@require_GET
@allowed(Action.SEE_REPORTS)
def download(request: HttpRequest, report_id: int, name: str) -> StreamingHttpResponse:
    """A file of a report; tables with e-mails and phones are for those who may download lists of customers."""
    kind = KINDS.get(name)
    if kind is None:
        raise NotFoundError("A report has no such file.")
    authorise(request.user, kind.action)
    row = find_report(report_id)
    path = path_of(row.pk, name)
    if name not in row.sizes or not path.exists():
        raise NotFoundError("The report has no such file: it is not ready, or it was taken away. Make a new one.")
    if kind.action == Action.EXPORT_CUSTOMERS:
        actions.note_download(person(request), row.pk, name)
    answer = StreamingHttpResponse(_pieces(path), content_type=kind.content_type)
    stem, _, ending = name.rpartition(".")
    shown = f"kogorta-{stem}-{row.as_of:%Y-%m-%d}.{ending}"
    answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=shown)
    answer["Content-Length"] = str(path.stat().st_size)
    return answer


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE):
            yield piece


@require_POST
@allowed(Action.MANAGE_REPORTS)
def delete(request: HttpRequest, report_id: int) -> HttpResponse:
    """Delete a report and its files."""
    actions.delete_report(person(request), report_id)
    messages.success(request, current_language().text("The report is deleted."))
    return redirect("reports")


@require_POST
@allowed(Action.MANAGE_REPORTS)
def add_schedule(request: HttpRequest) -> HttpResponse:
    """Let reports be made by themselves."""
    plan = ScheduleForm(request.POST)
    if not plan.is_valid():
        return _list(request, plan=plan, status=422)
    data = plan.cleaned_data
    actions.add_schedule(person(request), data["rhythm"], plan.day(), data["hour"], data["language"])
    messages.success(request, current_language().text("The schedule is kept."))
    return redirect("reports")


@require_POST
@allowed(Action.MANAGE_REPORTS)
def delete_schedule(request: HttpRequest, schedule_id: int) -> HttpResponse:
    """Make no more reports by a schedule."""
    actions.delete_schedule(person(request), schedule_id)
    messages.success(request, current_language().text("The schedule is deleted; reports made by it stay."))
    return redirect("reports")
