"""Findings about the data: where the rows went, how firm the codes are, what the figures cannot bear."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kogorta.reports.finding import SMALL, Finding
from kogorta.reports.problems import told

if TYPE_CHECKING:
    from kogorta.reports.wording import Wording

FIRM: Final = 0.8
LEFT_OUT: Final = 0.02


def data_quality(say: Wording) -> Finding:
    """Where every row of the input went."""
    account = say.analysis.audit.accounting
    values = {
        "used": say.number(account.rows_used),
        "of_rows": say.of_rows(account.rows_read),
        "merged": say.number(account.rows_merged),
        "left_out": say.number(account.rows_quarantined),
    }
    if not account.rows_read:
        return Finding("data_quality", say.text("There are no rows to analyse"), say.text("Import an export of deals."), (), "risk")
    share = account.rows_quarantined / account.rows_read
    if account.rows_quarantined:
        headline = say.text("{left_out} {of_rows} are left out, each with its reason", **values)
    else:
        headline = say.text("Every row is used: {used} {of_rows}", **values)
    body = say.text("Used {used}, merged {merged}, left out {left_out}: together exactly what was read.", **values)
    worst = max(say.analysis.audit.problems, key=lambda item: (item.fate == "quarantined", item.rows), default=None)
    if worst is not None:
        words = told(say.language, worst.code)
        body += " " + say.text("Most frequent: {problem} ({rows}).", problem=_inside(words.title), rows=say.rows(worst.rows))
    figures = (("rows_read", account.rows_read), ("quarantined_share", share))
    return Finding("data_quality", headline, body, figures, "risk" if share > LEFT_OUT else "fact")


def chained_cards(say: Wording) -> Finding | None:
    """More cards in one customer than a person can have: shared addresses are taken for his own."""
    found = say.analysis.audit.of("identity_chained")
    if found is None:
        return None
    words = told(say.language, found.code)
    headline = say.language.plural(
        "{count} card chained into one customer: these may be strangers",
        "{count} cards chained into one customer: these may be strangers",
        found.rows,
    )
    body = say.text("The largest chain is the customer {customer}. {remedy}", customer=found.example, remedy=words.remedy)
    return Finding("chained_cards", headline, body, (("cards", found.rows),), "risk")


def _inside(title: str) -> str:
    first = title.split(" ", 1)[0]
    return title if first.isupper() and len(first) > 1 else title[:1].lower() + title[1:]


def stability(say: Wording) -> Finding | None:
    """How many codes would survive one order or one week of difference."""
    item = say.analysis.stability
    if not item.buyers:
        return None
    headline = say.text("The code of {share} of customers is firm", share=say.percent(item.share, 0))
    body = say.text(
        "Firm means: one order more or less and seven days earlier or later would not change it. One order would move "
        "{order}, one week {week}. Treat the rest as borderline when you build lists by hand.",
        order=say.customers(item.changed_by_order),
        week=say.customers(item.changed_by_week),
    )
    return Finding("stability", headline, body, (("share", item.share),), "fact" if item.share >= FIRM else "caveat")


def small_base(say: Wording) -> Finding | None:
    """That there are too few buyers for shares to mean much."""
    buyers = say.analysis.totals.buyers
    if buyers >= SMALL:
        return None
    if not buyers:
        return Finding(
            "small_base", say.text("Nobody has bought yet"), say.text("Without won orders there is nothing to segment."), (), "caveat"
        )
    headline = say.text("The base is small: {buyers}", buyers=say.buyers(buyers))
    body = say.text(
        "With fewer than {limit} buyers shares are rough and groups are single people; read names, not percentages.", limit=SMALL
    )
    return Finding("small_base", headline, body, (("buyers", buyers),), "caveat")


def empty_levels(say: Wording) -> Finding | None:
    """Levels of R, F or M nobody is in."""
    levels = say.analysis.empty_levels
    if not levels or not say.analysis.totals.buyers:
        return None
    headline = say.language.plural(
        "{count} level is empty: {levels}", "{count} levels are empty: {levels}", len(levels), levels=", ".join(levels)
    )
    body = say.text(
        "Many customers have equal values, and equal values always share a level. The segments stay correct; thresholds "
        "in days, orders or money would split them better."
    )
    return Finding("empty_levels", headline, body, (("levels", len(levels)),), "caveat")


def reach(say: Wording) -> Finding | None:
    """How many customers can be reached at all."""
    totals = say.analysis.totals
    if not totals.customers:
        return None
    if not say.has_contacts:
        headline = say.text("There are no e-mails or phones in the data")
        return Finding("reach", headline, say.text("Take the contacts from your CRM by customer_id."), (), "caveat")
    values = {"email": say.percent(totals.with_email / totals.customers, 0), "phone": say.percent(totals.with_phone / totals.customers, 0)}
    headline = say.text("An e-mail is known for {email}, a phone for {phone}", **values)
    body = say.text(
        "Industry is known for {industry}, region for {region}. Consent to messages is not in these figures: check it before sending.",
        industry=say.percent(totals.with_industry / totals.customers, 0),
        region=say.percent(totals.with_region / totals.customers, 0),
    )
    return Finding("reach", headline, body)
