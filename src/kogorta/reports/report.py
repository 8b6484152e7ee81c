"""The report of an analysis: PDF, HTML and the whole output folder."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kogorta.kit.errors import InputError, OptionError
from kogorta.kit.language import Language, LanguageCode
from kogorta.kit.progress import SILENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from kogorta.analysis import Analysis
    from kogorta.kit.progress import Progress
    from kogorta.reports.blocks import Document
    from kogorta.reports.finding import Finding
    from kogorta.reports.story import Story

SUFFIXES: Final = (".pdf", ".html")


class Report:
    """An analysis told in words, charts and tables.

    Args:
        analysis: what was found.
        language: `ru` or `en`.
        title: title of the report; a plain one when None.

    Example:
        >>> from kogorta.reports import Report
        >>> Report.__name__
        'Report'
    """

    def __init__(self, analysis: Analysis, language: LanguageCode = "ru", title: str | None = None) -> None:
        self.analysis = analysis
        self.language = Language(language)
        self.title = title
        self._all_sheets = False

    @cached_property
    def _story(self) -> Story:
        from kogorta.reports.story import Story

        return Story.of(self.analysis, self.language)

    @cached_property
    def document(self) -> Document:
        """The report as blocks, before it becomes a PDF or a page."""
        from kogorta.reports.document import compose

        return compose(self._story, self.title)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the figures say, in reading order."""
        return tuple(self._story.findings.values())

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about what `write` leaves out, such as a table longer than a sheet."""
        from kogorta.reports.tables import too_long, too_slow

        rows = len(self.analysis.customers)
        slow = None if self._all_sheets else too_slow(rows, self.language)
        return tuple(note for note in (too_long(rows, self.language), slow) if note)

    def save(self, path: str | Path) -> Path:
        """Write the report to a `.pdf` or `.html` file.

        Returns:
            The path written.

        Raises:
            OptionError: the suffix is neither.
            InputError: the file cannot be written.
        """
        target = Path(path)
        if target.suffix.lower() not in SUFFIXES:
            raise OptionError(
                "report path is {str!r}; its name must end in .pdf or .html.",
                str=str(path),
            )
        content = self._pdf() if target.suffix.lower() == ".pdf" else self._html()
        _saved(target, lambda: target.write_bytes(content))
        return target

    def write(self, folder: str | Path, progress: Progress = SILENT, *, all_sheets: bool = False) -> list[Path]:
        """Write everything: the report as PDF and HTML, charts, tables, plan, audit.

        Args:
            folder: made when absent; files of the same names in it are replaced.
            progress: where the steps announce themselves.
            all_sheets: write `customers.xlsx` however long it takes; else only up to 200,000 customers, and `notes` says so.

        Returns:
            Paths written, in the order of writing.

        Raises:
            InputError: the folder cannot be made or written to.
        """
        target = Path(folder)
        self._all_sheets = all_sheets
        _saved(target, lambda: target.mkdir(parents=True, exist_ok=True))
        paths: list[Path] = []
        _saved(target, lambda: paths.extend(self._write(target, progress)))
        return paths

    def _write(self, folder: Path, progress: Progress) -> list[Path]:
        from kogorta.reports import sheets, tables
        from kogorta.reports.cells import SHEET_ROW_LIMIT, SHEET_ROWS_UNASKED
        from kogorta.reports.moves_tables import write_moves
        from kogorta.reports.plan_json import plan_json

        analysis, language = self.analysis, self.language
        paths = []
        with progress.step("report.pdf"):
            paths.append(self.save(folder / "report.pdf"))
        with progress.step("report.html"):
            paths.append(self.save(folder / "report.html"))
        charts = folder / "charts"
        charts.mkdir(exist_ok=True)
        with progress.step("charts", len(self._story.charts)) as step:
            for chart in self._story.charts.values():
                for kind, content in zip(("svg", "png"), chart.files(), strict=True):
                    path = charts / f"{chart.name}.{kind}"
                    path.write_bytes(content)
                    paths.append(path)
                step.advance(1)
        steps: tuple[tuple[str, Callable[[Path], object]], ...] = (
            ("customers.csv", lambda path: tables.write_customers_csv(analysis, path, language)),
            ("customers.parquet", lambda path: tables.write_customers_parquet(analysis, path, language)),
            ("quarantine.csv", lambda path: tables.write_quarantine_csv(analysis, path, language)),
            ("first_wave.xlsx", lambda path: sheets.write_wave_xlsx(analysis, path, language)),
        )
        for name, job in steps:
            with progress.step(name):
                job(folder / name)
            paths.append(folder / name)
        most = SHEET_ROW_LIMIT if self._all_sheets else SHEET_ROWS_UNASKED
        if sheets.write_customers_xlsx(analysis, folder / "customers.xlsx", language, progress, most=most):
            paths.append(folder / "customers.xlsx")
        else:
            (folder / "customers.xlsx").unlink(missing_ok=True)
        paths += tables.write_small_tables(analysis, folder, language)
        paths += write_moves(analysis, folder, language)
        why = self._story.findings["priority"]
        plan = folder / "plan.json"
        plan.write_text(plan_json(analysis, language, f"{why.headline}. {why.body}".strip()), encoding="utf-8")
        return [*paths, plan]

    def _pdf(self) -> bytes:
        from kogorta.reports.pdf import render_pdf

        return render_pdf(self.document)

    def _html(self) -> bytes:
        from kogorta.reports.html import render_html

        return render_html(self.document).encode()


def _saved(path: Path, job: Callable[[], object]) -> None:
    try:
        job()
    except OSError as error:
        raise InputError(
            "{path} cannot be written: {value}. Choose another folder.",
            path=path,
            value=error.strerror or error,
        ) from error
