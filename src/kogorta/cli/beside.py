"""A base with another engine beside it, for the command line."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from kogorta.kit.errors import InputError, OptionError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kogorta.base.customer_base import CustomerBase
    from kogorta.enrichment.okved import IndustryMap


def check_engine(engine: str, files: tuple[Path, ...], folder: Path | None, master: str | None, remote: str | None) -> None:
    """Refuse options that do not go together.

    Raises:
        OptionError: an address without the engine, or the engine without one.
        InputError: there is no base the engine could read.
    """
    if engine == "duckdb":
        if master or remote:
            raise OptionError("--spark-master and --spark-remote go with --engine spark.")
        return
    if (master is None) == (remote is None):
        raise OptionError("--engine spark needs one of --spark-master and --spark-remote.")
    if files or folder is None:
        raise InputError("--engine spark reads a base: import the files first (kogorta import FILE --base DIR), then give --base DIR.")


@contextmanager
def base_beside_spark(
    folder: Path,
    results: Path,
    *,
    master: str | None,
    remote: str | None,
    memory: str,
    spill: Path,
    industries: IndustryMap | None,
) -> Iterator[CustomerBase]:
    """The base with Spark beside it, which reads its files; Spark is let go of at the end.

    Args:
        folder: a base, or plain Parquet tables.
        results: where Spark writes; its workers and this computer see it under the same path.
        master: address of a master.
        remote: address of a Spark Connect server.
        memory: most memory of the embedded engine.
        spill: folder for spilled rows.
        industries: the map of industries, when another than the standard one.

    Raises:
        InputError: Spark does not answer, or the tables cannot be read.
    """
    from kogorta.base.customer_base import CustomerBase
    from kogorta.base.lending import is_plain_tables, lend, open_tables
    from kogorta.engine.spark import SparkEngine
    from kogorta.enrichment.enrich import enrich

    engine = SparkEngine.over_connect(remote, results) if remote else SparkEngine.over_master(str(master), results)
    try:
        if is_plain_tables(folder):
            yield open_tables(folder, engine, memory=memory, spill=spill)
            return
        base = CustomerBase(folder, memory=memory, spill=spill)
        if not base.enriched and len(base.table("customers")):
            enrich(base, industries)  # writes the base, so it comes before its files are lent
        lend(base, engine)
        yield base
    finally:
        engine.close()
