"""Rows of histories: whatever came in which order, a customer's rows are those a plain list has."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kogorta.segments.membership.rows import Rows

KINDS = {"day": np.dtype(np.int32), "sum": np.dtype(np.int64)}
HUGE = 1 << 40
"""Records so many that owner, day and record do not fit into one whole number."""


def held(rows, customers):
    found, starts = rows.of(np.arange(customers), ["day", "record", "sum"])
    told = list(zip(*(found[name].tolist() for name in ("day", "record", "sum")), strict=True))
    return [told[begin:end] for begin, end in pairwise(starts.tolist())]


def put(rows, plain, told):
    """Records with their rows, in both."""
    records, counts = np.array([one[0] for one in told]), np.array([len(one[2]) for one in told])
    days, sums = ([row[place] for one in told for row in one[2]] for place in (0, 1))
    columns = {"day": np.array(days, dtype=np.int32), "sum": np.array(sums, dtype=np.int64)}
    rows.replace(records, counts, np.array([one[1] for one in told]), columns)
    plain.update({record: (owner, found) for record, owner, found in told})


def expected(plain, customers):
    mine = [[] for _ in range(customers)]
    for record, (owner, found) in sorted(plain.items()):
        mine[owner] += [(day, record, amount) for day, amount in found]
    return [sorted(found, key=lambda row: row[:2]) for found in mine]


ROW = st.tuples(st.integers(0, 5), st.integers(0, 9))
RECORD = st.tuples(st.integers(0, 30), st.integers(0, 3), st.lists(ROW, max_size=3))
BATCH = st.lists(RECORD, min_size=1, max_size=12, unique_by=lambda one: one[0])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(BATCH, st.booleans()), max_size=6))
def test_sorted_anew_at_any_time_the_rows_are_those_of_a_plain_list(batches):
    rows, plain = Rows(KINDS), {}
    rows.grow(4)
    for told, is_sorted in batches:
        # rows of one record on one day: that is how records come
        put(rows, plain, [(record, owner, [(found[0][0], amount) for _, amount in found]) for record, owner, found in told])
        if is_sorted:
            rows.compact()
        assert held(rows, 4) == expected(plain, 4)


@pytest.mark.parametrize("owner", [0, HUGE])
def test_numbers_too_large_to_be_one_are_put_in_order_too(owner):
    from kogorta.segments.membership.rows import _in_order

    kinds = np.dtype([("owner", np.int64), ("day", np.int32), ("record", np.int64)])
    rows = np.array([(owner, 9, 1), (owner + 1, 0, 0), (owner, 9, HUGE), (owner, 2, HUGE - 1), (owner + 1, 0, 7)], dtype=kinds)
    assert _in_order(rows, np.array([0, 1, 2, 3, 4]), 2).tolist() == [3, 0, 2, 1, 4]
    assert _in_order(rows, np.array([1, 3, 4]), 1).tolist() == [3, 1, 4]
    assert _in_order(rows, np.array([], dtype=np.int64), 0).tolist() == []
