"""`kogorta base duplicates`, `confirm`, `reject`, `forget` as a person uses them: look, decide, change one's mind."""

import csv
import io
import json
from contextlib import redirect_stderr, redirect_stdout

import pytest

from kogorta.base.customer_base import open_base
from kogorta.cli.main import _run

HEAD = "ID;Стадия сделки;Сумма;Дата создания;Контакт: ID;Контакт;Контакт: Рабочий телефон;Контакт: Рабочий e-mail\n"
PEOPLE = (
    (1, "Семёнова Наталья Петровна", "+7 916 000-00-01", ""),
    (2, "Semenova Natalya", "+7 916 000-00-09", ""),
    (3, "Образцов Иван", "+7 916 000-00-03", "ivan@x.ru"),
    (4, "Пирогов Пётр", "+7 916 000-00-04", "petr@x.ru"),
)


def call(*words):
    out, error = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(error):
        code = _run([str(word) for word in words])
    return code, out.getvalue(), error.getvalue()


def answer(*words):
    code, out, error = call(*words, "--json", "--quiet")
    assert code == 0, error
    return json.loads(out)


@pytest.fixture
def folder(tmp_path):
    rows = "".join(f"{n};Сделка успешна;{n}00;2026-10-{n:02};{n};{name};{phone};{mail}\n" for n, name, phone, mail in PEOPLE)
    (tmp_path / "deals.csv").write_text(HEAD + rows, encoding="utf-8")
    answer("import", tmp_path / "deals.csv", "--base", tmp_path / "base")
    return tmp_path / "base"


def customers_of_orders(folder):
    return dict(open_base(folder).connection.execute("SELECT order_id, customer_id FROM orders").fetchall())


def test_a_person_confirms_forgets_and_rejects_a_pair(folder):
    before = customers_of_orders(folder)
    told = answer("base", "confirm", "contact-2", "contact-1", "--base", folder)
    assert told == {"decision": "confirm", "left": "contact-2", "right": "contact-1", "customers": 3}
    assert customers_of_orders(folder) == before | {"2": "contact-1"}
    told = answer("base", "forget", "contact-1", "contact-2", "--base", folder)
    assert (told["decision"], told["customers"]) == ("forget", 4)
    assert customers_of_orders(folder) == before
    told = answer("base", "reject", "contact-1", "contact-2", "--base", folder)
    assert (told["decision"], told["customers"]) == ("reject", 4)
    assert [row["verdict"] for row in open_base(folder).table("matches").dicts()] == ["different"]
    assert customers_of_orders(folder) == before


def test_a_confirmed_merge_is_undone_by_its_id(folder):
    before = customers_of_orders(folder)
    answer("base", "confirm", "contact-3", "contact-4", "--base", folder)
    code, _, error = call("base", "unmerge", "contact-4", "--base", folder)
    assert code == 0, error
    assert customers_of_orders(folder) == before


@pytest.mark.parametrize(("language", "words"), [("en", "are one customer now"), ("ru", "теперь один клиент")])
def test_the_decision_is_said_in_a_sentence(folder, language, words):
    code, out, _ = call("base", "confirm", "contact-1", "contact-2", "--base", folder, "--language", language, "--quiet")
    assert code == 0
    assert words in out


@pytest.mark.parametrize(
    ("decision", "left", "right", "words"),
    [
        ("confirm", "contact-1", "nobody", "nobody"),
        ("reject", "nobody", "contact-1", "nobody"),
        ("confirm", "contact-1", "contact-1", "contact-1"),
        ("forget", "contact-1", "contact-2", "Nothing was decided about contact-1 and contact-2."),
        ("confirm", "'; DROP TABLE orders; --", "contact-1", "DROP TABLE"),
    ],
)
def test_a_decision_about_nobody_is_refused_in_a_sentence_and_changes_nothing(folder, monkeypatch, decision, left, right, words):
    monkeypatch.setenv("KOGORTA_LANGUAGE", "en")
    before = customers_of_orders(folder)
    code, out, error = call("base", decision, left, right, "--base", folder, "--language", "en", "--quiet")
    assert (code, out) == (2, "")
    assert words in error
    assert "Traceback" not in error
    assert customers_of_orders(folder) == before
    assert len(open_base(folder).table("matches")) == 0


def test_the_list_for_a_person_is_written_and_a_rejected_pair_is_not_in_it_again(folder, tmp_path):
    found = answer("base", "duplicates", "--base", folder, "--review-from", "0", "--threshold", "0.99999", "--out", tmp_path / "review.csv")
    assert found["applied"] is False
    with (tmp_path / "review.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    assert {(row["left_id"], row["right_id"]) for row in rows} == {(row["left_id"], row["right_id"]) for row in found["review"]}
    pair = ("contact-1", "contact-2")
    assert pair in {(row["left_id"], row["right_id"]) for row in rows}
    answer("base", "reject", *pair, "--base", folder)
    again = answer("base", "duplicates", "--base", folder, "--review-from", "0", "--threshold", "0.99999")
    assert pair not in {(row["left_id"], row["right_id"]) for row in again["review"]}
    assert len(open_base(folder).table("customers")) == 4
