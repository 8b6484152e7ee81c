"""The published figures of Online Retail (541,909 lines of a British shop, 2010-2011), to the penny."""

from datetime import date

import duckdb
import numpy as np
import pytest

from kogorta.base.audit import Accounting
from kogorta.base.customer_base import CustomerBase
from kogorta.base.options import IntakeOptions
from kogorta.recommendations.recommender import Recommender
from kogorta.segments.rfm import RFM
from kogorta.segments.summary import customer_summary
from kogorta.sources.files import read_file

AS_OF = date(2011, 12, 10)


def bought(path, workspace, refunds="net"):
    extract = read_file(path, workspace=workspace)
    assert extract.layout == "order-lines"
    base = CustomerBase(None, spill=workspace)
    accounting = base.add(extract, IntakeOptions(currency="GBP", time_zone="Europe/London", refunds=refunds))
    return base, accounting


@pytest.fixture(scope="module")
def source(shared):
    return shared / "data" / "online_retail.parquet"


@pytest.fixture(scope="module")
def net(source, tmp_path_factory):
    return bought(source, tmp_path_factory.mktemp("net"))


@pytest.fixture(scope="module")
def gross(source, tmp_path_factory):
    return bought(source, tmp_path_factory.mktemp("gross"), "ignore")


def one(base, query):
    return base.connection.execute(query).fetchone()


def test_every_row_is_used_merged_or_quarantined(net):
    base, accounting = net
    assert accounting == Accounting(541_909, 406_829, 0, 135_080)
    assert base.audit().accounting == accounting
    assert one(base, "SELECT count(*), count(DISTINCT row_no), min(reason), max(reason) FROM quarantine") == (
        135_080,
        135_080,
        "customer_missing",
        "customer_missing",
    )


def test_net_revenue_and_customers_are_exact(net):
    base, _ = net
    assert len(base.table("customers")) == 4_372
    assert one(base, "SELECT sum(net_amount_base), sum(amount_base) FROM orders") == (830_006_581, 830_006_581)
    assert one(base, "SELECT sum(amount) FROM customer_days") == (830_006_581,)


def test_the_base_knows_the_shape_of_its_source(net):
    base, _ = net
    assert one(base, "SELECT count(*), count(*) FILTER (stage_status = 'won'), min(currency), max(currency) FROM orders") == (
        22_190,
        22_190,
        "GBP",
        "GBP",
    )
    assert len(base.table("order_lines")) == 406_829


def test_55_customers_are_at_or_below_zero_and_the_published_50_is_an_artefact_of_floating_point(net, source):
    base, _ = net
    sums = "(SELECT customer_id, sum(amount_base) AS net FROM orders GROUP BY 1)"
    assert one(base, f"SELECT count(*) FILTER (net <= 0), count(*) FILTER (net = 0), count(*) FILTER (net < 0) FROM {sums}") == (55, 14, 41)
    rows = duckdb.execute(
        "SELECT CAST(CustomerID AS BIGINT) AS who, Quantity * UnitPrice AS money FROM read_parquet(?) WHERE CustomerID IS NOT NULL",
        [str(source)],
    ).fetchnumpy()
    customers, places = np.unique(rows["who"], return_inverse=True)
    floats = np.bincount(places, weights=rows["money"].astype(np.float64))
    exact = np.bincount(places, weights=np.round(rows["money"].astype(np.float64) * 1000)) / 1000
    assert len(customers) == 4_372
    assert (exact <= 0).sum() == 55
    dust = (np.abs(floats) > 0) & (np.abs(floats) < 1e-9)
    assert (floats <= 0).sum() == 55 - (dust & (floats > 0)).sum() < 55


def test_equal_lines_of_one_invoice_are_reported_and_kept(net):
    base, _ = net
    problem = base.audit().of("equal_lines")
    assert problem is not None
    assert problem.rows == 5_225
    assert one(base, "SELECT count(*) FROM order_lines") == (406_829,)


def test_refunds_left_out_give_the_published_figures(gross):
    base, accounting = gross
    assert accounting.rows_read == 541_909
    assert accounting.rows_used == 397_884
    assert accounting.rows_quarantined == 541_909 - 397_884
    customers, orders, money = one(base, "SELECT count(DISTINCT customer_id), count(*), sum(amount_base) FROM orders WHERE status = 'won'")
    assert (customers, orders, money) == (4_338, 18_532, 891_140_790)
    reasons = dict(base.connection.execute("SELECT reason, count(*) FROM quarantine GROUP BY 1").fetchall())
    assert reasons == {"customer_missing": 135_080, "refund_ignored": 541_909 - 397_884 - 135_080}


def test_rfm_figures_are_the_published_ones(gross):
    base, _ = gross
    summary = customer_summary(base, AS_OF)
    found = one(
        base,
        f"""SELECT count(*), min(recency_days), max(recency_days), round(avg(recency_days), 5), round(avg(frequency), 5), max(frequency),
            round(avg(monetary) / 100, 5), max(monetary) FROM {summary}""",
    )
    assert found == (4_338, 1, 374, 93.05947, 4.27201, 209, 2054.26646, 28_020_602)


@pytest.mark.parametrize("refunds", ["net", "ignore"])
def test_shuffled_rows_give_the_same_code_to_every_customer(net, gross, source, tmp_path, refunds):
    shuffled = tmp_path / "shuffled.parquet"
    duckdb.execute(
        f"COPY (SELECT * EXCLUDE (file_row_number) FROM read_parquet('{source}', file_row_number = true) "
        f"ORDER BY hash(file_row_number)) TO '{shuffled}'"
    )
    other, accounting = bought(shuffled, tmp_path, refunds)
    base, straight = {"net": net, "ignore": gross}[refunds]
    assert accounting == straight
    left, right = ({row["customer_id"]: row for row in RFM().fit(item, AS_OF).assign(item, AS_OF).table.dicts()} for item in (base, other))
    assert left == right
    for table in ("customers", "orders", "order_lines", "customer_days"):
        names = [name for name in base.table(table).columns if name != "import_digest"]  # another file has another digest
        hashes = f"SELECT count(*), sum(CAST(hash({', '.join(names)}) AS HUGEINT)) FROM {table}"
        assert one(base, hashes) == one(other, hashes), table


def test_recommendations_beat_popularity_on_held_out_orders(net):
    base, _ = net
    fitted = Recommender().fit(base)
    hits = {
        trial.question: (trial.customers, round(trial.model.hit_rate, 3), round(trial.popularity.hit_rate, 3))
        for trial in fitted.hindsight_.trials
    }
    assert hits == {"next": (1_372, 0.805, 0.571), "new": (1_231, 0.489, 0.418), "arrivals": (770, 0.590, 0.564)}
    assert fitted.rule_.believed == ("next", "new", "arrivals")
    lows = {trial.question: trial.gain_low for trial in fitted.hindsight_.trials}
    assert lows["next"] > 0.2
    assert lows["new"] > 0.04
    left, right, pair = fitted.pairs(1)[0]
    assert (left.name, right.name) == ("GREEN REGENCY TEACUP AND SAUCER", "ROSES REGENCY TEACUP AND SAUCER")
    assert (pair.both, pair.left_alone, pair.right_alone, pair.units) == (536, 685, 773, 16_629)
