"""What a person corrects before a file is audited."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kogorta.base.intake import FIELDS, LAYOUTS
from kogorta.base.stages import STATUSES, propose_status
from kogorta.desk.errors import DeskError
from kogorta.desk.imports.reading import LEAVE_OUT, Reading, understood
from kogorta.desk.imports.words import field_name
from kogorta.kit.clock import check_time_zone
from kogorta.kit.money import check_currency

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kogorta.sources.files.preview import Preview

_LONGEST_RATES = 200_000


@dataclass(frozen=True)
class Column:
    """A column of the file as the page shows it: its cells and what it fills."""

    place: int
    header: str
    cells: tuple[str, ...]
    field: str


def columns_of(seen: Preview) -> list[Column]:
    """The columns that have a name."""
    filled = {place: item.field for item in seen.recognised.mapping.fillings for place in item.columns}
    found = []
    for place, header in enumerate(seen.headers):
        if header:
            cells = [row[place] for row in seen.rows if place < len(row) and row[place]]
            found.append(Column(place, header, tuple(cell[:60] for cell in dict.fromkeys(cells))[:3], filled.get(place, LEAVE_OUT)))
    return found


def field_choices() -> list[tuple[str, str]]:
    """What a column may fill, with English names."""
    return [(name, field_name(name)) for name in FIELDS]


def reading_from(posted: Mapping[str, str], seen: Preview, before: Reading) -> Reading:
    """The reading a form speaks of.

    Args:
        posted: fields of the form.
        seen: the head of the file as it was understood before.
        before: the reading until now.

    Raises:
        DeskError: a value is none of those offered.
        OptionError: the currency or the zone is not known.
    """
    layout = posted.get("layout", before.layout)
    if layout not in {"auto", *LAYOUTS}:
        raise DeskError("There is no layout {layout!r}.", layout=layout)
    currency = posted.get("currency", "").strip()
    zone = posted.get("time_zone", "").strip()
    rates = posted.get("rates", before.rates)
    if len(rates) > _LONGEST_RATES:
        raise DeskError("The table of rates is too long; leave the currencies and days that are needed.")
    changed = replace(
        before,
        layout=layout,
        sheet=posted.get("sheet", before.sheet)[:200],
        currency=check_currency("currency", currency) if currency else before.currency,
        time_zone=check_time_zone(zone) if zone else before.time_zone,
        refunds="ignore" if posted.get("refunds", before.refunds) == "ignore" else "net",
        rates=rates,
    )
    if layout != before.layout or changed.sheet != before.sheet:
        return replace(changed, columns={})  # other columns, or another meaning of theirs
    return replace(changed, columns=_columns_from(posted, seen.headers, changed))


def _columns_from(posted: Mapping[str, str], headers: Sequence[str], reading: Reading) -> dict[str, str]:
    """Only what differs from what is recognised by itself; a field chosen by hand is told with all its columns."""
    plain = understood(tuple(headers), replace(reading, columns={}))
    by_itself = {place: item.field for item in plain.mapping.fillings for place in item.columns}
    chosen = {}
    for place, header in enumerate(headers):
        value = posted.get(f"column-{place}", by_itself.get(place, LEAVE_OUT))
        if value != LEAVE_OUT and value not in FIELDS:
            raise DeskError("There is no field {field!r}.", field=value)
        if header:
            chosen[place] = value
    by_hand = {value for place, value in chosen.items() if value not in {by_itself.get(place), LEAVE_OUT}}
    return {headers[place]: value for place, value in chosen.items() if value != by_itself.get(place, LEAVE_OUT) or value in by_hand}


def stages_from(posted: Mapping[str, str], stages: Sequence[str], before: Reading) -> Reading:
    """The reading with what the form says of stages.

    Raises:
        DeskError: a status is none of those offered.
    """
    chosen = dict(before.stages)
    for place, stage in enumerate(stages):
        status = posted.get(f"stage-{place}")
        if status is None:
            continue
        if status not in STATUSES:
            raise DeskError("There is no status {status!r} of a stage.", status=status)
        if status == (propose_status(stage) or "open"):
            chosen.pop(stage, None)
        else:
            chosen[stage] = status
    return replace(before, stages=chosen)
