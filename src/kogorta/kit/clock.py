"""Days and zones: business dates live in the company's zone, moments in UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from kogorta.kit.errors import OptionError

DEFAULT_TIME_ZONE = "Europe/Moscow"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_day(name: str, text: str | date) -> date:
    """A calendar day from ISO text or from a date.

    Raises:
        OptionError: the text is not a date; the message shows the form expected.

    Example:
        >>> parse_day("as_of", "2026-11-22")
        datetime.date(2026, 11, 22)
    """
    if isinstance(text, date):
        return text
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise OptionError(
            "{name} is {text!r}; write a date as YYYY-MM-DD, for example 2026-11-22.",
            name=name,
            text=text,
        ) from error


def check_time_zone(name: str) -> str:
    """Return an IANA zone name that exists.

    Raises:
        OptionError: the zone is not known.

    Example:
        >>> check_time_zone("Europe/Moscow")
        'Europe/Moscow'
    """
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise OptionError(
            "time zone {name!r} is not known; use an IANA name such as Europe/Moscow.",
            name=name,
        ) from error
    return name


def day_ends(day: date, time_zone: str) -> int:
    """The last microsecond of a day in a zone, since 1970 in UTC; the calendar's last day ends after 24 hours.

    Example:
        >>> day_ends(date(1970, 1, 1), "UTC")
        86399999999
    """
    if day == date.max:
        return day_begins(day, time_zone) + 24 * 3_600_000_000 - 1
    return day_begins(day + timedelta(days=1), time_zone) - 1


def day_begins(day: date, time_zone: str) -> int:
    """The moment a day begins in a zone, microseconds since 1970 in UTC.

    Example:
        >>> day_begins(date(1970, 1, 2), "UTC")
        86400000000
    """
    return (datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(time_zone)) - EPOCH) // timedelta(microseconds=1)
