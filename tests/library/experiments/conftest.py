from pathlib import Path

import duckdb
import pytest

HILLSTROM = Path(__file__).parents[4] / "shared" / "data" / "hillstrom.csv.gz"


@pytest.fixture(scope="session")
def hillstrom_connection():
    connection = duckdb.connect()
    connection.execute(
        "CREATE TABLE hillstrom AS SELECT *, row_number() OVER () AS customer_id, "
        "ntile(5) OVER (ORDER BY recency DESC, history) + ntile(5) OVER (ORDER BY history) AS rfm "
        "FROM read_csv(?)",
        [str(HILLSTROM)],
    )
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def hillstrom(hillstrom_connection):
    return dict(hillstrom_connection.sql("SELECT * FROM hillstrom ORDER BY customer_id").fetchnumpy())
