"""Who is leaving, and what tells so: orders rarer than before, an order overdue, complaints, letters left unopened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from kogorta.kit.checks import check_between, check_positive
from kogorta.kit.errors import InputError
from kogorta.kit.language import message
from kogorta.value.cells import tally
from kogorta.value.columns import chosen, gathered
from kogorta.value.day_ledger import day_number, day_of
from kogorta.value.frequency_fall import discoveries, frequency_fall
from kogorta.value.remark import Quantity, Remark
from kogorta.value.rhythm import BaseRhythm, rhythm

if TYPE_CHECKING:
    from datetime import date

    import numpy.typing as npt

    from kogorta.kit.language import Language
    from kogorta.value.day_ledger import DayLedger
    from kogorta.value.frequency_fall import FrequencyFall
    from kogorta.value.rhythm import Rhythm
    from kogorta.value.summary import FloatArray, IntArray


OVERDUE_SHARE: Final = 0.5
UNHAPPY_SHARE: Final = 0.25
"""Shares of a customer's yearly sum taken to be at stake: an overdue order may still come, a complaint is only a sign."""


@dataclass(frozen=True, eq=False)
class SupportRecord:
    """Complaints of customers: how many in the recent window and how many before it."""

    customer_ids: npt.ArrayLike
    recent: npt.ArrayLike
    before: npt.ArrayLike


@dataclass(frozen=True, eq=False)
class EmailRecord:
    """Letters sent to customers and answered by an opening or a click, in the recent window and before it."""

    customer_ids: npt.ArrayLike
    sent_recent: npt.ArrayLike
    answered_recent: npt.ArrayLike
    sent_before: npt.ArrayLike
    answered_before: npt.ArrayLike


@dataclass(frozen=True)
class ChurnSignal:
    """A customer who shows signs of leaving.

    Attributes:
        customer_id: identifier.
        rank: 1 is the first to call.
        at_stake: money a year that would be missed if the signs are right, minor units.
        frequency_ratio: recent order rate over the customer's own before; with its interval. None without a baseline.
        p_value: probability of so few recent orders if nothing had changed; None without a baseline.
        next_order_on: day the next order is or was expected on.
        reasons: what tells so, the strongest first.
    """

    customer_id: str
    rank: int
    at_stake: int
    frequency_ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    p_value: float | None
    next_order_on: date
    reasons: tuple[Remark, ...]

    def text(self, language: Language) -> str:
        """The reasons as one paragraph."""
        return " ".join(reason.text(language) for reason in self.reasons)


@dataclass(frozen=True)
class ChurnDetector:
    """What counts as a sign.

    Args:
        recent_days: the window compared with the customer's own past before it.
        false_alarms: share of falls reported that may be chance (Benjamini-Hochberg over all customers tested).
        late: probability of a shorter silence from which an order counts as overdue.
        level: probability the interval of the frequency ratio should hold.
        gone_days: a longer silence makes a customer gone, not leaving; others deal with those.
        at_most: signals returned.

    Example:
        >>> from datetime import date
        >>> from kogorta.value.day_ledger import DayLedger
        >>> ledger = DayLedger.from_orders(["a"] * 30 + ["b"], [*range(0, 300, 10), 390], [100] * 31)
        >>> found = ChurnDetector().detect(ledger, date(1971, 2, 1))
        >>> [signal.customer_id for signal in found], found[0].frequency_ratio
        (['a'], 0.0)
    """

    recent_days: int = 90
    false_alarms: float = 0.1
    late: float = 0.95
    level: float = 0.9
    gone_days: int = 180
    at_most: int = 1000

    def __post_init__(self) -> None:
        check_positive("recent_days", self.recent_days)
        check_between("false_alarms", self.false_alarms, 0.001, 0.5)
        check_between("late", self.late, 0.5, 0.999)
        check_between("level", self.level, 0.5, 0.999)
        check_positive("gone_days", self.gone_days)
        check_positive("at_most", self.at_most)

    def detect(
        self,
        ledger: DayLedger,
        as_of: date,
        complaints: SupportRecord | None = None,
        email: EmailRecord | None = None,
    ) -> tuple[ChurnSignal, ...]:
        """Rank customers who show signs of leaving, by what is at stake.

        Args:
            ledger: purchase days.
            as_of: end of observation, that day included.
            complaints: complaints to support, if known.
            email: response to letters, if known.

        Returns:
            Signals, the largest sum at stake first; ties by customer.

        Raises:
            InputError: nobody bought twice by `as_of`.
        """
        beats, fall, tests = self._suspects(ledger, as_of, everyone=complaints is not None or email is not None)
        here = beats.silent_days <= self.gone_days
        rows = beats.customer_ids.size
        signs = _Signs(
            fall=fall,
            beats=beats,
            falling=discoveries(np.where(here, fall.p_value, np.inf), self.false_alarms, tests),
            late=here & (beats.lateness > self.late) & (beats.orders > 2),
            complaints=here * (np.zeros(rows, dtype=np.int64) if complaints is None else _risen(beats, complaints)),
            cold=here & (np.zeros(rows, dtype=bool) if email is None else self._cold(beats, email)),
            response=np.zeros((2, rows)) if email is None else _response(beats, email),
        )
        severity = signs.severity()
        flagged = np.flatnonzero(severity > 0)
        stake = np.rint(fall.yearly * severity).astype(np.int64)
        tested = np.isfinite(fall.p_value)
        order = flagged[np.lexsort((flagged, -severity[flagged], -stake[flagged]))][: self.at_most]
        return tuple(
            ChurnSignal(
                customer_id=str(beats.customer_ids[row]),
                rank=place + 1,
                at_stake=int(stake[row]),
                frequency_ratio=float(fall.ratio[row]) if tested[row] else None,
                ratio_low=float(fall.low[row]) if tested[row] else None,
                ratio_high=float(fall.high[row]) if tested[row] else None,
                p_value=float(fall.p_value[row]) if tested[row] else None,
                next_order_on=day_of(int(beats.due_day[row])),
                reasons=self._reasons(int(row), signs),
            )
            for place, row in enumerate(order)
        )

    def _suspects(self, ledger: DayLedger, as_of: date, *, everyone: bool) -> tuple[Rhythm, FrequencyFall, int]:
        """Rhythm and fall of the customers whose purchases may be a sign (or of everyone), and how many falls were tested."""
        base = BaseRhythm.learn(ledger, as_of)
        beats, falls, tests = [], [], 0
        for part in ledger.parts(day_number(as_of)):
            beat = rhythm(part, as_of, base=base)
            fall = frequency_fall(part, as_of, self.recent_days, self.level)
            here = beat.silent_days <= self.gone_days
            tests += int((here & np.isfinite(fall.p_value)).sum())
            kept = here & ((fall.p_value <= self.false_alarms) | (beat.lateness > self.late)) | everyone
            beats.append(chosen(beat, kept))
            falls.append(chosen(fall, kept))
        return gathered(beats), gathered(falls), tests

    def _reasons(self, row: int, signs: _Signs) -> tuple[Remark, ...]:
        fall, beats = signs.fall, signs.beats
        window: Quantity = ("days", "days", self.recent_days)
        found = []
        if signs.falling[row] and fall.recent[row] == 0:
            found.append(Remark("stopped", STOPPED, (window, ("usual", "decimal", float(fall.expected[row])))))
        elif signs.falling[row]:
            bounds = (float(fall.ratio[row]), float(fall.low[row]), float(fall.high[row]))
            shares: tuple[Quantity, ...] = tuple(
                (name, "percent", value) for name, value in zip(("share", "low", "high"), bounds, strict=True)
            )
            found.append(Remark("falling", FALLING, (window, *shares)))
        if signs.late[row]:
            silence: tuple[Quantity, ...] = (
                ("interval", "days", float(beats.interval_days[row])),
                ("silent", "days", float(beats.silent_days[row])),
                ("due", "day", day_of(int(beats.due_day[row]))),
            )
            found.append(Remark("overdue", OVERDUE, silence))
        if signs.complaints[row]:
            found.append(Remark("complained", COMPLAINED, (window, ("complaints", "number", int(signs.complaints[row])))))
        if signs.cold[row]:
            recent, before = (float(value) for value in signs.response[:, row])
            found.append(Remark("cold", COLD, (("recent", "percent", recent), ("before", "percent", before))))
        return tuple(found)

    def _cold(self, beats: Rhythm, email: EmailRecord) -> npt.NDArray[np.bool_]:
        """Customers who answer letters less than they did, by Fisher's exact test."""
        from scipy.stats import hypergeom

        sent, answered, sent_before, answered_before = _letters(beats, email)
        known = (sent > 0) & (sent_before > 0) & (answered + answered_before > 0)
        p_value = np.full(sent.size, np.inf)
        p_value[known] = hypergeom.cdf(answered[known], (sent + sent_before)[known], (answered + answered_before)[known], sent[known])
        return discoveries(p_value, self.false_alarms)


STOPPED = message("No orders in the last {days}, where about {usual} were to be expected.")
FALLING = message("Orders at {share} of the earlier pace over the last {days} (between {low} and {high}).")
OVERDUE = message("Usually orders every {interval}, silent for {silent}; the next order was due on {due}.")
COMPLAINED = message("Complaints to support in the last {days}: {complaints}.")
COLD = message("Answers letters less: {recent} of them now, {before} before.")


@dataclass(frozen=True, eq=False)
class _Signs:
    """What was found, one row per customer."""

    fall: FrequencyFall
    beats: Rhythm
    falling: npt.NDArray[np.bool_]
    late: npt.NDArray[np.bool_]
    complaints: IntArray
    cold: npt.NDArray[np.bool_]
    response: FloatArray

    def severity(self) -> FloatArray:
        """Share of the customer's yearly sum at stake; 0 for those without signs."""
        lost = np.where(self.falling, np.clip(1 - self.fall.ratio, 0.0, 1.0), 0.0)
        silent = np.where(self.late, self.beats.lateness * OVERDUE_SHARE, 0.0)
        unhappy = np.where((self.complaints > 0) | self.cold, UNHAPPY_SHARE, 0.0)
        worst: FloatArray = np.maximum(lost, np.maximum(silent, unhappy))
        return worst


def _risen(beats: Rhythm, complaints: SupportRecord) -> IntArray:
    """Recent complaints of customers who complain more than they used to, or for the first time."""
    recent = _column(beats, complaints.customer_ids, complaints.recent)
    before = _column(beats, complaints.customer_ids, complaints.before)
    return np.where(recent > before, recent, 0.0).astype(np.int64)


def _letters(beats: Rhythm, email: EmailRecord) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    sent, answered, sent_before, answered_before = (
        _column(beats, email.customer_ids, values)
        for values in (email.sent_recent, email.answered_recent, email.sent_before, email.answered_before)
    )
    if (answered > sent).any() or (answered_before > sent_before).any():
        raise InputError("more letters were answered than sent for some customer; check the e-mail record.")
    return sent, answered, sent_before, answered_before


def _response(beats: Rhythm, email: EmailRecord) -> FloatArray:
    """Share of letters answered, recently and before, shape (2, n)."""
    sent, answered, sent_before, answered_before = _letters(beats, email)
    return np.stack(
        [
            np.divide(part, whole, out=np.zeros(whole.size), where=whole > 0)
            for part, whole in ((answered, sent), (answered_before, sent_before))
        ]
    )


def _column(beats: Rhythm, ids: npt.ArrayLike, values: npt.ArrayLike) -> FloatArray:
    """A record's column in the order of the customers; those without a record have zero."""
    given, column = np.asarray(ids), np.asarray(values, dtype=np.float64)
    if given.shape != column.shape or given.ndim != 1:
        raise InputError(
            "a record has {size} customers and {size_2} counts; give one count per customer.",
            size=given.size,
            size_2=column.size,
        )
    if not (np.isfinite(column) & (column >= 0)).all():
        raise InputError("a record holds a negative or missing count; give whole numbers from zero.")
    place = np.searchsorted(beats.customer_ids, given)
    inside = place < beats.customer_ids.size
    inside[inside] = beats.customer_ids[place[inside]] == given[inside]
    return tally(place[inside].astype(np.int64), column[inside], beats.customer_ids.size)
