"""Golden numbers: CLVTools tests and BTYD walkthrough, gathered in shared/reference/analytics.md 2.1."""

import numpy as np
import pytest
from scipy.integrate import quad

from kogorta.value.cells import group
from kogorta.value.pareto_nbd import FittedParetoNbd, ParetoNbd
from kogorta.value.summary import PurchaseSummary


@pytest.fixture(scope="module")
def fitted(cdnow):
    return ParetoNbd().fit(cdnow)


def test_cdnow_gives_the_published_maximum(fitted):
    assert fitted.log_likelihood_ == pytest.approx(-9594.97618, abs=1e-3)
    assert fitted.values_ == pytest.approx((0.553277, 10.577682, 0.606240, 11.668732), rel=2e-5)


def test_standard_errors_match_those_published(fitted):
    assert tuple(fitted.standard_errors_.values()) == pytest.approx((0.0476, 0.8427, 0.1873, 6.2105), rel=2e-3)


def test_expected_orders_match_the_walkthrough(fitted, cdnow, walkthrough):
    expected = fitted.expected_orders(cdnow, 39.0)
    level = np.minimum(cdnow.x, 7)
    table = [expected[level == x].mean() for x in range(8)]
    assert table == pytest.approx([0.138, 0.600, 1.196, 1.714, 2.399, 2.907, 3.819, 6.403], abs=1.1e-3)
    single = fitted.expected_orders(walkthrough, 52.0)
    assert single == pytest.approx([25.45647, 0.7062289, 0.1442396, 0.02250658, 0.00309267], rel=2e-3)
    assert fitted.p_alive(walkthrough)[0] == pytest.approx(0.997874, abs=1e-5)
    assert fitted.expected_orders_new(52.0) == pytest.approx(1.473434, rel=1e-4)


@pytest.mark.parametrize("theta", [(0.5, 10.0, 0.6, 11.0), (2.0, 0.05, 1.5, 40.0), (0.3, 30.0, 0.2, 0.02), (5.0, 1.0, 1.0, 1.0)])
def test_nodes_integrate_the_chance_of_having_left(theta):
    r, alpha, s, beta = theta
    summary = PurchaseSummary([0, 3, 40, 400], [0, 5.0, 30.0, 12.0], [39.0] * 4)
    fit = FittedParetoNbd(
        unit="week",
        values_=theta,
        log_covariance_=((0.0,) * 4,) * 4,
        log_likelihood_=0.0,
        convergence_="converged",
        customers_=4,
        repeaters_=3,
        evaluations_=0,
    )
    for row, alive in enumerate(fit.p_alive(summary)):
        x, last, age = summary.x[row], summary.t_x[row], summary.T[row]

        def density(u, x=x, last=last):
            return s * ((alpha + last) / (alpha + u)) ** (r + x) * ((beta + last) / (beta + u)) ** s / (beta + u)

        marks = [last + 0.01, last + 0.1, last + 1]
        left = quad(density, last, age, epsabs=0, epsrel=1e-10, limit=500, points=marks)[0]
        stays = ((alpha + last) / (alpha + age)) ** (r + x) * ((beta + last) / (beta + age)) ** s
        assert alive == pytest.approx(stays / (stays + left), rel=1e-7)


def test_the_gradient_is_the_slope_of_the_likelihood(cdnow):
    objective = ParetoNbd().objective(group(cdnow.take(np.arange(200))))
    point = np.array([0.3, 1.2, -0.4, 0.9])
    slope = [(objective(point + e)[0] - objective(point - e)[0]) / 2e-5 for e in np.eye(4) * 1e-5]
    assert objective(point)[1] == pytest.approx(slope, rel=1e-6)


def test_heavy_buyers_who_vanished_do_not_overflow(fitted):
    gone = PurchaseSummary([5000], [10.0], [300.0])
    assert fitted.p_alive(gone)[0] == 0.0
    assert fitted.expected_orders(gone, 52.0)[0] == 0.0


def test_a_leaving_shape_of_one_is_nothing_special(cdnow):
    common = dict.fromkeys(("log_likelihood_", "customers_", "repeaters_", "evaluations_"), 1)
    fits = [
        FittedParetoNbd(unit="week", values_=(0.5, 10.0, s, 11.0), log_covariance_=((0.0,) * 4,) * 4, convergence_="converged", **common)
        for s in (1 - 1e-6, 1.0, 1 + 1e-6)
    ]
    below, at, above = (fit.expected_orders(cdnow, 39.0).sum() for fit in fits)
    assert below > at > above
    assert at == pytest.approx((below + above) / 2, rel=1e-8)
