"""`kogorta segment rule` and its kin as a script meets them: one document, exit codes, refusals in both languages."""

import io
import json
from contextlib import redirect_stderr, redirect_stdout

import pytest

from kogorta.analysis import Analyzer
from kogorta.base.customer_base import CustomerBase
from kogorta.cli.main import _run
from kogorta.demo.retail import write_retail

FORMULA = "orders() >= 3 and revenue() > 5000"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("rules")
    write_retail(place / "orders.csv", customers=150, seed=5, as_of="2026-11-22")
    code, _, error = call("import", place / "orders.csv", "--base", place / "base", "--received-on", "2026-11-22", "--quiet")
    assert code == 0, error
    return place / "base"


def call(*words):
    out, error = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(error):
        code = _run([str(word) for word in words])
    return code, out.getvalue(), error.getvalue()


def answer(*words):
    code, out, error = call(*words, "--json", "--quiet")
    assert code == 0, error
    return json.loads(out)


def test_the_answer_is_one_document_and_its_figures_are_those_of_the_tables(folder):
    found = answer("segment", "rule", FORMULA, "--base", folder, "--members")
    rows = (
        CustomerBase(folder)
        .connection.execute(
            "SELECT customer_id, sum(net_amount_base) FROM orders WHERE net_amount_base <> 0 GROUP BY 1 "
            "HAVING count(*) FILTER (WHERE status = 'won' AND net_amount_base > 0) >= 3 AND sum(net_amount_base) > 500000 ORDER BY 1"
        )
        .fetchall()
    )
    assert len(rows) > 10
    assert found["members"] == [row[0] for row in rows]
    assert (found["count"], found["share"]) == (len(rows), len(rows) / 150)
    assert found["revenue"] == sum(row[1] for row in rows) / 100
    assert found["sentence_ru"].startswith("Клиенты, которые")
    assert found["sentence_en"].startswith("Customers who")
    assert "members" not in answer("segment", "rule", FORMULA, "--base", folder)


def test_the_tree_of_the_answer_asks_the_same_from_a_file(folder, tmp_path):
    first = answer("segment", "rule", FORMULA, "--base", folder)
    (tmp_path / "rule.json").write_text(json.dumps(first["tree"]), encoding="utf-8")
    assert answer("segment", "rule", "--tree", tmp_path / "rule.json", "--base", folder) == first


def test_the_table_has_the_sentence_the_figures_and_ten_examples(folder):
    found = answer("segment", "rule", FORMULA, "--base", folder)
    code, out, _ = call("segment", "rule", FORMULA, "--base", folder, "--language", "ru", "--quiet")
    assert code == 0
    assert found["sentence_ru"] in out
    assert len(found["examples"]) == 10
    assert all(one["customer_id"] in out for one in found["examples"])


def test_a_customer_is_explained_with_his_own_values(folder):
    one = answer("segment", "rule", FORMULA, "--base", folder, "--members")["members"][0]
    found = answer("segment", "explain", FORMULA, "--customer", one, "--base", folder)
    assert found["member"] is True
    assert [reason["met"] for reason in found["reasons"]] == [True, True]
    assert found["reasons"][0]["value"] >= 3
    stranger = answer("segment", "explain", "orders(30d) >= 99", "--customer", one, "--base", folder)
    assert (stranger["member"], stranger["reasons"][0]["met"]) == (False, False)


def test_a_saved_segment_is_listed_asked_compared_and_deleted(folder):
    assert answer("segment", "save", "частые", FORMULA, "--base", folder)["replaced"] is False
    assert [one["name"] for one in answer("segment", "saved", "--base", folder)] == ["частые"]
    whole = answer("segment", "rule", FORMULA, "--base", folder, "--members")["members"]
    assert answer("segment", "rule", "segment('частые')", "--base", folder, "--members")["members"] == whole
    (counted,) = answer("segment", "saved", "--base", folder, "--count")
    asked = answer("segment", "rule", FORMULA, "--base", folder)
    assert {key: counted[key] for key in ("as_of", "count", "share", "revenue")} == {
        key: asked[key] for key in ("as_of", "count", "share", "revenue")
    }
    shown = call("segment", "saved", "--base", folder, "--count", "--quiet", "--language", "ru")[1]
    assert [line.split()[:2] for line in shown.splitlines()] == [["Сегмент", "Клиентов"], ["частые", str(len(whole))]]
    assert "Формула" in shown
    earlier = answer("segment", "saved", "--base", folder, "--count", "--as-of", "2024-06-01")[0]
    assert earlier["count"] < counted["count"]
    fewer = answer("segment", "rule", "orders() >= 4", "--base", folder, "--members")["members"]
    change = answer("segment", "diff", "частые", "orders() >= 4", "--base", folder)
    assert (change["before"], change["after"]) == (len(whole), len(fewer))
    assert set(whole) - set(change["leaving"]) | set(change["entering"]) == set(fewer)
    assert call("segment", "save", "частые", "segment('частые')", "--base", folder)[0] == 2
    assert answer("segment", "delete", "частые", "--base", folder) == {"deleted": "частые", "formula": FORMULA}
    assert answer("segment", "saved", "--base", folder) == []


def test_recorded_moves_come_from_a_file_and_their_lack_is_said(folder, tmp_path):
    one = answer("segment", "rule", FORMULA, "--base", folder, "--members")["members"][0]
    (tmp_path / "moves.csv").write_text(f"customer_id,segment,way,day\n{one},vip,entered,2026-11-01\n", encoding="utf-8")
    formula = "entered('vip', 60d)"
    found = answer(
        "segment", "rule", formula, "--base", folder, "--as-of", "2026-11-22", "--transitions", tmp_path / "moves.csv", "--members"
    )
    assert found["members"] == [one]
    code, out, error = call("segment", "rule", formula, "--base", folder, "--quiet", "--language", "ru")
    assert (code, out) == (2, "")
    assert "записанных переходов нет" in error


def test_a_rule_about_value_reads_the_model_and_so_does_a_segment_of_it(folder):
    base = CustomerBase(folder)
    scores = Analyzer().value(base).scores
    rows = base.connection.execute(f"SELECT customer_id FROM {scores} WHERE p_alive >= 0.9 ORDER BY 1").fetchall()
    likely = answer("segment", "rule", "p_alive >= 90%", "--base", folder, "--members")["members"]
    assert likely == [row[0] for row in rows]
    assert 0 < len(likely) < 150
    answer("segment", "save", "верные", "p_alive >= 90%", "--base", folder)
    assert answer("segment", "rule", "segment('верные')", "--base", folder, "--members")["members"] == likely
    assert answer("segment", "saved", "--base", folder, "--count")[0]["count"] == len(likely)
    found = answer("segment", "explain", "p_alive >= 90%", "--customer", likely[0], "--base", folder)
    assert found["reasons"][0]["value"] >= 0.9
    answer("segment", "delete", "верные", "--base", folder)


HOSTILE = {
    "10,000 conditions": " or ".join(["age > 1"] * 10_000),
    "1,000 deep": "(" * 1000 + "age > 1" + ")" * 1000,
    "an unknown field": "agee > 1",
    "a wrong type": "age > 'x'",
    "SQL in a name": "age; DROP TABLE customers > 1",
    "SQL in a key word": "orders(30d) UNION SELECT 1",
    "nothing": "",
    "half a tree": '{"version": 1, "rule": {"all": [',
    "a deep tree": '{"version": 1, "rule": ' + '{"not": ' * 1000 + "1" + "}" * 1001,
}


@pytest.mark.parametrize("formula", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize(("language", "word"), [("ru", "Ошибка: "), ("en", "Error: ")])
def test_a_hostile_rule_ends_with_code_2_and_one_sentence(folder, formula, language, word, monkeypatch):
    monkeypatch.setenv("KOGORTA_LANGUAGE", language)
    code, out, error = call("segment", "rule", formula, "--base", folder, "--json", "--quiet", "--language", language)
    assert (code, out) == (2, "")
    sentence = error.split("\n")[0]
    assert sentence.startswith(word)
    assert sentence[-1] in ".?"
    assert len(error) < 1000
    if language == "ru":
        assert any("а" <= letter <= "я" for letter in sentence.removeprefix(word).lower())


def deep(levels):
    tree = {"field": "age", "op": ">", "value": 1}
    for _ in range(levels):
        tree = {"not": tree}
    return tree


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ({"any": [{"field": "age", "op": ">", "value": 1}] * 10_000}, "10000 conditions"),
        (deep(900), "deep"),
        ({"field": "age; DROP TABLE orders", "op": ">", "value": 1}, "There is no field 'age; DROP TABLE orders'"),
        ({"field": "age", "op": "> 1 OR 1=1 --", "value": 1}, "cannot be compared with '> 1 OR 1=1 --'"),
        ({"field": "age", "op": ">", "value": {"a": 1}}, "age is a number"),
        ({"field": "city", "op": "=", "value": 5}, "city is text"),
    ],
    ids=["10,000 conditions", "900 deep", "SQL in a field", "SQL in an operator", "an object for a number", "a number for a text"],
)
def test_a_hostile_tree_in_a_file_is_refused_in_a_sentence(folder, tmp_path, tree, said, monkeypatch):
    monkeypatch.setenv("KOGORTA_LANGUAGE", "en")
    (tmp_path / "tree.json").write_text(json.dumps({"version": 1, "rule": tree}), encoding="utf-8")
    code, out, error = call("segment", "rule", "--tree", tmp_path / "tree.json", "--base", folder, "--quiet", "--language", "en")
    assert (code, out) == (2, "")
    assert said in error
    assert error.count("\n") == 1


def test_sql_in_a_value_or_a_name_is_only_text(folder):
    evil = "'; DROP TABLE customers; --"
    assert answer("segment", "rule", f"city = '{evil.replace(chr(39), chr(39) * 2)}'", "--base", folder)["count"] == 0
    assert answer("segment", "rule", f"bought('{evil.replace(chr(39), chr(39) * 2)}', 90d)", "--base", folder)["count"] == 0
    answer("segment", "save", evil, "age > 1", "--base", folder)
    assert answer("segment", "delete", evil, "--base", folder)["deleted"] == evil
    assert answer("segment", "rule", "orders() >= 1", "--base", folder)["count"] > 100


@pytest.mark.parametrize(
    "words",
    [
        ["rule"],
        ["rule", "age > 1", "--tree", "nothing.json"],
        ["rule", "--tree", "nothing.json"],
        ["rule", "age > 1", "--as-of", "soon"],
        ["explain", "age > 1", "--customer", "nobody"],
        ["diff", "nobody", "age > 1"],
        ["delete", "nobody"],
    ],
    ids=" ".join,
)
def test_wrong_words_end_with_code_2(folder, words):
    code, out, error = call("segment", *words, "--base", folder, "--quiet")
    assert (code, out) == (2, "")
    assert error.count("\n") == 1
