import json

import numpy as np
import pytest
from hidden.shop import AS_OF, alike, continuum, draw, put, three_groups
from scipy.optimize import linear_sum_assignment

from kogorta.base.customer_base import CustomerBase
from kogorta.kit.errors import InputError, OptionError
from kogorta.kit.language import Language
from kogorta.segments.hidden.picture import draw_segments, telling_pair
from kogorta.segments.hidden.search import HiddenSearch


@pytest.fixture(scope="module")
def planted():
    orders, truth = draw(1, 500, three_groups)
    base = put(orders)
    return base, HiddenSearch().fit(base, AS_OF), truth, orders


@pytest.mark.parametrize("traits", [alike, continuum])
def test_where_nothing_is_hidden_nothing_is_found(traits):
    found = [HiddenSearch().fit(put(draw(seed, 300, traits)[0]), AS_OF) for seed in range(4)]
    assert [one.segments for one in found] == [()] * 4
    assert {one.why_none for one in found} <= {"cloud", "alike"}


def test_planted_groups_are_found_exactly(planted):
    _, found, truth, _ = planted
    assert len(found.segments) == 3
    shared = np.zeros((3, 3))
    np.add.at(shared, (truth[found.places >= 0], found.places[found.places >= 0]), 1)
    matched = shared[linear_sum_assignment(-shared)].sum()
    assert matched / len(truth) >= 0.95


def test_every_segment_has_its_evidence(planted):
    _, found, _, _ = planted
    assert all(segment.stability >= 0.75 and segment.precision >= 0.85 and segment.recall >= 0.85 for segment in found.segments)
    assert all(gap.depth <= 0.4 and gap.p <= 0.005 for gap in found.gaps)
    assert sum(segment.customers for segment in found.segments) == sum(len(found.members(segment.slug)) for segment in found.segments)
    assert [segment.customers for segment in found.segments] == sorted((s.customers for s in found.segments), reverse=True)


def test_rules_of_found_segments_are_ordinary_rules_with_the_same_members(planted):
    from kogorta.segments.rules.columns import evaluate
    from kogorta.segments.rules.formula import parse_formula
    from kogorta.segments.rules.snapshot import take_snapshot
    from kogorta.segments.rules.state import load_state

    base, found, _, _ = planted
    state = load_state(take_snapshot(base, AS_OF))
    for segment in found.segments:
        assert segment.rule.formula
        assert segment.rule.conditions <= 4
        inside = evaluate(parse_formula(segment.rule.formula), state)
        assert inside.tolist() == segment.rule.holds(found.table).tolist()


def test_segments_are_named_by_what_sets_them_apart(planted):
    _, found, _, _ = planted
    names = [segment.name(Language("ru")) for segment in found.segments]
    assert len(set(names)) == 3
    assert any("Детям" in name for name in names)
    assert any("рупные чеки" in name for name in names)
    text = " ".join(found.told(Language("ru")))
    assert "Найдено 3 скрытых сегмента." in text
    assert not set("{}") & set(text)


def test_the_order_of_rows_changes_nothing(planted):
    _, found, _, orders = planted
    again = HiddenSearch().fit(put(orders, shuffle=3), AS_OF)
    assert again.to_json() == found.to_json()
    assert again.places.tolist() == found.places.tolist()


def test_orders_after_the_day_change_nothing(planted):
    _, found, _, orders = planted
    later = [{"customer": f"c{number:04d}", "ago": -5, "roubles": 900_000.0} for number in range(300)]
    assert HiddenSearch().fit(put(orders + later), AS_OF).to_json() == found.to_json()


def test_the_outcome_leaves_as_json_with_formulas(planted):
    _, found, _, _ = planted
    whole = json.loads(found.to_json())
    assert [one["slug"] for one in whole["segments"]] == ["hidden_1", "hidden_2", "hidden_3"]
    assert whole["dropped"]["recency"] == "stage"


def test_the_picture_shows_the_two_most_telling_habits(planted):
    _, found, _, _ = planted
    across, up = telling_pair(found)
    assert {across.name, up.name} <= {"check", "discounted", "category:детям", "top_category"}
    axes = draw_segments(found, Language("ru")).axes[0]
    assert axes.get_xlabel() == across.told(Language("ru"))
    assert len(axes.get_legend().get_texts()) == 3


def test_without_segments_there_is_no_picture_and_a_reason():
    found = HiddenSearch().fit(put(draw(0, 200, alike)[0]), AS_OF)
    assert found.told(Language("ru"))[0] == "Скрытых сегментов не найдено."
    with pytest.raises(InputError, match="no picture"):
        draw_segments(found, Language("ru"))
    with pytest.raises(OptionError, match="hidden_1"):
        found.members("hidden_1")


def test_few_buyers_are_not_looked_at():
    found = HiddenSearch().fit(put(draw(0, 50, three_groups)[0]), AS_OF)
    assert (found.why_none, found.segments) == ("few", ())
    assert "50" in found.told(Language("en"))[1]


def test_customers_who_are_all_the_same_are_no_segments():
    orders = [{"customer": f"c{one:04d}", "ago": ago, "roubles": 990} for one in range(200) for ago in (10, 40, 70)]
    found = HiddenSearch().fit(put(orders), AS_OF)
    assert found.why_none == "alike"


def test_an_empty_base_is_refused_in_a_sentence():
    with pytest.raises(InputError, match="no purchases"):
        HiddenSearch().fit(CustomerBase(None))


def test_a_day_before_the_first_purchase_finds_nobody():
    found = HiddenSearch().fit(put(draw(0, 200, alike)[0]), "2001-01-01")
    assert (found.why_none, len(found.table)) == ("few", 0)


@pytest.mark.parametrize("options", [{"groups": (1, 3)}, {"groups": (5, 3)}, {"precision": 2.0}, {"fewest": 3}, {"seed": -1}, {"most": 10}])
def test_options_out_of_bounds_are_refused(options):
    with pytest.raises(OptionError):
        HiddenSearch(**options)
