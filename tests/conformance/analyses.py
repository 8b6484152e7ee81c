"""The analyses, each a function of a base that leaves rows; the base may have another engine beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.conformance.orders_made import AS_OF

from kogorta.engine.duck import read_sql
from kogorta.segments.abc_xyz import AbcXyz
from kogorta.segments.cohorts import cohort_table
from kogorta.segments.hidden.features import feature_table
from kogorta.segments.lifecycle import Lifecycle
from kogorta.segments.migration import migration
from kogorta.segments.profile import customer_profile
from kogorta.segments.rfm import RFM
from kogorta.segments.stability import code_stability
from kogorta.segments.summary import customer_summary, materialise

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
    return table(base, materialise(base, "ledger", read_sql("base", "customer_days"), {}))


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
        [(grain, cohort.starts_on, cohort.customers, str(cohort.active)) for grain, triangle in found for cohort in triangle.cohorts],
    )


def moves(base: CustomerBase) -> Rows:
    rule = RFM().fit(base, AS_OF)
    found = migration(base, rule, AS_OF.replace(year=AS_OF.year - 1), AS_OF)
    return Rows(("source", "target", "customers", "revenue"), [(f.source, f.target, f.customers, f.revenue) for f in found.flows])


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
        lifecycle_rhythm, cohorts, moves, clv_summary, stability, profile, features,
    )
}  # fmt: skip
