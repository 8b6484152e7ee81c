"""Files in which somebody was erased: the rows are kept as text cells without him, the file as it was sent is gone."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Final

from kogorta.base.intake import Extract, RejectedRow
from kogorta.desk.imports.storage import path_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_CELLS: Final = ".cells"
_ABOUT: Final = ".cells.json"


def _beside(digest: str, ending: str) -> Path:
    path = path_of(digest)
    return path.with_name(path.name + ending)


def is_cleaned(digest: str) -> bool:
    """Whether a file is kept as cleaned cells."""
    return _beside(digest, _ABOUT).exists() and not path_of(digest).exists()


def keep_cleaned(digest: str, extract: Extract, needles: Iterable[str] = ()) -> None:
    """Keep an extract in the place of the file it was read from; killed at any moment, one of the two is there whole.

    Args:
        digest: key of the file.
        extract: its rows without whom was erased.
        needles: texts that give him away; rows that could not be split into cells and have one of them are emptied.
    """
    folded = [needle.casefold() for needle in needles if needle]
    rejected = tuple(replace(row, raw="") if any(one in row.raw.casefold() for one in folded) else row for row in extract.rejected)
    about = {**asdict(replace(extract, rejected=rejected)), "staged": "", "source": "", "headers": dict(extract.headers)}
    cells, new = _beside(digest, _CELLS), _beside(digest, ".cells.new")
    shutil.copyfile(extract.staged, new)
    new.chmod(0o600)
    _flush(new)
    new.replace(cells)
    text = _beside(digest, ".cells.json.new")
    text.write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")
    text.chmod(0o600)
    _flush(text)
    text.replace(_beside(digest, _ABOUT))
    path_of(digest).unlink(missing_ok=True)


def read_cleaned(digest: str, workspace: Path) -> Extract:
    """The rows of a cleaned file, staged in a workspace."""
    about = json.loads(_beside(digest, _ABOUT).read_text(encoding="utf-8"))
    staged = workspace / f"{digest}.parquet"
    shutil.copyfile(_beside(digest, _CELLS), staged)
    return Extract(
        **{
            **about,
            "staged": staged,
            "ignored": tuple(about["ignored"]),
            "notes": tuple(about["notes"]),
            "rejected": tuple(RejectedRow(**row) for row in about["rejected"]),
        }
    )


def forget_cleaned(digest: str) -> None:
    """Delete the cells of a file."""
    for ending in (_ABOUT, _CELLS):
        _beside(digest, ending).unlink(missing_ok=True)


def _flush(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())
