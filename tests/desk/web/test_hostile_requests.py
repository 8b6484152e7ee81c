"""Whatever is sent to any address, in any field: the desk answers in its own words, nothing is evaluated, and every table stays."""

import csv
import io

import duckdb
import pytest
from addresses import address, views
from django.db import connection

from kogorta.desk.segments.export import csv_rows
from kogorta.desk.segments.queries import MemberQuery
from kogorta.kit.language import Language

NAMES = [
    "abc",
    "after",
    "amount",
    "as_of",
    "at",
    "back",
    "before",
    "channel",
    "code",
    "codes",
    "company_name",
    "currency",
    "customer",
    "customer_id",
    "day",
    "days",
    "deed",
    "do",
    "email",
    "f",
    "file",
    "formula",
    "from",
    "from_on",
    "g0-0-op",
    "g0-0-value",
    "g0-0-what",
    "g0-0-window",
    "g0-match",
    "hour",
    "kind",
    "language",
    "layout",
    "left",
    "lifecycle",
    "list",
    "mode",
    "name",
    "next",
    "old_password",
    "other",
    "password",
    "purpose",
    "q",
    "r",
    "rates",
    "record",
    "refunds",
    "repeated",
    "rhythm",
    "right",
    "role",
    "said_on",
    "scheme",
    "scopes",
    "segment",
    "sent",
    "session",
    "sheet",
    "sort",
    "source",
    "state",
    "time_zone",
    "to",
    "to_on",
    "token",
    "understood",
    "user",
    "version",
    "way",
    "column-0",
    "stage-0",
]
VALUES = [
    "'; DROP TABLE people_user; --",
    '" OR 1=1) UNION SELECT password FROM people_user --',
    "{{7*191}}{% debug %}${7*191}<%= 7*191 %>",
    "pk,password__startswith",
    "\x00\ud800é".encode("utf-8", "replace").decode(),
    "9" * 400,
    "../../../../etc/passwd",
]
LOUD = {"logout", "end_session"}


def tables():
    with connection.cursor() as cursor:
        return sorted(connection.introspection.table_names(cursor))


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_no_field_of_any_address_reaches_sql_or_a_template(analysed, client_of, founded, value):
    before, client = tables(), client_of("owner")
    everything = dict.fromkeys(NAMES, value)
    pages = [(name, address(pattern)) for name, pattern, _ in views() if name not in LOUD and not pattern.startswith("^")]
    for name, page in pages:
        for answer in (client.get(page, everything), client.post(page, everything), client.get(page, {value: value})):
            assert answer.status_code < 500, name
            if not answer.streaming:
                assert b">1337" not in answer.content, name
    assert tables() == before
    assert analysed.cursor().execute("SELECT count(*) FROM customers").fetchone() == (analysed.customers,)
    founded["owner"].refresh_from_db()
    assert founded["owner"].is_active


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
@pytest.mark.parametrize(
    "part", ["/customers/card/{}", "/live/customers/{}/", "/reports/1/files/{}", "/invitation/{}/", "/live/statuses/{}/"]
)
def test_no_part_of_a_path_is_more_than_a_name(analysed, client_of, part, value):
    from urllib.parse import quote

    assert client_of("owner").get(part.format(quote(value, safe=""))).status_code in {200, 404, 405, 410, 422}


def test_a_list_of_customers_holds_no_formula(analysed):
    evil = ["=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "\t=1"]
    customers = duckdb.connect()
    customers.execute(
        "CREATE TABLE customers AS SELECT * REPLACE (list_extract($evil, 1 + CAST(row_number() OVER () AS INTEGER) % 5) AS name) "
        f"FROM read_parquet('{analysed.folder / 'customers.parquet'}')",
        {"evil": evil},
    )

    class Replaced:
        currency = "RUB"

        def cursor(self):
            return customers

    count, pieces = csv_rows(Replaced(), MemberQuery("SELECT customer_id FROM customers", {}), Language("ru"))
    rows = list(csv.DictReader(io.StringIO(b"".join(pieces).decode("utf-8-sig")), delimiter=";"))
    assert len(rows) == count == analysed.customers
    names = {row["name"] for row in rows}
    assert all(name[0] not in "=+-@\t" and name.lstrip("'") in evil for name in names), names
