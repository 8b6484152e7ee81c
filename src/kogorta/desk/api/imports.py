"""Imports for programs: send a file, have it audited, add it to the base, undo it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from django.db import transaction
from ninja import Path, Query, Router, Status
from pydantic import BaseModel, ConfigDict, Field

from kogorta.base.intake import FIELDS
from kogorta.desk.api.callers import Bearer, answer_once, caller_of, keep_status
from kogorta.desk.api.cursors import cursor_of
from kogorta.desk.api.customers import Word
from kogorta.desk.api.jobs import JobState, Number, PageQuery
from kogorta.desk.api.openapi import NOT_FOUND
from kogorta.desk.api.problems import TooLargeError
from kogorta.desk.api.scopes import Scope
from kogorta.desk.errors import DeskError, NotFoundError
from kogorta.desk.imports import actions
from kogorta.desk.imports.queries import find_file, latest_files
from kogorta.desk.imports.reading import LEAVE_OUT, Reading, head_of
from kogorta.desk.imports.storage import FIELD, ArrivedFile, Receiver
from kogorta.desk.settings import DESK
from kogorta.kit.clock import check_time_zone
from kogorta.kit.language import message
from kogorta.kit.money import check_currency

if TYPE_CHECKING:
    from django.http import HttpRequest

    from kogorta.desk.imports.models import SentFile

router = Router(tags=["imports"])
_MEGABYTE: Final = 1 << 20

Layout = Literal["auto", "bitrix24", "amocrm", "orders", "order-lines", "contacts"]
StageStatus = Literal["won", "lost", "open", "refunded"]


class ImportState(BaseModel):
    """A file as it was sent, and how far it has come."""

    id: int
    name: str
    bytes: int
    sha256: str
    state: Literal["new", "checking", "checked", "accepting", "loaded", "undoing", "undone"]
    sent_at: datetime
    loaded_at: datetime | None
    reading: dict[str, Any] = Field(description="How it is read.")
    audit: dict[str, Any] | None = Field(
        description="Where every row went (read = used + merged + quarantined), the base before and after, problems, stages; null until "
        "the audit is done."
    )
    job: JobState | None = Field(description="The last job about it.")

    @classmethod
    def of(cls, row: SentFile) -> ImportState:
        """A file as programs see it."""
        return cls(
            id=row.pk,
            name=row.name,
            bytes=row.size,
            sha256=row.digest,
            state=row.state,  # type: ignore[arg-type]
            sent_at=row.sent_at,
            loaded_at=row.loaded_at,
            reading={name: value for name, value in row.reading.items() if name != "rates"},
            audit=row.found or None,
            job=JobState.of(row.job) if row.job else None,
        )


class ImportPage(BaseModel):
    """A page of files, newest first."""

    items: list[ImportState]
    next_cursor: str | None


class ReadingWanted(BaseModel):
    """How a file is to be read; whatever is left out is recognised, or stays as it was."""

    model_config = ConfigDict(extra="forbid")
    layout: Layout | None = None
    sheet: Word | None = None
    columns: dict[Word, Word] | None = Field(None, max_length=500, description="Header and what it fills; “-” leaves a column out.")
    stages: dict[Word, StageStatus] | None = Field(None, max_length=500, description="What a stage means, where its name does not say.")
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] | None = None
    time_zone: Annotated[str, Field(max_length=64, pattern=r"^[^\x00]*$")] | None = None
    refunds: Literal["net", "ignore"] | None = None
    rates: Annotated[str, Field(max_length=200_000, pattern=r"^[^\x00]*$")] | None = None


def _one(file_id: int) -> SentFile:
    row = find_file(file_id)
    if row is None:
        raise NotFoundError("There is no such file.")
    return row


@router.get("", auth=Bearer(Scope.IMPORTS_READ), response=ImportPage, operation_id="list_imports", summary="List files")
def list_imports(request: HttpRequest, asked: Annotated[PageQuery, Query()]) -> ImportPage:  # noqa: ARG001
    """Files, newest first."""
    rows = latest_files(asked.before("imports"), asked.limit + 1)
    page = rows[: asked.limit]
    return ImportPage(
        items=[ImportState.of(row) for row in page], next_cursor=cursor_of("imports", page[-1].pk) if len(rows) > asked.limit else None
    )


@router.post(
    "",
    auth=Bearer(Scope.IMPORTS_WRITE),
    response={200: ImportState, 201: ImportState},
    operation_id="send_file",
    summary="Send a file",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {
                    "schema": {"type": "object", "required": ["file"], "properties": {"file": {"type": "string", "format": "binary"}}}
                }
            },
        }
    },
)
def send_file(request: HttpRequest) -> Status[ImportState]:
    """The file is kept as it was sent; nothing is added to the base yet. The very bytes sent before are 200 and the file known."""
    receiver = Receiver(request, DESK.upload_mb * _MEGABYTE)
    request.upload_handlers = [receiver]
    try:
        arrived = request.FILES.get(FIELD)
        if receiver.too_large:
            raise TooLargeError(message("The file is larger than {limit} MB. Export less, or pack it with gzip."), limit=DESK.upload_mb)
        if not isinstance(arrived, ArrivedFile):
            raise DeskError("No file came: send it as the field “file” of multipart/form-data.")
        caller = caller_of(request)
        with transaction.atomic():
            kept = answer_once(request, caller, arrived.digest.encode())
            row, is_new = actions.receive(caller.user, arrived)
            found, status = ImportState.of(_one(row.pk)), 201 if is_new else 200
            keep_status(kept, status, found.model_dump_json())
        return Status(status, found)
    finally:
        receiver.forget()


@router.get(
    "/{int:import_id}",
    auth=Bearer(Scope.IMPORTS_READ),
    response=ImportState,
    operation_id="get_import",
    summary="How far a file is, and its audit",
    openapi_extra=dict(NOT_FOUND),
)
def get_import(request: HttpRequest, import_id: Annotated[Number, Path()]) -> ImportState:  # noqa: ARG001
    """One file."""
    return ImportState.of(_one(import_id))


@router.post(
    "/{int:import_id}/check",
    auth=Bearer(Scope.IMPORTS_WRITE),
    response={202: ImportState},
    operation_id="check_import",
    summary="Have a file audited",
    openapi_extra=dict(NOT_FOUND),
)
def check_import(request: HttpRequest, import_id: Annotated[Number, Path()], wanted: ReadingWanted) -> Status[ImportState]:
    """A job adds the file to a copy of the base and says what would come of it; the base stays as it is."""
    row = _one(import_id)
    reading = _reading(wanted, Reading.of(row.reading))
    seen = head_of(row.digest, row.name, reading)
    if seen.missing:
        raise DeskError("Columns are not known for: {names}. Say which they are in columns.", names=", ".join(seen.missing))
    actions.read_as(caller_of(request).user, import_id, reading, check=True)
    return Status(202, ImportState.of(_one(import_id)))


@router.post(
    "/{int:import_id}/accept",
    auth=Bearer(Scope.IMPORTS_WRITE),
    response={202: ImportState},
    operation_id="accept_import",
    summary="Add an audited file to the base",
    openapi_extra=dict(NOT_FOUND),
)
def accept_import(request: HttpRequest, import_id: Annotated[Number, Path()]) -> Status[ImportState]:
    """A job adds it, and asks for a new analysis."""
    actions.accept(caller_of(request).user, import_id)
    return Status(202, ImportState.of(_one(import_id)))


@router.post(
    "/{int:import_id}/undo",
    auth=Bearer(Scope.IMPORTS_WRITE),
    response={202: ImportState},
    operation_id="undo_import",
    summary="Take a whole file out of the base",
    openapi_extra=dict(NOT_FOUND),
)
def undo_import(request: HttpRequest, import_id: Annotated[Number, Path()]) -> Status[ImportState]:
    """A job makes the base anew from the other files; the file itself stays."""
    actions.undo(caller_of(request).user, import_id)
    return Status(202, ImportState.of(_one(import_id)))


def _reading(wanted: ReadingWanted, before: Reading) -> Reading:
    for field in (wanted.columns or {}).values():
        if field != LEAVE_OUT and field not in FIELDS:
            raise DeskError("There is no field {field!r}.", field=field)
    given = wanted.model_dump(exclude_none=True)
    if wanted.currency:
        check_currency("currency", wanted.currency)
    if wanted.time_zone:
        check_time_zone(wanted.time_zone)
    return replace(before, **given)
