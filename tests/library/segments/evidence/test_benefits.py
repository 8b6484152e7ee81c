from datetime import date, datetime, time, timedelta, timezone

import pytest

AS_OF = date(2026, 11, 22)
PLAIN = ["Сплит-система"]


def moment(day, hour):
    return datetime.combine(day, time(hour), timezone(timedelta(hours=3)))


@pytest.fixture
def shop(planting):
    """Four customers of each benefit, and twelve about whom the records say nothing in particular."""
    for number in range(4):
        hunter = planting.customer(f"economy-{number}")
        planting.orders(hunter, (10, 40, 70), discount=2_000, lines=PLAIN)
        planting.order(hunter, 100, lines=PLAIN)
        served = planting.customer(f"service-{number}")
        planting.orders(served, (15, 95), lines=["Сплит-система", "Монтаж под ключ"])
        planting.order(served, 200, lines=PLAIN)
        planting.event(served, "call", times=3 + number)
        hurried = planting.customer(f"urgency-{number}")
        planting.orders(hurried, (20, 60, 90), lead=3, lines=PLAIN)
        planting.order(hurried, 120, lead=5, lines=["Сплит-система", "Экспресс-доставка"])
    for number in range(12):
        plain = planting.customer(f"plain-{number}")
        planting.orders(plain, (12, 45, 101), lead=240, lines=PLAIN)
    return planting


def test_planted_benefits_are_found_exactly(shop, classes):
    found = classes("benefits", shop.grow())
    assert found == {
        customer: "unknown" if customer.startswith("plain") else customer.split("-")[0]
        for customer in (row["customer_id"] for row in shop.rows["customers"])
    }


def test_the_order_of_rows_changes_nothing(shop, sort):
    bases = [shop.grow(seed) for seed in (None, 1, 2)]
    for name in ("benefits", "loyalty_degree"):
        first, second, third = (sort(name, base).table.rows() for base in bases)
        assert first == second == third


def test_the_score_is_the_weight_of_the_evidence_met(shop, sort, english):
    found = sort("benefits", shop.grow()).explain("economy-0", english)
    assert (found.score, found.coverage) == (0.65, 0.65)  # 35 + 20 + 10 of 100; no page views, no promo codes in the base
    assert found.records == 4
    assert {(fact.measure, fact.value) for fact in found.facts if fact.class_ == "economy"} == {
        ("discount_order_share", 0.75), ("discount_excess", round(0.75 - 9 / 76, 6)), ("discount_depth", round(6 / 46, 6)),
    }  # fmt: skip


def test_a_customer_reads_why_he_is_in_his_class(shop, sort, russian, english):
    found = sort("benefits", shop.grow())
    assert found.explain("economy-0", russian).sentence == (
        "Эконом: со скидкой куплено 75\xa0% из 4 заказов; доля заказов со скидкой относительно остальных клиентов: 63 процентных пункта; "
        "средняя глубина скидки — 13\xa0%. Оценка 0,65 из 1; данные есть для 65\xa0% признаков."
    )
    assert found.explain("service-1", english).sentence == (
        "Service: paid service is in 67% of 3 orders; spoke with a manager 4 times within a year. "
        "Score 0.80 of 1; data for 80% of the evidence."
    )
    assert found.explain("service-1", russian).message == "Персональный менеджер, гарантии, «всё под ключ»"


def test_without_discounts_and_events_nothing_is_guessed(planting, sort, russian, english):
    planting.customer("a")
    planting.orders("a", (10, 40, 70, 100))
    found = sort("benefits", planting.grow()).explain("a", russian)
    assert (found.class_, found.score, found.reason, found.facts) == ("unknown", 0.0, "no_data", ())
    assert found.sentence == (
        "Неизвестно: нет данных о скидках, о просмотрах цен и акций, о промокодах, о платных услугах в заказах, о контактах с менеджером, "
        "об интересе к гарантиям, о сроке от обращения до заказа и о срочной доставке."
    )
    assert sort("benefits", planting.grow()).explain("a", english).sentence.startswith("Unknown: no data about discounts, ")


def test_too_few_orders_are_said_and_not_judged(shop, sort, russian):
    shop.customer("once")
    shop.order("once", 5, discount=5_000)
    found = sort("benefits", shop.grow()).explain("once", russian)
    assert (found.class_, found.reason) == ("unknown", "too_few")
    assert "для вывода есть 1 заказ, а нужно не меньше 3" in found.sentence


def test_a_sale_for_everybody_makes_nobody_a_hunter(planting, classes):
    for number in range(6):
        planting.orders(planting.customer(f"c{number}"), (10, 40, 70), discount=3_000)
    assert set(classes("benefits", planting.grow()).values()) == {"unknown"}


def test_two_benefits_that_weigh_alike_are_told_and_none_is_chosen(shop, sort, russian):
    both = shop.customer("both")
    shop.orders(both, (10, 40, 70), lines=["Монтаж", "Экспресс-доставка"])
    found = sort("benefits", shop.grow()).explain(both, russian)
    assert (found.class_, found.reason, found.score) == ("unknown", "tie", 0.45)
    assert "признаки одинаково указывают на классы «Сервис» и «Срочность»" in found.sentence


def test_nothing_after_the_date_is_looked_at(shop, sort):
    before = sort("benefits", shop.grow()).table.rows()
    first = shop.rows["orders"][0]
    shop.orders("economy-0", (-1, -2, -3, -4, -5), lines=["Экспресс"])
    shop.orders("plain-0", (-1, -2, -3), discount=5_000)
    shop.event("plain-1", "call", ago=-1, times=9)
    shop.event("service-0", "lead", ago=-1)
    shop.order("economy-0", -9, amount=-first["amount"], refund_of=first["order_id"], status="refunded")
    assert sort("benefits", shop.grow()).table.rows() == before


def test_an_order_refunded_by_the_date_is_no_evidence(shop, sort, english):
    first = shop.rows["orders"][0]
    shop.order("economy-0", 5, amount=-first["amount"], refund_of=first["order_id"], status="refunded")
    assert sort("benefits", shop.grow()).explain("economy-0", english).facts[0].text == "67% of 3 orders bought at a discount"


HOW = {
    "an event that names the order": ("deal_created", True, None),
    "an event before the order": ("заявка", False, None),
    "an earlier date of the order": (None, False, 4),
}


@pytest.mark.parametrize("how", HOW)
def test_the_time_to_order_is_known_from(planting, sort, english, how):
    type_, named, lead = HOW[how]
    for number in range(6):
        planting.orders(planting.customer(f"slow-{number}"), (50, 90), lead=300)
    planting.customer("quick")
    for ago in (20, 60):
        order = planting.order("quick", ago, lead=lead)
        if type_:
            planting.event("quick", type_, ago=ago, hour=8, **({"order_id": order} if named else {}))
    found = sort("benefits", planting.grow()).explain("quick", english)
    assert (found.class_, found.score) == ("urgency", 0.55)
    assert "usually 4 hours from inquiry to order" in found.sentence


def test_the_first_contact_begins_the_first_order_only(planting, sort, english):
    planting.customer("a", created_at=moment(AS_OF - timedelta(days=60), 6))
    planting.orders("a", (20, 60))
    (fact,) = sort("benefits", planting.grow()).explain("a", english).facts
    assert (fact.measure, fact.state, fact.value, fact.observations) == ("lead_hours", "too_few", 6.0, 1)
    assert fact.text == "1 order to judge by, at least 2 are needed"
