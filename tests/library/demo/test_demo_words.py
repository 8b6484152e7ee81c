"""Texts of the demo and its independence."""

import subprocess
import sys
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from school_reader import inn_is_valid, kopecks

from kogorta.demo.chance import quotas
from kogorta.demo.export import write_amount
from kogorta.demo.requisites import company_inn, trader_inn, with_wrong_digit
from kogorta.demo.truth import PLANTED
from kogorta.kit.language import Language


def test_every_kind_of_trouble_is_said_in_russian():
    russian = Language("ru")
    for words in PLANTED.values():
        assert russian.text(words) != words


@given(st.integers(-(10**10), 10**10), st.sampled_from(["plain", "zeros", "comma", "rouble"]))
def test_amounts_are_read_back_from_every_form(amount, form):
    assert kopecks(write_amount(amount, form)) == amount


@given(st.integers(1, 99), st.integers(0, 99_999))
def test_tax_numbers_pass_the_check_and_spoilt_ones_do_not(region, serial):
    for number in (company_inn(f"{region:02d}", serial), trader_inn(f"{region:02d}", serial)):
        assert inn_is_valid(number)
        assert not inn_is_valid(with_wrong_digit(number))


@given(st.integers(0, 10_000), st.lists(st.integers(0, 100), min_size=1, max_size=12).filter(any))
def test_quotas_sum_to_the_total_and_are_near_the_proportion(total, weights):
    parts = quotas(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - total * weight / sum(weights)) < 1


@pytest.mark.parametrize("module", ["duckdb", "numpy", "phonenumbers", "babel"])
def test_the_school_needs_nothing_heavy(module, tmp_path):
    code = (
        f"import sys; from kogorta.demo import write_school; write_school({str(tmp_path)!r}, companies=100);"
        f"sys.exit({module!r} in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_as_of_moves_the_whole_school(make_school):
    truth = make_school(as_of=date(2024, 2, 29), companies=100).truth
    assert max(customer.last_order_on for customer in truth.buyers) <= date(2024, 2, 29)
    assert min(customer.recency_days for customer in truth.buyers) >= 0
