import shutil
from datetime import date

import pytest

from kogorta.base.customer_base import CustomerBase
from kogorta.desk.bases.handlers import ask_for_analysis
from kogorta.desk.bases.opening import base_state
from kogorta.desk.bases.snapshots import forget_all_but, forget_old_snapshots, latest_snapshot, make_snapshot, open_enriched, snapshot_of
from kogorta.desk.jobs import actions
from kogorta.desk.jobs.models import Job
from kogorta.desk.jobs.worker import run_job
from kogorta.desk.settings import DESK
from kogorta.kit.errors import InputError


def deals(first, last):
    return [
        {
            "ID": str(n),
            "Дата закрытия": f"{1 + n % 28:02d}.0{1 + n % 9}.2026",
            "Сумма": str(1000 * n),
            "Компания": f"ООО Ромашка {n}",
            "Стадия": "Успешно",
        }
        for n in range(first, last)
    ]


@pytest.fixture
def filled(founded, stage):
    """A base of thirty companies in the folder of the desk; gone after the test."""
    CustomerBase(DESK.base_folder).add(stage(deals(1, 31)))
    yield founded
    for folder in (DESK.base_folder, DESK.snapshots_folder):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def _no_heart(monkeypatch):
    monkeypatch.setattr("kogorta.desk.jobs.worker._heartbeat", lambda context, over: None)


def test_before_the_first_import_there_is_nothing_to_analyse(founded):
    assert base_state().is_empty
    assert latest_snapshot("case") is None
    assert ask_for_analysis() is None
    assert Job.objects.count() == 0


def test_an_analysis_is_asked_for_once_and_makes_the_snapshot_pages_read(filled, stage):
    first, again = ask_for_analysis(filled["owner"]), ask_for_analysis(filled["owner"])
    assert first.pk == again.pk
    run_job(actions.claim())
    first.refresh_from_db()
    assert (first.state, first.result["customers"]) == ("done", 30)
    found = latest_snapshot("case")
    assert (found.customers, found.currency, found.is_current()) == (30, "RUB", True)
    assert latest_snapshot("guide") is None
    rows = found.cursor().execute("SELECT monetary, segment_case FROM customers").fetchall()
    assert [money for money, _ in rows] == [100_000 * n for n in range(30, 0, -1)], "in the order pages list them"
    assert all(segment for _, segment in rows)
    assert ask_for_analysis() is None, "it is there already"
    CustomerBase(DESK.base_folder).add(stage(deals(31, 33)))
    assert not found.is_current()
    assert ask_for_analysis().pk != first.pk


def test_a_state_and_a_day_have_a_snapshot_of_their_own(filled):
    early = make_snapshot("case", date(2026, 5, 31))
    late = make_snapshot("case")
    assert early.as_of < late.as_of
    assert snapshot_of(late.version, "case", date(2026, 5, 31)) == early
    assert make_snapshot("case") == late, "made twice it is the same"
    buyers = "SELECT count(*) FROM customers WHERE frequency > 0"
    assert early.cursor().execute(buyers).fetchone() < late.cursor().execute(buyers).fetchone() == (30,)


def test_old_snapshots_go_and_a_torn_one_is_told(filled):
    days = [make_snapshot("case", date(2026, month, 28)) for month in range(4, 9)]
    assert forget_old_snapshots(keep=2) == 3
    assert [day.folder.exists() for day in days] == [False, False, False, True, True]
    (days[-1].folder / "facts.json").write_text("{")
    with pytest.raises(InputError, match="made anew"):
        latest_snapshot("case")


def test_one_that_is_being_made_counts_neither_as_the_newest_nor_as_old(filled):
    made = make_snapshot("case")
    (DESK.snapshots_folder / ".new-another").mkdir()
    assert forget_old_snapshots(keep=1) == 0
    assert latest_snapshot("case") == made
    assert (DESK.snapshots_folder / ".new-another").exists()


def test_an_analysis_begun_before_all_was_forgotten_is_thrown_away_and_made_anew(filled, monkeypatch):
    opened, first = [], make_snapshot("case")
    shutil.rmtree(first.folder)

    def opening():
        found = open_enriched()
        if not opened:
            forget_all_but(None)
        opened.append(found)
        return found

    monkeypatch.setattr("kogorta.desk.bases.snapshots.open_enriched", opening)
    made = make_snapshot("case")
    assert len(opened) == 2
    assert latest_snapshot("case") == made == first


def test_all_but_one_are_forgotten_those_being_made_too(filled):
    made = make_snapshot("case")
    other = make_snapshot("guide")
    (DESK.snapshots_folder / ".new-another").mkdir()
    forget_all_but(made)
    assert latest_snapshot("case") == made
    assert not other.folder.exists()
    assert not (DESK.snapshots_folder / ".new-another").exists()
