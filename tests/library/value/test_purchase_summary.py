import numpy as np
import pytest

from kogorta.kit.errors import InputError, OptionError
from kogorta.value.summary import PurchaseSummary


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        (([], [], []), "not one customer"),
        (([1, 2], [1, 2], [3]), r"T has shape \(1,\) and x has \(2,\)"),
        (([1, float("nan")], [1, 1], [3, 3]), "x is nan in row 1"),
        (([1, 1, 1], [1, float("inf"), 1], [3, 3, 3]), "t_x is inf in row 1"),
        (([1.5], [1], [3]), "must be a whole number"),
        (([-1], [0], [3]), "x is -1 in row 0: x cannot be negative"),
        (([1, 1], [4, 5], [3, 3]), "t_x is 4 in row 0 and in 1 more: the last purchase lies after the end"),
        (([2], [0], [3]), "need t_x above zero"),
        (([0], [2], [3]), "without repeat purchases"),
        (([0, 0], [0, 0], [0, 0]), "T is 0 for every customer"),
        ((["a"], [0], [3]), "not a number"),
    ],
)
def test_a_history_that_cannot_be_is_named(columns, sentence):
    with pytest.raises(InputError, match=sentence):
        PurchaseSummary(*columns)


def test_money_that_cannot_be_is_named():
    with pytest.raises(InputError, match="spend is -5 in row 1"):
        PurchaseSummary([1, 1], [1, 1], [3, 3], spend=[4, -5])
    with pytest.raises(InputError, match="spend is zero for every customer"):
        PurchaseSummary([1, 1], [1, 1], [3, 3], spend=[0, 0])
    with pytest.raises(InputError, match="weights is 0 in row 0"):
        PurchaseSummary([1], [1], [3], weights=[0])


def test_an_unknown_unit_is_refused():
    with pytest.raises(OptionError, match="unit is 'month'"):
        PurchaseSummary([1], [1], [3], unit="month")


def test_a_customer_of_today_is_welcome():
    assert PurchaseSummary([0, 1], [0, 1], [0, 3]).customers == 2


def test_units_convert_there_and_back():
    weeks = PurchaseSummary([2], [3.0], [4.0], log_intervals=[np.log(1.5) * 2])
    days = weeks.in_unit("day")
    assert days.T.tolist() == [28.0]
    assert days.log_intervals == pytest.approx([np.log(10.5) * 2])
    assert days.in_unit("week").t_x == pytest.approx([3.0])


def test_weights_count_customers_and_repeaters():
    summary = PurchaseSummary([0, 2], [0, 3], [4, 4], weights=[10, 2.5])
    assert (summary.customers, summary.repeaters) == (12.5, 2.5)
