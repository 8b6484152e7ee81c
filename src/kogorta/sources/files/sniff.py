"""What a file is, told by its bytes and never by its name: kind, encoding, delimiter."""

from __future__ import annotations

import codecs
import csv
import gzip
import hashlib
import io
import math
import re
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Final, Literal, cast

from kogorta.kit.errors import InputError
from kogorta.sources.files import vocabulary as words
from kogorta.sources.files.headers import clean_headers, owner_of

if TYPE_CHECKING:
    from pathlib import Path

    from kogorta.kit.progress import Step

Kind = Literal["text", "xlsx", "xls", "html", "parquet"]

CHUNK: Final = 1 << 20
SAMPLE: Final = 1 << 18
"""Bytes of the head that decide kind, delimiter and a missing byte-order mark."""

LINE_LIMIT: Final = 64 << 20
"""Longest physical line, bytes."""

RECORD_LIMIT: Final = 32 << 20
"""Longest record with quoted line breaks, characters; past it the opening quote is taken for a stray one."""

LARGE: Final = 8 << 20
"""Bytes from which a text table is counted for the direct path."""

UNPACKED_LIMIT: Final = 16 << 30
UNPACKED_RATIO: Final = 200
"""A gzip file may unpack to 16 GiB, and past 1 GiB to no more than 200 times its size."""

DELIMITERS: Final = (";", ",", "\t", "|")

_OTHER_CYRILLIC: Final = ("cp866", "koi8-r", "mac-cyrillic")
_FREQUENT: Final = frozenset("оеаинтсрвлк")
_ORDINARY: Final = frozenset(map(chr, range(0x410, 0x450))) | frozenset("ЁёІіЇїЄєҐґЎў«»„“”‘’–—…№•·°§€\u00a0\u00ad")
_ARCHIVES: Final = {
    b"Rar!": "RAR",
    b"7z\xbc\xaf": "7-Zip",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "Zstandard",
}
_FOREIGN: Final = {
    b"%PDF": "a PDF document", b"\x89PNG": "a PNG picture", b"\xff\xd8\xff": "a JPEG picture", b"GIF8": "a GIF picture",
    b"SQLite format 3": "a SQLite database", b"\x7fELF": "a program", b"MZ\x90": "a program",
}  # fmt: skip
_EXCEL_SAVES: Final = "save it as CSV UTF-8 or XLSX and read that file"


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


@dataclass(frozen=True)
class Dialect:
    """How a text table is cut into cells.

    Args:
        delimiter: one character.
        skip: physical lines before the table (`sep=;` of Excel).
    """

    delimiter: str
    skip: int = 0


def check_path(path: Path) -> None:
    """Refuse what is not a file with something in it.

    Raises:
        InputError: the path does not exist, is a folder, is empty or may not be read.
    """
    try:
        if path.is_dir():
            raise InputError(f"{path} is a folder; give the path of one file in it.")
        if not path.exists():
            raise InputError(f"{path} does not exist; check the path.")
        if not path.is_file():
            raise InputError(f"{path} is not an ordinary file; save the table to a file and give its path.")
        with path.open("rb") as stream:
            if not stream.read(1):
                raise InputError(f"{path.name} is empty (0 bytes); export it again.")
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path.name} cannot be opened ({reason(error)}); check the path and the permissions.") from error


def kind_of(path: Path) -> Kind:
    """Tell the kind of a file by its first bytes.

    Raises:
        InputError: it is not a table that can be read; the message says what it is and what to do.
    """
    head = read_head(path)
    raw = head if not is_gzip(path) else b""
    if head[:4] == b"PAR1":
        return "parquet"
    if head[:4] == b"PARE":
        raise InputError(f"{path.name} is an encrypted Parquet file; save it without encryption.")
    if raw[:4] in {b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"}:
        return _zip_kind(path)
    if raw[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        return "xls"
    for magic, name in _ARCHIVES.items():
        if raw.startswith(magic):
            raise InputError(f"{path.name} is a {name} archive; unpack it and read the file inside.")
    for magic, name in _FOREIGN.items():
        if head.startswith(magic):
            raise InputError(f"{path.name} is {name}, not a table; {_EXCEL_SAVES}.")
    start = _decoded_head(head).lstrip("\ufeff \t\r\n").lower()
    if start.startswith("<"):
        if "<table" in start or "<html" in start or "<meta" in start or "<tr" in start:
            return "html"
        if "urn:schemas-microsoft-com:office:spreadsheet" in start:
            raise InputError(f"{path.name} is an XML spreadsheet of Excel 2003; {_EXCEL_SAVES}.")
        if start.startswith(("<?xml", "<!doctype")):
            raise InputError(f"{path.name} is an XML document without a table; {_EXCEL_SAVES}.")
    if start.startswith(("{", "[{")) and '":' in start:
        raise InputError(f"{path.name} is JSON, not a table; export it as CSV, XLSX or Parquet.")
    if _is_binary(head):
        raise InputError(f"{path.name} is not a table: its bytes are neither text, XLSX nor Parquet; {_EXCEL_SAVES}.")
    return "text"


def is_gzip(path: Path) -> bool:
    """Whether the file is packed by gzip."""
    with path.open("rb") as stream:
        return stream.read(2) == b"\x1f\x8b"


def open_bytes(path: Path) -> IO[bytes]:
    """The bytes of a file, unpacked when it is a gzip file."""
    if is_gzip(path):
        return cast("IO[bytes]", gzip.open(path, "rb"))
    return path.open("rb")


def read_head(path: Path, size: int = SAMPLE) -> bytes:
    """The first bytes of a file, unpacked.

    Raises:
        InputError: the gzip file is broken.
    """
    try:
        with open_bytes(path) as stream:
            return stream.read(size)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path.name} cannot be read ({reason(error)}); export or download it again.") from error


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


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
    encoding, bom = _marked(head)
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
                _check_unpacked(path, census.size, packed)
                if limit is not None and census.size >= limit:
                    break
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path.name} cannot be read to the end ({reason(error)}); export or download it again.") from error
    broken = census.finish(whole=limit is None)
    if encoding == "utf-8" and census.foreign:
        encoding = _single_byte(path, head)
        broken = _count_broken(path, encoding, limit)
    digest = file_digest(path) if is_gzip(path) else census.digest
    return Scan(digest, encoding, bom, broken, census.nuls, census.size, census.lines, census.records, census.returns, census.crlf)


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


def dialect_of(text: str) -> Dialect:
    r"""Find the delimiter of a text table.

    Args:
        text: decoded head of the file; a cut last line does no harm.

    Returns:
        The delimiter that gives the steadiest rows with the most known headers; a comma for a single column.

    Example:
        >>> dialect_of("Клиент;Сумма, руб.\nООО;12,50\nИП;13,00\n").delimiter
        ';'
    """
    allow_long_cells()
    first = text.partition("\n")[0]
    match = re.fullmatch(r"\ufeff?\"?sep=(.)\"?;*,*\s*", first, re.IGNORECASE)
    if match:
        return Dialect(match[1], 1)
    lines = text.splitlines(keepends=True)
    complete = lines[:-1] if len(lines) > 1 and len(text) >= SAMPLE // 4 else lines
    best, best_score = ",", 0.0
    for delimiter in DELIMITERS:
        score = _steadiness(complete, delimiter)
        if score > best_score:
            best, best_score = delimiter, score
    return Dialect(best)


def allow_long_cells() -> None:
    """Let the CSV reader take cells as long as a record may be."""
    if csv.field_size_limit() < RECORD_LIMIT + 1024:
        csv.field_size_limit(RECORD_LIMIT + 1024)


def decode_head(path: Path, scan: Scan) -> str:
    """The head of a text table as text, without byte-order mark and NULs."""
    head = read_head(path)[scan.bom :]
    return codecs.getincrementaldecoder(scan.encoding)("replace").decode(head).replace("\0", "")


def _steadiness(lines: list[str], delimiter: str) -> float:
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO("".join(lines), newline=""), delimiter=delimiter, skipinitialspace=True):
            if any(row):
                rows.append(row)
            if len(rows) >= 300:
                break
    except csv.Error:
        return 0.0
    if len(rows) > 1 and len(rows) < 300 and len(rows[-1]) < len(rows[0]):
        rows.pop()  # perhaps cut by the end of the sample
    widths = [len(row) for row in rows]
    if not widths:
        return 0.0
    usual = max(set(widths), key=lambda width: (widths.count(width), width))
    usual = widths[0] if widths.count(widths[0]) >= 0.3 * len(widths) else usual
    if usual < 2:
        return 0.0
    header = next(row for row in rows if len(row) == usual)
    known = sum(1 for name in clean_headers(header)[0] if name and _is_known(name))
    return widths.count(usual) / len(widths) * (1 + math.log(usual)) * (1 + 2 * known / usual)


def _is_known(header: str) -> bool:
    owner, phrase = owner_of(header)
    return any(phrase in phrases for phrases in words.SYNONYMS[owner].values()) or phrase in {
        "id",
        "name",
        "email",
        "телефон",
    }


def _marked(head: bytes) -> tuple[str, int]:
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8", 3
    if head.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le", 2
    if head.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be", 2
    return _unmarked_utf16(head) or "utf-8", 0


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
            f"{path.name} has a line longer than {LINE_LIMIT >> 20} MB without a line break; "
            "it is not a table with one record a line, export it as CSV, XLSX or Parquet."
        )
    return line


def _check_unpacked(path: Path, size: int, packed: int) -> None:
    if size > UNPACKED_LIMIT or (size > 1 << 30 and size > UNPACKED_RATIO * packed):
        raise InputError(
            f"{path.name} unpacks to more than {size >> 30} GB from {max(packed >> 20, 1)} MB, past the limit of "
            f"{UNPACKED_LIMIT >> 30} GB or {UNPACKED_RATIO} times; unpack it yourself and check what is inside."
        )


def _zip_kind(path: Path) -> Kind:
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError) as error:
        raise InputError(f"{path.name} is a broken ZIP or XLSX file ({reason(error)}); export or download it again.") from error
    if any(name.lower() in {"xl/workbook.xml", "xl/workbook2.xml"} for name in names):
        return "xlsx"
    if "xl/workbook.bin" in names:
        raise InputError(f"{path.name} is a binary workbook (XLSB); {_EXCEL_SAVES}.")
    if "mimetype" in names and "content.xml" in names:
        raise InputError(f"{path.name} is an OpenDocument file; {_EXCEL_SAVES}.")
    listed = ", ".join(names[:3]) or "nothing"
    raise InputError(f"{path.name} is a ZIP archive with {listed} inside; unpack it and read the table itself.")


def _decoded_head(head: bytes) -> str:
    encoding, bom = _marked(head)
    return head[bom : bom + 8192].decode(encoding, "replace")


def _is_binary(head: bytes) -> bool:
    encoding, bom = _marked(head)
    if encoding != "utf-8":
        return False
    body = head[bom:]
    odd = sum(body.count(bytes([code])) for code in (*range(1, 9), *range(14, 26), *range(27, 32), 127))
    nuls = body.count(0)
    return odd > max(2, 0.002 * len(body)) or nuls > max(64, 0.02 * len(body))


def reason(error: BaseException) -> str:
    """A foreign error in a few words, for the brackets of a sentence."""
    text = str(getattr(error, "strerror", None) or error) or type(error).__name__
    return " ".join(text.split())[:120].rstrip(".")
