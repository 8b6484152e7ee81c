"""What rules read: the tables of a base at a date, prepared once.

    customers    customer_no, customer_id, one column per field, `<field>_key` for texts in comparable form
    orders       customer_no, day, moment, is_order, amount, discount, channel, manager, pipeline
    lines        customer_no, day, order_no, is_order, amount, discount, quantity, category, product, product_id, channel, manager, pipeline
    events       customer_no, day, moment, type, source, campaign, channel, page, category, product, product_id, value
    attributes   customer_no, key, text, number
    transitions  customer_no, segment, way, day

Rows are those up to the date; moments are microseconds since 1970 in UTC. `is_order` is false for a refund that has no order: it lessens
sums and is not counted. Amounts are net of refunds, in minor units; a line bears its part of its order's net sum. Quantities and values of
events are whole thousandths. Texts are in comparable form (`fields.fold`). `customer_no` numbers customers 0, 1, ... by id.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import md5
from typing import TYPE_CHECKING, Final, Literal

from kogorta.engine.duck import read_sql
from kogorta.kit.clock import day_ends
from kogorta.kit.errors import InputError
from kogorta.kit.language import minor_digits
from kogorta.segments.abc_xyz import AbcXyz
from kogorta.segments.lifecycle import Lifecycle
from kogorta.segments.profile import customer_profile
from kogorta.segments.rfm import RFM, RFMRule
from kogorta.segments.rules.fields import FIELDS, family, folded_sql
from kogorta.segments.summary import materialise, settle_as_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    import duckdb

    from kogorta.base.customer_base import CustomerBase
    from kogorta.segments.rules.fields import Grain

COMPUTED: Final = ("age", "recency_days")
"""Fields that follow from a date and the day of evaluation; they have no column."""
TEXT_COLUMNS: Final[Mapping[Grain, tuple[str, ...]]] = {
    "orders": ("channel", "manager", "pipeline"),
    "lines": ("category", "product", "product_id", "channel", "manager", "pipeline"),
    "events": ("type", "source", "campaign", "channel", "page", "category", "product", "product_id"),
    "attributes": ("key", "text"),
    "transitions": ("segment", "way"),
}
_TEXT_FIELDS: Final = tuple(name for name, found in FIELDS.items() if family(found.kind) != "number")
KEYS: Final = tuple(f"{name}_key" for name in _TEXT_FIELDS)
"""Columns of customers with their texts in comparable form."""


@dataclass(frozen=True)
class Snapshot:
    """Tables of the engine that hold what rules read at a date.

    Args:
        connection: the engine.
        as_of: end of this day.
        currency: ISO code; money in rules is in its major units.
        customers, orders, lines, events, attributes: names of the prepared tables.
        transitions: name of the prepared table of moves, or None when none was given.
        lifecycle: how stages were made; explanations need it to see them change.
        rfm: frozen cut points of the RFM fields; None when nobody has bought.
        time_zone: the company's zone, in which a day ends.
    """

    connection: duckdb.DuckDBPyConnection
    as_of: date
    currency: str
    customers: str
    orders: str
    lines: str
    events: str
    attributes: str
    transitions: str | None = None
    lifecycle: Lifecycle = field(default_factory=Lifecycle)
    rfm: RFMRule | None = None
    time_zone: str = "UTC"

    def end_of(self, day: date) -> int:
        """The last microsecond of a day, since 1970 in UTC: the moment a rule is evaluated at unless another is given."""
        return day_ends(day, self.time_zone)

    @property
    def tables(self) -> Mapping[Grain, str]:
        """Prepared tables of rows by grain; moves are there only when they were given."""
        tables: dict[Grain, str] = {"orders": self.orders, "lines": self.lines, "events": self.events, "attributes": self.attributes}
        if self.transitions is not None:
            tables["transitions"] = self.transitions
        return tables

    @property
    def unit(self) -> int:
        """Minor units in a major one."""
        return int(10 ** minor_digits(self.currency))


def take_snapshot(
    base: CustomerBase,
    as_of: date | str | None = None,
    *,
    rfm: RFMRule | None = None,
    abc_xyz: AbcXyz | None = None,
    lifecycle: Lifecycle | None = None,
    values: str | None = None,
    transitions: str | None = None,
) -> Snapshot:
    """Prepare a base for rules at a date; made once for a state of the base, a date and definitions.

    Args:
        base: the base, enriched when fields such as region are to be known.
        as_of: end of this day; default the last day of the data.
        rfm: frozen cut points; learnt at the date when not given.
        abc_xyz: how ABC and XYZ classes are made.
        lifecycle: how stages are made.
        values: engine table with the value columns of `customer_profile`.
        transitions: engine table with customer_id, segment, way (`entered`, `left`), day (DATE): recorded moves.

    Returns:
        The snapshot.

    Raises:
        InputError: the base is empty.
    """
    day = settle_as_of(base, as_of)
    stages, classes = lifecycle or Lifecycle(), abc_xyz or AbcXyz()
    if rfm is None:
        try:
            rfm = RFM().fit(base, day)
        except InputError:
            rfm = None  # nobody has bought yet: the RFM fields stay empty
    segments = rfm.assign(base, day) if rfm is not None else None
    profile = customer_profile(base, day, segments, classes, stages, values).name
    key = md5(f"{profile} {transitions}".encode(), usedforsecurity=False).hexdigest()[:12]
    parameters: dict[str, object] = {"as_of": day.isoformat(), "zone": base.time_zone}

    def make(table: Literal["customers"] | Grain, *used: str, **names: str) -> str:
        query = read_sql("segments/rules", table)
        for name, text in names.items():
            query = query.replace("{" + name + "}", text)
        coded = KEYS if table == "customers" else TEXT_COLUMNS[table]
        return materialise(base, f"rules_{table}_{key}", query, {name: parameters[name] for name in used}, here=True, coded=coded)

    customers = make("customers", "zone", profile=profile, stages=stages.assign(base, day).name, keys=_keys())
    return Snapshot(
        connection=base.connection,
        as_of=day,
        currency=base.currency,
        customers=customers,
        orders=make("orders", "as_of", customers=customers),
        lines=make("lines", "as_of", customers=customers),
        events=make("events", "as_of", "zone", customers=customers),
        attributes=make("attributes", customers=customers),
        transitions=make("transitions", "as_of", customers=customers, transitions=transitions) if transitions else None,
        lifecycle=stages,
        rfm=rfm,
        time_zone=base.time_zone,
    )


def _keys() -> str:
    """Comparable forms of the text fields."""
    return ", ".join(f"{folded_sql(name)} AS {name}_key" for name in _TEXT_FIELDS)
