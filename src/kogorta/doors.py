"""Two doors for a notebook: read a file of deals, draw a first wave."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from pathlib import Path
from typing import TYPE_CHECKING

from kogorta.engine.scratch import scratch_folder
from kogorta.enrichment.enrich import enrich
from kogorta.segments.abc_xyz import AbcXyz
from kogorta.segments.lifecycle import Lifecycle
from kogorta.segments.portrait import industry_figures
from kogorta.segments.profile import customer_profile
from kogorta.sources.files import read_file
from kogorta.waves.baseline import measure_baselines
from kogorta.waves.first_wave import FirstWave
from kogorta.waves.industries import rank_industries
from kogorta.waves.priority import customer_stakes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kogorta.base.intake import Extract
    from kogorta.segments.rfm import Segments
    from kogorta.waves.plan import WaveMember


def read_deals(path: Path | str, *, layout: str = "auto", columns: Mapping[str, str] | None = None) -> Extract:
    """Read an export of deals, orders or order lines.

    Args:
        path: CSV, XLSX, HTML named .xls, or Parquet.
        layout: `auto`, or one of `bitrix24`, `amocrm`, `orders`, `order-lines`, `contacts`.
        columns: header -> field, where the headers alone do not say it: `{"Сумма": "amount"}`.

    Returns:
        The rows, ready for `CustomerBase.add`.

    Raises:
        InputError: the file cannot be used; the message says what to do.
    """
    workspace = Path(tempfile.mkdtemp(dir=scratch_folder()))
    try:
        extract = read_file(Path(path), layout=layout, columns=columns, workspace=workspace)
    except BaseException:
        shutil.rmtree(workspace, ignore_errors=True)
        raise
    weakref.finalize(extract, shutil.rmtree, workspace, ignore_errors=True)
    return extract


def first_wave(segments: Segments, segment: str, *, industries: int = 3, scheme: str = "case", size: int = 500) -> tuple[WaveMember, ...]:
    """The list to contact first in one segment.

    Args:
        segments: codes at a date, from `RFMRule.assign`.
        segment: slug of the segment, such as `needs_attention`.
        industries: how many industries to start with; 0 takes the whole segment.
        scheme: `case` or `guide`.
        size: most customers in the list.

    Returns:
        Customers, most money at stake first, each treated or control.
    """
    base, day = segments.base, segments.as_of
    if not base.enriched:
        enrich(base)
    profile = customer_profile(base, day, segments, AbcXyz(), Lifecycle())
    baselines = measure_baselines(base, segments.rule, day, scheme)
    stakes = customer_stakes(base, segments, scheme, baselines)
    ranks = rank_industries(industry_figures(profile, scheme), segment, industries)
    chosen = [rank.industry for rank in ranks if rank.chosen]
    return FirstWave(size=size).draw(base, segments, profile, stakes, scheme, segment, chosen)
