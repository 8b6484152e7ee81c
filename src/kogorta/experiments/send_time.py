"""When to send: the hour of each customer, drawn towards the segment and everybody while his own history is short."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np

from kogorta.experiments.assignment import Arms, HashSplit, buckets_of
from kogorta.kit.checks import check_between, check_positive
from kogorta.kit.errors import InputError, OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from kogorta.experiments.sums import Floats

HOURS: Final = 24


def local_hours(moments: Sequence[datetime], zones: Sequence[str]) -> tuple[Floats, NDArray[np.bool_]]:
    """Local hour (0-24) and weekend flag of UTC moments.

    Args:
        moments: moments with a time zone.
        zones: IANA zone of each customer.

    Raises:
        InputError: a moment has no zone, or the lengths differ.
    """
    if len(moments) != len(zones):
        raise InputError(
            "there are {moments_count} moments and {zones_count} time zones; give one zone per moment.",
            moments_count=len(moments),
            zones_count=len(zones),
        )
    hours, weekend = np.empty(len(moments)), np.empty(len(moments), dtype=bool)
    for place, (moment, zone) in enumerate(zip(moments, zones, strict=True)):
        if moment.tzinfo is None:
            raise InputError(
                "moment number {place} ({moment}) has no time zone; moments are UTC.",
                place=place + 1,
                moment=moment.isoformat(),
            )
        local = moment.astimezone(ZoneInfo(zone))
        hours[place], weekend[place] = local.hour + local.minute / 60, local.weekday() >= 5
    return hours, weekend


@dataclass(frozen=True, eq=False)
class Responses:
    """Clicks, replies or visits by local time of day, and optionally when messages were sent.

    Args:
        units: customer of each response.
        hours: local hour of each response, 0-24.
        weekend: whether it was on a weekend; `None` = days are not told apart.
        sent_units: customer of each message; with messages the rate per hour is learned, without them the habit.
        sent_hours: local hour of each message.
        sent_weekend: whether it was on a weekend.
    """

    units: Sequence[str]
    hours: Floats
    weekend: NDArray[np.bool_] | None = None
    sent_units: Sequence[str] | None = None
    sent_hours: Floats | None = None
    sent_weekend: NDArray[np.bool_] | None = None


@dataclass(frozen=True, eq=False)
class SendTimeChoice:
    """The slot of each customer.

    Attributes:
        slots: number of the slot.
        start_hours: local hour at which the slot starts.
        explored: whether the slot was drawn to learn, not chosen as the best.
        own_history: responses of the customer behind the choice.
    """

    slots: NDArray[np.int64]
    start_hours: NDArray[np.int64]
    explored: NDArray[np.bool_]
    own_history: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class SendTimeRule:
    """A learned rule: expected response per customer and slot.

    Attributes:
        width: hours per slot.
        allowed: slots outside the quiet hours.
        places: customer -> row of `own`.
        own: responses (smoothed) per customer, part of the week and slot.
        own_sent: messages (smoothed) in the same form; zeros when not given.
        counts: responses per customer and part of the week.
        segments: segment -> expected share or rate per part of the week and slot.
        everybody: the same for all customers.
        strength: how many responses (or messages) of his own outweigh the segment.
        explore: share of customers who get a drawn slot.
    """

    width: int
    allowed: tuple[int, ...]
    places: Mapping[str, int]
    own: Floats
    own_sent: Floats
    counts: NDArray[np.int64]
    segments: Mapping[str, Floats]
    everybody: Floats
    strength: float
    explore: float

    @property
    def rates(self) -> bool:
        """Whether messages were known, so that rates are compared and not habits."""
        return bool(self.own_sent.any())

    def best_slot(self, *, weekend: bool = False) -> int:
        """The one best slot for everybody: what a personal choice has to beat."""
        expected = self.everybody[min(int(weekend), len(self.everybody) - 1)]
        return max(self.allowed, key=lambda slot: (expected[slot], -slot))

    def choose(self, units: Sequence[str], *, segments: Sequence[str] | None = None, weekend: bool = False, seed: int) -> SendTimeChoice:
        """Choose the slot of each customer.

        Args:
            units: ids; a customer without history gets the slot of his segment, or of everybody.
            segments: segment of each customer.
            weekend: whether the message goes out on a weekend.
            seed: of the exploration; who explores depends on seed and id only.

        Raises:
            InputError: the lengths differ.
        """
        if segments is not None and len(segments) != len(units):
            raise InputError(
                "segments has {segments_count} values, but there are {units_count} customers.",
                segments_count=len(segments),
                units_count=len(units),
            )
        part = min(int(weekend), self.own.shape[1] - 1)
        rows = np.asarray([self.places.get(unit, -1) for unit in units], dtype=np.int64)
        known = rows >= 0
        prior = np.tile(self.everybody[part], (len(units), 1))
        if segments is not None:
            for place, name in enumerate(segments):
                if name in self.segments:
                    prior[place] = self.segments[name][part]
        own, sent = np.zeros_like(prior), np.zeros_like(prior)
        own[known], sent[known] = self.own[rows[known], part], self.own_sent[rows[known], part]
        yes = own + self.strength * prior
        expected = yes / (sent + self.strength) if self.rates else yes
        explored = buckets_of(f"explore/{seed}", units) < round(self.explore * 10_000)
        random = np.random.default_rng(seed)
        drawn = random.standard_gamma(np.maximum(yes, 1e-3))
        if self.rates:
            drawn = drawn / (drawn + random.standard_gamma(np.maximum(sent + self.strength - yes, 1e-3)))
        value = np.where(explored[:, None], drawn, expected)
        closed = [slot for slot in range(prior.shape[1]) if slot not in self.allowed]
        value[:, closed] = -1.0
        slots = np.argmax(value, axis=1)
        history = np.zeros(len(units), dtype=np.int64)
        history[known] = self.counts[rows[known], part]
        return SendTimeChoice(slots, slots * self.width, explored, history)

    def trial(self, salt: str) -> HashSplit:
        """The A/B test that must come before any claim: the personal slot against the one best slot."""
        return HashSplit(salt, Arms.of({"one_slot": 50, "personal": 50}))


@dataclass(frozen=True)
class SendTime:
    """How send times are learned.

    Args:
        width: hours per slot; must divide 24.
        strength: responses a customer needs to outweigh his segment by half.
        segment_strength: responses a segment needs to outweigh everybody by half.
        blur: circular smoothing of responses, standard deviation in hours.
        quiet: local hours (from, to) in which nothing is sent; may pass midnight.
        explore: share of customers who get a drawn slot, 0-1.

    Example:
        >>> responses = Responses(["a"] * 6 + ["b"], np.array([9.5, 9.2, 10.1, 9.9, 9.4, 10.3, 19.0]))
        >>> rule = SendTime(explore=0).fit(responses)
        >>> rule.choose(["a", "new"], seed=1).start_hours.tolist()
        [8, 8]

    Source: Dirichlet-multinomial shrinkage over a smoothed histogram; Thompson (1933) for the exploration.
    """

    width: int = 2
    strength: float = 3.0
    segment_strength: float = 50.0
    blur: float = 2.0
    quiet: tuple[int, int] = (22, 8)
    explore: float = 0.1

    def __post_init__(self) -> None:
        if self.width < 1 or HOURS % self.width:
            raise OptionError(
                "width is {width!r}; it must divide 24: 1, 2, 3, 4, 6, 8 or 12 hours.",
                width=self.width,
            )
        check_positive("strength", self.strength)
        check_positive("segment_strength", self.segment_strength)
        check_between("blur", self.blur, 0, 12)
        check_between("explore", self.explore, 0, 1)
        for hour in self.quiet:
            check_between("quiet", hour, 0, 24)
        if not self._allowed():
            raise OptionError(
                "quiet is {quiet!r}; it leaves no slot of {width} hours to send in.",
                quiet=self.quiet,
                width=self.width,
            )

    def _allowed(self) -> tuple[int, ...]:
        start, end = self.quiet
        hours = range(start, end) if start <= end else [*range(start, HOURS), *range(end)]
        closed = {hour % HOURS for hour in hours}
        count = HOURS // self.width
        return tuple(slot for slot in range(count) if not closed & set(range(slot * self.width, (slot + 1) * self.width)))

    def fit(self, responses: Responses, *, segment_of: Mapping[str, str] | None = None) -> SendTimeRule:
        """Learn from past responses.

        Args:
            responses: when customers responded, and when they were sent to if that is known.
            segment_of: customer -> segment.

        Returns:
            The rule.

        Raises:
            InputError: there are no responses, an hour is outside 0-24, or lengths differ.
        """
        if len(responses.units) == 0:
            raise InputError("there are no responses to learn from; send at one hour for everybody first.")
        people = sorted({*responses.units, *(responses.sent_units or ())})
        places = {unit: row for row, unit in enumerate(people)}
        parts = 1 if responses.weekend is None else 2
        plain = self._table(places, parts, responses.units, responses.hours, responses.weekend)
        sent = np.zeros_like(plain)
        if responses.sent_units is not None and responses.sent_hours is not None:
            if parts == 2 and responses.sent_weekend is None:
                raise InputError("responses tell weekends apart but messages do not; give sent_weekend too.")
            sent = self._table(places, parts, responses.sent_units, responses.sent_hours, responses.sent_weekend)
        own, own_sent = self._smooth(plain), self._smooth(sent)
        yes, tries = own.sum(axis=0), own_sent.sum(axis=0)
        everybody = self._expected(yes, tries, np.zeros_like(yes), 0.0)
        segments: dict[str, Floats] = {}
        if segment_of is not None:
            labels = np.asarray([segment_of.get(unit, "") for unit in people])
            for name in sorted(set(segment_of.values())):
                rows = labels == name
                segments[name] = self._expected(own[rows].sum(axis=0), own_sent[rows].sum(axis=0), everybody, self.segment_strength)
        return SendTimeRule(
            self.width,
            self._allowed(),
            places,
            own,
            own_sent,
            plain.sum(axis=2).round().astype(np.int64),
            segments,
            everybody,
            self.strength,
            self.explore,
        )

    def _table(
        self,
        places: Mapping[str, int],
        parts: int,
        units: Sequence[str],
        hours: Floats,
        weekend: NDArray[np.bool_] | None,
    ) -> Floats:
        count = HOURS // self.width
        hour = np.asarray(hours, dtype=np.float64)
        if len(hour) != len(units) or (weekend is not None and len(weekend) != len(units)):
            raise InputError(
                "there are {units_count} customers and {hour_count} hours; give one of each per row.",
                units_count=len(units),
                hour_count=len(hour),
            )
        if not ((hour >= 0) & (hour < HOURS)).all():
            raise InputError(
                "there is an hour outside 0 to 24; give local hours, for example 9.5 for half past nine.",
            )
        row = np.asarray([places[unit] for unit in units], dtype=np.int64)
        part = np.zeros(len(row), dtype=np.int64) if weekend is None or parts == 1 else np.asarray(weekend, dtype=np.int64)
        cell = (row * parts + part) * count + (hour // self.width).astype(np.int64)
        flat = np.bincount(cell, minlength=len(places) * parts * count).astype(np.float64)
        return flat.reshape(len(places), parts, count)

    def _smooth(self, table: Floats) -> Floats:
        """Spread each response over the neighbouring slots, round the clock; sums stay the same."""
        if self.blur == 0:
            return table
        count = table.shape[-1]
        steps = np.arange(count)
        away = np.minimum(steps, count - steps) * self.width
        kernel = np.exp(-0.5 * (away / self.blur) ** 2)
        kernel /= kernel.sum()
        turned = kernel[(steps[:, None] - steps[None, :]) % count]
        return np.asarray(table @ turned)

    @staticmethod
    def _expected(yes: Floats, tries: Floats, prior: Floats, strength: float) -> Floats:
        """Share of responses per slot, or rate per message when messages are known; drawn towards `prior`."""
        if tries.any():
            rate = float(yes.sum() / tries.sum())
            # slots in which nothing was ever sent get the common rate
            return np.asarray((yes + strength * prior + 10 * rate) / (tries + strength + 10))
        total = yes.sum(axis=-1, keepdims=True)
        even = 1 / yes.shape[-1]
        mixed = yes + strength * prior if strength else yes + even
        return np.asarray(mixed / (total + (strength or 1.0)))
