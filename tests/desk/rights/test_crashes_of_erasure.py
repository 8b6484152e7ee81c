from pathlib import Path

import duckdb
import pytest
from crash_desk import CrashDesk
from person_texts import DEALS, LATER, SECRETS

from kogorta.base.customer_base import CustomerBase

pytestmark = pytest.mark.slow_gate
SCRIPT = Path(__file__).with_name("crash_worker.py")
SECOND = LATER + "\n"


def figures(home):
    base = CustomerBase(home / "base")
    row = base.connection.execute("SELECT count(*), sum(net_amount_base), (SELECT count(*) FROM quarantine) FROM orders").fetchone()
    base.connection.close()
    return row


def told(folder):
    """Every file below a folder as text; Parquet cell by cell."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in {".parquet", ".cells"}:
            yield path, str(duckdb.sql(f"SELECT * FROM read_parquet('{path}')").fetchall())
        elif path.is_file():
            yield path, path.read_bytes().decode("utf-8", "replace")


@pytest.mark.parametrize(
    ("kind", "point"),
    [
        ("sqlite", "files"),
        ("sqlite", "before"),
        ("sqlite", "after"),
        ("sqlite", "end"),
        ("postgresql", "files"),
        ("postgresql", "after"),
        ("postgresql", "end"),
    ],
)
def test_a_worker_killed_while_a_person_is_erased_leaves_nothing_of_him_and_every_sum(request, tmp_path, kind, point):
    home = tmp_path / "home"
    home.mkdir()
    first, second = tmp_path / "deals.csv", tmp_path / "later.csv"
    first.write_text(DEALS)
    second.write_text(SECOND)
    with CrashDesk(home, request.getfixturevalue("address") if kind == "postgresql" else "") as desk:
        job_id = int(desk.run(SCRIPT, "prepare", first, second).splitlines()[-1])
        before = figures(home)
        worker = desk.start(SCRIPT, "work", point)
        desk.wait((home / "there").exists)
        worker.kill()
        worker.wait()
        state = f"SELECT state FROM jobs_job WHERE id = {job_id}"
        assert desk.rows(state) == [("running",)]
        assert desk.rows("SELECT count(*) FROM personal_erasure WHERE done_at IS NOT NULL") == [(0,)]
        (home / "go").touch()
        desk.start(SCRIPT, "work", point)
        desk.wait(lambda: desk.rows(state) == [("done",)])
        assert figures(home) == before
        folders = [home / name for name in ("base", "files", "snapshots", "work") if (home / name).exists()]
        found = [(path.name, secret) for folder in folders for path, text in told(folder) for secret in SECRETS if secret in text]
        assert found == []
        assert desk.rows("SELECT count(*) FROM personal_consent") == [(0,)]
        assert desk.rows("SELECT count(*) FROM personal_erasure WHERE done_at IS NOT NULL") == [(1,)]
        assert desk.rows("SELECT count(*) FROM journal_entry WHERE action = 'person.erased'") == [(1,)]
        assert "contact-71" not in str(desk.rows("SELECT arguments FROM jobs_job"))
        assert any((home / "snapshots").iterdir())
