def test_pages_by_cursor_give_every_customer_once_in_order(analysed, program):
    asks = program("customers:read")
    for sort, key in (("revenue", "monetary"), ("orders", "frequency"), ("last", "last_order_on"), ("name", "name")):
        for way in ("up", "down"):
            found, cursor = [], ""
            while True:
                page = asks.get(f"/customers?limit=17&sort={sort}&way={way}&cursor={cursor}").json()
                found += page["items"]
                cursor = page["next_cursor"]
                if cursor is None:
                    break
            assert len({row["customer_id"] for row in found}) == len(found) == analysed.customers
            if sort != "name":
                values = [row[key] for row in found if row[key] is not None]
                assert values == sorted(values, reverse=way == "down")


def test_a_filter_narrows_and_the_card_tells_the_same(analysed, program):
    asks = program("customers:read")
    page = asks.get("/customers?segment=vip&limit=3").json()
    assert {row["segment_case"] for row in page["items"]} == {"vip"}
    assert (page["currency"], page["as_of"]) == ("RUB", analysed.as_of.isoformat())
    for row in page["items"]:
        card = asks.get(f"/customers/{row['customer_id']}").json()
        assert card["customer"] == row
        assert card["orders_in_all"] >= row["frequency"]


def test_contacts_are_shown_and_searched_in_only_with_their_scope(analysed, program):
    plain, full = program("customers:read"), program("customers:read", "contacts:read")
    row = next(row for row in full.get("/customers?limit=200").json()["items"] if row["email"])
    again = next(item for item in plain.get("/customers?limit=200").json()["items"] if item["customer_id"] == row["customer_id"])
    assert (again["email"], again["phone"]) == (None, None)
    assert plain.get(f"/customers/{row['customer_id']}").json()["customer"]["email"] is None
    assert plain.get(f"/customers?q={row['email']}").json()["items"] == []
    assert [item["customer_id"] for item in full.get(f"/customers?q={row['email']}").json()["items"]].count(row["customer_id"]) == 1
    assert program("customers:read", "contacts:read", by="analyst").get(f"/customers?q={row['email']}").status_code == 200


def test_an_analyst_sees_no_contacts_whatever_the_token_says(analysed, program):
    asks = program("customers:read", "contacts:read", by="analyst")
    assert {row["email"] for row in asks.get("/customers?limit=200").json()["items"]} == {None}


def test_an_unknown_customer_is_not_found(analysed, program):
    answer = program("customers:read").get("/customers/nobody%00")
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


def test_without_an_analysis_it_is_said_to_wait(program):
    answer = program("customers:read").get("/customers")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
