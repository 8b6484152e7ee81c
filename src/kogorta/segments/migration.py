"""Who moved from which segment to which between two dates, under one frozen rule."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from kogorta.kit.checks import check_choice
from kogorta.kit.clock import parse_day
from kogorta.kit.errors import OptionError
from kogorta.segments.figures import Flow, Migration
from kogorta.segments.naming import SCHEMES
from kogorta.segments.summary import customer_summary, settle_as_of

if TYPE_CHECKING:
    from datetime import date

    from kogorta.base.customer_base import CustomerBase
    from kogorta.segments.rfm import RFMRule


def migration(base: CustomerBase, rule: RFMRule, from_on: date | str, to_on: date | str | None = None, scheme: str = "case") -> Migration:
    """Flows between segments of one scheme.

    Args:
        base: the base.
        rule: the frozen cut points used at both dates, so that only customers move and never the borders.
        from_on: the earlier day.
        to_on: the later day; default the last day of the data.
        scheme: `case` or `guide`.

    Returns:
        Flows, largest first; `source` is `none` for those who had not bought by `from_on`.

    Raises:
        OptionError: the days are not in order.
    """
    check_choice("scheme", scheme, tuple(SCHEMES))
    earlier, later = parse_day("from", from_on), settle_as_of(base, to_on)
    if earlier >= later:
        raise OptionError(
            "The earlier day is {earlier}; it must be before {later}.",
            earlier=earlier.isoformat(),
            later=later.isoformat(),
        )
    before, after = rule.assign(base, earlier), rule.assign(base, later)
    rows = base.connection.execute(
        f"""
        SELECT coalesce(b.segment_{scheme}, 'none'), a.segment_{scheme}, count(*), CAST(sum(a.monetary) AS BIGINT)
        FROM {after.name} a LEFT JOIN {before.name} b USING (customer_id)
        GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2
        """
    ).fetchall()
    return Migration(earlier, later, tuple(Flow(*row) for row in rows))


def earlier_day(base: CustomerBase, as_of: date) -> date | None:
    """A day worth comparing with: a year back, or half of a shorter history; None when there is less than 60 days of it."""
    summary = customer_summary(base, as_of)
    row = base.connection.execute(f"SELECT min(first_order_on) FROM {summary}").fetchone()
    if row is None or row[0] is None:
        return None
    span = (as_of - row[0]).days
    if span < 60:
        return None
    return as_of - timedelta(days=365 if span >= 730 else span // 2)
