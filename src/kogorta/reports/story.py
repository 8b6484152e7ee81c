"""Findings, charts and phrases of one analysis, ready to be put on pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kogorta.reports.blocks import Drawing
from kogorta.reports.charts import charts
from kogorta.reports.findings import find
from kogorta.reports.wording import Wording

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kogorta.analysis import Analysis
    from kogorta.kit.language import Language
    from kogorta.reports.blocks import Block
    from kogorta.reports.chart import Chart
    from kogorta.reports.finding import Finding

NAME_LIMIT = 60


@dataclass(frozen=True)
class Story:
    """What there is to tell."""

    say: Wording
    findings: Mapping[str, Finding]
    charts: Mapping[str, Chart]

    @classmethod
    def of(cls, analysis: Analysis, language: Language) -> Story:
        """Find, and draw what was found."""
        findings = find(analysis, language)
        by_code = {finding.code: finding for finding in findings}
        return cls(Wording(analysis, language), by_code, charts(analysis, language, findings))

    def has(self, code: str) -> bool:
        """Whether the data support this finding."""
        return code in self.findings

    def headline(self, code: str) -> str:
        """The finding in one sentence."""
        return self.findings[code].headline

    def body(self, code: str) -> str:
        """What stands behind it."""
        return self.findings[code].body

    def statement(self, code: str) -> tuple[str, str, str]:
        """A finding with its tag."""
        finding = self.findings[code]
        tag = {"risk": self.say.text("weak spot"), "caveat": self.say.text("caution"), "fact": ""}[finding.tone]
        return tag, finding.headline, finding.body

    def drawing(self, code: str) -> list[Block]:
        """The chart of a finding with the finding as its title; nothing when there is no chart."""
        chart = self.charts.get(code)
        return [Drawing(chart, self.body(code))] if chart else []

    def short(self, text: str, limit: int = NAME_LIMIT) -> str:
        """A text that may be of any length, on one line and cut with an ellipsis."""
        line = " ".join(text[: limit * 8].split())
        return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"
