"""The demo's known truth is recovered in full from its raw export: nothing missed, nothing invented."""

from collections import defaultdict
from types import SimpleNamespace

import pytest

from kogorta.base.audit import Fate
from kogorta.base.customer_base import CustomerBase
from kogorta.base.options import IntakeOptions
from kogorta.demo.school import write_school
from kogorta.enrichment.enrich import enrich
from kogorta.segments.abc_xyz import AbcXyz
from kogorta.segments.lifecycle import Lifecycle
from kogorta.segments.portrait import industry_figures, segment_figures
from kogorta.segments.profile import customer_profile
from kogorta.segments.rfm import RFM
from kogorta.sources.files import read_file

SCHOOLS = [
    {"seed": 2026},
    {"seed": 2026, "encoding": "cp1251"},
    {"seed": 1},
    {"seed": 4, "encoding": "cp1251", "currencies": True},
]


@pytest.fixture(scope="module", params=SCHOOLS, ids=lambda made: "-".join(map(str, made.values())))
def school(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("school")
    truth = write_school(folder, **request.param)
    base = CustomerBase(None)
    extract = read_file(folder / truth.file, workspace=folder)
    accounting = base.add(extract, IntakeOptions(currency="RUB", received_on=truth.as_of))
    enrich(base)
    rule = RFM().fit(base, truth.as_of)
    segments = rule.assign(base, truth.as_of)
    profile = customer_profile(base, truth.as_of, segments, AbcXyz(), Lifecycle())
    return SimpleNamespace(truth=truth, base=base, accounting=accounting, rule=rule, segments=segments, profile=profile)


@pytest.fixture(scope="module")
def found(school):
    """Every customer by the CRM ids it is known under."""
    ids = defaultdict(set)
    for entity, customer in school.base.connection.execute("SELECT entity_id, customer_id FROM identity_map").fetchall():
        ids[customer].add(entity)
    return {frozenset(ids[row["customer_id"]]): row for row in school.profile.dicts()}


def ids_of(customer):
    companies = {f"company-{one}" for one in customer.company_ids}
    return frozenset(companies or {f"contact-{one}" for one in customer.contact_ids})


def test_the_accounting_is_the_true_one(school):
    assert vars(school.accounting) == vars(school.truth.accounting)


def test_every_planted_bad_row_is_quarantined_for_its_reason_and_no_other(school):
    rows = defaultdict(list)
    for reason, number in school.base.connection.execute("SELECT reason, row_no FROM quarantine ORDER BY row_no").fetchall():
        rows[reason].append(number)
    assert {reason: tuple(numbers) for reason, numbers in rows.items()} == dict(school.truth.quarantined)


def test_every_planted_duplicate_is_merged_and_no_other_row(school):
    audit = school.base.audit()
    merged = {problem.code: problem.rows for problem in audit.problems if problem.fate is Fate.MERGED}
    assert merged == {code: len(rows) for code, rows in school.truth.merged.items()}
    assert {code: audit.of(code).example_row for code in merged} == {code: min(rows) for code, rows in school.truth.merged.items()}


def test_customers_are_the_true_ones_with_every_id_they_appear_under(school, found):
    assert set(found) == {ids_of(customer) for customer in school.truth.customers}


def test_pairs_of_cards_are_joined_on_the_true_evidence(school):
    evidence = {"inn_kpp": "inn+kpp"}
    wanted = {
        (f"{one.kind}-{one.older_id}", f"{one.kind}-{one.newer_id}", evidence.get(one.evidence, one.evidence))
        for one in school.truth.doubles
    }
    rows = school.base.connection.execute("SELECT kept_id, merged_id, evidence FROM merges").fetchall()
    assert set(rows) == wanted


def test_orders_money_days_and_codes_of_every_customer_are_true(school, found):
    for customer in school.truth.customers:
        row = found[ids_of(customer)]
        told = (row["frequency"], row["monetary"], row["first_order_on"], row["last_order_on"], row["recency_days"], row["rfm_code"])
        assert told == (
            customer.orders,
            customer.net_amount,
            customer.first_order_on,
            customer.last_order_on,
            customer.recency_days,
            customer.code or None,
        ), customer.key
        assert (row["segment_case"] or "", row["segment_guide"] or "") == (customer.segment_case, customer.segment_guide)


def test_kind_tax_number_industry_and_region_of_every_customer_are_true(school, found):
    for customer in school.truth.customers:
        row = found[ids_of(customer)]
        assert (row["kind"], row["inn"] or "", row["industry"] or "", row["region"] or "") == (
            customer.kind,
            customer.inn,
            customer.industry,
            customer.region,
        ), (customer.key, customer.name)


def test_cut_points_are_the_true_quantiles(school):
    assert (school.rule.recency, school.rule.frequency, school.rule.money) == (
        school.truth.cuts.recency,
        school.truth.cuts.frequency,
        school.truth.cuts.monetary,
    )


def test_segments_of_both_schemes_have_the_true_sizes_orders_and_revenue(school):
    for scheme in ("case", "guide"):
        figures = {item.segment: (item.customers, item.orders, item.revenue) for item in segment_figures(school.profile, scheme)}
        for slug, told in figures.items():
            truth = school.truth.segment(scheme, slug)
            assert told == (truth.customers, truth.orders, truth.revenue), (scheme, slug)


def test_industries_of_each_segment_are_the_true_ones(school):
    figures = {(item.industry, item.segment): (item.customers, item.revenue) for item in industry_figures(school.profile, "case")}
    assert figures == {(item.industry, item.segment): (item.customers, item.revenue) for item in school.truth.industries if item.industry}


def test_refunds_reverse_the_true_orders(school):
    rows = school.base.connection.execute(
        "SELECT order_id, refund_of, -amount_base FROM orders WHERE amount_base < 0 AND status = 'refunded'"
    )
    assert set(rows.fetchall()) == {(str(item.deal_id), str(item.order_id), item.amount) for item in school.truth.refunds}


def test_the_planted_outlier_is_the_one_found(school):
    deals = {
        row[0]
        for row in school.base.connection.execute(
            "SELECT order_id FROM orders o WHERE status = 'won' ORDER BY amount_base DESC LIMIT 1"
        ).fetchall()
    }
    problem = school.base.audit().of("outlier")
    assert (problem.rows, {problem.example}) == (1, deals)


def test_spoilt_and_restored_tax_numbers_are_all_found_and_none_invented(school):
    audit = school.base.audit()
    for code in ("inn_restored", "inn_spoilt", "inn_checksum"):
        rows = school.truth.rows_with(code)
        problem = audit.of(code)
        assert (problem.rows if problem else 0) == len(rows), code


def test_unusable_contacts_are_all_found(school):
    audit, truth = school.base.audit(), school.truth
    placeholders = set(truth.rows_with("placeholder"))
    for code in ("email_invalid", "phone_invalid"):
        planted = set(truth.rows_with(code))
        assert len(planted) <= audit.of(code).rows <= len(planted | placeholders), code
