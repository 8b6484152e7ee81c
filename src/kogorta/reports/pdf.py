"""The document as PDF/UA by Typst: data go in as JSON, fonts are ours, no clock is read."""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kogorta.engine.scratch import scratch_folder
from kogorta.reports import style
from kogorta.reports.blocks import Drawing

if TYPE_CHECKING:
    from typst import Fonts

    from kogorta.reports.blocks import Block, Document

TEMPLATE: Final = Path(__file__).with_name("report.typ")
STANDARD: Final = "ua-1"
_LONG_WORD: Final = re.compile(r"[^\s\u00a0]{24,}")


def render_pdf(document: Document) -> bytes:
    """The document as a tagged PDF; equal documents give equal bytes.

    Args:
        document: what to lay out; any text in it is shown literally.
    """
    import typst

    with tempfile.TemporaryDirectory(dir=scratch_folder()) as name:
        root = Path(name)
        for chart in document.drawings():
            (root / f"{chart.name}.svg").write_text(chart.svg(), encoding="utf-8")
        (root / "document.json").write_text(json.dumps(_json(document), ensure_ascii=False), encoding="utf-8")
        (root / "report.typ").write_bytes(TEMPLATE.read_bytes())
        made = typst.compile(
            str(root / "report.typ"),
            root=str(root),
            font_paths=_fonts(),
            ignore_system_fonts=True,
            format="pdf",
            pdf_standards=[STANDARD],
        )
    return bytes(made)


@cache
def _fonts() -> Fonts:
    import typst

    folders = [str(style.font_folder()), str(style.fallback_folder())]
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)


def _json(document: Document) -> object:
    made = _clean(
        {
            "language": document.language,
            "title": document.title,
            "verdict": document.verdict,
            "figures": document.figures,
            "cover": document.cover_lines,
            "footer": document.footer,
            **dict(document.labels),
            "sections": [
                {"title": section.title, "breaks": section.breaks, "blocks": [_block(block) for block in section.blocks]}
                for section in document.sections
            ],
        }
    )
    return [made, style.printable(document.title)]


def _block(block: Block) -> dict[str, object]:
    kind = type(block).__name__.lower()
    if isinstance(block, Drawing):
        chart = block.chart
        return {
            "kind": kind,
            "title": chart.title,
            "comment": block.comment,
            "caption": chart.caption,
            "alt": chart.alt,
            "file": f"{chart.name}.svg",
        }
    return {"kind": kind, **asdict(block)}


def _clean(value: object) -> object:
    """Only characters our fonts have, and a place to break in every very long word."""
    if isinstance(value, str):
        return _LONG_WORD.sub(_with_breaks, style.printable(value))
    if isinstance(value, dict):
        return {key: _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(item) for item in value]
    return value


def _with_breaks(match: re.Match[str]) -> str:
    word = match.group()
    return "\u200b".join(word[start : start + 8] for start in range(0, len(word), 8))
