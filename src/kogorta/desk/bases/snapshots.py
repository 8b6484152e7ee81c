"""Analysed states of the base: one Parquet file with a row per customer and one JSON of facts, made by a job and read by pages.

A snapshot is made in a folder of its own and appears by one rename, so a page sees a whole one or none.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import threading
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kogorta.desk.bases.figures import Figures, read_figures, write_figures
from kogorta.desk.bases.kept_moves import write_moves
from kogorta.desk.bases.opening import base_state, open_desk_base
from kogorta.desk.bases.prepared import rule_tables, write_prepared
from kogorta.desk.company.queries import current_company
from kogorta.desk.settings import DESK
from kogorta.engine.duck import connect, quote
from kogorta.enrichment.enrich import enrich
from kogorta.kit.errors import InputError
from kogorta.kit.progress import SILENT

if TYPE_CHECKING:
    import duckdb

    from kogorta.analysis import Analysis
    from kogorta.base.customer_base import CustomerBase
    from kogorta.kit.progress import Progress
    from kogorta.segments.rules.snapshot import Snapshot as RuleTables

_CUSTOMERS: Final = "customers.parquet"
_LISTED: Final = "customers.duckdb"
_FACTS: Final = "facts.json"
_UNFINISHED: Final = ".new-"
_FORGOTTEN: Final = ".forgotten"
_LATE: Final = 86_400
_READER_MEMORY: Final = "1000MB"
_ROW_GROUP: Final = 50_000


@dataclass(frozen=True)
class Snapshot:
    """One analysed state of the base.

    Args:
        folder: where its files are; the name is version, scheme and day.
        version: state of the base it was made from (`base_state().version`).
        scheme: `case` or `guide`.
        as_of: the day the analysis is true at the end of.
        currency: ISO code of every amount.
        time_zone: IANA zone of business days.
        customers: number of customers.
    """

    folder: Path
    version: str
    scheme: str
    as_of: date
    currency: str
    time_zone: str
    customers: int

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A cursor for one thread with the view `customers`: the columns of `customers.csv`, money in minor units.

        It has more: `customer_no`, the number rules know a customer by; `name_place`, his place by name; `name_key`, `inn_key` and
        `email_key`, the texts a search compares.
        Beside it are the views of `prepared`: `rules_*` for the rule language and `card_*` for the card of a customer.

        Values a user gave are bound, names of columns come from `CUSTOMER_COLUMNS`.
        """
        return _reader(self).cursor()

    def figures(self) -> Figures:
        """Segments, the grid, the plan: counted once, when the snapshot was made."""
        return read_figures(self.folder)

    def rules(self) -> RuleTables:
        """What the rule language reads, in a cursor of one's own."""
        return rule_tables(self.cursor(), self.as_of, self.currency, self.figures().rule)

    def is_current(self) -> bool:
        """Whether the base is still in the state the snapshot was made from."""
        return self.version == base_state().version


_lock = threading.Lock()
_readers: dict[Path, duckdb.DuckDBPyConnection] = {}


def _reader(snapshot: Snapshot) -> duckdb.DuckDBPyConnection:
    """One connection for each snapshot and process; those of older snapshots are let go."""
    with _lock:
        found = _readers.get(snapshot.folder)
        if found is None:
            found = connect(memory=_READER_MEMORY)
            found.execute("SET enable_external_file_cache = true")  # pages read the same file again and again
            for path in sorted(snapshot.folder.glob("*.parquet")):
                found.execute(f"CREATE VIEW {path.stem} AS SELECT * FROM read_parquet({quote(str(path))})")
            if (snapshot.folder / _LISTED).exists():
                found.execute(f"ATTACH {quote(str(snapshot.folder / _LISTED))} AS listed (READ_ONLY)")
                found.execute("CREATE OR REPLACE VIEW customers AS SELECT * FROM listed.customers")
            else:  # made by an earlier version
                source = f"read_parquet({quote(str(snapshot.folder / _CUSTOMERS))})"
                found.execute("DROP VIEW customers")
                found.execute(f"CREATE TABLE customers AS {_listed(source, 'rules_customers')}")
            _readers.clear()
            _readers[snapshot.folder] = found
        return found


def make_snapshot(scheme: str, as_of: date | None = None, *, progress: Progress = SILENT) -> Snapshot:
    """Analyse the base and keep what pages need.

    Args:
        scheme: `case` or `guide`: which names of RFM segments lead.
        as_of: end of this day; default the last day of the data.
        progress: where the steps are announced.

    Raises:
        InputError: the base has no customers.
    """
    from kogorta.analysis import Analyzer
    from kogorta.waves.planning import Planner

    begun = time.time_ns()
    base, version = open_enriched()
    analysis = Analyzer(planner=Planner(scheme=scheme)).analyze(base, as_of, progress=progress)
    DESK.snapshots_folder.mkdir(parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=DESK.snapshots_folder))
    try:
        write_prepared(base, analysis, place)
        _write_customers(analysis, place)
        write_figures(analysis, place)
        if analysis.migration is not None:
            write_moves(place, analysis.migration)
        facts = {
            "version": version,
            "scheme": scheme,
            "as_of": analysis.as_of.isoformat(),
            "currency": analysis.currency,
            "time_zone": analysis.time_zone,
            "customers": len(analysis.customers),
        }
        (place / _FACTS).write_text(json.dumps(facts), encoding="utf-8")
        target = DESK.snapshots_folder / f"{facts['version']}-{scheme}-{analysis.as_of:%Y%m%d}"
        is_new = not target.exists()
        if is_new:
            place.rename(target)
        if not _is_forgotten(begun):
            return _read(target)
        if is_new:
            shutil.rmtree(target, ignore_errors=True)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return make_snapshot(scheme, as_of, progress=progress)


def open_enriched() -> tuple[CustomerBase, str]:
    """The base, enriched, and its version; in a connection of its own."""
    while True:
        version = base_state().version
        base = open_desk_base()
        if not base.enriched and len(base.table("customers")):
            enrich(base)  # writes the base: the state to name is the one after it
        elif base_state().version == version:  # nobody wrote in between
            return base, version


def _write_customers(analysis: Analysis, folder: Path) -> None:
    """A row for each customer in the order pages list them."""
    table = analysis.customers
    query = table.connection.sql(f"SELECT * FROM {table.name} ORDER BY monetary DESC, customer_id")
    query.write_parquet(str(folder / _CUSTOMERS), compression="zstd", row_group_size=_ROW_GROUP)
    write_listed(folder)


def write_listed(folder: Path) -> None:
    """What lists of customers read, in the engine's own format: fifty rows are fetched from anywhere without reading all around them."""
    with closing(connect(memory=_READER_MEMORY)) as connection:
        connection.execute("SET preserve_insertion_order = true")
        connection.execute(f"ATTACH {quote(str(folder / _LISTED))} AS listed")
        customers, rules = (f"read_parquet({quote(str(folder / name))})" for name in (_CUSTOMERS, "rules_customers.parquet"))
        connection.execute(f"CREATE TABLE listed.customers AS {_listed(customers, rules)}")
        connection.execute("DETACH listed")


def _listed(customers: str, rules_customers: str) -> str:
    """Customers with the number rules know each by, his place by name, and the texts a search compares."""
    keys = "customer_id, customer_no, name_key, inn_key, email_key"
    return f"""SELECT c.*, k.* EXCLUDE (customer_id),
            row_number() OVER (ORDER BY coalesce(lower(c.name), ''), c.customer_id) AS name_place
        FROM {customers} c JOIN (SELECT {keys} FROM {rules_customers}) k USING (customer_id) ORDER BY c.monetary DESC, c.customer_id"""


def latest_snapshot(scheme: str) -> Snapshot | None:
    """The newest snapshot of a scheme; it may be older than the base (`is_current` says so). None when there is none yet."""
    if not DESK.snapshots_folder.exists():
        return None
    folders = [path for path in DESK.snapshots_folder.glob(f"*-{scheme}-*") if (path / _FACTS).exists()]
    if not folders:
        return None
    current = base_state().version
    return _read(max(folders, key=lambda path: (path.name.startswith(f"{current}-"), path.stat().st_mtime_ns)))


def newest_snapshot() -> Snapshot | None:
    """The newest snapshot in the company's scheme; what pages show."""
    company = current_company()
    return latest_snapshot(company.scheme) if company else None


def snapshot_of(version: str, scheme: str, as_of: date) -> Snapshot | None:
    """The snapshot of a state, scheme and day, if it was made."""
    folder = DESK.snapshots_folder / f"{version}-{scheme}-{as_of:%Y%m%d}"
    return _read(folder) if (folder / _FACTS).exists() else None


def forget_old_snapshots(keep: int = 5) -> int:
    """Delete all but the newest; those still being made are left alone for a day. Returns how many went."""
    if not DESK.snapshots_folder.exists():
        return 0
    folders = sorted((path for path in DESK.snapshots_folder.iterdir() if path.is_dir()), key=lambda path: -path.stat().st_mtime_ns)
    whole = [path for path in folders if not path.name.startswith(_UNFINISHED)]
    late = [path for path in folders if path.name.startswith(_UNFINISHED) and time.time() - path.stat().st_mtime > _LATE]
    for folder in (*whole[keep:], *late):
        shutil.rmtree(folder, ignore_errors=True)
    return len(whole[keep:])


def forget_all_but(kept: Snapshot | None) -> None:
    """Delete every other snapshot for good; one that is being made of what the base was is thrown away when it is ready."""
    DESK.snapshots_folder.mkdir(parents=True, exist_ok=True)
    (DESK.snapshots_folder / _FORGOTTEN).write_text(str(time.time_ns()), encoding="ascii")
    for folder in DESK.snapshots_folder.iterdir():
        if folder.is_dir() and (kept is None or folder != kept.folder):
            shutil.rmtree(folder, ignore_errors=True)


def _is_forgotten(begun: int) -> bool:
    """Whether everything made of what the base was at a moment is to be thrown away."""
    try:
        return int((DESK.snapshots_folder / _FORGOTTEN).read_text(encoding="ascii")) >= begun
    except FileNotFoundError:
        return False


def _read(folder: Path) -> Snapshot:
    try:
        facts = json.loads((folder / _FACTS).read_text(encoding="utf-8"))
        return Snapshot(
            folder,
            facts["version"],
            facts["scheme"],
            date.fromisoformat(facts["as_of"]),
            facts["currency"],
            facts["time_zone"],
            int(facts["customers"]),
        )
    except (OSError, ValueError, KeyError) as error:
        raise InputError("The snapshot {folder} cannot be read; delete it, and it is made anew.", folder=folder) from error
