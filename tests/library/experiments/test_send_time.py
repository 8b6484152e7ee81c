from datetime import UTC, datetime

import numpy as np
import pytest

from kogorta.experiments.send_time import Responses, SendTime, local_hours
from kogorta.kit.errors import InputError, OptionError


def world(people, clicks, seed=1):
    random = np.random.default_rng(seed)
    habit = random.choice([9.0, 13.0, 19.0], people, p=[0.3, 0.2, 0.5])
    hours = (habit[:, None] + random.normal(0, 1.5, (people, clicks))) % 24
    return habit, [f"u{number}" for number in np.repeat(np.arange(people), clicks)], hours.ravel()


def test_a_customer_with_a_habit_gets_his_slot_and_a_new_one_the_common_slot():
    habit, units, hours = world(600, 8)
    rule = SendTime(explore=0).fit(Responses(units, hours))
    choice = rule.choose([f"u{number}" for number in range(600)], seed=1)
    away = np.abs(choice.start_hours + 1 - habit)
    assert np.median(away) <= 1
    assert rule.choose(["stranger"], seed=1).start_hours[0] == rule.best_slot() * 2 == 18
    assert choice.own_history.tolist() == [8] * 600


def test_two_clicks_do_not_outweigh_everybody():
    _, units, hours = world(500, 6)
    rule = SendTime(explore=0, strength=3).fit(Responses([*units, "odd"], np.append(hours, 15.0)))
    assert rule.choose(["odd"], seed=1).start_hours[0] in (12, 14, 16, 18)
    stubborn = SendTime(explore=0, strength=500).fit(Responses([*units, "odd"], np.append(hours, 15.0)))
    assert stubborn.choose(["odd"], seed=1).start_hours[0] == stubborn.best_slot() * 2


def test_a_segment_comes_between_a_customer_and_everybody():
    units = [f"early{number}" for number in range(200)] + [f"late{number}" for number in range(400)]
    hours = np.concatenate([np.full(200, 9.5), np.full(400, 19.5)])
    segment_of = {unit: unit.rstrip("0123456789") for unit in units}
    rule = SendTime(explore=0).fit(Responses(units, hours), segment_of=segment_of)
    found = rule.choose(["new1", "new2"], segments=["early", "late"], seed=1)
    assert found.start_hours.tolist() == [8, 18]


def test_quiet_hours_are_never_chosen_even_when_exploring():
    units = [f"u{number}" for number in range(2000)]
    rule = SendTime(explore=1.0, quiet=(21, 9)).fit(Responses(units, np.full(2000, 23.5)))
    hours = rule.choose(units, seed=3).start_hours
    assert set(hours.tolist()) <= {10, 12, 14, 16, 18}
    assert len(set(hours.tolist())) == 5


def test_a_tenth_explores_and_always_the_same_customers():
    units = [f"u{number}" for number in range(5000)]
    rule = SendTime(explore=0.1).fit(Responses(units, np.full(5000, 12.5)))
    first, second = rule.choose(units, seed=3), rule.choose(units[::-1], seed=3)
    assert first.explored.mean() == pytest.approx(0.1, abs=0.015)
    assert (first.explored == second.explored[::-1]).all()


def test_weekends_are_learned_apart():
    units = ["a"] * 10
    hours = np.array([9.5] * 5 + [15.5] * 5)
    weekend = np.array([False] * 5 + [True] * 5)
    rule = SendTime(explore=0).fit(Responses(units, hours, weekend))
    assert rule.choose(["a"], seed=1).start_hours[0] == 8
    assert rule.choose(["a"], weekend=True, seed=1).start_hours[0] == 14


def test_rates_are_compared_when_messages_are_known():
    # most responses come at 18, but only because nearly all messages went out then
    sent_hours = np.concatenate([np.full(900, 18.5), np.full(100, 10.5)])
    sent_units = [f"u{number % 50}" for number in range(1000)]
    clicked = np.concatenate([np.full(90, 18.5), np.full(40, 10.5)])
    click_units = [f"u{number % 50}" for number in range(130)]
    rule = SendTime(explore=0, blur=0).fit(Responses(click_units, clicked, sent_units=sent_units, sent_hours=sent_hours))
    assert rule.best_slot() * 2 == 10
    assert SendTime(explore=0, blur=0).fit(Responses(click_units, clicked)).best_slot() * 2 == 18


def test_smoothing_goes_round_the_clock():
    rule = SendTime(explore=0, quiet=(0, 0)).fit(Responses(["a"] * 4, np.array([23.5, 23.0, 0.5, 0.2])))
    assert rule.choose(["a"], seed=1).start_hours[0] in (22, 0)
    assert rule.own[0, 0, 11] == pytest.approx(rule.own[0, 0, 0])


def test_moments_become_local_hours():
    hours, weekend = local_hours([datetime(2026, 11, 22, 21, 30, tzinfo=UTC)] * 2, ["Europe/Moscow", "Asia/Vladivostok"])
    assert hours.tolist() == [0.5, 7.5]
    assert weekend.tolist() == [False, False]
    with pytest.raises(InputError, match="no time zone"):
        local_hours([datetime(2026, 11, 22)], ["Europe/Moscow"])  # noqa: DTZ001


def test_the_trial_against_one_slot_is_a_split_in_halves():
    rule = SendTime().fit(Responses(["a"], np.array([9.0])))
    assert rule.trial("send-time-2026").arms.names == ("one_slot", "personal")


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (lambda: SendTime(width=5), OptionError, "divide 24"),
        (lambda: SendTime(quiet=(0, 24)), OptionError, "no slot"),
        (lambda: SendTime().fit(Responses([], np.array([]))), InputError, "no responses"),
        (lambda: SendTime().fit(Responses(["a"], np.array([24.0]))), InputError, "outside 0 to 24"),
        (lambda: SendTime().fit(Responses(["a"], np.array([float("nan")]))), InputError, "outside 0 to 24"),
        (lambda: SendTime().fit(Responses(["a"], np.array([1.0, 2.0]))), InputError, "1 customers and 2 hours"),
    ],
)
def test_unusable_histories_are_refused(call, error, sentence):
    with pytest.raises(error, match=sentence):
        call()
