"""A retail base of any size whose customers buy till they die, with known parameters.

Source of the behaviour: Fader, Hardie and Lee (2005), "Counting Your Customers" the Easy Way, Marketing Science 24(2), the
BG/NBD model; and of the amounts: Fader, Hardie and Lee (2005), RFM and CLV, Journal of Marketing Research 42(4), the
gamma-gamma model.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kogorta.kit.checks import check_between, check_choice, check_positive
from kogorta.kit.clock import parse_day
from kogorta.kit.errors import InputError
from kogorta.kit.progress import SILENT

if TYPE_CHECKING:
    from os import PathLike

    import duckdb
    import numpy as np
    from numpy.typing import NDArray

    from kogorta.kit.progress import Progress

CHUNK: Final = 250_000
CATEGORIES: Final = ("Одежда", "Обувь", "Для дома", "Красота", "Детям", "Спорт", "Техника", "Книги")
REFUND_SHARE: Final = 0.03
FULL_SHARE: Final = 0.7
MOST_CUSTOMERS: Final = 200_000_000
MOST_ORDERS: Final = 10_000

WHOLE, REVERSED, REVERSAL, CUT, CUTTING = range(5)
"""Kinds of rows: an order; an order that is fully refunded and its refund; an order that is partly refunded and its refund."""


@dataclass(frozen=True)
class RetailModel:
    """Parameters the base is drawn from.

    Args:
        r, alpha: orders per day of a customer ~ Gamma(shape r, rate alpha).
        a, b: chance to leave after a repeat order ~ Beta(a, b).
        p, q, gamma: an order in roubles ~ Gamma(p, rate v) x 100 and v ~ Gamma(q, rate gamma).
        days: first orders are spread evenly over this many days up to as-of.
    """

    r: float = 0.6
    alpha: float = 70.0
    a: float = 0.8
    b: float = 3.0
    p: float = 6.0
    q: float = 4.0
    gamma: float = 15.0
    days: int = 1095


@dataclass(frozen=True)
class RetailTruth:
    """What is in the file.

    Args:
        file, seed, as_of, model: how it was made.
        rows: records, `orders` + `refunds`.
        customers: all of them ordered at least once.
        buyers: customers with an order that was not fully refunded.
        repeat_customers: with at least two orders, refunded ones included.
        alive: customers who have not left by as-of (nobody can see that in the file).
        orders, refunds, full_refunds: rows with a positive amount; with a negative one; those equal to their order.
        gross, refunded, net: kopecks; net = gross - refunded.
        first_on, last_on: days of the first and the last row.
    """

    file: str
    seed: int
    as_of: date
    model: RetailModel
    rows: int
    customers: int
    buyers: int
    repeat_customers: int
    alive: int
    orders: int
    refunds: int
    full_refunds: int
    gross: int
    refunded: int
    net: int
    first_on: date
    last_on: date

    def to_json(self) -> str:
        """One JSON document; dates in ISO form, money in kopecks."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1, default=str) + "\n"


def write_retail(
    path: str | PathLike[str],
    *,
    customers: int,
    seed: int,
    as_of: date | str,
    model: RetailModel | None = None,
    progress: Progress = SILENT,
) -> RetailTruth:
    """Write a retail base with columns order_id, customer_id, date, amount, category, discount, and its truth beside it.

    Rows are in the order of days. Amounts are roubles after the discount; a refund is a row of its own with a negative
    amount, up to 20 days after its order. About 4 orders come on a customer.

    Args:
        path: file to write; `.parquet` or `.csv` (UTF-8, comma). The truth goes to the same name with `.truth.json`.
        customers: how many.
        seed: of every random step; the same seed gives the same bytes under the same versions of NumPy and DuckDB.
        as_of: last day of the data, a date or ISO text.
        model: parameters to draw from.
        progress: where the steps announce themselves.

    Returns:
        Parameters and totals.

    Raises:
        OptionError: an option is out of its bounds.
        InputError: the file cannot be written.

    Example:
        >>> import tempfile
        >>> from datetime import date
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     truth = write_retail(f"{folder}/orders.csv", customers=100, seed=1, as_of=date(2026, 11, 22))
        >>> truth.net == truth.gross - truth.refunded
        True
    """
    target = Path(path)
    as_of = parse_day("as_of", as_of)
    model = model or RetailModel()
    check_choice("suffix of path", target.suffix.lower(), (".parquet", ".csv"))
    check_between("customers", customers, 1, MOST_CUSTOMERS)
    check_between("seed", seed, 0, 2**64 - 1)
    check_between("as_of.year", as_of.year, 1990, 2100)
    check_between("model.days", model.days, 1, 36_500)
    for name in ("r", "alpha", "a", "b", "p", "q", "gamma"):
        check_positive(f"model.{name}", getattr(model, name))
    check_between("model.r / model.alpha * model.days", model.r / model.alpha * model.days, 0, MOST_ORDERS)
    import duckdb

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".retail-") as parts:
            truth = _write(target, Path(parts), customers, seed, as_of, model, progress)
        target.with_suffix(".truth.json").write_text(truth.to_json(), encoding="utf-8", newline="\n")
    except OSError as error:
        raise InputError(
            "cannot write {str!r}: {strerror}; choose another folder.",
            str=str(target),
            strerror=error.strerror,
        ) from error
    except duckdb.Error as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise InputError(
            "cannot write {str!r}: {reason}; choose another file name or folder.",
            str=str(target),
            reason=reason,
        ) from error
    return truth


def _write(target: Path, parts: Path, customers: int, seed: int, as_of: date, model: RetailModel, progress: Progress) -> RetailTruth:
    import duckdb
    import numpy as np

    totals = {"repeat": 0, "alive": 0}
    with duckdb.connect() as connection:
        connection.execute("SET preserve_insertion_order = true")
        connection.execute(f"SET temp_directory = '{_quoted(parts)}'")
        with progress.step("retail customers", customers) as step:
            for number, first in enumerate(range(0, customers, CHUNK)):
                size = min(CHUNK, customers - first)
                rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, number])))
                columns, repeat, alive = _chunk(rng, first + 1, size, model)
                totals["repeat"] += repeat
                totals["alive"] += alive
                _save(connection, columns, parts / f"{number:05d}.parquet")
                step.advance(size)
        rows = f"read_parquet('{_quoted(parts)}/*.parquet')"
        start = as_of - timedelta(days=model.days)
        _export(connection, rows, start, target)
        (figures,) = connection.execute(
            f"""
            SELECT count(*), count(*) FILTER (kopecks > 0), count(*) FILTER (kopecks < 0), count(*) FILTER (kind = {REVERSAL}),
                   sum(kopecks) FILTER (kopecks > 0), -coalesce(sum(kopecks) FILTER (kopecks < 0), 0), min(day), max(day)
            FROM {rows}
            """
        ).fetchall()
        (buyers,) = connection.execute(f"SELECT count(DISTINCT customer) FROM {rows} WHERE kind IN ({WHOLE}, {CUT})").fetchall()
    count, orders, refunds, full, gross, refunded, first_day, last_day = (int(figure) for figure in figures)
    return RetailTruth(
        file=target.name,
        seed=seed,
        as_of=as_of,
        model=model,
        rows=count,
        customers=customers,
        buyers=int(buyers[0]),
        repeat_customers=totals["repeat"],
        alive=totals["alive"],
        orders=orders,
        refunds=refunds,
        full_refunds=full,
        gross=gross,
        refunded=refunded,
        net=gross - refunded,
        first_on=start + timedelta(days=first_day),
        last_on=start + timedelta(days=last_day),
    )


def _chunk(rng: np.random.Generator, first: int, size: int, model: RetailModel) -> tuple[dict[str, NDArray[np.int64]], int, int]:
    """Rows of `size` customers; how many of them came again and how many are alive.

    Days are counted from the first day of the base.
    """
    import numpy as np

    born = rng.integers(1, model.days + 1, size)
    horizon = model.days - born
    rate = rng.gamma(model.r, 1 / model.alpha, size)
    leave = np.clip(rng.beta(model.a, model.b, size), 1e-9, 1.0)
    last_order = rng.geometric(leave)
    arrivals = rng.poisson(rate * horizon)
    # Given their number, arrivals of a Poisson process are ordered uniforms; the customer leaves after some of them.
    owner = np.repeat(np.arange(size), arrivals)
    moment = np.sort(owner + rng.random(owner.size)) - owner
    rank = np.arange(owner.size) - np.repeat(np.cumsum(arrivals) - arrivals, arrivals)
    kept = rank < last_order[owner]
    owner, moment = owner[kept], moment[kept]
    repeat_day = born[owner] + np.clip(np.ceil(moment * horizon[owner]), 1, None).astype(np.int64)
    owner = np.concatenate([np.arange(size), owner])
    day = np.minimum(np.concatenate([born, repeat_day]), model.days)

    value = rng.gamma(model.q, 1 / model.gamma, size)
    roubles = 100 * rng.gamma(model.p, 1.0, owner.size) / np.maximum(value[owner], 1e-6)
    full_price = np.clip(np.round(roubles), 10, 50_000_000).astype(np.int64) * 100
    percent = rng.choice(np.array([0, 5, 10, 20]), owner.size, p=[0.76, 0.1, 0.1, 0.04])
    discount = full_price * percent // 100
    kopecks = full_price - discount
    favourite = rng.integers(0, len(CATEGORIES), size)
    other = rng.integers(0, len(CATEGORIES), owner.size)
    category = np.where(rng.random(owner.size) < 0.55, favourite[owner], other)

    back_day = day + rng.integers(1, 21, owner.size)
    chosen = (rng.random(owner.size) < REFUND_SHARE) & (back_day <= model.days)
    full = chosen & (rng.random(owner.size) < FULL_SHARE)
    part = chosen & ~full
    half = kopecks // 200 * 100
    kind = np.where(full, REVERSED, np.where(part, CUT, WHOLE))
    columns = {
        "customer": np.concatenate([owner, owner[full], owner[part]]) + first,
        "day": np.concatenate([day, back_day[full], back_day[part]]),
        "kopecks": np.concatenate([kopecks, -kopecks[full], -half[part]]),
        "category": np.concatenate([category, category[full], category[part]]),
        "discount": np.concatenate([discount, np.zeros(int(chosen.sum()), np.int64)]),
        "kind": np.concatenate([kind, np.full(int(full.sum()), REVERSAL), np.full(int(part.sum()), CUTTING)]),
    }
    orders = np.bincount(owner, minlength=size)
    return columns, int((orders > 1).sum()), int((arrivals < last_order).sum())


def _save(connection: duckdb.DuckDBPyConnection, columns: dict[str, NDArray[np.int64]], path: Path) -> None:
    connection.register("chunk", columns)
    connection.execute(f"COPY (SELECT * FROM chunk) TO '{_quoted(path)}' (FORMAT parquet, COMPRESSION lz4)")
    connection.unregister("chunk")


def _export(connection: duckdb.DuckDBPyConnection, rows: str, start: date, target: Path) -> None:
    names = ", ".join(f"'{name}'" for name in CATEGORIES)
    form = "FORMAT parquet, COMPRESSION zstd" if target.suffix.lower() == ".parquet" else "FORMAT csv, HEADER"
    connection.execute(
        f"""
        COPY (
            SELECT row_number() OVER (ORDER BY day, customer, kind, kopecks, category, discount) AS order_id,
                   customer AS customer_id,
                   DATE '{start.isoformat()}' + day::INTEGER AS date,
                   (kopecks / 100)::DECIMAL(18, 2) AS amount,
                   [{names}][category + 1] AS category,
                   (discount / 100)::DECIMAL(18, 2) AS discount
            FROM {rows}
            ORDER BY order_id
        ) TO '{_quoted(target)}' ({form})
        """
    )


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
