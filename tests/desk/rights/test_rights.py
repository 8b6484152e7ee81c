import io
import json
import shutil
import zipfile
from datetime import date
from html import unescape

import pytest
from person_texts import DEALS, LATER, SECRETS

from kogorta.base.customer_base import CustomerBase
from kogorta.desk.bases.snapshots import make_snapshot, newest_snapshot
from kogorta.desk.errors import DeniedError, DeskError
from kogorta.desk.imports.cleaned import is_cleaned
from kogorta.desk.imports.models import SentFile
from kogorta.desk.imports.storage import path_of, quarantine_of
from kogorta.desk.jobs.models import Job
from kogorta.desk.journal.models import Entry
from kogorta.desk.people.permissions import Role
from kogorta.desk.personal import actions
from kogorta.desk.personal.models import Consent, ErasedKey, Erasure
from kogorta.desk.reports.actions import keep_report
from kogorta.desk.reports.files import path_of as report_file
from kogorta.desk.reports.files import publish
from kogorta.desk.reports.models import Report
from kogorta.desk.segments.actions import freeze_segment, save_segment
from kogorta.desk.segments.models import FrozenList
from kogorta.desk.segments.queries import list_file
from kogorta.desk.settings import DESK
from kogorta.segments.rules.formula import parse_formula

WHO = "contact-71"
ROLES = [role.value for role in Role]


def text_of(answer):
    return unescape(answer.content.decode()).replace("\xa0", " ")


def where(secret):
    return [path.name for path in sorted(DESK.home.rglob("*")) if path.is_file() and secret in everywhere(path)]


def everywhere(one=None):
    """Every file of the desk that is no archive of its own, as text; Parquet and the database read cell by cell."""
    import duckdb

    told = ""
    for path in sorted(DESK.home.rglob("*")):
        if not path.is_file() or path.name.startswith("desk.sqlite3") or (one and path != one):
            continue
        told += path.name + "\n"
        if path.suffix == ".parquet" or path.name.endswith(".cells"):
            told += str(duckdb.sql(f"SELECT * FROM read_parquet('{path}')").fetchall())
        else:
            told += path.read_bytes().decode("utf-8", "replace")
    return told


def figures():
    base = CustomerBase(DESK.base_folder)
    row = base.connection.execute(
        """SELECT (SELECT count(*) FROM customers), count(*), sum(net_amount_base), (SELECT sum(amount) FROM customer_days),
        (SELECT count(*) FROM quarantine) FROM orders"""
    ).fetchone()
    base.connection.close()
    return row


@pytest.fixture(scope="session")
def _kept(tmp_path_factory):
    """Folders and the row of the loaded file, made by the first test and copied by the others."""
    return {"folder": tmp_path_factory.mktemp("kept"), "row": None}


@pytest.fixture
def loaded(_kept, load, founded):
    """The file in the base, analysed; a consent, a frozen list and two reports that hold the person."""
    folders = {name: getattr(DESK, f"{name}_folder") for name in ("base", "files", "snapshots")}
    if _kept["row"] is None:
        row = load(DEALS)
        make_snapshot("case")
        for name, folder in folders.items():
            shutil.copytree(folder, _kept["folder"] / name)
        _kept["row"] = {
            name: getattr(row, name)
            for name in ("digest", "name", "size", "state", "reading", "found", "base_digest", "place", "loaded_at")
        }
    else:
        for name, folder in folders.items():
            shutil.copytree(_kept["folder"] / name, folder)
        row = SentFile.objects.create(**_kept["row"], sent_by=founded["marketer"], accepted_by=founded["marketer"])
    snapshot = newest_snapshot()
    saved = save_segment(founded["owner"], "Все", parse_formula("orders(all) >= 1"))
    freeze_segment(founded["owner"], saved.pk, snapshot)
    actions.record_consent(founded["manager"], WHO, "email", "given", date(2026, 1, 5), "форма на сайте")
    for text in ("Анна Зорина", "никого"):
        report = Report.objects.create(language="ru", scheme="case", made_by=founded["owner"])
        made = DESK.home / "made"
        made.mkdir()
        for name in ("report.html", "report.pdf", "customers.xlsx"):
            (made / name).write_text(text)
        keep_report(report.pk, snapshot.as_of, 1, "", publish(made, report.pk), "")
    return row


@pytest.fixture
def no_analysis(monkeypatch):
    """Old snapshots go, a new one is not made."""
    from kogorta.desk.bases.snapshots import forget_old_snapshots

    monkeypatch.setattr("kogorta.desk.rights.handlers._analyse_anew", lambda context: forget_old_snapshots(keep=0))


KINDS = {"rights.erase", "imports.check", "imports.accept", "imports.undo"}


def test_a_consent_is_recorded_shown_with_its_history_and_the_last_word_holds(loaded, client_of):
    client = client_of("manager")
    posted = {"customer": WHO, "channel": "email", "state": "withdrawn", "said_on": "2026-02-01", "source": "звонок 17"}
    assert client.post("/consents/", posted)["Location"] == f"/customers/card/{WHO}"
    page = text_of(client.get(f"/customers/card/{WHO}"))
    assert page.count("согласие отозвано") >= 2
    assert "звонок 17" in page
    assert "форма на сайте" in page

    assert list(Consent.objects.values_list("state", flat=True)) == ["withdrawn", "given"]
    entry = Entry.objects.filter(action="consent.recorded").latest("pk")
    assert WHO not in str(entry.subject) + str(entry.details)
    assert "звонок 17" not in text_of(client_of("analyst").get(f"/customers/card/{WHO}"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"channel": "pigeon"},
        {"state": "maybe"},
        {"said_on": "2999-01-01"},
        {"said_on": "x"},
        {"source": "  "},
        {"customer": "nobody"},
        {"customer": ""},
    ],
)
def test_a_consent_that_cannot_be_is_refused(loaded, client_of, wrong):
    posted = {"customer": WHO, "channel": "sms", "state": "given", "said_on": "2026-02-01", "source": "форма", **wrong}
    assert client_of("manager").post("/consents/", posted).status_code in {404, 422}
    assert Consent.objects.count() == 1


def test_everything_kept_of_one_person_is_given_and_nothing_of_others(loaded, client_of):
    client = client_of("marketer")
    answer = client.post("/person/export/", {"customer": WHO, "kind": "json"})
    found = json.loads(answer.content)
    assert found["customer"][0]["name"] == "Анна Зорина"
    assert {row["order_id"] for row in found["orders"]} == {"1", "2"}
    assert {row["key"] for row in found["emails_and_phones"]} == {"zorina@example.ru", "+79990000071"}
    assert len(found["rows_left_out"]) == 1
    assert found["consents"][0]["source"] == "форма на сайте"
    assert found["lists_he_is_in"][0]["name"] == "Все"
    assert found["files_his_orders_came_from"][0]["name"] == "deals.csv"
    assert "Клиент Номер" not in answer.content.decode()
    assert WHO not in str(Entry.objects.filter(action="person.exported").values_list("subject", "details"))


def test_no_cell_of_the_book_is_a_formula(loaded, client_of):
    answer = client_of("owner").post("/person/export/", {"customer": WHO, "kind": "xlsx"})
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        sheets = "".join(book.read(name).decode() for name in book.namelist() if name.startswith("xl/worksheets/"))
        strings = book.read("xl/sharedStrings.xml").decode()
    assert "<f>" not in sheets
    assert "'=1+1" in strings
    assert ">=1+1" not in strings


@pytest.mark.parametrize("given", [{"customer": "nobody", "kind": "json"}, {"customer": WHO, "kind": "exe"}, {}])
def test_an_export_of_nobody_is_refused(loaded, client_of, given):
    assert client_of("owner").post("/person/export/", given).status_code in {404, 422}
    assert not Entry.objects.filter(action="person.exported").exists()


def test_before_anything_is_erased_a_page_says_what_goes(loaded, client_of):
    page = text_of(client_of("owner").get("/person/erase/", {"customer": WHO}))
    for told in ("Анна Зорина", "2 заказа — как заказы безымянного", "1 запись о согласии", "Это нельзя отменить", "резервные копии"):
        assert told in page
    assert client_of("owner").post("/person/erase/begin/", {"customer": WHO}).status_code == 422
    assert (Erasure.objects.count(), ErasedKey.objects.count(), Job.objects.filter(kind="rights.erase").count()) == (0, 0, 0)


def test_an_erased_person_is_nowhere_and_every_figure_stays(loaded, client_of, work, send, founded):
    send(LATER, "Зорина июнь.csv")  # sent, not in the base
    before, told = figures(), everywhere()
    assert all(secret in told for secret in SECRETS)
    lists = FrozenList.objects.get().customers
    answer = client_of("owner").post("/person/erase/begin/", {"customer": WHO, "understood": "yes"})
    assert work() == [("rights.erase", "done")]
    assert figures() == before
    told = everywhere()
    assert [(secret, where(secret)) for secret in SECRETS if secret in told] == []
    assert (is_cleaned(loaded.digest), path_of(loaded.digest).exists(), quarantine_of(loaded.digest).exists()) == (True, False, True)
    assert Consent.objects.count() == 0
    for model, fields in (
        (Job, "arguments"),
        (Entry, "details"),
        (Entry, "subject"),
        (SentFile, "name"),
        (SentFile, "found"),
        (Erasure, "pk"),
    ):
        values = str(list(model.objects.values_list(fields, flat=True)))
        assert [secret for secret in [*SECRETS, WHO] if secret in values] == [], model
    import duckdb

    ids = [row[0] for row in duckdb.sql(f"SELECT customer_id FROM read_parquet('{list_file(FrozenList.objects.get().file)}')").fetchall()]
    assert (len(ids), "erased-1" in ids or any(one.startswith("erased-") for one in ids), WHO in ids) == (lists, True, False)
    first, second = Report.objects.order_by("pk")
    assert (sorted(first.sizes), sorted(second.sizes)) == ([], ["report.html", "report.pdf"])
    assert not report_file(first.pk, "report.html").exists()
    nameless = Erasure.objects.get().nameless
    page = text_of(client_of("owner").get(f"/customers/card/{nameless}"))
    assert "2 заказа" in page
    assert "5 000" in page
    assert client_of("owner").get(f"/customers/card/{WHO}").status_code == 404
    assert "Готово" in text_of(client_of("owner").get(answer["Location"]))


def test_no_file_brings_him_back_not_the_same_nor_a_later_one_nor_an_undone_import(
    loaded, client_of, work, send, load, marketer, no_analysis
):
    client_of("owner").post("/person/erase/begin/", {"customer": WHO, "understood": "yes"})
    work(KINDS)
    send(DEALS)
    assert SentFile.objects.count() == 1
    later = load(LATER, "later.csv")
    assert later.state == "loaded"
    assert (is_cleaned(later.digest), path_of(later.digest).exists()) == (True, False)
    marketer.post(f"/imports/{later.pk}/undo/")
    work({"imports.undo"})
    marketer.post(f"/imports/{later.pk}/reading/", {"deed": "check"})
    work({"imports.check"})
    marketer.post(f"/imports/{later.pk}/accept/")
    work(KINDS)
    later.refresh_from_db()
    assert later.state == "loaded"
    told = everywhere()
    assert [secret for secret in SECRETS if secret in told] == []
    base = CustomerBase(DESK.base_folder)
    assert base.connection.execute("SELECT list(order_id ORDER BY order_id) FROM orders WHERE customer_id LIKE 'erased-%'").fetchone() == (
        ["1", "2", "900"],
    )
    base.connection.close()


def test_an_attempt_that_died_after_the_base_changed_is_finished_by_the_next(loaded, client_of, work, monkeypatch, no_analysis):
    from kogorta.desk.rights import handlers

    def dies(context):
        raise RuntimeError

    analyse = handlers._analyse_anew
    monkeypatch.setattr(handlers, "_analyse_anew", dies)
    client_of("owner").post("/person/erase/begin/", {"customer": WHO, "understood": "yes"})
    before = figures()
    work()
    assert Erasure.objects.get().done_at is None
    monkeypatch.setattr(handlers, "_analyse_anew", analyse)
    from datetime import UTC, datetime, timedelta

    Job.objects.filter(kind="rights.erase").update(run_at=datetime.now(UTC) - timedelta(seconds=1))
    assert work() == [("rights.erase", "done")]
    assert figures() == before
    assert Erasure.objects.get().done_at is not None
    told = everywhere()
    assert [secret for secret in SECRETS if secret in told] == []


def test_two_erasures_of_one_person_are_one(loaded, client_of):
    client = client_of("owner")
    client.post("/person/erase/begin/", {"customer": WHO, "understood": "yes"})
    assert client.post("/person/erase/begin/", {"customer": WHO, "understood": "yes"}).status_code == 409
    assert Erasure.objects.count() == 1


def test_without_the_salt_no_file_is_read_rather_than_read_with_him(loaded, client_of, work, send, no_analysis):
    client_of("owner").post("/person/erase/begin/", {"customer": WHO, "understood": "yes"})
    work()
    (DESK.home / "erasure.salt").unlink()
    row = SentFile.objects.get(pk=int(send(LATER, "later.csv")["Location"].split("/")[-2]))
    client_of("marketer").post(f"/imports/{row.pk}/reading/", {"deed": "check"})
    assert work() == [("imports.check", "failed")]
    ErasedKey.objects.all().delete()


@pytest.mark.parametrize("role", ROLES)
def test_each_role_and_what_it_may_do_with_a_persons_data(loaded, client_of, founded, role):
    client = client_of(role)
    page = text_of(client.get(f"/customers/card/{WHO}"))
    assert ("/consents/" in page) is (role != "analyst")
    assert ("/person/export/" in page) is (role in {"owner", "marketer"})
    assert ("/person/erase/" in page) is (role == "owner")
    assert ("zorina@example.ru" in page) is (role != "analyst")
    before = (Consent.objects.count(), Erasure.objects.count(), Job.objects.count(), Entry.objects.count())
    if role != "owner":
        for answer in (
            client.get("/person/erase/", {"customer": WHO}),
            client.post("/person/erase/begin/", {"customer": WHO, "understood": "yes"}),
            client.get("/erasures/"),
        ):
            assert answer.status_code == 403
        with pytest.raises(DeniedError):
            actions.ask_for_erasure(founded[role], WHO, None)
    if role == "analyst":
        with pytest.raises(DeniedError):
            actions.record_consent(founded[role], WHO, "sms", "given", date(2026, 1, 1), "x")
    if role in {"manager", "analyst"}:
        assert client.post("/person/export/", {"customer": WHO, "kind": "json"}).status_code == 403
    assert (Consent.objects.count(), Erasure.objects.count(), Job.objects.count(), Entry.objects.count()) == before


def test_a_source_of_a_consent_is_said(founded):
    with pytest.raises(DeskError):
        actions.record_consent(founded["owner"], WHO, "sms", "given", date(2026, 1, 1), "\x00 ")
