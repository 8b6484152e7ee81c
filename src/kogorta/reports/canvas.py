"""A sheet measured in inches from its top left corner: the few marks our charts are made of."""

from __future__ import annotations

import io
import re
from functools import cache
from typing import TYPE_CHECKING, Literal

from kogorta.reports import style

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Align = Literal["left", "center", "right"]


class Canvas:
    """Marks on a sheet `width` x `height` inches; y grows downwards."""

    def __init__(self, axes: Axes, width: float, height: float) -> None:
        self._axes = axes
        self.width = width
        self.height = height
        axes.set_xlim(0, width)
        axes.set_ylim(height, 0)
        axes.set_axis_off()

    def _add(self, mark: Artist) -> None:
        """Put a mark on the sheet; unlike `add_patch` this does not reckon the limits of the axes, which are fixed here."""
        mark.set_clip_on(False)
        self._axes.add_artist(mark)

    def rect(self, x: float, y: float, width: float, height: float, color: str) -> None:
        """A filled rectangle."""
        from matplotlib.patches import Rectangle

        self._add(Rectangle((x, y), width, height, facecolor=color, edgecolor="none", linewidth=0))

    def line(self, start: tuple[float, float], end: tuple[float, float], color: str, width: float = 0.8, *, dashed: bool = False) -> None:
        """A straight line."""
        from matplotlib.lines import Line2D

        xs, ys = (start[0], end[0]), (start[1], end[1])
        self._add(Line2D(xs, ys, color=color, linewidth=width, linestyle=(0, (3, 2)) if dashed else "-"))

    def path(self, points: Sequence[tuple[float, float]], color: str, width: float = 1.4) -> None:
        """A broken line through points."""
        from matplotlib.lines import Line2D

        xs, ys = zip(*points, strict=True)
        self._add(Line2D(xs, ys, color=color, linewidth=width, solid_joinstyle="round"))

    def dot(self, x: float, y: float, radius: float, color: str, *, hollow: bool = False) -> None:
        """A round mark."""
        from matplotlib.patches import Circle

        face = "#ffffff" if hollow else color
        self._add(Circle((x, y), radius, facecolor=face, edgecolor=color, linewidth=1.3))

    def ribbon(self, left: tuple[float, float, float], right: tuple[float, float, float], color: str, alpha: float) -> None:
        """A curved band between two upright edges, each given as x, top, bottom."""
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path

        (x1, top1, low1), (x2, top2, low2) = left, right
        middle = (x1 + x2) / 2
        points = [(x1, top1), (middle, top1), (middle, top2), (x2, top2), (x2, low2), (middle, low2), (middle, low1)]
        points += [(x1, low1), (x1, top1)]
        curve = [Path.CURVE4] * 3
        codes = [Path.MOVETO, *curve, Path.LINETO, *curve, Path.CLOSEPOLY]
        patch = PathPatch(Path(points, codes), facecolor=color, alpha=alpha, linewidth=0)
        self._add(patch)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = 8.5,
        color: str = style.INK,
        align: Align = "left",
        bold: bool = False,
    ) -> None:
        """A line of text centred on `y`."""
        weight = "bold" if bold else "normal"
        self._axes.text(
            x,
            y - 0.0015 * size,
            style.printable(text),
            fontsize=size,
            color=color,
            ha=align,
            va="center_baseline",
            weight=weight,
            family=[style.FAMILY, style.FALLBACK],
            parse_math=False,
            clip_on=False,
        )


@cache
def text_width(text: str, size: float = 8.5, *, bold: bool = False) -> float:
    """Width of a line of text in inches."""
    from matplotlib.font_manager import get_font
    from matplotlib.ft2font import LoadFlags

    font = get_font([str(style.font_file(bold=bold)), str(style.fallback_folder() / "DejaVuSans.ttf")])
    font.set_size(size, 72)
    font.set_text(style.printable(text), 0.0, flags=LoadFlags.NO_HINTING)
    return float(font.get_width_height()[0]) / 64 / 72


def fit(text: str, width: float, size: float = 8.5, *, bold: bool = False) -> str:
    """The text, cut with an ellipsis where it would be wider than `width` inches."""
    text = text[:400]
    if text_width(text, size, bold=bold) <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if text_width(text[:middle].rstrip() + "…", size, bold=bold) <= width:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + "…"


def lines(text: str, width: float, size: float = 8.5, *, bold: bool = False, limit: int = 2) -> list[str]:
    """The text broken into at most `limit` lines of `width` inches, the last cut with an ellipsis."""
    words = text[:600].split(" ")
    made: list[str] = []
    while words and len(made) < limit:
        if len(made) == limit - 1:
            made.append(fit(" ".join(words), width, size, bold=bold))
            break
        row = words.pop(0)
        while words and text_width(f"{row} {words[0]}", size, bold=bold) <= width:
            row = f"{row} {words.pop(0)}"
        made.append(fit(row, width, size, bold=bold))
    return made


def draw(paint: Callable[[Canvas], None], width: float, height: float) -> str:
    """The drawing as an SVG element with its text kept as text; equal drawings give equal bytes."""
    figure = _figure(width, height)
    paint(_canvas(figure, 0, height, width, height))
    return _tidy(_saved(figure, "svg").decode())


def draw_titled(
    paint: Callable[[Canvas], None], width: float, height: float, title: str, caption: str, kinds: Sequence[Literal["svg", "png"]]
) -> tuple[bytes, ...]:
    """The drawing as files of its own, one of each kind: title above, number of customers and date below."""
    margin = 0.3
    head = lines(title, width, 13, bold=True, limit=3)
    foot = lines(caption, width, 7.5, limit=3)
    above, below = 0.26 * len(head) + 0.18, 0.16 * len(foot) + 0.12
    total = margin * 2 + above + height + below
    figure = _figure(width + 2 * margin, total)
    sheet = _canvas(figure, 0, total, width + 2 * margin, total)
    for number, row in enumerate(head):
        sheet.text(margin, margin + 0.1 + 0.26 * number, row, size=13, bold=True)
    for number, row in enumerate(foot):
        sheet.text(margin, margin + above + height + 0.14 + 0.16 * number, row, size=7.5, color=style.MUTED)
    paint(_canvas(figure, margin, total - margin - above, width, height))
    return tuple(_saved(figure, kind) for kind in kinds)


def _figure(width: float, height: float) -> Figure:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    style.register_fonts()
    with mpl.rc_context(style.PLOT):
        return Figure(figsize=(width, height))


def _canvas(figure: Figure, left: float, top: float, width: float, height: float) -> Canvas:
    import matplotlib as mpl

    full_width, full_height = figure.get_size_inches()
    with mpl.rc_context(style.PLOT):
        place = (left / full_width, (top - height) / full_height, width / full_width, height / full_height)
        return Canvas(figure.add_axes(place), width, height)


def _saved(figure: Figure, kind: Literal["svg", "png"]) -> bytes:
    import matplotlib as mpl

    buffer = io.BytesIO()
    stamp = {"Date": None, "Creator": None, "Format": None, "Type": None} if kind == "svg" else {"Software": None}
    with mpl.rc_context(style.PLOT):
        figure.savefig(buffer, format=kind, metadata=stamp, facecolor="white")
    return buffer.getvalue()


def _tidy(svg: str) -> str:
    """Only the svg element: no prologue, no ids (many drawings share a page), no style sheet that would leak."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<(defs|metadata)>.*?</\1>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(<(?:g|path|svg)\b[^>]*?) id="[^"]*"', r"\1", svg)
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.DOTALL)
    return svg.replace("<svg ", '<svg stroke-linejoin="round" ', 1)
