"""The quick reading of a batch takes nothing the ordinary one refuses, and reads the same."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from pydantic_core import to_json

from kogorta.desk.api.events import EARLIEST, EventBatch
from kogorta.desk.api.quick_events import read_batch
from kogorta.desk.events.actions import text_of

LATEST = datetime(2030, 1, 1, tzinfo=UTC)
EVENT = {"id": "e1", "customer_id": "c1", "type": "page_view", "at": "2026-11-22T10:00:00+03:00"}


def ordinary(body):
    """Events as the ordinary door reads them; None where it refuses."""
    try:
        events = EventBatch.model_validate_json(body).events
    except ValidationError:
        return None
    if not all(EARLIEST <= item.at <= LATEST for item in events):
        return None
    return [
        (
            item.id,
            item.customer_id,
            item.type,
            text_of(item.at),
            item.source,
            to_json(item.properties).decode() if item.properties else "{}",
        )
        for item in events
    ]


def quick(body):
    try:
        return read_batch(body, LATEST)
    except ValueError:
        return None


texts = st.one_of(st.text(max_size=20), st.sampled_from(["", "a", "x" * 101, "x" * 201, "a\x00b", "a\nb", "page_view", "ё", "-", "NaN"]))
values = st.one_of(texts, st.booleans(), st.none(), st.integers(), st.floats(), st.sampled_from([10**30, "x" * 2001, [], {}, 1.0, "1"]))
marks = st.sampled_from("0123456789-+:.TZ ")
zones = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.one_of(
    st.datetimes(min_value=datetime(1969, 12, 31), max_value=datetime(2030, 1, 2), timezones=zones).map(lambda at: at.isoformat()),
    st.datetimes(timezones=zones).map(lambda at: at.isoformat()),
    st.text(marks, max_size=32),
    st.tuples(st.just(EVENT["at"]), st.integers(0, 24), marks).map(lambda cut: cut[0][: cut[1]] + cut[2] + cut[0][cut[1] + 1 :]),
    st.sampled_from([1, "1764000000", "2026-11-22", "2026-11-22T10:00:00", "2026-11-22T10:00:00Z", "2026-11-22T10:00:00.1234567Z", None]),
)
events = st.fixed_dictionaries(
    {},
    optional={
        "id": texts, "customer_id": texts, "type": texts, "at": moments, "source": st.one_of(texts, st.none()),
        "properties": st.one_of(st.dictionaries(texts, values, max_size=4), st.none()), "more": st.just(1),
    },
).map(lambda changed: {**EVENT, **changed})  # fmt: skip


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # how fast a busy machine draws says nothing of the reading
@given(st.lists(events, min_size=0, max_size=2))
@example([{**EVENT, "at": "0001-01-01T00:00:00+03:00"}])
@example([{**EVENT, "at": "2026-11-22T10:00:60+03:00"}])
@example([{**EVENT, "at": "2026-11-22T24:00:00+03:00"}])
@example([{**EVENT, "at": "2026-11-22T10:00:00+23:59"}])
@example([{**EVENT, "at": "1970-01-01T00:00:00Z"}])
@example([{**EVENT, "at": "2029-12-31T23:59:59.999999Z"}])
@example([{**EVENT, "properties": {"a": True, "b": 1, "c": 1.0, "d": None, "e": "1", "f": 10**30, "g": float("inf")}}])
@example([EVENT] * 1001)
def test_what_is_read_quickly_is_read_as_ever(given_events):
    body = json.dumps({"events": given_events}).encode()
    found = quick(body)
    if found is not None:
        assert found == ordinary(body)


@pytest.mark.parametrize(
    ("at", "kept"),
    [
        ("2026-11-22T10:00:00+03:00", "2026-11-22 07:00:00"),
        ("2026-11-22T10:00:00Z", "2026-11-22 10:00:00"),
        ("2026-11-22T22:30:00.5-03:30", "2026-11-23 02:00:00.500000"),
    ],
)
def test_a_moment_is_kept_in_utc(at, kept):
    (row,) = read_batch(json.dumps({"events": [{**EVENT, "at": at, "properties": {"ё": 1}}]}).encode(), LATEST)
    assert row == ("e1", "c1", "page_view", kept, "", '{"ё":1}')


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"events": []}', b'{"events": [1]}', b"\xff", b'{"events": [{}], "x": 1}', b"[" * 10000]
)
def test_what_is_no_batch_is_left_to_the_ordinary_door(body):
    assert quick(body) is None


def test_a_name_said_twice_means_the_same_to_both():
    body = json.dumps({"events": [EVENT]}).replace('"id": "e1"', '"id": "e0", "id": "e2"').encode()
    assert quick(body) == ordinary(body)
