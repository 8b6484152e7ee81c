"""Whatever happens to the disk or to a writer, a base is the old one or the new one, and an error is one sentence."""

import json
import resource
import shutil
import subprocess
import sys
import textwrap

import pytest

from kogorta.base import delta_tables, store
from kogorta.base.customer_base import open_base
from kogorta.base.storage_errors import StorageError
from kogorta.kit.errors import InputError
from kogorta.sources.files import read_file


def rows(first, last, amount=100, day="2026-01-05"):
    return [{"order_id": str(number), "customer_id": str(number % 5), "date": day, "amount": str(amount)} for number in range(first, last)]


def facts(base):
    return base.connection.execute(
        "SELECT (SELECT count(*) FROM orders), (SELECT coalesce(sum(amount_base), 0) FROM orders), (SELECT coalesce(sum(amount), 0) "
        "FROM customer_days), (SELECT coalesce(sum(rows_read), 0) FROM imports)"
    ).fetchone()


def row_by_row(base):
    base.row_by_row, base.row_by_row_from, base._store.monthly_from = 1e9, 0, 10
    return base


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    place = tmp_path_factory.mktemp("made")

    def staged(name, content):
        path = place / name
        path.write_text("\n".join([";".join(content[0]), *(";".join(row.values()) for row in content)]), encoding="utf-8")
        return read_file(path, workspace=place)

    row_by_row(open_base(place / "base")).add(staged("first.csv", rows(1, 30)))
    old = facts(open_base(place / "base"))
    shutil.copytree(place / "base", place / "old")
    more = staged("more.csv", [*rows(25, 40, amount=7), *rows(40, 45, day="2026-02-03")])
    row_by_row(open_base(place / "base")).add(more)
    return place, more, old, facts(open_base(place / "base"))


@pytest.fixture
def grown(made, tmp_path):
    """A base in months before and after one more import, edited orders in it; the import; what was and is in the base."""
    place, more, old, new = made
    for name in ("old", "base"):
        shutil.copytree(place / name, tmp_path / name)
    return tmp_path, more, old, new


def test_a_write_cut_at_any_file_or_byte_leaves_the_old_state(grown):
    place, more, old, new = grown
    written = [
        path for path in (place / "base").rglob("*") if path.is_file() and not (place / "old" / path.relative_to(place / "base")).exists()
    ]
    written.sort(key=lambda path: path.stat().st_mtime_ns)
    assert len(written) > 12
    half = place / "half"
    shutil.copytree(place / "old", half)
    for number, path in enumerate(written):
        target = half / path.relative_to(place / "base")
        target.parent.mkdir(parents=True, exist_ok=True)
        content = path.read_bytes()
        for size in {0, len(content) // 2, len(content) - 1}:
            target.write_bytes(content[:size])
            if number % 4 == 0:
                assert facts(open_base(half)) == old
        target.write_bytes(content)
        assert facts(open_base(half)) == old
    (half / "base.json.new").write_bytes((place / "base" / "base.json").read_bytes()[:-9])
    assert facts(open_base(half)) == old
    row_by_row(open_base(half)).add(more)
    assert facts(open_base(half)) == new


def test_an_entry_of_a_log_cut_short_does_not_stop_the_next_writer(grown):
    place, more, old, new = grown
    for table in ("orders", "customer_days", "imports"):
        log = place / "old" / table / "_delta_log"
        latest = max(int(path.stem) for path in log.glob("*.json"))
        (log / f"{latest + 1:020d}.json").write_text('{"add": {"pa', encoding="utf-8")
    assert facts(open_base(place / "old")) == old
    row_by_row(open_base(place / "old")).add(more)
    assert facts(open_base(place / "old")) == new


class _Stopped(BaseException):
    pass


def test_a_writer_stopped_before_or_after_each_of_its_writes_changes_nothing(grown, monkeypatch):
    place, more, old, new = grown
    steps = [
        (store, "append"),
        (store, "write_whole"),
        (store, "replace_months"),
        (store, "settle"),
        (store, "_swap"),
        (delta_tables, "newest_version"),
    ]

    def watch(stop_at):
        left = [stop_at]
        with monkeypatch.context() as patch:
            for module, name in steps:
                patch.setattr(module, name, stopping(getattr(module, name), left))
            try:
                row_by_row(open_base(place / "old")).add(more)
            except _Stopped:
                return True
        return False

    def stopping(step, left):
        def run(*arguments, **options):
            left[0] -= 1
            if left[0] == 0:
                raise _Stopped
            return step(*arguments, **options)

        return run

    stops = 0
    for stop_at in range(1, 200, 6):
        if not watch(stop_at):
            break
        stops += 1
        assert facts(open_base(place / "old")) == old
    assert stops >= 6
    assert facts(open_base(place / "old")) == new


def test_a_base_object_whose_write_failed_shows_the_old_state_and_can_write_again(grown, monkeypatch):
    place, more, old, new = grown
    base = row_by_row(open_base(place / "old"))

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(store, "_swap", full)
        with pytest.raises(StorageError, match=r"The disk has no room for the base .*old .*No space left on device.*nothing was changed"):
            base.add(more)
    assert facts(base) == old
    base.add(more)
    assert facts(base) == new


LIMITED = """
    import resource, signal, sys, tempfile
    from pathlib import Path
    from kogorta.base.customer_base import open_base
    from kogorta.kit.errors import KogortaError
    from kogorta.sources.files import read_file
    extract = read_file(sys.argv[2], workspace=Path(tempfile.mkdtemp(dir=Path(sys.argv[2]).parent)))
    base = open_base(sys.argv[1])
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
    try:
        base.add(extract)
    except KogortaError as error:
        print(error)
"""


def test_a_disk_without_room_is_one_sentence_and_the_base_is_intact(grown):
    place, _, old, _ = grown
    path = place / "more.csv"
    lines = [f"{number};c{number * 7919};2026-01-{number % 28 + 1:02d};{number * 31}" for number in range(100, 3000)]
    path.write_text("order_id;customer_id;date;amount\n" + "\n".join(lines), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(LIMITED), str(place / "old"), str(path)], capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("The disk has no room for the base"), done.stderr
    assert done.stdout.count("\n") == 1
    assert facts(open_base(place / "old")) == old
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 3000


def a_file(folder, table):
    return max((folder / table).rglob("*.parquet"), key=lambda path: path.stat().st_mtime_ns)


def test_a_file_that_is_missing_or_cut_is_named_when_the_base_is_opened(grown):
    folder = grown[0] / "base"
    path = a_file(folder, "orders")
    content = path.read_bytes()
    path.write_bytes(content[:-5])
    with pytest.raises(InputError, match=f"{path.name} is damaged: it has {len(content) - 5} bytes and was written with {len(content)}"):
        open_base(folder)
    path.unlink()
    with pytest.raises(InputError, match=f"lacks the file .*{path.name}"):
        open_base(folder)
    path.write_bytes(content)
    assert open_base(folder).check() > 0


def test_a_file_whose_bytes_changed_is_named_by_the_check(grown):
    folder = grown[0] / "base"
    path = a_file(folder, "customer_days")
    path.write_bytes(b"x" * path.stat().st_size)
    with pytest.raises(InputError, match=f"{path.name} cannot be read|customer_days of .* cannot be read"):
        open_base(folder).check()


def test_a_table_with_other_columns_is_refused_by_its_name(grown):
    import duckdb
    from deltalake import DeltaTable, write_deltalake

    folder = grown[0] / "base"
    other = duckdb.connect().sql("SELECT 1 AS order_id, 'x' AS colour")
    shutil.rmtree(folder / "orders")
    write_deltalake(folder / "orders", other)
    state = json.loads((folder / "base.json").read_text(encoding="utf-8"))
    state["tables"]["orders"] = DeltaTable(folder / "orders").version()
    (folder / "base.json").write_text(json.dumps(state), encoding="utf-8")
    with pytest.raises(InputError, match="orders is not of this base: its columns are order_id integer, colour string"):
        open_base(folder)
