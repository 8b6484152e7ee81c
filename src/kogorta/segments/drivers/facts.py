"""Facts: an outcome of each customer beside the levels of every factor, measured at his anchor."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from kogorta.engine.duck import first_row, read_sql
from kogorta.kit.clock import parse_day
from kogorta.kit.errors import InputError, OptionError
from kogorta.kit.language import minor_digits
from kogorta.segments.drivers.factors import BETWEEN, EXACT, FACTORS, FROM, UP_TO, Factor, Level
from kogorta.segments.summary import customer_summary

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from numpy.typing import NDArray

    from kogorta.base.customer_base import CustomerBase

    Floats = NDArray[np.float64]
    Codes = NDArray[np.intp]

OutcomeName = Literal["repeat", "churn", "average_check", "response"]
OUTCOMES: Final[tuple[OutcomeName, ...]] = ("repeat", "churn", "average_check", "response")
CONTACTS: Final = ("email_sent", "email_delivered", "sms_sent", "sms_delivered", "message_sent", "call")
REACTIONS: Final = ("email_click", "email_reply", "sms_click", "message_reply", "reply", "form", "call_back")
MOST_ATTRIBUTES: Final = 20
_ANCHORS: Final[Mapping[str, str]] = {
    "repeat": "anchors_repeat",
    "churn": "anchors_active",
    "average_check": "anchors_active",
    "response": "anchors_contacted",
}
_LATER_ONLY: Final = ("past_tenure", "past_orders", "past_recency", "past_check")
"""Of no meaning on the day of the first order."""
_TEXTS: Final = ("kind", "industry", "region", "role", "source", "manager", "gender", "first_category", "first_channel", "first_manager")


@dataclass(frozen=True)
class GivenFactor:
    """A factor of the user's own.

    Args:
        label: what it is, in the reader's words.
        values: customer id -> level.
        measured_on: the day it was measured; None when nobody knows, and it is then treated as measured today.
    """

    label: str
    values: Mapping[str, str]
    measured_on: date | str | None = None


@dataclass(frozen=True, eq=False)
class Column:
    """Levels of one factor.

    Args:
        factor: which.
        levels: its different levels.
        codes: shape (n,), place in `levels`, -1 where unknown.
    """

    factor: Factor
    levels: tuple[Level, ...]
    codes: Codes


@dataclass(frozen=True, eq=False)
class Facts:
    """An outcome and the factors beside it.

    Args:
        outcome: which.
        as_of: last day seen.
        window: days the outcome was watched.
        currency: ISO code of the money.
        target: shape (n,): 0 or 1, or the logarithm of the average check in minor units; NaN for who has none.
        columns: the factors.
        began: day of the first purchase in the base.
    """

    outcome: OutcomeName
    as_of: date
    window: int
    currency: str
    target: Floats
    columns: tuple[Column, ...]
    began: date | None = None

    @property
    def is_rate(self) -> bool:
        """Whether the outcome is yes or no."""
        return self.outcome != "average_check"


def gather_facts(
    base: CustomerBase, outcome: OutcomeName, as_of: date, window: int, *, active: int = 365, given: Sequence[GivenFactor] = ()
) -> Facts:
    """Measure the factors at each customer's anchor and the outcome in the window after it.

    Args:
        base: the base, enriched when industry and region are to be known.
        outcome: `repeat`, `churn`, `average_check` or `response`.
        as_of: last day seen.
        window: days the outcome is watched.
        active: for churn and average check, days before the window within which a customer must have bought.
        given: factors of the user's own.

    Returns:
        The facts, customers by id.
    """
    anchors = read_sql("segments/drivers", _ANCHORS[outcome]).replace("{summary}", customer_summary(base, as_of))
    query = read_sql("segments/drivers", "facts").replace("{anchors}", anchors)
    parameters: dict[str, object] = {
        "as_of": as_of.isoformat(),
        "window": window,
        "zone": base.time_zone,
        "reactions": list(REACTIONS),
        "active": active,
        "contacts": list(CONTACTS),
    }
    used = {name: value for name, value in parameters.items() if f"${name}" in query}
    rows = base.connection.execute(query, used).fetchall()
    names = [str(item[0]) for item in base.connection.description or ()]
    by_name: dict[str, list[object]] = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    ids = [str(one) for one in by_name["customer_id"]]
    columns = list(_built_in(by_name, outcome, 10 ** minor_digits(base.currency)))
    columns += _attributes(base, ids)
    columns += [_given(one, ids, by_name["anchor_on"]) for one in given]
    first = first_row(base.connection.execute("SELECT min(day) FROM customer_days WHERE orders > 0"))
    return Facts(outcome, as_of, window, base.currency, _target(by_name, outcome), tuple(columns), first[0] if first else None)


def _target(rows: Mapping[str, list[object]], outcome: OutcomeName) -> Floats:
    orders = _numbers(rows["after_orders"])
    if outcome == "repeat":
        return np.asarray(orders > 0, dtype=np.float64)
    if outcome == "churn":
        return np.asarray(orders == 0, dtype=np.float64)
    if outcome == "response":
        return _numbers(rows["reacted"])
    with np.errstate(divide="ignore", invalid="ignore"):
        logs: Floats = np.where(orders > 0, np.log(_numbers(rows["after_amount"]) / orders), np.nan)
    return logs


def _built_in(rows: Mapping[str, list[object]], outcome: OutcomeName, unit: int) -> Sequence[Column]:
    found = [text_column(FACTORS[name], rows[name]) for name in _TEXTS]
    found.append(_flag(FACTORS["first_discount"], rows["first_discount"]))
    found += [text_column(FACTORS[name], rows[name]) for name in ("first_weekday", "first_season")]
    found.append(_banded(FACTORS["age"], _numbers(rows["age"]), (18, 25, 35, 45, 55, 65)))
    found.append(_banded(FACTORS["first_hour"], _numbers(rows["first_hour"]), (6, 12, 18)))
    found.append(_banded(FACTORS["first_items"], _numbers(rows["first_items"]), (2, 4, 8)))
    found.append(_banded(FACTORS["all_orders"], _numbers(rows["all_orders"]), (2, 3, 6)))
    found.append(_quarters(FACTORS["first_check"], _numbers(rows["first_check"]), unit))
    if outcome != "repeat":
        orders = _numbers(rows["past_orders"])
        found.append(_banded(FACTORS["past_orders"], orders, (2, 3, 6)))
        found.append(_banded(FACTORS["past_recency"], _numbers(rows["past_recency"]), (31, 91, 181)))
        found.append(_banded(FACTORS["past_tenure"], _numbers(rows["past_tenure"]), (91, 366, 731)))
        with np.errstate(divide="ignore", invalid="ignore"):
            found.append(_quarters(FACTORS["past_check"], _numbers(rows["past_amount"]) / orders, unit))
    order = {name: place for place, name in enumerate(FACTORS)}
    return sorted(found, key=lambda column: order[column.factor.name])


def text_column(factor: Factor, values: Sequence[object]) -> Column:
    """Levels of a factor from its values; spellings that differ in case or outer blanks are one level, shown by the commonest."""
    texts = ["" if value is None else str(value).strip() for value in values]
    spelled: dict[str, Counter[str]] = {}
    for text in texts:
        if text:
            spelled.setdefault(text.casefold(), Counter())[text] += 1
    keys = sorted(spelled)
    places = {key: place for place, key in enumerate(keys)}
    shown = [min(spelled[key].items(), key=lambda item: (-item[1], item[0]))[0] for key in keys]
    codes = np.array([places[text.casefold()] if text else -1 for text in texts], dtype=np.intp)
    return Column(factor, tuple(Level(text) for text in shown), codes)


def _flag(factor: Factor, values: Sequence[object]) -> Column:
    return text_column(factor, [None if value is None else "yes" if value else "no" for value in values])


def _banded(factor: Factor, values: Floats, edges: Sequence[float], *, money: bool = False) -> Column:
    """Bands from edge to edge, upper bounds left out; whole figures are shown with both ends."""
    step = 0.0 if money else 1.0
    levels = [Level("0", UP_TO, high=edges[0], money=money)]
    for place, low in enumerate(edges):
        if place + 1 == len(edges):
            levels.append(Level(str(place + 1), FROM, low=low, money=money))
        elif edges[place + 1] - low <= step:
            levels.append(Level(str(place + 1), EXACT, low=low, money=money))
        else:
            levels.append(Level(str(place + 1), BETWEEN, low=low, high=edges[place + 1] - step, money=money))
    codes = np.where(np.isnan(values), -1, np.searchsorted(np.asarray(edges, dtype=np.float64), np.nan_to_num(values), side="right"))
    return Column(factor, tuple(levels), codes.astype(np.intp))


def _quarters(factor: Factor, values: Floats, unit: int) -> Column:
    """Four bands of money of about equal size, edges rounded to two digits."""
    known = values[~np.isnan(values)]
    if not len(known):
        return Column(factor, (), np.full(len(values), -1, dtype=np.intp))
    edges: list[float] = []
    for edge in np.quantile(known, [0.25, 0.5, 0.75], method="inverted_cdf"):
        major = float(edge) / unit
        step = 10.0 ** (int(np.floor(np.log10(max(major, 1e-9)))) - 1)
        rounded = float(round(round(major / step) * step * unit))
        if rounded > (edges[-1] if edges else 0):
            edges.append(rounded)
    return _banded(factor, values, edges, money=True) if edges else Column(factor, (), np.full(len(values), -1, dtype=np.intp))


def _attributes(base: CustomerBase, ids: list[str]) -> list[Column]:
    """The commonest single-valued attributes the sources gave; they stand as they are today."""
    rows = base.connection.execute(
        """WITH told AS (SELECT customer_id, attributes FROM customers WHERE attributes IS NOT NULL AND json_valid(attributes)
            AND json_type(attributes) = 'OBJECT')
        SELECT t.customer_id, j.key, json_extract_string(j.value, '$') FROM told t, json_each(t.attributes) j
        WHERE j.type NOT IN ('ARRAY', 'OBJECT', 'NULL') ORDER BY 1, 2"""
    ).fetchall()
    by_key: dict[str, dict[str, str]] = {}
    for customer, key, value in rows:
        by_key.setdefault(str(key), {})[str(customer)] = str(value)
    commonest = sorted(by_key, key=lambda key: (-len(by_key[key]), key))[:MOST_ATTRIBUTES]
    return [text_column(Factor(f"attribute:{key}", key, "current", own=True), [by_key[key].get(one) for one in ids]) for key in commonest]


def _given(one: GivenFactor, ids: list[str], anchors: Sequence[object]) -> Column:
    if not one.label.strip():
        raise OptionError("A factor of your own has an empty label; say what it is.")
    strangers = set(one.values) - set(ids)
    if one.values and len(strangers) == len(one.values):
        raise InputError(
            "None of the {count} customer ids of the factor {label!r} is among those looked at; use the ids of customers.csv.",
            count=len(one.values),
            label=one.label,
        )
    timing: Literal["before", "current", "inside"] = "current"
    days = [str(anchor) for anchor in anchors if anchor is not None]
    if one.measured_on is not None and days:
        measured = parse_day("measured_on", one.measured_on).isoformat()
        timing = "before" if measured <= min(days) else "inside" if measured > max(days) else "current"
    return text_column(Factor(f"given:{one.label}", one.label, timing, own=True), [one.values.get(key) for key in ids])


def _numbers(values: Sequence[object]) -> Floats:
    return np.array([np.nan if value is None else float(str(int(value) if isinstance(value, bool) else value)) for value in values])
