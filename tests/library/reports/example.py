"""A believable analysis made by hand: the size and the shape of the source case, and its awkward variants."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from itertools import accumulate
from statistics import median

import duckdb

from kogorta.analysis import Analysis
from kogorta.base.audit import Accounting, Audit, Fate, Problem
from kogorta.engine.table import Table
from kogorta.segments.figures import CategoryFigures, CellFigures, CodeFigures, IndustrySegment, SegmentFigures, Stability, Totals
from kogorta.segments.history import HistoryPeriod, SegmentHistory, SegmentPeriod
from kogorta.segments.moves import Cohort, CohortTable, Flow, Migration, Mover
from kogorta.segments.rfm import RFMRule
from kogorta.waves.plan import (
    Candidate,
    Contradiction,
    ExperimentPlan,
    Forecast,
    ForecastInput,
    IndustryRank,
    Plan,
    Range,
    SensitivityCase,
    WaveMember,
)

AS_OF = date(2026, 11, 22)
CASE = {
    "vip": ("VIP", "111", 16),
    "loyal": ("Loyal", "112 121 211 212", 19),
    "potential": ("Potential", "131 132", 30),
    "new": ("New", "133", 138),
    "needs_attention": ("Needs attention", "311 312 313 321 331", 149),
    "sleeping": ("Sleeping", "323 332 333", 52),
    "standard": ("Standard", "113 122 123 213 221 222 223 231 232 233 322", 96),
}
GUIDE = {
    "key": ("Key", "111"),
    "loyal": ("Loyal", "112 121 122"),
    "promising_newcomer": ("Promising newcomers", "131 132"),
    "newcomer": ("Newcomers", "133"),
    "active_small": ("Active small", "113 123"),
    "at_risk": ("At risk", "211 212 221"),
    "cooling": ("Cooling", "213 222 223 231 232 233"),
    "cannot_lose": ("Cannot lose", "311 312 321"),
    "sleeping": ("Sleeping", "313 322 323 331 332"),
    "lost": ("Lost", "333"),
}
INDUSTRIES = {
    "construction": ("Строительство", "Construction"),
    "business_services": ("Бизнес-услуги", "Business services"),
    "wholesale": ("Оптовая торговля", "Wholesale"),
    "it": ("IT и телекоммуникации", "IT and telecoms"),
    "education": ("Образование", "Education"),
    "manufacturing": ("Производство", "Manufacturing"),
    "transport": ("Транспорт и логистика", "Transport and logistics"),
}
COLUMNS = (
    "customer_id VARCHAR, name VARCHAR, kind VARCHAR, inn VARCHAR, industry VARCHAR, region VARCHAR, time_zone VARCHAR, "
    "first_order_on DATE, last_order_on DATE, recency_days INTEGER, frequency INTEGER, monetary BIGINT, "
    "average_check BIGINT, r INTEGER, f INTEGER, m INTEGER, rfm_code VARCHAR, rfm_category VARCHAR, segment_case VARCHAR, "
    "segment_guide VARCHAR, abc VARCHAR, xyz VARCHAR, lifecycle VARCHAR, p_alive DOUBLE, expected_orders_90d DOUBLE, "
    "clv BIGINT, clv_low BIGINT, clv_high BIGINT, email VARCHAR, phone VARCHAR"
)
NAMES = ("Вектор", "Альянс", "СтройИнвест", "Гранит", "Техносфера", "Орбита")
HOSTILE = (
    '#panic("x")',
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "Ы" * 300,
    "$x^2$ *b* _i_ `c`",
    "\t+7\r\n@x",
)


@cache
def analysis(customers=500, **options):
    """The analysis `build` makes, made once: for tests that only read."""
    return build(customers, **options)


def build(customers=500, *, hostile=False, industries=True, migration=True, scheme="case", currency="RUB", wave=60, seed=7):
    """An analysis of `customers` buyers; with 0 of them everything is empty."""
    rows = _rows(customers, hostile=hostile, industries=industries, seed=seed)
    connection = duckdb.connect()
    customers_table = _table(connection, "customers", COLUMNS, rows, ("customer_id",))
    quarantine = _table(
        connection,
        "quarantine",
        'source VARCHAR, row_no BIGINT, reason VARCHAR, "column" VARCHAR, value VARCHAR, raw VARCHAR',
        [
            ("deals.csv", 7, "date_malformed", "date", "32.13.2026", "=1+1;32.13.2026"),
            ("deals.csv", 9, "test_order", "name", "тест", "x"),
        ],
        ("source", "row_no"),
    )
    stability = _table(
        connection,
        "rfm_stability",
        "customer_id VARCHAR, rfm_code VARCHAR, stable BOOLEAN",
        [(r[0], r[16], True) for r in rows],
        (),
    )
    segments = _all_segments(rows)
    codes, categories, matrix = _codes(rows)
    plan = _plan(rows, segments, scheme, wave) if len(rows) >= 30 else _no_plan(scheme)
    revenue = sum(r[11] for r in rows)
    orders = sum(r[10] for r in rows)
    return Analysis(
        as_of=AS_OF,
        currency=currency,
        time_zone="Europe/Moscow",
        scheme=scheme,
        sources=("deals.csv", "companies.csv") if not hostile else ("=deals<b>.csv",),
        audit=_audit(orders, hostile=hostile),
        totals=Totals(
            customers=len(rows) + (40 if rows else 0),
            companies=sum(r[2] == "company" for r in rows),
            persons=sum(r[2] == "person" for r in rows),
            buyers=len(rows),
            orders=orders,
            revenue=revenue,
            refunds=revenue // 60,
            average_check=revenue // orders if orders else 0,
            repeat_buyers=sum(r[10] > 1 for r in rows),
            first_order_on=min((r[7] for r in rows), default=None),
            last_order_on=max((r[8] for r in rows), default=None),
            with_inn=sum(r[3] is not None for r in rows),
            with_industry=sum(r[4] is not None for r in rows),
            with_email=sum(r[28] is not None for r in rows),
            with_phone=sum(r[29] is not None for r in rows),
            with_region=sum(r[5] is not None for r in rows),
        ),
        rule=RFMRule(3, "quantile", "sum", (118, 402), (1, 3), (4_500_000, 18_000_000), "2026-11-22", len(rows), currency)
        if rows
        else None,
        empty_levels=() if len(rows) > 30 else ("F1",),
        segments=segments,
        codes=codes,
        categories=categories,
        matrix=matrix,
        cv_deciles=(0.31, 0.62, 0.98, 1.32, 1.64, 1.98, 2.4, 2.9, 3.5) if len(rows) > 30 else None,
        industries=_industries(rows, scheme),
        industry_names={**INDUSTRIES, **({"education": ("$a_b$ <b>&" + "Ж" * 80, "=x" * 60)} if hostile else {})},
        cohorts=_cohorts(len(rows)),
        migration=_migration(rows, scheme) if migration and rows else None,
        history=_history(rows, scheme) if migration and rows else None,
        stability=Stability(len(rows), int(len(rows) * 0.71), int(len(rows) * 0.24), int(len(rows) * 0.08)),
        plan=plan,
        customers=customers_table,
        quarantine=quarantine,
        rfm_stability=stability,
        definitions={
            "as_of": "2026-11-22, end of day, Europe/Moscow",
            "recency": "days from the last won order to as_of",
            "frequency": "number of won orders",
            "monetary": "net sum of won orders",
            "refunds": "matched to the order they reverse",
            "abc": "0.80/0.95 of cumulative revenue before the customer",
            "xyz": "population CV per complete month, 0.5/1.0",
        },
    )


def with_long_wave(rows):
    """The example with a first wave of `rows` customers."""
    made = analysis()
    member = made.plan.wave[0]
    wave = tuple(replace(member, position=n + 1, customer_id=f"C{n:05}") for n in range(rows))
    return replace(made, plan=replace(made.plan, wave=wave))


def _rows(count, *, hostile, industries, seed):
    rng = random.Random(seed)
    slugs = [slug for slug, (_, _, size) in CASE.items() for _ in range(size)]
    rng.shuffle(slugs)
    guide = {code: slug for slug, (_, codes) in GUIDE.items() for code in codes.split()}
    rows = []
    for number in range(count):
        slug = slugs[number % len(slugs)]
        code = rng.choice(CASE[slug][1].split())
        r, f, m = (int(digit) for digit in code)
        recency = {1: rng.randint(0, 118), 2: rng.randint(119, 402), 3: rng.randint(403, 1600)}[r]
        frequency = {1: rng.randint(4, 11), 2: rng.randint(2, 3), 3: 1}[f]
        monetary = {
            1: rng.randint(18_000_001, 75_000_000),
            2: rng.randint(4_500_001, 18_000_000),
            3: rng.randint(400_000, 4_500_000),
        }[m]
        last = AS_OF - timedelta(days=recency)
        first = last - timedelta(days=0 if frequency == 1 else rng.randint(30, 900))
        industry = None
        if industries and rng.random() < 0.86:
            weights = [26, 22, 18, 17, 12, 8, 6]
            if slug == "needs_attention":
                weights = [38, 22, 19, 10, 10, 6, 5]
            industry = rng.choices(list(INDUSTRIES), weights)[0]
        name = HOSTILE[number % len(HOSTILE)] if hostile else f"ООО «{rng.choice(NAMES)}-{number + 1}»"
        company = rng.random() < 0.9
        category = f"{('just_now', 'recently', 'long_ago')[r - 1]}-{4 - m}-{('often', 'sometimes', 'rarely')[f - 1]}"
        lifecycle = "new" if recency <= 30 and frequency == 1 else "active" if recency <= 30 else "sleeping" if recency <= 180 else "gone"
        rows.append(
            [
                f"C{number + 1:05}",
                name,
                "company" if company else "person",
                "7707083893" if company else None,
                industry,
                "RU-MOW",
                "Europe/Moscow",
                first,
                last,
                recency,
                frequency,
                monetary,
                monetary // frequency,
                r,
                f,
                m,
                code,
                category,
                slug,
                guide[code],
                "",
                "",
                lifecycle,
                None,
                None,
                None,
                None,
                None,
                f"buyer{number + 1}@example.ru" if rng.random() < 0.8 else None,
                f"+7916{number:07}",
            ]
        )
    _abc_xyz(rows, rng)
    return [tuple(row) for row in rows]


def _abc_xyz(rows, rng):
    total = sum(row[11] for row in rows) or 1
    before = 0
    for row in sorted(rows, key=lambda item: (-item[11], item[0])):
        row[20] = "A" if before < 0.8 * total else "B" if before < 0.95 * total else "C"
        before += row[11]
        row[21] = "early" if row[10] == 1 and row[9] < 100 else rng.choices("XYZ", [1 + row[10], 4, 14])[0]


def _table(connection, name, columns, rows, order):
    connection.execute(f"CREATE TABLE {name} ({columns})")
    if rows:
        marks = ", ".join(f"({', '.join('?' for _ in row)})" for row in rows)
        connection.execute(f"INSERT INTO {name} VALUES {marks}", [cell for row in rows for cell in row])
    return Table(connection, name, order)


def _all_segments(rows):
    found = []
    for scheme, column, names in (
        ("case", 18, {slug: value[0] for slug, value in CASE.items()}),
        ("guide", 19, {slug: value[0] for slug, value in GUIDE.items()}),
        ("abc", 20, {"A": "A", "B": "B", "C": "C"}),
        ("xyz", 21, {"X": "X", "Y": "Y", "Z": "Z", "early": "Too early to tell"}),
        ("lifecycle", 22, {"new": "New", "active": "Active", "sleeping": "Sleeping", "gone": "Gone"}),
    ):
        groups = defaultdict(list)
        for row in rows:
            groups[row[column]].append(row)
        total = sum(row[11] for row in rows)
        made = []
        for slug, members in groups.items():
            revenue, orders = sum(m[11] for m in members), sum(m[10] for m in members)
            made.append(
                SegmentFigures(
                    scheme,
                    slug,
                    names[slug],
                    len(members),
                    len(members) / len(rows),
                    revenue,
                    revenue / total,
                    orders,
                    revenue // orders,
                    float(median(m[9] for m in members)),
                )
            )
        if scheme == "lifecycle" and rows:
            made.append(SegmentFigures("lifecycle", "prospect", "Prospect", 40, 40 / (len(rows) + 40), 0, 0.0, 0, 0, None))
        found += sorted(made, key=lambda item: (-item.customers, item.segment))
    return tuple(found)


def _codes(rows):
    money = Counter()
    for row in rows:
        money[row[16]] += row[11]
    counts = Counter(row[16] for row in rows)
    codes = tuple(CodeFigures(int(c[0]), int(c[1]), int(c[2]), c, n, money[c]) for c, n in sorted(counts.items()))
    categories = tuple(CategoryFigures(c.r, 4 - c.m, c.f, c.customers, c.revenue) for c in codes)
    cells = defaultdict(lambda: [0, 0])
    for row in rows:
        cells[row[20], row[21]][0] += 1
        cells[row[20], row[21]][1] += row[11]
    return codes, categories, tuple(CellFigures(a, x, n, money) for (a, x), (n, money) in sorted(cells.items()))


def _industries(rows, scheme):
    cells = defaultdict(lambda: [0, 0])
    for row in rows:
        if row[4]:
            cell = cells[row[4], row[18 if scheme == "case" else 19]]
            cell[0] += 1
            cell[1] += row[11]
    return tuple(IndustrySegment(i, s, n, money) for (i, s), (n, money) in sorted(cells.items()))


def _cohorts(count):
    if count < 30:
        return None
    rng = random.Random(3)
    made = []
    for index in range(12):
        size = 30 + (index * 7) % 25
        rate = 0.34 - 0.012 * index
        active = tuple(size if k == 0 else round(size * rate * (0.86**k) * rng.uniform(0.85, 1.15)) for k in range(12 - index))
        year, quarter = divmod(index, 4)
        returned = tuple(accumulate(min(k, 1) * max(count // (k + 1), 1) for k, count in enumerate(active)))
        revenue = tuple(count * 150_000 for count in active)
        made.append(Cohort(date(2024 + year, 1 + 3 * quarter, 1), size, active, returned, revenue))
    return CohortTable("quarter", tuple(made), last_is_complete=False)


def _migration(rows, scheme):
    rng = random.Random(5)
    flows = Counter()
    money = Counter()
    slugs = list(CASE if scheme == "case" else GUIDE)
    for row in rows:
        target = row[18 if scheme == "case" else 19]
        source = target if rng.random() < 0.78 else rng.choice([*slugs, "none", "new" if scheme == "case" else "newcomer"])
        if row[9] < 92 and row[10] == 1:
            source = "none"
        flows[source, target] += 1
        money[source, target] += row[11]
    moved = tuple(
        Flow(s, t, n, money[s, t], money[s, t] // 2, money[s, t] // 3, money[s, t] // 4, n // 2) for (s, t), n in sorted(flows.items())
    )
    best = "vip" if scheme == "case" else "key"
    leavers = tuple(
        Mover(row[0], row[1], best, flow.target, row[11] // 3, 0, row[11], row[8], row[9], False)
        for flow in moved
        if flow.source == best != flow.target
        for row in rows[: flow.customers]
    )
    return Migration(date(2026, 8, 22), AS_OF, moved, scheme, "none", best, leavers, AS_OF.isoformat())


def _history(rows, scheme):
    """Eight quarters: the best segment brings less in each of the last three."""
    best = "vip" if scheme == "case" else "key"
    slugs = [*(CASE if scheme == "case" else GUIDE), "none"]
    made = []
    for index in range(8):
        year, quarter = divmod(index, 4)
        starts_on = date(2025 + year, 1 + 3 * quarter, 1)
        segments = []
        for place, slug in enumerate(slugs):
            members = max(len(rows) // 8 - place * 3, 4)
            earned = members * (9 - place) * 40_000 * ((8 - index) if slug == best and index > 3 else 4)
            squares = earned * earned // members * 2
            back = None if index == 7 or slug == "none" else max(members * (9 - place) // 10, 1)
            stayed = 0 if slug == "none" else members * 3 // 4
            segments.append(SegmentPeriod(slug, members, stayed, members // 2, members, earned, squares, back, earned, squares))
        ends_on = AS_OF if index == 7 else date(2025 + (index + 1) // 4, 1 + 3 * ((index + 1) % 4), 1) - timedelta(days=1)
        made.append(HistoryPeriod(starts_on, ends_on, index < 7, tuple(segments)))
    return SegmentHistory(scheme, "quarter", "none", best, AS_OF.isoformat(), tuple(made))


def _audit(orders, *, hostile):
    example = '=HYPERLINK("x")<b>#panic()' if hostile else "7707083890"
    return Audit(
        Accounting(orders + 61, orders, 24, 37),
        (
            Problem("inn_checksum", "companies.csv", Fate.QUARANTINED, 14, "inn", 12, example),
            Problem("duplicate_row", "deals.csv", Fate.MERGED, 24, None, 31, None),
            Problem("date_malformed", "deals.csv", Fate.QUARANTINED, 23, "date", 7, "32.13.2026"),
            Problem("email_invalid", "deals.csv", Fate.NOTED, 58, "email", 44, "ivan@@mail"),
        ),
    )


def _candidates(segments, scheme):
    motives = {
        "case": {"needs_attention": "win_back", "sleeping": "win_back", "new": "grow", "potential": "grow", "loyal": "keep", "vip": "keep"},
        "guide": {"cannot_lose": "win_back", "sleeping": "win_back", "newcomer": "grow", "promising_newcomer": "grow", "key": "keep"},
    }[scheme]
    made = []
    for item in segments:
        if item.scheme == scheme and item.segment in motives:
            stake = int(item.revenue * {"win_back": 0.14, "grow": 0.08, "keep": 0.05}[motives[item.segment]])
            made.append(
                Candidate(
                    item.segment,
                    motives[item.segment],
                    item.customers,
                    item.customer_share,
                    item.revenue,
                    item.revenue_share,
                    0.034,
                    stake,
                    int(item.customers * 0.8),
                    0,
                )
            )
    made.sort(key=lambda item: -item.at_stake)
    return tuple(replace(item, rank=rank + 1) for rank, item in enumerate(made))


def _plan(rows, segments, scheme, wave):
    candidates = _candidates(segments, scheme)
    priority = candidates[0].segment
    column = 18 if scheme == "case" else 19
    ranks = []
    for industry in INDUSTRIES:
        members = [row for row in rows if row[4] == industry]
        inside = [row for row in members if row[column] == priority]
        if members:
            share = len(inside) / len(members)
            low = max(0.0, share - 1.6 * (share * (1 - share) / len(members)) ** 0.5 - 0.01)
            ranks.append(IndustryRank(industry, len(members), len(inside), share, low, sum(r[11] for r in inside), chosen=False))
    ranks.sort(key=lambda item: -item.share_low)
    ranks = [replace(item, chosen=index < 3) for index, item in enumerate(ranks)]
    chosen = {item.industry for item in ranks if item.chosen}
    members = sorted((r for r in rows if r[column] == priority and (r[4] in chosen or not ranks)), key=lambda r: -r[11])[:wave]
    why = (("used_to_spend_much", "overdue"), ("used_to_buy_often",), ("overdue",))
    listed = tuple(
        WaveMember(
            n + 1,
            r[0],
            r[1],
            r[4],
            r[5],
            r[6],
            None if n % 3 else "Анна Смирнова",
            "owner",
            r[28],
            r[29],
            r[8],
            r[9],
            r[10],
            r[11],
            r[12],
            r[16],
            r[11] // 20,
            why[n % 3],
            "control" if n % 5 == 4 else "treated",
        )
        for n, r in enumerate(members)
    )
    treated = sum(item.arm == "treated" for item in listed)
    forecast = Forecast(
        365,
        treated,
        len(listed) - treated,
        Range(0.02, 0.034, 0.055),
        Range(0.0, 0.03, 0.06),
        Range(0.02, 0.064, 0.115),
        Range(6_500_000, 11_000_000, 19_000_000),
        Range(0, 1.4, 3.2),
        Range(0, 15_400_000, 47_000_000),
        (
            ForecastInput("baseline_rate", 0.034, 0.02, 0.055, "share", "measured", 149),
            ForecastInput("uplift", 0.03, 0.0, 0.06, "share", "assumed"),
            ForecastInput("average_check", 11_000_000, 6_500_000, 19_000_000, "money", "measured", 214),
        ),
    )
    return Plan(
        scheme,
        priority,
        None,
        candidates,
        candidates[:3],
        tuple(ranks),
        listed,
        candidates[0].customers,
        forecast,
        ExperimentPlan(treated, len(listed) - treated, 0.034, 0.31, 640, "pilot"),
        (
            Contradiction(
                "check_above_own",
                (
                    ("buyers_low", 21.75),
                    ("buyers_high", 26.1),
                    ("per_buyer_low", 689655.0),
                    ("per_buyer_high", 689656.0),
                    ("check_low", 50_000.0),
                    ("check_high", 450_000.0),
                ),
            ),
        ),
        (
            SensitivityCase("base", priority, 149, 0.51, 1.0, survives=True),
            SensitivityCase("fixed_thresholds", priority, 131, 0.47, 0.81, survives=True),
            SensitivityCase("last_3_years", priority, 96, 0.44, 0.64, survives=True),
            SensitivityCase("ignore_refunds", priority, 149, 0.52, 0.97, survives=True),
            SensitivityCase("five_levels", "sleeping", 88, 0.21, 0.22, survives=False),
        ),
    )


def _no_plan(scheme):
    return Plan(scheme, None, "too_few_buyers", (), (), (), (), 0, None, None, (), ())
