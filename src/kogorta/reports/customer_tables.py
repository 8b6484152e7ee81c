"""What another engine made of every customer, handed over as Delta tables beside the report."""

from __future__ import annotations

from importlib import resources
from shutil import rmtree
from typing import TYPE_CHECKING, Final

from kogorta.segments.summary import materialise

if TYPE_CHECKING:
    from pathlib import Path

    from kogorta.analysis import Analysis
    from kogorta.base.customer_base import CustomerBase

HANDED: Final = ("summary", "abc_xyz", "lifecycle", "clv_summary")
"""Tables that stay: one row per customer at the day of the analysis."""


def hand_over(analysis: Analysis, base: CustomerBase, folder: Path) -> tuple[Path, ...]:
    """Make Delta tables of what was computed elsewhere for the day of the analysis, and clear away the rest.

    Args:
        analysis: the analysis, already written: its tables can no longer be read afterwards.
        base: the base it was made of, with the other engine still beside it.
        folder: where that engine kept its results.

    Returns:
        Folders of Delta tables: customers (the contract columns of `customers.csv`, money in minor units), summary, abc_xyz, lifecycle,
        clv_summary (x, t_x, T and spend of every buyer, what models of value read).
    """
    from deltalake import convert_to_deltalake, write_deltalake

    day = f"{analysis.as_of:%Y%m%d}"
    query = (resources.files("kogorta.value") / "summary.sql").read_text(encoding="utf-8")
    materialise(base, f"clv_summary_{day}", query, {"calibration_end": analysis.as_of.isoformat(), "as_of": analysis.as_of.isoformat()})
    customers = folder / "customers"
    write_deltalake(customers, base.connection.sql(analysis.customers.sql), mode="overwrite", schema_mode="overwrite")
    written = [customers]
    for name in HANDED:
        target = folder / name
        rmtree(target, ignore_errors=True)
        made = sorted(path for path in folder.glob(f"{name}_*") if _is_of(path.name, name, day))
        if made:
            made[0].rename(target)
            convert_to_deltalake(target)
            written.append(target)
    for path in folder.iterdir():
        if path.is_dir() and path not in written:
            rmtree(path)
    return tuple(written)


def _is_of(found: str, name: str, day: str) -> bool:
    """Whether a result is the one of the day: `summary_20261122_1`, not `summary_gross_20261122_1`."""
    rest = found[len(name) + 1 :].split("_")
    return rest[0] == day if name in ("summary", "clv_summary") else day in rest
