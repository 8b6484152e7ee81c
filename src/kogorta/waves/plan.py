"""The plan: priority segment, industries, first wave, forecast and the experiment that would prove it.

Money is in minor units of the base's currency, shares and rates are 0-1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from kogorta.recommendations.offer import Offer


@dataclass(frozen=True)
class Range:
    """A figure with its interval; `low` and `high` are the 5 % and 95 % points unless said otherwise."""

    low: float
    middle: float
    high: float


@dataclass(frozen=True)
class Candidate:
    """One segment considered for priority.

    `motive` is what would be done with it: `win_back`, `grow` or `keep`. `at_stake` is the money it stands for over the horizon: for
    win_back what its customers used to bring at their own pace minus what they are expected to bring without action; for grow the second
    purchase that the base's customers make more often than they do, at their own check; for keep what they bring now times the share that
    such customers lost over the last horizons.
    """

    segment: str
    motive: str
    customers: int
    customer_share: float
    revenue: int
    revenue_share: float
    baseline_rate: float
    at_stake: int
    reachable: int
    rank: int


@dataclass(frozen=True)
class IndustryRank:
    """An industry ranked by the lower confidence bound of its share in the priority segment, not by the raw share.

    `share` = customers in the segment / customers of the industry that ever bought; `share_low` = Wilson 95 % lower bound;
    `chosen` = in the wave.
    """

    industry: str
    customers: int
    in_segment: int
    share: float
    share_low: float
    revenue_in_segment: int
    chosen: bool


@dataclass(frozen=True)
class WaveMember:
    """One customer of the first wave. `arm` is `treated` or `control`; `why` are reason codes, strongest first.

    `expected_loss` = money at stake for this customer over the horizon, the order of the list. `offers` and `arrivals` = products to
    offer, best first, and new arrivals that fit; empty where recommendations have not beaten popularity on held-out orders, and for
    the control group, which is left alone.
    """

    position: int
    customer_id: str
    name: str | None
    industry: str | None
    region: str | None
    time_zone: str | None
    contact: str | None
    role: str | None
    email: str | None
    phone: str | None
    last_order_on: date
    recency_days: int
    frequency: int
    monetary: int
    average_check: int
    rfm_code: str
    expected_loss: int
    why: tuple[str, ...]
    arm: str
    offers: tuple[Offer, ...] = ()
    arrivals: tuple[Offer, ...] = ()


@dataclass(frozen=True)
class ForecastInput:
    """One figure the forecast rests on: `source` is `measured`, `assumed` or `given`."""

    name: str
    value: float
    low: float
    high: float
    unit: str
    source: str
    sample: int | None = None


@dataclass(frozen=True)
class Forecast:
    """What the wave may bring over the horizon above what would come anyway."""

    horizon_days: int
    treated: int
    control: int
    baseline: Range
    uplift: Range
    response: Range
    check: Range
    extra_buyers: Range
    extra_revenue: Range
    inputs: tuple[ForecastInput, ...]


@dataclass(frozen=True)
class Contradiction:
    """A claim that the base's own figures do not support. `code` picks the sentence, `figures` fill it."""

    code: str
    figures: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class ExperimentPlan:
    """What a control group of this size can show. `verdict` is `ab_test`, `pilot` or `do_not_test`."""

    treated: int
    control: int
    baseline_rate: float
    smallest_detectable_rate: float | None
    needed_per_arm: int | None
    verdict: str


@dataclass(frozen=True)
class SensitivityCase:
    """The same choice under another definition. `overlap` = Jaccard index of the priority segment's members."""

    name: str
    priority: str | None
    customers: int
    revenue_share: float
    overlap: float
    survives: bool


@dataclass(frozen=True)
class Plan:
    """The whole plan. `priority` is None when the base is too small or too uniform to choose; `why_not` then says so."""

    scheme: str
    priority: str | None
    why_not: str | None
    candidates: tuple[Candidate, ...]
    proposals: tuple[Candidate, ...]
    industries: tuple[IndustryRank, ...]
    wave: tuple[WaveMember, ...]
    wave_segment_customers: int
    forecast: Forecast | None
    experiment: ExperimentPlan | None
    contradictions: tuple[Contradiction, ...]
    sensitivity: tuple[SensitivityCase, ...]
