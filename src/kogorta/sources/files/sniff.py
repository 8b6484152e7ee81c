"""What kind of file it is, told by its bytes and never by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from kogorta.kit.errors import InputError
from kogorta.sources.files.contents import is_gzip, read_head, reason
from kogorta.sources.files.encodings import mark_of

if TYPE_CHECKING:
    from pathlib import Path

Kind = Literal["text", "xlsx", "xls", "html", "parquet"]

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
        raise InputError(
            "{name} is an encrypted Parquet file; save it without encryption.",
            name=path.name,
        )
    if raw[:4] in {b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"}:
        return _zip_kind(path)
    if raw[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        return "xls"
    for magic, name in _ARCHIVES.items():
        if raw.startswith(magic):
            raise InputError(
                "{name} is a {name_2} archive; unpack it and read the file inside.",
                name=path.name,
                name_2=name,
            )
    for magic, name in _FOREIGN.items():
        if head.startswith(magic):
            raise InputError(
                "{name} is {name_2}, not a table; {excel_saves}.",
                name=path.name,
                name_2=name,
                excel_saves=_EXCEL_SAVES,
            )
    start = _decoded_head(head).lstrip("\ufeff \t\r\n").lower()
    if start.startswith("<"):
        if "<table" in start or "<html" in start or "<meta" in start or "<tr" in start:
            return "html"
        if "urn:schemas-microsoft-com:office:spreadsheet" in start:
            raise InputError(
                "{name} is an XML spreadsheet of Excel 2003; {excel_saves}.",
                name=path.name,
                excel_saves=_EXCEL_SAVES,
            )
        if start.startswith(("<?xml", "<!doctype")):
            raise InputError(
                "{name} is an XML document without a table; {excel_saves}.",
                name=path.name,
                excel_saves=_EXCEL_SAVES,
            )
    if start.startswith(("{", "[{")) and '":' in start:
        raise InputError(
            "{name} is JSON, not a table; export it as CSV, XLSX or Parquet.",
            name=path.name,
        )
    if _is_binary(head):
        raise InputError(
            "{name} is not a table: its bytes are neither text, XLSX nor Parquet; {excel_saves}.",
            name=path.name,
            excel_saves=_EXCEL_SAVES,
        )
    return "text"


def _zip_kind(path: Path) -> Kind:
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError) as error:
        raise InputError(
            "{name} is a broken ZIP or XLSX file ({reason}); export or download it again.",
            name=path.name,
            reason=reason(error),
        ) from error
    if any(name.lower() in {"xl/workbook.xml", "xl/workbook2.xml"} for name in names):
        return "xlsx"
    if "xl/workbook.bin" in names:
        raise InputError(
            "{name} is a binary workbook (XLSB); {excel_saves}.",
            name=path.name,
            excel_saves=_EXCEL_SAVES,
        )
    if "mimetype" in names and "content.xml" in names:
        raise InputError(
            "{name} is an OpenDocument file; {excel_saves}.",
            name=path.name,
            excel_saves=_EXCEL_SAVES,
        )
    listed = ", ".join(names[:3]) or "nothing"
    raise InputError(
        "{name} is a ZIP archive with {listed} inside; unpack it and read the table itself.",
        name=path.name,
        listed=listed,
    )


def _decoded_head(head: bytes) -> str:
    encoding, bom = mark_of(head)
    return head[bom : bom + 8192].decode(encoding, "replace")


def _is_binary(head: bytes) -> bool:
    encoding, bom = mark_of(head)
    if encoding != "utf-8":
        return False
    body = head[bom:]
    odd = sum(body.count(bytes([code])) for code in (*range(1, 9), *range(14, 26), *range(27, 32), 127))
    nuls = body.count(0)
    return odd > max(2, 0.002 * len(body)) or nuls > max(64, 0.02 * len(body))
