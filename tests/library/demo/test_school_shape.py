"""The school resembles the source case."""

from collections import Counter
from itertools import pairwise

import pytest

SEEDS = (2026, 1, 2, 3)


@pytest.fixture(params=SEEDS)
def truth(request, make_school):
    return (make_school() if request.param == 2026 else make_school(seed=request.param)).truth


def share_by_industry(truth, segment):
    every, inside = Counter(), Counter()
    for one in truth.industries:
        every[one.industry] += one.customers
        inside[one.industry] += one.customers * (one.segment == segment)
    return {slug: inside[slug] / every[slug] for slug in every if slug}, every


def test_three_tenths_of_the_customers_are_asleep_and_brought_half_of_the_money(truth):
    asleep = truth.segment("case", "needs_attention")
    assert 0.27 <= asleep.customers / len(truth.buyers) <= 0.32
    assert 0.46 <= asleep.revenue / truth.revenue <= 0.61
    assert 50_000_00 <= asleep.revenue / asleep.orders <= 450_000_00


def test_the_main_demo_has_the_proportions_of_the_case(make_school):
    truth = make_school().truth
    asleep, new, loyal = (truth.segment("case", slug) for slug in ("needs_attention", "new", "loyal"))
    assert 0.28 <= asleep.customers / len(truth.buyers) <= 0.31
    assert 0.50 <= asleep.revenue / truth.revenue <= 0.55
    assert 0.20 <= new.customers / len(truth.buyers) <= 0.28
    assert loyal.customers / len(truth.buyers) <= 0.05
    assert 90e8 <= truth.revenue <= 125e8
    assert 1200 <= truth.deals <= 2000


def test_all_levels_are_filled(truth):
    for letter in "rfm":
        sizes = Counter(getattr(customer, letter) for customer in truth.buyers)
        assert set(sizes) == {1, 2, 3}
        assert min(sizes.values()) >= 0.15 * len(truth.buyers)


def test_construction_needs_most_attention_and_it_is_standard(truth):
    asleep, every = share_by_industry(truth, "needs_attention")
    largest = [slug for slug, _ in every.most_common() if slug][:5]
    assert set(largest) == {"construction", "wholesale", "business_services", "it_telecom", "manufacturing"}
    assert max(largest, key=asleep.__getitem__) == "construction"
    assert min(largest, key=asleep.__getitem__) == "it_telecom"
    standard, _ = share_by_industry(truth, "standard")
    assert max(largest, key=standard.__getitem__) == "it_telecom"
    assert standard["it_telecom"] > 0.36


def test_most_buy_once_or_twice_and_some_very_often(truth):
    orders = [customer.orders for customer in truth.buyers]
    assert 0.6 <= sum(count <= 2 for count in orders) / len(orders) <= 0.8
    assert sum(5 <= count <= 20 for count in orders) >= 25
    assert max(orders) <= 20


def test_twelve_years_of_growth_with_a_live_core(truth):
    firsts = [customer.first_order_on for customer in truth.buyers]
    assert 11 <= (truth.as_of - min(firsts)).days / 365.25 <= 12.1
    assert sum(customer.recency_days <= 60 for customer in truth.buyers) >= 15
    assert max(customer.recency_days for customer in truth.buyers) > 3000
    newcomers = Counter((truth.as_of - day).days // 1461 for day in firsts)
    assert all(newcomers[near] > newcomers[far] for near, far in pairwise(range(3)))


def test_sales_have_a_season(make_school):
    months = Counter(order[0].month for seed in SEEDS for customer in reading(make_school, seed).customers for order in customer.kept)
    assert sum(months[month] for month in (9, 10, 11)) > 1.2 * sum(months[month] for month in (1, 7, 8))


def reading(make_school, seed):
    return make_school() if seed == 2026 else make_school(seed=seed)


def test_companies_and_persons_are_as_many_as_asked(truth):
    kinds = Counter(customer.kind for customer in truth.customers)
    assert kinds == {"company": 300, "person": 72}


def test_regions_and_industries_are_known_for_most_companies_and_no_person(truth):
    companies = [customer for customer in truth.customers if customer.kind == "company"]
    assert sum(bool(customer.region) for customer in companies) >= 0.95 * len(companies)
    assert 0.85 <= sum(bool(customer.industry) for customer in companies) / len(companies) < 1
    assert len({customer.region for customer in companies}) >= 18
    assert not any(customer.region or customer.industry for customer in truth.customers if customer.kind == "person")
