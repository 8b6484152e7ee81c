"""Backup and restore of a desk: the database, the base and the files as one archive.

The database is copied while the desk works: SQLite by its own backup, PostgreSQL by `pg_dump`. The base is read under its lock, so that
the copy is one state of it. Snapshots are left out: they are made anew.
"""

from __future__ import annotations

import fcntl
import io
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kogorta import __version__
from kogorta.engine.scratch import scratch_folder
from kogorta.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kogorta.desk.environment import Environment

_MANIFEST: Final = "kogorta-desk.json"
_FORMAT: Final = 1
_SQLITE: Final = "database.sqlite3"
_POSTGRESQL: Final = "database.dump"
_VARIABLES: Final = {"HOST": "HOST", "PORT": "PORT", "USER": "USER", "PASSWORD": "PASSWORD", "DATABASE": "NAME"}
_FOLDERS: Final = ("base", "files")
_SECRETS: Final = ("secret.key", "erasure.salt")


def back_up(environment: Environment, target: Path) -> int:
    """Write a copy of everything a desk owns into one `.tar.gz`; the desk may go on working.

    Args:
        environment: the desk.
        target: the archive; it appears whole or not at all.

    Returns:
        Its size in bytes.

    Raises:
        InputError: the archive is there already, or the database cannot be copied.
    """
    if target.exists():
        raise InputError("{path} is there already; name another file.", path=target)
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.new")
    try:
        with (
            tempfile.TemporaryDirectory(dir=scratch_folder()) as work,
            _private(beside) as stream,
            tarfile.open(fileobj=stream, mode="w:gz", compresslevel=3) as archive,
        ):
            # the database first: files and base may then know more than it does, never less, and an import taken in again changes nothing
            database = _copy_database(environment, Path(work))
            archive.add(database, database.name)
            _add(archive, environment.files_folder, "files")
            with _base_held(environment):
                _add(archive, environment.base_folder, "base")
            for name in _SECRETS:
                if (environment.home / name).exists():
                    archive.add(environment.home / name, name)
            _add_manifest(archive, database.name)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
    return target.stat().st_size


def restore(environment: Environment, source: Path) -> None:
    """Make a desk out of an archive, in a folder that holds none yet; the desk must not be running.

    Raises:
        InputError: the archive is not one of a desk, or there is a desk already.
    """
    home = environment.home
    present = [name for name in ("desk.sqlite3", "base", "files", *_SECRETS) if _holds_something(home / name)]
    if present:
        raise InputError("{folder} already holds a desk ({names}); restore into an empty folder.", folder=home, names=", ".join(present))
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=home) as name:
        work = Path(name)
        database = _unpack(source, work)
        _put_database(environment, work / database)
        for part in (*_FOLDERS, *_SECRETS):
            if (work / part).exists():
                if (home / part).exists():
                    (home / part).rmdir()  # an empty folder made by an earlier `init`
                (work / part).replace(home / part)


def _unpack(source: Path, work: Path) -> str:
    """Everything of the archive in a folder; the name of the copy of the database."""
    try:
        with tarfile.open(source, "r:gz") as archive:
            archive.extractall(work, filter="data")  # refuses paths that lead out of the folder, links and devices
        manifest = json.loads((work / _MANIFEST).read_text(encoding="utf-8"))
        found, database = manifest["format"], str(manifest["database"])
    except FileNotFoundError as error:
        raise InputError("{path} is not there.", path=error.filename or source) from error
    except (tarfile.TarError, OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise InputError("{path} is not a backup of a desk, or it is damaged.", path=source) from error
    if found != _FORMAT or database not in {_SQLITE, _POSTGRESQL} or not (work / database).exists():
        raise InputError(
            "{path} is a backup of format {found}; this version reads format {known}.", path=source, found=found, known=_FORMAT
        )
    return database


def _copy_database(environment: Environment, work: Path) -> Path:
    if not environment.database_url:
        target = work / _SQLITE
        with (
            closing(sqlite3.connect(f"file:{environment.home / 'desk.sqlite3'}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy)
        return target
    target = work / _POSTGRESQL
    _run(environment, "pg_dump", "--format=custom", "--no-owner", f"--file={target}")
    return target


def _put_database(environment: Environment, copy: Path) -> None:
    if copy.name == _SQLITE:
        if environment.database_url:
            raise InputError("The backup is of SQLite, but DATABASE_URL names PostgreSQL; leave DATABASE_URL out.")
        with closing(sqlite3.connect(copy)) as connection:
            if connection.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                raise InputError("The database in the backup is damaged; take another backup.")
        copy.chmod(0o600)
        copy.replace(environment.home / "desk.sqlite3")
    else:
        if not environment.database_url:
            raise InputError("The backup is of PostgreSQL; name an empty database in DATABASE_URL.")
        name = str(environment.database["NAME"])
        _run(environment, "pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", f"--dbname={name}", str(copy))


def _run(environment: Environment, program: str, *arguments: str) -> None:
    path = shutil.which(program) or _newest(program)
    if path is None:
        raise InputError("{program} is not on this machine; install the client programs of PostgreSQL.", program=program)
    known = environment.database  # by variables: a password in an argument is seen by everybody on the machine
    variables = {f"PG{name}": str(known[key]) for name, key in _VARIABLES.items() if known[key]}
    done = subprocess.run([path, *arguments], env={**os.environ, **variables}, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [str(done.returncode)]
        raise InputError("{program} failed: {reason}.", program=program, reason=lines[-1].rstrip("."))


def _newest(program: str) -> str | None:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
    return str(found[-1]) if found else None


@contextmanager
def _base_held(environment: Environment) -> Iterator[None]:
    """Nobody writes to the base meanwhile."""
    if not environment.base_folder.exists():
        yield
        return
    with (environment.base_folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _private(path: Path) -> Iterator[io.BufferedWriter]:
    """A new file only its owner can read, on the disk when it is closed."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        yield stream
        stream.flush()
        os.fsync(stream.fileno())


def _add(archive: tarfile.TarFile, folder: Path, name: str) -> None:
    if folder.exists():
        # who writes and who reads right now is nothing to keep, and readers come and go while the folder is copied
        archive.add(folder, name, filter=lambda item: None if item.name.endswith(("/.lock", "/.reading")) else item)


def _add_manifest(archive: tarfile.TarFile, database: str) -> None:
    facts = {"format": _FORMAT, "version": __version__, "database": database, "made_at": datetime.now(UTC).isoformat()}
    content = json.dumps(facts).encode()
    entry = tarfile.TarInfo(_MANIFEST)
    entry.size, entry.mtime = len(content), int(datetime.now(UTC).timestamp())
    archive.addfile(entry, io.BytesIO(content))


def _holds_something(path: Path) -> bool:
    return path.exists() and (not path.is_dir() or any(path.iterdir()))
