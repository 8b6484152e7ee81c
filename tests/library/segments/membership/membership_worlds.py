"""Random histories told event by event, and what they come to when everything is computed anew from the raw events in SQL.

The raw log is the only thing both sides share. The full recompute takes the last word about every order, refund, event and card from it, nets
refunds, finds the root of every merged card, and asks the rules in SQL about everybody at the moment of the tick.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from kogorta.base.customer_base import CustomerBase
from kogorta.engine.duck import read_sql
from kogorta.kit.clock import day_begins
from kogorta.segments.lifecycle import Lifecycle
from kogorta.segments.membership.changes import Merge
from kogorta.segments.membership.derived import Definitions
from kogorta.segments.membership.facts import Card, Event, Line, Order, encode
from kogorta.segments.membership.ruleset import WatchedRule
from kogorta.segments.membership.tick import Membership
from kogorta.segments.rfm import RFMRule
from kogorta.segments.rules.book import SegmentBook
from kogorta.segments.rules.formula import parse_formula
from kogorta.segments.rules.matching import day_number
from kogorta.segments.rules.snapshot import take_snapshot
from kogorta.segments.rules.sql import emit_sql

ZONE = "Europe/Moscow"
HOUR = 3_600_000_000
START = date(2026, 1, 20)
CITIES, CATEGORIES, CHANNELS = ("Пермь", "Омск", None), ("игрушки", "Книги", None), ("сайт", "магазин", None)
RFM = RFMRule(3, "fixed", "sum", (10, 40), (1, 2), (50_000, 150_000), None, 0, "RUB")
AVERAGE = RFMRule(4, "fixed", "average_check", (5, 20, 60), (1, 2, 4), (20_000, 60_000, 100_000), None, 0, "RUB")
STAGES = (Lifecycle(), Lifecycle("rhythm"), Lifecycle(sleeping_after=7, gone_after=45, new_within=3))

TEMPLATES = (
    "lifecycle = 'sleeping'",
    "lifecycle in ('new', 'gone') or frequency = 0",
    "days_since(order) > {d}",
    "recency_days between {d} and 60 and city != 'Омск'",
    "orders({w}) >= {n}",
    "orders({w}, channel = 'сайт') = 0 and orders() > 0",
    "revenue({w}) > {m} or monetary < 0",
    "average_check({w}) > {m}",
    "largest_order({w}) <= {m}",
    "discount({w}) >= 1 and frequency >= {n}",
    "bought('игрушки', {w}) and not bought('книги', {v})",
    "order_share({w}, discount > 0) >= 0.5 or order_share({v}, category = 'книги') = 1",
    "items({w}, category = 'игрушки') >= {n}",
    "categories({w}) >= {n}",
    "orders({w}, amount >= {m}) >= 1",
    "events('email_click', {w}) >= {n} and orders({v}) = 0",
    "event_sum('review', {w}) > {n} or days_since('review') = {d}",
    "hours_unanswered('email_click') between {h} and 60",
    "hours_unanswered('email_click', campaign = 'весна') > {h}.5",
    "days_to(birth_on) <= {d}",
    "days_after(birth_on) < {d} or days_after(first_order_on) > {d}",
    "days_since(first_order_on) in ({d}, 31, 7)",
    "age between 18 and 30",
    "not known(birth_on) and days_since(created_on) >= {d}",
    "segment_case in ('vip', 'loyal') or segment_guide = 'lost'",
    "rfm_code in ('111', '211', '444') or f = 1",
    "r = 1 and not lifecycle = 'gone'",
    "average_check > {m} and income = 'high'",
    "segment('sleepers') and not random('зима', 40%)",
    "attribute('club') in ('gold', 'silver') and orders({w}) >= 1",
    "entered('sleepers', {w}) and not left('sleepers', {v})",
)


@dataclass
class World:
    """One base, the log of all that happened to it, and both ways of knowing its segments.

    Args:
        random: where everything is drawn from.
        customers: how many people there are at most.
    """

    random: object
    customers: int
    log: list[tuple] = field(default_factory=list)
    now: int = 0
    histories: int = 0

    def __post_init__(self):
        draw = self.random
        self.now = day_begins(START, ZONE) + draw.randrange(24) * HOUR
        self.definitions = Definitions(draw.choice([RFM, AVERAGE]), draw.choice(STAGES))
        self.members = Membership(time_zone=ZONE, unit=100, definitions=self.definitions)
        self.base = CustomerBase(None)
        self.base.connection.execute("SET threads = 1")
        self.moves: list[tuple] = []
        self.before: dict[str, set[int]] = {}
        self.orders: dict[int, dict] = {}
        self.refunds: dict[int, dict] = {}
        self.refunds_of: dict[int, set[int]] = {}
        self.merged: dict[int, int] = {}
        self.used: list[int] = []
        self.known: set[int] = set()
        self.events_told: dict[int, tuple] = {}
        self.rules: dict[str, WatchedRule] = {}
        self.version = 0

    # ---- what happens

    def happen(self, count):
        """Some things happen; returns them as facts."""
        made = [self.one() for _ in range(count)]
        return [fact for found in made for fact in found]

    def one(self):
        draw = self.random
        shape = draw.random()
        if shape < 0.12 or not self.used:
            return [self.card()]
        if shape < 0.52:
            return [self.order()]
        if shape < 0.6 and self.orders:
            return self.refund()
        if shape < 0.9:
            return self.event()
        if shape < 0.96:
            return self.merge()
        return [self.erase()]

    def tell(self, kind, key, customer, **document):
        self.log.append((len(self.log), kind, key, customer, json.dumps(document)))
        return len(self.log) - 1

    def someone(self):
        return self.random.choice(self.used)

    def newcomer(self):
        """Somebody of whom nothing was told yet while there is one; then anybody."""
        draw = self.random
        customer = len(self.used) if len(self.used) < self.customers and draw.random() < 0.8 else draw.randrange(self.customers)
        if customer not in self.known:
            self.known.add(customer)
            self.used.append(customer)
        return customer

    def moment(self):
        """Moments at now, on edges of days and windows before it, sometimes late, sometimes ahead."""
        draw = self.random
        today = self.members.zone.day_of(self.now)
        if draw.random() < 0.4:
            return self.now - draw.choice([0, 0, 1, HOUR, 6 * HOUR, 12 * HOUR])
        day = today - timedelta(days=draw.choice([0, 1, 2, 6, 7, 29, 30, 31, 32, 59, 60, 61, 90, 180, 181, 365, 366]))
        if draw.random() < 0.05:
            day = today + timedelta(days=draw.choice([1, 2, 3]))
        return day_begins(day, ZONE) + draw.choice([0, 0, 1, 12 * HOUR, 24 * HOUR - 1])

    def card(self):
        draw = self.random
        customer = self.newcomer()
        today = self.members.zone.day_of(self.now)
        birth = None
        if draw.random() < 0.7:
            birth = draw.choice([date(2000, 2, 29), today.replace(year=1996) if today.month != 2 else date(1996, 3, 1), date(1997, 1, 31)])
            birth += timedelta(days=draw.choice([0, 1, 7, 30]))
        fields = {
            "birth_on": birth,
            "city": draw.choice(CITIES),
            "income": draw.choice(["high", "low", None]),
            "created_on": today - timedelta(days=draw.choice([0, 1, 30, 31])),
        }
        attributes = {"club": draw.sample(["gold", "Silver", "none"], draw.randint(0, 2))} if draw.random() < 0.5 else {}
        plain = {name: value.isoformat() if isinstance(value, date) else value for name, value in fields.items()}
        sequence = self.tell("card", customer, customer, fields=plain, attributes=attributes)
        return Card(sequence, customer, f"c{customer:04d}", fields, attributes)

    def order(self):
        draw = self.random
        key = draw.randrange(len(self.orders)) if self.orders and draw.random() < 0.25 else len(self.orders)
        amount = draw.choice([0, 10_000, 49_999, 50_000, 50_001, 150_000, 333_333])
        if draw.random() < 0.06:
            amount = -draw.choice([10_000, 60_000])
        lines = []
        if draw.random() < 0.7:
            for _ in range(draw.randint(1, 3)):
                part = draw.choice([amount, amount // 3, 777])
                lines.append([draw.choice(CATEGORIES), draw.choice(["мяч", "атлас", None]), draw.choice([1.0, 0.5, 3.0]), part])
        made = {
            "customer": self.someone(),
            "at": self.moment(),
            "amount": amount,
            "won": draw.random() < 0.85,
            "discount": draw.choice([0, 0, 100, 5_000]),
            "channel": draw.choice(CHANNELS),
            "lines": lines,
        }
        self.orders[key] = made
        sequence = self.tell("order", key, made["customer"], **{name: value for name, value in made.items() if name != "customer"})
        return self.fact(sequence, key)

    def fact(self, sequence, key):
        made = self.orders[key]
        lines = tuple(Line(category, product, product, quantity, amount) for category, product, quantity, amount in made["lines"])
        refunded = sum(self.refunds[refund]["amount"] for refund in self.refunds_of.get(key, ()))
        return Order(
            sequence,
            key,
            made["customer"],
            made["at"],
            made["amount"],
            refunded,
            made["won"],
            made["discount"],
            made["channel"],
            None,
            None,
            lines,
        )

    def refund(self):
        draw = self.random
        if self.refunds and draw.random() < 0.2:
            key = draw.randrange(len(self.refunds))
            order = self.refunds[key]["order"]
            amount = 0
        else:
            key, order = len(self.refunds), draw.randrange(len(self.orders))
            amount = draw.choice([max(self.orders[order]["amount"], 0), 1_000, 49_999])
        self.refunds[key] = {"order": order, "amount": amount}
        self.refunds_of.setdefault(order, set()).add(key)
        sequence = self.tell("refund", key, self.orders[order]["customer"], order=order, amount=amount)
        return [self.fact(sequence, order)]

    def event(self):
        draw = self.random
        told = self.events_told
        if told and draw.random() < 0.05:
            key = draw.randrange(len(told))
            return [self.said(key, *told[key])]  # the same once more
        key = draw.randrange(len(told) + 1) if draw.random() < 0.1 else len(told)
        kind = draw.choice(["email_click", "email_click", "review", "complaint"]) if draw.random() > 0.06 else None
        value = draw.choice([None, 1, 2.5, 5, 1e12]) if kind == "review" else None
        campaign = draw.choice(["весна", "осень"])
        told[key] = self.someone(), self.moment(), kind, campaign, value
        return [self.said(key, *told[key])]

    def said(self, key, customer, at, kind, campaign, value):
        sequence = self.tell("event", key, customer, at=at, type=kind, campaign=campaign, value=value)
        return Event(sequence, key, customer, at, kind, "site", {"campaign": campaign}, value)

    def root(self, card):
        while card in self.merged:
            card = self.merged[card]
        return card

    def merge(self):
        draw = self.random
        if self.merged and draw.random() < 0.4:
            card = draw.choice(sorted(self.merged))
            del self.merged[card]
            return [Merge(card, card, self.tell("merge", card, card, kept=card))]
        card, kept = self.someone(), self.someone()
        if self.root(kept) == card or card == kept or card in self.merged:
            return []
        self.merged[card] = kept
        return [Merge(card, kept, self.tell("merge", card, card, kept=kept))]

    def erase(self):
        """An order is deleted: told as one that was not won."""
        if not self.orders:
            return self.card()
        key = self.random.randrange(len(self.orders))
        self.orders[key] = {**self.orders[key], "won": False, "lines": []}
        made = self.orders[key]
        sequence = self.tell("order", key, made["customer"], **{name: value for name, value in made.items() if name != "customer"})
        return self.fact(sequence, key)

    # ---- rules

    def formula(self):
        draw = self.random
        windows = ["1d", "7d", "30d", "31d", "60d", "2w", "1m", "3m", "1y", "all"]
        return draw.choice(TEMPLATES).format(
            w=draw.choice(windows),
            v=draw.choice(windows),
            d=draw.choice([0, 1, 7, 30, 31, 59]),
            n=draw.randint(1, 3),
            m=draw.choice([0, 100, 499.99, 500, 1500]),
            h=draw.choice([0, 1, 6, 12, 24]),
        )

    def rule(self, name, formula):
        self.version += 1
        return WatchedRule(name, self.version, parse_formula(formula))

    def edit(self, count):
        """Create, edit and delete some rules."""
        draw = self.random
        changes = {}
        if not self.rules:
            changes["sleepers"] = self.rule("sleepers", "lifecycle = 'sleeping'")
        for _ in range(count):
            name = f"s{draw.randrange(3 * count)}"
            if name in self.rules and draw.random() < 0.3:
                changes[name] = None
            else:
                changes[name] = self.rule(name, self.formula())
        self.rules = {name: rule for name, rule in {**self.rules, **changes}.items() if rule is not None}
        return changes

    # ---- both ways

    def step(self, facts):
        """One tick of the incremental way."""
        return self.members.tick(encode(facts, self.members.population, self.members.zone), at=self.clock())

    def clock(self):
        """The moment, as a clock tells it that now and then runs back."""
        draw = self.random
        return self.now - (draw.choice([1, HOUR, 40 * 24 * HOUR]) if self.members.now == self.now and draw.random() < 0.1 else 0)

    def set_rules(self, changes):
        """Rules changed as whoever keeps the moves does it: the first rule about moves is told those of before."""
        members = self.members
        if "transitions" in members.rules.with_rules(changes).grains and "transitions" not in members.rules.grains:
            numbers = np.array([int(move[0][1:]) for move in self.moves], dtype=np.int64)
            days = np.array([day_number(move[3]) for move in self.moves], dtype=np.int32)
            entered = np.array([move[2] == "entered" for move in self.moves], dtype=np.bool_)
            members.restore_moves(numbers, [move[1] for move in self.moves], entered, days)
        return members.set_rules(changes, at=self.clock())

    def pass_time(self):
        """On to a moment that is often exactly a border."""
        draw = self.random
        today = self.members.zone.day_of(self.now)
        choices = [self.now + draw.choice([1, HOUR, 6 * HOUR, 12 * HOUR - 1, 12 * HOUR])]
        choices += [
            day_begins(today + timedelta(days=days), ZONE) + shift for days in (1, 1, 2, 7, 29, 30, 31) for shift in (0, -1, 1, 12 * HOUR)
        ]
        waiting = self.members.waiting.next_moment()
        if waiting < self.now + 60 * 24 * HOUR:
            choices += [waiting, waiting - 1, waiting]
        self.now = max(self.now, draw.choice(choices))

    def recomputed(self):
        """Members of every rule, from the raw events alone."""
        today = self.members.zone.day_of(self.now)
        self.fill(today)
        connection = self.base.connection
        connection.execute("CREATE OR REPLACE TABLE told_moves (customer_id VARCHAR, segment VARCHAR, way VARCHAR, day DATE)")
        if self.moves:
            columns = list(zip(*self.moves, strict=True))
            told = {name: np.array(columns[place], dtype=object) for place, name in enumerate(("customer_id", "segment", "way"))}
            told["day"] = np.array([day.isoformat() for day in columns[3]], dtype=object)
            connection.register("moves_told", told)
            connection.execute("INSERT INTO told_moves SELECT customer_id, segment, way, CAST(day AS DATE) FROM moves_told")
            connection.unregister("moves_told")
        snapshot = take_snapshot(self.base, today, rfm=self.definitions.rfm, lifecycle=self.definitions.lifecycle, transitions="told_moves")
        book = SegmentBook({name: rule.tree for name, rule in self.rules.items()})
        names = list(self.rules)
        statement = emit_sql([self.rules[name].tree for name in names], snapshot, book=book, now=self.now)
        rows = connection.execute(statement.text, dict(statement.parameters)).fetchall()
        ids = dict(connection.execute(f"SELECT customer_no, customer_id FROM {snapshot.customers}").fetchall())
        return {name: {int(ids[row[0]][1:]) for row in rows if row[1 + place]} for place, name in enumerate(names)}

    def remember(self, found, outcome, tick):
        """Moves of this tick, seen by rules from the next one on; returns how the recorded transitions differ from them."""
        today = self.members.zone.day_of(self.now)
        moves = set()
        for name in {*found, *self.before}:
            now, before = found.get(name, set()), self.before.get(name, set())
            moves |= {(customer, name, "entered") for customer in now - before} | {(customer, name, "left") for customer in before - now}
        told = [(move.customer, move.segment, move.way) for crossings in outcome.crossings for move in crossings]
        self.moves += [(f"c{customer:04d}", name, way, today) for customer, name, way in sorted(moves)]
        self.before = found
        if len(told) == len(set(told)) and set(told) == moves:
            return []
        return [f"tick {tick}: transitions differ: {sorted(set(told) ^ moves)[:5]}, twice {len(told) - len(set(told))}"]

    def fill(self, today):
        base = self.base
        connection = base.connection
        base.generation += 1
        for table in ("customers", "orders", "order_lines", "events", "customer_days"):
            connection.execute(f"DELETE FROM {table}")
        connection.execute("CREATE OR REPLACE TABLE raw (sequence BIGINT, kind VARCHAR, key BIGINT, customer BIGINT, document VARCHAR)")
        columns = list(zip(*self.log, strict=True))
        arrays = {
            "sequence": np.array(columns[0], dtype=np.int64),
            "kind": np.array(columns[1], dtype=object),
            "key": np.array(columns[2], dtype=np.int64),
            "customer": np.array(columns[3], dtype=np.int64),
            "document": np.array(columns[4], dtype=object),
        }
        connection.register("told", arrays)
        connection.execute("INSERT INTO raw SELECT sequence, kind, key, customer, document FROM told")
        connection.unregister("told")
        parents = {}
        for _, kind, key, _, document in self.log:
            if kind == "merge":
                parents[key] = json.loads(document)["kept"]
        parents = {card: kept for card, kept in parents.items() if card != kept}
        roots = []
        for card in range(self.customers):
            root = card
            while root in parents:
                root = parents[root]
            roots.append(root)
        connection.register("found", {"card": np.arange(self.customers), "root": np.array(roots, dtype=np.int64)})
        connection.execute("CREATE OR REPLACE TABLE roots AS SELECT card, root FROM found")
        connection.unregister("found")
        connection.execute(_LAST)
        connection.execute(_CUSTOMERS)
        connection.execute(_ORDERS, {"zone": ZONE})
        connection.execute(_LINES)
        connection.execute(_EVENTS)
        connection.execute(f"INSERT INTO customer_days {read_sql('base', 'customer_days').replace('{orders}', 'orders')}")


_LAST = """
CREATE OR REPLACE TABLE last_told AS
SELECT * FROM raw WHERE kind <> 'merge'
QUALIFY row_number() OVER (PARTITION BY kind, key ORDER BY sequence DESC) = 1
"""
_CUSTOMERS = """
INSERT INTO customers BY NAME
WITH seen AS (SELECT DISTINCT customer FROM raw UNION SELECT key FROM raw WHERE kind = 'merge'
              UNION SELECT CAST(json_extract(document, '$.kept') AS BIGINT) FROM raw WHERE kind = 'merge'),
cards AS (SELECT key, document FROM last_told WHERE kind = 'card')
SELECT
    'c' || lpad(CAST(s.customer AS VARCHAR), 4, '0') AS customer_id, 'person' AS kind,
    CAST(json_extract_string(c.document, '$.fields.birth_on') AS DATE) AS birth_on,
    json_extract_string(c.document, '$.fields.city') AS city,
    json_extract_string(c.document, '$.fields.income') AS income_band,
    CAST(json_extract_string(c.document, '$.fields.created_on') || ' 12:00:00+03' AS TIMESTAMPTZ) AS created_at,
    CAST(json_extract(c.document, '$.attributes') AS VARCHAR) AS attributes
FROM seen s JOIN roots r ON r.card = s.customer AND r.root = s.customer LEFT JOIN cards c ON c.key = s.customer
"""
_ORDERS = """
INSERT INTO orders BY NAME
WITH told AS (
    SELECT key, customer, CAST(json_extract(document, '$.at') AS BIGINT) AS us, CAST(json_extract(document, '$.amount') AS BIGINT) AS amount,
        CAST(json_extract(document, '$.won') AS BOOLEAN) AS won, CAST(json_extract(document, '$.discount') AS BIGINT) AS discount,
        json_extract_string(document, '$.channel') AS channel
    FROM last_told WHERE kind = 'order'),
back AS (
    SELECT CAST(json_extract(document, '$.order') AS BIGINT) AS key, sum(CAST(json_extract(document, '$.amount') AS BIGINT)) AS amount
    FROM last_told WHERE kind = 'refund' GROUP BY ALL),
netted AS (
    SELECT t.*, CASE WHEN NOT won THEN 0 WHEN t.amount < 0 THEN t.amount ELSE greatest(t.amount - coalesce(b.amount, 0), 0) END AS net
    FROM told t LEFT JOIN back b USING (key))
SELECT
    CAST(key AS VARCHAR) AS order_id, 'c' || lpad(CAST(r.root AS VARCHAR), 4, '0') AS customer_id,
    CASE WHEN NOT won THEN 'lost' WHEN amount < 0 OR net = 0 THEN 'refunded' ELSE 'won' END AS status,
    make_timestamptz(us) AS ordered_at, CAST(timezone($zone, make_timestamptz(us)) AS DATE) AS ordered_on,
    amount, 'RUB' AS currency, amount AS amount_base, CAST(net AS BIGINT) AS net_amount_base, discount, channel
FROM netted n JOIN roots r ON r.card = n.customer
"""
_LINES = """
INSERT INTO order_lines BY NAME
SELECT
    CAST(o.key AS VARCHAR) AS order_id, CAST(l.key AS BIGINT) AS line_no, json_extract_string(l.value, '$[1]') AS product_id,
    json_extract_string(l.value, '$[1]') AS name, json_extract_string(l.value, '$[0]') AS category,
    CAST(json_extract(l.value, '$[2]') AS DOUBLE) AS quantity, CAST(json_extract(l.value, '$[3]') AS BIGINT) AS amount, 0 AS discount
FROM last_told o, json_each(o.document, '$.lines') l WHERE o.kind = 'order'
"""
_EVENTS = """
INSERT INTO events BY NAME
SELECT
    CAST(e.key AS VARCHAR) AS event_id, 'c' || lpad(CAST(r.root AS VARCHAR), 4, '0') AS customer_id,
    json_extract_string(document, '$.type') AS type, make_timestamptz(CAST(json_extract(document, '$.at') AS BIGINT)) AS at, 'site' AS source,
    document AS properties
FROM last_told e JOIN roots r ON r.card = e.customer
WHERE e.kind = 'event' AND json_extract_string(document, '$.type') IS NOT NULL
"""


def differences(random, *, customers=60, ticks=10, happenings=60, rules=12):
    """Play one world; returns (histories, events, what differed)."""
    world = World(random, customers)
    wrong = []
    for tick in range(ticks):
        if tick > 1:
            world.pass_time()
        action = random.random()
        if tick == 1 or (tick > 1 and action < 0.15):
            outcome = world.set_rules(world.edit(rules if tick == 1 else 2))
        elif tick > 1 and action < 0.22:
            world.definitions = Definitions(random.choice([RFM, AVERAGE]), random.choice(STAGES))
            outcome = world.members.refit(world.definitions, at=world.now)
        else:
            outcome = world.step(world.happen(random.choice([0, 1, happenings, happenings, 3 * happenings]) if tick else 2 * happenings))
        found = world.recomputed()
        for name, expected in found.items():
            held = set(world.members.members(name).tolist())
            if held != expected:
                only = f"only held {sorted(held - expected)[:5]}, only found {sorted(expected - held)[:5]}"
                wrong.append(f"tick {tick} {name} {world.rules[name].tree}: {only}")
        wrong += world.remember(found, outcome, tick)
    return len(world.used), len(world.log), wrong
