"""Small random bases and random rules, and a slow reader of rules written from the definitions, customer by customer."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction

import duckdb

from kogorta.engine.coded_texts import code_texts
from kogorta.kit.clock import day_begins
from kogorta.segments.rules.book import SegmentBook
from kogorta.segments.rules.columns import evaluate_many
from kogorta.segments.rules.fields import DATE_WAYS, FIELDS, FILTERS, FUNCTIONS, HOUR, OPERATORS, family, fold
from kogorta.segments.rules.leaves import Attribute, Compare, Condition, DateGap, InSegment, Measure, Moved, Property, RandomShare
from kogorta.segments.rules.snapshot import COMPUTED, KEYS, TEXT_COLUMNS, Snapshot
from kogorta.segments.rules.sql import emit_sql
from kogorta.segments.rules.state import load_state
from kogorta.segments.rules.tree import All, Any_, Not
from kogorta.segments.rules.windows import Window

WORDS = ["детские", "Ёлка", "ель", "a", "A", "it's", "x'; DROP TABLE customers; --", "İstanbul", "ΟΔΟΣ", "100%", "$p0", "sleeping"]
ZONE = "Asia/Yekaterinburg"
AMOUNTS = [100, 5000, 10_000, 33_333, 100_000, -2500]
TYPES = {
    "number": "DOUBLE",
    "years": "BIGINT",
    "count": "BIGINT",
    "days": "BIGINT",
    "hours": "BIGINT",
    "money": "BIGINT",
    "share": "DOUBLE",
    "day": "DATE",
}
COLUMNS = [name for name in FIELDS if name not in COMPUTED]
LAYOUT = {
    "orders": "day:DATE moment:BIGINT is_order:BOOLEAN amount:BIGINT discount:BIGINT channel:VARCHAR manager:VARCHAR pipeline:VARCHAR",
    "lines": "day:DATE order_no:BIGINT is_order:BOOLEAN amount:BIGINT discount:BIGINT quantity:BIGINT category:VARCHAR product:VARCHAR "
    "product_id:VARCHAR channel:VARCHAR manager:VARCHAR pipeline:VARCHAR",
    "events": "day:DATE moment:BIGINT type:VARCHAR source:VARCHAR campaign:VARCHAR channel:VARCHAR page:VARCHAR category:VARCHAR product:VARCHAR "
    "product_id:VARCHAR value:BIGINT",
    "attributes": "key:VARCHAR text:VARCHAR number:DOUBLE",
    "transitions": "segment:VARCHAR way:VARCHAR day:DATE",
}


@dataclass
class World:
    as_of: date
    customers: list[dict]
    rows: dict[str, list[dict]] = field(default_factory=dict)

    def snapshot(self, connection=None) -> Snapshot:
        connection = connection or duckdb.connect()
        kinds = {name: TYPES.get(FIELDS[name].kind, "VARCHAR") for name in COLUMNS}
        declared = ", ".join(f"{name} {kind}" for name, kind in kinds.items())
        texts = [name for name, kind in kinds.items() if kind == "VARCHAR"]
        keys = ", ".join(f"{name}_key VARCHAR" for name in texts)
        connection.execute(
            f"CREATE OR REPLACE TABLE w_customers (customer_no BIGINT, customer_id VARCHAR, {declared}, {keys}, sleeping_after DOUBLE)"
        )
        for place, row in enumerate(self.customers):
            values = [
                place,
                row["id"],
                *(row.get(name) for name in COLUMNS),
                *(key(row.get(name)) for name in texts),
                row.get("sleeping_after"),
            ]
            connection.execute(f"INSERT INTO w_customers VALUES ({', '.join('?' * len(values))})", values)
        for grain, layout in LAYOUT.items():
            columns = [part.split(":") for part in layout.split()]
            connection.execute(f"CREATE OR REPLACE TABLE w_{grain} (customer_no BIGINT, {', '.join(f'{n} {k}' for n, k in columns)})")
            rows = [
                [row["owner"], *(key(row[n]) if k == "VARCHAR" and n not in ("segment", "way") else row.get(n) for n, k in columns)]
                for row in self.rows[grain]
                if row.get("day", self.as_of) <= self.as_of
            ]
            if rows:
                places = ", ".join(f"({', '.join('?' * (len(columns) + 1))})" for _ in rows)
                connection.execute(f"INSERT INTO w_{grain} VALUES {places}", [value for row in rows for value in row])
        if len(self.customers) % 2:  # half of the worlds with texts as codes, as a prepared base has them
            code_texts(connection, "w_customers", KEYS)
            for grain in LAYOUT:
                code_texts(connection, f"w_{grain}", TEXT_COLUMNS[grain])
        return Snapshot(
            connection,
            self.as_of,
            "RUB",
            *(f"w_{name}" for name in ("customers", "orders", "lines", "events", "attributes", "transitions")),
            time_zone=ZONE,
        )


def key(text):
    return None if text is None else (fold(text) or None)


# ---- random bases


def random_world(random, customers=8, as_of=None) -> World:
    as_of = as_of or random.choice([date(2026, 3, 31), date(2024, 2, 29), date(2025, 2, 28), date(2026, 3, 1), date(2026, 11, 22)])
    people = []
    for number in range(random.randint(1, customers)):
        row = {"id": f"c{number:03d}", "sleeping_after": 30.0}
        for name in COLUMNS:
            found = FIELDS[name]
            if found.nullable and random.random() < 0.3:
                row[name] = None
            elif found.choices:
                row[name] = random.choice(list(found.choices))
            elif found.kind == "text":
                row[name] = random.choice(WORDS)
            elif found.kind == "day":
                row[name] = random_day(random, as_of)
            elif found.kind == "money":
                row[name] = random.choice(AMOUNTS)
            elif found.kind in ("share", "number"):
                row[name] = random.choice([0.0, 0.1, 0.3, 1.0, 2.0, 3.0])
            else:
                row[name] = random.randint(0, 4)
        row["lifecycle"] = stage(row, as_of)
        people.append(row)
    world = World(as_of, people, {grain: [] for grain in LAYOUT})
    order_no = 0
    for owner in range(len(people)):
        for _ in range(random.randint(0, 5)):
            amount = random.choice(AMOUNTS)
            shared = {
                "owner": owner,
                "day": random_day(random, as_of),
                "is_order": amount > 0,
                "channel": maybe(random, WORDS),
                "manager": maybe(random, WORDS),
                "pipeline": maybe(random, WORDS),
            }
            world.rows["orders"].append(
                {**shared, "moment": moment(random, shared["day"]), "amount": amount, "discount": maybe(random, [0, 100, 5000])}
            )
            order_no += 1
            for _ in range(random.randint(0, 3)):
                line = {
                    "amount": random.choice(AMOUNTS),
                    "discount": maybe(random, [0, 100]),
                    "quantity": random.choice([0, 500, 1000, 2500]),
                }
                named = {name: maybe(random, WORDS) for name in ("category", "product", "product_id")}
                world.rows["lines"].append({**shared, **line, **named, "order_no": order_no})
        for _ in range(random.randint(0, 5)):
            row = {
                name: maybe(random, WORDS)
                for name in ("type", "source", "campaign", "channel", "page", "category", "product", "product_id")
            }
            row["type"] = random.choice(["email_click", "complaint", "a"])
            day = random_day(random, as_of)
            value = maybe(random, [0, 1000, 2500, -1000])
            world.rows["events"].append({**row, "owner": owner, "day": day, "moment": moment(random, day), "value": value})
        for _ in range(random.randint(0, 3)):
            number = maybe(random, [0.0, 1.0, 2.5])
            world.rows["attributes"].append({"owner": owner, "key": random.choice(WORDS), "text": random.choice(WORDS), "number": number})
        for _ in range(random.randint(0, 3)):
            way = random.choice(["entered", "left"])
            world.rows["transitions"].append(
                {"owner": owner, "segment": random.choice(WORDS), "way": way, "day": random_day(random, as_of)}
            )
    return world


def stage(row, as_of):
    """The stage the default definition gives."""
    if row["last_order_on"] is None or not row["frequency"]:
        return "prospect"
    recency = (as_of - row["last_order_on"]).days
    if recency > 180:
        return "gone"
    if row["frequency"] == 1 and recency <= 30:
        return "new"
    return "active" if recency <= 30 else "sleeping"


def moment(random, day):
    """A moment of a day in the zone, often the same one, so that orders and events fall together."""
    return day_begins(day, ZONE) + random.choice([0, 1, 6 * HOUR, 12 * HOUR, 12 * HOUR + 1, 24 * HOUR - 1])


def maybe(random, values):
    return None if random.random() < 0.25 else random.choice(values)


def random_day(random, as_of):
    """Often on the edges of the windows and anniversaries the rules use, sometimes after the day of evaluation."""
    steps = [-1, 0, 1, 6, 7, 28, 29, 30, 31, 32, 59, 60, 61, 89, 90, 91, 364, 365, 366, 367, 731, 9131, 12784, 20000]
    if random.random() < 0.15:
        return random.choice([date(1992, 2, 29), date(2000, 2, 29), date(2000, 3, 1), date(1999, 12, 31), date(1999, 1, 1)])
    return as_of - timedelta(days=random.choice(steps))


# ---- random rules


def random_rule(random, world, names=(), depth=0):
    shape = random.random()
    if depth < 3 and shape < 0.45:
        parts = tuple(random_rule(random, world, names, depth + 1) for _ in range(random.randint(1, 4)))
        return All(parts) if random.random() < 0.5 else Any_(parts)
    if depth < 4 and shape < 0.6:
        return Not(random_rule(random, world, names, depth + 1))
    return random_leaf(random, world, names)


def random_leaf(random, world, names=()):
    sort = random.random()
    if sort < 0.06:
        start, end = sorted(random.sample([0, 0.1, 0.25, 0.5, 0.9, 1], 2))
        return RandomShare(random.choice(WORDS), start, end)
    if sort < 0.12:
        return Moved(random.choice(["entered", "left"]), random.choice(WORDS), random_window(random))
    if sort < 0.18 and names:
        return InSegment(random.choice(names))
    figure = random_figure(random)
    choices = list(FIELDS[figure.name].choices) if isinstance(figure, Property) else []
    op, value = random_comparison(random, world, figure.kind, choices)
    return Compare(figure, op, value)


def random_window(random):
    return random.choice(
        [Window(), Window(1, "d"), Window(7, "d"), Window(30, "d"), Window(2, "w"), Window(1, "m"), Window(12, "m"), Window(1, "y")]
    )


def random_figure(random):
    sort = random.random()
    if sort < 0.3:
        return Property(random.choice(list(FIELDS)))
    if sort < 0.38:
        return Attribute(random.choice(WORDS), numeric=random.random() < 0.5)
    if sort < 0.5:
        days = [name for name, found in FIELDS.items() if found.kind == "day"]
        return DateGap(random.choice(DATE_WAYS), random.choice(days))
    function = FUNCTIONS[random.choice(list(FUNCTIONS))]
    window = random_window(random) if function.windowed else Window()
    grain = "events" if function.grain == "events" else "lines" if function.lines == "always" else "orders"
    if function.lines == "filtered" and function.grain == "orders" and random.random() < 0.5:
        grain = "lines"
    allowed = [name for name, found in FILTERS.items() if grain in found.grains]
    where = []
    for _ in range(random.choice([0, 0, 1, 1, 2])):
        name = random.choice(allowed)
        op, value = random_comparison(random, None, FILTERS[name].kind, [])
        where.append(Condition(name, op, value))
    return Measure(function.name, window, tuple(where))


def random_comparison(random, world, kind, choices):
    op = random.choice(OPERATORS[family(kind)])

    def one():
        if choices:
            return random.choice(choices)
        if kind == "text":
            return random.choice(WORDS)
        if kind == "day":
            return random_day(random, world.as_of)
        if kind == "money":
            return random.choice([0, 1, 50, 100, 333.33, 166.665, 1000, 0.005, -25, 51])
        if kind == "days":
            return random.choice([0, 1, 7, 28, 29, 30, 31, 59, 60, 89, 90, 306, 365, 366, -1, 30.5])
        if kind == "hours":
            return random.choice([0, 1, 6, 11, 12, 18, 23, 24, 36, 48, 24 * 30, 24 * 365, 11.5])
        if kind == "years":
            return random.choice([18, 25, 26, 27, 30, 34, 35])
        return random.choice([0, 0.1, 1, 2, 2.5, 3, 0.5, -1])

    if op == "known":
        return op, None
    if op == "between":
        return op, tuple(sorted([one(), one()]))
    if op == "in":
        return op, tuple(one() for _ in range(random.randint(1, 3)))
    if op == "contains":
        return op, random.choice(["д", "Е", "l", "'", "%", "DROP"])
    return op, one()


# ---- the slow reader


def holds(rule, world, owner, as_of, book) -> bool:
    if isinstance(rule, All):
        return all(holds(part, world, owner, as_of, book) for part in rule.parts)
    if isinstance(rule, Any_):
        return any(holds(part, world, owner, as_of, book) for part in rule.parts)
    if isinstance(rule, Not):
        return not holds(rule.part, world, owner, as_of, book)
    if isinstance(rule, InSegment):
        return holds(book.rules[rule.name], world, owner, as_of, book)
    if isinstance(rule, RandomShare):
        bucket = int(hashlib.md5(f"{rule.salt}:{world.customers[owner]['id']}".encode()).hexdigest()[:8], 16) % 10_000
        return round(rule.start * 10_000) <= bucket < round(rule.end * 10_000)
    if isinstance(rule, Moved):
        return any(row["segment"] == rule.name and row["way"] == rule.way for row in seen(world, "transitions", owner, rule.window, as_of))
    figure = rule.figure
    if isinstance(figure, Attribute):
        found = [row for row in world.rows["attributes"] if row["owner"] == owner and fold(row["key"]) == fold(figure.key)]
        return any(compare([row["number" if figure.numeric else "text"]], rule.op, rule.value) for row in found)
    return compare([value_of(figure, world, owner, as_of)], rule.op, rule.value)


def seen(world, grain, owner, window, as_of):
    rows = [row for row in world.rows[grain] if row["owner"] == owner and row["day"] <= world.as_of]
    start = window.start(as_of)
    return [row for row in rows if start is None or row["day"] >= start]


def compare(values, op, wanted) -> bool:
    values = [comparable(value) for value in values if value is not None]
    if not values:
        return False
    if op == "known":
        return True
    wanted = tuple(map(comparable, wanted)) if isinstance(wanted, tuple) else comparable(wanted)
    tests = {
        "=": lambda value: value == wanted,
        "!=": lambda value: value != wanted,
        "<": lambda value: value < wanted,
        "<=": lambda value: value <= wanted,
        ">": lambda value: value > wanted,
        ">=": lambda value: value >= wanted,
        "in": lambda value: value in wanted,
        "between": lambda value: wanted[0] <= value <= wanted[1],
        "contains": lambda value: wanted in value,
    }
    decided = [tests[op](value) for value in values]
    return all(decided) if op == "!=" else any(decided)


def comparable(value):
    """Texts folded, numbers exact: 0.1 is one tenth."""
    if isinstance(value, str):
        return fold(value)
    return Fraction(repr(value)) if isinstance(value, float) else value


def major(minor, unit=100):
    return None if minor is None else Fraction(minor, unit)


def value_of(figure, world, owner, as_of):
    row = world.customers[owner]
    if isinstance(figure, Property):
        if figure.name == "age":
            born = row["birth_on"]
            return None if born is None or born > as_of else as_of.year - born.year - ((as_of.month, as_of.day) < (born.month, born.day))
        if figure.name == "recency_days":
            return None if row["last_order_on"] is None else (as_of - row["last_order_on"]).days
        return major(row[figure.name]) if FIELDS[figure.name].kind == "money" else row[figure.name]
    if isinstance(figure, DateGap):
        day = row[figure.name]
        if day is None:
            return None
        if figure.way == "days_since":
            return (as_of - day).days
        returns = [returned(day, year) for year in range(as_of.year - 1, as_of.year + 2)]
        if figure.way == "days_to":
            return min((back - as_of).days for back in returns if back >= as_of)
        return min((as_of - back).days for back in returns if back <= as_of)
    rows = seen(world, figure.grain, owner, figure.window, as_of)
    for condition in figure.where:
        found = FILTERS[condition.name]
        unit = {"money": 100, "number": 1000}.get(found.kind)
        rows = [
            kept
            for kept in rows
            if compare([major(kept[name], unit) if unit else kept[name] for name in found.columns], condition.op, condition.value)
        ]
    orders = [kept for kept in rows if kept.get("is_order", True)]
    function = figure.function
    if function in ("orders", "events"):
        return len({kept["order_no"] for kept in orders}) if figure.grain == "lines" else len(orders)
    if function == "order_share":
        whole = [row for row in seen(world, "orders", owner, figure.window, as_of) if row["is_order"]]
        kept = len({row["order_no"] for row in orders}) if figure.grain == "lines" else len(orders)
        return Fraction(kept, len(whole)) if whole else None
    if function == "revenue":
        return major(sum(kept["amount"] for kept in rows))
    if function == "average_check":
        return None if not orders else major(sum(kept["amount"] for kept in rows), 100 * len(orders))
    if function == "largest_order":
        return major(max((kept["amount"] for kept in orders), default=None))
    if function == "discount":
        return major(sum(kept["discount"] or 0 for kept in orders))
    if function == "items":
        return major(sum(kept["quantity"] for kept in orders), 1000)
    if function in ("categories", "products"):
        name = "category" if function == "categories" else "product"
        return len({fold(kept[name]) for kept in orders if kept[name] is not None})
    if function.startswith("event_"):
        values = [kept["value"] for kept in orders if kept["value"] is not None]
        if function == "event_sum":
            return major(sum(values), 1000)
        return major(sum(values), 1000 * len(values)) if values else None
    if function == "hours_unanswered":
        now = day_begins(as_of + timedelta(days=1), ZONE) - 1
        last = max((kept["moment"] for kept in orders if kept["moment"] <= now), default=None)
        bought = [row["moment"] for row in seen(world, "orders", owner, Window(), as_of) if row["is_order"] and row["moment"] <= now]
        return None if last is None or any(at >= last for at in bought) else (now - last) // HOUR
    days = [kept["day"] for kept in orders]
    return None if not days else (as_of - (min(days) if "first" in function else max(days))).days


def returned(day, year):
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


# ---- all three side by side


def disagreements(random, rules=20, oracle=True) -> tuple[int, list[str]]:
    """Pairs compared, and what differed."""
    from kogorta.segments.rules.printing import print_formula

    world = random_world(random)
    book = SegmentBook({"one": random_rule(random, world), "two": random_rule(random, world, ("one",))})
    rules = random.choice([1, rules])
    made = [random_rule(random, world, ("one", "two")) for _ in range(rules)]
    snapshot = world.snapshot(CONNECTION)
    later = world.as_of + timedelta(days=random.choice([0, 0, 0, 1, 30, 400]))
    statement = emit_sql(made, snapshot, as_of=later, book=book)
    rows = snapshot.connection.execute(f"SELECT * FROM ({statement.text}) ORDER BY customer_no", dict(statement.parameters)).fetchall()
    arrays = evaluate_many(made, load_state(snapshot), as_of=later, book=book)
    wrong = []
    for place, rule in enumerate(made):
        by_sql = [row[1 + place] for row in rows]
        by_arrays = arrays[place].tolist()
        by_reader = [holds(rule, world, owner, later, book) for owner in range(len(world.customers))] if oracle else by_sql
        if not by_sql == by_arrays == by_reader:
            wrong.append(f"{print_formula(rule)}\nas of {later}: SQL {by_sql}, arrays {by_arrays}, reader {by_reader}")
    return rules, wrong


CONNECTION = duckdb.connect()
