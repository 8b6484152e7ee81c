"""The folder of a base: one consistent state at any moment, whoever is killed and whoever writes beside."""

import json
import os
import random
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from kogorta.base.customer_base import CustomerBase, open_base
from kogorta.base.options import IntakeOptions
from kogorta.kit.errors import InputError, OptionError


def rows(first, last, amount=100, day="2026-01-05"):
    return [{"order_id": str(number), "customer_id": str(number % 5), "date": day, "amount": str(amount)} for number in range(first, last)]


def facts(base):
    return base.connection.execute(
        "SELECT (SELECT count(*) FROM orders), (SELECT coalesce(sum(amount_base), 0) FROM orders), (SELECT coalesce(sum(amount), 0) "
        "FROM customer_days), (SELECT coalesce(sum(rows_read), 0) FROM imports)"
    ).fetchone()


def test_what_was_added_is_there_when_the_base_is_opened_again(stage, tmp_path, tables_of):
    base = open_base(tmp_path / "base")
    base.add(stage(rows(1, 30)), IntakeOptions(currency="EUR", time_zone="Asia/Omsk", refunds="ignore"))
    again = open_base(tmp_path / "base")
    assert tables_of(again) == tables_of(base)
    assert (again.currency, again.time_zone, again.refund_policy, again.enriched) == ("EUR", "Asia/Omsk", "ignore", False)
    assert repr(again.audit()) == repr(base.audit())


def test_a_folder_and_memory_give_the_same_tables(stage, make_base, tmp_path, tables_of):
    first, second = rows(1, 30), rows(20, 40, amount=7)
    base = open_base(tmp_path / "base")
    base.add(stage(first))
    base = open_base(tmp_path / "base")
    base.add(stage(second))
    assert tables_of(base) == tables_of(make_base(first, second))


def test_a_deal_imported_again_replaces_its_earlier_self_with_its_lines(make_base):
    lines = [
        {"invoice": "1", "customer_id": "7", "date": "2026-01-05", "product": "чай", "quantity": "2", "price": "10"},
        {"invoice": "1", "customer_id": "7", "date": "2026-01-05", "product": "кофе", "quantity": "1", "price": "5"},
    ]
    base = make_base(lines, [{"order_id": "1", "customer_id": "7", "date": "2026-01-06", "amount": "11"}])
    assert [(row["order_id"], row["amount"]) for row in base.table("orders").dicts()] == [("1", 1_100)]
    assert len(base.table("order_lines")) == 0
    assert facts(base)[2] == 1_100


def test_another_currency_than_the_base_is_refused(stage, make_base):
    base = make_base(rows(1, 3), currency="EUR")
    with pytest.raises(InputError, match="The base is kept in EUR"):
        base.add(stage(rows(5, 9)), IntakeOptions(currency="RUB"))
    assert facts(base)[0] == 2


KILLED = """
    import sys, tempfile
    from pathlib import Path
    from kogorta.base.customer_base import open_base
    from kogorta.sources.files import read_file
    base = open_base(sys.argv[1])
    extract = read_file(sys.argv[2], workspace=Path(tempfile.mkdtemp(dir=Path(sys.argv[2]).parent)))
    print("ready", flush=True)
    base.add(extract)
    print("done", flush=True)
"""


def start(folder, path):
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(KILLED), str(folder), str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def write(path, content):
    header = ";".join(content[0])
    path.write_text("\n".join([header, *(";".join(row.values()) for row in content)]) + "\n", encoding="utf-8")
    return path


def test_a_writer_killed_at_any_point_leaves_the_old_state_or_the_new_one(stage, tmp_path):
    folder = tmp_path / "base"
    base = open_base(folder)
    base.add(stage(rows(1, 30)))
    old = facts(base)
    path = write(tmp_path / "more.csv", rows(100, 3000))
    new = (old[0] + 2900, old[1] + 29_000_000, old[2] + 29_000_000, old[3] + 2900)
    rng = random.Random(7)  # noqa: S311
    seen = set()
    for _ in range(5):
        process = start(folder, path)
        assert process.stdout.readline() == "ready\n"
        time.sleep(rng.uniform(0.05, 0.9))
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        found = facts(open_base(folder))
        assert found in {old, new}
        seen.add(found)
        if found == new:
            break
    assert old in seen
    process = start(folder, path)
    assert process.communicate()[0] == "ready\ndone\n"
    assert facts(open_base(folder)) == new


def test_two_writers_at_once_both_arrive(tmp_path):
    folder = tmp_path / "base"
    open_base(folder)
    paths = [write(tmp_path / f"part{place}.csv", rows(place * 1000, place * 1000 + 500)) for place in range(3)]
    writers = [start(folder, path) for path in paths]
    for writer in writers:
        out, errors = writer.communicate()
        assert out == "ready\ndone\n", errors
    assert facts(open_base(folder)) == (1500, 15_000_000, 15_000_000, 1500)


def test_a_stale_writer_goes_on_from_what_the_other_one_wrote(stage, tmp_path):
    folder = tmp_path / "base"
    first, second = open_base(folder), open_base(folder)
    first.add(stage(rows(1, 11)))
    second.add(stage(rows(11, 21)))
    assert facts(second) == facts(open_base(folder)) == (20, 200_000, 200_000, 20)


def test_a_reader_sees_the_state_it_opened(stage, tmp_path):
    folder = tmp_path / "base"
    writer = open_base(folder)
    writer.add(stage(rows(1, 11)))
    reader = open_base(folder)
    before = facts(reader)
    writer.add(stage(rows(11, 21)))
    assert facts(reader) == before
    assert facts(open_base(folder)) == (20, 200_000, 200_000, 20)


def test_vacuum_reclaims_earlier_states_and_keeps_the_present_one(stage, tmp_path, tables_of):
    folder = tmp_path / "base"
    base = open_base(folder)
    for place in range(3):
        base.add(stage(rows(place * 10, place * 10 + 10)))
    before = tables_of(base)
    assert base.vacuum() > 0
    assert tables_of(base) == before
    assert tables_of(open_base(folder)) == before
    assert open_base(folder).vacuum() == 0
    open_base(folder).add(stage(rows(90, 95)))
    assert len(open_base(folder).table("orders")) == 35


def test_vacuum_of_a_base_in_memory_has_nothing_to_do():
    assert CustomerBase(None).vacuum() == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"format": 2}',
        "\x00\x01",
        '{"format": 2, "currency": null, "time_zone": null, "refunds": null, "enriched": false, "tables": 5}',
    ],
)
def test_a_broken_state_is_refused_in_one_sentence(stage, tmp_path, text):
    folder = tmp_path / "base"
    open_base(folder).add(stage(rows(1, 3)))
    (folder / "base.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="cannot be read as the state of a base; restore it from a copy"):
        open_base(folder)


def test_a_state_of_another_format_is_refused(stage, tmp_path):
    folder = tmp_path / "base"
    open_base(folder).add(stage(rows(1, 3)))
    state = json.loads((folder / "base.json").read_text(encoding="utf-8"))
    (folder / "base.json").write_text(json.dumps({**state, "format": 99}), encoding="utf-8")
    with pytest.raises(InputError, match="has format 99"):
        open_base(folder)


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "base").write_text("x")
    with pytest.raises(InputError, match="is a file; a base is a folder"):
        open_base(tmp_path / "base")


def test_a_folder_with_other_files_is_not_taken_for_a_base(tmp_path):
    (tmp_path / "letter.txt").write_text("x")
    with pytest.raises(InputError, match="is not a base"):
        open_base(tmp_path)


def test_a_first_import_killed_half_way_leaves_a_folder_that_can_be_used(stage, tmp_path):
    folder = tmp_path / "base"
    open_base(folder).add(stage(rows(1, 3)))
    (folder / "base.json").rename(folder / "base.json.new")
    base = open_base(folder)
    assert len(base.table("orders")) == 0
    base.add(stage(rows(1, 3)))
    assert len(open_base(folder).table("orders")) == 2


def test_a_missing_table_is_named(stage, tmp_path):
    import shutil

    folder = tmp_path / "base"
    open_base(folder).add(stage(rows(1, 3)))
    shutil.rmtree(folder / "orders")
    with pytest.raises(InputError, match="lacks its table orders"):
        open_base(folder)


def test_a_missing_data_file_is_an_error_of_the_input(stage, tmp_path):
    folder = tmp_path / "base"
    open_base(folder).add(stage(rows(1, 3)))
    for path in (folder / "orders").glob("*.parquet"):
        path.unlink()
    with pytest.raises(InputError, match="orders"):
        open_base(folder).table("orders").rows()


def test_an_unknown_zone_or_refund_rule_is_refused():
    with pytest.raises(OptionError, match="time zone 'Mars/Olympus' is not known"):
        IntakeOptions(time_zone="Mars/Olympus")
    with pytest.raises(OptionError, match="refunds is 'maybe'"):
        IntakeOptions(refunds="maybe")


def test_a_base_opened_by_a_relative_path_is_read_from_anywhere(stage, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    base = open_base("base")
    base.add(stage(rows(1, 11)))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert facts(base) == (10, 100_000, 100_000, 10)
