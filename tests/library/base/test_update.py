"""A change followed row by row gives the same base as everything made anew."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kogorta.base.customer_base import CustomerBase, open_base
from kogorta.base.identity import LARGEST_GROUP
from kogorta.base.options import IntakeOptions

EVERY_TABLE = (
    "entities",
    "entity_keys",
    "entity_contacts",
    "orders",
    "order_lines",
    "quarantine",
    "imports",
    "problems",
    "splits",
    "shared_keys",
    "unusual_orders",
    "customers",
    "contacts",
    "products",
    "merges",
    "customer_days",
    "events",
    "consents",
)

PEOPLE = st.builds(
    lambda number, mail, phone, name: {"customer_id": number, "email": mail, "phone": phone, "customer_name": name},
    st.sampled_from(["1", "2", "3", "4", "5", "6"]),
    st.sampled_from(["", "", "a@x.ru", "b@x.ru", "c@x.ru"]),
    st.sampled_from(["", "", "+79161234567", "+79161234568"]),
    st.sampled_from(["", "Анна Орлова", "Анна Ким", "Олег Ким"]),
)
ORDERS = st.builds(
    lambda number, person, day, amount, stage: {**person, "order_id": number, "date": day, "amount": amount, "stage": stage},
    st.sampled_from([str(number) for number in range(1, 25)]),
    PEOPLE,
    st.sampled_from(["2026-01-05", "2026-01-05", "2026-02-07", "2025-12-31", "2026-03-01"]),
    st.sampled_from(["100", "100", "-100", "250", "-250", "90000", "0", "abc"]),
    st.sampled_from(["Успешна", "Успешна", "Успешна", "Отменена", "Удалена", "Новая"]),
)
COMPANIES = st.builds(
    lambda number, company, inn, kpp, contact, mail, day: {
        "order_id": f"b{number}", "company": company, "inn": inn, "kpp": kpp, "contact": contact, "email": mail,
        "date": day, "product": "чай" if number % 2 else "кофе", "quantity": str(number), "price": "10",
    },
    st.integers(1, 9),
    st.sampled_from(["ООО Ромашка", "Ромашка", "ООО Лютик"]),
    st.sampled_from(["", "7707083893", "5003052454"]),
    st.sampled_from(["", "770701001", "500301001"]),
    st.sampled_from(["Иван Петров", "Мария Сидорова"]),
    st.sampled_from(["", "office@r.ru", "ivan@r.ru"]),
    st.sampled_from(["2026-01-05", "2026-02-07"]),
)  # fmt: skip
BATCH = st.one_of(
    st.lists(ORDERS, min_size=1, max_size=6), st.lists(ORDERS, min_size=1, max_size=6), st.lists(COMPANIES, min_size=1, max_size=5)
)


def row_by_row(base):
    base.row_by_row, base.row_by_row_from = 1e9, 0
    return base


def anew(base):
    base.row_by_row_from = 1e18
    return base


@pytest.fixture
def both(stage, tables_of):
    """Two bases that get the same; `same` compares them, table by table."""

    class Both:
        def __init__(self):
            self.small, self.whole = row_by_row(CustomerBase(None)), anew(CustomerBase(None))

        def add(self, rows, name="deals.csv", **reading):
            extract = stage(rows, name, **reading)
            accounts = [base.add(extract) for base in (self.small, self.whole)]
            assert accounts[0] == accounts[1]

        def write(self, *customers):
            for base in (self.small, self.whole):
                for place, name in enumerate(customers):
                    base.connection.execute(
                        "INSERT INTO events BY NAME SELECT ? AS event_id, ? AS customer_id, ? AS entity_id, 'visit' AS type",
                        [f"e{place}", name, name],
                    )
                    base.connection.execute(
                        "INSERT INTO consents BY NAME SELECT ? AS customer_id, ? AS entity_id, 'email' AS channel, ? AS state",
                        [name, name, "given" if place % 2 else "withdrawn"],
                    )

        def forget(self, *ids):
            assert self.small.forget_orders(ids) == self.whole.forget_orders(ids)
            self.whole.rebuild()

        def unmerge(self, merged):
            for base in (self.small, self.whole):
                base.unmerge(merged)
            self.whole.rebuild()

        def same(self):
            small, whole = tables_of(self.small, EVERY_TABLE), tables_of(self.whole, EVERY_TABLE)
            for name in EVERY_TABLE:
                assert small[name] == whole[name], name
            assert repr(self.small.audit()) == repr(self.whole.audit())

    return Both


def order(number, customer, amount="100", day="2026-01-05", **more):
    return {"order_id": str(number), "customer_id": customer, "date": day, "amount": amount, **more}


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(BATCH, min_size=2, max_size=4), st.lists(st.sampled_from([str(number) for number in range(1, 25)]), max_size=3))
def test_late_edited_and_deleted_orders_give_the_same_base_either_way(both, batches, forgotten):
    bases = both()
    bases.write("1", "2", "2", "3", "4", "5", "6", "nobody")
    for rows in batches:
        bases.add(rows)
    bases.same()
    bases.forget(*forgotten)
    bases.same()


def test_a_new_order_that_joins_two_old_customers_joins_all_they_had(both):
    bases = both()
    bases.add([order(1, "1", email="a@x.ru"), order(2, "2", phone="+79161234567"), order(3, "3", email="c@x.ru")])
    bases.add([order(4, "4", "700", "2026-03-01", email="a@x.ru", phone="+79161234567")])
    bases.same()
    assert {row["customer_id"] for row in bases.small.table("orders").dicts()} == {"1", "3"}
    bases.unmerge("4")
    bases.same()
    assert {row["customer_id"] for row in bases.small.table("orders").dicts()} == {"1", "2", "3", "4"}


def test_events_and_consents_go_with_their_identities_and_come_back(both):
    bases = both()
    bases.add([order(1, "1", email="a@x.ru"), order(2, "2", phone="+79161234567"), order(3, "3", email="c@x.ru")])
    bases.write("1", "2", "2", "3", "later")
    apart = bases.small.connection.execute("SELECT customer_id, count(*) FROM events GROUP BY 1 ORDER BY 1").fetchall()
    bases.add([order(4, "later", "700", "2026-03-01", email="a@x.ru", phone="+79161234567")])
    bases.same()
    for table in ("events", "consents"):
        found = bases.small.connection.execute(f"SELECT customer_id, count(*) FROM {table} GROUP BY 1 ORDER BY 1").fetchall()
        assert found == [("1", 4), ("3", 1)]
    bases.unmerge("later")
    bases.same()
    assert bases.small.connection.execute("SELECT customer_id, count(*) FROM events GROUP BY 1 ORDER BY 1").fetchall() == apart


def test_events_of_a_folder_follow_a_merge_too(stage, tmp_path):
    base = open_base(tmp_path / "base")
    base.add(stage([order(1, "1", email="a@x.ru"), order(2, "2", phone="+79161234567")]))
    with base._store.writing(base.shelf, large=False) as draft:
        for name in ("events", "consents"):
            extra = (
                "event_id, 'visit' AS type, NULL AS at, NULL AS properties"
                if name == "events"
                else "channel, NULL AS purpose, NULL AS state"
            )
            extra += ", NULL AS at, NULL AS text_version" if name == "consents" else ""
            draft.append(
                name, f"SELECT 'e' || c AS {extra}, NULL AS source, c AS customer_id, c AS entity_id FROM (VALUES ('1'), ('2')) v(c)"
            )
        base._store.commit(draft)
    row_by_row(base).add(stage([order(4, "4", "700", "2026-03-01", email="a@x.ru", phone="+79161234567")], "more.csv"))
    read = "SELECT customer_id, entity_id FROM {} ORDER BY 2"
    for name in ("events", "consents"):
        assert open_base(tmp_path / "base").connection.execute(read.format(name)).fetchall() == [("1", "1"), ("1", "2")]
    open_base(tmp_path / "base").unmerge("4")
    for name in ("events", "consents"):
        assert open_base(tmp_path / "base").connection.execute(read.format(name)).fetchall() == [("1", "1"), ("2", "2")]


def test_a_key_that_becomes_too_common_takes_its_merges_back(both):
    bases = both()
    bases.add([order(number, f"c{number}", email="office@x.ru") for number in range(LARGEST_GROUP)])
    assert len(bases.small.table("customers")) == 1
    bases.add([order(900, "late", email="office@x.ru")])
    bases.same()
    assert len(bases.small.table("customers")) == LARGEST_GROUP + 1
    bases.add([order(901, "later", email="office@x.ru"), order(902, "c1", "5")])
    bases.same()


def test_a_refund_finds_its_order_whichever_comes_first(both):
    bases = both()
    bases.add([order(1, "1", "-300", "2026-02-01"), order(2, "2", "50"), order(3, "2", "-50", "2026-01-20")])
    bases.add([order(4, "1", "300", "2026-01-10"), order(5, "2", "-50", "2026-01-06")])
    bases.same()
    orders = {row["order_id"]: row for row in bases.small.table("orders").dicts()}
    assert (orders["1"]["refund_of"], orders["4"]["status"], orders["4"]["net_amount_base"]) == ("4", "refunded", 0)


def test_an_edited_order_moves_to_its_new_customer_day_and_sum(both):
    bases = both()
    bases.add([order(1, "1"), order(2, "1", "40"), order(3, "2")])
    bases.add([order(1, "2", "999", "2026-02-07")])
    bases.same()
    days = bases.small.connection.execute(
        "SELECT customer_id, CAST(day AS VARCHAR), orders, amount FROM customer_days ORDER BY ALL"
    ).fetchall()
    assert days == [("1", "2026-01-05", 1, 4_000), ("2", "2026-01-05", 1, 10_000), ("2", "2026-02-07", 1, 99_900)]


def test_an_order_whose_stage_says_deleted_no_longer_counts(both):
    bases = both()
    bases.add([order(1, "1", stage="Успешна"), order(2, "1", stage="Успешна")])
    bases.add([order(1, "1", stage="Удалена")])
    bases.same()
    assert bases.small.connection.execute("SELECT sum(orders), sum(amount) FROM customer_days").fetchone() == (1, 10_000)


def test_forgotten_orders_leave_with_their_lines_and_their_customers_stay(both):
    bases = both()
    bases.add([order(1, "1", product="чай", quantity="1", price="5"), order(2, "2", product="кофе", quantity="1", price="5")])
    bases.forget("1", "no such order")
    bases.same()
    assert [row["order_id"] for row in bases.small.table("orders").dicts()] == ["2"]
    assert [row["product_id"] for row in bases.small.table("products").dicts()] == ["кофе"]
    assert len(bases.small.table("customers")) == 2
    assert bases.small.forget_orders(["1"]) == 0


def test_a_file_read_in_another_way_takes_the_place_of_what_it_said(both):
    rows = [
        {"number": "1", "who": "10", "other": "7", "date": "2026-01-05", "sum": "100", "stage": "Готово"},
        {"number": "2", "who": "11", "other": "7", "date": "2026-01-06", "sum": "40", "stage": "Готово"},
        {"number": "3", "who": "12", "other": "8", "date": "2026-01-06", "sum": "x", "stage": "Готово"},
    ]
    columns = {"number": "order_id", "date": "created_at", "sum": "amount", "stage": "stage"}
    bases = both()
    bases.add([order(50, "11", "5")])
    bases.add(rows, columns={**columns, "other": "customer_id"})
    bases.add(rows, columns={**columns, "who": "customer_id"})
    bases.same()
    found = [(row["order_id"], row["customer_id"]) for row in bases.small.table("orders").dicts()]
    assert sorted(found) == [("1", "10"), ("2", "11"), ("50", "11")] or sorted(found) == [
        ("1", "10"),
        ("2", "11"),
        ("3", "12"),
        ("50", "11"),
    ]
    assert [row["customer_id"] for row in bases.small.table("customers").dicts() if row["customer_id"] in {"7", "8"}] == []
    assert bases.small.audit().accounting.rows_read == 4


def test_other_words_for_stages_are_another_reading_of_the_same_bytes(stage, tables_of):
    base = CustomerBase(None)
    extract = stage([order(1, "1", stage="Готово")])
    base.add(extract)
    assert len(base.table("customer_days")) == 0
    base.add(extract, IntakeOptions(stages={"Готово": "won"}))
    assert [row["orders"] for row in base.table("customer_days").dicts()] == [1]
    assert len(base.table("imports")) == 1
    before = tables_of(base, EVERY_TABLE)
    base.add(extract, IntakeOptions(stages={"Готово": "won"}))
    assert tables_of(base, EVERY_TABLE) == before


def test_a_folder_kept_in_months_holds_the_same_after_small_changes(stage, tmp_path, tables_of):
    folder, whole = tmp_path / "base", anew(CustomerBase(None))
    first = [
        order(number, str(number % 7), str(number), f"2026-0{1 + number % 3}-05", email=f"m{number % 9}@x.ru") for number in range(1, 60)
    ]
    steps = [
        first,
        [order(100, "3", "77", "2026-03-09"), order(101, "new", "5", "2026-03-09")],
        [order(5, "4", "1", "2026-01-09"), order(6, "4", "-6", "2026-02-20")],
        [order(102, "8", "8", "2025-12-31", email="m1@x.ru")],
    ]
    for place, rows in enumerate(steps):
        base = open_base(folder)
        base._store.monthly_from = 20
        extract = stage(rows, f"file{place}.csv")
        (row_by_row if place else anew)(base).add(extract)
        whole.add(extract)
        assert tables_of(open_base(folder), EVERY_TABLE) == tables_of(whole, EVERY_TABLE)
    assert {path.name for path in (folder / "orders").glob("month=*")} == {
        "month=2025-12",
        "month=2026-01",
        "month=2026-02",
        "month=2026-03",
    }
    files = {month: set((folder / "orders" / f"month={month}").glob("*.parquet")) for month in ("2026-02", "2026-03")}
    base = row_by_row(open_base(folder))
    base.forget_orders(["100"])
    whole.forget_orders(["100"])
    assert set((folder / "orders" / "month=2026-02").glob("*.parquet")) == files["2026-02"]
    assert set((folder / "orders" / "month=2026-03").glob("*.parquet")) > files["2026-03"]
    base.vacuum()
    assert tables_of(base, EVERY_TABLE) == tables_of(open_base(folder), EVERY_TABLE) == tables_of(whole, EVERY_TABLE)
    base.rebuild()
    assert tables_of(open_base(folder), EVERY_TABLE) == tables_of(whole, EVERY_TABLE)
    assert base.check() > 0
