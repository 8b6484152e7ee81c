"""Figures about the desk in the text form of Prometheus: numbers alone, no personal data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kogorta import __version__
from kogorta.desk.bases.opening import base_state
from kogorta.desk.bases.snapshots import latest_snapshot
from kogorta.desk.company.queries import current_company
from kogorta.desk.jobs.models import State
from kogorta.desk.jobs.queries import jobs_by_state, oldest_waiting
from kogorta.desk.people.queries import count_sessions

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Metric:
    """One metric with its samples.

    Args:
        name: without the prefix.
        kind: `gauge` or `counter`.
        help: one sentence.
        samples: value by label, `""` for the only one; the label is `name="value"`.
    """

    name: str
    kind: str
    help: str
    samples: Mapping[str, float]

    def lines(self) -> list[str]:
        """The metric as Prometheus reads it."""
        full = f"kogorta_{self.name}"
        return [
            f"# HELP {full} {self.help}",
            f"# TYPE {full} {self.kind}",
            *(f"{full}{{{label}}} {value:g}" if label else f"{full} {value:g}" for label, value in self.samples.items()),
        ]


def metrics() -> str:
    """Every metric right now."""
    counts = jobs_by_state()
    waiting = oldest_waiting()
    company, state = current_company(), base_state()
    snapshot = latest_snapshot(company.scheme) if company else None
    found = [
        Metric("desk_info", "gauge", "Version of the program.", {f'version="{__version__}"': 1}),
        Metric("jobs", "gauge", "Jobs by state.", {f'state="{state}"': counts.get(state, 0) for state in State}),
        Metric("jobs_oldest_waiting_seconds", "gauge", "How long the oldest job that is due has waited.", {"": _age(waiting)}),
        Metric("sessions", "gauge", "Signed-in sessions.", {"": count_sessions()}),
        Metric("base_is_loaded", "gauge", "1 when something was imported.", {"": 0 if state.is_empty else 1}),
        Metric("base_customers", "gauge", "Customers of the newest snapshot.", {"": snapshot.customers if snapshot else 0}),
        Metric(
            "snapshot_is_current", "gauge", "1 when the newest snapshot is of the base as it is.",
            {"": 1 if snapshot and snapshot.version == state.version else 0},
        ),
    ]  # fmt: skip
    return "\n".join(line for metric in found for line in metric.lines()) + "\n"


def _age(moment: datetime | None) -> float:
    return max(0.0, (datetime.now(UTC) - moment).total_seconds()) if moment else 0.0
