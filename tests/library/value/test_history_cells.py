import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kogorta.value.cells import coded, group, paired
from kogorta.value.summary import PurchaseSummary

HISTORIES = st.lists(st.tuples(st.integers(0, 4), st.integers(1, 9), st.integers(9, 12), st.integers(1, 5)), min_size=1, max_size=40)


def summary_of(rows, *, step=1.0, repeat=False):
    table = np.array(rows, dtype=float)
    if repeat:
        table = np.repeat(table, table[:, 3].astype(int), axis=0)
    x = table[:, 0]
    last = np.where(x > 0, table[:, 1], 0) * step
    return PurchaseSummary(x, last, table[:, 2] * step, weights=None if repeat else table[:, 3])


@settings(max_examples=100, deadline=None)
@given(HISTORIES, st.sampled_from([1.0, 1 / 7, np.pi]), st.integers(0, 99))
def test_weights_repeated_rows_and_any_order_give_the_same_cells(rows, step, seed):
    weighted = group(summary_of(rows, step=step))
    repeated = summary_of(rows, step=step, repeat=True)
    shuffled = group(repeated.take(np.random.default_rng(seed).permutation(len(repeated))))
    for name in ("x", "t_x", "T", "count", "x_table", "x_count"):
        assert np.array_equal(getattr(weighted, name), getattr(shuffled, name)), name


@settings(max_examples=100, deadline=None)
@given(HISTORIES)
def test_cells_hold_every_customer_once(rows):
    summary = summary_of(rows)
    cells = group(summary)
    assert cells.count.sum() == summary.customers
    assert cells.purchases == summary.x @ summary.counts
    keys = set(zip(summary.x, summary.t_x, summary.T, strict=True))
    assert set(zip(cells.x, cells.t_x, cells.T, strict=True)) == keys
    assert len(keys) == cells.x.size


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=30))
def test_codes_point_at_their_values(values):
    column = np.array(values)
    found = coded(column)
    assert found.table[found.codes] == pytest.approx(column, rel=1e-9, abs=1e-9)


def test_pairs_lead_back_to_their_rows():
    first, second = coded(np.array([3.0, 1.0, 3.0])), coded(np.array([0.5, 0.25, 0.5]))
    one, other, inverse = paired(first, second)
    assert one.size == 2
    assert first.table[one][inverse].tolist() == [3.0, 1.0, 3.0]
    assert second.table[other][inverse].tolist() == [0.5, 0.25, 0.5]
