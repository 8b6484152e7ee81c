"""Figures of the whole base and of its groups, each one query over the customer profile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kogorta.engine.duck import first_row
from kogorta.kit.language import message
from kogorta.segments.figures import CategoryFigures, CellFigures, CodeFigures, IndustrySegment, SegmentFigures, Totals
from kogorta.segments.lifecycle import STAGES
from kogorta.segments.naming import SCHEMES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kogorta.base.customer_base import CustomerBase
    from kogorta.engine.table import Table

ABC_NAMES: Final[Mapping[str, str]] = {
    "A": message("A: 80 % of revenue"),
    "B": message("B: next 15 %"),
    "C": message("C: last 5 %"),
    "none": message("No revenue"),
}
XYZ_NAMES: Final[Mapping[str, str]] = {
    "X": message("X: steady"),
    "Y": message("Y: fluctuating"),
    "Z": message("Z: chaotic"),
    "early": message("Too early to tell"),
}

_SCHEME_COLUMNS: Final = {
    "case": "segment_case",
    "guide": "segment_guide",
    "abc": "abc",
    "xyz": "xyz",
    "lifecycle": "lifecycle",
}


def scheme_names(scheme: str) -> Mapping[str, str]:
    """Slug -> English name of every group of a scheme."""
    if scheme in SCHEMES:
        return {segment.slug: segment.name for segment in SCHEMES[scheme].segments}
    return {"abc": ABC_NAMES, "xyz": XYZ_NAMES, "lifecycle": STAGES}[scheme]


def totals(base: CustomerBase, profile: Table) -> Totals:
    """The base in one line."""
    row = first_row(
        base.connection.execute(
            f"""
        SELECT count(*), count(*) FILTER (kind = 'company'), count(*) FILTER (kind <> 'company'), count(*) FILTER (frequency > 0),
            coalesce(sum(frequency), 0), coalesce(sum(monetary), 0), count(*) FILTER (frequency > 1), min(first_order_on),
            max(last_order_on), count(inn), count(industry), count(email), count(phone), count(region)
        FROM {profile.name}"""
        )
    )
    if row is None:
        raise AssertionError("an aggregate always has a row")
    customers, companies, persons, buyers, orders, revenue, repeaters, first, last, *known = row
    refunds = base.ask("SELECT coalesce(-sum(amount_base), 0) FROM orders WHERE stage_status = 'won' AND amount_base < 0")[0]
    return Totals(
        customers=customers,
        companies=companies,
        persons=persons,
        buyers=buyers,
        orders=int(orders),
        revenue=int(revenue),
        refunds=int(refunds[0]),  # type: ignore[call-overload]
        average_check=round(int(revenue) / int(orders)) if orders else 0,
        repeat_buyers=repeaters,
        first_order_on=first,
        last_order_on=last,
        with_inn=known[0],
        with_industry=known[1],
        with_email=known[2],
        with_phone=known[3],
        with_region=known[4],
    )


def segment_figures(profile: Table, scheme: str) -> tuple[SegmentFigures, ...]:
    """Every group of a scheme, also the empty ones, largest first.

    Shares are of the customers and the revenue the scheme covers: buyers for RFM, ABC and XYZ, everybody for the lifecycle.
    """
    column = _SCHEME_COLUMNS[scheme]
    where = "" if scheme == "lifecycle" else "WHERE frequency > 0"
    rows = profile.connection.execute(
        f"""SELECT {column}, count(*), CAST(sum(monetary) AS BIGINT), CAST(sum(frequency) AS BIGINT), median(recency_days)
        FROM {profile.name} {where} GROUP BY 1"""
    ).fetchall()
    found = {row[0]: row[1:] for row in rows if row[0] is not None}
    customers = sum(row[0] for row in found.values())
    revenue = sum(row[1] for row in found.values())
    figures = []
    for slug, name in scheme_names(scheme).items():
        count, money, orders, recency = found.get(slug, (0, 0, 0, None))
        figures.append(
            SegmentFigures(
                scheme=scheme,
                segment=slug,
                name=name,
                customers=count,
                customer_share=count / customers if customers else 0.0,
                revenue=money,
                revenue_share=money / revenue if revenue else 0.0,
                orders=orders,
                average_check=round(money / orders) if orders else 0,
                median_recency_days=recency,
            )
        )
    return tuple(sorted(figures, key=lambda item: (-item.customers, item.segment)))


def code_figures(profile: Table) -> tuple[CodeFigures, ...]:
    """Customers and revenue by RFM code, codes that occur, in order."""
    rows = profile.connection.execute(
        f"""SELECT r, f, m, rfm_code, count(*), CAST(sum(monetary) AS BIGINT) FROM {profile.name}
        WHERE rfm_code IS NOT NULL GROUP BY ALL ORDER BY rfm_code"""
    ).fetchall()
    return tuple(CodeFigures(*row) for row in rows)


def category_figures(profile: Table) -> tuple[CategoryFigures, ...]:
    """Customers and revenue by RFM category of the case, those that occur, in order."""
    recency = {"just_now": 1, "recently": 2, "long_ago": 3}
    frequency = {"often": 1, "sometimes": 2, "rarely": 3}
    rows = profile.connection.execute(
        f"""SELECT rfm_category, count(*), CAST(sum(monetary) AS BIGINT) FROM {profile.name}
        WHERE rfm_category IS NOT NULL GROUP BY 1"""
    ).fetchall()
    found = []
    for category, customers, revenue in rows:
        when, money, often = str(category).split("-")
        found.append(CategoryFigures(recency[when], int(money), frequency[often], customers, revenue))
    return tuple(sorted(found, key=lambda item: (item.recency, item.monetary, item.frequency)))


def matrix_figures(profile: Table) -> tuple[CellFigures, ...]:
    """Customers and revenue by cell of the ABC/XYZ matrix, those that occur."""
    rows = profile.connection.execute(
        f"""SELECT abc, xyz, count(*), CAST(sum(monetary) AS BIGINT) FROM {profile.name}
        WHERE frequency > 0 GROUP BY 1, 2 ORDER BY 1, 2"""
    ).fetchall()
    return tuple(CellFigures(*row) for row in rows)


def cv_deciles(classes: Table) -> tuple[float, ...] | None:
    """Nine deciles of the coefficient of variation behind XYZ, or None when nobody has enough periods."""
    row = first_row(
        classes.connection.execute(
            f"SELECT quantile_disc(cv, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]) FROM {classes.name} WHERE cv IS NOT NULL"
        )
    )
    return tuple(row[0]) if row and row[0] else None


def industry_figures(profile: Table, scheme: str) -> tuple[IndustrySegment, ...]:
    """Buyers and revenue by industry and segment; customers without an industry are left out."""
    rows = profile.connection.execute(
        f"""SELECT industry, {_SCHEME_COLUMNS[scheme]}, count(*), CAST(sum(monetary) AS BIGINT) FROM {profile.name}
        WHERE industry IS NOT NULL AND frequency > 0 GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2"""
    ).fetchall()
    return tuple(IndustrySegment(*row) for row in rows)
