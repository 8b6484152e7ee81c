"""Jobs of the room: erase a person. Each step may be done twice; the base is put in its place by one rename, before it nothing is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kogorta.base.erasure import keys_of
from kogorta.desk.bases.handlers import JobProgress, ask_for_analysis
from kogorta.desk.bases.opening import base_state, open_desk_base
from kogorta.desk.bases.snapshots import forget_all_but, make_snapshot
from kogorta.desk.company.queries import current_company
from kogorta.desk.imports.actions import note_cleaned, remove_unreadable
from kogorta.desk.imports.cleaned import is_cleaned, keep_cleaned
from kogorta.desk.imports.findings import keep_quarantine
from kogorta.desk.imports.models import State
from kogorta.desk.imports.queries import all_files
from kogorta.desk.imports.reading import Reading, read_erasing
from kogorta.desk.imports.rebuilding import base_alone, files_of, made_anew
from kogorta.desk.jobs.registry import job
from kogorta.desk.jobs.workspace import workspace
from kogorta.desk.personal.actions import finish_erasure
from kogorta.desk.personal.forgetting import FORGET
from kogorta.desk.personal.queries import find_erasure
from kogorta.desk.reports.actions import take_away
from kogorta.desk.reports.queries import reports_with
from kogorta.kit.errors import KogortaError, OptionError
from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from kogorta.base.customer_base import CustomerBase
    from kogorta.base.erasure import PersonKeys
    from kogorta.desk.jobs.context import JobContext

_WORD = 4
"""Letters from which a word of a name in the name of a file gives a person away."""
_OUTSIDE = frozenset({State.NEW, State.CHECKING, State.CHECKED, State.UNDONE})


@job("rights.erase", message("Erase a person's data"))
def erase(context: JobContext) -> Mapping[str, object]:
    """Take a person out of reports, lists, consents, files, the base and its past; his orders stay with somebody nameless."""
    row = find_erasure(int(str(context.arguments["erasure_id"])))
    if row.done_at is not None:
        return {"erasure": row.pk}
    customer_id, files = str(context.arguments["customer_id"]), 0
    with workspace(context) as folder, base_alone(context):
        base = open_desk_base()
        try:
            keys = _keys(base, customer_id)
            if keys is not None:
                _forget(context, keys, row.nameless)
                files = _clean_files(context, keys, folder)
                _make_nameless(context, base, keys, row.nameless, folder)
            for file in files_of(base)[1]:  # of an attempt that died after the base changed too
                keep_quarantine(base, file.digest, file.base_digest)
            context.progress(2, 4, message("Deleting earlier states of the base"))
            base.vacuum(logs=True)
        finally:
            base.connection.close()
        _analyse_anew(context)
        with context.effect():
            finish_erasure(row.pk, keys.entities if keys else (customer_id,), files)
    return {"erasure": row.pk, "files": files}


def _keys(base: CustomerBase, customer_id: str) -> PersonKeys | None:
    """None where an earlier attempt took him out of the base already; what comes before that is done then."""
    try:
        return keys_of(base, customer_id)
    except OptionError:
        return None


def _forget(context: JobContext, keys: PersonKeys, nameless: str) -> None:
    context.progress(0, 4, message("Looking through reports and lists"))
    with context.effect():
        for forget in FORGET.values():
            forget(frozenset(keys.entities), nameless)
        for report_id, names in reports_with(keys.needles):
            take_away(report_id, names)


def _clean_files(context: JobContext, keys: PersonKeys, folder: Path) -> int:
    """Keep every file that has him without him; returns how many had."""
    cleaned, rows = 0, all_files()
    folded = [needle.casefold() for needle in keys.needles]
    words = {word.casefold() for name in keys.names for word in name.split() if len(word) >= _WORD}
    for row in rows:
        context.check()
        context.progress(1, 4, message("Looking through the files"))
        outside = row.state in _OUTSIDE
        try:
            extract, count = read_erasing(row.digest, row.name, Reading.of(row.reading), folder)
        except KogortaError:
            if not outside:
                raise
            with context.effect():
                remove_unreadable(row.pk)
            cleaned += 1
            continue
        told = any(needle in broken.raw.casefold() for broken in extract.rejected for needle in folded)
        renamed = any(needle in row.name.casefold() for needle in (*folded, *words))
        if count or told or (renamed and not is_cleaned(row.digest)):
            keep_cleaned(row.digest, extract, keys.needles)
            cleaned += 1
        if count or told or renamed:
            with context.effect():
                note_cleaned(row.pk, renamed=renamed)
        extract.staged.unlink(missing_ok=True)
    return cleaned


def _make_nameless(context: JobContext, base: CustomerBase, keys: PersonKeys, nameless: str, folder: Path) -> None:
    _, files = files_of(base)
    other = made_anew(context, files, folder)
    try:
        context.check()
        base.take_over(other, nameless=dict.fromkeys(keys.entities, nameless))
    finally:
        other.connection.close()


def _analyse_anew(context: JobContext) -> None:
    """The snapshot pages read is made anew at once, and those that know him go."""
    company = current_company()
    if company is None or base_state().is_empty:
        forget_all_but(None)
        return
    context.progress(3, 4, message("Analysing the base anew"))
    try:
        made = make_snapshot(company.scheme, progress=JobProgress(context, 6))
    except KogortaError:
        forget_all_but(None)
        ask_for_analysis()
        return
    forget_all_but(made)
