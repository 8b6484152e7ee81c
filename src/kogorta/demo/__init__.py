"""Generated bases with a known truth: an online school's CRM export and a retail base of any size."""

from __future__ import annotations

from kogorta.demo.retail import RetailModel, RetailTruth, write_retail
from kogorta.demo.school import write_school
from kogorta.demo.truth import SchoolTruth

__all__ = ["RetailModel", "RetailTruth", "SchoolTruth", "write_retail", "write_school"]
