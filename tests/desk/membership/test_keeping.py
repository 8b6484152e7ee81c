from datetime import UTC, datetime, timedelta

import pytest
from watching import Clock, folded, held, keeper_of, live_names, members_in_sql, send, settled, watch_row

from kogorta.desk.events.models import ReceivedEvent
from kogorta.desk.membership import actions
from kogorta.desk.membership.models import Day, Person, Transition, Watched
from kogorta.desk.membership.queries import memberships_at, standings
from kogorta.desk.segments.actions import delete_segment, save_segment
from kogorta.segments.rules.formula import parse_formula


def test_members_written_are_those_of_a_full_recount(saved):
    settled(keeper_of())
    for name in saved:
        assert live_names(saved[name].pk) == members_in_sql(saved[name].tree), name
    assert {row.name: row.members for row in Watched.objects.all()} == {name: len(live_names(row.pk)) for name, row in saved.items()}
    assert [row.sequence for row in Transition.objects.order_by("sequence")] == list(range(1, watch_row().sequence + 1))
    assert set(Transition.objects.values_list("cause", flat=True)) == {"rule"}


def test_an_event_moves_a_customer_with_its_id_and_what_was_seen(saved):
    clock = Clock()
    keeper = settled(keeper_of(clock))
    somebody = Person.objects.exclude(number__in=held(saved["clicked"].pk)).first()
    send(("e1", somebody.customer_id, "email_click", clock.at))
    assert keeper.step() == 0
    assert watch_row().position == ReceivedEvent.objects.get().pk
    clock.at += timedelta(hours=24) - timedelta(microseconds=1)
    assert keeper.step() == 0
    clock.at += timedelta(microseconds=1)
    assert keeper.step() == 1
    move = Transition.objects.order_by("-sequence").first()
    assert (move.segment, move.number, move.entered, move.cause, move.decided) == (
        saved["clicked"].pk,
        somebody.number,
        True,
        "time",
        "[24]",
    )
    assert live_names(saved["clicked"].pk) == members_in_sql(saved["clicked"].tree)


def test_an_event_of_an_id_known_already_and_of_a_stranger_moves_nobody(saved):
    clock = Clock()
    keeper = settled(keeper_of(clock))
    before = watch_row().sequence
    send(("e1", "nobody at all", "email_click", clock.at - timedelta(days=2)))
    assert keeper.step() == 0
    assert (watch_row().sequence, watch_row().position) == (before, ReceivedEvent.objects.get().pk)


def test_a_late_event_moves_at_once_and_says_so(saved):
    clock = Clock()
    keeper = settled(keeper_of(clock))
    somebody = Person.objects.exclude(number__in=held(saved["clicked"].pk)).first()
    send(("late", somebody.customer_id, "email_click", clock.at - timedelta(hours=30)))
    assert keeper.step() == 1
    move = Transition.objects.order_by("-sequence").first()
    assert (move.cause, move.reason, move.decided) == ("event", "event:late", "[30]")


def test_a_new_watch_begins_where_the_last_one_stopped(saved):
    clock = Clock()
    settled(keeper_of(clock))
    somebody = Person.objects.exclude(number__in=held(saved["clicked"].pk)).first()
    send(("e1", somebody.customer_id, "email_click", clock.at - timedelta(hours=30)))
    again = settled(keeper_of(clock))
    assert held(saved["clicked"].pk) >= {somebody.number}
    before = watch_row().sequence
    once_more = settled(keeper_of(clock))
    assert watch_row().sequence == before
    assert folded() == {row.pk: held(row.pk) for row in saved.values() if held(row.pk)}
    assert once_more is not again


def test_the_watch_that_was_taken_over_writes_nothing(saved):
    clock = Clock()
    first = settled(keeper_of(clock))
    second = settled(keeper_of(clock))
    somebody = Person.objects.exclude(number__in=held(saved["clicked"].pk)).first()
    send(("e1", somebody.customer_id, "email_click", clock.at - timedelta(hours=30)))
    with pytest.raises(actions.WatchLostError):
        first.step()
    assert second.step() == 1
    assert folded()[saved["clicked"].pk] == held(saved["clicked"].pk)


def test_a_process_that_does_not_hold_the_watch_waits(desk):
    assert actions.take_watch("one") == 1
    assert actions.take_watch("two") is None
    actions.give_watch(1)
    assert actions.take_watch("two") == 2


def test_rules_created_edited_renamed_and_deleted_while_running(saved, founded):
    owner, clock = founded["owner"], Clock()
    keeper = settled(keeper_of(clock))
    big = held(saved["big"].pk)
    edited = save_segment(owner, "big", parse_formula("largest_order(all) >= 200000"), saved["big"].pk, 1)
    keeper.step()
    assert held(edited.pk) <= big
    assert live_names(edited.pk) == members_in_sql(edited.tree)
    gone = Transition.objects.filter(segment=edited.pk, version=2)
    assert {(row.cause, row.entered) for row in gone} == {("rule", False)}
    before = watch_row().sequence
    save_segment(owner, "very big", parse_formula("largest_order(all) >= 200000"), edited.pk, 2)
    keeper.step()
    assert (watch_row().sequence, Watched.objects.get(segment=edited.pk).name) == (before, "very big")
    delete_segment(owner, edited.pk)
    keeper.step()
    assert held(edited.pk) == set()
    assert not Watched.objects.filter(segment=edited.pk).exists()
    assert folded()[edited.pk] == set()


def test_time_alone_moves_customers_and_the_history_says_who_was_there(saved):
    clock = Clock(datetime(2026, 11, 20, 9, tzinfo=UTC))
    keeper = settled(keeper_of(clock))
    before = held(saved["sleeping"].pk)
    early = watch_row().at
    clock.at += timedelta(days=20)
    assert keeper.step() > 0
    assert live_names(saved["sleeping"].pk) == members_in_sql(saved["sleeping"].tree)
    move = Transition.objects.filter(segment=saved["sleeping"].pk, cause="time").first()
    assert (move.entered, move.number in before) == (True, False)
    assert "sleeping" not in memberships_at(move.number, early)
    assert "sleeping" in memberships_at(move.number, watch_row().at)
    day = Day.objects.get(segment=saved["sleeping"].pk, day="2026-12-10")
    assert (day.members, day.entered) == (len(held(saved["sleeping"].pk)), len(held(saved["sleeping"].pk)) - len(before))


def test_the_count_of_a_page_is_the_number_of_its_rows(saved):
    settled(keeper_of())
    for row in standings(datetime(2026, 11, 25, tzinfo=UTC).date()):
        assert row.members == len(held(row.segment)) == Watched.objects.get(segment=row.segment).members


def test_rules_about_moves_see_those_of_before_a_restart(saved, founded):
    clock = Clock(datetime(2026, 11, 20, 9, tzinfo=UTC))
    keeper = settled(keeper_of(clock))
    clock.at += timedelta(days=20)
    settled(keeper)
    fresh = save_segment(founded["owner"], "fell asleep", parse_formula("entered('sleeping', 7d)"))
    settled(keeper)
    asleep = set(Transition.objects.filter(segment=saved["sleeping"].pk, cause="time").values_list("number", flat=True))
    assert held(fresh.pk) == asleep
    settled(keeper_of(clock))
    assert held(fresh.pk) == asleep
