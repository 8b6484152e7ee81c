"""Who of the first wave is offered what."""

from datetime import date

from kogorta.recommendations.offer import Offer
from kogorta.recommendations.offering import Offering
from kogorta.waves.offers import with_offers
from kogorta.waves.plan import Plan, WaveMember


class Answers:
    """A recommender that offers everybody things numbered by question."""

    def recommend(self, question, *, customers, top):
        return tuple(
            Offer(name, rank, f"{question}{rank}", f"{question} {rank}", "popular") for name in customers for rank in range(1, top + 1)
        )


def plan(arms):
    wave = tuple(WaveMember(n + 1, f"c{n}", *[None] * 8, date(2026, 1, 1), 1, 1, 1, 1, "111", 1, (), arm) for n, arm in enumerate(arms))
    return Plan("case", "sleeping", None, (), (), (), wave, len(wave), None, None, (), ())


def test_those_to_be_contacted_get_three_products_and_two_arrivals_and_the_control_group_none():
    offered = with_offers(plan(("treated", "control")), Offering(believed=("next", "new", "arrivals"), fitted=Answers()))
    treated, control = offered.wave
    assert [offer.product_id for offer in treated.offers] == ["next1", "next2", "next3"]
    assert [offer.product_id for offer in treated.arrivals] == ["arrivals1", "arrivals2"]
    assert (control.offers, control.arrivals) == ((), ())


def test_a_question_that_was_not_earned_leaves_its_column_empty():
    only_new = with_offers(plan(("treated",)), Offering(believed=("new",), fitted=Answers())).wave[0]
    assert [offer.product_id for offer in only_new.offers] == ["new1", "new2", "new3"]
    assert only_new.arrivals == ()
    nothing = plan(("treated", "control"))
    assert with_offers(nothing, Offering(fitted=Answers())) is nothing
    assert with_offers(nothing, Offering("no_products")) is nothing
    assert with_offers(plan(()), Offering(believed=("next",), fitted=Answers())).wave == ()
