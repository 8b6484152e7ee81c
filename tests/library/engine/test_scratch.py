"""What large work puts on disk goes with its process, also with one that was killed."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from kogorta.engine.scratch import scratch_folder, sweep

PROGRAM = """
import sys, tempfile
tempfile.tempdir = sys.argv[1]
from kogorta.engine.duck import connect
from kogorta.engine.shelf import Shelf
shelf = Shelf(connect())
shelf.keep("numbers", "SELECT range AS n FROM range(10)", large=True)
print("kept", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def process(tmp_path):
    started = subprocess.Popen([sys.executable, "-c", PROGRAM, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert started.stdout.readline() == "kept\n"
    yield started
    started.kill()
    started.communicate()


def test_of_a_living_process_nothing_is_taken(process, tmp_path):
    assert sweep(tmp_path) == 0
    assert len(list(tmp_path.glob("kogorta-scratch-*/shelf-*/1.parquet"))) == 1
    process.communicate("\n")
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_taken_by_the_next_one(process, tmp_path, monkeypatch):
    (left,) = tmp_path.iterdir()
    process.kill()
    process.wait()
    other = tmp_path / "kogorta-scratch-of-nobody.txt"
    other.write_text("a file of this name is no such folder")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    mine = scratch_folder()
    assert not left.exists()
    assert set(tmp_path.iterdir()) == {mine, other}


def test_a_folder_that_was_cleaned_away_is_made_again(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    first = scratch_folder()
    first.rmdir()
    second = scratch_folder()
    assert second.is_dir()
    assert Path(second).parent == tmp_path
