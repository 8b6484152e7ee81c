"""Named segments kept beside a base: whole at every moment, without circles, whoever writes."""

import json
import multiprocessing
import os
import signal
import time

import duckdb
import pytest

from kogorta.base.store import FORMAT, Store
from kogorta.kit.errors import InputError
from kogorta.kit.language import Language
from kogorta.segments.rules.formula import parse_formula
from kogorta.segments.rules.saved import SEGMENTS_FILE, SavedSegments
from kogorta.segments.rules.transitions import read_transitions


def save_many(folder, who, count):
    for number in range(count):
        SavedSegments(folder).save(f"{who}-{number}", parse_formula(f"age >= {number}"))


def save_for_ever(folder):
    while True:
        SavedSegments(folder).save("again", parse_formula("city in (" + ", ".join(f"'{number}'" for number in range(900)) + ")"))


def test_a_segment_comes_back_and_tells_what_it_replaced(tmp_path):
    saved = SavedSegments(tmp_path)
    assert saved.book().rules == {}
    first, second = parse_formula("age >= 18"), parse_formula("age >= 21")
    assert saved.save(" Взрослые ", first) is None
    assert saved.save("Взрослые", second) == first
    assert SavedSegments(tmp_path).book().rules == {"Взрослые": second}
    assert saved.delete("Взрослые") == second
    assert saved.book().rules == {}


def test_a_circle_or_an_unknown_reference_is_refused_and_nothing_is_written(tmp_path):
    saved = SavedSegments(tmp_path)
    saved.save("a", parse_formula("age >= 18"))
    saved.save("b", parse_formula("segment('a')"))
    before = (tmp_path / SEGMENTS_FILE).read_bytes()
    for name, formula in (("a", "segment('b')"), ("a", "segment('a')"), ("c", "segment('nobody')"), ("  ", "age > 1")):
        with pytest.raises(InputError):
            saved.save(name, parse_formula(formula))
    with pytest.raises(InputError, match="is used by 'b'"):
        saved.delete("a")
    assert (tmp_path / SEGMENTS_FILE).read_bytes() == before


def test_writers_at_one_time_lose_nothing(tmp_path):
    writers = [multiprocessing.get_context("fork").Process(target=save_many, args=(tmp_path, who, 8)) for who in ("x", "y", "z")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(SavedSegments(tmp_path).book().rules) == 24


def test_a_writer_killed_at_any_moment_leaves_a_whole_file(tmp_path):
    SavedSegments(tmp_path).save("kept", parse_formula("age >= 18"))
    for number in range(5):
        writer = multiprocessing.get_context("fork").Process(target=save_for_ever, args=(tmp_path,))
        writer.start()
        time.sleep(0.03 + number * 0.017)
        os.kill(writer.pid, signal.SIGKILL)
        writer.join()
        assert "kept" in SavedSegments(tmp_path).book().rules
    SavedSegments(tmp_path).save("after", parse_formula("age >= 18"))


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", "null", '{"version": 1}', '{"version": 2, "segments": {}}', '{"version": 1, "segments": {"a": 1}}', "[" * 100_000],
)
def test_a_broken_file_is_refused_in_a_sentence_that_names_it(tmp_path, text):
    (tmp_path / SEGMENTS_FILE).write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=SEGMENTS_FILE):
        SavedSegments(tmp_path).book()


def test_the_store_of_a_base_lives_beside_the_file(tmp_path):
    state = {
        "format": FORMAT,
        "currency": "RUB",
        "time_zone": "Europe/Moscow",
        "refunds": "net",
        "enriched": False,
        "industries": "",
        "tables": {},
    }
    (tmp_path / "base.json").write_text(json.dumps(state), encoding="utf-8")
    SavedSegments(tmp_path).save("a", parse_formula("age >= 18"))
    assert Store(tmp_path).state.currency == "RUB"


def test_recorded_moves_are_read_and_wrong_ones_refused(tmp_path):
    connection = duckdb.connect()
    good = tmp_path / "moves.csv"
    good.write_text("customer_id,segment,way,day\n1,vip,Entered,2026-11-20\n2,vip,left,2026-11-21\n", encoding="utf-8")
    table = read_transitions(connection, good)
    assert connection.execute(f"SELECT customer_id, way, CAST(day AS VARCHAR) FROM {table} ORDER BY 1").fetchall() == [
        ("1", "entered", "2026-11-20"),
        ("2", "left", "2026-11-21"),
    ]
    for text, words in (
        ("customer_id,segment,way\n1,vip,entered\n", "lacks the column day"),
        ("customer_id,segment,way,day\n1,vip,joined,2026-11-20\n", "'joined'"),
        ("customer_id,segment,way,day\n1,vip,left,soon\n", "'soon'"),
        ("", "moves"),
    ):
        good.write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match=words) as caught:
            read_transitions(connection, good)
        assert "moves.csv" in caught.value.told(Language("ru"))
