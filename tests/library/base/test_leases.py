"""Files of a base that somebody reads are not reclaimed under his hands; a writer who waits says so."""

import fcntl
import subprocess
import sys
import textwrap
import threading

import pytest
from duckdb import Error

from kogorta.base.customer_base import open_base
from kogorta.base.leases import PLACE, Lease, files_in_use

READER = """
    import sys
    from kogorta.base.customer_base import open_base

    base = open_base(sys.argv[1])
    print("open", flush=True)
    sys.stdin.readline()
    print(base.connection.execute("SELECT count(*), sum(amount_base) FROM orders").fetchone(), flush=True)
"""


def rows(first, last):
    return [
        {"order_id": str(number), "customer_id": str(number % 5), "date": "2026-01-05", "amount": "100"} for number in range(first, last)
    ]


def count(base):
    return base.connection.execute("SELECT count(*) FROM orders").fetchone()[0]


@pytest.fixture
def folder(stage, tmp_path):
    open_base(tmp_path / "base").add(stage(rows(1, 11)))
    return tmp_path / "base"


def files(folder):
    return {path for path in folder.absolute().rglob("*.parquet") if "_delta_log" not in path.parts}


def test_vacuum_leaves_what_a_reader_of_an_earlier_state_needs(stage, folder):
    reader = open_base(folder)
    writer = open_base(folder)
    writer.add(stage(rows(5, 21)))
    writer.rebuild()
    writer.vacuum()
    assert count(reader) == 10
    assert reader.check() > 0
    del reader
    assert writer.vacuum() > 0
    assert count(open_base(folder)) == 20


def test_another_process_reads_on_through_a_vacuum(stage, folder):
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(READER), str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "open\n"
        writer = open_base(folder)
        writer.add(stage(rows(5, 21)))
        writer.vacuum()
        out, _ = process.communicate("go on\n", timeout=60)
    assert out == "(10, 100000)\n"
    assert writer.vacuum() > 0


def test_a_reader_who_was_killed_holds_nothing(stage, folder):
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(READER), str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "open\n"
        process.kill()
    assert len(list((folder / PLACE).iterdir())) == 1
    assert files_in_use(folder) == set()
    assert list((folder / PLACE).iterdir()) == []


def test_a_base_needs_the_files_of_its_present_state_alone(stage, folder):
    base = open_base(folder)
    base.add(stage(rows(5, 21)))
    base.rebuild()
    assert files_in_use(folder) == {part.path for name in base._store.state.versions for part in base._store._parts_of(name)}
    assert files_in_use(folder) < files(folder)
    base.vacuum()
    assert files_in_use(folder) == files(folder)


def test_what_was_erased_leaves_no_file_to_earlier_readers(stage, folder):
    reader = open_base(folder)
    writer = open_base(folder)
    writer.add(stage(rows(5, 21)))
    writer.vacuum(logs=True)
    with pytest.raises(Error):
        reader.connection.execute("SELECT bit_xor(hash(amount)) FROM orders").fetchall()


def test_a_folder_that_takes_no_files_is_read_all_the_same(folder, monkeypatch):
    def refuse(self, names):
        raise PermissionError

    monkeypatch.setattr(Lease, "_written", refuse)
    assert count(open_base(folder)) == 10


def test_a_writer_who_has_to_wait_says_so_once_and_then_writes(stage, folder):
    said = []
    base = open_base(folder)
    base.tell_of_waiting(lambda: said.append("waits"))
    extract = stage(rows(30, 35))
    with (folder / ".lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        writer = threading.Thread(target=base.add, args=(extract,))
        writer.start()
        writer.join(2)
        assert writer.is_alive()
        assert said == ["waits"]
    writer.join(60)
    assert count(open_base(folder)) == 15
    base.add(stage(rows(40, 45)))
    assert said == ["waits"]
