"""Events come to the customer they are about, once, whatever order and however often they are sent."""

from datetime import UTC, datetime, timedelta

from kogorta.base.customer_base import CustomerBase, open_base
from kogorta.base.events import Event

DEALS = [
    {
        "ID": str(number),
        "Стадия сделки": "Сделка успешна",
        "Сумма": "1000",
        "Дата создания": "2026-01-05",
        "Компания: ID": str(number),
        "Компания": f"ООО «{number}»",
        "Реквизит (Россия): ИНН": inn,
    }
    for number, inn in ((1, "7707083893"), (2, "7707083893"), (3, "7736050003"))
]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def event(number, who, minutes=0, kind="page_view"):
    return Event(f"e{number}", who, kind, NOON + timedelta(minutes=minutes), "site", '{"page": "/"}')


def kept(base):
    return base.connection.execute('SELECT event_id, customer_id FROM events ORDER BY "at", event_id').fetchall()


def owner_and_merged(base):
    return base.connection.execute("SELECT kept_id, merged_id FROM merges").fetchone()


def test_an_event_goes_to_its_customer_or_to_the_one_its_card_was_merged_into(make_base):
    base = make_base(DEALS)
    owner, merged = owner_and_merged(base)
    taken = base.add_events([event(1, owner), event(2, merged), event(3, "company-3"), event(4, "nobody")])
    assert (taken.added, taken.unknown) == (3, frozenset({"e4"}))
    assert kept(base) == [("e1", owner), ("e2", owner), ("e3", "company-3")]


def test_the_same_id_twice_is_one_event_in_a_batch_and_after_it(make_base):
    base = make_base(DEALS)
    assert base.add_events([event(1, "company-3"), event(1, "company-3", 5), event(2, "company-3")]).added == 2
    assert base.add_events([event(2, "company-3", 9), event(1, "company-3")]).added == 0
    assert base.add_events([]).added == 0
    assert [name for name, _ in kept(base)] == ["e1", "e2"]


def test_the_order_of_events_changes_nothing(make_base):
    sent = [event(1, "company-3"), event(1, "company-3", 5, "visit"), event(2, "company-1"), event(3, "company-3", -1)]
    one, other = make_base(DEALS), make_base(DEALS)
    one.add_events(sent)
    other.add_events(sent[::-1])
    query = "SELECT * FROM events ORDER BY event_id"
    assert one.connection.execute(query).fetchall() == other.connection.execute(query).fetchall()


def test_events_of_cards_merged_later_go_over_to_their_customer(make_base):
    base = make_base(DEALS)
    owner, merged = owner_and_merged(base)
    base.unmerge(merged)
    base.add_events([event(1, owner), event(2, merged, 1)])
    assert kept(base) == [("e1", owner), ("e2", merged)]
    base.confirm_duplicate(owner, merged)
    base.add_events([event(3, merged, 2)])
    kept_id, _ = owner_and_merged(base)
    assert kept(base) == [("e1", kept_id), ("e2", kept_id), ("e3", kept_id)]


def test_a_base_in_a_folder_keeps_events_and_a_reader_sees_them(make_base, tmp_path):
    base = CustomerBase(tmp_path / "base")
    assert base.add_events([event(1, "company-3")]).unknown == {"e1"}
    assert not (tmp_path / "base" / "base.json").exists(), "nothing was taken, so nothing is written"
    assert len(open_base(tmp_path / "base").table("events")) == 0


def test_a_base_in_months_keeps_events_too_and_lets_them_go_over(stage, tmp_path):
    base = CustomerBase(tmp_path / "base")
    base._store.monthly_from = 1
    base.add(stage(DEALS, "deals.csv"))
    owner, merged = owner_and_merged(base)
    base.unmerge(merged)
    base.add_events([event(1, owner), event(2, merged, 60 * 24 * 40), event(3, "company-3", 60 * 24 * 41)])
    base.confirm_duplicate(owner, merged)
    base.add_events([event(4, merged, 60 * 24 * 80)])
    kept_id, _ = owner_and_merged(base)
    wanted = [("e1", kept_id), ("e2", kept_id), ("e3", "company-3"), ("e4", kept_id)]
    assert kept(base) == wanted
    assert kept(open_base(tmp_path / "base")) == wanted
    assert len(base.files("events")) >= 3
