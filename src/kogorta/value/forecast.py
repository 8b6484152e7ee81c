"""What customers will bring: orders, life, spend and discounted value, each with an interval, and totals by segment."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from kogorta.kit.checks import check_between, check_positive
from kogorta.kit.errors import InputError, OptionError
from kogorta.value.alike import FROM_ROWS, Kin, KinTotals, by_kin
from kogorta.value.columns import CUSTOMERS, stretches
from kogorta.value.summary import UNIT_DAYS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from kogorta.value.purchase_model import FittedPurchases
    from kogorta.value.spend_model import FittedSpend
    from kogorta.value.summary import FloatArray, IdArray, IntArray, PurchaseSummary

YEAR_DAYS: Final = 365.0
PARAMETER_DRAWS: Final = 50
OUTCOME_BUDGET: Final = 20_000_000
CHUNK: Final = 1_000_000
NODES: Final = np.polynomial.legendre.leggauss(5)


@dataclass(frozen=True)
class SegmentTotal:
    """Orders and value a segment will bring within the horizon.

    Attributes:
        segment: its code; empty for the whole base.
        customers: customers in it.
        orders: expected orders; `orders_low` and `orders_high` bound what will happen.
        clv: expected discounted value, minor units; `clv_low` and `clv_high` bound what will happen.
    """

    segment: str
    customers: int
    orders: float
    orders_low: float
    orders_high: float
    clv: int
    clv_low: int
    clv_high: int


@dataclass(frozen=True, eq=False)
class SegmentCodes:
    """Segments of customers as codes into their names in order: of millions no text is made."""

    names: tuple[str, ...]
    codes: IntArray


@dataclass(frozen=True, eq=False, kw_only=True)
class BaseForecast:
    """A forecast of a base as a whole and of its segments; money in minor units.

    Attributes:
        customers: customers foretold.
        totals: the whole base first, then each segment in order of its code.
        horizon_days, orders_days: horizon of the value and of the expected orders.
        margin, discount_rate: how money was counted.
        level: probability that an outcome falls between `_low` and `_high`.
        model, spend_model: codes of the models behind the figures.
        draws: outcomes drawn.
    """

    customers: int
    totals: tuple[SegmentTotal, ...]
    horizon_days: int
    orders_days: int
    margin: float
    discount_rate: float
    level: float
    currency: str
    model: str
    spend_model: str
    draws: int

    def __len__(self) -> int:
        return self.customers


@dataclass(frozen=True, eq=False, kw_only=True)
class CustomerForecast(BaseForecast):
    """The same with figures of each customer, rows as in the summary it was made from.

    Attributes:
        customer_ids: identifiers, or row numbers where the summary has none.
        p_alive: probability that the customer has not left; not a number for the naive rate.
        expected_orders: expected orders within `orders_days`.
        spend: expected sum of one order.
        clv: expected discounted margin within `horizon_days`.
    """

    customer_ids: IdArray
    p_alive: FloatArray
    p_alive_low: FloatArray
    p_alive_high: FloatArray
    expected_orders: FloatArray
    orders_low: FloatArray
    orders_high: FloatArray
    spend: FloatArray
    spend_low: FloatArray
    spend_high: FloatArray
    clv: IntArray
    clv_low: IntArray
    clv_high: IntArray

    def __len__(self) -> int:
        return int(self.p_alive.size)


@dataclass(frozen=True, eq=False)
class Outlook:
    """A forecast whose figures of customers are worked out when asked for: of millions they need never stand in memory all at once.

    Attributes:
        whole: the base and its segments.
    """

    whole: BaseForecast
    _summary: PurchaseSummary
    _purchases: FittedPurchases
    _spend: FittedSpend | None
    _alive: FloatArray
    _value: FloatArray
    _drawn: _Drawn

    def __len__(self) -> int:
        return len(self._summary)

    def parts(self, rows: int = CUSTOMERS) -> Iterator[CustomerForecast]:
        """Figures of all customers, of about so many at a time."""
        return (self.customers(part) for part in stretches(len(self), rows))

    def customers(self, rows: slice) -> CustomerForecast:
        """Figures of the customers in these rows of the summary."""
        part = self._summary.take(rows)
        alive, value = self._alive[rows], self._value[rows]
        expected = self._purchases.expected_orders(part, self.whole.orders_days / UNIT_DAYS[self._purchases.unit])
        spend = np.zeros(len(part)) if self._spend is None else self._spend.expected_spend(part)
        low, high = (spend, spend) if self._spend is None else self._spend.spend_interval(part, self.whole.level)
        living, orders, worth = self._drawn.bounds(rows)
        return CustomerForecast(
            customer_ids=np.arange(rows.start, rows.stop) if part.customer_ids is None else part.customer_ids,
            p_alive=alive,
            p_alive_low=np.fmin(living[0], alive),
            p_alive_high=np.fmax(living[1], alive),
            expected_orders=expected,
            orders_low=np.minimum(orders[0], expected),
            orders_high=np.maximum(orders[1], expected),
            spend=spend,
            spend_low=np.minimum(low, spend),
            spend_high=np.maximum(high, spend),
            clv=minor(value),
            clv_low=minor(np.minimum(worth[0], value)),
            clv_high=minor(np.maximum(worth[1], value)),
            **vars(self.whole),
        )


@dataclass(frozen=True)
class ValueForecaster:
    """How far to look and how to count money.

    Args:
        horizon_days: horizon of the value.
        orders_days: horizon of the expected orders; not beyond `horizon_days`.
        margin: share of an order's sum that is profit, 0-1; 1 makes the value a revenue.
        discount_rate: yearly rate at which later money is worth less.
        level: probability the intervals should hold.
        draws: outcomes drawn per customer; by default 2,000 for small bases, 200 for a million customers.
        seed: seed of the draws.

    Example:
        >>> from kogorta.value.bg_nbd import BgNbd
        >>> from kogorta.value.summary import PurchaseSummary
        >>> summary = PurchaseSummary([0, 1, 2, 5], [0, 2, 20, 29], [30, 30, 30, 30], weights=[60, 20, 10, 10])
        >>> forecast = ValueForecaster(draws=200).predict(summary, BgNbd().fit(summary))
        >>> bool((forecast.orders_low <= forecast.expected_orders).all())
        True
    """

    horizon_days: int = 365
    orders_days: int = 90
    margin: float = 1.0
    discount_rate: float = 0.15
    level: float = 0.9
    draws: int | None = None
    seed: int = 20_26

    def __post_init__(self) -> None:
        check_positive("horizon_days", self.horizon_days)
        check_between("orders_days", self.orders_days, 1, self.horizon_days)
        check_between("margin", self.margin, 0.0, 1.0)
        check_between("discount_rate", self.discount_rate, 0.0, 10.0)
        check_between("level", self.level, 0.5, 0.99)
        if self.draws is not None and self.draws < PARAMETER_DRAWS:
            raise OptionError(
                "draws is {draws}; intervals need {parameter_draws} draws at least.",
                draws=self.draws,
                parameter_draws=PARAMETER_DRAWS,
            )

    def predict(
        self,
        summary: PurchaseSummary,
        purchases: FittedPurchases,
        spend: FittedSpend | None = None,
        segments: npt.ArrayLike | SegmentCodes | None = None,
        currency: str = "RUB",
        drift: float = 0.0,
    ) -> CustomerForecast:
        """Forecast every customer and every segment.

        Args:
            summary: histories; rows with weights forecast one customer each and count `weights` times in totals.
            purchases: a fitted model of orders.
            spend: a fitted model of spend; without it value counts as zero.
            segments: segment code of each row.
            currency: ISO code of the money.
            drift: by how much totals of this base miss for reasons no model of single customers knows (season, prices,
                advertising): standard deviation of the logarithm, as the back-test saw it. It widens totals.

        Returns:
            The forecast; equal histories get equal figures, whatever the order of the rows.

        Raises:
            InputError: `segments` is not one code per customer.

        Source:
            Parameters are drawn from the asymptotic normal distribution of their logarithms, life, rate and chance to
            leave from their exact distributions given the history, orders and sums from the model.
        """
        outlook = self.outlook(summary, purchases, spend, segments, currency, drift)
        return outlook.customers(slice(0, len(outlook)))

    def outlook(
        self,
        summary: PurchaseSummary,
        purchases: FittedPurchases,
        spend: FittedSpend | None = None,
        segments: npt.ArrayLike | SegmentCodes | None = None,
        currency: str = "RUB",
        drift: float = 0.0,
    ) -> Outlook:
        """The same forecast, with the figures of customers to be asked for a part at a time; see `predict`."""
        same = summary.in_unit(purchases.unit)
        horizons = (self.orders_days / UNIT_DAYS[purchases.unit], self.horizon_days / UNIT_DAYS[purchases.unit])
        expected = purchases.expected_orders(same, horizons[1])
        value = self._discounted(same, purchases, horizons[1], expected)
        factor = np.divide(value, expected, out=np.ones(len(same)), where=expected > 1e-12)
        for rows in stretches(len(same)):  # from here on the discounted orders are their value, and the factor that of an order
            per_order = 0.0 if spend is None else spend.expected_spend(same.take(rows))
            value[rows] = value[rows] * per_order * self.margin
            if len(same) > FROM_ROWS:
                factor[rows] *= per_order
        labels, codes = _segments(segments, len(same))
        alive = purchases.p_alive(same)
        drawn: _Drawn
        if len(same) > FROM_ROWS:
            drawn = self._draw_kin(same, purchases, spend, horizons, (factor, alive, expected), codes, labels.size, drift)
        else:
            drawn = self._draw(same, purchases, spend, horizons, factor, codes, labels.size, drift)
        whole = BaseForecast(
            customers=len(same),
            totals=self._totals(same, labels, codes, expected, value, drawn),
            horizon_days=self.horizon_days,
            orders_days=self.orders_days,
            margin=self.margin,
            discount_rate=self.discount_rate,
            level=self.level,
            currency=currency,
            model=purchases.code,
            spend_model="" if spend is None else spend.code,
            draws=drawn.draws,
        )
        return Outlook(whole, same, purchases, spend, alive, value, drawn)

    def _discounted(self, summary: PurchaseSummary, purchases: FittedPurchases, horizon: float, whole: FloatArray) -> FloatArray:
        """Orders discounted continuously: by parts, so that cumulative expectations suffice."""
        force = math.log1p(self.discount_rate) * UNIT_DAYS[purchases.unit] / YEAR_DAYS
        total = whole * math.exp(-force * horizon)
        if force > 0:
            for node, weight in zip(*NODES, strict=True):
                moment = horizon * (node + 1) / 2
                density = weight * horizon / 2 * force * math.exp(-force * moment)
                total = total + density * purchases.expected_orders(summary, moment)
        return total

    def _draw(
        self,
        summary: PurchaseSummary,
        purchases: FittedPurchases,
        spend: FittedSpend | None,
        horizons: tuple[float, float],
        factor: FloatArray,
        codes: IntArray,
        segments: int,
        drift: float,
    ) -> _Drawn:
        rows = len(summary)
        wanted = self.draws or min(2000, max(200, OUTCOME_BUDGET // rows))
        repeats = max(1, round(wanted / PARAMETER_DRAWS))
        draws = PARAMETER_DRAWS * repeats
        rng = np.random.default_rng(self.seed)
        theta = purchases.draw_parameters(PARAMETER_DRAWS, rng)
        theta_spend = None if spend is None else spend.draw_parameters(PARAMETER_DRAWS, rng)
        order, leader = _canonical(summary, codes)
        drawn = _Drawn.empty(rows, segments, draws)
        weights = summary.counts
        size = max(1, CHUNK // draws)
        for begin in range(0, rows, size):
            places = order[begin : begin + size]
            part = summary.take(places)
            alive = purchases.p_alive_draws(theta, part)
            short, long = purchases.sample_orders(theta, part, alive, horizons, repeats, rng)
            money = np.zeros(long.shape)
            if spend is not None and theta_spend is not None:
                money = spend.sample_sums(theta_spend, part, long, repeats, rng) * (factor[places] * self.margin)
            drawn.alive[:, places] = _bounds(alive, self.level)
            drawn.orders[:, places] = _bounds(short, self.level)
            drawn.value[:, places] = _bounds(money, self.level)
            for segment in np.unique(codes[places]):
                inside = codes[places] == segment
                drawn.orders_total[segment] += long[:, inside] @ weights[places[inside]]
                drawn.value_total[segment] += money[:, inside] @ weights[places[inside]]
        shared = np.exp(drift * rng.standard_normal(draws))
        drawn.orders_total[:] *= shared
        drawn.value_total[:] *= shared
        for bounds in (drawn.alive, drawn.orders, drawn.value):
            bounds[:, order] = bounds[:, leader]
        return drawn

    def _draw_kin(
        self,
        summary: PurchaseSummary,
        purchases: FittedPurchases,
        spend: FittedSpend | None,
        horizons: tuple[float, float],
        figures: tuple[FloatArray, FloatArray, FloatArray],
        codes: IntArray,
        segments: int,
        drift: float,
    ) -> _Drawn:
        """Outcomes of a large base: one history of each kin is drawn.

        `figures` are the discounted spend of an order, P(alive) and the expected orders of every customer.
        """
        per_order, alive, expected = figures
        kin = Kin.find(summary, alive)
        chosen = kin.histories(summary)
        wanted = self.draws or min(2000, max(200, OUTCOME_BUDGET // len(kin)))
        repeats = max(2, round(wanted / PARAMETER_DRAWS))
        draws = PARAMETER_DRAWS * repeats
        rng = np.random.default_rng(self.seed)
        theta = purchases.draw_parameters(PARAMETER_DRAWS, rng)
        theta_spend = None if spend is None else spend.draw_parameters(PARAMETER_DRAWS, rng)
        usual = np.ones(len(kin)) if spend is None else spend.expected_spend(chosen)
        found = _Drawn.empty(len(kin), segments, draws)
        means, variances = np.zeros((2, PARAMETER_DRAWS, len(kin))), np.zeros((2, len(kin)))
        size = max(1, CHUNK // draws)
        for begin in range(0, len(kin), size):
            places = np.arange(begin, min(begin + size, len(kin)))
            part = chosen.take(places)
            living = purchases.p_alive_draws(theta, part)
            short, long = purchases.sample_orders(theta, part, living, horizons, repeats, rng)
            sums = np.zeros(long.shape)
            if spend is not None and theta_spend is not None:
                sums = spend.sample_sums(theta_spend, part, long, repeats, rng) / usual[places]
            found.alive[:, places] = _bounds(living, self.level)
            found.orders[:, places] = _bounds(short, self.level)
            found.value[:, places] = _bounds(sums, self.level)
            for place, outcomes in enumerate((long, sums)):
                by_draw = outcomes.reshape(PARAMETER_DRAWS, repeats, -1)
                means[place][:, places] = by_draw.mean(axis=1)
                variances[place][places] = by_draw.var(axis=1, ddof=1).mean(axis=0)
        own = expected[kin.row]
        noise = rng.standard_normal((2, draws))
        sums = np.zeros((2, 2, segments, len(kin)))
        for rows in stretches(len(summary)):
            counts, of, kind = summary.take(rows).counts, kin.of[rows], codes[rows]
            likely = np.divide(expected[rows], own[of], out=np.ones(of.size), where=own[of] > 0)
            for place, unit in enumerate((np.ones(of.size), per_order[rows] * self.margin)):
                sums[place, 0] += by_kin(counts * unit * likely, kind, segments, of, len(kin))
                # of rare events the variance is as the mean
                sums[place, 1] += by_kin((counts * unit) ** 2 * likely, kind, segments, of, len(kin))
        totals = [
            KinTotals(weighed[0], weighed[1], *moments, repeats).draw(deviates)
            for weighed, moments, deviates in zip(sums, zip(means, variances, strict=True), noise, strict=True)
        ]
        shared = np.exp(drift * rng.standard_normal(draws))
        per_order *= self.margin
        return _DrawnKin(
            alive=found.alive,
            orders=found.orders,
            value=found.value,
            orders_total=totals[0] * shared,
            value_total=totals[1] * shared,
            draws=draws,
            kin=kin,
            living=alive,
            worth=per_order,
        )

    def _totals(
        self,
        summary: PurchaseSummary,
        labels: npt.NDArray[np.str_],
        codes: IntArray,
        orders: FloatArray,
        value: FloatArray,
        drawn: _Drawn,
    ) -> tuple[SegmentTotal, ...]:
        weights = summary.counts

        def total(name: str, inside: npt.NDArray[np.bool_], order_draws: FloatArray, value_draws: FloatArray) -> SegmentTotal:
            expected, worth = float(orders[inside] @ weights[inside]), float(value[inside] @ weights[inside])
            orders_low, orders_high = _bounds(order_draws[:, None], self.level)[:, 0]
            low, high = _bounds(value_draws[:, None], self.level)[:, 0]
            return SegmentTotal(
                segment=name,
                customers=round(float(weights[inside].sum())),
                orders=expected,
                orders_low=min(float(orders_low), expected),
                orders_high=max(float(orders_high), expected),
                clv=round(worth),
                clv_low=round(min(float(low), worth)),
                clv_high=round(max(float(high), worth)),
            )

        everyone = np.ones(len(summary), dtype=bool)
        found = [total("", everyone, drawn.orders_total.sum(axis=0), drawn.value_total.sum(axis=0))]
        if labels.size > 1 or labels[0]:
            found += [
                total(str(label), codes == code, drawn.orders_total[code], drawn.value_total[code]) for code, label in enumerate(labels)
            ]
        return tuple(found)


@dataclass(frozen=True, eq=False)
class _Drawn:
    """Bounds per row, shape (2, n), and outcomes per segment, shape (segments, draws)."""

    alive: FloatArray
    orders: FloatArray
    value: FloatArray
    orders_total: FloatArray
    value_total: FloatArray
    draws: int

    @classmethod
    def empty(cls, rows: int, segments: int, draws: int) -> _Drawn:
        alive, orders, value = np.zeros((3, 2, rows))
        return cls(alive, orders, value, np.zeros((segments, draws)), np.zeros((segments, draws)), draws)

    def bounds(self, rows: slice) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Bounds of P(alive), of orders and of value of these rows, each of shape (2, n)."""
        return self.alive[:, rows], self.orders[:, rows], self.value[:, rows]


@dataclass(frozen=True, eq=False)
class _DrawnKin(_Drawn):
    """The same with bounds per kin, shape (2, k); `living` and `worth` are P(alive) and the value of an order of each row."""

    kin: Kin
    living: FloatArray
    worth: FloatArray

    def bounds(self, rows: slice) -> tuple[FloatArray, FloatArray, FloatArray]:
        of = self.kin.of[rows]
        return self.kin.alive_bounds(self.alive, self.living, rows), self.orders[:, of], self.value[:, of] * self.worth[rows]


def minor(value: FloatArray) -> IntArray:
    """Money rounded to whole minor units; what has no bound is cut where integers end."""
    return np.rint(np.clip(np.nan_to_num(value, posinf=9e15), -9e15, 9e15)).astype(np.int64)


def _bounds(draws: FloatArray | IntArray, level: float) -> FloatArray:
    """Lower and upper quantile of every column."""
    count = draws.shape[0]
    low = min(count - 1, max(0, math.floor((1 - level) / 2 * count)))
    high = count - 1 - low
    parted = np.partition(draws, (low, high), axis=0)
    return np.stack((parted[low], parted[high])).astype(np.float64)


def _canonical(summary: PurchaseSummary, codes: IntArray) -> tuple[IntArray, IntArray]:
    """An order of rows that depends on histories only, and for each place the row whose draws stand for its history."""
    keys = [summary.x, summary.t_x, summary.T]
    keys += [column for column in (summary.spend, summary.spend_orders) if column is not None]
    ties = [summary.counts, codes.astype(np.float64)]
    order = np.lexsort((*ties, *reversed(keys)))
    new = np.zeros(order.size, dtype=bool)
    new[0] = True
    for column in keys:
        ordered = column[order]
        new[1:] |= ordered[1:] != ordered[:-1]
    starts = np.flatnonzero(new)
    return order, order[starts[np.cumsum(new) - 1]]


def _segments(segments: npt.ArrayLike | SegmentCodes | None, rows: int) -> tuple[npt.NDArray[np.str_], IntArray]:
    if segments is None:
        return np.array([""]), np.zeros(rows, dtype=np.int64)
    if isinstance(segments, SegmentCodes):
        held = np.flatnonzero(np.bincount(segments.codes, minlength=len(segments.names)))
        place = np.zeros(len(segments.names), dtype=segments.codes.dtype)
        place[held] = np.arange(held.size)
        return np.array(segments.names)[held], place[segments.codes]
    column = np.asarray(segments).astype(np.str_)
    if column.shape != (rows,):
        raise InputError(
            "segments has shape {shape}, and there are {rows} customers; give one code per customer.",
            shape=column.shape,
            rows=rows,
        )
    labels, codes = np.unique(column, return_inverse=True)
    return labels, codes.astype(np.int64)
