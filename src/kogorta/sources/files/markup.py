"""HTML tables saved as .xls: what Bitrix24 calls an export to Excel."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, Final

from kogorta.kit.errors import InputError
from kogorta.sources.files.contents import CHUNK, open_bytes, reason

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lxml.etree import _Element

    from kogorta.sources.files.encodings import Scan
    from kogorta.sources.files.rows import Record

SPAN_LIMIT: Final = 1000
_WRAPPERS: Final = frozenset({"font", "span", "b", "i", "u", "strong", "em", "a", "p", "div", "nobr", "small", "big"})


class _Utf8:
    """A stream of the file's text in UTF-8, whatever it was saved in."""

    def __init__(self, path: Path, scan: Scan) -> None:
        self._stream = open_bytes(path)
        self._stream.read(scan.bom)
        self._decoder = codecs.getincrementaldecoder(scan.encoding)("replace")

    def read(self, size: int = CHUNK) -> bytes:
        """The next piece; empty at the end."""
        while chunk := self._stream.read(min(max(size, 1), CHUNK)):
            if text := self._decoder.decode(chunk).replace("\0", ""):
                return text.encode("utf-8", "replace")
        return self._decoder.decode(b"", final=True).encode("utf-8", "replace")

    def close(self) -> None:
        """Close the file."""
        self._stream.close()


def read_table(path: Path, scan: Scan) -> Iterator[Record]:
    """Rows of the tables of an HTML file, tables inside cells left to their cells.

    Markup inside a cell stays as it is written, except a wrapper around the whole cell (`<font>5</font>`).

    Args:
        path: the file.
        scan: its encoding.

    Yields:
        Row number (the first `<tr>` is 1) and cells.

    Raises:
        InputError: the markup cannot be parsed.
    """
    from lxml import etree

    stream = _Utf8(path, scan)
    depth = number = 0
    row: _Element | None = None
    spans: dict[int, tuple[int, str]] = {}
    try:
        events = etree.iterparse(
            stream, events=("start", "end"), html=True, encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True
        )
        for event, element in events:
            tag = element.tag
            if tag == "table":
                depth += 1 if event == "start" else -1
            elif tag == "tr" and depth == 1:
                if event == "start":
                    row = element
                elif row is not None and element is row:
                    number += 1
                    yield number, _cells(element, spans)
                    element.clear()
                    _forget_before(element)
    except etree.XMLSyntaxError as error:
        raise InputError(
            "{name} is an HTML page whose table cannot be read ({reason}); save it as XLSX or CSV UTF-8.",
            name=path.name,
            reason=reason(error),
        ) from error
    finally:
        stream.close()


def _forget_before(element: _Element) -> None:
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def _cells(row: _Element, spans: dict[int, tuple[int, str]]) -> list[str]:
    cells: list[str] = []
    for cell in row:
        if cell.tag not in {"td", "th"}:
            continue
        _continue_spans(cells, spans)
        text = _inner(cell)
        down = _span(cell, "rowspan")
        if down > 1:
            spans[len(cells)] = (down - 1, text)
        cells.append(text)
        cells.extend([""] * (_span(cell, "colspan") - 1))
    _continue_spans(cells, spans)
    return cells


def _continue_spans(cells: list[str], spans: dict[int, tuple[int, str]]) -> None:
    while (found := spans.get(len(cells))) is not None:
        left, text = found
        if left > 1:
            spans[len(cells)] = (left - 1, text)
        else:
            del spans[len(cells)]
        cells.append(text)


def _span(cell: _Element, name: str) -> int:
    value = str(cell.get(name, "1")).strip()
    return min(max(int(value), 1), SPAN_LIMIT) if value.isascii() and value.isdigit() else 1


def _inner(cell: _Element) -> str:
    from lxml import etree

    inside = cell
    while len(inside) == 1 and inside[0].tag in _WRAPPERS and not (inside.text or "").strip() and not (inside[0].tail or "").strip():
        inside = inside[0]
    pieces = [str(inside.text or "")]
    for child in inside:
        pieces.append(str(etree.tostring(child, encoding="unicode", method="html", with_tail=False)))
        pieces.append(str(child.tail or ""))
    text = "".join(pieces)
    return text.replace("\r\n", "\n").replace("\r", "\n")
