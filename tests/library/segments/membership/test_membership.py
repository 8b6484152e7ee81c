"""Customers move by themselves: incremental memberships equal a full recompute, and every move says when and why."""

import random
from datetime import date

import numpy as np
import pytest
from membership_worlds import differences

from kogorta.kit.clock import day_begins
from kogorta.segments.membership import rows
from kogorta.segments.membership.changes import Merge
from kogorta.segments.membership.facts import Card, Event, Order, encode
from kogorta.segments.membership.ruleset import RuleSet, WatchedRule
from kogorta.segments.membership.tick import Membership
from kogorta.segments.rules.formula import parse_formula
from kogorta.segments.rules.matching import day_number

ZONE, HOUR = "Europe/Moscow", 3_600_000_000
DAY = 24 * HOUR
FIRST = day_begins(date(2026, 3, 1), ZONE)


def watching(**formulas):
    members = Membership(time_zone=ZONE)
    members.set_rules({name: WatchedRule(name, 1, parse_formula(text)) for name, text in formulas.items()}, at=FIRST)
    return members


def tell(members, *facts, at):
    outcome = members.tick(encode(facts, members.population, members.zone), at=at)
    return [(move.customer, move.way, move.segment, move.cause, move.event) for found in outcome.crossings for move in found]


@pytest.mark.parametrize(("seed", "fewest"), [(11, rows.FEWEST_TO_COMPACT), (12, rows.FEWEST_TO_COMPACT), (13, 20), (14, 20)])
def test_memberships_and_moves_equal_a_full_recompute_from_the_raw_events(seed, fewest, monkeypatch):
    monkeypatch.setattr(rows, "FEWEST_TO_COMPACT", fewest)
    _, _, wrong = differences(random.Random(seed), customers=40, ticks=7, happenings=40)
    assert wrong == []


def test_a_customer_falls_asleep_at_the_midnight_that_ends_his_thirtieth_day():
    members = watching(sleeping="lifecycle = 'sleeping'")
    bought = FIRST + 15 * HOUR
    tell(members, Card(1, 0, "c0"), Order(2, 0, 0, bought, 10_000), at=bought)
    asleep = day_begins(date(2026, 4, 1), ZONE)
    assert members.waiting.next_moment() == asleep
    assert tell(members, at=asleep - 1) == []
    assert tell(members, at=asleep) == [(0, "entered", "sleeping", "time", None)]
    assert tell(members, Order(3, 1, 0, asleep, 5_000), at=asleep + 1) == [(0, "left", "sleeping", "event", 3)]


def test_interest_shows_n_hours_after_a_click_and_an_order_takes_it_away():
    members = watching(interest="hours_unanswered('email_click') between 4 and 47")
    tell(members, Card(1, 0, "c0"), Event(2, 0, 0, FIRST, "email_click"), at=FIRST)
    assert members.waiting.next_moment() == FIRST + 4 * HOUR
    assert tell(members, at=FIRST + 4 * HOUR - 1) == []
    assert tell(members, at=FIRST + 4 * HOUR) == [(0, "entered", "interest", "time", None)]
    order = Order(3, 0, 0, FIRST + 5 * HOUR, 10_000)
    assert tell(members, order, at=FIRST + 5 * HOUR) == [(0, "left", "interest", "event", 3)]
    assert tell(members, Order(4, 0, 0, FIRST + 5 * HOUR, 10_000, won=False), at=FIRST + 6 * HOUR) == [
        (0, "entered", "interest", "event", 4)
    ]
    assert tell(members, at=FIRST + 48 * HOUR) == [(0, "left", "interest", "time", None)]


def test_a_transition_keeps_the_values_that_decided():
    members = watching(big="revenue(30d) > 1000 and city = 'Пермь'")
    order = Order(2, 0, 0, FIRST, 150_050)
    outcome = members.tick(encode([Card(1, 0, "c0", {"city": "Пермь"}), order], members.population, members.zone), at=FIRST)
    (move,) = outcome.crossings[0]
    assert (move.version, move.at, move.values) == (1, FIRST, (1500.5, "пермь"))


def test_a_merged_card_leaves_and_its_history_counts_for_the_other_until_it_is_taken_out():
    members = watching(regular="orders() >= 2", any="orders() >= 1")
    facts = [Card(1, 0, "c0"), Card(2, 1, "c1"), Order(3, 0, 0, FIRST, 100), Order(4, 1, 1, FIRST, 100)]
    tell(members, *facts, at=FIRST)
    assert sorted(tell(members, Merge(1, 0, 5), at=FIRST + 1)) == [
        (0, "entered", "regular", "event", 5),
        (1, "left", "any", "event", 5),
    ]
    assert sorted(tell(members, Merge(1, 1, 6), at=FIRST + 2)) == [
        (0, "left", "regular", "event", 6),
        (1, "entered", "any", "event", 6),
    ]


def test_the_same_facts_told_again_change_nothing():
    members = watching(any="orders() >= 1")
    facts = [Card(1, 0, "c0"), Order(2, 0, 0, FIRST, 100)]
    assert len(tell(members, *facts, at=FIRST)) == 1
    assert tell(members, *facts, at=FIRST + 1) == []
    assert members.counts() == {"any": 1}


def test_a_deleted_rule_lets_its_members_go_and_frees_its_place():
    members = watching(any="orders() >= 1", none="orders() = 0")
    tell(members, Card(1, 0, "c0"), Order(2, 0, 0, FIRST, 100), at=FIRST)
    outcome = members.set_rules({"any": None}, at=FIRST + 1)
    assert [(move.way, move.segment, move.cause) for found in outcome.crossings for move in found] == [("left", "any", "rule")]
    members.set_rules({"new": WatchedRule("new", 2, parse_formula("orders() = 1"))}, at=FIRST + 2)
    assert (members.rules.slots[0].name, members.counts()) == ("new", {"new": 1, "none": 0})


def test_time_does_not_run_back():
    members = watching(sleeping="lifecycle = 'sleeping'")
    tell(members, Card(1, 0, "c0"), Order(2, 0, 0, FIRST, 100), at=FIRST)
    tell(members, at=FIRST + 40 * DAY)
    assert tell(members, at=FIRST) == []
    assert members.counts() == {"sleeping": 1}


def test_members_put_back_after_a_restart_make_no_transitions_and_are_checked():
    facts = [Card(1, 0, "c0"), Order(2, 0, 0, FIRST, 100), Card(3, 1, "c1")]
    rules = {"any": WatchedRule("any", 1, parse_formula("orders() >= 1"))}
    members = Membership(time_zone=ZONE)
    members.population.apply(encode(facts, members.population, members.zone))
    members.rules = RuleSet().with_rules(rules)
    members.restore("any", np.array([0]))
    assert members.recompute(at=FIRST).transitions == 0
    members.restore("any", np.array([1]))
    healed = members.recompute(at=FIRST)
    assert sorted((move.customer, move.way, move.cause) for found in healed.crossings for move in found) == [
        (0, "entered", "healed"),
        (1, "left", "healed"),
    ]


def test_a_rule_about_moves_is_refused_until_those_of_before_are_told():
    members = watching(any="orders() >= 1")
    tell(members, Card(1, 0, "c0"), Order(2, 0, 0, FIRST, 100), at=FIRST)
    came = {"came": WatchedRule("came", 1, parse_formula("entered('any', 7d)"))}
    with pytest.raises(ValueError, match="restore_moves"):
        members.set_rules(came, at=FIRST + 1)
    assert members.counts() == {"any": 1}, "nothing has changed"
    told = np.array([0]), ["any"], np.array([True]), np.array([day_number(date(2026, 3, 1))], dtype=np.int32)
    for _ in range(2):  # told twice they count once
        members.restore_moves(*told)
    outcome = members.set_rules(came, at=FIRST + 2)
    assert [(move.customer, move.way, move.segment) for found in outcome.crossings for move in found] == [(0, "entered", "came")]
    assert members.tick(at=day_begins(date(2026, 3, 8), ZONE)).transitions == 1


def test_a_segment_may_go_as_the_first_rule_about_moves_comes():
    members = watching(any="orders() >= 1")
    tell(members, Card(1, 0, "c0"), Order(2, 0, 0, FIRST, 100), at=FIRST)
    members.restore_moves(np.array([0]), ["any"], np.array([True]), np.array([day_number(date(2026, 3, 1))], dtype=np.int32))
    went = WatchedRule("went", 1, parse_formula("left('any', 7d)"))
    outcome = members.set_rules({"any": None, "went": went}, at=FIRST + 1)
    assert [(move.customer, move.way, move.segment) for found in outcome.crossings for move in found] == [(0, "left", "any")]
    assert members.has_second_looks, "moves are seen from the next tick on"
    outcome = members.tick(at=FIRST + 2)
    assert [(move.customer, move.way, move.segment) for found in outcome.crossings for move in found] == [(0, "entered", "went")]


def test_only_events_leave_the_rules_that_read_none_as_they_were():
    members = watching(clicked="events('email_click', 7d) >= 1", quiet="orders() = 0", both="segment('clicked') and segment('quiet')")
    tell(members, Card(1, 0, "c0"), at=FIRST)
    assert members.rules.of_events.questions.slots.keys() == {0, 2}
    click = Event(2, 0, 0, FIRST, "email_click")
    assert sorted(tell(members, click, at=FIRST)) == [(0, "entered", "both", "event", 2), (0, "entered", "clicked", "event", 2)]
    assert members.counts() == {"clicked": 1, "quiet": 1, "both": 1}
    newcomer = Event(3, 1, 1, FIRST, "visit")
    assert tell(members, newcomer, at=FIRST + 1) == [(1, "entered", "quiet", "event", 3)], "somebody new is looked at whole"


def test_customers_who_wait_are_not_looked_at():
    members = watching(sleeping="lifecycle = 'sleeping'")
    facts = [
        fact for number in range(50) for fact in (Card(2 * number, number, f"c{number}"), Order(2 * number + 1, number, number, FIRST, 100))
    ]
    tell(members, *facts, at=FIRST)
    assert members.tick(at=FIRST + 1).looked_at == 0
    assert members.tick(at=day_begins(date(2026, 4, 1), ZONE)).looked_at == 50
