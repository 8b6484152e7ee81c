"""Does the priority segment survive other definitions that an honest analyst could have chosen?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kogorta.engine.duck import first_row, read_sql
from kogorta.kit.errors import InputError
from kogorta.kit.language import minor_digits
from kogorta.segments.rfm import RFM
from kogorta.segments.summary import customer_summary, materialise, release
from kogorta.waves.plan import SensitivityCase
from kogorta.waves.priority import FEWEST_CUSTOMERS, customer_stakes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from kogorta.base.customer_base import CustomerBase
    from kogorta.segments.rfm import Segments
    from kogorta.waves.baseline import Baseline

FIXED_RECENCY: Final = (90, 365)
FIXED_FREQUENCY: Final = (1, 3)
RECENT_YEARS: Final = 3


def try_definitions(
    base: CustomerBase,
    segments: Segments,
    scheme: str,
    priority: str,
    baselines: Mapping[str, Baseline],
    expected: str | None = None,
) -> tuple[SensitivityCase, ...]:
    """The same choice under other cut methods, windows and refund rules.

    Args:
        base: the base.
        segments: the codes of the report.
        scheme: `case` or `guide`.
        priority: the priority segment of the report.
        baselines: baseline rates by segment, the same in every case: they are a measurement, not a definition.
        expected: engine table of orders expected without action, as the plan uses it.

    Returns:
        One row per definition, the report's own first.
    """
    mine = f"(SELECT customer_id FROM {segments.name} WHERE segment_{scheme} = '{priority}')"
    cases = []
    for name, tried in _alternatives(base, segments):
        stakes = customer_stakes(base, tried, scheme, baselines, expected=expected)
        row = first_row(
            base.connection.execute(
                f"""
            WITH sums AS (SELECT g.segment_{scheme} AS segment, count(*) AS n, sum(g.monetary) AS revenue, sum(k.at_stake) AS stake
                FROM {tried.name} g JOIN {stakes} k USING (customer_id) GROUP BY 1)
            SELECT segment, n, revenue / nullif((SELECT sum(revenue) FROM sums), 0) FROM sums
            ORDER BY n < {FEWEST_CUSTOMERS}, stake DESC, revenue DESC, segment LIMIT 1
            """
            )
        )
        if row is None:
            continue
        segment, customers, share = row
        shared = first_row(
            base.connection.execute(
                f"""
            WITH theirs AS (SELECT customer_id FROM {tried.name} WHERE segment_{scheme} = '{priority}')
            SELECT (SELECT count(*) FROM theirs WHERE customer_id IN {mine}),
                (SELECT count(*) FROM (SELECT * FROM theirs UNION SELECT * FROM {mine} AS mine))
            """
            )
        )
        both, either = shared or (0, 0)
        cases.append(SensitivityCase(name, segment, customers, float(share or 0), both / either if either else 1.0, segment == priority))
        if tried.name != segments.name:
            release(base, stakes, tried.name)
    return tuple(cases)


def _alternatives(base: CustomerBase, segments: Segments) -> Iterator[tuple[str, Segments]]:
    day, rule = segments.as_of, segments.rule
    summary = customer_summary(base, day)
    yield "base", segments
    tried: list[tuple[str, RFM, str]] = []
    money = [bound / 10 ** minor_digits(base.currency) for bound in _thirds_of_money(base, summary)]
    tried.append(("fixed_thresholds", RFM(recency=FIXED_RECENCY, frequency=FIXED_FREQUENCY, money=money), summary))
    tried.extend((name, RFM(levels), summary) for levels, name in ((4, "four_levels"), (5, "five_levels")) if levels != rule.levels)
    tried.append(("average_check", RFM(rule.levels, monetary="average_check"), summary))
    tried.append(("last_3_years", RFM(rule.levels), _windowed(base, day)))
    tried.append(("ignore_refunds", RFM(rule.levels), _gross(base, day)))
    for name, how, table in tried:
        try:
            yield name, how.fit_summary(base, table, day).assign_summary(base, table, day)
        except InputError:
            continue  # nobody bought inside the window: there is nothing to compare


def _thirds_of_money(base: CustomerBase, summary: str) -> tuple[int, ...]:
    """Round numbers near the thirds of total revenue: what a person would have written down."""
    row = first_row(
        base.connection.execute(
            f"""WITH sorted AS (SELECT monetary, sum(monetary) OVER (ORDER BY monetary, customer_id) AS running,
            sum(monetary) OVER () AS total FROM {summary} WHERE monetary > 0)
        SELECT min(monetary) FILTER (running * 10 >= total), min(monetary) FILTER (running * 10 >= 4 * total) FROM sorted"""
        )
    )
    low, high = (row[0] or 1, row[1] or 2) if row else (1, 2)
    rounded = sorted(_round_off(int(bound)) for bound in (low, high))
    return tuple(rounded)


def _round_off(value: int) -> int:
    scale: int = 10 ** max(len(str(value)) - 1, 0)
    return int(max(round(value / scale), 1) * scale)


def _windowed(base: CustomerBase, day: date) -> str:
    leap = (day.month, day.day) == (2, 29) and RECENT_YEARS % 4 != 0
    since = day.replace(year=day.year - RECENT_YEARS, day=28 if leap else day.day)
    query = read_sql("segments", "summary").replace("WHERE day <=", f"WHERE day > DATE '{since.isoformat()}' AND day <=")
    return materialise(base, f"summary_{RECENT_YEARS}y_{day:%Y%m%d}", query, {"as_of": day.isoformat()})


def _gross(base: CustomerBase, day: date) -> str:
    if base.ask("SELECT count(*) FROM orders WHERE stage_status = 'won' AND amount_base < 0")[0][0] == 0:
        return customer_summary(base, day)  # nothing was refunded, so both rules say the same
    ledger = """(SELECT customer_id, ordered_on AS day, count(*) AS orders, sum(amount_base) AS amount FROM orders
        WHERE stage_status = 'won' AND amount_base > 0 GROUP BY customer_id, ordered_on)"""
    query = read_sql("segments", "summary").replace("FROM customer_days", f"FROM {ledger} AS gross_days")
    return materialise(base, f"summary_gross_{day:%Y%m%d}", query, {"as_of": day.isoformat()})
