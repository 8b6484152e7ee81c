"""Reports: from an `Analysis` to findings in words, charts, PDF, HTML and tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kogorta.reports.report import Report

__all__ = ["Report"]


def __getattr__(name: str) -> object:
    if name == "Report":
        from kogorta.reports.report import Report

        return Report
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
