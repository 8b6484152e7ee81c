"""Codes, names and frozen rules of RFM."""

import json
from datetime import date
from itertools import product

import pytest

from kogorta.kit.errors import InputError, OptionError
from kogorta.segments.naming import BANDS, SCHEMES, NamedSegment, NamingScheme, all_codes, banded, flipped
from kogorta.segments.rfm import RFM, RFMRule

AS_OF = date(2026, 1, 31)


def visits(*customers):
    """(customer, days ago, minor units)."""
    return [(who, date.fromordinal(AS_OF.toordinal() - ago), amount) for who, ago, amount in customers]


@pytest.mark.parametrize(("levels", "count"), [(3, 27), (4, 64), (5, 125)])
@pytest.mark.parametrize("scheme", ["case", "guide"])
def test_every_code_has_exactly_one_name(levels, count, scheme):
    codes = all_codes(levels)
    assert len(set(codes)) == count
    assert set(codes) == {"".join(map(str, code)) for code in product(range(1, levels + 1), repeat=3)}
    slugs = {segment.slug for segment in SCHEMES[scheme].segments}
    assert {SCHEMES[scheme].segment_of(code, levels) for code in codes} == slugs


def test_the_schemes_are_the_ones_of_the_case_and_the_guide():
    case = {
        "vip": "111",
        "loyal": "112 121 211 212",
        "potential": "131 132",
        "new": "133",
        "needs_attention": "311 312 313 321 331",
        "sleeping": "323 332 333",
    }
    guide = {
        "key": "111",
        "loyal": "112 121 122",
        "promising_newcomer": "131 132",
        "newcomer": "133",
        "active_small": "113 123",
        "at_risk": "211 212 221",
        "cooling": "213 222 223 231 232 233",
        "cannot_lose": "311 312 321",
        "sleeping": "313 322 323 331 332",
        "lost": "333",
    }
    named = {code: slug for slug, codes in case.items() for code in codes.split()}
    assert SCHEMES["case"].table == {code: named.get(code, "standard") for code in all_codes(3)}
    assert sum(slug == "standard" for slug in SCHEMES["case"].table.values()) == 11
    assert SCHEMES["guide"].table == {code: slug for slug, codes in guide.items() for code in codes.split()}


def test_bands_keep_best_and_worst():
    assert BANDS == {3: (1, 2, 3), 4: (1, 2, 2, 3), 5: (1, 1, 2, 3, 3)}
    assert [banded("111", 5), banded("555", 5), banded("444", 4)] == ["111", "333", "333"]


@pytest.mark.parametrize("levels", [3, 4, 5])
def test_turning_a_code_twice_gives_it_back(levels):
    for code in all_codes(levels):
        assert flipped(flipped(code, levels), levels) == code
    assert flipped("111", levels) == str(levels) * 3


def rest(*segments):
    return (*segments, NamedSegment("rest", "Rest", ()))


@pytest.mark.parametrize(
    ("segments", "told"),
    [
        (rest(NamedSegment("a", "A", ("111", "112")), NamedSegment("b", "B", ("112", "111"))), "111, 112 has more than one name"),
        ((NamedSegment("a", "A", all_codes(3)[:-2]),), "332, 333 has no name"),
        (rest(NamedSegment("a", "A", ("114", "011"))), "011, 114 is not an RFM code"),
        (rest(NamedSegment("a", "A", all_codes(3))), "segment rest has no codes left"),
        ((NamedSegment("a", "A", ()), NamedSegment("b", "B", ())), "111, 112, 113"),
    ],
)
def test_a_broken_table_of_names_is_refused_naming_the_codes(segments, told):
    with pytest.raises(OptionError) as refused:
        NamingScheme("mine", segments)
    assert told in str(refused.value)


def test_equal_values_share_a_level_whatever_the_quantile_says(ledger):
    base = ledger(visits(*((f"c{number}", 10, 500) for number in range(10))))
    rule = RFM().fit(base, AS_OF)
    assert set(rule.empty_levels) == {"R2", "F2", "M2"}
    codes = {row["rfm_code"] for row in rule.assign(base, AS_OF).table.dicts()}
    assert codes == {"133"}


def test_a_value_on_a_cut_point_is_on_its_lower_side():
    rule = RFMRule(3, "fixed", "sum", (30, 90), (1, 3), (100_00, 900_00), None, 0, "RUB")
    assert rule.code(recency_days=30, frequency=1, money=100_00) == "133"
    assert rule.code(recency_days=31, frequency=2, money=100_01) == "222"
    assert rule.code(recency_days=90, frequency=3, money=900_00) == "222"
    assert rule.code(recency_days=91, frequency=4, money=900_01) == "311"


def test_fixed_bounds_are_taken_as_given_and_in_major_units(ledger):
    base = ledger(visits(("a", 5, 100_00), ("b", 50, 100_01)))
    rule = RFM(recency=[30, 90], frequency=[1, 3], money=[100, 900]).fit(base, AS_OF)
    assert (rule.method, rule.money, rule.fitted_as_of) == ("fixed", (100_00, 900_00), None)
    assert {row["customer_id"]: row["rfm_code"] for row in rule.assign(base, AS_OF).table.dicts()} == {"a": "133", "b": "232"}


def test_frozen_cut_points_do_not_move_a_customer_because_others_bought(ledger):
    few = visits(("a", 5, 500), ("b", 50, 900), ("c", 100, 100))
    many = [*few, *visits(*((f"new{number}", 1, 10_000) for number in range(50)))]
    rule = RFM().fit(ledger(few), AS_OF)
    before = {row["customer_id"]: row["rfm_code"] for row in rule.assign(ledger(few), AS_OF).table.dicts()}
    after = {row["customer_id"]: row["rfm_code"] for row in rule.assign(ledger(many), AS_OF).table.dicts()}
    assert {who: after[who] for who in before} == before
    assert RFM().fit(ledger(many), AS_OF) != rule


def test_nothing_after_the_day_of_the_analysis_is_looked_at(ledger):
    rows = visits(("a", 5, 500), ("a", -3, 900), ("b", -1, 100))
    base = ledger(rows)
    table = RFM().fit(base, AS_OF).assign(base, AS_OF).table.dicts()
    assert [(row["customer_id"], row["frequency"], row["monetary"], row["recency_days"]) for row in table] == [("a", 1, 500, 5)]


def test_a_rule_survives_json():
    rule = RFMRule(4, "quantile", "average_check", (1, 2, 3), (1, 1, 2), (5, 6, 7), "2026-01-31", 12, "EUR")
    assert RFMRule.from_json(rule.to_json()) == rule
    assert rule.convert("114") == "441"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "3",
        "{}",
        '{"levels": 3}',
        json.dumps({"levels": 3, "recency": 5, "frequency": [1, 2], "money": [1, 2]}),
        json.dumps({**json.loads(RFMRule(3, "fixed", "sum", (1, 2), (1, 2), (1, 2), None, 0, "RUB").to_json()), "recency": ["x", "y"]}),
        json.dumps({**json.loads(RFMRule(3, "fixed", "sum", (1, 2), (1, 2), (1, 2), None, 0, "RUB").to_json()), "extra": 1}),
    ],
)
def test_what_is_no_rule_is_refused_in_one_sentence(text):
    with pytest.raises(InputError, match="not an RFM rule"):
        RFMRule.from_json(text)


def test_bounds_of_a_wrong_count_or_order_are_refused():
    with pytest.raises(OptionError, match="recency has 1 bounds; 3 levels need 2"):
        RFMRule(3, "fixed", "sum", (1,), (1, 2), (1, 2), None, 0, "RUB")
    with pytest.raises(OptionError, match="must ascend"):
        RFMRule(3, "fixed", "sum", (2, 1), (1, 2), (1, 2), None, 0, "RUB")
    with pytest.raises(OptionError, match="levels is 6"):
        RFM(6)


def test_a_day_before_the_first_purchase_is_refused(ledger):
    with pytest.raises(InputError, match="Nobody has bought by 2020-01-01"):
        RFM().fit(ledger(visits(("a", 5, 500))), "2020-01-01")
    with pytest.raises(OptionError, match="write a date as YYYY-MM-DD"):
        RFM().fit(ledger(visits(("a", 5, 500))), "yesterday")


def test_a_rule_in_another_currency_is_refused(ledger):
    rule = RFMRule(3, "fixed", "sum", (30, 90), (1, 3), (100_00, 900_00), None, 0, "USD")
    with pytest.raises(InputError, match="USD"):
        rule.assign(ledger(visits(("a", 5, 500))), AS_OF)


def test_the_average_check_can_stand_for_money(ledger):
    base = ledger(visits(("a", 5, 100), ("a", 6, 300), ("b", 5, 250), ("c", 5, 900)))
    rule = RFM(monetary="average_check").fit(base, AS_OF)
    assert rule.money == (200, 250)
    assert {row["customer_id"]: row["m"] for row in rule.assign(base, AS_OF).table.dicts()} == {"a": 3, "b": 2, "c": 1}


def test_the_category_counts_money_upwards(ledger):
    base = ledger(visits(("a", 5, 500), ("b", 50, 900), ("c", 100, 100), ("c", 101, 100), ("d", 20, 50)))
    rule = RFM(recency=[30, 90], frequency=[1, 3], money=[3, 8]).fit(base, AS_OF)
    told = {row["customer_id"]: (row["rfm_code"], row["rfm_category"]) for row in rule.assign(base, AS_OF).table.dicts()}
    assert told == {
        "a": ("132", "just_now-2-rarely"),
        "b": ("231", "recently-3-rarely"),
        "c": ("323", "long_ago-1-sometimes"),
        "d": ("133", "just_now-1-rarely"),
    }


def test_counts_name_every_segment_also_the_empty_ones(ledger):
    base = ledger(visits(("a", 5, 500), ("b", 50, 900)))
    segments = RFM().fit(base, AS_OF).assign(base, AS_OF)
    assert set(segments.counts("guide")) == {segment.slug for segment in SCHEMES["guide"].segments}
    assert sum(segments.counts().values()) == len(segments) == 2
    with pytest.raises(OptionError, match="scheme is 'mine'"):
        segments.counts("mine")
    assert "RFM at 2026-01-31, 3 levels, 1 = best, 2 buyers" in repr(segments)
