import io
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

import pytest
from servers import has_postgresql, postgresql

from kogorta.desk.backup import back_up, restore
from kogorta.desk.environment import Environment
from kogorta.kit.errors import InputError


@pytest.fixture
def worked_with(tmp_path, make_base_folder):
    """A desk with a row in its database, a file as sent and a base."""
    environment = Environment(home=tmp_path / "desk")
    (environment.files_folder / "imports").mkdir(parents=True)
    (environment.files_folder / "imports" / "deals.csv").write_text("№;Сумма", encoding="utf-8")
    assert environment.secret_key
    with closing(sqlite3.connect(environment.home / "desk.sqlite3")) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE told (what)")
        database.execute("INSERT INTO told VALUES ('kept')")
        database.commit()
    make_base_folder(environment.base_folder)
    return environment


@pytest.fixture
def make_base_folder(stage):
    from kogorta.base.customer_base import CustomerBase

    def made(folder):
        rows = [{"ID": "1", "Дата закрытия": "01.02.2026", "Сумма": "1000", "Компания": "Ромашка", "Стадия": "Успешно"}]
        CustomerBase(folder).add(stage(rows))

    return made


def test_a_backup_restored_elsewhere_is_the_same_desk(worked_with, tmp_path):
    from kogorta.base.customer_base import CustomerBase

    archive = tmp_path / "copies" / "desk.tar.gz"
    size = back_up(worked_with, archive)
    assert size == archive.stat().st_size
    assert archive.stat().st_mode & 0o777 == 0o600
    elsewhere = Environment(home=tmp_path / "elsewhere")
    restore(elsewhere, archive)
    with closing(sqlite3.connect(elsewhere.home / "desk.sqlite3")) as database:
        assert database.execute("SELECT what FROM told").fetchall() == [("kept",)]
    assert (elsewhere.files_folder / "imports" / "deals.csv").read_text(encoding="utf-8") == "№;Сумма"
    assert elsewhere.secret_key == worked_with.secret_key
    base = CustomerBase(elsewhere.base_folder)
    assert base.table("orders").rows() == CustomerBase(worked_with.base_folder).table("orders").rows()
    assert sorted(path.name for path in elsewhere.home.iterdir()) == ["base", "desk.sqlite3", "files", "secret.key"]


def test_who_reads_the_base_right_now_is_not_in_the_backup(worked_with, tmp_path):
    from kogorta.base.customer_base import CustomerBase

    reader = CustomerBase(worked_with.base_folder)
    assert list((worked_with.base_folder / ".reading").iterdir())
    back_up(worked_with, tmp_path / "desk.tar.gz")
    with tarfile.open(tmp_path / "desk.tar.gz") as archive:
        names = archive.getnames()
    assert "base/base.json" in names
    assert not [name for name in names if ".reading" in name or ".lock" in name]
    assert len(reader.table("orders")) == 1


def test_a_row_still_in_the_write_ahead_log_is_in_the_backup(worked_with, tmp_path):
    with closing(sqlite3.connect(worked_with.home / "desk.sqlite3")) as database:
        database.execute("INSERT INTO told VALUES ('late')")
        database.commit()
        back_up(worked_with, tmp_path / "copy.tar.gz")
    restore(Environment(home=tmp_path / "elsewhere"), tmp_path / "copy.tar.gz")
    with closing(sqlite3.connect(tmp_path / "elsewhere" / "desk.sqlite3")) as database:
        assert database.execute("SELECT count(*) FROM told").fetchone() == (2,)


def test_a_backup_never_takes_the_place_of_another(worked_with, tmp_path):
    (tmp_path / "copy.tar.gz").write_text("precious")
    with pytest.raises(InputError, match="already"):
        back_up(worked_with, tmp_path / "copy.tar.gz")
    assert (tmp_path / "copy.tar.gz").read_text() == "precious"


def test_a_desk_is_never_overwritten_by_a_restore(worked_with, tmp_path):
    back_up(worked_with, tmp_path / "copy.tar.gz")
    with pytest.raises(InputError, match="already holds a desk"):
        restore(worked_with, tmp_path / "copy.tar.gz")


def hostile(path, name):
    with tarfile.open(path, "w:gz") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = 1
        archive.addfile(entry, io.BytesIO(b"x"))


@pytest.mark.parametrize("name", ["../escaped", "/tmp/kogorta-escaped", "harmless"])
def test_an_archive_of_something_else_is_refused_and_writes_nothing(tmp_path, name):
    hostile(tmp_path / "bad.tar.gz", name)
    home = tmp_path / "desk"
    with pytest.raises(InputError):
        restore(Environment(home=home), tmp_path / "bad.tar.gz")
    assert list(home.iterdir()) == []
    assert not (tmp_path / "escaped").exists()
    assert not Path("/tmp/kogorta-escaped").exists()


def test_a_torn_archive_is_refused(worked_with, tmp_path):
    back_up(worked_with, tmp_path / "copy.tar.gz")
    whole = (tmp_path / "copy.tar.gz").read_bytes()
    (tmp_path / "torn.tar.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="damaged"):
        restore(Environment(home=tmp_path / "elsewhere"), tmp_path / "torn.tar.gz")
    with pytest.raises(InputError, match="not there"):
        restore(Environment(home=tmp_path / "elsewhere"), tmp_path / "absent.tar.gz")


@pytest.mark.slow_gate
@pytest.mark.skipif(not has_postgresql(), reason="no PostgreSQL server on this machine")
def test_postgresql_comes_back_from_its_backup(tmp_path):
    import psycopg

    with postgresql() as address:
        with psycopg.connect(address, autocommit=True) as database:
            database.execute("CREATE TABLE told (what text)")
            database.execute("INSERT INTO told VALUES ('kept')")
            database.execute("CREATE DATABASE empty")
        first = Environment(home=tmp_path / "desk", database_url=address)
        assert first.secret_key
        back_up(first, tmp_path / "copy.tar.gz")
        second = Environment(home=tmp_path / "elsewhere", database_url=address.replace("/postgres", "/empty"))
        restore(second, tmp_path / "copy.tar.gz")
        with psycopg.connect(second.database_url) as database:
            assert database.execute("SELECT what FROM told").fetchall() == [("kept",)]
        with pytest.raises(InputError, match="PostgreSQL"):
            restore(Environment(home=tmp_path / "third"), tmp_path / "copy.tar.gz")
