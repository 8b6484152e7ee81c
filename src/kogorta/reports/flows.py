"""Moves between segments: who was where at the earlier date and where they are now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kogorta.reports import style
from kogorta.reports.canvas import Canvas, fit, text_width
from kogorta.reports.chart import Chart, Grid
from kogorta.reports.names import of_scheme
from kogorta.reports.segment_findings import subject_segment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kogorta.reports.finding import Finding
    from kogorta.reports.wording import Wording

GAP: Final = 0.07
LINE: Final = 0.165
BLOCK: Final = 0.12
NARROW: Final = 5.0


def migration_chart(say: Wording, finding: Finding) -> Chart | None:
    """Bands from the segments of the earlier date to those of the later one; those into the segment in question stand out."""
    moves = say.analysis.migration
    flows: dict[tuple[str, str], int] = {}
    for flow in moves.flows if moves else ():
        if flow.customers:
            flows[flow.source, flow.target] = flows.get((flow.source, flow.target), 0) + flow.customers
    if moves is None or not flows:
        return None
    ranked = [item.segment for item in of_scheme(say.analysis)]
    slugs = sorted({slug for pair in flows for slug in pair}, key=lambda slug: (slug == "none", _place(ranked, slug), slug))
    sources = [slug for slug in slugs if any(pair[0] == slug for pair in flows)]
    targets = [slug for slug in slugs if any(pair[1] == slug for pair in flows)]
    names = {slug: say.bare_segment(slug) for slug in slugs}
    subject = subject_segment(say)
    table = Grid(
        (say.text("From, down; to, across"), *(names[slug] for slug in targets)),
        tuple((names[source], *(say.number(flows.get((source, target), 0)) for target in targets)) for source in sources),
    )
    total = sum(flows.values())
    heads = (say.day(moves.from_on), say.day(moves.to_on))
    left = {slug: say.number(sum(n for (source, _), n in flows.items() if source == slug)) for slug in sources}
    right = {slug: say.number(sum(n for (_, target), n in flows.items() if target == slug)) for slug in targets}
    caption = say.text("The wider the band, the more customers; coloured are moves into {segment}.", segment=say.segment(subject or ""))

    def paint(sheet: Canvas) -> None:
        _paint(sheet, flows, (sources, targets), (left, right), names, subject, heads)

    return Chart(
        "migration",
        finding.headline,
        f"{caption} {say.note(total, say.customers(total))}",
        table,
        lambda width: max(2.6, 0.42 * max(len(sources), len(targets)) + 0.4) if width >= NARROW else 3.4,
        paint,
    )


def _place(ranked: list[str], slug: str) -> int:
    return ranked.index(slug) if slug in ranked else len(ranked)


def _paint(
    sheet: Canvas,
    flows: Mapping[tuple[str, str], int],
    ends: tuple[list[str], list[str]],
    counts: tuple[dict[str, str], dict[str, str]],
    names: Mapping[str, str],
    subject: str | None,
    heads: tuple[str, str],
) -> None:
    wide = sheet.width >= NARROW
    size = 9.0 if wide else 7.0
    top = 0.32
    total = sum(flows.values())
    widest = [max(text_width(f"{names[slug]} {counts[side][slug]}", size, bold=True) for slug in ends[side]) + 0.16 for side in (0, 1)]
    margins = [min(width, sheet.width * 0.32) for width in widest]
    scale = (sheet.height - top - GAP * (max(len(ends[0]), len(ends[1])) - 1) - 0.08) / total
    edges = []
    for side in (0, 1):
        y, places = top, {}
        for slug in ends[side]:
            height = scale * sum(n for pair, n in flows.items() if pair[side] == slug)
            places[slug] = (y, y + height)
            y += height + GAP
        edges.append(places)
    x_left, x_right = margins[0], sheet.width - margins[1]
    sheet.text(x_left + BLOCK, 0.1, heads[0], size=size, color=style.MUTED, align="right")
    sheet.text(x_right - BLOCK, 0.1, heads[1], size=size, color=style.MUTED)
    cursor = [{slug: place[0] for slug, place in places.items()} for places in edges]
    for source in ends[0]:
        for target in ends[1]:
            count = flows.get((source, target), 0)
            if not count:
                continue
            height = count * scale
            y1, y2 = cursor[0][source], cursor[1][target]
            cursor[0][source] += height
            cursor[1][target] += height
            bright = target == subject and source != subject
            color, alpha = (style.ACCENT, 0.62) if bright else (style.NEUTRAL, 0.38)
            sheet.ribbon((x_left + BLOCK, y1, y1 + height), (x_right - BLOCK, y2, y2 + height), color, alpha)
    for side, x in ((0, x_left), (1, x_right - BLOCK)):
        labels = spread([(sum(edges[side][slug]) / 2) for slug in ends[side]], sheet.height)
        for slug, y in zip(ends[side], labels, strict=True):
            low, high = edges[side][slug]
            mine = slug == subject
            sheet.rect(x, low, BLOCK, max(high - low, 0.008), style.ACCENT if mine else style.MUTED)
            ink = style.ACCENT if mine else style.INK
            people = counts[side][slug]
            name = fit(names[slug], margins[side] - text_width(f" {people}", size, bold=mine) - 0.14, size, bold=mine)
            if side == 0:
                sheet.text(x - 0.08, y, f"{name} {people}", size=size, align="right", bold=mine, color=ink)
            else:
                sheet.text(x + BLOCK + 0.08, y, f"{people} {name}", size=size, bold=mine, color=ink)


def spread(wanted: list[float], height: float) -> list[float]:
    """Places at least one line apart, as near as possible to those wanted."""
    placed = list(wanted)
    for index in range(1, len(placed)):
        placed[index] = max(placed[index], placed[index - 1] + LINE)
    limit = height - LINE / 2
    for index in range(len(placed) - 1, -1, -1):
        placed[index] = min(placed[index], limit)
        limit = placed[index] - LINE
    return placed
