"""Chapters about the customers: data, who they are, RFM, segments, industries, ABC/XYZ."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from kogorta.reports.advice import CELL_ADVICE, cell_advice
from kogorta.reports.blocks import Block, Callout, Figures, Section, Sheet, Statements, Subheading, Text
from kogorta.reports.names import of_scheme
from kogorta.reports.problems import fate, told
from kogorta.reports.segment_findings import subject_segment

if TYPE_CHECKING:
    from kogorta.reports.story import Story
    from kogorta.segments.rfm import RFMRule

TOP_PROBLEMS = 8


def data_section(story: Story) -> Section:
    """Where the rows went and what is wrong with the data."""
    say, audit = story.say, story.say.analysis.audit
    account = audit.accounting
    blocks: list[Block] = [
        Text(story.body("data_quality"), story.headline("data_quality") + "."),
        *([Text(story.body("chained_cards"), story.headline("chained_cards") + ".")] if story.has("chained_cards") else []),
        Figures(
            (
                (say.number(account.rows_read), say.text("rows read")),
                ("= " + say.number(account.rows_used), say.text("used")),
                ("+ " + say.number(account.rows_merged), say.text("merged with others")),
                ("+ " + say.number(account.rows_quarantined), say.text("left out, listed in quarantine.csv")),
            )
        ),
    ]
    if audit.problems:
        worst = sorted(audit.problems, key=lambda item: (-item.rows, item.code, item.source))
        rows = []
        for item in worst[:TOP_PROBLEMS]:
            words = told(say.language, item.code)
            example = story.short(item.example, 24) if item.example else "—"
            if item.example_row:
                example = say.text("row {row}: {example}", row=item.example_row, example=example)
            rows.append((words.title, say.number(item.rows), fate(say.language, item), example, words.remedy))
        head = (say.text("Problem"), say.text("Rows"), say.text("What was done"), say.text("Example"), say.text("What to do"))
        note = ""
        if len(worst) > TOP_PROBLEMS:
            note = say.text("All problems, {count} in number, are in audit.csv.", count=say.number(len(worst)))
        label = say.text("Problems found")
        blocks += [
            Subheading(label),
            Sheet(head, tuple(rows), ("l", "r", "l", "l", "l"), (26, 0, 13, 20, 34), note=note, small=True, label=label),
        ]
    else:
        blocks.append(Text(say.text("The audit found no problems.")))
    if story.has("reach"):
        blocks.append(Text(story.body("reach"), story.headline("reach") + "."))
    return Section("data", say.text("Data and audit"), tuple(blocks))


def customers_section(story: Story) -> Section:
    """Who the customers are: totals, segments, lifecycle."""
    say, totals = story.say, story.say.analysis.totals
    since = say.day(totals.first_order_on) if totals.first_order_on else "—"
    until = say.day(totals.last_order_on) if totals.last_order_on else "—"
    blocks: list[Block] = [
        Text(
            say.text(
                "Purchases from {since} to {until}. Net revenue exactly: {revenue}; refunds: {refunds}.",
                since=since,
                until=until,
                revenue=say.exact_money(totals.revenue),
                refunds=say.exact_money(totals.refunds),
            )
        ),
        Figures(
            (
                (say.number(totals.customers), say.text("customers in the base")),
                (say.number(totals.buyers), say.text("have bought")),
                (say.number(totals.repeat_buyers), say.text("have bought again")),
                (say.number(totals.orders), say.text("orders counted")),
            )
        ),
        Figures(
            (
                (say.money(totals.revenue), say.text("revenue net of refunds")),
                (say.money(totals.refunds), say.text("refunds subtracted")),
                (say.money(totals.average_check), say.text("average check")),
                (f"{say.number(totals.companies)} / {say.number(totals.persons)}", say.text("companies / persons")),
            )
        ),
    ]
    if story.has("small_base"):
        blocks.append(Callout("warning", story.headline("small_base"), story.body("small_base")))
    blocks += story.drawing("base_makeup")
    items = [story.statement(code) for code in ("few_frequent", "one_time_buyers") if story.has(code)]
    if items:
        blocks.append(Statements(tuple(items)))
    blocks += story.drawing("lifecycle")
    return Section("customers", say.text("Who the customers are"), tuple(blocks))


def rfm_section(story: Story) -> Section:
    """Thresholds as they are, and the grid of categories."""
    say, rule = story.say, story.say.analysis.rule
    blocks: list[Block] = []
    if rule is None:
        blocks.append(Text(say.text("There are no buyers, so no thresholds could be learnt.")))
        return Section("rfm", say.text("RFM: thresholds and categories"), tuple(blocks))
    how = say.text("given by hand") if rule.method == "fixed" else say.text("equal shares of the buyers")
    if rule.fitted_as_of:
        how += ", " + say.text(
            "learnt on {day} from {buyers}", day=say.day(date.fromisoformat(rule.fitted_as_of)), buyers=say.buyers(rule.customers)
        )
    blocks.append(
        Text(
            say.text(
                "R is days since the last purchase, F the number of purchases, M their net sum. Level 1 is best, {levels} is "
                "worst. Thresholds: {how}. They stay frozen, so nobody changes segment because others bought.",
                levels=rule.levels,
                how=how,
            )
        )
    )
    label = say.text("Thresholds of the levels")
    head = (say.text("Level"), say.text("R, days since purchase"), say.text("F, purchases"), say.text("M, net sum"))
    blocks.append(Sheet(head, _thresholds(story, rule), ("l", "r", "r", "r"), (16, 28, 28, 28), label=label))
    if story.has("empty_levels"):
        blocks.append(Callout("neutral", story.headline("empty_levels"), story.body("empty_levels")))
    blocks += story.drawing("largest_category")
    return Section("rfm", say.text("RFM: thresholds and categories"), tuple(blocks))


def _thresholds(story: Story, rule: RFMRule) -> tuple[tuple[str, ...], ...]:
    say = story.say
    rows = []
    for level in range(1, rule.levels + 1):
        back = rule.levels - level
        days = _between(story, [say.number(v) for v in rule.recency], level - 1)
        orders = _between(story, [say.number(v) for v in rule.frequency], back)
        money = _between(story, [say.money(v) for v in rule.money], back)
        name = str(level)
        if level == 1:
            name = say.text("{level}, best", level=level)
        if level == rule.levels:
            name = say.text("{level}, worst", level=level)
        rows.append((name, days, orders, money))
    return tuple(rows)


def _between(story: Story, bounds: list[str], index: int) -> str:
    """Values between two ascending bounds; a value equal to a bound is below it."""
    say = story.say
    low = bounds[index - 1] if 0 < index <= len(bounds) else None
    high = bounds[index] if index < len(bounds) else None
    if low is None and high is None:
        return say.text("any")
    if low is None:
        return say.text("up to {high}", high=high)
    return say.text("above {low}", low=low) if high is None else say.text("above {low} up to {high}", low=low, high=high)


def segments_section(story: Story) -> Section:
    """Segments of the leading scheme with their money; the other scheme for reference."""
    say, analysis = story.say, story.say.analysis
    other = "guide" if analysis.scheme == "case" else "case"
    blocks: list[Block] = []
    main = _segments_sheet(story, analysis.scheme)
    if main is None:
        blocks.append(Text(say.text("Nobody has bought yet: there are no segments.")))
    else:
        blocks.append(main)
        blocks += story.drawing("revenue_carrier")
        second = _segments_sheet(story, other)
        if second is not None:
            blocks += [Subheading(say.text("The same customers under the other names")), second]
    return Section("segments", say.text("Segments and revenue"), tuple(blocks))


def _segments_sheet(story: Story, scheme: str) -> Sheet | None:
    say = story.say
    items = of_scheme(say.analysis, scheme)
    if not items:
        return None
    subject = subject_segment(say) if scheme == say.analysis.scheme else None
    rows = tuple(
        (
            say.bare_segment(item.segment, scheme),
            say.number(item.customers),
            say.percent(item.customer_share),
            say.money(item.revenue),
            say.percent(item.revenue_share),
            say.money(item.average_check),
            "—" if item.median_recency_days is None else say.number(item.median_recency_days),
        )
        for item in items
    )
    head = (
        say.text("Segment"),
        say.text("Customers"),
        say.text("Share of customers"),
        say.text("Net revenue"),
        say.text("Share of revenue"),
        say.text("Average check"),
        say.text("Median days silent"),
    )
    accents = frozenset(n for n, item in enumerate(items) if item.segment == subject)
    label = say.text("Segments")
    return Sheet(head, rows, ("l", "r", "r", "r", "r", "r", "r"), (25, 12, 12, 14, 12, 13, 12), accents, label=label)


def industries_section(story: Story) -> Section:
    """Segments within industries."""
    say = story.say
    drawing = story.drawing("industry_pattern")
    blocks = drawing or [
        Text(
            say.text(
                "Industries are not known for this base. With tax numbers (INN) or OKVED codes in the export this chapter fills itself."
            )
        )
    ]
    return Section("industries", say.text("Industries"), tuple(blocks))


def matrix_section(story: Story) -> Section:
    """The ABC/XYZ matrix, advice for its cells, and how steady demand is."""
    say, analysis = story.say, story.say.analysis
    blocks: list[Block] = [
        Text(
            say.text(
                "A brings the first {a} of revenue, B the next {next}, C the last {last}. "
                "X buys steadily, Y with fluctuations or seasonally, Z irregularly.",
                **say.limits(),
            )
        )
    ]
    blocks += story.drawing("concentration")
    cells = {(item.abc, item.xyz): item for item in analysis.matrix}
    rows = []
    for code in CELL_ADVICE:
        item = cells.get((code[0], code[1]))
        rows.append(
            (
                code,
                say.number(item.customers if item else 0),
                say.money(item.revenue) if item else "—",
                cell_advice(say.language, *code) or "",
            )
        )
    label = say.text("What to do in each cell")
    head = (say.text("Cell"), say.text("Customers"), say.text("Net revenue"), say.text("What to do"))
    if analysis.matrix:
        blocks += [Subheading(label), Sheet(head, tuple(rows), ("l", "r", "r", "l"), (8, 12, 16, 64), small=True, label=label)]
    blocks += story.drawing("demand_spread")
    return Section("abc_xyz", say.text("ABC/XYZ: weight and steadiness"), tuple(blocks))
