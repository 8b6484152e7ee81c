import hashlib

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kogorta.experiments.assignment import OUTSIDE, Arms, BlockedDraw, HashSplit, bucket, bucket_sql, buckets_of
from kogorta.kit.errors import InputError, OptionError


def test_a_bucket_is_the_first_eight_hex_digits_of_md5():
    assert bucket("autumn", "42") == int(hashlib.md5(b"autumn:42").hexdigest()[:8], 16) % 10_000 == 5325


@pytest.mark.parametrize("salt", ["autumn", "o'clock; --", "осень", 'a"b'])
@pytest.mark.parametrize("coverage", [1.0, 0.3])
@pytest.mark.parametrize("weights", [{"A": 50, "B": 50}, {"A": 1, "o'B": 0, "C": 3, "D": 2}])
def test_sql_and_python_agree_on_every_customer(salt, coverage, weights):
    split = HashSplit(salt, Arms.of(weights), coverage)
    with duckdb.connect() as connection:
        rows = connection.sql(f"SELECT {split.sql('id')} FROM range(20000) AS t(id) ORDER BY id").fetchall()
    assert [arm for (arm,) in rows] == split.assign([str(number) for number in range(20_000)]).arm_names()


def test_sql_and_python_agree_on_a_quoted_column():
    with duckdb.connect() as connection:
        found = connection.sql(f"""SELECT {bucket_sql("s", 'my "id"')} FROM (SELECT 'Ёж' AS "my ""id""\")""").fetchone()
    assert found == (bucket("s", "Ёж"),)


def test_fifty_experiments_are_not_correlated_beyond_chance():
    ids = [str(number) for number in range(20_000)]
    sides = np.stack([buckets_of(f"exp{number}", ids) < 5000 for number in range(1, 51)]).astype(float)
    correlation = np.corrcoef(sides) - np.eye(50)
    # the largest of 1,225 correlations of independent splits; 4.5 standard errors
    assert np.abs(correlation).max() < 4.5 / np.sqrt(20_000)


def test_growing_the_coverage_moves_nobody():
    ids = [str(number) for number in range(20_000)]
    split = HashSplit("ramp", Arms.of({"A": 50, "B": 30, "C": 20}), coverage=0.1)
    before = split.assign(ids).codes
    for coverage in (0.2, 0.5, 1.0):
        split = split.grow(coverage)
        after = split.assign(ids).codes
        inside = before != OUTSIDE
        assert (after[inside] == before[inside]).all()
        before = after
    assert (before != OUTSIDE).all()


def test_coverage_never_shrinks():
    with pytest.raises(OptionError, match="can only grow"):
        HashSplit("s", Arms.of({"A": 1, "B": 1}), 0.5).grow(0.4)


def test_other_weights_are_another_phase_with_an_independent_draw():
    split = HashSplit("s", Arms.of({"A": 1, "B": 1}))
    again = split.reweigh(Arms.of({"A": 9, "B": 1}))
    assert again.phase == 2
    assert split.reweigh(split.arms) is split
    ids = [str(number) for number in range(20_000)]
    first, second = split.assign(ids).codes, again.assign(ids).codes
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.03
    assert second.mean() == pytest.approx(0.1, abs=0.01)


def test_an_unused_arm_gets_nobody():
    counts = HashSplit("s", Arms.of({"A": 1, "B": 0, "C": 1})).assign([str(number) for number in range(5000)]).counts()
    assert counts["B"] == 0
    assert counts["A"] + counts["C"] == 5000


units = st.lists(
    st.tuples(st.text(min_size=1, max_size=6), st.sampled_from("abcd")), min_size=2, max_size=120, unique_by=lambda pair: pair[0]
)
weights = st.lists(st.integers(1, 50), min_size=2, max_size=4).map(
    lambda values: {f"arm{place}": value for place, value in enumerate(values)}
)


@given(units, weights, st.randoms(use_true_random=False))
def test_a_draw_does_not_depend_on_the_order_of_rows(pairs, arms, random):
    draw = BlockedDraw("wave", Arms.of(arms))
    first = dict(zip([unit for unit, _ in pairs], draw.assign(*zip(*pairs, strict=True)).arm_names(), strict=True))
    shuffled = list(pairs)
    random.shuffle(shuffled)
    second = dict(zip([unit for unit, _ in shuffled], draw.assign(*zip(*shuffled, strict=True)).arm_names(), strict=True))
    assert first == second


@given(units, weights)
def test_a_draw_has_exact_sizes_and_strata_off_by_less_than_one_customer(pairs, arms):
    chosen = Arms.of(arms)
    found = BlockedDraw("wave", chosen).assign(*zip(*pairs, strict=True))
    for code, share in enumerate(chosen.shares):
        assert abs((found.codes == code).sum() - share * len(pairs)) < 1
        for stratum in set(found.strata):
            inside = np.asarray([label == stratum for label in found.strata])
            assert abs((found.codes[inside] == code).sum() - share * inside.sum()) < 1 + 1e-9


def test_a_draw_of_87_gives_70_and_17():
    assert BlockedDraw("wave-1", Arms.of({"treated": 70, "control": 17})).assign(range(87)).counts() == {"treated": 70, "control": 17}


def test_every_customer_has_the_chance_of_his_arm_over_salts():
    strata = ["a", "a", "a", "b", "c"]
    hits = np.zeros(5)
    for number in range(2000):
        hits += BlockedDraw(f"salt{number}", Arms.of({"t": 80, "c": 20})).assign(range(5), strata).codes
    # five customers at 20 %: one control each time; 4.5 standard errors of a share over 2,000 draws
    assert hits.sum() == 2000
    assert np.abs(hits / 2000 - 0.2).max() < 0.06


def test_an_assignment_leaves_as_plain_values():
    found = HashSplit("autumn", Arms.of({"A": 1, "B": 1}), 0.0).assign(["1"]).to_dict()
    assert found == {"salt": "autumn", "phase": 1, "counts": {"A": 0, "B": 0}, "assignment": [{"id": "1", "arm": None}]}


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (lambda: Arms.of({"A": 1}), OptionError, "at least 2"),
        (lambda: Arms.of({"A": 1, "B": -1}), OptionError, "weight of arm 'B' is -1"),
        (lambda: Arms.of({"A": 1, "B": float("nan")}), OptionError, "'B' is nan"),
        (lambda: Arms.of({"A": 1, "B": 0}), OptionError, "fewer than two arms"),
        (lambda: HashSplit("", Arms.of({"A": 1, "B": 1})), OptionError, "salt is empty"),
        (lambda: HashSplit("s", Arms.of({"A": 1, "B": 1})).assign(["1", "2", "1"]), InputError, "'1' occurs more than once"),
        (lambda: HashSplit("s", Arms.of({"A": 1, "B": 1})).assign(["1", None]), InputError, "empty id"),
        (lambda: HashSplit("s", Arms.of({"A": 1, "B": 1})).assign(["1", float("nan")]), InputError, "empty id"),
        (lambda: BlockedDraw("s", Arms.of({"A": 1, "B": 1})).assign(["1", "2"], ["a"]), InputError, "strata has 1"),
    ],
)
def test_unusable_splits_are_refused_in_a_sentence(call, error, sentence):
    with pytest.raises(error, match=sentence):
        call()
