"""Segments, moves, imports and reports by a token: what each gives, and what it refuses."""

import io
import shutil
import zipfile
from dataclasses import replace

import pytest
from import_texts import DEALS

from kogorta.desk.api import imports as room
from kogorta.desk.imports.models import SentFile
from kogorta.desk.jobs.actions import claim
from kogorta.desk.jobs.models import Job
from kogorta.desk.jobs.worker import run_job
from kogorta.desk.journal.models import Entry
from kogorta.desk.people.permissions import Role
from kogorta.desk.reports.models import Report
from kogorta.desk.segments.actions import save_segment
from kogorta.desk.settings import DESK
from kogorta.segments.rules.formula import parse_formula


@pytest.fixture(autouse=True)
def _no_heart(monkeypatch):
    """The heart beats over a connection that does not see the undone transaction of a test."""
    monkeypatch.setattr("kogorta.desk.jobs.worker._heartbeat", lambda context, over: None)


@pytest.fixture
def empty_home(founded):
    """A desk without a base, and without one afterwards."""

    def clear():
        for folder in (DESK.base_folder, DESK.files_folder, DESK.snapshots_folder, DESK.home / "work"):
            shutil.rmtree(folder, ignore_errors=True)

    clear()
    yield
    clear()


def work():
    states = []
    while (found := claim()) is not None:
        run_job(found)
        found.job.refresh_from_db()
        states.append((found.job.kind, found.job.state))
    return states


def send(asks, content, name="deals.csv", **headers):
    stream = io.BytesIO(content.encode() if isinstance(content, str) else content)
    stream.name = name
    return asks.client.post("/api/v1/imports", {"file": stream}, headers={"Authorization": f"Bearer {asks.token}", **headers})


def test_a_file_goes_all_the_way_and_back(empty_home, program):
    asks = program("imports:read", "imports:write")
    answer = send(asks, DEALS, "../../сделки.csv")
    assert answer.status_code == 201
    sent = answer.json()
    assert (sent["name"], sent["state"], sent["audit"]) == ("сделки.csv", "new", None)
    assert send(asks, DEALS, "other.csv").status_code == 200, "the very bytes again are the file known"
    place = f"/imports/{sent['id']}"
    assert asks.post(f"{place}/accept").status_code == 409, "nothing is added unseen"
    assert asks.post(f"{place}/check", {}).json()["state"] == "checking"
    assert work()[0] == ("imports.check", "done")
    audit = asks.get(place).json()["audit"]
    assert audit["read"] == audit["used"] + audit["merged"] + audit["quarantined"] > 0
    accepted = asks.post(f"{place}/accept")
    assert (accepted.status_code, accepted.json()["job"]["kind"]) == (202, "imports.accept")
    assert work()[0] == ("imports.accept", "done")
    assert asks.get("/imports").json()["items"][0]["state"] == "loaded"
    assert asks.post(f"{place}/undo").status_code == 202
    assert work()[0] == ("imports.undo", "done")
    assert asks.get(place).json()["state"] == "undone"
    assert {entry.details.get("token") for entry in Entry.objects.filter(action__in=("import.sent", "import.accepted"))} == {asks.row.pk}


def test_how_a_file_is_read_can_be_said(empty_home, program):
    asks = program("imports:read", "imports:write")
    place = f"/imports/{send(asks, DEALS).json()['id']}"
    for wrong in (
        {"layout": "x"},
        {"columns": {"a": "__class__"}},
        {"stages": {"a": "x"}},
        {"currency": "крона"},
        {"currency": "XXX"},
        {"time_zone": "Moon/Base"},
        {"refunds": "all"},
        {"layout": "order-lines"},
        {"digest": "x"},
    ):
        answer = asks.post(f"{place}/check", wrong)
        assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json"), wrong
    assert (SentFile.objects.get().state, Job.objects.count()) == ("new", 0)
    answer = asks.post(f"{place}/check", {"time_zone": "Asia/Yekaterinburg", "stages": {"Думает": "lost"}})
    assert answer.json()["reading"]["time_zone"] == "Asia/Yekaterinburg"
    assert SentFile.objects.get().reading["stages"] == {"Думает": "lost"}


def kept():
    return sorted(path.name for path in DESK.files_folder.iterdir()) if DESK.files_folder.exists() else []


def bomb():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (100 << 20))
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "nothing.csv"),
        (bomb(), "bomb.xlsx"),
        (b"\x89PNG\r\n\x1a\n" * 200, "picture.csv"),
        (b"PK\x03\x04" + b"\x00" * 300, "broken.xlsx"),
    ],
    ids=["nothing", "bomb", "picture", "broken"],
)
def test_what_is_no_table_is_refused_and_nothing_is_kept(empty_home, program, content, name):
    answer = send(program(), content, name)
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert str(DESK.home) not in answer.content.decode()
    assert (SentFile.objects.count(), kept()) == (0, [])


def test_a_file_past_the_limit_is_too_large_and_one_of_a_stranger_is_not_read(empty_home, program, stranger, monkeypatch):
    monkeypatch.setattr(room, "DESK", replace(DESK, upload_mb=1))
    assert send(program(), b"a;b\n" + b"1;2\n" * 400_000).status_code == 413
    stranger.token = "kgt_x"
    assert send(stranger, DEALS).status_code == 401
    assert send(program("imports:read"), DEALS).status_code == 403
    assert (
        program().client.post("/api/v1/imports", {"other": "x"}, headers={"Authorization": f"Bearer {program().token}"}).status_code == 422
    )
    assert (SentFile.objects.count(), kept()) == (0, [])


def test_a_key_keeps_the_answer_about_a_file(empty_home, program):
    asks = program()
    first, again = (send(asks, DEALS, **{"Idempotency-Key": "k"}) for _ in range(2))
    assert (first.status_code, again.status_code, again["Idempotency-Replayed"]) == (201, 201, "true")
    assert first.json() == again.json()
    assert send(asks, DEALS + "\n", **{"Idempotency-Key": "k"}).status_code == 409


@pytest.fixture
def saved(analysed, founded):
    def made(name, formula):
        return save_segment(founded["owner"], name, parse_formula(formula))

    return made


def test_segments_their_figures_and_their_members(analysed, saved, program):
    one, two = saved("Молчат", "recency_days > 30"), saved("Крупные", "monetary > 100000")
    asks = program("segments:read", "customers:read")
    page = asks.get("/segments?limit=1").json()
    assert [row["name"] for row in page["items"]] == ["Крупные"]
    assert [row["id"] for row in asks.get(f"/segments?limit=1&cursor={page['next_cursor']}").json()["items"]] == [one.pk]
    told = asks.get(f"/segments/{two.pk}").json()
    members = asks.get(f"/segments/{two.pk}/members?limit=200").json()
    assert told["customers"] == len(members["items"]) > 0
    assert told["revenue"] == sum(row["monetary"] for row in members["items"])
    assert min(row["monetary"] for row in members["items"]) > 100000_00
    assert asks.get("/segments/99").status_code == asks.get("/segments/99/members").status_code == 404
    assert program("segments:read").get(f"/segments/{two.pk}/members").status_code == 403
    named = asks.get("/segments/named").json()
    vip = next(row for row in named["items"] if row["segment"] == "vip")
    assert vip["customers"] == len(asks.get("/customers?segment=vip&limit=200").json()["items"])


def test_a_rule_about_contacts_tells_nothing_to_a_token_without_them(saved, program):
    row = saved("Почта", "email = 'a@example.com'")
    over = saved("Через неё", f"segment('{row.name}')")
    for asks in (program("segments:read", "customers:read"), program(by="analyst")):
        for found in (row, over):
            assert asks.get(f"/segments/{found.pk}/members").status_code == 403
            assert asks.get(f"/segments/{found.pk}").status_code == 403
    assert program().get(f"/segments/{row.pk}/members").status_code == 200


def test_moves_between_two_days(analysed, program):
    asks = program("segments:read", "transitions:write")
    told = asks.get("/transitions").json()
    assert sum(row["customers"] for row in told["flows"]) >= analysed.customers - 20
    assert told["leavers"] == [], "names ask for customers:read"
    days = {"from_on": "2026-03-01", "to_on": "2026-09-01"}
    query = "?from_on=2026-03-01&to_on=2026-09-01"
    assert asks.get("/transitions" + query).status_code == 404
    asked = asks.post("/transitions", days)
    assert (asked.status_code, asked.json()["kind"]) == (202, "moves.count")
    assert asks.post("/transitions", days).json()["id"] == asked.json()["id"], "asked for twice it is counted once"
    assert work() == [("moves.count", "done")]
    assert asks.get("/transitions" + query).json()["from_on"] == "2026-03-01"
    for wrong in ({"from_on": "2026-09-01", "to_on": "2026-03-01"}, {"to_on": "2030-01-01"}, {"from_on": "x"}, {"from": "2026-03-01"}):
        assert asks.post("/transitions", wrong).status_code == 422
    assert program("segments:read").post("/transitions", days).status_code == 403


def test_a_report_is_asked_for_and_downloaded(analysed, program):
    asks = program("reports:read", "reports:write")
    made = asks.post("/reports", {"language": "ru"}, **{"Idempotency-Key": "r"})
    assert (made.status_code, made.json()["files"], made.json()["ready_at"]) == (202, {}, None)
    assert asks.post("/reports", {"language": "ru"}, **{"Idempotency-Key": "r"}).json()["id"] == made.json()["id"]
    assert Report.objects.count() == 1
    place = f"/reports/{made.json()['id']}"
    assert asks.get(f"{place}/files/report.pdf").status_code == 404
    folder = DESK.files_folder / "reports" / str(made.json()["id"])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.pdf").write_bytes(b"%PDF-")
    (folder / "customers.xlsx").write_bytes(b"PK")
    Report.objects.update(sizes={"report.pdf": 5, "customers.xlsx": 2}, as_of=analysed.as_of)
    answer = asks.get(f"{place}/files/report.pdf")
    assert (answer.status_code, b"".join(answer.streaming_content), answer["Content-Type"]) == (200, b"%PDF-", "application/pdf")
    assert asks.get(f"{place}/files/customers.xlsx").status_code == 403
    assert program("reports:read", "contacts:read", by="manager").get(f"{place}/files/customers.xlsx").status_code == 403
    full = program("reports:read", "contacts:read")
    assert b"".join(full.get(f"{place}/files/customers.xlsx").streaming_content) == b"PK"
    assert Entry.objects.filter(action="report.downloaded").count() == 1
    for name in ("..%2F..%2Fdesk.sqlite3", "secret.key", "report.pdf%00"):
        assert full.get(f"{place}/files/{name}").status_code == 404
    assert asks.post("/reports", {"language": "de"}).status_code == 422
    assert asks.get("/reports").json()["items"][0]["id"] == made.json()["id"]
    shutil.rmtree(folder)


@pytest.mark.parametrize("role", list(Role))
def test_a_token_of_each_role_may_what_the_role_may(empty_home, program, role):
    allowed = {"owner": 201, "marketer": 201, "manager": 403, "analyst": 403}[role.value]
    assert send(program(by=role.value), DEALS).status_code == allowed
    assert SentFile.objects.count() == (allowed == 201)


INJECTIONS = ["'", "' OR 1=1 --", "1; DROP TABLE customers", "c.email", "monetary", "${7*7}", "%27", "$key", "\u202e"]


@pytest.mark.parametrize("text", INJECTIONS)
def test_nothing_typed_becomes_sql(analysed, program, text):
    asks = program("customers:read", "segments:read", "jobs:read", "events:read")
    from urllib.parse import quote

    for name in ("sort", "way", "lifecycle", "abc", "segment", "r", "f", "limit", "cursor"):
        answer = asks.get(f"/customers?{name}={quote(text)}")
        assert answer.status_code == 422, (name, answer.content)
        assert "duckdb" not in answer.content.decode().lower()
    assert asks.get(f"/customers?q={quote(text)}").status_code == 200
    assert asks.get(f"/customers/{quote(text, safe='')}").status_code == 404
    assert asks.get(f"/events?state={quote(text)}").status_code == 422
    assert asks.get("/customers?limit=1").json()["items"], "the customers are still there"
