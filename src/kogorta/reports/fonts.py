"""PT Sans inside a page: only the characters a page of its language uses, so that it looks the same on every machine."""

from __future__ import annotations

import base64
import io
from functools import cache
from importlib import import_module
from typing import Final

from kogorta.reports import style

PLAIN: Final = frozenset(map(chr, range(32, 127))) | frozenset("\u00a0«»„“”‘’–—…·№₽€£×−→")
RUSSIAN: Final = frozenset(map(chr, range(ord("А"), ord("я") + 1))) | frozenset("Ёё")
"""Characters taken together, so that one cut of the font serves most pages of a language."""


def font_faces(text: str) -> str:
    """CSS with regular and bold PT Sans as data, cut to the characters of `text`."""
    wanted = frozenset(text) | PLAIN
    if wanted & RUSSIAN:
        wanted |= RUSSIAN
    faces = []
    for bold in (False, True):
        data = base64.b64encode(_subset("".join(sorted(wanted)), bold=bold)).decode()
        weight = 700 if bold else 400
        source = f'url(data:font/woff;base64,{data}) format("woff")'
        faces.append(f'@font-face{{font-family:"Kogorta Sans";font-weight:{weight};font-display:swap;src:{source}}}')
    return "".join(faces)


@cache
def _subset(characters: str, *, bold: bool) -> bytes:
    subset = import_module("fontTools.subset")  # without type hints of its own
    options = subset.Options(layout_features=["kern", "tnum"], hinting=False, flavor="woff", notdef_outline=True)
    options.drop_tables += ["FFTM"]
    font = subset.load_font(io.BytesIO(style.font_file(bold=bold).read_bytes()), options)
    cutter = subset.Subsetter(options)
    cutter.populate(text=characters)
    cutter.subset(font)
    buffer = io.BytesIO()
    subset.save_font(font, buffer, options)
    return buffer.getvalue()
