"""A writer killed at many moments of every kind of write: the base is the old one or the new one, every cell of it can be read, and the write done again arrives."""

import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from kogorta.base.customer_base import open_base
from kogorta.sources.files import read_file

KILLS = 14
WRITER = """
    import sys, tempfile
    from pathlib import Path
    from kogorta.base.customer_base import open_base
    from kogorta.sources.files import read_file

    folder, work, deed = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    base = open_base(folder)
    base._store.monthly_from = 100  # months, as a large base has them
    if deed == "add":
        extract = read_file(work / "more.csv", workspace=Path(tempfile.mkdtemp(dir=work)))
    print("ready", flush=True)
    if deed == "add":
        base.add(extract)
    elif deed == "forget":
        base.forget_orders([str(number) for number in range(0, 400, 3)])
    else:
        base.vacuum(logs=True)
    print("done", flush=True)
"""


def csv_of(path, numbers, amount):
    lines = [f"{number};c{number % 37};2026-{1 + number % 9:02d}-{1 + number % 28:02d};{amount + number % 11}" for number in numbers]
    path.write_text("\n".join(["order_id;customer_id;date;amount", *lines]) + "\n", encoding="utf-8")
    return path


def facts(folder):
    """What is in a base; every file is read."""
    base = open_base(folder)
    base.check()
    return base.connection.execute(
        "SELECT (SELECT count(*) FROM orders), (SELECT sum(amount_base) FROM orders), (SELECT sum(amount) FROM customer_days), "
        "(SELECT sum(orders) FROM customer_days), (SELECT count(*) FROM imports), (SELECT count(*) FROM customers)"
    ).fetchone()


def start(folder, work, deed):
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(WRITER), str(folder), str(work), deed],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "ready\n", process.communicate()[1]
    return process, time.perf_counter()


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A base of three imports kept in months."""
    work = tmp_path_factory.mktemp("kills")
    for part in range(3):
        base = open_base(work / "base")
        base._store.monthly_from = 100
        base.add(read_file(csv_of(work / f"deals{part}.csv", range(part * 400, part * 400 + 420), 100), workspace=work))
    return work / "base"


@pytest.mark.slow_gate
@pytest.mark.parametrize("deed", ["add", "forget", "vacuum"])
def test_a_writer_killed_at_many_moments_leaves_the_old_state_or_the_new_one(deed, filled, tmp_path):
    csv_of(tmp_path / "more.csv", [*range(0, 1200, 7), *range(1300, 2200)], 250)  # edits of every month, and new orders
    whole = tmp_path / "whole"
    shutil.copytree(filled, whole)
    process, begun = start(whole, tmp_path, deed)
    assert process.communicate()[0] == "done\n"
    took, old, new = time.perf_counter() - begun, facts(filled), facts(whole)
    assert (old == new) is (deed == "vacuum")
    for kill in range(KILLS):
        folder = tmp_path / f"killed{kill}"
        shutil.copytree(filled, folder)
        process, begun = start(folder, tmp_path, deed)
        time.sleep(max(begun + took * (kill + 0.5) / KILLS - time.perf_counter(), 0))
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        assert facts(folder) in (old, new)
        if kill % 5 == 0:  # the write done again arrives
            process, _ = start(folder, tmp_path, deed)
            assert process.communicate()[0] == "done\n"
            assert facts(folder) == new
        shutil.rmtree(folder)
