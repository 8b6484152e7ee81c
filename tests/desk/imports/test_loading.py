import hashlib

import pytest
from import_texts import DEALS
from reading_kit import SAMPLES

from kogorta.desk.bases.opening import base_state, open_desk_base
from kogorta.desk.imports.models import SentFile, State
from kogorta.desk.jobs.models import Job
from kogorta.desk.journal.models import Entry
from kogorta.desk.settings import DESK


def counts(*tables):
    base = open_desk_base()
    return [base.connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables]


def account(row):
    return [row.found[name] for name in ("read", "used", "merged", "quarantined")]


def test_a_file_is_kept_as_sent_under_the_hash_of_its_bytes(send):
    answer = send(DEALS, "../../etc/Сделки.csv")
    row = SentFile.objects.get()
    key = hashlib.sha256(DEALS.encode()).hexdigest()
    assert answer["Location"] == f"/imports/{row.pk}/"
    assert (row.digest, row.name, row.size) == (key, "Сделки.csv", len(DEALS.encode()))
    assert [path.name for path in DESK.files_folder.iterdir()] == [key]
    assert (DESK.files_folder / key).read_bytes() == DEALS.encode()
    assert base_state().is_empty


def test_the_same_bytes_twice_are_one_file_and_the_page_says_so(send, marketer):
    first = send(DEALS)["Location"]
    again = send(DEALS, "other name.csv")
    assert again["Location"] == first
    assert "уже присылали" in marketer.get(first).content.decode()
    assert SentFile.objects.count() == Entry.objects.filter(action="import.sent").count() == 1


def test_nothing_changes_before_it_is_accepted_and_then_every_row_is_accounted_for(send, work, marketer):
    address = send(DEALS)["Location"]
    marketer.post(address + "reading/", {"deed": "check"})
    assert work() == [("imports.check", "done")]
    row = SentFile.objects.get()
    assert row.state == State.CHECKED
    assert account(row) == [6, 3, 1, 2]
    assert base_state().is_empty
    page = marketer.get(address).content.decode()
    assert "Добавить в базу" in page
    assert "Загадка" in page
    assert marketer.post(address + "accept/").status_code == 302
    assert work({"imports.accept"})[0] == ("imports.accept", "done")
    row.refresh_from_db()
    assert row.state == State.LOADED
    assert account(row) == [6, 3, 1, 2]
    assert counts("orders", "quarantine", "imports") == [3, 2, 1]
    assert row.found["after"] == {"customers": 2, "orders": 3, "won": 2, "revenue": 350050}
    assert Job.objects.filter(kind="bases.analyse").count() == 1
    deeds = list(Entry.objects.filter(action__startswith="import.").order_by("id").values_list("action", flat=True))
    assert deeds == ["import.sent", "import.accepted", "import.loaded"]


def test_a_stage_that_says_nothing_is_given_a_meaning_and_audited_again(send, work, marketer):
    address = send(DEALS)["Location"]
    marketer.post(address + "reading/", {"deed": "check"})
    work()
    row = SentFile.objects.get()
    place = [stage["name"] for stage in row.found["stages"]].index("Загадка")
    marketer.post(address + "stages/", {f"stage-{place}": "won"})
    work()
    row.refresh_from_db()
    assert row.reading["stages"] == {"Загадка": "won"}
    assert row.found["after"]["won"] == 3


def test_spellings_of_one_stage_are_one_row_and_get_one_meaning(send, work, marketer):
    spelled = ["Загадка ёлки", "Загадка\N{NO-BREAK SPACE}елки", " загадка  ёлки", "Загадка ёлки"]
    rows = [f"{number};{stage};{number}00;ООО {number};31.01.2026" for number, stage in enumerate(spelled, start=1)]
    address = send("\n".join(["ID;Стадия сделки;Сумма;Компания;Дата завершения", *rows]) + "\n")["Location"]
    marketer.post(address + "reading/", {"deed": "check"})
    work()
    row = SentFile.objects.get()
    assert row.found["stages"] == [{"name": "Загадка ёлки", "status": "open", "deals": 4, "known": False}]
    marketer.post(address + "stages/", {"stage-0": "won"})
    work()
    row.refresh_from_db()
    assert row.found["after"]["won"] == 4


def test_a_column_that_is_not_recognised_is_chosen_by_hand(send, work, marketer):
    address = send("Кто;Когда это было;Сколько всего\nООО;31.01.2026;5\n")["Location"]
    page = marketer.get(address)
    assert "Не найдено" in page.content.decode()
    marketer.post(address + "reading/", {"deed": "check"})
    assert work() == []
    chosen = {"layout": "orders", "deed": "look"}
    marketer.post(address + "reading/", chosen)
    fields = {"column-0": "customer_name", "column-1": "created_at", "column-2": "amount"}
    marketer.post(address + "reading/", {**chosen, **fields, "deed": "check"})
    assert work() == [("imports.check", "done")]
    row = SentFile.objects.get()
    assert row.reading["columns"] == {"Кто": "customer_name", "Когда это было": "created_at", "Сколько всего": "amount"}
    assert account(row) == [1, 1, 0, 0]


def test_an_import_is_undone_as_if_it_had_never_been(load, marketer, work):
    other = load("Клиент;Дата;Сумма\nООО «Дельта»;31.01.2026;50\n", "other.csv")
    before = dump()
    row = load(DEALS)
    assert counts("imports", "orders") == [2, 4]
    marketer.post(f"/imports/{row.pk}/undo/")
    assert work({"imports.undo"})[0] == ("imports.undo", "done")
    row.refresh_from_db()
    assert row.state == State.UNDONE
    assert dump() == before
    marketer.post(f"/imports/{other.pk}/undo/")
    work({"imports.undo"})
    assert base_state().is_empty
    assert counts("imports", "orders", "customers", "quarantine") == [0, 0, 0, 0]
    assert (DESK.files_folder / row.digest).exists()
    assert load(DEALS).state == State.LOADED
    assert counts("imports", "orders") == [1, 3]


def dump():
    from kogorta.base.tables import TABLES, column_list

    base = open_desk_base()
    return {
        name: sorted(map(repr, base.connection.execute(f"SELECT {column_list(name)} FROM {name}").fetchall()))
        for name in TABLES
        if name != "merges"
    }


def test_a_deal_replaced_by_a_later_file_comes_back_when_that_file_is_undone(load, marketer, work):
    load("Номер заказа;Клиент;Дата;Сумма\n7;ООО;31.01.2026;50\n", "first.csv")
    later = load("Номер заказа;Клиент;Дата;Сумма\n7;ООО;31.01.2026;80\n8;ООО;01.02.2026;9\n", "later.csv")
    amounts = "SELECT order_id, amount_base FROM orders ORDER BY 1"
    assert [row[1] for row in open_desk_base().connection.execute(amounts).fetchall()] == [8000, 900]
    marketer.post(f"/imports/{later.pk}/undo/")
    work({"imports.undo"})
    assert [row[1] for row in open_desk_base().connection.execute(amounts).fetchall()] == [5000]


def test_a_file_in_the_base_is_neither_read_otherwise_nor_deleted_nor_added_twice(load, marketer):
    row = load(DEALS)
    for deed in ("reading", "stages", "remove", "accept"):
        assert marketer.post(f"/imports/{row.pk}/{deed}/", {"deed": "check"}).status_code == 409
    assert counts("imports") == [1]


def test_a_base_with_imports_that_were_not_loaded_here_is_not_made_anew(load, marketer, work, tmp_path):
    from kogorta.sources.files import read_file

    row = load(DEALS)
    (tmp_path / "a.csv").write_text("Клиент;Дата;Сумма\nООО;31.01.2026;5\n")
    open_desk_base().add(read_file(tmp_path / "a.csv", workspace=tmp_path))
    marketer.post(f"/imports/{row.pk}/undo/")
    assert work({"imports.undo"}) == [("imports.undo", "failed")]
    assert counts("imports") == [2]
    assert "загружены не здесь" in marketer.get(f"/imports/{row.pk}/").content.decode()


def test_rows_left_out_are_downloaded_with_reasons_and_without_formulas(load, marketer):
    row = load(DEALS)
    answer = marketer.get(f"/imports/{row.pk}/quarantine.csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    lines = text.splitlines()
    assert answer["Content-Disposition"] == f'attachment; filename="quarantine-{row.pk}.csv"'
    assert len(lines) == 3
    assert lines[1].startswith("6;Сумма — не число")
    assert "'=cmd|' /C calc'!A0" in text
    assert ";'=1+1;" in text
    assert ";=" not in text


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bitrix24/export_deals_utf8bom.csv", [4, 4, 0, 0]),
        ("bitrix24/export_deals_cp1251.csv", [4, 4, 0, 0]),
        ("bitrix24/export_deals_html.xls", [4, 4, 0, 0]),
        ("bitrix24/export_deals_resaved_excel_ru_cp1251.csv", [4, 4, 0, 0]),
        ("amocrm/export_leads_utf8bom.csv", [2, 2, 0, 0]),
        ("excel/export_deals_true.xlsx", [4, 4, 0, 0]),
    ],
)
@pytest.mark.skipif(not SAMPLES.exists(), reason="the samples are not here")
def test_samples_of_exports_are_accounted_for_to_the_row(load, name, expected):
    row = load((SAMPLES / name).read_bytes(), name)
    assert row.state == State.LOADED
    assert account(row) == expected
