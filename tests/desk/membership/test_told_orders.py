"""Orders and refunds that come in as events move customers at once, as the base will have them."""

import json
import random
from datetime import timedelta

import pytest
from watching import Clock, folded, held, keeper_of, live_names, members_in_sql, settled, watch_row

from kogorta.desk.bases.opening import open_desk_base
from kogorta.desk.events.actions import mark_taken
from kogorta.desk.events.models import ReceivedEvent
from kogorta.desk.membership import told
from kogorta.desk.membership.models import Person, Transition
from kogorta.desk.membership.received import received_after
from kogorta.desk.membership.recount import recount
from kogorta.desk.membership.tables import as_events


def tell(event_id, who, at, kind="order", **said):
    ReceivedEvent.objects.create(
        event_id=event_id, customer_id=who, type=kind, at=at, source="shop", properties=json.dumps(said), received_at=at
    )


def somebody_outside(segment):
    return Person.objects.exclude(number__in=held(segment.pk)).order_by("number").first()


def collect():
    """Carry events on into the base, as the job does."""
    rows = received_after(0, 1_000_000)
    base = open_desk_base()
    try:
        base.add_events(as_events(rows))
    finally:
        base.connection.close()
    mark_taken([row.number for row in rows])


@pytest.fixture
def base_put_back():
    """The base of the desk is shared by tests: what this one adds is taken out again."""
    import shutil

    from kogorta.desk.settings import DESK

    kept = DESK.base_folder.with_name("base-before")
    shutil.copytree(DESK.base_folder, kept)
    yield
    shutil.rmtree(DESK.base_folder)
    kept.rename(DESK.base_folder)


def agree(saved):
    for name, segment in saved.items():
        assert live_names(segment.pk) == members_in_sql(segment.tree), name
    found = recount(1)
    assert found is not None
    assert found.differences == ()
    assert folded() == {row.pk: held(row.pk) for row in saved.values() if held(row.pk)}


def test_a_large_order_told_moves_at_once_and_says_so(saved):
    clock = Clock()
    keeper = settled(keeper_of(clock))
    who = somebody_outside(saved["big"])
    tell("o1", who.customer_id, clock.at, order_id="w-1", amount=150_000)
    assert keeper.step() >= 1
    move = Transition.objects.get(segment=saved["big"].pk, number=who.number)
    assert (move.entered, move.cause, move.reason, move.decided) == (True, "event", "event:o1", "[150000.0]")
    agree(saved)


@pytest.mark.parametrize(
    "then",
    [
        {"order_id": "w-1", "amount": 150_000, "status": "cancelled"},
        {"order_id": "w-1", "amount": 99_999.99},
        {"kind": "refund", "order_id": "w-1", "amount": 60_000},
    ],
)
def test_cancelled_changed_and_refunded_he_leaves_again(saved, then):
    clock = Clock()
    keeper = settled(keeper_of(clock))
    who = somebody_outside(saved["big"])
    tell("o1", who.customer_id, clock.at, order_id="w-1", amount=150_000)
    keeper.step()
    tell("o2", who.customer_id, clock.at + timedelta(minutes=1), **then)
    keeper.step()
    assert who.number not in held(saved["big"].pk)
    assert Transition.objects.order_by("-sequence").first().reason == "event:o2"
    agree(saved)


def test_an_order_told_of_somebody_else_leaves_the_first(saved):
    clock = Clock()
    keeper = settled(keeper_of(clock))
    first, second = Person.objects.exclude(number__in=held(saved["big"].pk)).order_by("number")[:2]
    tell("o1", first.customer_id, clock.at, order_id="w-1", amount=150_000)
    keeper.step()
    tell("o2", second.customer_id, clock.at + timedelta(minutes=1), order_id="w-1", amount=150_000)
    keeper.step()
    assert {first.number, second.number} & held(saved["big"].pk) == {second.number}
    agree(saved)


def test_the_base_takes_the_orders_in_and_nothing_moves_twice(saved, base_put_back):
    clock = Clock()
    keeper = settled(keeper_of(clock))
    who = somebody_outside(saved["big"])
    tell("o1", who.customer_id, clock.at, order_id="w-1", amount=150_000)
    keeper.step()
    before = watch_row().sequence
    collect()
    agree(saved)
    again = settled(keeper_of(clock))
    assert watch_row().sequence == before
    tell("o2", who.customer_id, clock.at + timedelta(minutes=1), kind="refund", order_id="w-1", amount=150_000)
    again.step()
    assert who.number not in held(saved["big"].pk)
    agree(saved)


def test_events_the_base_has_before_the_watch_are_taken_in_once(saved, base_put_back, founded):
    from kogorta.desk.segments.actions import save_segment
    from kogorta.segments.rules.formula import parse_formula

    saved["thrice"] = save_segment(founded["owner"], "thrice", parse_formula("events('visit', 30d) >= 2 or orders(30d) >= 1"))
    clock = Clock()
    settled(keeper_of(clock))
    who = somebody_outside(saved["thrice"])
    tell("v1", who.customer_id, clock.at, kind="visit")
    tell("o1", who.customer_id, clock.at, order_id="w-1", amount=10, status="open")
    collect()
    settled(keeper_of(clock))
    assert who.number not in held(saved["thrice"].pk)
    agree(saved)


def test_whose_order_in_the_base_becomes_anothers_keeps_what_waits_of_him(saved, base_put_back):
    clock = Clock()
    keeper = settled(keeper_of(clock))
    first, second = Person.objects.exclude(number__in=held(saved["big"].pk)).order_by("number")[:2]
    tell("o1", first.customer_id, clock.at, order_id="w-1", amount=50_000)
    keeper.step()
    collect()
    tell("o2", first.customer_id, clock.at + timedelta(minutes=1), order_id="w-2", amount=150_000)
    keeper.step()
    assert first.number in held(saved["big"].pk)
    tell("o3", second.customer_id, clock.at + timedelta(minutes=2), order_id="w-1", amount=150_000)
    keeper.step()
    assert {first.number, second.number} <= held(saved["big"].pk)
    agree(saved)


def test_what_another_took_stays_his_when_the_first_is_told_of_again(saved, base_put_back):
    clock = Clock()
    keeper = settled(keeper_of(clock))
    first, second = Person.objects.exclude(number__in=held(saved["big"].pk)).order_by("number")[:2]
    tell("o1", first.customer_id, clock.at, order_id="w-1", amount=150_000)
    keeper.step()
    collect()
    tell("o2", second.customer_id, clock.at + timedelta(minutes=1), order_id="w-1", amount=150_000)
    keeper.step()
    assert {first.number, second.number} & held(saved["big"].pk) == {second.number}
    tell("o3", first.customer_id, clock.at + timedelta(minutes=2), order_id="w-2", amount=10)
    keeper.step()
    assert {first.number, second.number} & held(saved["big"].pk) == {second.number}
    agree(saved)


def test_full_of_told_orders_the_watch_begins_anew_and_nothing_moves(saved, monkeypatch):
    monkeypatch.setattr(told, "MOST_TOLD", 2)
    clock = Clock()
    keeper = settled(keeper_of(clock))
    who = somebody_outside(saved["big"])
    for number in range(2):
        tell(f"o{number}", who.customer_id, clock.at, order_id=f"w-{number}", amount=150_000)
    keeper.step()
    before, orders = watch_row().sequence, keeper._orders
    keeper.step()
    assert keeper._orders is not orders
    assert not keeper._orders.is_full
    assert watch_row().sequence == before
    agree(saved)


def test_orders_are_told_on_when_the_files_of_that_state_are_gone(saved, base_put_back):
    clock = Clock()
    keeper = settled(keeper_of(clock))
    first, second = Person.objects.exclude(number__in=held(saved["big"].pk)).order_by("number")[:2]
    tell("o1", first.customer_id, clock.at, order_id="w-1", amount=10)
    keeper.step()
    collect()
    base = open_desk_base()
    base.vacuum(logs=True)  # as after an erasure: readers of earlier states are not waited for
    base.connection.close()
    tell("o2", second.customer_id, clock.at + timedelta(minutes=1), order_id="w-1", amount=150_000)
    keeper.step()
    assert {first.number, second.number} & held(saved["big"].pk) == {second.number}
    agree(saved)


def test_random_tellings_in_any_order_agree_with_a_full_recount(saved, base_put_back):
    draw, clock = random.Random(3), Clock()
    keeper = settled(keeper_of(clock))
    people = [row.customer_id for row in Person.objects.order_by("number")[:6]]
    for number in range(60):
        tell(
            f"o{number}",
            draw.choice(people),
            clock.at - timedelta(hours=draw.randrange(900)),
            draw.choice(["order", "order", "refund"]),
            order_id=f"w-{draw.randrange(12)}",
            amount=draw.choice([50_000, 100_000, 150_000]),
            status=draw.choice(["won", "won", "won", "lost"]),
        )
        if number % 6 == 5:
            keeper.step()
            agree(saved)
        if number == 30:
            collect()
        if number == 40:
            keeper = settled(keeper_of(clock))
