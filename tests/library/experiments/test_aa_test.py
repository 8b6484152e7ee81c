import numpy as np
import pytest

from kogorta.experiments.aa_test import self_test
from kogorta.experiments.metrics import Metric
from kogorta.kit.errors import InputError
from kogorta.kit.language import Language


@pytest.mark.parametrize("metric", [Metric("x"), Metric("y", "proportion"), Metric("x", "ratio", denominator="n")])
def test_random_halves_differ_about_as_often_as_promised(metric):
    random = np.random.default_rng(1)
    columns = {"x": random.gamma(1.5, 10, 3000), "y": random.binomial(1, 0.1, 3000), "n": random.integers(1, 4, 3000)}
    found = self_test(columns, metric, splits=400, seed=2)
    assert found.passed
    assert 0.02 <= found.found / found.splits <= 0.09
    assert sum(found.histogram) == pytest.approx(1)
    assert "можно верить" in found.words(Language("ru"))


def test_one_enormous_order_is_not_called_a_finding():
    x = np.zeros(200)
    x[0] = 1e9
    assert self_test({"x": x}, Metric("x"), splits=100).found == 0


@pytest.mark.parametrize(
    ("columns", "metric", "sentence"),
    [
        ({"x": [1.0] * 5}, Metric("x"), "at least 20"),
        ({"x": [1.0] * 50}, Metric("x"), "same for every customer"),
        ({"x": [1.0] * 50}, Metric("x", "quantile"), "takes a mean"),
        ({"x": [1.0] * 50}, Metric("y"), "no column 'y'"),
    ],
)
def test_unusable_columns_are_refused(columns, metric, sentence):
    with pytest.raises(InputError, match=sentence):
        self_test(columns, metric)
