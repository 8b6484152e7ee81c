import signal
from pathlib import Path

import pytest
from crash_desk import CrashDesk
from servers import free_port

pytestmark = pytest.mark.slow_gate
SCRIPT = Path(__file__).with_name("crash_worker.py")


@pytest.mark.parametrize(("kind", "point"), [("sqlite", "before"), ("sqlite", "after"), ("postgresql", "before"), ("postgresql", "after")])
def test_web_and_worker_killed_during_a_report_leave_one_report_and_nothing_else(request, tmp_path, kind, point):
    with CrashDesk(tmp_path, request.getfixturevalue("address") if kind == "postgresql" else "") as desk:
        (tmp_path / "export").mkdir()
        job_id = int(desk.run(SCRIPT, "prepare", tmp_path / "export").splitlines()[-1])
        state = f"SELECT state FROM jobs_job WHERE id = {job_id}"
        worker, web = desk.start(SCRIPT, "work", point), desk.start_web(free_port())
        desk.wait((tmp_path / "there").exists)
        for process in (worker, web):
            process.send_signal(signal.SIGKILL)
            process.wait()
        assert desk.rows(state) == [("running",)]
        assert desk.rows("SELECT count(*) FROM reports_report WHERE ready_at IS NOT NULL") == [(0,)]
        (tmp_path / "go").touch()
        desk.start(SCRIPT, "work", point)
        desk.start_web(free_port())
        desk.wait(lambda: desk.rows(state) == [("done",)])
        ((report_id, customers),) = desk.rows("SELECT id, customers FROM reports_report WHERE ready_at IS NOT NULL")
        folders = list((tmp_path / "files" / "reports").iterdir())
        assert [folder.name for folder in folders] == [str(report_id)]
        assert sorted(path.name for path in folders[0].iterdir()) == ["customers.xlsx", "first_wave.xlsx", "report.html", "report.pdf"]
        assert (folders[0] / "report.pdf").read_bytes().rstrip().endswith(b"%%EOF")
        assert customers > 0
        assert list((tmp_path / "work").glob("job-*")) == []
        assert desk.rows("SELECT count(*) FROM journal_entry WHERE action = 'report.made'") == [(1,)]
