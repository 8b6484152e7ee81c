import pytest

from kogorta.experiments.multiplicity import benjamini_hochberg, benjamini_yekutieli, holm
from kogorta.experiments.srm import check_split
from kogorta.kit.errors import InputError, OptionError


@pytest.mark.parametrize(
    ("counts", "shares", "p"),
    [
        ((1000, 1200), None, 2.007866e-05),
        ((310, 98), (0.75, 0.25), 0.647434),
        ((1000, 1000, 850), None, 3.727e-04),
        ((500, 450, 0), (0.5, 0.5, 0), 0.104757),  # an unused arm does not count
        ((21306, 21307, 21387), None, 0.9036930),
    ],
)
def test_published_split_checks(counts, shares, p):
    names = [f"arm{place}" for place in range(len(counts))]
    weights = None if shares is None else dict(zip(names, shares, strict=True))
    assert check_split(dict(zip(names, counts, strict=True)), weights).p == pytest.approx(p, abs=1e-6)


def test_a_mismatch_blocks_when_arms_were_meant_to_be_equal():
    assert check_split({"a": 1000, "b": 1200}).broken
    assert check_split({"a": 1000, "b": 1200}, {"a": 1, "b": 1}).broken


def test_very_unequal_arms_without_shares_are_doubtful_not_broken():
    check = check_split({"a": 9000, "b": 1000})
    assert check.doubtful
    assert not check.broken
    assert not check_split({"a": 9000, "b": 1000}, {"a": 90, "b": 10}).doubtful


@pytest.mark.parametrize(
    ("counts", "shares", "error", "sentence"),
    [
        ({"a": 5, "b": 5, "c": 1}, {"a": 1, "b": 1}, InputError, "no declared share"),
        ({"a": 5, "b": 5}, {"a": 1, "b": 0, "c": 1}, InputError, "weight of 0 but 5"),
        ({"a": 5, "b": 5}, {"a": 1, "b": -1}, OptionError, "at least 0"),
        ({"a": 0, "b": 0}, None, InputError, "all arms are empty"),
    ],
)
def test_unusable_shares_are_refused(counts, shares, error, sentence):
    with pytest.raises(error, match=sentence):
        check_split(counts, shares)


def test_the_published_multiplicity_example():
    # tea-tasting, docs/multiple-testing.md
    p_values = [0.118, 0.0211, 0.0213, 0.00218]
    assert benjamini_hochberg(p_values) == pytest.approx([0.118, 0.0284, 0.0284, 0.00872], abs=5e-5)
    assert benjamini_yekutieli(p_values) == pytest.approx([0.245, 0.0592, 0.0592, 0.0182], abs=1e-3)


def test_holm_is_between_the_raw_and_the_bonferroni_values():
    p_values = [0.01, 0.04, 0.03, 0.9]
    for raw, adjusted in zip(p_values, holm(p_values), strict=True):
        assert raw <= adjusted <= min(1, 4 * raw)
    assert holm([]) == []


def test_a_p_value_outside_its_range_is_refused():
    with pytest.raises(InputError, match="number 2"):
        holm([0.1, 1.2])
    with pytest.raises(InputError, match="number 1"):
        holm([float("nan")])
