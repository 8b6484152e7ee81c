"""Which characters the bytes of a text table are, told by the whole file and not by its head."""

from __future__ import annotations

import codecs
import hashlib
import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kogorta.kit.errors import InputError
from kogorta.sources.files.contents import CHUNK, SAMPLE, check_unpacked, file_digest, is_gzip, open_bytes, read_head, reason

if TYPE_CHECKING:
    from pathlib import Path

    from kogorta.kit.progress import Step

LINE_LIMIT: Final = 64 << 20
"""Longest physical line, bytes."""

LARGE: Final = 8 << 20
"""Bytes from which a text table is counted for the direct path."""

_OTHER_CYRILLIC: Final = ("cp866", "koi8-r", "mac-cyrillic")
_FREQUENT: Final = frozenset("оеаинтсрвлк")
_ORDINARY: Final = frozenset(map(chr, range(0x410, 0x450))) | frozenset("ЁёІіЇїЄєҐґЎў«»„“”‘’–—…№•·°§€\u00a0\u00ad")


@dataclass(frozen=True)
class Scan:
    """What one pass over the bytes of a text table found.

    Args:
        digest: SHA-256 of the file's bytes.
        encoding: Python name of the encoding.
        bom: bytes of the byte-order mark to skip.
        broken: characters that are not of the encoding and are read as U+FFFD.
        nuls: whether there are NUL characters.
        size: bytes of text, unpacked.
        lines: physical lines.
        records: lines whose break is not inside quotes; counted only in large files of one byte per ASCII character.
        returns: whether there are carriage returns that do not end a line.
        crlf: whether lines end with a carriage return and a line feed.
    """

    digest: str
    encoding: str
    bom: int
    broken: int
    nuls: bool
    size: int
    lines: int = 0
    records: int = 0
    returns: bool = False
    crlf: bool = False


def scan_text(path: Path, limit: int | None = None, *, lined: bool = True, step: Step | None = None) -> Scan:
    """Read a text table once: digest, encoding of every byte, NULs, the longest line.

    Args:
        path: the file.
        limit: bytes after which to stop; for a preview.
        lined: whether a record is a line, so that an endless line is refused.
        step: where lines are reported.

    Returns:
        What was found.

    Raises:
        InputError: a line is longer than the limit, or an archive unpacks to an absurd size.
    """
    head = read_head(path)
    encoding, bom = mark_of(head)
    packed = path.stat().st_size
    counting = lined and packed >= LARGE and not encoding.startswith("utf-16")
    census = _Census(encoding, counting=counting)
    line = 0
    try:
        with open_bytes(path) as stream:
            while chunk := stream.read(CHUNK):
                census.take(chunk)
                if lined:
                    line = _check_line(path, chunk, line)
                if step:
                    step.advance(chunk.count(b"\n"))
                check_unpacked(path, census.size, packed)
                if limit is not None and census.size >= limit:
                    break
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            "{name} cannot be read to the end ({reason}); export or download it again.",
            name=path.name,
            reason=reason(error),
        ) from error
    broken = census.finish(whole=limit is None)
    if encoding == "utf-8" and census.foreign:
        encoding = _single_byte(path, head)
        broken = _count_broken(path, encoding, limit)
    digest = file_digest(path) if is_gzip(path) else census.digest
    return Scan(digest, encoding, bom, broken, census.nuls, census.size, census.lines, census.records, census.returns, census.crlf)


def decode_head(path: Path, scan: Scan) -> str:
    """The head of a text table as text, without byte-order mark and NULs."""
    head = read_head(path)[scan.bom :]
    return codecs.getincrementaldecoder(scan.encoding)("replace").decode(head).replace("\0", "")


def mark_of(head: bytes) -> tuple[str, int]:
    """Encoding that the first bytes give away, UTF-8 when nothing does, and the length of the byte-order mark."""
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8", 3
    if head.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le", 2
    if head.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be", 2
    return _unmarked_utf16(head) or "utf-8", 0


class _Census:
    """Counts over the bytes of a text table, chunk by chunk."""

    def __init__(self, encoding: str, *, counting: bool) -> None:
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._hasher = hashlib.sha256()
        self._multibyte = self._broken = 0
        self._counting = counting
        self._quoted = False
        self._last = b""
        self.size = self.lines = self.records = 0
        self.nuls = self.returns = self.crlf = False
        self.foreign = False

    @property
    def digest(self) -> str:
        """SHA-256 of all bytes."""
        return self._hasher.hexdigest()

    def take(self, chunk: bytes) -> None:
        """Count one more chunk."""
        self._hasher.update(chunk)
        self.size += len(chunk)
        if not self.foreign:
            text = self._decoder.decode(chunk)
            self._multibyte += len(chunk) - len(text)
            self._broken += text.count("\ufffd") if "\ufffd" in text else 0
            self.nuls = self.nuls or "\0" in text
            self.foreign = self._broken > 1000 and self._broken * 20 > self._multibyte
        else:
            self.nuls = self.nuls or b"\0" in chunk
        if self._counting:
            self._count(chunk)

    def _count(self, chunk: bytes) -> None:
        breaks = chunk.count(b"\n")
        self.lines += breaks
        pairs = chunk.count(b"\r\n") + (self._last == b"\r" and chunk[:1] == b"\n")
        self.crlf = self.crlf or pairs > 0
        held = chunk[-1:] == b"\r"
        self.returns = self.returns or chunk.count(b"\r") - held + (self._last == b"\r") != pairs
        self._last = chunk[-1:]
        quotes = chunk.count(b'"')
        if not quotes:
            self.records += 0 if self._quoted else breaks
            return
        import numpy as np

        codes = np.frombuffer(chunk, np.uint8)
        inside = (np.cumsum(codes == 34, dtype=np.uint8) & 1) != self._quoted
        self.records += int(np.count_nonzero((codes == 10) & ~inside))
        self._quoted = bool((quotes & 1) != self._quoted)

    def finish(self, *, whole: bool) -> int:
        """Characters that are not of the encoding."""
        if whole:
            self._broken += self._decoder.decode(b"", final=True).count("\ufffd")
        self.foreign = self._broken > 0 and self._broken * 20 > self._multibyte
        if self._last not in {b"", b"\n"}:
            self.lines += 1
            self.records += 1
        return self._broken


def _unmarked_utf16(head: bytes) -> str | None:
    """UTF-16 without a mark: delimiters and digits put a zero into every second byte."""
    size = min(len(head), 4096) & ~1
    if size < 8:
        return None
    even, odd = head[0:size:2].count(0), head[1:size:2].count(0)
    if odd > size // 2 * 0.2 and even * 20 < odd:
        return "utf-16-le"
    if even > size // 2 * 0.2 and odd * 20 < even:
        return "utf-16-be"
    return None


def _single_byte(path: Path, head: bytes) -> str:
    """Windows-1251 unless another Cyrillic code page reads clearly more like Russian."""
    sample = head if any(byte > 127 for byte in head) else _first_high(path)
    scores = {name: _russianness(sample.decode(name, "replace")) for name in ("cp1251", *_OTHER_CYRILLIC)}
    best = max(scores, key=lambda name: scores[name])
    if scores[best] > scores["cp1251"] + 0.03:
        return best
    high = sum(1 for byte in sample if byte > 127)
    latin = len(re.findall(rb"[A-Za-z][\x80-\xff]|[\x80-\xff][A-Za-z]", sample))
    return _guessed(sample) if latin > 0.5 * high else "cp1251"


def _guessed(sample: bytes) -> str:
    """A code page of single accented letters among Latin ones."""
    import charset_normalizer

    found = charset_normalizer.from_bytes(sample[:65536]).best()
    return found.encoding if found is not None and found.encoding not in {"ascii", "utf_8"} else "cp1252"


def _first_high(path: Path) -> bytes:
    with open_bytes(path) as stream:
        while chunk := stream.read(CHUNK):
            match = re.search(rb"[\x80-\xff]", chunk)
            if match:
                return chunk[max(0, match.start() - 1000) : match.start() + SAMPLE]
    return b""


def _russianness(text: str) -> float:
    """Share of the most frequent Russian letters, less the share of characters that no Cyrillic text is written with."""
    high = [char for char in text if ord(char) > 127]
    if not high:
        return 0.0
    frequent = sum(1 for char in high if char in _FREQUENT)
    strange = sum(1 for char in high if char not in _ORDINARY)
    return (frequent - strange) / len(high)


def _count_broken(path: Path, encoding: str, limit: int | None) -> int:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    size = broken = 0
    single = encoding == "cp1251"  # its one undefined byte is quicker to count than to decode
    with open_bytes(path) as stream:
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            broken += chunk.count(b"\x98") if single else decoder.decode(chunk).count("\ufffd")
            if limit is not None and size >= limit:
                break
    return broken


def _check_line(path: Path, chunk: bytes, line: int) -> int:
    last = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
    line = line + len(chunk) if last < 0 else len(chunk) - last
    if line > LINE_LIMIT:
        raise InputError(
            "{name} has a line longer than {value} MB without a line break; it is not a table with one record a "
            "line, export it as CSV, XLSX or Parquet.",
            name=path.name,
            value=LINE_LIMIT >> 20,
        )
    return line
