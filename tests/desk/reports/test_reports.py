import re
import shutil
from datetime import UTC, date, datetime
from html import unescape

import pytest

from kogorta.desk.errors import ConflictError, DeniedError, DeskError
from kogorta.desk.jobs.actions import claim
from kogorta.desk.jobs.models import Job
from kogorta.desk.jobs.worker import run_job
from kogorta.desk.journal.models import Entry
from kogorta.desk.people.permissions import Role
from kogorta.desk.reports import actions
from kogorta.desk.reports.files import KINDS, path_of, reports_folder
from kogorta.desk.reports.models import Report, Schedule
from kogorta.desk.reports.schedule import ask_for_due, last_slot, next_slot
from kogorta.desk.reports.strict_page import strict_page
from kogorta.desk.settings import DESK

ROLES = [role.value for role in Role]
POLICY = "default-src 'none'; style-src 'sha256-x'"


@pytest.fixture(autouse=True)
def _no_heart(monkeypatch):
    """The heart beats over a connection of its own, which does not see the undone transaction of a test."""
    monkeypatch.setattr("kogorta.desk.jobs.worker._heartbeat", lambda context, over: None)
    shutil.rmtree(reports_folder(), ignore_errors=True)
    yield
    shutil.rmtree(reports_folder(), ignore_errors=True)


@pytest.fixture
def ready(founded):
    """A report with every file it may have, whose contents are their names."""
    row = Report.objects.create(language="ru", scheme="case", as_of=date(2026, 11, 22), made_by=founded["owner"])
    made = DESK.home / "made"
    made.mkdir()
    for name in KINDS:
        (made / name).write_text('<main class="wrap">' + name)
    from kogorta.desk.reports.files import publish

    actions.keep_report(row.pk, date(2026, 11, 22), 5, "Начать", publish(made, row.pk), POLICY)
    row.refresh_from_db()
    return row


def text_of(answer):
    return unescape(answer.content.decode()).replace("\xa0", " ")


def deeds():
    return list(Entry.objects.filter(action__startswith="report.").order_by("pk").values_list("action", flat=True))


def test_a_report_is_asked_for_made_read_and_downloaded(analysed, client_of):
    client = client_of("marketer")
    address = client.post("/reports/make/", {"language": "ru", "as_of": ""})["Location"]
    row = Report.objects.get()
    assert address == f"/reports/{row.pk}/"
    assert "Ожидает" in text_of(client.get(address)) or "progress" in text_of(client.get(address))
    run_job(claim())
    row.refresh_from_db()
    assert (row.as_of, row.customers, sorted(row.sizes)) == (analysed.as_of, analysed.customers, sorted(KINDS))
    assert path_of(row.pk, "report.pdf").read_bytes().startswith(b"%PDF-")
    page = client.get(address + "read/")
    body = page.content.decode()
    assert 'style="' not in body
    assert "<script" not in body
    assert f'href="{address}"' in body
    assert page["Content-Security-Policy"] == row.policy
    assert "unsafe" not in row.policy
    book = client.get(address + "files/customers.xlsx")
    assert b"".join(book.streaming_content)[:2] == b"PK"
    assert deeds() == ["report.asked", "report.made", "report.downloaded"]
    assert not list((DESK.home / "work").glob("job-*"))
    run_job_again = Job.objects.filter(pk=row.job_id)
    run_job_again.update(state="waiting", attempts=0)
    before = path_of(row.pk, "report.pdf").stat().st_mtime_ns
    run_job(claim())
    assert path_of(row.pk, "report.pdf").stat().st_mtime_ns == before  # a job that runs twice makes one report
    assert deeds().count("report.made") == 1


def test_a_job_that_is_cancelled_leaves_no_files_and_can_be_tried_again(analysed, client_of, founded):
    row = actions.ask_for_report(founded["owner"], "en")
    found = claim()
    client_of("owner").post(f"/jobs/{row.job_id}/cancel/")
    run_job(found)
    row.refresh_from_db()
    assert (row.job.state, row.ready_at, row.sizes) == ("cancelled", None, {})
    assert not path_of(row.pk, "report.pdf").exists()
    assert not list((DESK.home / "work").glob("job-*"))
    page = text_of(client_of("owner").get(f"/reports/{row.pk}/"))
    assert "Отчёт не получился" in page
    assert f"/jobs/{row.job_id}/retry/" in page


def test_what_a_dead_attempt_left_goes_with_the_next(analysed, founded, monkeypatch):
    monkeypatch.setattr("kogorta.desk.reports.handlers._write", lambda report, analysis, folder, progress: folder.mkdir() or "p")
    row = actions.ask_for_report(founded["owner"], "ru")
    work = DESK.home / "work"
    for left in (f"job-{row.job_id}", "job-999999"):
        (work / left / "report").mkdir(parents=True)
    (reports_folder() / str(row.pk)).mkdir(parents=True)
    (reports_folder() / str(row.pk) / "half").touch()
    run_job(claim())
    assert not list(work.glob("job-*"))
    assert list((reports_folder() / str(row.pk)).iterdir()) == []


def test_an_empty_base_has_nothing_to_report(client_of):
    client = client_of("owner")
    assert client.post("/reports/make/", {"language": "ru"}).status_code == 409
    assert "Отчитываться пока не о чем" in text_of(client.get("/reports/"))
    assert (Report.objects.count(), Job.objects.count(), deeds()) == (0, 0, [])


@pytest.mark.parametrize("posted", [{"language": "de"}, {}, {"language": "ru", "as_of": "yesterday"}])
def test_a_report_asked_for_wrongly_is_not_made(analysed, client_of, posted):
    assert client_of("owner").post("/reports/make/", posted).status_code == 422
    assert Report.objects.count() == 0


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", list(KINDS))
def test_tables_with_contacts_are_for_those_who_may_download_customers(ready, client_of, role, name):
    answer = client_of(role).get(f"/reports/{ready.pk}/files/{name}")
    may = not name.endswith(".xlsx") or role in {"owner", "marketer"}
    assert answer.status_code == (200 if may else 403)
    assert (name in text_of(client_of(role).get(f"/reports/{ready.pk}/"))) is (may and name != "report.html")
    assert deeds().count("report.downloaded") == (may and name.endswith(".xlsx"))


@pytest.mark.parametrize("name", ["secret.key", "..%2F..%2Fsecret.key", "report.PDF", "%00", "report.pdf%00.xlsx", "customers.csv"])
def test_a_file_of_another_name_is_never_looked_for(ready, client_of, name):
    assert client_of("owner").get(f"/reports/{ready.pk}/files/{name}").status_code == 404


def test_deleting_takes_the_files_and_the_schedule_stays(ready, client_of, django_commits):
    Report.objects.filter(pk=ready.pk).update(
        schedule=Schedule.objects.create(rhythm="weekly", day=1, hour=7, language="ru", made_by=ready.made_by)
    )
    client = client_of("marketer")
    assert "насовсем" in text_of(client.get(f"/reports/{ready.pk}/"))
    with django_commits():
        client.post(f"/reports/{ready.pk}/delete/")
    assert (Report.objects.count(), Schedule.objects.count()) == (0, 1)
    assert not (reports_folder() / str(ready.pk)).exists()
    assert client.get(f"/reports/{ready.pk}/").status_code == 404


def test_a_report_that_is_being_made_is_not_deleted(analysed, client_of, founded):
    row = actions.ask_for_report(founded["owner"], "ru")
    assert client_of("owner").post(f"/reports/{row.pk}/delete/").status_code == 409
    assert Report.objects.count() == 1


@pytest.mark.parametrize("role", ROLES)
def test_each_role_and_what_it_may_do_with_reports(ready, analysed, founded, client_of, role):
    client, by = client_of(role), founded[role]
    page = text_of(client.get("/reports/"))
    assert ("/reports/make/" in page) is (role != "manager")
    assert ("/reports/schedules/" in page) is (role in {"owner", "marketer"})
    before = (Report.objects.count(), Schedule.objects.count(), Job.objects.count(), len(deeds()))
    if role == "manager":
        with pytest.raises(DeniedError):
            actions.ask_for_report(by, "ru")
    if role in {"manager", "analyst"}:
        for deed in (lambda: actions.delete_report(by, ready.pk), lambda: actions.add_schedule(by, "weekly", 1, 7, "ru")):
            with pytest.raises(DeniedError):
                deed()
        assert client.post(f"/reports/{ready.pk}/delete/").status_code == 403
        assert (Report.objects.count(), Schedule.objects.count(), Job.objects.count(), len(deeds())) == before


def moment(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("rhythm", "day", "hour", "at", "zone", "expected"),
    [
        ("weekly", 1, 7, "2026-11-27T12:00", "Europe/Moscow", "2026-11-23T04:00"),
        ("weekly", 5, 15, "2026-11-27T11:59", "Europe/Moscow", "2026-11-20T12:00"),
        ("weekly", 5, 15, "2026-11-27T12:00", "Europe/Moscow", "2026-11-27T12:00"),
        ("weekly", 7, 1, "2026-11-28T20:00", "Asia/Vladivostok", "2026-11-28T15:00"),
        ("monthly", 31, 7, "2026-03-15T00:00", "Europe/Moscow", "2026-02-28T04:00"),
        ("monthly", 1, 0, "2026-12-31T21:00", "Europe/Moscow", "2026-12-31T21:00"),
        ("monthly", 1, 0, "2026-12-31T20:59", "Europe/Moscow", "2026-11-30T21:00"),
        ("monthly", 15, 7, "2027-01-10T00:00", "Europe/Moscow", "2026-12-15T04:00"),
    ],
)
def test_slots_are_days_and_hours_of_the_companys_zone(rhythm, day, hour, at, zone, expected):
    assert last_slot(rhythm, day, hour, moment(at), zone) == moment(expected)
    row = Schedule(rhythm=rhythm, day=day, hour=hour)
    following = next_slot(row, moment(at), zone)
    assert following > moment(at)
    assert last_slot(rhythm, day, hour, following, zone) == following


def test_a_slot_is_asked_for_once_and_one_missed_is_made_up_for_once(analysed, founded, client_of):
    client_of("owner").post("/reports/schedules/", {"rhythm": "weekly", "weekday": "1", "month_day": "9", "hour": "7", "language": "en"})
    Schedule.objects.update(made_at=moment("2026-11-01T00:00"))
    assert [ask_for_due(moment("2026-11-02T03:59")), Report.objects.count()] == [0, 0]
    assert [ask_for_due(moment("2026-11-02T04:00")), ask_for_due(moment("2026-11-02T04:00")), ask_for_due(moment("2026-11-08T00:00"))] == [
        1,
        0,
        0,
    ]
    assert ask_for_due(moment("2026-11-25T00:00")) == 1  # three Mondays later
    assert list(Report.objects.order_by("pk").values_list("key", "language", "made_by")) == [
        (f"schedule:{Schedule.objects.get().pk}:2026-11-02", "en", None),
        (f"schedule:{Schedule.objects.get().pk}:2026-11-23", "en", None),
    ]
    assert "Каждую неделю: понедельник, 07:00" in text_of(client_of("analyst").get("/reports/"))


def test_a_schedule_that_is_deleted_makes_nothing_more(analysed, founded, client_of):
    row = actions.add_schedule(founded["owner"], "monthly", 31, 23, "ru")
    client_of("marketer").post(f"/reports/schedules/{row.pk}/delete/")
    assert (Schedule.objects.count(), ask_for_due(moment("2030-01-01T00:00"))) == (0, 0)
    assert client_of("marketer").post(f"/reports/schedules/{row.pk}/delete/").status_code == 404


@pytest.mark.parametrize(
    ("rhythm", "day", "hour"), [("weekly", 8, 7), ("weekly", 0, 7), ("monthly", 32, 7), ("monthly", 1, 24), ("daily", 1, 7)]
)
def test_a_schedule_for_no_day_is_refused(founded, rhythm, day, hour):
    with pytest.raises(DeskError):
        actions.add_schedule(founded["owner"], rhythm, day, hour, "ru")
    assert Schedule.objects.count() == 0


def test_there_is_an_end_to_schedules(founded):
    for _ in range(actions.MOST_SCHEDULES):
        actions.add_schedule(founded["owner"], "weekly", 1, 7, "ru")
    with pytest.raises(ConflictError):
        actions.add_schedule(founded["owner"], "weekly", 1, 7, "ru")


def test_the_page_of_a_report_needs_no_inline_style():
    page = '<style>p{}</style><svg class="a" style="fill: red"><rect style="fill: red" x="1"/><text style="font: 1px \'K\'">style=&quot;x&quot;</text></svg>'
    body, policy = strict_page(page)
    assert re.findall('style="', body) == []
    assert body.count(' data-s="0"') == 2
    assert "[data-s=\"1\"]{font: 1px 'K'}" in body
    assert "style=&quot;x&quot;" in body
    import base64
    import hashlib

    sheet = re.search("<style>(.*)</style>", body)[1]
    assert base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode() in policy
