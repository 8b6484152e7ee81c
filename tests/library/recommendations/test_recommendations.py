"""Small baskets reckoned by hand; planted truth; what must hold whatever the data."""

import random
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kogorta.base.customer_base import CustomerBase
from kogorta.kit.errors import InputError, OptionError
from kogorta.kit.language import Language
from kogorta.recommendations.affinity import Together
from kogorta.recommendations.goods import find_goods
from kogorta.recommendations.history import read_history
from kogorta.recommendations.offering import OfferSearch
from kogorta.recommendations.recommender import RecommendationRule, Recommender
from kogorta.recommendations.scoring import Settings, best
from kogorta.recommendations.substitutes import find_substitutes

START = date(2026, 1, 1)
RULE = RecommendationRule(Settings(season_power=0.0), ("next", "new", "arrivals"), "2026-06-30", 30)


def line(order, customer, day, product, quantity=1, price=100, name=None, category=None):
    when = day if isinstance(day, date) else START + timedelta(days=day)
    return {
        "InvoiceNo": order,
        "StockCode": product,
        "Description": name or f"Thing {product}",
        "Category": category or "",
        "Quantity": quantity,
        "InvoiceDate": f"{when} 10:00:00",
        "UnitPrice": price,
        "CustomerID": customer,
    }


@pytest.fixture
def base_of():
    """A base whose tables are filled directly, so that a hundred of them take a second."""
    return filled


def filled(rows):
    base = CustomerBase(None)
    orders, lines = {}, []
    for row in rows:
        day = row["InvoiceDate"][:10]
        order = orders.setdefault(row["InvoiceNo"], [row["CustomerID"], day, 0])
        order[2] += 100 * row["Quantity"] * row["UnitPrice"]
        lines.append((row["InvoiceNo"], row["StockCode"], row["Description"], row["Category"], row["Quantity"], row["UnitPrice"]))
    columns = [np.array(column, dtype=object) for column in zip(*((name, *order) for name, order in orders.items()), strict=True)]
    amounts = columns[3].astype(np.int64)
    base.connection.register("incoming_orders", dict(zip(("o", "c", "d", "a"), (*columns[:3], amounts), strict=True)))
    base.connection.execute(
        """INSERT INTO orders BY NAME SELECT o AS order_id, c AS customer_id, CAST(d AS DATE) AS ordered_on, 'won' AS status,
        'won' AS stage_status, a AS amount, a AS amount_base, a AS net_amount_base FROM incoming_orders"""
    )
    columns = [np.array(column, dtype=object) for column in zip(*lines, strict=True)]
    numbers = (columns[4].astype(np.int64), columns[5].astype(np.int64) * 100)
    base.connection.register("incoming_lines", dict(zip(("o", "p", "n", "k", "q", "m"), (*columns[:4], *numbers), strict=True)))
    base.connection.execute(
        """INSERT INTO order_lines BY NAME SELECT o AS order_id, p AS product_id, n AS name, nullif(k, '') AS category, q AS quantity, m AS price,
        q * m AS amount FROM incoming_lines"""
    )
    return base


def cups_and_saucers(extra=()):
    """Five customers buy a cup with a saucer, five a spoon alone, and the last one a cup alone."""
    rows = []
    for n in range(5):
        rows += [line(f"a{n}", f"pair{n}", n, "cup"), line(f"a{n}", f"pair{n}", n, "saucer")]
        rows.append(line(f"b{n}", f"solo{n}", n, "spoon"))
    return [*rows, line("z", "anna", 6, "cup"), *extra]


def test_counts_of_a_pair_are_those_of_the_baskets(base_of):
    history = read_history(base_of(cups_and_saucers()), START + timedelta(days=10))
    together = Together.of(history, "basket")
    pair = together.pair(0, 1)
    assert [item.product_id for item in history.goods.products] == ["cup", "saucer", "spoon"]
    assert (pair.both, pair.left_alone, pair.right_alone, pair.units) == (5, 6, 5, 11)
    assert pair.share == 5 / 6
    assert pair.lift == pytest.approx(5 / 6 * 11 / 5)
    assert together.cosine[0, 1] == pytest.approx(5 / np.sqrt(16 * 15))
    assert together.cosine[0, 2] == 0


def test_whoever_has_the_cup_is_offered_the_saucer_and_told_why(base_of):
    fitted = Recommender(RULE).fit(base_of(cups_and_saucers()), START + timedelta(days=10))
    first = fitted.recommend("new", customers=["anna"])[0]
    assert (first.product_id, first.kind, first.because_id, first.both, first.alone) == ("saucer", "together", "cup", 5, 6)
    assert first.text(Language("en")) == "goes with “Thing cup”: 5 of 6 orders with it held both, 1.8 times more often than by chance"
    assert "Thing cup" in first.text(Language("ru"))


def test_a_product_bought_again_and_again_comes_first_for_the_next_purchase(base_of):
    extra = [line(f"t{n}", "anna", 7 + 10 * n, "tea") for n in range(4)] + [line("w", "boris", 3, "tea")]
    fitted = Recommender(RULE).fit(base_of(cups_and_saucers(extra)), START + timedelta(days=45))
    first = fitted.recommend("next", customers=["anna"])[0]
    assert (first.product_id, first.kind, first.times, first.last_on) == ("tea", "again", 4, START + timedelta(days=37))
    assert "tea" not in {offer.product_id for offer in fitted.recommend("new", customers=["anna"])}


def test_the_usual_pause_is_the_median_of_ten_pauses(base_of):
    rows = [line(f"{who}-{n}", f"c{who}", n * (10 + who), "tea") for who in range(5) for n in range(3)]
    history = read_history(base_of([*rows, line("x", "c0", 0, "cup")]), START + timedelta(days=90))
    assert history.gaps[[item.product_id for item in history.goods.products].index("tea")] == 12


def test_what_was_wholly_given_back_is_not_bought(base_of):
    extra = [line("r1", "olga", 3, "cup"), line("r2", "olga", 3, "spoon"), line("r3", "olga", 4, "cup", quantity=-1)]
    base = base_of(cups_and_saucers(extra))
    before = Recommender(RULE).fit(base, START + timedelta(days=3)).recommend("new", customers=["olga"])
    after = Recommender(RULE).fit(base, START + timedelta(days=10)).recommend("new", customers=["olga"])
    assert "cup" not in {offer.product_id for offer in before}
    assert "cup" in {offer.product_id for offer in after}


def test_postage_discounts_and_typed_in_prices_are_not_goods(base_of):
    rows = [line(f"o{n}", f"c{n}", n, f"{10000 + n % 40}", quantity=3) for n in range(120)]
    rows += [line(f"o{n}", f"c{n}", n, "POST", name="POSTAGE", price=300) for n in range(60)]
    rows += [line(f"o{n}", f"c{n}", n, "M", name="By hand", price=10 if n % 2 else 5000) for n in range(30)]
    rows += [line(f"d{n}", f"c{n}", n, "D", name="Rebate", quantity=-1, price=10) for n in range(12)]
    goods = find_goods(base_of(rows), START + timedelta(days=200))
    assert {item.product_id: item.reason for item in goods.not_goods} == {"POST": "word", "M": "wild_price", "D": "negative"}
    assert len(goods) == 40


def test_what_is_sold_no_more_is_not_offered(base_of):
    extra = [line(f"n{n}", f"late{n}", 60 + n, "spoon") for n in range(30)]
    fitted = Recommender(RULE).fit(base_of(cups_and_saucers(extra)), START + timedelta(days=95))
    assert {offer.product_id for offer in fitted.recommend("new")} == {"spoon"}


def test_new_arrivals_are_those_first_sold_lately(base_of):
    extra = [line(f"n{n}", f"pair{n}", 95, "jug") for n in range(4)] + [line(f"m{n}", f"pair{n}", 96, "cup") for n in range(5)]
    fitted = Recommender(RULE).fit(base_of(cups_and_saucers(extra)), START + timedelta(days=100))
    offers = fitted.recommend("arrivals", customers=["anna", "pair0"])
    assert [(offer.customer_id, offer.product_id, offer.since) for offer in offers] == [("anna", "jug", START + timedelta(days=95))]


def planted(seed=7, customers=600):
    """One of three phones each, with its own case as often as not; whoever has a phone never buys another. Apples go to anybody."""
    chance = random.Random(seed)
    rows = []
    for n in range(customers):
        phone = chance.choice("ABC")
        day = chance.randrange(300)
        rows.append(line(f"p{n}", f"c{n:04}", day, f"phone{phone}", category="phones"))
        if chance.random() < 0.5:
            rows.append(line(f"p{n}", f"c{n:04}", day, f"case{phone}", category="cases"))
        for k in range(chance.randrange(1, 5)):
            rows.append(
                line(
                    f"f{n}-{k}", f"c{n:04}", min(day + 20 * k + chance.randrange(20), 359), f"fruit{chance.randrange(6)}", category="fruit"
                )
            )
    return rows


@pytest.fixture
def market(base_of):
    return base_of(planted())


def test_planted_substitutes_are_found_and_no_others(market):
    history = read_history(market, START + timedelta(days=360))
    names = [item.product_id for item in history.goods.products]
    found = {(names[a], names[b]) for a, b in find_substitutes(history).pairs}
    phones = {("phoneA", "phoneB"), ("phoneA", "phoneC"), ("phoneB", "phoneC")}
    cases = {("caseA", "caseB"), ("caseA", "caseC"), ("caseB", "caseC")}
    assert found == phones | cases


def test_nobody_is_offered_a_substitute_of_what_he_has(market):
    fitted = Recommender(RULE).fit(market, START + timedelta(days=360))
    history = fitted._ranker.history
    owned = {}
    for customer, product in zip(history.customer, history.product, strict=True):
        owned.setdefault(history.customer_ids[customer], set()).add(history.goods.products[product].product_id)
    instead = {frozenset((a.product_id, b.product_id)) for a, b in fitted.substitutes}
    for question in ("next", "new"):
        offers = fitted.recommend(question, top=12)
        assert len(offers) > 1000
        for offer in offers:
            has = owned[offer.customer_id]
            assert offer.product_id in has or not any(frozenset((offer.product_id, other)) in instead for other in has)
            assert question == "next" or offer.product_id not in has


def test_planted_companions_come_before_popularity(market):
    fitted = Recommender(RULE).fit(market, START + timedelta(days=300))
    wanted = {}
    history = fitted._ranker.history
    for customer, product in zip(history.customer, history.product, strict=True):
        wanted.setdefault(history.customer_ids[customer], set()).add(history.goods.products[product].product_id)
    lacking = {who: has for who, has in wanted.items() if any("phone" in item for item in has) and not any("case" in item for item in has)}
    firsts = {offer.customer_id: offer.product_id for offer in fitted.recommend("new", customers=lacking, top=1)}
    right = sum(firsts[who] == f"case{next(item[-1] for item in has if item.startswith('phone'))}" for who, has in lacking.items())
    assert right >= 0.95 * len(lacking)


def companions():
    """Customers of five kinds who buy things of their kind, and customers who buy anything; 300 days."""
    chance = random.Random(3)
    rows, noise = [], []
    for n in range(400):
        kind = chance.randrange(5)
        for k in range(4):
            day = min(chance.randrange(60) + 75 * k, 299)
            for _ in range(2):
                rows.append(line(f"o{n}-{k}", f"c{n:03}", day, f"p{kind}-{chance.randrange(12):02}"))
                noise.append(line(f"o{n}-{k}", f"c{n:03}", day, f"q{chance.randrange(60):02}"))
    return rows, noise


def test_the_test_on_the_past_believes_planted_companions_and_nothing_in_noise(base_of):
    rows, noise = companions()
    believed = Recommender().fit(base_of(rows), START + timedelta(days=299)).rule_.believed
    doubted = Recommender().fit(base_of(noise), START + timedelta(days=299))
    assert "new" in believed
    assert doubted.hindsight_.of("new").passed is False
    assert {offer.kind for offer in doubted.recommend("new")} == {"popular"}


def test_offers_are_made_to_customers_only_on_questions_that_were_earned(base_of):
    rows, noise = companions()
    earned = OfferSearch().look(base_of(rows), START + timedelta(days=299))
    assert (earned.why_none, earned.letter in ("next", "new"), earned.goods) == (None, True, 60)
    found = earned.for_customers(["c001", "c000"], earned.letter, 3)
    assert [(name, [offer.rank for offer in offers]) for name, offers in found.items()] == [("c000", [1, 2, 3]), ("c001", [1, 2, 3])]
    assert earned.for_customers(["c000"], "arrivals", 3) == {}
    assert earned.for_customers(["c000"], None, 3) == {}
    assert all(left.product_id[:2] == right.product_id[:2] for left, right, _ in earned.pairs)
    doubted = OfferSearch().look(base_of(noise), START + timedelta(days=299))
    assert doubted.letter is None
    assert doubted.for_customers(["c000"], "new", 3) == {}
    assert len(doubted.bestsellers) == 10


def test_a_base_without_products_or_above_the_limit_says_so(make_base, base_of):
    base = make_base([{"id": 1, "Клиент": "Анна", "Сумма": 10, "Дата": "2026-01-01", "Стадия": "Успешно", "Телефон": "+79161234567"}])
    assert OfferSearch().look(base, date(2026, 2, 1)).why_none == "no_products"
    assert OfferSearch(limit=0).look(base, date(2026, 2, 1)).why_none == "large"
    with pytest.raises(OptionError):
        OfferSearch(limit=-1)


def test_new_arrivals_and_bestsellers_are_listed_by_buyers_and_by_sales(base_of):
    extra = [line(f"n{n}", f"pair{n}", 95, "jug") for n in range(4)] + [line(f"m{n}", f"pair{n}", 96, "cup") for n in range(5)]
    extra += [line(f"k{n}", f"pair{n}", 97, "kettle") for n in range(5)]
    fitted = Recommender(RULE).fit(base_of(cups_and_saucers(extra)), START + timedelta(days=100))
    assert [(item.product_id, item.customers) for item in fitted.arrivals()] == [("kettle", 5), ("jug", 4)]
    assert [item.product_id for item in fitted.bestsellers(2)] == ["kettle", "cup"]


def test_too_few_returning_customers_mean_popularity(base_of):
    fitted = Recommender().fit(base_of(cups_and_saucers()), START + timedelta(days=10))
    assert fitted.rule_.believed == ()
    assert fitted.hindsight_.trials == ()
    assert fitted.recommend("next", customers=["stranger"])[0].kind == "popular"


def test_a_base_without_products_is_refused_in_a_sentence(make_base):
    base = make_base([{"id": 1, "Клиент": "Анна", "Сумма": 10, "Дата": "2026-01-01", "Стадия": "Успешно", "Телефон": "+79161234567"}])
    with pytest.raises(InputError, match="name no products"):
        Recommender().fit(base, "2026-02-01")


def test_wrong_questions_are_refused(base_of):
    fitted = Recommender(RULE).fit(base_of(cups_and_saucers()), START + timedelta(days=10))
    with pytest.raises(OptionError):
        fitted.recommend("later")
    with pytest.raises(OptionError):
        fitted.recommend("next", top=0)
    with pytest.raises(OptionError):
        fitted.recommend("next", customers="anna")
    for text in ("{}", "[]", "x", '{"settings": {"level": "moon"}, "believed": [], "fitted_as_of": "2026-01-01", "arrival_days": 3}'):
        with pytest.raises(InputError, match="not a rule"):
            RecommendationRule.from_json(text)


def test_ties_go_to_the_smaller_id():
    assert best(np.array([[2.0, 1.0, 2.0, 2.0]]), 2).tolist() == [[0, 2]]


PURCHASES = st.lists(
    st.tuples(st.integers(0, 7), st.integers(0, 59), st.integers(0, 5), st.sampled_from((1, 1, 1, 2, -1))), min_size=3, max_size=60
)


def offers_of(base, day):
    fitted = Recommender(RULE).fit(base, day)
    return [fitted.recommend(question) for question in ("next", "new")], fitted.pairs(), fitted.substitutes


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PURCHASES, st.randoms(use_true_random=False), st.integers(5, 58))
def test_neither_the_order_of_rows_nor_later_rows_change_anything(base_of, purchases, chance, cut):
    rows = [line(f"{who}-{day}", f"c{who}", day, f"p{what}", quantity=count) for who, day, what, count in purchases]
    rows += [line("s1", "c0", 0, "p0"), line("s2", "c1", 0, "p1")]
    day = START + timedelta(days=cut)
    shuffled = rows.copy()
    chance.shuffle(shuffled)
    known = [row for row in rows if row["InvoiceDate"] <= f"{day} 23"]
    whole = offers_of(base_of(rows), day)
    assert offers_of(base_of(shuffled), day) == whole
    assert offers_of(base_of(known), day) == whole
