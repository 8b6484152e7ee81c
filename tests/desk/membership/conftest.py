"""A small base with three saved segments."""

import pytest

from kogorta.desk.segments.actions import save_segment
from kogorta.segments.rules.formula import parse_formula


@pytest.fixture
def saved(analysed, founded):
    owner = founded["owner"]
    return {
        name: save_segment(owner, name, parse_formula(text))
        for name, text in {
            "sleeping": "recency_days > 30",
            "clicked": "hours_unanswered('email_click') between 24 and 720",
            "big": "largest_order(all) >= 100000",
        }.items()
    }
