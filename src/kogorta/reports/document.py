"""The report as a document: cover, summary, chapters. PDF and HTML are two renderings of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kogorta.reports import (
    closing_sections,
    customer_sections,
    insight_sections,
    offer_section,
    plan_sections,
    time_section,
    value_sections,
)
from kogorta.reports.blocks import Document, Section, Statements
from kogorta.reports.tables import too_long

if TYPE_CHECKING:
    from kogorta.reports.story import Story

SUMMARY: Final = (
    "chained_cards",
    "small_base",
    "base_makeup",
    "revenue_carrier",
    "one_time_buyers",
    "concentration",
    "migration_losses",
    "best_leavers",
    "segment_revenue",
    "cohort_trend",
    "priority",
    "industry_ranking",
    "forecast",
    "offers",
    "experiment",
    "drivers_repeat",
    "churn",
    "sensitivity",
    "data_quality",
)
SMALL_SUMMARY: Final = ("chained_cards", "small_base", "base_makeup", "revenue_carrier", "priority", "data_quality")
SUMMARY_LENGTH: Final = 10


def compose(story: Story, title: str | None) -> Document:
    """Put findings, charts and tables on pages.

    Args:
        story: what there is to tell.
        title: title of the report; a plain one when None.
    """
    say = story.say
    title = story.short(title or say.text("Customer base: segments and a retention plan"), 160)
    chapters = (
        _summary(story),
        customer_sections.data_section(story),
        customer_sections.customers_section(story),
        customer_sections.rfm_section(story),
        customer_sections.segments_section(story),
        customer_sections.industries_section(story),
        customer_sections.matrix_section(story),
        time_section.time_section(story),
        insight_sections.insights_section(story),
        value_sections.value_section(story),
        plan_sections.priority_section(story),
        plan_sections.proposals_section(story),
        plan_sections.advice_section(story),
        offer_section.offer_section(story),
        plan_sections.wave_section(story),
        plan_sections.firmness_section(story),
        closing_sections.unknowns_section(story),
        closing_sections.definitions_section(story),
    )
    sources = ", ".join(story.short(name, 60) for name in say.analysis.sources[:3])
    if len(say.analysis.sources) > 3:
        sources += " …"
    day = say.language.day(say.analysis.as_of, long=True)
    return Document(
        say.language.code,
        title,
        _verdict(story),
        _key_figures(story),
        (say.text("As of {day}", day=day), say.text("From: {files}", files=sources or "—")),
        f"{story.short(title, 70)} · {say.day(say.analysis.as_of)}",
        (
            ("contents", say.text("Contents")),
            ("page", say.text("Page")),
            ("skip", say.text("Skip to the report")),
            ("numbers", say.text("The numbers as a table")),
            ("avoid", say.text("Avoid:")),
        ),
        tuple(section for section in chapters if section is not None),
    )


def _verdict(story: Story) -> str:
    say, plan = story.say, story.say.analysis.plan
    chosen = next((item for item in plan.candidates if item.segment == plan.priority), None)
    if chosen is not None:
        return say.text(
            "Start with {segment}: {customers} with {share} of revenue, and {money} at stake.",
            segment=say.segment(chosen.segment, plan.scheme),
            customers=say.customers(chosen.customers),
            share=say.percent(chosen.revenue_share, 0),
            money=say.money(chosen.at_stake),
        )
    for code in ("small_base", "base_makeup"):
        if story.has(code):
            return story.headline(code) + "."
    return story.headline("data_quality") + "."


def _key_figures(story: Story) -> tuple[tuple[str, str], ...]:
    say, totals = story.say, story.say.analysis.totals
    wave = len(say.analysis.plan.wave)
    share = totals.repeat_buyers / totals.buyers if totals.buyers else 0.0
    last = (say.number(wave), say.text("customers in the first wave")) if wave else (say.number(totals.orders), say.text("orders counted"))
    return (
        (say.number(totals.buyers), say.text("customers who have bought")),
        (say.money(totals.revenue), say.text("revenue net of refunds")),
        (say.percent(share, 0), say.text("bought again")),
        last,
    )


def _summary(story: Story) -> Section:
    codes = SMALL_SUMMARY if story.has("small_base") else SUMMARY
    items = [story.statement(code) for code in codes if story.has(code)][:SUMMARY_LENGTH]
    note = too_long(len(story.say.analysis.customers), story.say.language)
    if note:
        items.append(("", story.say.text("The list of customers is longer than a sheet"), note))
    return Section("summary", story.say.text("The main points"), (Statements(tuple(items)),))
