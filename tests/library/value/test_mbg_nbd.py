import pytest

from kogorta.value.mbg_cnbd_k import MbgCnbdK
from kogorta.value.mbg_nbd import MbgNbd


@pytest.fixture(scope="module")
def fitted(cdnow):
    return MbgNbd().fit(cdnow)


def test_cdnow_gives_the_known_maximum(fitted):
    # clvkit 0.2.1; lifetimes' test holds .525 / 6.183 / .891 / 1.614
    assert fitted.log_likelihood_ == pytest.approx(-9582.1357, abs=1e-3)
    assert fitted.values_ == pytest.approx((0.524841, 6.183069, 0.891363, 1.614017), rel=2e-5)


def test_those_who_bought_once_may_have_left(fitted, cdnow):
    assert fitted.p_alive(cdnow)[cdnow.x == 0].max() < 0.7


def test_closed_form_equals_the_exact_sum_of_the_regular_model(fitted, cdnow):
    summed = MbgCnbdK(1).fit(cdnow)
    assert summed.values_ == pytest.approx(fitted.values_, rel=1e-6)
    assert summed.log_likelihood_ == pytest.approx(fitted.log_likelihood_, abs=1e-8)
    assert summed.expected_orders(cdnow, 39.0) == pytest.approx(fitted.expected_orders(cdnow, 39.0), abs=1e-7)
    assert summed.expected_orders_new(52.0) == pytest.approx(fitted.expected_orders_new(52.0), abs=1e-7)
