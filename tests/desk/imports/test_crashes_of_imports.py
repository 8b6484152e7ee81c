from pathlib import Path

import pytest
from crash_desk import CrashDesk
from import_texts import DEALS

from kogorta.base.customer_base import CustomerBase

pytestmark = pytest.mark.slow_gate
SCRIPT = Path(__file__).with_name("crash_worker.py")


@pytest.mark.parametrize(
    ("kind", "deed", "point"),
    [("sqlite", "accept", "before"), ("sqlite", "accept", "after"), ("sqlite", "undo", "after"), ("postgresql", "accept", "after")],
)
def test_a_worker_killed_while_the_base_changes_loses_no_row_and_repeats_none(request, tmp_path, kind, deed, point):
    with CrashDesk(tmp_path, request.getfixturevalue("address") if kind == "postgresql" else "") as desk:
        source = tmp_path / "deals.csv"
        source.write_text(DEALS)
        job_id = int(desk.run(SCRIPT, "prepare", source, deed).splitlines()[-1])
        first = desk.start(SCRIPT, "work", point)
        desk.wait((tmp_path / "there").exists)
        first.kill()
        first.wait()
        assert desk.rows(f"SELECT state FROM jobs_job WHERE id = {job_id}") == [("running",)]
        (tmp_path / "go").touch()
        desk.start(SCRIPT, "work", point)
        desk.wait(lambda: desk.rows(f"SELECT state FROM jobs_job WHERE id = {job_id}") == [("done",)])
        base = CustomerBase(tmp_path / "base")
        counted = [base.connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("imports", "orders", "quarantine")]
        state, deeds = ("loaded", "import.loaded") if deed == "accept" else ("undone", "import.undone")
        assert counted == ([1, 3, 2] if deed == "accept" else [0, 0, 0])
        assert desk.rows("SELECT state FROM imports_sentfile") == [(state,)]
        assert desk.rows(f"SELECT count(*) FROM journal_entry WHERE action = '{deeds}'") == [(1,)]
