"""The document as one HTML page: style, drawings and type inside, no script, nothing asked from outside."""

from __future__ import annotations

from functools import singledispatch
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kogorta.reports.blocks import (
    Block,
    Bullets,
    Callout,
    Card,
    Drawing,
    Facts,
    Figures,
    Sheet,
    Statements,
    Subheading,
    Text,
)
from kogorta.reports.chart import PHONE_WIDTH
from kogorta.reports.fonts import font_faces
from kogorta.reports.style import FAMILY

if TYPE_CHECKING:
    from kogorta.reports.blocks import Document
    from kogorta.reports.chart import Grid

STYLE: Final = Path(__file__).with_name("report.css")
POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; font-src data:; base-uri 'none'; form-action 'none'"
_LONG: Final = 20


def render_html(document: Document) -> str:
    """The document as a self-contained page; equal documents give equal text.

    Args:
        document: what to lay out; any text in it is escaped.
    """
    labels = dict(document.labels)
    contents = "".join(f'<li><a href="#{part.slug}">{_safe(part.title)}</a></li>' for part in document.sections)
    chapters = "".join(
        f'<section id="{part.slug}" aria-labelledby="{part.slug}-title">'
        f'<h2 id="{part.slug}-title">{_safe(part.title)}</h2>'
        f"{''.join(_render(block, labels) for block in part.blocks)}</section>"
        for part in document.sections
    )
    body = (
        f'<a class="skip" href="#{document.sections[0].slug}">{_safe(labels["skip"])}</a>'
        f'<header class="cover"><div class="wrap"><p class="brand">KOGORTA</p><h1>{_safe(document.title)}</h1>'
        f'<p class="verdict">{_safe(document.verdict)}</p>'
        f'<p class="lines">{"<br>".join(_safe(line) for line in document.cover_lines)}</p></div></header>'
        f'<main class="wrap">{_figures(document.figures)}'
        f'<nav aria-labelledby="contents"><h2 id="contents">{_safe(labels["contents"])}</h2><ol>{contents}</ol></nav>'
        f'{chapters}</main><footer class="wrap">{_safe(document.footer)}</footer>'
    )
    style = font_faces(body) + STYLE.read_text(encoding="utf-8")
    return (
        f'<!doctype html>\n<html lang="{document.language}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{_safe(document.title)}</title><style>{style}</style></head><body>{body}</body></html>\n"
    )


def _safe(text: str) -> str:
    """The text escaped, with characters a page cannot hold made spaces."""
    return escape("".join(char if char.isprintable() or char == "\u00a0" else " " for char in text))


@singledispatch
def _render(block: Block, labels: dict[str, str]) -> str:  # noqa: ARG001
    raise TypeError(f"no page form for {type(block).__name__}")


@_render.register
def _(block: Text, labels: dict[str, str]) -> str:  # noqa: ARG001
    lead = f"<strong>{_safe(block.lead)}</strong> " if block.lead else ""
    return f"<p>{lead}{_safe(block.text)}</p>"


@_render.register
def _(block: Subheading, labels: dict[str, str]) -> str:  # noqa: ARG001
    return f"<h3>{_safe(block.text)}</h3>"


@_render.register
def _(block: Bullets, labels: dict[str, str]) -> str:  # noqa: ARG001
    return f"<ul>{''.join(f'<li>{_safe(item)}</li>' for item in block.items)}</ul>"


@_render.register
def _(block: Callout, labels: dict[str, str]) -> str:  # noqa: ARG001
    return f'<div class="callout {block.tone}"><h3>{_safe(block.title)}</h3><p>{_safe(block.text)}</p></div>'


@_render.register
def _(block: Figures, labels: dict[str, str]) -> str:  # noqa: ARG001
    return _figures(block.items)


@_render.register
def _(block: Statements, labels: dict[str, str]) -> str:  # noqa: ARG001
    parts = []
    for tag, title, text in block.items:
        mark = f'<span class="tag">{_safe(tag)}</span>' if tag else ""
        parts.append(f'<div class="statement"><h3>{_safe(title)}{mark}</h3><p>{_safe(text)}</p></div>')
    return "".join(parts)


@_render.register
def _(block: Drawing, labels: dict[str, str]) -> str:
    chart = block.chart
    comment = f"<p>{_safe(block.comment)}</p>" if block.comment else ""
    label = _safe(chart.title)
    desk = chart.svg().replace("<svg ", f'<svg class="desk" role="img" aria-label="{label}" ', 1)
    phone = chart.svg(PHONE_WIDTH).replace("<svg ", f'<svg class="phone" role="img" aria-label="{label}" ', 1)
    drawings = (desk + phone).replace(f"'{FAMILY}'", f"'Kogorta Sans', '{FAMILY}'")
    return (
        f"<h3>{label}</h3>{comment}<figure>{drawings}<figcaption>{_safe(chart.caption)}</figcaption>"
        f"<details><summary>{_safe(labels['numbers'])}</summary>{_grid(chart.table, chart.title)}</details></figure>"
    )


@_render.register
def _(block: Sheet, labels: dict[str, str]) -> str:  # noqa: ARG001
    note = f'<p class="note">{_safe(block.note)}</p>' if block.note else ""
    css = "small" if block.small else ""
    return _table(block.head, block.rows, block.align, block.label, css, block.accents) + note


@_render.register
def _(block: Card, labels: dict[str, str]) -> str:  # noqa: ARG001
    goal = f'<p class="goal">{_safe(block.goal)}</p>' if block.goal else ""
    steps = f"<ul>{''.join(f'<li>{_safe(step)}</li>' for step in block.steps)}</ul>" if block.steps else ""
    remarks = "".join(f"<p><strong>{_safe(lead)}</strong> {_safe(text)}</p>" for lead, text in block.remarks)
    head = f'<h3>{_safe(block.title)}</h3><p class="what">{_safe(block.figures)}</p>'
    return f'<div class="card">{head}{goal}{steps}{remarks}</div>'


@_render.register
def _(block: Facts, labels: dict[str, str]) -> str:  # noqa: ARG001
    parts = "".join(f"<dt>{_safe(term)}</dt><dd>{_safe(text)}</dd>" for term, text in block.items)
    return f'<dl class="facts">{parts}</dl>'


def _figures(items: tuple[tuple[str, str], ...]) -> str:
    parts = "".join(f"<div><dt>{_safe(text)}</dt><dd>{_safe(figure)}</dd></div>" for figure, text in items)
    return f'<dl class="figures">{parts}</dl>'


def _grid(table: Grid, label: str) -> str:
    return _table(table.head, table.rows, ("l", *("r" for _ in table.head[1:])), label, "small", frozenset())


def _table(
    head: tuple[str, ...],
    rows: tuple[tuple[str, ...], ...],
    align: tuple[str, ...],
    label: str,
    css: str,
    accents: frozenset[int],
) -> str:
    heads = "".join(
        f'<th scope="col" class="{side}">{_safe(name)}</th>' if name.strip() else f'<td class="{side}"></td>'
        for name, side in zip(head, align, strict=True)
    )
    lines = []
    for number, row in enumerate(rows):
        cells = "".join(_cell(text, side, index) for index, (text, side) in enumerate(zip(row, align, strict=True)))
        mark = ' class="accent"' if number in accents else ""
        lines.append(f"<tr{mark}>{cells}</tr>")
    region = f'<div class="scroll" role="group" tabindex="0" aria-label="{_safe(label)}">'
    return f'{region}<table class="{css}"><thead><tr>{heads}</tr></thead><tbody>{"".join(lines)}</tbody></table></div>'


def _cell(text: str, side: str, index: int) -> str:
    css = side + (" long" if any(len(word) > _LONG for word in text.split()) or len(text) > 2 * _LONG else "")
    if index == 0 and text.strip():
        return f'<th scope="row" class="{css}">{_safe(text)}</th>'
    return f'<td class="{css}">{_safe(text)}</td>'
