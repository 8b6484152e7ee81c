"""The middle and the spread found with one pass are those of all values sorted."""

import random

import numpy as np
import pytest

from kogorta.base.customer_base import CustomerBase
from kogorta.base.spread import DEVIATION, middle_and_spread


@pytest.mark.parametrize(
    "sums",
    [
        [],
        [100],
        [100, 100],
        [1, 1_000_000_000],
        [5, 5, 5, 7],
        [100, 200, 300, 400, 500],
        [random.Random(1).randint(1, 500) for _ in range(400)],  # noqa: S311
        [round(random.Random(place).lognormvariate(9, 2)) + 1 for place in range(777)],  # noqa: S311
        [100] * 50 + [101] * 50,
    ],
)
def test_the_middle_and_the_spread_are_exact(sums):
    base = CustomerBase(None)
    for place, amount in enumerate(sums):
        base.connection.execute("INSERT INTO orders (order_id, status, amount_base) VALUES (?, 'won', ?)", [str(place), amount])
    base.connection.execute("INSERT INTO orders (order_id, status, amount_base) VALUES ('lost', 'lost', 7), ('zero', 'won', 0)")
    count, middle, spread = middle_and_spread(base.connection)
    assert count == len(sums)
    if sums:
        sizes = np.log(np.array(sums, dtype=float))
        assert middle == pytest.approx(np.median(sizes), rel=1e-12, abs=1e-12)
        assert spread == pytest.approx(np.median(np.abs(sizes - np.median(sizes))) * DEVIATION, rel=1e-9, abs=1e-12)
