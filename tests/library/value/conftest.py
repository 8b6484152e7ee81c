import csv
import gzip
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pytest

from kogorta.value.day_ledger import DayLedger, split
from kogorta.value.summary import PurchaseSummary

SHARED = Path(__file__).parents[3] / ".." / "shared" / "data"
CALIBRATION_END = date(1997, 9, 30)
AS_OF = date(1998, 6, 30)


def columns(name, *names):
    with (SHARED / name).open() as lines:
        rows = list(csv.DictReader(lines))
    return [np.array([float(row[column]) for row in rows]) for column in names]


@pytest.fixture(scope="session")
def ledger():
    """CDNOW, one tenth of the cohort: 2,357 customers from 1997-01 to 1998-06, sums in cents."""
    with gzip.open(SHARED / "CDNOW_sample.txt.gz", "rt") as lines:
        rows = [line.split() for line in lines]
    days = [datetime.strptime(row[2], "%Y%m%d").date() for row in rows]  # noqa: DTZ007
    return DayLedger.from_orders([row[0] for row in rows], days, [round(float(row[4]) * 100) for row in rows], "USD")


@pytest.fixture(scope="session")
def halves(ledger):
    return split(ledger, CALIBRATION_END, AS_OF)


@pytest.fixture(scope="session")
def cdnow(halves):
    return halves[0]


@pytest.fixture(scope="session")
def holdout(halves):
    return halves[1]


@pytest.fixture(scope="session")
def monetary():
    """The customer-by-sufficient-statistic file with mean spend rounded to cents, dollars."""
    return PurchaseSummary(*columns("cdnow_cbs_monetary.csv", "x", "t_x", "T", "zbar"))


@pytest.fixture(scope="session")
def donations():
    return columns("donations_bgbb.csv", "frequency", "recency", "periods", "weights")


@pytest.fixture(scope="session")
def walkthrough():
    """Customer 1516 and four histories of the BTYD walkthrough: t_x 20, T 39, x 10, 15, 20, 25."""
    return PurchaseSummary([26, 10, 15, 20, 25], [30.857, 20, 20, 20, 20], [31, 39, 39, 39, 39])
