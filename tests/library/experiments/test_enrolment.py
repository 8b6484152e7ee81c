import pytest

from kogorta.experiments.assignment import Arms, HashSplit
from kogorta.experiments.enrolment import Enrolment
from kogorta.kit.errors import InputError

SPLIT = HashSplit("autumn", Arms.of({"A": 1, "B": 1}))


def test_a_customer_keeps_his_arm_when_the_weights_change():
    first = Enrolment("autumn").add(SPLIT.assign([str(number) for number in range(500)]), on="2026-11-01")
    later = SPLIT.reweigh(Arms.of({"A": 9, "B": 1})).assign([str(number) for number in range(1000)])
    second = first.add(later, on="2026-11-02")
    assert second.rows[:500] == first.rows
    assert {row.phase for row in second.rows[500:]} == {2}
    assert len(second.rows) == 1000


def test_customers_outside_the_coverage_are_not_stored():
    split = HashSplit("autumn", Arms.of({"A": 1, "B": 1}), coverage=0.2)
    ids = [str(number) for number in range(1000)]
    assert len(Enrolment("autumn").add(split.assign(ids), on="2026-11-01").rows) == sum(split.assign(ids).counts().values())


def enrolled(arms):
    rows = Enrolment("e").add(SPLIT.assign(list(arms)), on="2026-11-01").rows
    from dataclasses import replace

    return Enrolment("e", tuple(replace(row, arm=arms[row.unit]) for row in rows))


def test_merges_across_arms_leave_the_analysis_and_are_counted():
    enrolment = enrolled({"1": "A", "2": "B", "3": "A", "4": "A", "5": "B"})
    review = enrolment.review([("1", "2"), ("3", "4")])
    assert review.arms == {"3": "A", "5": "B"}
    assert review.crossed == ("1",)
    assert review.joined == ("3",)
    assert review.crossed_share == pytest.approx(1 / 3)


def test_a_chain_of_merges_ends_at_the_last_survivor():
    review = enrolled({"1": "A", "2": "A", "3": "A"}).review([("2", "1"), ("3", "2"), ("9", "3")])
    assert review.arms == {"9": "A"}


def test_circles_and_double_merges_are_refused():
    enrolment = enrolled({"1": "A", "2": "A"})
    with pytest.raises(InputError, match="circle"):
        enrolment.review([("1", "2"), ("2", "1")])
    with pytest.raises(InputError, match="was merged into '2' and into '3'"):
        enrolment.review([("2", "1"), ("3", "1")])
