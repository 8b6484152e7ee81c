import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kogorta.value.beta_geometric import orders_by_sum, orders_of_the_living


@settings(max_examples=150, deadline=None)
@given(
    a=st.floats(1e-4, 190),
    b=st.floats(1e-3, 190),
    r=st.floats(0.05, 60),
    alpha=st.floats(0.5, 60),
    extra=st.sampled_from([0, 1]),
    horizon=st.floats(0.5, 600),
)
def test_the_closed_form_equals_the_exact_sum(a, b, r, alpha, extra, horizon):
    x = np.array([0.0, 0.0, 1.0, 5.0, 50.0])
    age = np.array([0.5, 40.0, 40.0, 40.0, 40.0])
    closed = orders_of_the_living((r, alpha, a, b), x, x + extra, age, horizon)
    summed = orders_by_sum(r + x, horizon / (alpha + age + horizon), a, b + x + extra)
    assert closed == pytest.approx(summed, rel=2e-6, abs=1e-8)


@pytest.mark.parametrize("theta", [(0.5, 5.0, 1.0, 2.0), (0.5, 5.0, 6e4, 6e4), (0.5, 5.0, 1e-5, 6e4), (1e-5, 6e4, 6e4, 1e-5)])
def test_parameters_at_the_edge_give_finite_orders(theta):
    x = np.array([0.0, 3.0, 300.0])
    found = orders_of_the_living(theta, x, x, np.array([0.0, 40.0, 40.0]), 52.0)
    assert np.isfinite(found).all()
    assert (found >= 0).all()
