"""A hundred rules over a million customers, in NumPy and in SQL, in one run: CPU seconds, and whether both name the same members.

Run from the project root:

    python -m benchmarks.rules [customers]            # speed
    python -m benchmarks.rules agreement [pairs]      # random rules x random bases: SQL = arrays = a slow reader
"""

from __future__ import annotations

import random
import resource
import sys
import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from kogorta.engine.coded_texts import code_texts
from kogorta.engine.duck import connect
from kogorta.segments.rules.columns import evaluate_many
from kogorta.segments.rules.fields import FIELDS
from kogorta.segments.rules.formula import parse_formula
from kogorta.segments.rules.snapshot import COMPUTED, KEYS, TEXT_COLUMNS, Snapshot
from kogorta.segments.rules.sql import emit_sql
from kogorta.segments.rules.state import load_state

if TYPE_CHECKING:
    from collections.abc import Callable

AS_OF = date(2026, 11, 22)
ROUNDS = 5
GOALS = {"NumPy": 1.2, "SQL": 3.0}
T = TypeVar("T")


def cpu() -> float:
    """CPU seconds of the process, all threads."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def make_snapshot(customers: int) -> Snapshot:
    """A retail base of about four orders per customer, each with one line, and as many events."""
    connection = connect(memory="4GB")
    connection.execute("SELECT setseed(0.42)")
    connection.execute("SET threads = 1")  # CPU seconds are compared: more threads add their own
    day = "DATE '2026-11-22' - CAST(floor(random() * random() * 1095) AS INTEGER)"
    connection.execute(
        f"""
        CREATE TABLE orders AS
        SELECT *, is_order_no AS order_no FROM (
            SELECT CAST(floor(random() * {customers}) AS BIGINT) AS customer_no, {day} AS day, 0::BIGINT AS moment,
                random() > 0.002 AS is_order,
                CAST(50000 + floor(random() * random() * 5000000) AS BIGINT) AS amount,
                CASE WHEN random() < 0.24 THEN 5000 ELSE 0 END AS discount,
                ['сайт', 'магазин', 'приложение'][1 + CAST(floor(random() * 3) AS INTEGER)] AS channel,
                'm' || CAST(floor(random() * 20) AS VARCHAR) AS manager, NULL::VARCHAR AS pipeline,
                ['одежда', 'обувь', 'для дома', 'красота', 'детям', 'спорт', 'техника', 'книги'][1 + CAST(floor(random() * 8) AS INTEGER)]
                    AS category,
                'p' || CAST(floor(random() * 500) AS VARCHAR) AS product, row_number() OVER () AS is_order_no
            FROM range({4 * customers})
        ) ORDER BY customer_no, day
        """
    )
    connection.execute(
        "CREATE TABLE lines AS SELECT *, 1000 AS quantity, product AS product_id FROM orders ORDER BY customer_no, day, order_no"
    )
    texts = ", ".join(f"NULL::VARCHAR AS {name}" for name in ("source", "page", "category", "product", "product_id"))
    connection.execute(
        f"""
        CREATE TABLE events AS
        SELECT CAST(floor(random() * {customers}) AS BIGINT) AS customer_no, {day} AS day, 0::BIGINT AS moment,
            ['email_open', 'email_click', 'visit', 'complaint'][1 + CAST(floor(random() * 4) AS INTEGER)] AS type,
            'c' || CAST(floor(random() * 10) AS VARCHAR) AS campaign, 'email' AS channel, NULL::BIGINT AS value, {texts}
        FROM range({4 * customers}) ORDER BY customer_no, day
        """
    )
    connection.execute("CREATE TABLE attributes (customer_no BIGINT, key VARCHAR, text VARCHAR, number DOUBLE)")
    made = {
        "gender": "CASE WHEN random() < 0.9 THEN ['female', 'male'][1 + CAST(floor(random() * 2) AS INTEGER)] END",
        "birth_on": "CASE WHEN random() < 0.8 THEN DATE '1950-01-01' + CAST(floor(random() * 20000) AS INTEGER) END",
        "income": "['high', 'middle', 'low'][1 + CAST(floor(random() * 3) AS INTEGER)]",
        "city": "['москва', 'пермь', 'казань', 'омск', 'томск'][1 + CAST(floor(random() * 5) AS INTEGER)]",
        "region": "'ru-' || CAST(floor(random() * 80) AS VARCHAR)",
        "first_order_on": "s.first_order_on",
        "last_order_on": "s.last_order_on",
        "frequency": "coalesce(s.frequency, 0)",
        "monetary": "coalesce(s.monetary, 0)",
        "average_check": "s.monetary // nullif(s.frequency, 0)",
        "r": "1 + CAST(floor(random() * 3) AS BIGINT)",
        "f": "1 + CAST(floor(random() * 3) AS BIGINT)",
        "m": "1 + CAST(floor(random() * 3) AS BIGINT)",
        "segment_case": "['vip', 'loyal', 'new', 'sleeping', 'standard'][1 + CAST(floor(random() * 5) AS INTEGER)]",
        "abc": "['A', 'B', 'C'][1 + CAST(floor(random() * 3) AS INTEGER)]",
        "lifecycle": "['new', 'active', 'sleeping', 'gone'][1 + CAST(floor(random() * 4) AS INTEGER)]",
        "p_alive": "random()",
        "clv": "CAST(floor(random() * 10000000) AS BIGINT)",
    }
    kinds = {"day": "DATE", "text": "VARCHAR", "choice": "VARCHAR", "share": "DOUBLE", "number": "DOUBLE"}
    fields = [name for name in FIELDS if name not in COMPUTED]

    def missing(name: str) -> str:
        return f"CAST(NULL AS {kinds.get(FIELDS[name].kind, 'BIGINT')})"

    columns = ", ".join(f"{made.get(name) or missing(name)} AS {name}" for name in fields)
    keys = ", ".join(f"lower({name}) AS {name}_key" for name in fields if FIELDS[name].kind in ("text", "choice"))
    connection.execute(
        f"""
        CREATE TABLE customers AS
        WITH s AS (
            SELECT customer_no, min(day) AS first_order_on, max(day) AS last_order_on, count(*) AS frequency,
                CAST(sum(amount) AS BIGINT) AS monetary
            FROM orders WHERE is_order GROUP BY customer_no
        ), c AS (
            SELECT n.i AS customer_no, 'c' || n.i AS customer_id, {columns}
            FROM range({customers}) n(i) LEFT JOIN s ON s.customer_no = n.i
        )
        SELECT *, {keys} FROM c ORDER BY customer_no
        """
    )
    for grain, columns in (("customers", KEYS), *((grain, TEXT_COLUMNS[grain]) for grain in ("orders", "lines", "events"))):
        code_texts(connection, grain, columns)  # as `take_snapshot` does
    return Snapshot(connection, AS_OF, "RUB", "customers", "orders", "lines", "events", "attributes")


TEMPLATES = (
    "lifecycle = 'sleeping' and revenue({w}) > {money} and not bought('детям', 90d)",
    "days_since_order() > {days} and orders() >= {n}",
    "orders({w}) >= {n} and revenue({w}) > {money}",
    "not bought('{category}', {w}) and frequency >= {n}",
    "gender = 'female' and age between 20 and {age} and income = 'high' and orders(180d, category = 'детям', channel = 'сайт') >= {n}",
    "segment_case in ('vip', 'loyal') and recency_days > {days}",
    "events('email_click', 30d) >= 1 and orders(30d) = 0 and city = '{city}'",
    "days_to(birth_on) <= {near} and clv > {money}",
    "(abc = 'A' or monetary > {money}) and p_alive < 0.{n}",
    "average_check({w}) > {check} or largest_order(365d) > {money}",
    "r = {n} and not (lifecycle = 'gone' or events('complaint', 90d) >= 1)",
    "orders(all, discount > 0) >= {n} and city in ('Москва', 'Казань')",
    "first_order_on >= 2025-0{n}-01 and frequency = 1",
    "days_since_event('email_open') > {days} and known(birth_on)",
)


def filled(number: int, draw: random.Random) -> str:
    """One of the things marketers ask, with drawn thresholds; windows are the usual ones."""
    return TEMPLATES[number % len(TEMPLATES)].format(
        w=draw.choice(["30d", "90d", "365d", "all"]),
        money=draw.choice([5_000, 10_000, 20_000, 50_000]),
        check=draw.randint(5, 20) * 1000,
        days=draw.choice([14, 30, 60, 90, 180]),
        near=draw.choice([3, 7, 14]),
        n=draw.randint(1, 5),
        age=draw.randint(30, 45),
        category=draw.choice(["одежда", "книги", "спорт"]),
        city=draw.choice(["Москва", "Пермь"]),
    )


def hundred_formulas() -> list[str]:
    """A mixture of what marketers ask."""
    draw = random.Random(3)
    return [filled(number, draw) for number in range(100)]


def timed(ask: Callable[[], T]) -> tuple[list[float], T]:
    """CPU seconds of each of `ROUNDS` askings, and the last answer."""
    seconds = []
    for _ in range(ROUNDS):
        begin = cpu()
        answer = ask()
        seconds.append(cpu() - begin)
    return seconds, answer


def speed(customers: int) -> bool:
    """Time each way by itself, as it is used; whether the members are the same."""
    snapshot = make_snapshot(customers)
    rules = [parse_formula(text) for text in hundred_formulas()]
    statement = emit_sql(rules, snapshot, packed=True)

    def asked() -> tuple[np.ndarray, list[np.ndarray]]:
        rows = snapshot.connection.execute(statement.text, dict(statement.parameters)).fetchnumpy()
        return np.asarray(rows["customer_no"]), statement.unpacked(rows)

    print(f"{len(rules)} rules ({len(set(rules))} different, {sum(rule.leaves for rule in rules)} conditions), {customers:,} customers")
    print(f"  CPU seconds of {ROUNDS} runs each, the least counts")
    alone, (numbers, decided) = timed(asked)
    tell("SQL", alone, GOALS["SQL"])
    begin = cpu()
    state = load_state(snapshot, rules)
    loaded = cpu() - begin
    arrays_alone, arrays = timed(lambda: evaluate_many(rules, state))
    tell("NumPy", arrays_alone, GOALS["NumPy"])
    print(f"  state of NumPy loaded in {loaded:.2f} s")
    tell("SQL, that state in memory beside it", timed(asked)[0], None)
    place = np.argsort(numbers)
    differ = sum(int(np.count_nonzero(decided[number][place] != arrays[number])) for number in range(len(rules)))
    sizes = sorted(int(array.sum()) for array in arrays)
    print(f"  members: smallest {sizes[0]:,}, median {sizes[len(sizes) // 2]:,}, largest {sizes[-1]:,}; differences {differ}")
    return differ == 0


def tell(name: str, seconds: list[float], goal: float | None) -> None:
    """One line of the table."""
    verdict = "" if goal is None else f"  goal {goal} at a million: {'met' if min(seconds) <= goal else 'MISSED'}"
    print(f"  {name}: {min(seconds):.2f} s  ({', '.join(f'{one:.2f}' for one in seconds)}){verdict}")


def agreement(pairs: int) -> bool:
    """Random rules x random bases."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "library" / "segments" / "rules"))
    from rule_worlds import disagreements

    done, wrong, begin = 0, 0, time.perf_counter()
    seed = 0
    while done < pairs:
        count, found = disagreements(random.Random(seed))
        for line in found[:3]:
            print(f"seed {seed}: {line}")
        done, wrong, seed = done + count, wrong + len(found), seed + 1
    print(f"{done:,} rule and base pairs ({seed:,} bases), {wrong} disagreements, {time.perf_counter() - begin:.0f} s")
    return wrong == 0


def main() -> None:
    arguments = sys.argv[1:]
    if arguments[:1] == ["agreement"]:
        good = agreement(int(arguments[1]) if len(arguments) > 1 else 10_000)
    else:
        good = speed(int(arguments[0]) if arguments else 1_000_000)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
