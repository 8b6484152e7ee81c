import numpy as np
import pytest

from kogorta.kit.errors import InputError, OptionError
from kogorta.value.vip import FittedVip, Vip


def test_the_threshold_is_frozen_whoever_else_buys():
    rule = Vip(share=0.2).fit(np.array([10, 20, 30, 40, 50]))
    assert rule.threshold_ == 50
    assert rule.assign(np.array([60, 70, 80, 49])).tolist() == [True, True, True, False]


def test_customers_of_equal_value_are_never_split():
    rule = Vip(share=0.2).fit(np.array([90, 90, 90, 10, 10]))
    assert (rule.threshold_, rule.share_) == (90, 0.6)


def test_a_customer_without_value_is_no_vip():
    assert Vip(share=0.5).fit(np.array([7, 0, 0, 0])).assign(np.array([0, 7])).tolist() == [False, True]
    with pytest.raises(InputError, match="none can be a VIP"):
        Vip().fit(np.zeros(5, dtype=np.int64))


def test_the_rule_survives_json():
    rule = Vip().fit(np.arange(100), currency="USD")
    assert FittedVip.from_json(rule.to_json()) == rule
    with pytest.raises(InputError, match="not a VIP rule"):
        FittedVip.from_json("[]")
    with pytest.raises(OptionError, match="share is 2"):
        Vip(share=2)
