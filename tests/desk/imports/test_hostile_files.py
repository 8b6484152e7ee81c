import gzip
import io
import zipfile
from dataclasses import replace

import pytest
from django.test import Client
from import_texts import DEALS

from kogorta.desk.bases.opening import base_state
from kogorta.desk.imports.models import SentFile
from kogorta.desk.imports.storage import clean_name, path_of
from kogorta.desk.journal.models import Entry
from kogorta.desk.people.permissions import TABLE, Action
from kogorta.desk.settings import DESK
from kogorta.kit.errors import OptionError


def kept():
    return sorted(path.name for path in DESK.files_folder.iterdir()) if DESK.files_folder.exists() else []


def bomb():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (100 << 20))
    return stream.getvalue()


HOSTILE = {
    "nothing": b"",
    "bomb.xlsx": bomb(),
    "picture.csv": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20,
    "archive.csv": b"Rar!\x1a\x07\x00" + b"x" * 400,
    "broken.xlsx": b"PK\x03\x04" + b"\x00" * 300,
    "broken.csv.gz": gzip.compress(DEALS.encode())[:60],
    "noise.csv": bytes((17 * place * place) % 256 for place in range(9000)),
    "page.xls": b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'aaaa'>]><x>&a;</x>",
    "sheet.json": b'{"deals": [1, 2, 3]}',
}


@pytest.mark.parametrize("name", list(HOSTILE))
def test_what_is_no_table_is_refused_in_one_sentence_and_nothing_is_kept(send, name):
    answer = send(HOSTILE[name], name)
    assert answer.status_code == 422
    sentence = answer.context["error"]
    assert 10 < len(sentence) < 400
    assert str(DESK.home) not in sentence
    assert ".incoming" not in sentence
    assert (SentFile.objects.count(), kept()) == (0, [])


def test_a_file_past_the_limit_is_refused_and_nothing_is_kept(send, monkeypatch):
    monkeypatch.setattr("kogorta.desk.imports.views.DESK", replace(DESK, upload_mb=1))
    assert send(DEALS).status_code == 302
    before = kept()
    answer = send(b"a;b\n" + b"1;2\n" * 400_000, "long.csv")
    assert answer.status_code == 422
    assert "больше 1 МБ" in answer.context["error"]
    assert kept() == before


def test_no_file_is_said_to_be_none(marketer):
    answer = marketer.post("/imports/upload/", {"other": "x"})
    assert answer.status_code == 422
    assert "Файл не пришёл" in answer.content.decode()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\anna\\Сделки.csv", "Сделки.csv"),
        ("a\x00b\n\u202ec.csv", "abc.csv"),
        ("", "file"),
        ("x" * 500 + ".csv", "x" * 196 + ".csv"),
    ],
)
def test_a_name_is_shown_and_never_a_path(name, shown):
    assert clean_name(name) == shown


@pytest.mark.parametrize("key", ["../base", "0" * 63, "0" * 64 + "\n", "A" * 64, "0" * 64 + "/../x"])
def test_only_a_hash_is_a_place(key):
    with pytest.raises(OptionError):
        path_of(key)


def test_a_name_and_cells_of_a_file_are_never_markup(send, marketer):
    text = "Клиент;Дата;Сумма;<script>alert(1)</script>\n<b>ООО</b>;31.01.2026;5;{{ 7|add:7 }}\n"
    body = marketer.get(send(text, "<img src=x onerror=alert(1)>.csv")["Location"]).content.decode()
    assert "<script>alert" not in body
    assert "<img src=x" not in body
    assert "<b>ООО" not in body


def test_a_form_without_its_token_brings_no_file(founded, client_of):
    client = client_of("marketer", enforce_csrf_checks=True)
    stream = io.BytesIO(DEALS.encode())
    stream.name = "deals.csv"
    assert client.post("/imports/upload/", {"file": stream}).status_code == 403
    assert (SentFile.objects.count(), kept()) == (0, [])


@pytest.mark.parametrize("role", ["manager", "analyst", None])
def test_who_may_not_load_writes_nothing_and_is_not_even_read(client_of, role):
    stream = io.BytesIO(DEALS.encode())
    stream.name = "deals.csv"
    answer = (client_of(role) if role else Client()).post("/imports/upload/", {"file": stream})
    assert answer.status_code == (403 if role else 302)
    assert (SentFile.objects.count(), kept(), Entry.objects.filter(action="import.sent").count()) == (0, [], 0)
    assert role is None or role not in TABLE[Action.IMPORT_FILES]


@pytest.mark.parametrize("posted", [{"layout": "x"}, {"column-0": "x'; DROP"}, {"column-0": "__class__"}])
def test_a_choice_that_was_not_offered_is_refused(send, marketer, posted):
    address = send(DEALS)["Location"]
    before = SentFile.objects.get().reading
    assert marketer.post(address + "reading/", {"deed": "check", **posted}).status_code == 422
    assert SentFile.objects.get().reading == before


def test_a_wrong_currency_or_zone_is_named(send, marketer):
    address = send(DEALS)["Location"]
    for posted in ({"currency": "крона"}, {"time_zone": "Moon/Base"}):
        answer = marketer.post(address + "reading/", {"deed": "check", **posted})
        assert answer.status_code == 422
        assert next(iter(posted.values())) in answer.content.decode()


def test_a_huge_cell_is_audited_or_refused_and_the_base_stays_empty(send, work, marketer):
    address = send("Клиент;Дата;Сумма\nООО;31.01.2026;5\n" + "x" * (12 << 20) + ";31.01.2026;5\n")["Location"]
    assert marketer.get(address).status_code == 200
    marketer.post(address + "reading/", {"deed": "check"})
    ended = work()
    assert ended in ([("imports.check", "done")], [("imports.check", "failed")])
    assert marketer.get(address).status_code == 200
    assert base_state().is_empty


def test_a_removed_file_is_gone_from_the_disk(send, marketer, monkeypatch):
    monkeypatch.setattr("django.db.transaction.on_commit", lambda deed: deed())
    address = send(DEALS)["Location"]
    assert marketer.post(address + "remove/").status_code == 302
    assert (SentFile.objects.count(), kept()) == (0, [])
    assert marketer.get(address).status_code == 404


def test_both_languages_say_every_step(send, work, marketer):
    address = send(DEALS)["Location"]
    marketer.post(address + "reading/", {"deed": "check"})
    work()
    pages = ("/imports/", address, address + "?columns")
    russian = [marketer.get(page).content.decode() for page in pages]
    marketer.post("/language/", {"code": "en", "back": "/"})
    english = [marketer.get(page).content.decode() for page in pages]
    for page, phrase in zip(russian, ("Перетащите файл", "Добавить в базу", "Что в каждом столбце"), strict=True):
        assert phrase in page
        assert "Audit" not in page
    for page, phrase in zip(english, ("Drag a file", "Add to the base", "What each column is"), strict=True):
        assert phrase in page
        assert "Проверить" not in page
