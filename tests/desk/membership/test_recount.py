from datetime import timedelta

from watching import Clock, held, keeper_of, send, settled, watch_row

from kogorta.desk.membership import actions
from kogorta.desk.membership.models import Difference, Member, Person, Transition
from kogorta.desk.membership.recount import recount


def test_a_recount_from_the_base_and_the_events_finds_what_the_ticks_found(saved):
    clock = Clock()
    keeper = settled(keeper_of(clock))
    people = list(Person.objects.order_by("number")[:20])
    send(*((f"e{person.number}", person.customer_id, "email_click", clock.at - timedelta(hours=person.number + 10)) for person in people))
    settled(keeper)
    clock.at += timedelta(days=8, hours=3)
    settled(keeper)
    found = recount(1)
    assert (found.at, found.segments, found.differences) == (watch_row().at, 3, ())
    assert held(saved["clicked"].pk)


def test_a_difference_names_customers_and_is_put_right(saved, client_of):
    clock = Clock()
    keeper = settled(keeper_of(clock))
    whole = held(saved["sleeping"].pk)
    lost, strange = min(whole), max(set(Person.objects.values_list("number", flat=True)) - whole)
    Member.objects.filter(segment=saved["sleeping"].pk, number=lost).delete()
    Member.objects.create(segment=saved["sleeping"].pk, number=strange, sequence=1, since=1)
    found = recount(5)
    names = dict(Person.objects.values_list("number", "customer_id"))
    assert [(one.name, one.only_held, one.only_found, one.customers) for one in found.differences] == [
        ("sleeping", [names[strange]], [names[lost]], 2)
    ]
    actions.note_differences(found.differences, 5)
    assert names[lost] in client_of("owner").get("/live/").content.decode()
    settled(keeper)
    assert held(saved["sleeping"].pk) == whole
    assert {(row.number, row.entered) for row in Transition.objects.filter(cause="healed")} == {(lost, True), (strange, False)}
    assert Difference.objects.get().healed_at == watch_row().at
    assert recount(6).differences == ()


def test_an_erased_person_leaves_his_moves_nameless(saved):
    keeper = settled(keeper_of())
    somebody = Person.objects.get(number=min(held(saved["sleeping"].pk)))
    count = Transition.objects.filter(number=somebody.number).count()
    assert actions.forget_customer([somebody.customer_id, "another card"], "erased-1") == 1
    assert Person.objects.get(number=somebody.number).customer_id == "erased-1"
    assert set(Transition.objects.filter(number=somebody.number).values_list("decided", flat=True)) == {"[]"}
    assert Transition.objects.filter(number=somebody.number).count() == count
    assert keeper.step() == 0
