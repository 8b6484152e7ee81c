from datetime import date

import numpy as np
import pytest

from kogorta.experiments.assignment import OUTSIDE, Arms, HashSplit
from kogorta.experiments.layers import BucketRange, Gate, Holdout, Layer
from kogorta.kit.errors import InputError, OptionError

IDS = [str(number) for number in range(20_000)]
EVEN = Arms.of({"A": 1, "B": 1})


def test_experiments_of_one_layer_never_share_a_customer():
    layer = Layer("mail", "mail-2026").grow("subject", 0.4).grow("offer", 0.6)
    subject, offer = layer.members("subject", IDS), layer.members("offer", IDS)
    assert not (subject & offer).any()
    assert (subject | offer).all()


def test_a_growing_experiment_keeps_its_customers_and_disturbs_nobody():
    layer = Layer("mail", "m").grow("a", 0.2).grow("b", 0.2)
    before_a, before_b = layer.members("a", IDS), layer.members("b", IDS)
    layer = layer.grow("a", 0.5)
    after = layer.members("a", IDS)
    assert (after[before_a]).all()
    assert (layer.members("b", IDS) == before_b).all()
    assert layer.share("a") == pytest.approx(0.5)
    assert layer.ranges["a"] == (BucketRange(0, 2000), BucketRange(4000, 7000))


def test_a_full_layer_says_so_and_freed_buckets_can_be_taken_again():
    layer = Layer("mail", "m").grow("a", 0.7)
    with pytest.raises(OptionError, match=r"room for 0\.3"):
        layer.grow("b", 0.5)
    assert layer.release("a").grow("b", 0.5).share("b") == 0.5


def test_a_range_cannot_shrink_and_ranges_cannot_overlap():
    with pytest.raises(OptionError, match="can only grow"):
        Layer("mail", "m").grow("a", 0.5).grow("a", 0.4)
    with pytest.raises(OptionError, match="share bucket 5"):
        Layer("mail", "m", {"a": (BucketRange(0, 10),), "b": (BucketRange(5, 20),)})


def test_holdouts_with_other_salts_take_other_customers():
    first, second = Holdout("h1", 0.05).members(IDS), Holdout("h2", 0.05).members(IDS)
    assert first.mean() == pytest.approx(0.05, abs=0.006)
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.03


def test_a_holdout_per_segment_has_its_own_share():
    segments = ["vip" if number % 2 else "sleeping" for number in range(len(IDS))]
    held = Holdout("h", 0.1, by_segment={"vip": 0.02}).members(IDS, segments=segments)
    vip = np.asarray([name == "vip" for name in segments])
    assert held[vip].mean() == pytest.approx(0.02, abs=0.005)
    assert held[~vip].mean() == pytest.approx(0.10, abs=0.01)


def test_a_holdout_ends_on_its_day():
    holdout = Holdout("h", 0.5, until=date(2026, 6, 30))
    assert holdout.members(IDS, on="2026-06-30").any()
    assert not holdout.members(IDS, on="2026-07-01").any()


def test_the_gates_stop_customers_in_their_order():
    layer = Layer("mail", "m").grow("subject", 0.5).grow("offer", 0.5)
    gate = Gate(HashSplit("exp", EVEN, 0.5), Holdout("h", 0.1), layer, "subject")
    suppressed = set(IDS[:1000])
    found = gate.admit(IDS, suppressed=suppressed)
    assert set(found.reasons[:1000]) == {"suppressed"}
    held, members = gate.holdout.members(IDS), layer.members("subject", IDS)
    for place in range(1000, 3000):
        expected = "holdout" if held[place] else "other_experiment" if not members[place] else None
        assert expected is None or found.reasons[place] == expected
    assert sum(found.counts().values()) == len(IDS)
    assert ((found.assignment.codes == OUTSIDE) == np.asarray([reason != "in" for reason in found.reasons])).all()
    assert found.counts()["in"] == pytest.approx(0.95 * len(IDS) * 0.9 * 0.5 * 0.5, rel=0.05)


def test_one_salt_for_two_things_is_refused():
    with pytest.raises(OptionError, match="share a salt"):
        Gate(HashSplit("x", EVEN), Holdout("x", 0.1))


def test_a_segment_holdout_without_segments_is_refused():
    with pytest.raises(InputError, match="segment of each customer"):
        Holdout("h", 0.1, by_segment={"vip": 0.2}).members(["1"])
