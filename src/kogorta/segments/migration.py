"""Who moved from which segment to which between two dates, under one frozen rule."""

from __future__ import annotations

from datetime import timedelta
from hashlib import md5
from typing import TYPE_CHECKING

from kogorta.engine.duck import filled_sql, first_row, read_sql
from kogorta.kit.checks import check_choice
from kogorta.kit.clock import parse_day
from kogorta.kit.errors import OptionError
from kogorta.segments.drift import drifts
from kogorta.segments.moves import YEAR_DAYS, Flow, Migration, Mover, RuleShift, Shift
from kogorta.segments.rfm import RFMRule
from kogorta.segments.summary import customer_summary, materialise, release, settle_as_of
from kogorta.segments.yardstick import Yardstick, yardstick

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from kogorta.base.customer_base import CustomerBase

LEAVERS = 500
"""Names kept of those who left the best segment, unless more are asked for."""


def migration(
    base: CustomerBase,
    rule: RFMRule | Yardstick,
    from_on: date | str,
    to_on: date | str | None = None,
    scheme: str = "case",
    *,
    names: int = LEAVERS,
) -> Migration:
    """Flows between segments of one scheme.

    Args:
        base: the base.
        rule: the frozen rule used at both dates, so that only customers move and never the borders: RFM cut points, or any yardstick.
        from_on: the earlier day.
        to_on: the later day; default the last day of the data.
        scheme: `case` or `guide`: names for RFM cut points; a yardstick knows its own.
        names: how many of those who left the best segment are named.

    Returns:
        Flows, largest first. Every customer of either date is in exactly one: buyers by the later date, of the lifecycle the whole base.

    Raises:
        OptionError: the days are not in order.
    """
    measure = rule if isinstance(rule, Yardstick) else Yardstick(scheme, rule, rule.fitted_as_of)
    earlier, later = _in_order(base, from_on, to_on)
    span = _span(base, earlier)
    placed = _placed(base, measure, earlier, later)
    leavers = _movers(base, measure, placed, f"p.source IN ({measure.labels_of(measure.best)})", names)
    found = Migration(
        earlier,
        later,
        _flows(base, measure, placed),
        measure.scheme,
        measure.absent,
        measure.best,
        tuple(item for item in leavers if item.target != measure.best)[:names],
        measure.learnt_on,
        span,
    )
    release(base, placed)
    return found


def movers(
    base: CustomerBase, measure: Yardstick, from_on: date | str, to_on: date | str | None = None, segment: str | None = None
) -> tuple[Mover, ...]:
    """Customers who changed segment between two dates, most money in the year before the earlier one first.

    Args:
        base: the base.
        measure: the frozen rule.
        from_on: the earlier day.
        to_on: the later day; default the last day of the data.
        segment: only those who left it or entered it; everybody who moved when None.
    """
    if segment is not None:
        check_choice("segment", segment, (*measure.segments, measure.absent))
    earlier, later = _in_order(base, from_on, to_on)
    placed = _placed(base, measure, earlier, later)
    chosen = "p.source <> p.target"
    if segment is not None:
        labels = measure.labels_of(segment)
        chosen += f" AND (p.source IN ({labels}) OR p.target IN ({labels}))"
    found = tuple(item for item in _movers(base, measure, placed, chosen) if item.source != item.target)
    release(base, placed)
    return found


def rule_shift(base: CustomerBase, scheme: str, from_on: date | str, to_on: date | str | None = None) -> RuleShift:
    """How much of the moves is due to cut points learnt anew, and how much to the customers.

    Args:
        base: the base.
        scheme: `case`, `guide`, `abc` or `lifecycle`.
        from_on: the earlier day; cut points are learnt on it.
        to_on: the later day; cut points are learnt on it too.
    """
    earlier, later = _in_order(base, from_on, to_on)
    old, new = yardstick(base, scheme, earlier), yardstick(base, scheme, later)
    tables = [_placed(base, measure, earlier, later) for measure in (old, new)]
    query = read_sql("segments", "shifts").replace("{old}", tables[0]).replace("{new}", tables[1])
    rows = [
        (old.segment_of(a), old.segment_of(b), new.segment_of(c), new.segment_of(d), count)
        for a, b, c, d, count in base.connection.execute(query).fetchall()
    ]
    shifts = []
    for slug in old.segments:
        sizes = [sum(row[4] for row in rows if row[place] == slug) for place in range(4)]
        before, after_old, before_new, after = sizes
        own = ((after_old - before) + (after - before_new)) / 2
        shifts.append(Shift(slug, before, after, own, after - before - own))
    known = [row for row in rows if row[0] != old.absent]
    moved = sum(row[4] for row in known if row[0] != row[3])
    themselves = sum(row[4] for row in known if row[0] not in {row[3], row[1]})
    levels = drifts(base, old.rule, tables[0]) if isinstance(old.rule, RFMRule) else ()
    release(base, *set(tables))
    return RuleShift(earlier, later, tuple(shifts), moved, themselves, levels)


def earlier_day(base: CustomerBase, as_of: date) -> date | None:
    """A day worth comparing with: a year back, or half of a shorter history; None when there is less than 60 days of it."""
    summary = customer_summary(base, as_of)
    row = first_row(base.connection.execute(f"SELECT min(first_order_on) FROM {summary}"))
    if row is None or row[0] is None:
        return None
    span = (as_of - row[0]).days
    if span < 60:
        return None
    return as_of - timedelta(days=365 if span >= 730 else span // 2)


def _in_order(base: CustomerBase, from_on: date | str, to_on: date | str | None) -> tuple[date, date]:
    earlier, later = parse_day("from", from_on), settle_as_of(base, to_on)
    if earlier >= later:
        raise OptionError("The earlier day is {earlier}; it must be before {later}.", earlier=earlier.isoformat(), later=later.isoformat())
    return earlier, later


def _span(base: CustomerBase, earlier: date) -> int:
    """Days whose money is compared: a year, or what there is of the history by the earlier day, at least one."""
    first: date | None = base.ask("SELECT min(day) FROM customer_days")[0][0]  # type: ignore[assignment]
    return YEAR_DAYS if first is None else max(min(YEAR_DAYS, (earlier - first).days + 1), 1)


def _placed(base: CustomerBase, measure: Yardstick, earlier: date, later: date) -> str:
    """Name of the engine table with the labels and the money of each customer at both dates."""
    pieces = {
        "before": measure.label_sql("silent_before", "orders_before", "money_before"),
        "after": measure.label_sql("silent_after", "orders_after", "money_after"),
    }
    span = timedelta(days=_span(base, earlier))
    days = {
        "from_on": earlier.isoformat(),
        "from_year": (earlier - span).isoformat(),
        "to_on": later.isoformat(),
        "to_year": (later - span).isoformat(),
    }
    key = md5(repr(measure).encode(), usedforsecurity=False).hexdigest()[:10]
    return materialise(base, f"moves_{key}_{earlier:%Y%m%d}_{later:%Y%m%d}", filled_sql("segments", "moves", days, pieces), {})


def _flows(base: CustomerBase, measure: Yardstick, placed: str) -> tuple[Flow, ...]:
    rows = base.connection.execute(read_sql("segments", "flows").replace("{placed}", placed)).fetchall()
    sums: dict[tuple[str, str], list[int]] = {}
    for source, target, *figures in rows:
        one = sums.setdefault((measure.segment_of(source), measure.segment_of(target)), [0] * 6)
        for place, figure in enumerate(figures):
            one[place] += int(figure)
    idle = measure.absent, measure.absent
    if measure.scheme == "lifecycle":
        cards = len(base.table("customers")) - sum(one[0] for one in sums.values())
        sums.setdefault(idle, [0] * 6)[0] += cards
    else:
        sums.pop(idle, None)
    flows = (
        Flow(source, target, people, after, before, year_before, year_after, bought)
        for (source, target), (people, bought, before, after, year_before, year_after) in sums.items()
        if people
    )
    return tuple(sorted(flows, key=lambda flow: (-flow.customers, flow.source, flow.target)))


def _movers(base: CustomerBase, measure: Yardstick, placed: str, chosen: str, most: int | None = None) -> Iterable[Mover]:
    query = read_sql("segments", "movers").replace("{placed}", placed).replace("{chosen}", chosen)
    if most is not None:
        # labels of one segment may differ, so those who stayed are told apart here and not counted against the limit
        stayed = measure.labels_of(measure.best)
        query = query.replace("ORDER BY", f"AND p.target NOT IN ({stayed})\nORDER BY") + f"\nLIMIT {most:d}"
    for who, name, source, target, year_before, year_after, money, last, silent, between in base.connection.execute(query).fetchall():
        yield Mover(
            who,
            name,
            measure.segment_of(source),
            measure.segment_of(target),
            int(year_before),
            int(year_after),
            int(money),
            last,
            silent,
            between > 0,
        )
