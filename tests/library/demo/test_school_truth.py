"""The truth equals what a naive reader finds in the file."""

from collections import Counter

import numpy as np
import pytest

from kogorta.demo.truth import HARMLESS, PLANTED, SEGMENTS_CASE, SEGMENTS_GUIDE

SCHOOLS = [{}, {"seed": 7}, {"seed": 8, "encoding": "cp1251", "currencies": True}, {"seed": 9, "companies": 120}]


@pytest.fixture(params=SCHOOLS, ids=str)
def reading(request, make_school):
    return make_school(**request.param)


def levels(values, *, best_is_low):
    """Quantile cuts by counting, value <= cut, right-closed."""
    ordered = np.sort(np.asarray(values))
    count = len(ordered)
    low = ordered[np.searchsorted(np.arange(1, count + 1) * 3, count)]
    high = ordered[np.searchsorted(np.arange(1, count + 1) * 3, 2 * count)]
    level = np.where(values <= low, 1, np.where(values <= high, 2, 3))
    return level if best_is_low else 4 - level


def test_every_customer_is_found_with_the_same_orders_money_and_days(reading):
    wanted = {
        frozenset([f"company-{one}" for one in customer.company_ids] or [f"contact-{one}" for one in customer.contact_ids]): (
            customer.orders, customer.net_amount, customer.first_order_on, customer.last_order_on,
        )
        for customer in reading.truth.customers
    }  # fmt: skip
    found = {
        frozenset(customer.ids): (
            len(customer.kept),
            sum(order[3] for order in customer.kept),
            min((order[0] for order in customer.kept), default=None),
            max((order[0] for order in customer.kept), default=None),
        )
        for customer in reading.customers
    }
    assert found == wanted


def test_codes_and_segments_follow_from_quantiles_counted_apart(reading):
    truth, buyers = reading.truth, reading.truth.buyers
    recency = np.array([(truth.as_of - customer.last_order_on).days for customer in buyers])
    r = levels(recency, best_is_low=True)
    f = levels(np.array([customer.orders for customer in buyers]), best_is_low=False)
    m = levels(np.array([customer.net_amount for customer in buyers]), best_is_low=False)
    codes = [f"{a}{b}{c}" for a, b, c in zip(r, f, m, strict=True)]
    assert codes == [customer.code for customer in buyers]
    for customer in buyers:
        assert customer.code in SEGMENTS_CASE[customer.segment_case].split()
        assert customer.code in SEGMENTS_GUIDE[customer.segment_guide].split()
    for scheme in ("case", "guide"):
        sizes = Counter(getattr(customer, f"segment_{scheme}") for customer in buyers)
        assert sizes == {one.segment: one.customers for one in truth.segments if one.scheme == scheme}
        assert sum(one.revenue for one in truth.segments if one.scheme == scheme) == truth.revenue


def test_every_code_has_one_name_in_both_schemes():
    for names in (SEGMENTS_CASE, SEGMENTS_GUIDE):
        codes = " ".join(names.values()).split()
        assert len(codes) == 27
        assert set(codes) == {f"{r}{f}{m}" for r in "123" for f in "123" for m in "123"}


def test_the_accounting_adds_up_and_names_the_rows_a_reader_leaves_out(reading):
    truth = reading.truth
    account = truth.accounting
    assert account.rows_read == len(reading.records) == truth.rows
    assert account.rows_read == account.rows_used + account.rows_merged + account.rows_quarantined
    assert {reason: tuple(rows) for reason, rows in reading.left_out.items()} == truth.quarantined
    assert truth.merged == {
        "duplicate_row": tuple(reading.seen_duplicates),
        "repeated_for_contact": tuple(reading.seen_contacts),
    }


def test_quarantined_kinds_are_exactly_the_planted_ones(reading):
    for reason, rows in reading.truth.quarantined.items():
        assert reading.truth.rows_with(reason) == rows


def test_every_kind_is_planted_in_the_main_demo(school, make_school):
    planted = {one.kind for one in school.truth.planted}
    assert planted == set(PLANTED) - {"currency_without_rate"}
    assert set(HARMLESS) < planted
    foreign = make_school(**SCHOOLS[2])
    assert len(foreign.truth.rows_with("currency_without_rate")) == 2


def test_refunds_are_full_or_partial_and_of_earlier_orders(reading):
    refunds = reading.truth.refunds
    assert {refund.full for refund in refunds} == {True, False}
    amounts = {record["ID"]: record for record in reading.records}
    for refund in refunds:
        assert amounts[str(refund.deal_id)]["Сумма"].startswith("-")
        assert refund.order_id != refund.deal_id
    assert len({refund.order_id for refund in refunds}) == len(refunds)


def test_a_customer_whose_only_order_was_refunded_has_no_code(school):
    silent = [customer for customer in school.truth.customers if not customer.orders]
    assert all(customer.code == "" and customer.net_amount == 0 for customer in silent)
    by_deal = {int(record["ID"]): record for record in school.records}
    keys = {customer.key for customer in silent}
    full = [by_deal[refund.order_id] for refund in school.truth.refunds if refund.full]
    owners = {f"company-{row['Компания: ID']}" if row["Компания: ID"] else f"contact-{row['Контакт: ID']}" for row in full}
    assert len(keys & owners) == 1


def test_doubles_are_two_cards_of_one_customer(reading):
    truth = reading.truth
    for double in truth.doubles:
        assert double.older_id < double.newer_id
        ids = [one.company_ids if double.kind == "company" else one.contact_ids for one in truth.customers]
        assert any({double.older_id, double.newer_id} <= set(one) for one in ids)
    several = sum(len(one.company_ids) > 1 for one in truth.customers)
    assert several == sum(double.kind == "company" for double in truth.doubles)


def test_industry_tables_count_the_same_customers(reading):
    truth = reading.truth
    assert sum(one.customers for one in truth.industries) == len(truth.buyers)
    assert sum(one.revenue for one in truth.industries) == truth.revenue
