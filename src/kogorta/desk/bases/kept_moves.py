"""Moves between two dates, kept beside the snapshot they were counted with: counted once, read by every page."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING

from kogorta.kit.errors import InputError
from kogorta.segments.moves import Flow, Migration, Mover

if TYPE_CHECKING:
    from pathlib import Path


def moves_file(folder: Path, from_on: date, to_on: date) -> Path:
    """Where moves between two days are kept."""
    return folder / f"moves-{from_on:%Y%m%d}-{to_on:%Y%m%d}.json"


def write_moves(folder: Path, moves: Migration) -> None:
    """Keep moves; a page sees the whole file or none."""
    target = moves_file(folder, moves.from_on, moves.to_on)
    new = target.with_suffix(".new")
    new.write_text(json.dumps(asdict(moves), ensure_ascii=False, default=str), encoding="utf-8")
    new.replace(target)


def read_moves(folder: Path, from_on: date, to_on: date) -> Migration | None:
    """Moves kept earlier; None when they were not counted yet.

    Raises:
        InputError: the file cannot be read.
    """
    try:
        raw = json.loads(moves_file(folder, from_on, to_on).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise InputError("The snapshot {folder} cannot be read; delete it, and it is made anew.", folder=folder) from error
    return Migration(
        **{
            **raw,
            "from_on": from_on,
            "to_on": to_on,
            "flows": tuple(Flow(**item) for item in raw["flows"]),
            "leavers": tuple(Mover(**{**item, "last_order_on": _day(item["last_order_on"])}) for item in raw["leavers"]),
        }
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
