"""Colours, type and sizes shared by charts, PDF and HTML."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from matplotlib.typing import RcKeyType

INK: Final = "#1b1f24"
MUTED: Final = "#57606a"
RULE: Final = "#d0d7de"
PAPER: Final = "#f4f5f9"
NEUTRAL: Final = "#aeb6c2"
ACCENT: Final = "#30349b"
WARNING: Final = "#cc6d1e"
SERIES: Final = ("#30349b", "#cc6d1e", "#7e8a77", "#5281f2", "#772806", "#8f6392", "#503c4a")
"""Seven colours at least 18.7 apart (CAM02-UCS) for normal sight and three deficiencies, each 3.6:1 or more on white."""
LIGHT: Final = "#eceef8"
FAMILY: Final = "PT Sans"
FALLBACK: Final = "DejaVu Sans"
CHART_WIDTH: Final = 6.693
"""Inches: the text column of the A4 page, 170 mm."""
PLOT: Final[dict[RcKeyType, object]] = {
    "font.family": [FAMILY, FALLBACK],
    "svg.fonttype": "none",
    "svg.hashsalt": "kogorta",
    "text.parse_math": False,
    "text.usetex": False,
    "axes.unicode_minus": True,
    "figure.dpi": 100,
    "savefig.dpi": 160,
    "path.simplify": False,
}


@cache
def font_folder() -> Path:
    """Folder of the PT Sans files that come with the `fontpkg-pt-sans` package."""
    return Path(str(resources.files("fontpkg_pt_sans"))) / "files"


@cache
def fallback_folder() -> Path:
    """Folder of DejaVu Sans inside matplotlib: glyphs PT Sans lacks."""
    import matplotlib as mpl

    return Path(mpl.get_data_path()) / "fonts" / "ttf"


def font_file(*, bold: bool = False) -> Path:
    """The PT Sans file of a weight."""
    return font_folder() / f"PT_Sans-Web-{'Bold' if bold else 'Regular'}.ttf"


@cache
def register_fonts() -> None:
    """Make PT Sans known to matplotlib, once."""
    from matplotlib.font_manager import fontManager

    for path in sorted(font_folder().glob("*.ttf")):
        fontManager.addfont(str(path))


@cache
def _known_glyphs() -> frozenset[int]:
    from matplotlib.ft2font import FT2Font

    found: set[int] = set()
    for path in (font_file(), fallback_folder() / "DejaVuSans.ttf"):
        found.update(FT2Font(str(path)).get_charmap())
    return frozenset(found)


def printable(text: str) -> str:
    r"""The text with characters no font of ours can draw replaced, and controls made spaces.

    Example:
        >>> printable("a\x00b\tc")
        'a b c'
    """
    if text.isascii() and text.isprintable():
        return text
    known = _known_glyphs()
    return "".join(" " if not (char.isprintable() or char == "\u00a0") else char if ord(char) in known else "□" for char in text)


def shade(share: float) -> str:
    """The single-hue scale for 0-1, from near white to the accent.

    Example:
        >>> shade(1.0)
        '#30349b'
    """
    part = min(max(share, 0.0), 1.0)
    low, high = (0xEC, 0xEE, 0xF8), (0x30, 0x34, 0x9B)
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in zip(low, high, strict=True))


def ink_on(share: float) -> str:
    """Text colour on a cell of that shade."""
    return ink_over(shade(share))


def ink_over(color: str) -> str:
    """White or dark ink, whichever stands out more on a colour (WCAG contrast).

    Example:
        >>> ink_over("#30349b"), ink_over("#7e8a77")
        ('#ffffff', '#1b1f24')
    """
    own = luminance(color)
    return "#ffffff" if 1.05 / (own + 0.05) >= (own + 0.05) / (luminance(INK) + 0.05) else INK


def luminance(color: str) -> float:
    """Relative luminance of a colour, WCAG 2.2."""
    parts = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
