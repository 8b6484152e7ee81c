"""Statuses that ship with the desk: sleeping, a large buyer, somebody who showed interest. Each is a segment one button saves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from kogorta.desk.errors import NotFoundError
from kogorta.desk.language import current_language
from kogorta.desk.segments.actions import save_segment
from kogorta.kit.language import message, minor_digits
from kogorta.segments.rules.formula import parse_formula

if TYPE_CHECKING:
    from kogorta.desk.bases.snapshots import Snapshot
    from kogorta.desk.people.models import User
    from kogorta.desk.segments.models import Segment

SLEEPING_AFTER: Final = 30
INTEREST_HOURS: Final = 24
INTEREST_DAYS: Final = 14
LARGE_SHARE: Final = 0.05
"""A purchase is large when no more than this share of purchases reaches it."""


@dataclass(frozen=True)
class Status:
    """A segment ready to be saved.

    Args:
        code: slug of its address.
        title: English text of its name.
        meaning: English text; `{days}`, `{hours}` and `{amount}` are filled.
        formula: its rule, with the same placeholders.
    """

    code: str
    title: str
    meaning: str
    formula: str


STATUSES: Final = (
    Status(
        "sleeping",
        message("Asleep"),
        message("No purchase for more than {days} days."),
        "recency_days > {days}",
    ),
    Status(
        "vip",
        message("VIP"),
        message("Has made a purchase of {amount} or more: only one purchase in twenty is as large."),
        "largest_order(all) >= {amount}",
    ),
    Status(
        "interested",
        message("Showed interest"),
        message("Clicked in a letter and has not bought within {hours} hours; for two weeks from the click."),
        "hours_unanswered('email_click') between {hours} and {until}",
    ),
)


@dataclass(frozen=True)
class ReadyStatus:
    """A status with the figures of this base."""

    code: str
    name: str
    meaning: str
    formula: str


def ready_statuses(snapshot: Snapshot) -> list[ReadyStatus]:
    """The statuses with the threshold of a large purchase taken from the base; without purchases there is no such status."""
    words, unit = current_language(), 10 ** minor_digits(snapshot.currency)
    amount = _large_purchase(snapshot)
    large = None if amount is None else -(-amount // unit)
    shown = []
    for status in STATUSES:
        if "{amount}" in status.formula and large is None:
            continue
        numbers = {"days": SLEEPING_AFTER, "hours": INTEREST_HOURS, "until": 24 * INTEREST_DAYS, "amount": large or 0}
        told = {**numbers, "amount": words.money((large or 0) * unit, snapshot.currency)}
        shown.append(
            ReadyStatus(status.code, words.text(status.title), words.text(status.meaning, **told), status.formula.format(**numbers))
        )
    return shown


@lru_cache(maxsize=4)
def _large_purchase(snapshot: Snapshot) -> int | None:
    """Minor units of a large purchase; None without purchases. A snapshot never changes, so all its purchases are read once."""
    query = """SELECT quantile_disc(amount, CAST($share AS DOUBLE)) FROM rules_orders WHERE is_order"""
    found = snapshot.cursor().execute(query, {"share": 1 - LARGE_SHARE}).fetchone()
    return None if found is None or found[0] is None else int(found[0])


def add_status(by: User, code: str, snapshot: Snapshot) -> Segment:
    """Save a status as a segment.

    Raises:
        NotFoundError: there is no such status.
        ConflictError: there is a segment of its name.
    """
    for status in ready_statuses(snapshot):
        if status.code == code:
            return save_segment(by, status.name, parse_formula(status.formula))
    raise NotFoundError("There is no such status.")
