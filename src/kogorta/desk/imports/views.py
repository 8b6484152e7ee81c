"""Pages of files: send one, look at it, correct it, audit it, accept it, undo it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.db import transaction
from django.http import StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_POST

from kogorta.desk.bases.opening import base_state
from kogorta.desk.errors import DeskError, NotFoundError
from kogorta.desk.imports import actions
from kogorta.desk.imports.cleaned import is_cleaned
from kogorta.desk.imports.findings import Findings
from kogorta.desk.imports.forms import columns_of, field_choices, reading_from, stages_from
from kogorta.desk.imports.models import State
from kogorta.desk.imports.quarantine import quarantine_lines
from kogorta.desk.imports.queries import demo_file, find_file, latest_files
from kogorta.desk.imports.reading import Reading, head_of, sheets_of
from kogorta.desk.imports.shown import ShownFile, facts_of, notes_told, shown_findings
from kogorta.desk.imports.storage import FIELD, ArrivedFile, Receiver
from kogorta.desk.imports.words import LAYOUT_NAMES, STATUS_NAMES
from kogorta.desk.jobs.views import shown as shown_job
from kogorta.desk.language import current_language
from kogorta.desk.people.authority import allowed, person
from kogorta.desk.people.permissions import Action
from kogorta.desk.settings import DESK
from kogorta.kit.errors import KogortaError
from kogorta.sources.files.layouts import MEANING

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from kogorta.desk.imports.models import SentFile

PAGE_SIZE = 50
_MEGABYTE = 1 << 20


def _file(file_id: int) -> SentFile:
    row = find_file(file_id)
    if row is None:
        raise NotFoundError("There is no such file.")
    return row


@require_GET
@allowed(Action.IMPORT_FILES)
def imports(request: HttpRequest) -> HttpResponse:
    """Files, newest first, and the place to send one."""
    return _list(request)


def _list(request: HttpRequest, error: str = "", status: int = 200) -> HttpResponse:
    before = request.GET.get("before", "")
    found = latest_files(int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None, PAGE_SIZE + 1)
    page = found[:PAGE_SIZE]
    facts = {
        "files": [ShownFile.of(row) for row in page],
        "after": f"?before={page[-1].pk}" if len(found) > PAGE_SIZE else "",
        "before": "?" if before else "",
        "limit": DESK.upload_mb,
        "error": error,
    }
    return render(request, "imports/imports.html", facts, status=status)


@csrf_exempt  # the token is checked by `_receive`, after the receiver of the file is in its place
@transaction.non_atomic_requests
@require_POST
@allowed(Action.IMPORT_FILES)
def upload(request: HttpRequest) -> HttpResponse:
    """Take a file in, streamed to disk; no transaction is open meanwhile."""
    receiver = Receiver(request, DESK.upload_mb * _MEGABYTE)
    request.upload_handlers = [receiver]
    try:
        return _receive(request, receiver)
    finally:
        receiver.forget()


@csrf_protect
def _receive(request: HttpRequest, receiver: Receiver) -> HttpResponse:
    words = current_language()
    arrived = request.FILES.get(FIELD)
    try:
        if receiver.too_large:
            raise DeskError(
                "The file is larger than {limit} MB. Export a shorter period or fewer columns, or pack it with gzip.",
                limit=words.number(DESK.upload_mb),
            )
        if not isinstance(arrived, ArrivedFile):
            raise DeskError("No file came. Choose a file and send it again.")
        row, is_new = actions.receive(person(request), arrived)
    except KogortaError as error:
        return _list(request, error.told(words), 422)
    if not is_new:
        messages.info(
            request,
            words.text(
                "This very file was sent before, as {name}, {day}: nothing has changed.", name=row.name, day=words.day(row.sent_at.date())
            ),
        )
    return redirect("import", row.pk)


@require_GET
@allowed(Action.IMPORT_FILES)
def one(request: HttpRequest, file_id: int) -> HttpResponse:
    """A file at its present step."""
    return _page(request, _file(file_id))


def _page(request: HttpRequest, row: SentFile, error: str = "", status: int = 200) -> HttpResponse:
    shown = ShownFile.of(row)
    facts: dict[str, object] = {"file": shown, "error": error, "statuses": list(STATUS_NAMES.items())}
    if row.job is not None and (row.is_working or row.job.state != "done"):
        facts["job"] = shown_job(row.job)
    if row.found:
        facts["found"] = shown_findings(Findings.of(row.found))
    if not row.is_working and row.state in actions.OPEN and not (row.state == State.CHECKED and "columns" not in request.GET):
        facts |= _columns_step(row)
    return render(request, "imports/import.html", facts, status=status)


def _columns_step(row: SentFile) -> dict[str, object]:
    reading, words = Reading.of(row.reading), current_language()
    if is_cleaned(row.digest):
        return {"cleaned": True}
    try:
        seen, sheets = head_of(row.digest, row.name, reading), sheets_of(row.digest)
    except KogortaError as error:
        return {"unreadable": error.told(words)}
    return {
        "seen": seen,
        "reading": reading,
        "facts": facts_of(seen, row, words),
        "notes": notes_told(seen.notes, words),
        "why": seen.recognised.why(words),
        "missing": [words.phrase(MEANING[field]) for field in seen.missing],
        "sheets": sheets,
        "sheet": reading.sheet or (sheets[0] if sheets else ""),
        "open_options": bool(reading.rates),
        "columns": columns_of(seen),
        "fields": field_choices(),
        "layouts": list(LAYOUT_NAMES.items()),
        "base": base_state(),
        "step": "columns",
    }


@require_POST
@allowed(Action.IMPORT_FILES)
def read_as(request: HttpRequest, file_id: int) -> HttpResponse:
    """Keep what was corrected; audit the file when asked."""
    row, words = _file(file_id), current_language()
    before = Reading.of(row.reading)
    if is_cleaned(row.digest):
        actions.read_as(person(request), file_id, before, check=True)
        return redirect("import", file_id)
    try:
        reading = reading_from(request.POST, head_of(row.digest, row.name, before), before)
        seen = head_of(row.digest, row.name, reading)
    except DeskError as error:
        raise error from None
    except KogortaError as error:
        return _page(request, row, error.told(words), 422)
    check = request.POST.get("deed") == "check" and not seen.missing
    actions.read_as(person(request), file_id, reading, check=check)
    return redirect("import", file_id)


@require_POST
@allowed(Action.IMPORT_FILES)
def stages(request: HttpRequest, file_id: int) -> HttpResponse:
    """Say what stages mean, and audit again."""
    row = _file(file_id)
    names = [stage["name"] for stage in row.found.get("stages", [])]
    actions.read_as(person(request), file_id, stages_from(request.POST, names, Reading.of(row.reading)), check=True)
    return redirect("import", file_id)


@require_POST
@allowed(Action.IMPORT_FILES)
def accept(request: HttpRequest, file_id: int) -> HttpResponse:
    """Add an audited file to the base."""
    actions.accept(person(request), file_id)
    return redirect("import", file_id)


@require_POST
@allowed(Action.IMPORT_FILES)
def undo(request: HttpRequest, file_id: int) -> HttpResponse:
    """Take a whole file out of the base."""
    actions.undo(person(request), file_id)
    return redirect("import", file_id)


@require_POST
@allowed(Action.IMPORT_FILES)
def load_demo(request: HttpRequest) -> HttpResponse:
    """Load the base of invented data."""
    row = actions.ask_for_demo(person(request))
    messages.info(request, current_language().text("The demo base is being made; it takes about a minute."))
    return redirect("job", row.pk)


@require_GET
@allowed(Action.IMPORT_FILES)
def demo(request: HttpRequest) -> HttpResponse:
    """What the demo base is, and how to be rid of it."""
    row = demo_file()
    return render(request, "imports/demo.html", {"file": ShownFile.of(row) if row else None, "base": base_state()})


@require_POST
@allowed(Action.IMPORT_FILES)
def remove_demo(request: HttpRequest) -> HttpResponse:
    """Take the invented data out of the base, and delete their file."""
    row = demo_file()
    if row is None:
        raise NotFoundError("There is no demo base here.")
    actions.undo(person(request), row.pk)
    messages.success(request, current_language().text("The demo base is being removed."))
    return redirect("today")


@require_POST
@allowed(Action.IMPORT_FILES)
def remove(request: HttpRequest, file_id: int) -> HttpResponse:
    """Delete a file that is not in the base."""
    actions.remove(person(request), file_id)
    messages.success(request, current_language().text("The file is deleted."))
    return redirect("imports")


@require_GET
@allowed(Action.EXPORT_CUSTOMERS)
def quarantine(request: HttpRequest, file_id: int) -> StreamingHttpResponse:  # noqa: ARG001
    """Rows left out, as a CSV."""
    row = _file(file_id)
    if not row.found:
        raise NotFoundError("The file was not audited yet, so no rows are left out.")
    lines = quarantine_lines(row.digest, row.found["fields"], current_language())
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=f"quarantine-{row.pk}.csv")
    return answer
