"""What customers are worth, made by hand: a model that passed the gate, the past rate, and awkward variants."""

from dataclasses import replace
from datetime import date
from functools import cache

from example import AS_OF, analysis, build

from kogorta.reports import Report
from kogorta.value.appraisal import Appraisal
from kogorta.value.backtest import Backtest, Figures
from kogorta.value.choice import LOST, TOO_SHORT, WON, Gate
from kogorta.value.churn import FALLING, OVERDUE, ChurnSignal
from kogorta.value.forecast import BaseForecast, SegmentTotal
from kogorta.value.naive_rate import NaiveRate
from kogorta.value.remark import Remark
from kogorta.value.retention import REPEAT_RATE, Estimate, RetentionWorth
from kogorta.value.summary import PurchaseSummary
from kogorta.value.valuation import Valuation
from kogorta.value.vip import FittedVip

CUT = date(2025, 11, 22)
NAN = float("nan")
TOTALS = (
    SegmentTotal("", 500, 107.8, 38.6, 310.4, 1_302_641_999, 455_338_865, 3_809_486_242),
    SegmentTotal("new", 138, 50.6, 17.4, 149.8, 628_529_252, 217_346_465, 1_874_819_750),
    SegmentTotal("sleeping", 52, 0.02, 0.0, 0.02, 176_680, 0, 176_680),
    SegmentTotal("vip", 16, 25.9, 9.1, 74.6, 673_936_067, 110_829_522, 971_158_698),
)


def figures(model, predicted, mae, by_x, convergence="converged", actual=45.0):
    bias = (predicted - actual) / actual if actual else float("inf")
    return Figures(model, predicted, actual, bias, mae, 0.66, 0.5, 0.69, 0.13, 0.07, 1.6, -0.02, 0.0, 0.0, convergence, by_x)


NAIVE = figures("naive", 133.03, 0.505, (0.0, 0.61, 0.51, 0.67, 1.24, 1.73, NAN, 1.66))
MODELS = (
    figures("bg-nbd", 98.1, 0.426, (0.7, 0.29, 0.1, 0.15, 0.37, 0.82, NAN, 0.79)),
    figures("mbg-cnbd-k", 84.1, 0.37, (0.46, 0.37, 0.07, 0.14, 0.37, 0.97, NAN, 0.72)),
    figures("pareto-nbd", 0.0, 0.9, (0.0,) * 6 + (NAN, 0.0), "failed"),
)
BACKTEST = Backtest(
    CUT, AS_OF, 365, "week", 235, 167, 45.0, NAIVE, MODELS, (68, 64, 47, 17, 10, 5, 0, 24),
    (0.03, 0.0, 0.06, 0.12, 0.1, 1.2, NAN, 1.48), None, (("mbg-nbd", "no fit"),),
)  # fmt: skip
WHY = {
    "model": Remark(
        "won", WON, (("customers", "customers", 235), ("days", "days", 365), ("mae", "decimal", 0.37), ("naive", "decimal", 0.505))
    ),
    "naive": Remark("lost", LOST, (("mae", "decimal", 0.6), ("naive", "decimal", 0.505))),
    "short": Remark("too-short", TOO_SHORT),
}
RETENTION = RetentionWorth(
    365, (date(2024, 11, 23), CUT), (date(2025, 11, 23), AS_OF), 132, Estimate(0.2, 0.13, 0.29), Estimate(3e7, 2e7, 4e7), None, None,
    0.05, Estimate(2e8, 1e8, 3e8), 7, None, 1.0, "RUB",
    (
        Remark(
            "repeat-rate",
            REPEAT_RATE,
            (
                ("customers", "customers", 82), ("days", "days", 365), ("rate", "percent", 0.2), ("low", "percent", 0.13),
                ("high", "percent", 0.29),
            ),
        ),
    ),
)  # fmt: skip


def signal(rank):
    """The customer on that row of the example; every third has no past to compare with."""
    late = Remark("overdue", OVERDUE, (("interval", "days", 19.0), ("silent", "days", 95.0), ("due", "day", date(2026, 9, 7))))
    fall = Remark("falling", FALLING, (("days", "days", 90), ("share", "percent", 0.2), ("low", "percent", 0.05), ("high", "percent", 0.6)))
    ratio = (None, None, None, None) if rank % 3 == 0 else (0.2, 0.05, 0.6, 0.01)
    return ChurnSignal(f"C{rank:05}", rank, 5_000_000 - rank * 1000, *ratio, date(2026, 9, 7), (late,) if rank % 3 == 0 else (fall, late))


def valuation(shown="model", *, customers=500, totals=TOTALS, backtest=BACKTEST, churn=20, retention=RETENTION):
    summary = PurchaseSummary([1, 0], [10, 0], [20, 20])
    model = "mbg-cnbd-k" if shown == "model" else "naive"
    appraisal = Appraisal(
        as_of=AS_OF,
        customers=2,
        repeaters=1,
        purchases_=NaiveRate.learn(summary),
        spend_=None,
        fitted_=None,
        gate=Gate("model" if shown == "model" else "naive", model, "naive-spend", (WHY[shown],)),
        backtest=backtest,
        currency="RUB",
    )
    forecast = BaseForecast(
        customers=customers, totals=totals, horizon_days=365, orders_days=90, margin=1.0, discount_rate=0.15, level=0.9, currency="RUB",
        model=model, spend_model="naive-spend", draws=200,
    )  # fmt: skip
    signals = tuple(signal(rank + 1) for rank in range(churn))
    return Valuation(appraisal, forecast, "none", retention, "", signals, FittedVip(13_404_214, 0.048, "RUB"))


def valued(shown="model", **options):
    """The example with what its customers are worth."""
    return replace(analysis(), valuation=valuation(shown, **options))


def fresh(shown="model", *, hostile=False, **options):
    """The same on a base of its own, where expected values stand in the table of customers."""
    made = build(hostile=hostile)
    made.customers.connection.execute("UPDATE customers SET clv = monetary // 10, clv_low = 0, clv_high = monetary")
    return replace(made, valuation=valuation(shown, **options))


@cache
def report(*, hostile=False):
    """The Russian report of the example by the past rate; its charts are drawn once for all tests that only read them."""
    return Report(fresh("naive", hostile=hostile), "ru")


def shared(*, hostile=False):
    """Charts of that report by name."""
    return {chart.name: chart for chart in report(hostile=hostile)._story.charts.values()}
