"""A finding: one thing the figures say, in words, with the figures it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Tone = Literal["fact", "risk", "caveat"]
SMALL: Final = 30
"""Below this many customers a share is too rough to compare: the 95 % interval of a half is wider than 35 points."""


@dataclass(frozen=True)
class Finding:
    """One finding.

    Args:
        code: what it is about; the same in every language.
        headline: the finding in one sentence, without a full stop: the title of its chart.
        body: what stands behind it, one to four sentences.
        figures: the numbers it was made from, by name; money in minor units, shares 0-1.
        tone: `risk` is a weak spot, `caveat` limits what may be concluded.
    """

    code: str
    headline: str
    body: str
    figures: tuple[tuple[str, float], ...] = ()
    tone: Tone = "fact"
