"""Fill a base's customers with what can be known offline: industry, region, time zone, role, company or person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kogorta.base.tables import column_list
from kogorta.engine.duck import first_row, register_mapping
from kogorta.enrichment.geography import locate
from kogorta.enrichment.kinds import Kind, kind_of
from kogorta.enrichment.okved import standard
from kogorta.enrichment.roles import roles

if TYPE_CHECKING:
    from collections.abc import Mapping

    import duckdb

    from kogorta.base.customer_base import CustomerBase
    from kogorta.enrichment.okved import Industry, IndustryMap


@dataclass(frozen=True)
class Coverage:
    """How many customers have each fact after enrichment."""

    customers: int
    industry: int
    region: int
    time_zone: int
    role: int


def enrich(base: CustomerBase, industries: IndustryMap | None = None) -> Coverage:
    """Fill industry, region, city, time zone, role and kind of every customer, and write them into the base.

    Industry: by OKVED, else by the words of the CRM. Region: address > landline > INN. Role: of the contact seen last.

    Args:
        base: the base; its `customers` are replaced by the enriched ones.
        industries: the map of industries; the standard one when not given.

    Returns:
        How many customers have each fact.
    """
    connection, mapping = base.connection, industries or standard()
    changed = base.unenriched(mapping.name)
    among = "" if changed is None else f" SEMI JOIN {changed} USING (customer_id)"
    for name in ("customers", "contacts"):
        connection.execute(f"CREATE OR REPLACE TEMP VIEW {name}_to_enrich AS SELECT {column_list(name)} FROM {name}{among}")
    _map_industries(connection, mapping)
    _map_places(connection)
    _map_kinds(connection)
    titles = connection.execute("SELECT DISTINCT job_title FROM contacts_to_enrich WHERE job_title IS NOT NULL").fetchall()
    found = roles(sorted({*(row[0] for row in titles), *_distinct(connection, "job_title")}))
    register_mapping(connection, "role_values", {"title": list(found), "role": [role.value for role in found.values()]})
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE enriched_customers AS
        SELECT {column_list("customers")} FROM (
            SELECT c.* REPLACE (
                coalesce(k.kind, c.kind) AS kind,
                coalesce(g.region, c.region) AS region,
                coalesce(c.city, g.city) AS city,
                coalesce(g.time_zone, c.time_zone) AS time_zone,
                coalesce(r.role, c.role) AS role,
                coalesce(o.industry, w.industry) AS industry
            )
            FROM customers_to_enrich c
            LEFT JOIN okved_values o ON o.okved = c.okved
            LEFT JOIN industry_words w ON w.text = c.industry_text
            LEFT JOIN place_values g ON g.customer_id = c.customer_id
            LEFT JOIN kind_values k ON k.customer_id = c.customer_id
            LEFT JOIN role_values r ON r.title = c.job_title
        )"""
    )
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE enriched_contacts AS SELECT {column_list("contacts")} FROM (
            SELECT c.* REPLACE (coalesce(r.role, c.role) AS role) FROM contacts_to_enrich c
            LEFT JOIN role_values r ON r.title = c.job_title)"""
    )
    base.replace_enriched({"customers": "enriched_customers", "contacts": "enriched_contacts"}, mapping.name)
    for name in ("customers", "contacts"):
        connection.execute(f"DROP VIEW {name}_to_enrich")
    row = first_row(connection.execute("SELECT count(*), count(industry), count(region), count(time_zone), count(role) FROM customers"))
    return Coverage(*(row or (0, 0, 0, 0, 0)))


def industry_names(base: CustomerBase, industries: IndustryMap | None = None) -> Mapping[str, tuple[str, str]]:
    """Slug -> (Russian, English) name of every industry that occurs in the base."""
    mapping = industries or standard()
    rows = base.connection.execute(
        "SELECT DISTINCT okved, industry_text, industry FROM customers WHERE industry IS NOT NULL ORDER BY ALL"
    ).fetchall()
    names: dict[str, tuple[str, str]] = {}
    for okved, text, slug in rows:
        industry = mapping.by_code(okved) or mapping.by_text(text)
        if industry is not None:
            names.setdefault(slug, (industry.name_ru, industry.name_en))
    return dict(sorted(names.items()))


def _distinct(connection: duckdb.DuckDBPyConnection, column: str) -> list[str]:
    rows = connection.execute(f"SELECT DISTINCT {column} FROM customers_to_enrich WHERE {column} IS NOT NULL ORDER BY 1").fetchall()
    return [row[0] for row in rows]


def _map_industries(connection: duckdb.DuckDBPyConnection, mapping: IndustryMap) -> None:
    def slugs(found: list[Industry | None]) -> list[str | None]:
        return [None if industry is None else industry.slug for industry in found]

    codes, texts = _distinct(connection, "okved"), _distinct(connection, "industry_text")
    register_mapping(connection, "okved_values", {"okved": codes, "industry": slugs([mapping.by_code(code) for code in codes])})
    register_mapping(connection, "industry_words", {"text": texts, "industry": slugs([mapping.by_text(text) for text in texts])})


def _map_places(connection: duckdb.DuckDBPyConnection) -> None:
    rows = connection.execute(
        """
        WITH phones AS (SELECT m.customer_id, list_sort(list(DISTINCT k.key)) AS phones FROM entity_keys k
            JOIN (SELECT merged_id AS entity_id, kept_id AS customer_id FROM merges UNION ALL SELECT customer_id, customer_id
                FROM customers_to_enrich) m USING (entity_id) WHERE k.kind = 'phone' GROUP BY m.customer_id)
        SELECT c.customer_id, nullif(concat_ws(', ', c.region_text, c.city, c.address), ''), p.phones, c.inn
        FROM customers_to_enrich c LEFT JOIN phones p USING (customer_id)
        WHERE c.region_text IS NOT NULL OR c.city IS NOT NULL OR c.address IS NOT NULL OR c.inn IS NOT NULL OR p.phones IS NOT NULL
        ORDER BY c.customer_id
        """
    ).fetchall()
    places = [(customer, locate(address, phones or (), inn)) for customer, address, phones, inn in rows]
    known = [(customer, place) for customer, place in places if place is not None]
    register_mapping(
        connection,
        "place_values",
        {
            "customer_id": [customer for customer, _ in known],
            "region": [place.region for _, place in known],
            "city": [place.city for _, place in known],
            "time_zone": [place.time_zone for _, place in known],
        },
    )


def _map_kinds(connection: duckdb.DuckDBPyConnection) -> None:
    """Entrepreneurs count as companies: they buy for a business."""
    rows = connection.execute(
        "SELECT customer_id, inn, kind, name FROM customers_to_enrich WHERE inn IS NOT NULL OR name IS NOT NULL ORDER BY customer_id"
    ).fetchall()
    found = []
    for customer, inn, kind, name in rows:
        finding = kind_of(inn, name if kind == "company" else None, name)
        if finding is not None:
            found.append((customer, "person" if finding.kind is Kind.PERSON else "company"))
    register_mapping(connection, "kind_values", {"customer_id": [item[0] for item in found], "kind": [item[1] for item in found]})
