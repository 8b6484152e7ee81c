"""The room's reference tables, read once."""

from __future__ import annotations

import csv
import io
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@cache
def rows(name: str) -> tuple[Mapping[str, str], ...]:
    """Rows of `reference/<name>.csv`, in file order, as text by column.

    Example:
        >>> rows("okved_sections")[5]["name_en"]
        'Construction'
    """
    folder = resources.files("kogorta.enrichment") / "reference"
    return tuple(csv.DictReader(io.StringIO((folder / f"{name}.csv").read_text(encoding="utf-8"))))
