"""What every customer of a base is worth: from the day ledger to a table of scores, with all that a report says about them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date as calendar
from typing import TYPE_CHECKING, Final

import numpy as np

from kogorta.kit.errors import InputError
from kogorta.value.appraisal import Appraiser
from kogorta.value.churn import ChurnDetector
from kogorta.value.day_ledger import EPOCH, ROWS, DayLedger
from kogorta.value.forecast import SegmentCodes, ValueForecaster
from kogorta.value.retention import RetentionEconomics
from kogorta.value.vip import Vip

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from kogorta.base.customer_base import CustomerBase
    from kogorta.base.numbered_days import NumberedDays
    from kogorta.value.appraisal import Appraisal
    from kogorta.value.churn import ChurnSignal
    from kogorta.value.forecast import BaseForecast, Outlook
    from kogorta.value.retention import RetentionWorth
    from kogorta.value.summary import IntArray
    from kogorta.value.vip import FittedVip


_EVERY_ORDER: Final = """SELECT customer_id, ordered_on AS day, CAST(sum(net_amount_base) AS BIGINT) AS amount FROM orders
    WHERE status = 'won' AND net_amount_base >= 0 GROUP BY customer_id, ordered_on"""


_DAY: Final = "CAST(date_diff('day', DATE '1970-01-01', d.day) AS INTEGER)"
_STRETCH: Final = 10_000
"""Customers counted together to see how many can be read at once."""


@dataclass(frozen=True, eq=False)
class Valuation:
    """The value of a base at a day.

    Args:
        appraisal: the back-test, the gate and the rule behind the figures.
        forecast: figures of the base and of its segments; those of customers are in `scores`.
        scores: engine table: customer_id, p_alive, expected_orders_90d, clv, clv_low, clv_high (money in minor units).
        retention: what keeping customers is worth; None when the history is too short, `retention_refused` then says why.
        churn: customers who show signs of leaving, first to call first.
        vip: the frozen threshold of the most valuable; None when nobody has a value.
    """

    appraisal: Appraisal
    forecast: BaseForecast
    scores: str
    retention: RetentionWorth | None
    retention_refused: str
    churn: tuple[ChurnSignal, ...]
    vip: FittedVip | None

    @property
    def modelled(self) -> bool:
        """Whether a model passed the gate; else the figures are the naive rate."""
        return self.appraisal.gate.shown == "model"


@dataclass(frozen=True)
class Valuer:
    """How customers are valued.

    Args:
        appraiser: which models may be used and what they must show.
        forecaster: horizons, margin, discount rate and intervals.
        economics: how the worth of retention is measured.
        detector: what counts as a sign of leaving.
        vip: how many are VIP when the threshold is frozen.
    """

    appraiser: Appraiser = field(default_factory=Appraiser)
    forecaster: ValueForecaster = field(default_factory=ValueForecaster)
    economics: RetentionEconomics = field(default_factory=RetentionEconomics)
    detector: ChurnDetector = field(default_factory=ChurnDetector)
    vip: Vip = field(default_factory=Vip)

    def value(self, base: CustomerBase, as_of: date, segments: str | None = None) -> Valuation | None:
        """Value every buyer of a base.

        Args:
            base: the base.
            as_of: end of observation, that day included.
            segments: query of our own that gives customer_id and segment, for totals by segment.

        Returns:
            The valuation, or None when nobody has bought by that day or the purchases hold nothing to value.
        """
        ledger = ledger_of(base, as_of, named=False)
        if ledger is None:
            return None
        try:
            histories = self.appraiser.histories(ledger, as_of)
        except InputError:
            return None  # every purchase was made on the last day: no time has passed to learn from
        retention, refused = self._retention(ledger, as_of)
        churn = _by_name(base, self._churn(ledger, as_of))
        del ledger  # of a hundred million purchase days it is the largest thing held, and what follows reads histories alone
        appraisal = self.appraiser.judge(histories)
        del histories
        codes = None if segments is None else _segments_of(base, as_of, segments)
        outlook = appraisal.outlook(codes, self.forecaster)
        scores, values = _store(base, outlook, as_of)
        return Valuation(
            appraisal=appraisal.without_histories(),
            forecast=outlook.whole,
            scores=scores,
            retention=retention,
            retention_refused=refused,
            churn=churn,
            vip=self._vip(values, outlook.whole.currency),
        )

    def _retention(self, ledger: DayLedger, as_of: date) -> tuple[RetentionWorth | None, str]:
        try:
            return self.economics.measure(ledger, as_of), ""
        except InputError as error:
            return None, str(error)

    def _churn(self, ledger: DayLedger, as_of: date) -> tuple[ChurnSignal, ...]:
        try:
            return self.detector.detect(ledger, as_of)
        except InputError:
            return ()  # nobody bought twice: there is no rhythm to fall out of

    def _vip(self, clv: IntArray, currency: str) -> FittedVip | None:
        return self.vip.fit(clv, currency) if clv.max(initial=0) > 0 else None


def ledger_of(base: CustomerBase, as_of: date | None, *, zero_sums: bool = False, named: bool = True) -> DayLedger | None:
    """The purchase days of a base up to a day.

    Args:
        base: the base.
        as_of: end of this day; None takes everything.
        zero_sums: whether a won order of zero is a purchase. RFM says no; a plain file of transactions, where each row is a visit, yes.
        named: customers of a large base by their ids; else by their numbers in `CustomerBase.numbered_days`, where it has them: a text of
            each of ten million takes most of a gigabyte.

    Returns:
        The ledger, or None when there is not one purchase day.
    """
    until = (as_of or calendar.max).isoformat()
    numbered = None if zero_sums else base.numbered_days()
    if numbered is not None:
        return _numbered_ledger(base, numbered, until, named=named)
    source = _EVERY_ORDER if zero_sums else "SELECT customer_id, day, amount FROM customer_days WHERE orders > 0"
    days = f"WITH days AS (SELECT * FROM ({source}) WHERE day <= CAST($until AS DATE))"
    columns = base.connection.execute(
        f"""{days}, ids AS (SELECT customer_id, row_number() OVER (ORDER BY customer_id) - 1 AS code
        FROM (SELECT DISTINCT customer_id FROM days))
        SELECT CAST(i.code AS INTEGER) AS code, {_DAY} AS day, d.amount FROM days d JOIN ids i USING (customer_id) ORDER BY 1, 2""",
        {"until": until},
    ).fetchnumpy()
    if not len(columns["code"]):
        return None
    names = base.connection.execute(f"{days} SELECT DISTINCT customer_id FROM days ORDER BY 1", {"until": until}).fetchnumpy()
    return DayLedger(
        np.asarray(names["customer_id"], dtype=object),
        np.asarray(columns["code"]),
        np.asarray(columns["day"]),
        np.asarray(columns["amount"]),
        base.currency,
    )


def _numbered_ledger(base: CustomerBase, numbered: NumberedDays, until: str, *, named: bool) -> DayLedger | None:
    """The same of a large base: sixteen bytes a row, filled a stretch of customers at a time, so that no sort of all of it is needed."""
    chosen = f"FROM {numbered.days} AS d WHERE orders > 0 AND day <= CAST($until AS DATE)"
    sizes = base.connection.execute(
        f"SELECT customer_id // {_STRETCH} AS stretch, count(*) AS days {chosen} GROUP BY 1 ORDER BY 1", {"until": until}
    ).fetchall()
    rows = sum(size for _, size in sizes)
    if not rows:
        return None
    customer, day, amount = np.empty(rows, dtype=np.int32), np.empty(rows, dtype=np.int32), np.empty(rows, dtype=np.int64)
    filled = 0
    for first, last in _stretches(sizes):
        columns = base.connection.execute(
            f"""SELECT customer_id AS code, {_DAY} AS day, amount
            {chosen} AND customer_id BETWEEN $first AND $last ORDER BY 1, 2""",
            {"until": until, "first": first * _STRETCH, "last": (last + 1) * _STRETCH - 1},
        ).fetchnumpy()
        place = slice(filled, filled + len(columns["code"]))
        customer[place], day[place], amount[place] = columns["code"], columns["day"], columns["amount"]
        filled = place.stop
    ids = np.arange(int(customer[-1]) + 1)
    if named:
        names = base.connection.execute(f"SELECT customer_id FROM {numbered.names} ORDER BY number").fetchnumpy()
        ids = np.asarray(names["customer_id"], dtype=object)
    return DayLedger(ids, customer, day, amount, base.currency)


def _stretches(sizes: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """First and last of neighbouring stretches that hold about `ROWS` purchase days together."""
    first, held = sizes[0][0], 0
    for (stretch, size), following in zip(sizes, [*sizes[1:], None], strict=True):
        held += size
        if following is None or held + following[1] > ROWS:
            yield first, stretch
            if following is not None:
                first, held = following[0], 0


def _segments_of(base: CustomerBase, as_of: date, segments: str) -> SegmentCodes:
    """The segment of every customer of the ledger, in the order of its ids; empty where there is none."""
    numbered = base.numbered_days()
    ledger, key = ("customer_days", "customer_id") if numbered is None else (numbered.days, "number")
    ids = f"SELECT DISTINCT customer_id AS {key} FROM {ledger} WHERE orders > 0 AND day <= CAST($as_of AS DATE)"
    named = segments if numbered is None else f"SELECT number, segment FROM ({segments}) JOIN {numbered.names} USING (customer_id)"
    labels = [
        row[0] for row in base.connection.execute(f"SELECT DISTINCT coalesce(segment, '') FROM ({segments}) UNION SELECT ''").fetchall()
    ]
    labels.sort()
    found = base.connection.execute(
        f"""SELECT CAST(list_position($labels, coalesce(g.segment, '')) - 1 AS SMALLINT) AS code
        FROM ({ids}) AS ids LEFT JOIN ({named}) AS g USING ({key}) ORDER BY ids.{key}""",
        {"as_of": as_of.isoformat(), "labels": labels},
    ).fetchnumpy()
    return SegmentCodes(tuple(labels), np.asarray(found["code"]))


def _by_name(base: CustomerBase, signals: tuple[ChurnSignal, ...]) -> tuple[ChurnSignal, ...]:
    """Signals of customers of a large base, who go by their numbers, with their ids."""
    numbered = base.numbered_days()
    if numbered is None or not signals:
        return signals
    numbers = [int(signal.customer_id) for signal in signals]
    rows = base.connection.execute(
        f"SELECT number, customer_id FROM {numbered.names} WHERE number IN (SELECT unnest($numbers))", {"numbers": numbers}
    ).fetchall()
    names = dict(rows)
    return tuple(replace(signal, customer_id=names[number]) for signal, number in zip(signals, numbers, strict=True))


def _store(base: CustomerBase, outlook: Outlook, as_of: date) -> tuple[str, IntArray]:
    """Put the figures of customers into the engine, a part at a time; gives the table and the value of each."""
    name = f"value_scores_{(as_of - EPOCH).days}"
    numbered, connection = base.numbered_days(), base.connection
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE made_scores (customer {"VARCHAR" if numbered is None else "INTEGER"}, p_alive DOUBLE,
        expected_orders_90d DOUBLE, clv BIGINT, clv_low BIGINT, clv_high BIGINT)"""
    )
    values = np.empty(len(outlook), dtype=np.int64)
    filled = 0
    for part in outlook.parts():
        columns = {
            "customer": np.asarray(part.customer_ids, dtype=object if numbered is None else None),
            "p_alive": part.p_alive,
            "expected_orders_90d": part.expected_orders,
            "clv": part.clv,
            "clv_low": part.clv_low,
            "clv_high": part.clv_high,
        }
        connection.register("incoming_scores", columns)
        connection.execute(
            """INSERT INTO made_scores SELECT customer, CASE WHEN isnan(p_alive) THEN NULL ELSE p_alive END,
            expected_orders_90d, clv, clv_low, clv_high FROM incoming_scores"""
        )
        connection.unregister("incoming_scores")
        values[filled : filled + len(part)] = part.clv
        filled += len(part)
    ids, source = "customer", "made_scores"
    if numbered is not None:
        ids, source = "n.customer_id", f"made_scores JOIN {numbered.names} AS n ON n.number = customer"
    figures = "p_alive, expected_orders_90d, clv, clv_low, clv_high"
    base.shelf.keep(name, f"SELECT {ids} AS customer_id, {figures} FROM {source}", large=numbered is not None)
    connection.execute("DROP TABLE made_scores")
    return name, values
