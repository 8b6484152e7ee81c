"""A preview says what was understood, in the reader's language, and refuses nothing for a missing column."""

import ast
import io
from pathlib import Path

from babel.messages.pofile import read_po
from reading_kit import SAMPLES

import kogorta.sources.files
from kogorta.kit.language import Language
from kogorta.sources.files import preview

ROOM = Path(kogorta.sources.files.__file__).parent


def test_a_preview_of_a_bitrix24_export_says_why(tmp_path):
    seen = preview(SAMPLES / "bitrix24" / "export_deals_cp1251.csv", rows=1)
    lines = seen.lines(Language("ru"))
    assert lines[0] == "export_deals_cp1251.csv: cp1251, разделитель — точка с запятой"
    assert lines[2].startswith("Вид файла bitrix24: столбцы Стадия сделки, Дата завершения")
    assert "  amount ← Сумма" in lines
    assert seen.rows[0][:3] == ("1041", "Общая", "Сделка успешна")
    assert seen.missing == ()
    assert seen.ignored == ("Тип", "Дата изменения", "Повторная сделка", "Компания: Корпоративный сайт")


def test_a_preview_lists_what_is_missing_instead_of_refusing(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("Клиент\tКогда\tСумма\nа\t1\t2\nб;\t1\t2\n", encoding="utf-8")
    seen = preview(path)
    assert seen.missing == ("created_at",)
    assert seen.lines(Language("ru"))[-1] == "Не найдено: дата (created_at или closed_at). Укажите столбец через --map."
    assert seen.lines(Language("en"))[0] == "a.csv: utf-8, cells separated by: tab"
    assert preview(path, columns={"Когда": "created_at"}).missing == ()


def test_a_preview_passes_over_rows_that_do_not_fit(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("Клиент;Дата;Сумма\n1;2;3;4;5\n" + "а;1;2\n" * 40, encoding="utf-8")
    assert preview(path, rows=3).rows == (("а", "1", "2"),) * 3


def test_a_chosen_layout_says_that_it_was_chosen(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("Клиент;Дата;Сумма\nа;1;2\n", encoding="utf-8")
    seen = preview(path, layout="contacts")
    assert (seen.layout, seen.lines(Language("en"))[2]) == ("contacts", "Layout contacts: chosen by the user")


def test_every_text_of_the_room_has_a_russian_translation():
    catalog = read_po(io.BytesIO((ROOM.parents[1] / "locale/ru/LC_MESSAGES/sources.po").read_bytes()), locale="ru")
    texts = set()
    for path in ROOM.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in {"message", "text"} and isinstance(node.args[0].value, str):
                    texts.add(node.args[0].value)
    known = {item.id: item.string for item in catalog if item.id}
    assert texts == set(known)
    assert all(known.values())
    assert not any(item.fuzzy for item in catalog if item.id)
