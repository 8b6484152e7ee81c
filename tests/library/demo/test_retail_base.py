"""The retail base: determinism, truth against the file, behaviour against the parameters."""

import json
import math
from datetime import date

import duckdb
import numpy as np
import pytest

from kogorta.demo import RetailModel, write_retail
from kogorta.demo import retail as room
from kogorta.kit.errors import InputError, OptionError

AS_OF = date(2026, 11, 22)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    path = tmp_path_factory.mktemp("retail") / "orders.parquet"
    return path, write_retail(path, customers=20_000, seed=5, as_of=AS_OF)


def figures(path, query):
    return duckdb.sql(query.format(file=f"'{path}'")).fetchall()


def test_columns_are_those_of_a_plain_file(base):
    path, _ = base
    names = [(row[0], row[1]) for row in figures(path, "DESCRIBE SELECT * FROM {file}")]
    assert names == [
        ("order_id", "BIGINT"),
        ("customer_id", "BIGINT"),
        ("date", "DATE"),
        ("amount", "DECIMAL(18,2)"),
        ("category", "VARCHAR"),
        ("discount", "DECIMAL(18,2)"),
    ]


def test_totals_of_the_truth_are_those_of_the_file(base):
    path, truth = base
    (found,) = figures(
        path,
        """SELECT count(*), count(DISTINCT order_id), count(DISTINCT customer_id), count(*) FILTER (amount > 0),
            count(*) FILTER (amount < 0), sum(amount) FILTER (amount > 0) * 100, -sum(amount) FILTER (amount < 0) * 100,
            sum(amount) * 100, min(date), max(date) FROM {file}""",
    )
    assert tuple(int(one) if not isinstance(one, date) else one for one in found) == (
        truth.rows, truth.rows, truth.customers, truth.orders, truth.refunds, truth.gross, truth.refunded, truth.net,
        truth.first_on, truth.last_on,
    )  # fmt: skip
    assert truth.last_on <= AS_OF
    assert truth.net == truth.gross - truth.refunded
    assert truth.rows == truth.orders + truth.refunds


def test_repeat_customers_and_full_refunds_are_counted_right(base):
    path, truth = base
    orders, refunds = {}, []
    for customer, day, amount in figures(path, "SELECT customer_id, date, amount FROM {file} ORDER BY order_id"):
        if amount > 0:
            orders.setdefault(customer, []).append([day, amount])
        else:
            refunds.append((customer, day, -amount))
    assert sum(len(own) > 1 for own in orders.values()) == truth.repeat_customers
    full = 0
    for customer, day, amount in refunds:
        earlier = [order for order in orders[customer] if order[0] < day]
        assert earlier
        full += any(order[1] == amount for order in earlier)
    assert full == truth.full_refunds


def test_rows_are_in_the_order_of_days(base):
    path, _ = base
    days = [row[0] for row in figures(path, "SELECT date FROM {file}")]
    assert days == sorted(days)


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(tmp_path):
    for suffix in ("parquet", "csv"):
        for name, seed in (("a", 1), ("b", 1), ("c", 2)):
            write_retail(tmp_path / name / f"orders.{suffix}", customers=500, seed=seed, as_of=AS_OF)
        first, again, other = ((tmp_path / name / f"orders.{suffix}").read_bytes() for name in "abc")
        assert first == again
        assert first != other


def test_csv_and_parquet_hold_the_same_rows(tmp_path):
    for suffix in ("csv", "parquet"):
        write_retail(tmp_path / f"orders.{suffix}", customers=300, seed=4, as_of=AS_OF)
    query = "SELECT order_id, customer_id, date, amount::DECIMAL(18,2), category, discount::DECIMAL(18,2) FROM {file}"
    assert figures(tmp_path / "orders.csv", query) == figures(tmp_path / "orders.parquet", query)


def test_more_customers_keep_the_first_chunk_as_it_was(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "CHUNK", 200)
    few = write_retail(tmp_path / "few.parquet", customers=200, seed=4, as_of=AS_OF)
    many = write_retail(tmp_path / "many.parquet", customers=450, seed=4, as_of=AS_OF)
    query = "SELECT customer_id, date, amount FROM {file} WHERE customer_id <= 200 ORDER BY ALL"
    assert figures(tmp_path / "few.parquet", query) == figures(tmp_path / "many.parquet", query)
    assert few.rows < many.rows
    assert many.customers == 450


def test_the_number_of_repeat_orders_is_what_the_parameters_say(base):
    """Mean of min(Poisson(rate x T), Geometric(p)) by independent simulation, within four standard errors."""
    _, truth = base
    model, rng = truth.model, np.random.default_rng(99)
    size = 200_000
    horizon = model.days - rng.integers(1, model.days + 1, size)
    arrivals = rng.poisson(rng.gamma(model.r, 1 / model.alpha, size) * horizon)
    stays = np.log(rng.random(size)) / np.log1p(-np.clip(rng.beta(model.a, model.b, size), 1e-12, 1 - 1e-12))
    repeats = np.minimum(arrivals, np.ceil(stays))
    expected, error = repeats.mean(), repeats.std() * math.sqrt(1 / size + 1 / truth.customers)
    assert (truth.orders - truth.customers) / truth.customers == pytest.approx(expected, abs=4 * error)
    alive = (arrivals < np.ceil(stays)).mean()
    assert truth.alive / truth.customers == pytest.approx(alive, abs=0.02)


def test_the_truth_is_written_beside(base):
    path, truth = base
    document = json.loads(path.with_suffix(".truth.json").read_text(encoding="utf-8"))
    assert document["net"] == truth.net
    assert document["model"]["alpha"] == truth.model.alpha
    assert sorted(item.name for item in path.parent.iterdir()) == ["orders.parquet", "orders.truth.json"]


def test_one_customer_and_one_day_are_enough(tmp_path):
    truth = write_retail(tmp_path / "x.csv", customers=1, seed=1, as_of=AS_OF, model=RetailModel(days=1))
    assert (truth.rows, truth.orders, truth.first_on, truth.last_on) == (1, 1, AS_OF, AS_OF)


def test_a_quote_in_the_folder_name_is_no_trouble(tmp_path):
    truth = write_retail(tmp_path / "it's" / "x.parquet", customers=5, seed=1, as_of=AS_OF)
    assert truth.customers == 5


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("x.xlsx", {}, "suffix of path is '.xlsx'; it must be one of '.parquet', '.csv'."),
        ("x.csv", {"customers": 0}, "customers is 0; it must be between 1 and 200000000."),
        ("x.csv", {"model": RetailModel(alpha=0)}, "model.alpha is 0; it must be greater than zero."),
        ("x.csv", {"model": RetailModel(days=0)}, "model.days is 0; it must be between 1 and 36500."),
        (
            "x.csv",
            {"model": RetailModel(r=1e9)},
            "model.r / model.alpha * model.days is 15642857142.857143; it must be between 0 and 10000.",
        ),
        ("x.csv", {"as_of": "22.11.2026"}, "as_of is '22.11.2026'; write a date as YYYY-MM-DD, for example 2026-11-22."),
        ("x.csv", {"seed": -1}, "seed is -1; it must be between 0 and 18446744073709551615."),
    ],
)
def test_options_out_of_bounds_are_refused(tmp_path, name, options, words):
    with pytest.raises(OptionError) as error:
        write_retail(tmp_path / name, **({"customers": 5, "seed": 1, "as_of": AS_OF} | options))
    assert str(error.value) == words
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_a_folder_is_refused_in_one_sentence(tmp_path):
    for suffix in ("csv", "parquet"):
        (tmp_path / f"x.{suffix}").mkdir()
        with pytest.raises(InputError, match=r"cannot write .*choose another") as error:
            write_retail(tmp_path / f"x.{suffix}", customers=5, seed=1, as_of=AS_OF)
        assert "\n" not in str(error.value)


def test_a_folder_that_is_a_file_is_refused_in_one_sentence(tmp_path):
    (tmp_path / "taken").write_text("x")
    with pytest.raises(InputError, match=r"cannot write .*x\.csv.*choose another folder"):
        write_retail(tmp_path / "taken" / "x.csv", customers=5, seed=1, as_of=AS_OF)
