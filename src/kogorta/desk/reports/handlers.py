"""Jobs of the room: make a report. Its files come into their place in the transaction that says it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kogorta.desk.bases.handlers import JobProgress
from kogorta.desk.bases.snapshots import open_enriched
from kogorta.desk.errors import ConflictError
from kogorta.desk.jobs.registry import job
from kogorta.desk.jobs.workspace import workspace
from kogorta.desk.reports import schedule  # noqa: F401  says what is due
from kogorta.desk.reports.actions import keep_report
from kogorta.desk.reports.files import PAGE, publish
from kogorta.desk.reports.models import Report as Row
from kogorta.desk.reports.strict_page import strict_page
from kogorta.kit.language import LanguageCode, message

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from kogorta.analysis import Analysis
    from kogorta.desk.jobs.context import JobContext
    from kogorta.reports.report import Report

_STEPS: Final = 10


@job("reports.make", message("Make a report"), most_attempts=3)
def make(context: JobContext) -> Mapping[str, object]:
    """Analyse the base and write the report as PDF, page and tables."""
    from kogorta.analysis import Analyzer
    from kogorta.reports.report import Report
    from kogorta.waves.planning import Planner

    row = Row.objects.filter(pk=int(str(context.arguments["report_id"]))).first()
    if row is None:
        raise ConflictError("The report was deleted meanwhile.")
    if row.ready_at is not None:
        return {"report": row.pk}
    progress = JobProgress(context, _STEPS)
    with workspace(context) as folder:
        base, _ = open_enriched()
        try:
            analysis = Analyzer(planner=Planner(scheme=row.scheme)).analyze(base, row.as_of, progress=progress)
            code: LanguageCode = "en" if row.language == "en" else "ru"
            report = Report(analysis, code)
            policy = _write(report, analysis, folder / "report", progress)
            headline = next((item.headline for item in report.findings if item.code == "priority"), "")
            customers = len(analysis.customers)
        finally:
            base.connection.close()
        context.check()
        with context.effect():
            sizes = publish(folder / "report", row.pk)
            keep_report(row.pk, analysis.as_of, customers, headline, sizes, policy)
    return {"report": row.pk, "customers": customers}


def _write(report: Report, analysis: Analysis, folder: Path, progress: JobProgress) -> str:
    """Write the files; returns the policy the page is served under."""
    from kogorta.reports.cells import SHEET_ROWS_UNASKED
    from kogorta.reports.sheets import write_customers_xlsx, write_wave_xlsx

    folder.mkdir()
    with progress.step(message("Writing the PDF")):
        report.save(folder / "report.pdf")
    with progress.step(message("Writing the page")):
        page = report.save(folder / PAGE)
        content, policy = strict_page(page.read_text(encoding="utf-8"))
        page.write_text(content, encoding="utf-8")
    with progress.step(message("Writing the tables")):
        write_wave_xlsx(analysis, folder / "first_wave.xlsx", report.language)
        write_customers_xlsx(analysis, folder / "customers.xlsx", report.language, most=SHEET_ROWS_UNASKED)
    return policy
