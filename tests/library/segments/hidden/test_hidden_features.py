import numpy as np
import pytest
from hidden.shop import AS_OF, alike, continuum, draw, put

from kogorta.kit.language import Language
from kogorta.segments.hidden.features import feature_table
from kogorta.segments.hidden.scaling import choose, scale

ANNA = (
    {"customer": "anna", "ago": 300, "roubles": 1000, "category": "Детям", "discount": 100, "hour": 19, "lines": 2},
    {"customer": "anna", "ago": 200, "roubles": 4000, "category": "детям ", "hour": 10},
    {"customer": "anna", "ago": 180, "roubles": 2000, "category": "Обувь", "channel": "Сайт", "hour": 20},
    {"customer": "anna", "ago": 1, "roubles": 500, "status": "refunded"},
    {"customer": "boris", "ago": 8, "roubles": 700},
)


@pytest.fixture(scope="module")
def table():
    others = [{"customer": f"x{n}", "ago": 5, "roubles": 100, "category": "Детям", "channel": "Сайт"} for n in range(10)]
    return feature_table(put([*ANNA, *others]), AS_OF)


def value(table, name, customer="anna"):
    return float(table.measured[name].values[table.ids.tolist().index(customer)])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("recency", 180),
        ("tenure", 300),
        ("monetary", 700_000),
        ("frequency", 3),
        ("check", 200_000),
        ("interval", 60),
        ("refunded", 1 / 4),
        ("discounted", 1 / 3),
        ("evening", 2 / 3),
        ("lines", 2 ** (1 / 3)),
        ("categories", 2),
        ("late", 0.0),
        ("top_category", 2 / 3),
        ("category:детям", 2 / 3),
        ("channel:сайт", 1 / 3),
        ("largest", 400_000),
        ("check_spread", np.std([1000, 4000, 2000]) / np.mean([1000, 4000, 2000])),
    ],
)
def test_a_feature_has_the_value_counted_by_hand(table, name, expected):
    assert value(table, name) == pytest.approx(expected, rel=1e-5)


def test_what_one_order_cannot_tell_is_unknown(table):
    assert np.isnan([value(table, name, "boris") for name in ("interval", "interval_spread", "check_spread", "late", "top_category")]).all()
    assert np.isnan(value(table, "evening", "boris"))  # no hour is known


def test_a_category_is_shown_as_it_is_mostly_written(table):
    assert table.measured["category:детям"].feature.told(Language("ru")) == "доля заказов с категорией «Детям»"


def test_habits_customers_do_not_differ_in_are_left_out_with_a_reason():
    table = feature_table(put(draw(0, 300, alike)[0]), AS_OF)
    kept, dropped = choose(table)
    why = {one.feature.name: one.why for one in dropped}
    assert "discounted" not in kept
    assert (why["discounted"], why["check"], why["recency"], why["pieces"]) == ("chance", "chance", "stage", "constant")
    assert "не сильнее" in next(one for one in dropped if one.why == "chance").told(Language("ru"))


def test_habits_customers_differ_in_are_kept():
    kept, _ = choose(feature_table(put(draw(0, 300, continuum)[0]), AS_OF))
    assert {"frequency", "check", "discounted"} <= set(kept)


def test_scaled_features_are_centred_on_the_median_and_bounded():
    table = feature_table(put(draw(0, 300, continuum)[0]), AS_OF)
    scaled = scale(table, seed=1, most=200)
    assert scaled.open.shape == (200, len(scaled.features))
    assert np.allclose(np.median(scaled.open, axis=0), 0)
    assert np.allclose(np.subtract(*np.quantile(scaled.open, [0.75, 0.25], axis=0)), 1)
    assert np.abs(scaled.clipped).max() <= 6
    assert scale(table, seed=1, most=200).open.tolist() == scaled.open.tolist()
