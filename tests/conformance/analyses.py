"""The analyses, each a function of a base that leaves rows; the base may have another engine beside it."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.conformance.orders_made import AS_OF

from kogorta.engine.duck import filled_sql
from kogorta.engine.scratch import scratch_folder
from kogorta.experiments.metrics import Metric
from kogorta.experiments.sums_sql import sums_from
from kogorta.segments.abc_xyz import AbcXyz
from kogorta.segments.cohorts import cohort_table
from kogorta.segments.difference import membership_difference
from kogorta.segments.hidden.features import feature_table
from kogorta.segments.history import segment_history
from kogorta.segments.lifecycle import Lifecycle
from kogorta.segments.migration import migration
from kogorta.segments.profile import customer_profile
from kogorta.segments.rfm import RFM
from kogorta.segments.rules.formula import parse_formula
from kogorta.segments.rules.snapshot import take_snapshot
from kogorta.segments.rules.sql import emit_sql
from kogorta.segments.stability import code_stability
from kogorta.segments.summary import customer_summary, materialise
from kogorta.segments.yardstick import yardstick

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kogorta.base.customer_base import CustomerBase


@dataclass(frozen=True)
class Rows:
    """A result: names of columns, and rows in any order."""

    columns: tuple[str, ...]
    rows: list[tuple[object, ...]]


def table(base: CustomerBase, name: str) -> Rows:
    found = base.connection.execute(f"SELECT * FROM {name}")
    return Rows(tuple(column[0] for column in found.description or ()), found.fetchall())


def day_ledger(base: CustomerBase) -> Rows:
    return table(base, materialise(base, "ledger", filled_sql("base", "customer_days", {}, {"orders": "orders"}), {}))


def summary(base: CustomerBase) -> Rows:
    return table(base, customer_summary(base, AS_OF))


def rfm(base: CustomerBase) -> Rows:
    rule = RFM().fit(base, AS_OF)
    return _with_rule(base, rule)


def rfm_five_levels_of_average_check(base: CustomerBase) -> Rows:
    return _with_rule(base, RFM(5, monetary="average_check").fit(base, AS_OF))


def _with_rule(base: CustomerBase, rule: object) -> Rows:
    found = table(base, rule.assign(base, AS_OF).name)
    cuts = (rule.recency, rule.frequency, rule.money)
    width = len(found.columns)
    return Rows(found.columns, [*found.rows, *(((str(cut), *[None] * (width - 1))) for cut in cuts)])


def abc_xyz_month(base: CustomerBase) -> Rows:
    return table(base, AbcXyz(period="month").assign(base, AS_OF).name)


def abc_xyz_quarter(base: CustomerBase) -> Rows:
    return table(base, AbcXyz().assign(base, AS_OF).name)


def abc_xyz_year(base: CustomerBase) -> Rows:
    return table(base, AbcXyz(period="year", fewest_periods=2).assign(base, AS_OF).name)


def lifecycle_fixed(base: CustomerBase) -> Rows:
    return table(base, Lifecycle().assign(base, AS_OF).name)


def lifecycle_rhythm(base: CustomerBase) -> Rows:
    return table(base, Lifecycle(mode="rhythm").assign(base, AS_OF).name)


def cohorts(base: CustomerBase) -> Rows:
    found = [(grain, cohort_table(base, AS_OF, grain)) for grain in ("month", "quarter", "year")]
    return Rows(
        ("period", "cohort", "customers", "active"),
        [(grain, cohort.starts_on, cohort.customers, str(cohort)) for grain, triangle in found for cohort in triangle.cohorts],
    )


def moves(base: CustomerBase) -> Rows:
    columns = ("source", "target", "customers", "revenue", "more")
    rows: list[tuple[object, ...]] = []
    for scheme in ("case", "guide", "abc", "lifecycle"):
        found = migration(base, yardstick(base, scheme, AS_OF), AS_OF.replace(year=AS_OF.year - 1), AS_OF)
        rows += [(f"{scheme} {f.source}", f.target, f.customers, f.revenue, str(f)) for f in found.flows]
    return Rows(columns, rows)


def history(base: CustomerBase) -> Rows:
    found = segment_history(base, yardstick(base, "case", AS_OF), AS_OF)
    return Rows(("period", "place"), [(str(period), place) for place, period in enumerate(found.periods)])


def membership(base: CustomerBase) -> Rows:
    lists = []
    for day in (AS_OF.replace(month=6, day=30), AS_OF):
        segments = RFM().fit(base, AS_OF).assign(base, day)
        query = f"SELECT customer_id, segment_case AS segment FROM {segments.name}"
        lists.append(materialise(base, f"members_{day:%Y%m%d}", query, {}))
    return table(base, membership_difference(base, *lists).name)


def rules(base: CustomerBase) -> Rows:
    """Emitted rules over prepared tables, which the engine reads as files."""
    snapshot = take_snapshot(base, AS_OF)
    if base.remote is not None:
        for name in (snapshot.customers, *snapshot.tables.values()):
            lend_table(base, name)
    statement = emit_sql([parse_formula(formula) for formula in FORMULAS], snapshot)
    rows = base.ask(statement.text, statement.parameters)
    return Rows(("customer_no", *(f"rule_{place}" for place in range(len(FORMULAS)))), rows)


def lend_table(base: CustomerBase, name: str) -> None:
    folder = Path(tempfile.mkdtemp(dir=scratch_folder()))
    held = base.connection.table(name)
    # texts kept as codes are lent as texts: codes are the embedded engine's own
    coded = [column for column, kind in zip(held.columns, held.types, strict=True) if str(kind).startswith("ENUM")]
    cells = [f"CAST({column} AS VARCHAR) AS {column}" if column in coded else column for column in held.columns]
    relation = held.project(", ".join(cells))
    relation.write_parquet(str(folder / f"{name}.parquet"))
    columns = {column: str(kind) for column, kind in zip(relation.columns, relation.types, strict=True)}
    base.remote.read(name, [str(folder / f"{name}.parquet")], columns)


FORMULAS = (
    "lifecycle = 'sleeping' and revenue(365d) > 100 and not bought('посуда', 90d)",
    "days_since(order) <= 30",
    "days_since(order) between 30 and 180",
    "orders(30d) >= 2 or average_check(all) >= 100.005",
    "events(type = 'email_click', 30d) >= 1 and orders(30d) = 0",
    "random('волна', 10%)",
    "age >= 27 and gender = 'female'",
    "days_to(birth_on) <= 7",
    "city = 'орел' or name contains 'ёж'",
    "items(365d) > 2.5 and categories(all) >= 2",
    "abc in ('A', 'B') and xyz != 'Z' and segment_case != 'vip'",
    "monetary <= 0 or not known(email)",
    "discount(all) > 500 and largest_order(all) between 50 and 1000",
)


def experiment_sums(base: CustomerBase) -> Rows:
    """Sums of four metrics by arm and stratum, in one group-by."""
    query = """SELECT customer_id, CASE WHEN length(customer_id) % 2 = 0 THEN 'treated' ELSE 'control' END AS arm, xyz AS stratum,
        CASE WHEN frequency > 1 THEN 1 ELSE 0 END AS again, CAST(frequency AS DOUBLE) AS orders,
        CAST(least(monetary, 5000000) AS DOUBLE) / 100 AS revenue FROM {profile}"""
    profile_name = customer_profile(base, AS_OF, RFM().fit(base, AS_OF).assign(base, AS_OF), AbcXyz(), Lifecycle()).name
    name = materialise(base, "enrolled", query.replace("{profile}", profile_name) + " WHERE frequency > 0", {}, here=True)
    if base.remote is not None:
        lend_table(base, name)
    metrics = [
        Metric("again", "proportion"), Metric("revenue"),
        Metric("revenue", "ratio", "orders"), Metric("revenue", cap=1000.0),
    ]  # fmt: skip
    found = sums_from(_Asking(base), name, metrics, arm="arm", stratum="stratum")
    rows = []
    for place, (arm, stratum, count) in enumerate(zip(found.arms, found.strata, found.n, strict=True)):
        figures = [float(value) for one in found.metrics for value in (*one.sums[place], *one.products[place].ravel())]
        rows.append((arm, stratum, int(count), *figures))
    return Rows(("arm", "stratum", "n", *map(str, range(len(rows[0]) - 3))), rows)


class _Asking:
    """A connection that asks the engine beside for sums, and the embedded one what columns there are."""

    def __init__(self, base: CustomerBase) -> None:
        self.base, self.found = base, []

    def execute(self, query: str, parameters: object = None) -> _Asking:
        if "GROUP BY" in query:
            self.found = self.base.ask(query)
        else:
            self.found = self.base.connection.execute(query, parameters).fetchall()
        return self

    def fetchall(self) -> list[tuple[object, ...]]:
        return self.found

    def fetchone(self) -> tuple[object, ...] | None:
        return self.found[0] if self.found else None


def clv_summary(base: CustomerBase) -> Rows:
    from importlib import resources

    query = (resources.files("kogorta.value") / "summary.sql").read_text(encoding="utf-8")
    parameters = {"calibration_end": AS_OF.replace(year=AS_OF.year - 1).isoformat(), "as_of": AS_OF.isoformat()}
    return table(base, materialise(base, "clv_summary", query, parameters))


def stability(base: CustomerBase) -> Rows:
    return table(base, code_stability(RFM().fit(base, AS_OF).assign(base, AS_OF))[1].name)


def profile(base: CustomerBase) -> Rows:
    segments = RFM().fit(base, AS_OF).assign(base, AS_OF)
    return table(base, customer_profile(base, AS_OF, segments, AbcXyz(), Lifecycle()).name)


def features(base: CustomerBase) -> Rows:
    found = feature_table(base, AS_OF)
    names = sorted(found.columns)
    return Rows(("customer_id", *names), [(one, *(float(found.columns[name][n]) for name in names)) for n, one in enumerate(found.ids)])


ANALYSES: Mapping[str, Callable[[CustomerBase], Rows]] = {
    found.__name__: found
    for found in (
        day_ledger, summary, rfm, rfm_five_levels_of_average_check, abc_xyz_month, abc_xyz_quarter, abc_xyz_year, lifecycle_fixed,
        lifecycle_rhythm, cohorts, moves, history, clv_summary, stability, profile, features, membership, rules, experiment_sums,
    )
}  # fmt: skip
