"""The form of the export and the trouble planted in it."""

import csv
import io
import json
import re
from datetime import date
from pathlib import Path

import phonenumbers
import pytest
from school_reader import inn_is_valid, phones, restored

from kogorta.demo import write_school
from kogorta.demo.words import BAD_EMAILS, BAD_PHONES, PLACEHOLDERS
from kogorta.kit.errors import InputError, OptionError

SAMPLES = Path(__file__).parents[3] / ".." / "shared" / "samples" / "bitrix24"
INN, KPP, OGRN = (f"Реквизит (Россия): {name}" for name in ("ИНН", "КПП", "ОГРН"))


def test_the_same_options_give_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        write_school(tmp_path / name, seed=3, companies=100)
    for file in ("deals.csv", "truth.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_another_seed_gives_another_school(tmp_path):
    first, second = (write_school(tmp_path / str(seed), seed=seed, companies=100) for seed in (3, 4))
    assert [one.net_amount for one in first.customers] != [one.net_amount for one in second.customers]


def test_dollars_are_added_without_changing_anything_else(tmp_path):
    plain = write_school(tmp_path / "a", companies=100)
    mixed = write_school(tmp_path / "b", companies=100, currencies=True)
    assert [(one.name, one.net_amount, one.code) for one in plain.customers] == [
        (one.name, one.net_amount, one.code) for one in mixed.customers
    ]
    assert mixed.rows == plain.rows + 1  # two for 300 companies, one for 100


def test_headers_hold_those_of_the_sample_in_its_order_and_two_more(school):
    text = (SAMPLES / "export_deals_utf8bom.csv").read_bytes().decode("utf-8-sig")
    sample = next(csv.reader(io.StringIO(text, newline=""), delimiter=";"))
    ours = [header for header in school.header if header not in ("Комментарий", "Реквизит (Россия): ОКВЭД")]
    assert ours == sample
    assert school.header[-1] == ""


def test_every_value_is_quoted_and_followed_by_a_semicolon(school):
    text = school.raw.decode("utf-8-sig")
    assert school.raw.startswith(b"\xef\xbb\xbf")
    assert re.fullmatch(r'(?:(?:"(?:[^"]|"")*";){39}\n)+', text)


def test_windows_1251_holds_the_same_cells(tmp_path, make_school):
    one, other = make_school(seed=5, companies=100), make_school(seed=5, companies=100, encoding="cp1251")
    assert other.raw.decode("cp1251") == one.raw.decode("utf-8-sig").replace("₽", "руб.")
    assert one.truth.customers == other.truth.customers


def test_truth_is_one_json_document_with_the_definitions(tmp_path):
    truth = write_school(tmp_path, companies=100)
    document = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))
    assert document["accounting"]["rows_read"] == truth.rows
    assert document["as_of"] == "2026-11-22"
    assert len(document["customers"]) == len(truth.customers)
    assert set(document["definitions"]) == {"purchase_on", "refunds", "quarantine", "customer", "rfm"}


def test_exact_copies_stand_after_their_original(school):
    for number in school.truth.rows_with("duplicate_row"):
        assert school.row(number) in school.records[: number - 2]


def test_product_rows_sum_to_the_deal_and_carry_their_own_amount(school):
    rows = school.truth.rows_with("product_rows")
    assert len(rows) > 60
    for number in rows:
        row = school.row(number)
        assert float(row["Сумма"]) == pytest.approx(float(row["Цена"]) * int(row["Количество"]))


CELLS = {
    "amount_comma": ("Сумма", r"\d{1,3}( \d{3})*,\d\d"),
    "amount_point": ("Сумма", r"\d+\.5"),
    "amount_rouble": ("Сумма", r"\d{1,3}( \d{3})*,5 ₽"),
    "amount_missing": ("Сумма", r""),
    "refund_full": ("Сумма", r"-\d+(\.\d+)?"),
    "refund_partial": ("Сумма", r"-\d+(\.\d+)?"),
    "refund_stage": ("Стадия сделки", "Возврат"),
    "created_without_time": ("Дата создания", r"\d\d\.\d\d\.\d{4}"),
    "closing_date_missing": ("Дата завершения", ""),
    "test_order": ("Название сделки", r"(?i)(тест|test)(ов.*| .*)?"),
    "customer_missing": ("Компания: ID", ""),
    "inn_restored": (INN, r"[1-9]\d{8}|[1-9]\d{10}"),
    "inn_spoilt": (INN, r"\d,\d\dE\+09"),
    "inn_checksum": (INN, r"\d{10}"),
    "several_phones": (None, r".*\d, [+78].*"),
    "one_digit_hour": (None, r"\d\d\.\d\d\.\d{4} \d:\d\d:\d\d"),
    "formula": (None, r"=.+"),
    "trailing_space": (None, r".* "),
    "no_break_space": (None, r".*\xa0.*"),
    "line_break": (None, r"(?s).*\n.*"),
    "html": ("Комментарий", r".*(<\w+|&\w+;).*"),
    "email_invalid": ("Контакт: Рабочий e-mail", "|".join(map(re.escape, BAD_EMAILS))),
    "phone_invalid": ("Контакт: Мобильный телефон", "|".join(map(re.escape, BAD_PHONES))),
    "placeholder": (None, "|".join(map(re.escape, PLACEHOLDERS))),
}
EXACT = set(CELLS) - {"customer_missing", "several_phones"}
REFUNDS = {"refund_full", "refund_partial"}


@pytest.mark.parametrize("kind", CELLS)
def test_planted_cells_look_as_told_and_no_other_row_does(school, kind):
    column, pattern = CELLS[kind]
    form = re.compile(pattern)

    def shows(record):
        cells = [record[column]] if column else [cell for name, cell in record.items() if name != "Контакт: ID"]
        return any(form.fullmatch(cell) for cell in cells)

    rows = school.truth.rows_with(kind)
    assert rows
    if kind in REFUNDS:
        rows = [number for either in REFUNDS for number in school.truth.rows_with(either)]
    assert all(shows(school.row(number)) for number in rows)
    if kind in EXACT:
        found = set(school.rows_where(shows))
        if kind in ("amount_missing", "closing_date_missing", "amount_point"):
            found = {number for number in found if school.row(number)["Стадия сделки"].strip() == "Сделка успешна"}
        if kind == "inn_checksum":
            found = {number for number in found if not inn_is_valid(school.row(number)[INN])}
        assert found - set(rows) == set()


def test_lost_zeros_are_restored_by_the_checksum_and_the_rest_is_not(school):
    for number in school.truth.rows_with("inn_restored"):
        assert restored(school.row(number)[INN]).startswith("0")
    for kind in ("inn_spoilt", "inn_checksum"):
        assert {restored(school.row(number)[INN]) for number in school.truth.rows_with(kind)} == {""}
    odd = set().union(*(school.truth.rows_with(kind) for kind in ("inn_restored", "inn_spoilt", "inn_checksum")))
    for number, record in enumerate(school.records, start=2):
        assert number in odd or record[INN] == "" or inn_is_valid(record[INN])


def test_ogrn_check_digits_are_right(school):
    for record in school.records:
        ogrn = record[OGRN]
        if ogrn:
            assert int(ogrn[:-1]) % (11 if len(ogrn) == 13 else 13) % 10 == int(ogrn[-1])


def test_good_phones_are_valid_and_belong_to_nobody(school):
    cells = {
        cell.strip()
        for record in school.records
        for name in ("Контакт: Рабочий телефон", "Контакт: Мобильный телефон", "Компания: Рабочий телефон")
        for cell in record[name].split(",")
    } - {"", *BAD_PHONES, *PLACEHOLDERS}
    assert len(cells) > 400
    for cell in cells:
        assert phonenumbers.is_valid_number(phonenumbers.parse(cell, "RU")), cell
        (digits,) = phones(cell)
        assert re.fullmatch(r"999000\d{4}|\d{3,4}000?\d{4,5}", digits)
    assert not any(phonenumbers.is_valid_number(phonenumbers.parse(cell, "RU")) for cell in BAD_PHONES)


def test_mail_lives_on_example_domains(school):
    for record in school.records:
        for name in ("Контакт: Рабочий e-mail", "Компания: Рабочий e-mail"):
            cell = record[name]
            if cell and cell not in BAD_EMAILS + PLACEHOLDERS:
                assert re.fullmatch(r"[a-z0-9.]+@example\.(ru|com|org)", cell.lower())


def test_what_looks_wrong_and_is_not_is_used(school):
    truth = school.truth
    out = set().union(*truth.quarantined.values())
    for kind in ("planned_date", "same_name", "branch", "testing_title"):
        assert truth.rows_with(kind)
        assert set(truth.rows_with(kind)) - out
    branches = {(school.row(number)[INN], school.row(number)[KPP]) for number in truth.rows_with("branch")}
    assert len({inn for inn, _ in branches}) == 1
    assert len(branches) == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"companies": 99}, "companies is 99; it must be between 100 and 20000."),
        ({"encoding": "utf-16"}, "encoding is 'utf-16'; it must be one of 'utf-8-sig', 'cp1251'."),
        ({"as_of": date(1950, 1, 1)}, "as_of.year is 1950; it must be between 1990 and 2100."),
    ],
)
def test_options_out_of_bounds_are_refused_and_nothing_is_written(tmp_path, options, words):
    with pytest.raises(OptionError) as error:
        write_school(tmp_path / "new", **options)
    assert str(error.value) == words
    assert not (tmp_path / "new").exists()


def test_a_folder_that_is_a_file_is_refused_in_one_sentence(tmp_path):
    (tmp_path / "taken").write_text("x")
    with pytest.raises(InputError, match=r"cannot write the demo to .*taken.*choose another folder"):
        write_school(tmp_path / "taken", companies=100)
