"""The one pipeline: base -> segments -> value -> plan. The command line, a notebook and the desk all call it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kogorta.engine.table import Table
from kogorta.enrichment.enrich import enrich, industry_names
from kogorta.kit.errors import InputError
from kogorta.kit.progress import SILENT
from kogorta.recommendations.offering import OfferSearch
from kogorta.segments.abc_xyz import AbcXyz
from kogorta.segments.cohorts import cohort_table
from kogorta.segments.figures import Stability
from kogorta.segments.history import segment_history
from kogorta.segments.insights import InsightSearch
from kogorta.segments.lifecycle import Lifecycle
from kogorta.segments.migration import earlier_day, migration
from kogorta.segments.portrait import (
    category_figures,
    code_figures,
    cv_deciles,
    industry_figures,
    matrix_figures,
    segment_figures,
    totals,
)
from kogorta.segments.profile import customer_profile
from kogorta.segments.rfm import RFM
from kogorta.segments.stability import code_stability
from kogorta.segments.summary import settle_as_of
from kogorta.segments.yardstick import yardstick
from kogorta.value.valuation import Valuer
from kogorta.waves.offers import with_offers
from kogorta.waves.planning import Planner

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from kogorta.base.audit import Audit
    from kogorta.base.customer_base import CustomerBase
    from kogorta.enrichment.okved import IndustryMap
    from kogorta.kit.progress import Progress
    from kogorta.recommendations.offering import Offering
    from kogorta.segments.figures import (
        CategoryFigures,
        CellFigures,
        CodeFigures,
        IndustrySegment,
        SegmentFigures,
        Totals,
    )
    from kogorta.segments.history import SegmentHistory
    from kogorta.segments.insights import Insights
    from kogorta.segments.moves import CohortTable, Migration
    from kogorta.segments.rfm import RFMRule, Segments
    from kogorta.value.valuation import Valuation
    from kogorta.waves.plan import Plan


@dataclass(frozen=True)
class Analysis:
    """Everything a report says, as figures. Texts are made from it in `kogorta.reports`.

    Args:
        as_of: the analysis is true at the end of this day in `time_zone`.
        currency: ISO code of every amount.
        time_zone: IANA zone of the company.
        scheme: `case` or `guide`: which names of RFM segments lead the report.
        sources: names of the files imported.
        audit: problems and row accounting.
        totals: the base in one line.
        rule: frozen RFM cut points.
        empty_levels: levels nobody is in, such as `("F2",)`.
        segments: figures of both schemes, of ABC, XYZ and lifecycle, largest first within a scheme.
        codes, categories, matrix: RFM codes, RFM categories of the case, ABC/XYZ cells that occur.
        cv_deciles: nine deciles of the XYZ coefficient of variation, None where it cannot be computed.
        industries: industry x segment of `scheme`; `industry_names` maps slug to (Russian, English) name.
        cohorts, migration, stability: see their types; migration is None when there is no earlier date to compare with.
        plan: what to do first.
        history: segments of `scheme` period after period, by membership on the eve of each; None without any earlier buyer.
        valuation: what customers are worth, with the back-test and the gate; None when nobody has bought.
        customers: one row per customer with the contract columns of `customers.csv`.
        quarantine: rows left out, with reasons.
        rfm_stability: customer_id, rfm_code, stable, and the codes one order or one week away.
        insights: hidden groups, drivers, segmentations by evidence; None when nobody has bought.
        offering: what can be offered to customers and whether that beats popularity; None when nobody has bought.
        definitions: machine-readable definitions used, printed in the report and in plan.json.
    """

    as_of: date
    currency: str
    time_zone: str
    scheme: str
    sources: tuple[str, ...]
    audit: Audit
    totals: Totals
    rule: RFMRule | None
    empty_levels: tuple[str, ...]
    segments: tuple[SegmentFigures, ...]
    codes: tuple[CodeFigures, ...]
    categories: tuple[CategoryFigures, ...]
    matrix: tuple[CellFigures, ...]
    cv_deciles: tuple[float, ...] | None
    industries: tuple[IndustrySegment, ...]
    industry_names: Mapping[str, tuple[str, str]]
    cohorts: CohortTable | None
    migration: Migration | None
    stability: Stability
    plan: Plan
    customers: Table
    quarantine: Table
    rfm_stability: Table
    definitions: Mapping[str, str]
    valuation: Valuation | None = None
    history: SegmentHistory | None = None
    insights: Insights | None = None
    offering: Offering | None = None


@dataclass(frozen=True)
class Analyzer:
    """How a base is analysed.

    Args:
        rfm: how RFM cut points are learnt; a frozen `rule` wins over it.
        rule: cut points frozen earlier, or None to learn them at the day of the analysis.
        abc_xyz: how ABC and XYZ classes are made.
        lifecycle: how stages of life are made.
        planner: how the plan is made; its scheme leads the report.
        valuer: how customers are valued.
        insights: how hidden groups and drivers are looked for.
        offers: how products to offer are looked for.
        industries: the map of industries; the standard one when not given.
    """

    rfm: RFM = field(default_factory=RFM)
    rule: RFMRule | None = None
    abc_xyz: AbcXyz = field(default_factory=AbcXyz)
    lifecycle: Lifecycle = field(default_factory=Lifecycle)
    planner: Planner = field(default_factory=Planner)
    valuer: Valuer = field(default_factory=Valuer)
    insights: InsightSearch = field(default_factory=InsightSearch)
    offers: OfferSearch = field(default_factory=OfferSearch)
    industries: IndustryMap | None = None

    def analyze(self, base: CustomerBase, as_of: date | str | None = None, *, progress: Progress = SILENT) -> Analysis:
        """Everything a report says about a base at a date.

        Args:
            base: the base; it is enriched first when it is not yet.
            as_of: end of this day; default the last day of the data.
            progress: where the steps are announced.

        Returns:
            The analysis.

        Raises:
            InputError: the base has no purchases.
        """
        if not len(base.table("customers")):
            raise InputError("No customer is left after cleaning; see quarantine.csv for the reasons, then export again.")
        if not base.enriched:
            with progress.step("enrich", None):
                enrich(base, self.industries)
        day = settle_as_of(base, as_of)
        scheme = self.planner.scheme
        with progress.step("segment", None):
            segments = self._segments(base, day)
            classes = self.abc_xyz.assign(base, day)
        with progress.step("value", None):
            valuation = self._value(base, day, segments)
        with progress.step("profile", None):
            profile = customer_profile(base, day, segments, self.abc_xyz, self.lifecycle, valuation.scores if valuation else None)
            figures = tuple(item for name in ("case", "guide", "abc", "xyz", "lifecycle") for item in segment_figures(profile, name))
            by_industry = industry_figures(profile, scheme)
            stability, stability_table = _stability(base, segments)
        with progress.step("plan", None):
            leading = tuple(item for item in figures if item.scheme == scheme)
            plan = self.planner.plan(base, segments, profile, leading, by_industry, _expected(base, valuation))
        with progress.step("find what to offer", None):
            offering = self.offers.look(base, day) if segments else None
            plan = with_offers(plan, offering) if offering else plan
        with progress.step("look for hidden groups", None):
            insights = self.insights.look(base, day) if segments else None
        with progress.step("compare dates", None):
            before = earlier_day(base, day)
            measure = yardstick(base, scheme, day, segments.rule) if segments else None
            moves = migration(base, measure, before, day) if measure and before else None
            history = segment_history(base, measure, day) if measure else None
            cohorts = cohort_table(base, day) if segments else None
        return Analysis(
            as_of=day,
            currency=base.currency,
            time_zone=base.time_zone,
            scheme=scheme,
            sources=base.sources,
            audit=base.audit(),
            totals=totals(base, profile),
            rule=segments.rule if segments else None,
            empty_levels=segments.rule.empty_levels if segments else (),
            segments=figures,
            codes=code_figures(profile),
            categories=category_figures(profile),
            matrix=matrix_figures(profile),
            cv_deciles=cv_deciles(classes),
            industries=by_industry,
            industry_names=industry_names(base, self.industries),
            cohorts=cohorts,
            migration=moves,
            history=history,
            stability=stability,
            plan=plan,
            valuation=valuation,
            insights=insights,
            offering=offering,
            customers=profile,
            quarantine=base.table("quarantine"),
            rfm_stability=stability_table,
            definitions=self._definitions(base, day, segments),
        )

    def _segments(self, base: CustomerBase, day: date) -> Segments | None:
        try:
            rule = self.rule or self.rfm.fit(base, day)
        except InputError:
            return None  # nobody has bought by that day: a base of prospects still has an audit and a lifecycle
        return rule.assign(base, day)

    def value(self, base: CustomerBase, as_of: date | str | None = None) -> Valuation | None:
        """What customers are worth, without the rest of the analysis; None when nobody has bought.

        Args:
            base: the base.
            as_of: end of this day; default the last day of the data.
        """
        day = settle_as_of(base, as_of)
        return self._value(base, day, self._segments(base, day))

    def _value(self, base: CustomerBase, day: date, segments: Segments | None) -> Valuation | None:
        if segments is None:
            return None
        named = f"SELECT customer_id, segment_{self.planner.scheme} AS segment FROM {segments.name}"
        return self.valuer.value(base, day, named)

    def _definitions(self, base: CustomerBase, day: date, segments: Segments | None) -> Mapping[str, str]:
        abc, life = self.abc_xyz, self.lifecycle
        found = {
            "as_of": day.isoformat(),
            "time_zone": base.time_zone,
            "currency": base.currency,
            "refunds": base.refund_policy,
            "scheme": self.planner.scheme,
            "abc_share_a": f"{abc.share_a:g}",
            "abc_share_b": f"{abc.share_b:g}",
            "xyz_limit_x": f"{abc.limit_x:g}",
            "xyz_limit_y": f"{abc.limit_y:g}",
            "xyz_period": abc.period,
            "xyz_fewest_periods": str(abc.fewest_periods),
            "lifecycle_mode": life.mode,
            "lifecycle_new_within_days": str(life.new_within),
            "lifecycle_sleeping_after_days": str(life.sleeping_after),
            "lifecycle_gone_after_days": str(life.gone_after),
            "clv_horizon_days": str(self.valuer.forecaster.horizon_days),
            "clv_margin": f"{self.valuer.forecaster.margin:g}",
            "clv_discount_rate": f"{self.valuer.forecaster.discount_rate:g}",
            "clv_interval": f"{self.valuer.forecaster.level:g}",
        }
        if segments is not None:
            rule = segments.rule
            found |= {
                "rfm_levels": str(rule.levels),
                "rfm_best": "1",
                "rfm_method": rule.method,
                "rfm_monetary": rule.monetary,
                "rfm_recency_days": ", ".join(map(str, rule.recency)),
                "rfm_frequency_orders": ", ".join(map(str, rule.frequency)),
                "rfm_money_minor": ", ".join(map(str, rule.money)),
            }
        return found


def _expected(base: CustomerBase, valuation: Valuation | None) -> str | None:
    """Expected orders without action, when a model has earned to be believed."""
    if valuation is None or not valuation.modelled:
        return None
    name = f"expected_{valuation.scores}"
    base.connection.execute(
        f"CREATE OR REPLACE VIEW {name} AS SELECT customer_id, expected_orders_90d AS expected_orders FROM {valuation.scores}"
    )
    return name


def _stability(base: CustomerBase, segments: Segments | None) -> tuple[Stability, Table]:
    if segments is not None:
        return code_stability(segments)
    base.connection.execute(
        """CREATE OR REPLACE TABLE no_stability (customer_id VARCHAR, rfm_code VARCHAR, stable BOOLEAN, one_order_more VARCHAR,
        one_order_less VARCHAR, week_earlier VARCHAR, week_later VARCHAR)"""
    )
    return Stability(0, 0, 0, 0), Table(base.connection, "no_stability", ("customer_id",))


def analyze(base: CustomerBase, as_of: date | str | None = None, *, scheme: str = "case") -> Analysis:
    """Analyse a base with the usual settings; `Analyzer` has the others.

    Args:
        base: the base.
        as_of: end of this day; default the last day of the data.
        scheme: `case` or `guide`: which names of RFM segments lead.

    Returns:
        The analysis.
    """
    return Analyzer(planner=Planner(scheme=scheme)).analyze(base, as_of)
