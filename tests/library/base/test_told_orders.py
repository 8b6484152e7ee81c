"""Orders and refunds told as events are orders of the base like those of files, told by whoever spoke last."""

import json
import random
from datetime import UTC, datetime, timedelta

import pytest

from kogorta.base.coming import ComingOrders
from kogorta.base.customer_base import CustomerBase
from kogorta.base.events import Event

DEALS = [
    {
        "ID": str(number),
        "Стадия сделки": "Сделка успешна",
        "Сумма": amount,
        "Дата создания": f"2026-01-{number:02}",
        "Компания: ID": str(number % 3),
        "Компания": f"ООО «{number % 3}»",
    }
    for number, amount in ((1, "1000"), (2, "500"), (3, "700"), (4, "300"))
]
NOON = datetime(2026, 3, 1, 9, tzinfo=UTC)


def order(number, who, minutes=0, kind="order", **said):
    return Event(f"e{number}", who, kind, NOON + timedelta(minutes=minutes), "shop", json.dumps(said))


def drawn(draw, count):
    """Random tellings of eight orders and refunds by three customers."""
    return [
        order(
            number,
            f"company-{draw.randrange(3)}",
            draw.randrange(500),
            draw.choice(["order", "order", "refund"]),
            order_id=f"w-{draw.randrange(8)}",
            amount=draw.randrange(1, 500),
            status=draw.choice(["won", "won", "lost", "open", "cancelled"]),
            product=draw.choice(["Кружка", "Чай"]),
        )
        for number in range(count)
    ]


def orders(base):
    query = "SELECT order_id, customer_id, status, amount_base, net_amount_base, refund_of FROM orders ORDER BY order_id"
    return {row[0]: row[1:] for row in base.connection.execute(query).fetchall()}


def days(base, who):
    query = "SELECT CAST(day AS VARCHAR), orders, amount FROM customer_days WHERE customer_id = ? AND day >= DATE '2026-02-01' ORDER BY 1"
    return base.connection.execute(query, [who]).fetchall()


def everything(base):
    ask = base.connection.execute
    names = ("orders", "order_lines", "customer_days", "unusual_orders", "products", "customers")
    return {name: ask(f"SELECT * FROM {name} ORDER BY ALL").fetchall() for name in names}


def all_of(base):
    """Every cell of orders and their items, a row for each item; the second cell is the customer."""
    return set(base.connection.execute("FROM orders LEFT JOIN order_lines USING (order_id)").fetchall())


def test_an_order_told_counts_like_one_of_a_file(make_base):
    base = make_base(DEALS)
    base.add_events([order(1, "company-1", order_id="w-1", amount=1990.5, channel="Сайт", product="Кружка", category="Кухня", quantity=2)])
    assert orders(base)["w-1"] == ("company-1", "won", 199_050, 199_050, None)
    assert days(base, "company-1") == [("2026-03-01", 1, 199_050)]
    lines = base.connection.execute("SELECT name, category, quantity, price, amount FROM order_lines WHERE order_id = 'w-1'").fetchall()
    assert lines == [("Кружка", "Кухня", 2.0, 99_525, 199_050)]
    assert base.connection.execute("SELECT price FROM products WHERE product_id = 'Кружка'").fetchall() == [(99_525,)]


@pytest.mark.parametrize("places", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_the_event_of_the_latest_moment_says_what_an_order_is(make_base, places):
    base = make_base(DEALS)
    told = [
        order(1, "company-1", 0, order_id="w-1", amount=100),
        order(2, "company-1", 5, order_id="w-1", amount="250.00"),
        order(3, "company-1", 3, order_id="w-1", amount=90, status="cancelled"),
    ]
    for place in places:
        base.add_events([told[place]])
    assert orders(base)["w-1"][1:4] == ("won", 25_000, 25_000)
    assert base.connection.execute("SELECT epoch(ordered_at) FROM orders WHERE order_id = 'w-1'").fetchall() == [(NOON.timestamp(),)]


def test_a_cancelled_order_leaves_nothing_and_comes_back(make_base):
    base = make_base(DEALS)
    base.add_events(
        [order(1, "company-1", 0, order_id="w-1", amount=100), order(2, "company-1", 1, order_id="w-1", amount=100, status="cancelled")]
    )
    assert orders(base)["w-1"][1:4] == ("lost", 10_000, 0)
    assert days(base, "company-1") == []
    base.add_events([order(3, "company-1", 2, order_id="w-1", amount=100)])
    assert days(base, "company-1") == [("2026-03-01", 1, 10_000)]


def test_a_refund_takes_from_the_order_it_names_though_another_fits_better(make_base):
    base = make_base(DEALS)
    base.add_events(
        [
            order(1, "company-1", 0, order_id="w-1", amount=100),
            order(2, "company-1", 5, order_id="w-2", amount=40),
            order(3, "company-1", 9, "refund", order_id="w-1", amount=40),
        ]
    )
    found = orders(base)
    assert (found["w-1"][3], found["w-2"][3], found["refund:e3"][3:]) == (6_000, 4_000, (0, "w-1"))


def test_a_refund_of_an_order_of_a_file_lowers_it_on_its_day(make_base):
    base = make_base(DEALS)
    base.add_events([order(1, "company-1", kind="refund", order_id="4", amount=300)])
    before = orders(base)
    assert [key for key, row in before.items() if row[1] == "refunded"] == sorted(
        [key for key in before if key.endswith("4")] + ["refund:e1"]
    )


def test_the_same_event_twice_is_told_once(make_base):
    base = make_base(DEALS)
    event = order(1, "company-1", order_id="w-1", amount=100)
    base.add_events([event])
    before = everything(base)
    assert base.add_events([event]).added == 0
    assert everything(base) == before


def test_what_says_nothing_of_an_order_stays_an_event(make_base):
    base = make_base(DEALS)
    before = everything(base)
    taken = base.add_events(
        [order(1, "company-1", amount=5), order(2, "company-1", order_id="x"), Event("e9", "company-1", "order", NOON, "", "no")]
    )
    assert taken.added == 3
    assert everything(base) == before


def test_supposed_events_are_seen_as_added_ones_and_never_written(make_base):
    base, other = make_base(DEALS), make_base(DEALS)
    told = [order(1, "company-1", order_id="w-1", amount=100), order(2, "company-2", 1, "refund", amount=500)]
    base.add_events(told)
    assert other.suppose_events(told) == ("company-1", "company-2")
    assert everything(other) == everything(base)


def test_coming_orders_are_seen_of_some_customers_alone_and_then_no_more(make_base):
    base = make_base(DEALS)
    before = everything(base)
    coming = ComingOrders(base)
    assert coming.tell([order(1, "company-1", order_id="w-1", amount=100)]) == {"company-1": ["e1"]}
    with coming.seen(["company-1", "company-2"]):
        assert {row[0] for row in orders(base).values()} == {"company-1", "company-2"}
        assert len(orders(base)) == 4
    with coming.seen(["company-2"]):
        assert {row[0] for row in orders(base).values()} == {"company-2"}
    assert everything(base) == before
    assert coming.tell([order(1, "company-1", order_id="w-1", amount=999), order(2, "nobody", order_id="w-3", amount=1)]) == {}


def test_who_loses_an_order_is_named_once_and_does_not_get_it_back(make_base):
    base, other = make_base(DEALS), make_base(DEALS)
    earlier, taken = order(1, "company-1", order_id="w-1", amount=100), order(2, "company-2", 5, order_id="w-1", amount=300)
    for one in (base, other):
        one.add_events([earlier])
    coming = ComingOrders(base)
    assert coming.tell([taken]) == {"company-1": ["e2"], "company-2": ["e2"]}
    later = order(3, "company-1", 6, order_id="w-2", amount=5)
    assert coming.tell([later]) == {"company-1": ["e3"]}
    assert coming.tell([order(4, "company-0", 1, order_id="w-1", amount=1)]) == {"company-2": ["e4"]}
    other.add_events([taken, later, order(4, "company-0", 1, order_id="w-1", amount=1)])
    with coming.seen(["company-0", "company-1", "company-2"]):
        assert orders(base) == orders(other)


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_coming_orders_are_those_the_base_has_once_it_took_the_events_in(make_base, seed, large):
    draw = random.Random(seed)
    told = drawn(draw, 40)
    base, other = make_base(DEALS), make_base(DEALS)
    for one in (base, other):
        one.add_events(told[:10])
    base.is_large = large
    coming, start = ComingOrders(base), 10
    held = all_of(base)
    while start < len(told):
        end = start + draw.randrange(1, 8)
        changed = coming.tell(told[start:end])
        other.add_events(told[start:end])
        with coming.seen(changed):
            seen = all_of(base)
        held = {row for row in held if row[1] not in changed} | seen
        assert held == all_of(other)
        start = end


def test_any_order_of_telling_gives_the_same_base(make_base):
    draw = random.Random(5)
    told = drawn(draw, 40)
    found = []
    for seed in range(3):
        base = make_base(DEALS)
        some = told[:]
        random.Random(seed).shuffle(some)
        for place in range(0, len(some), 7):
            base.add_events(some[place : place + 7])
        found.append(everything(base))
        base.rebuild()
        assert everything(base) == found[-1]
    assert found[0] == found[1] == found[2]


def test_who_speaks_last_of_an_order_counts_and_it_is_never_there_twice(make_base, stage):
    base = make_base(DEALS)
    base.add_events([order(1, "company-1", order_id="9", amount=100, product="Кружка")])
    base.add(stage([{**DEALS[0], "ID": "9", "Сумма": "80"}], "later.csv"))
    assert orders(base)["9"][:3] == ("company-1", "won", 8_000)
    assert base.connection.execute("SELECT count(*) FROM order_lines WHERE order_id = '9'").fetchone() == (0,)
    base.add_events([order(2, "company-1", 5, order_id="9", amount=70)])
    assert orders(base)["9"][:3] == ("company-1", "won", 7_000)
    assert len(orders(base)) == 5


def base_of(folder, extract):
    base = CustomerBase(folder)
    base.add(extract)
    return base


def test_a_base_made_anew_from_files_keeps_what_events_told_and_the_files_have_not(tmp_path, stage):
    base, files = base_of(tmp_path / "base", stage(DEALS, "all.csv")), base_of(tmp_path / "files", stage(DEALS[:3], "three.csv"))
    base.add_events([order(1, "company-1", order_id="9", amount=100, product="Кружка"), order(2, "company-0", order_id="3", amount=40)])
    base.add(stage([{**DEALS[0], "ID": "9", "Сумма": "80"}], "later.csv"))
    base.take_over(files)
    found = orders(base)
    assert found["9"][:3] == ("company-1", "won", 10_000)  # the file that took its place is gone
    assert found["3"][2] == 70_000
    assert sorted(found) == ["1", "2", "3", "9"]
    assert base.connection.execute("SELECT name FROM order_lines WHERE order_id = '9'").fetchall() == [("Кружка",)]
    assert orders(CustomerBase(tmp_path / "base")) == found


def test_an_erased_customer_leaves_his_told_orders_nameless(tmp_path, stage):
    cleaned = [{**deal, "Компания: ID": deal["Компания: ID"].replace("1", "7")} for deal in DEALS]
    base, other = base_of(tmp_path / "base", stage(DEALS, "all.csv")), base_of(tmp_path / "other", stage(cleaned, "cleaned.csv"))
    base.add_events([order(1, "company-1", order_id="9", amount=100)])
    base.take_over(other, nameless={"company-1": "company-7"})
    assert orders(base)["9"] == ("company-7", "won", 10_000, 10_000, None)
    assert base.connection.execute("SELECT properties FROM events").fetchall() == [(None,)]
