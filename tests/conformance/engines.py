"""The engines beside the embedded one, each started for the suite and stopped after it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kogorta.engine.dialects import translate
from kogorta.engine.spark import SparkEngine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from kogorta.engine.remote import RemoteEngine

WORKERS = "local-cluster[2,1,1024]"


@contextmanager
def sail(folder: Path) -> Iterator[SparkEngine]:
    from pysail.spark import SparkConnectServer

    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    try:
        engine = SparkEngine.over_connect(f"sc://127.0.0.1:{server.listening_address[1]}", folder)
        yield engine
        engine.close()
    finally:
        server.stop()


@contextmanager
def spark(folder: Path) -> Iterator[SparkEngine]:
    """Spark with two worker processes under a driver in this one."""
    os.environ.update(SPARK_LOCAL_IP="127.0.0.1", SPARK_LOCAL_HOSTNAME="localhost")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    engine = SparkEngine.over_master(WORKERS, folder)
    engine.session.conf.set("spark.sql.shuffle.partitions", "4")
    try:
        yield engine
    finally:
        engine.close()


@contextmanager
def connect(folder: Path) -> Iterator[SparkEngine]:
    """A Spark Connect server in a process of its own, with two worker processes."""
    import pyspark

    home, port = Path(pyspark.__file__).parent, _free_port()
    settings = {
        "spark.connect.grpc.binding.port": port, "spark.connect.grpc.binding.address": "127.0.0.1", "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": 4, "spark.network.timeout": "600s", "spark.executor.heartbeatInterval": "60s",
        "spark.driver.host": "localhost", "spark.driver.bindAddress": "127.0.0.1",
    }  # fmt: skip
    options = [part for name, value in settings.items() for part in ("--conf", f"{name}={value}")]
    command = [
        home / "bin" / "spark-submit",
        "--master",
        WORKERS,
        *options,
        "--class",
        "org.apache.spark.sql.connect.service.SparkConnectServer",
    ]
    where = {**os.environ, "SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_LOCAL_HOSTNAME": "localhost"}
    with (folder / "connect.log").open("w") as log:
        server = subprocess.Popen([*map(str, command), "spark-internal"], env=where, stdout=log, stderr=log, cwd=folder)
        try:
            _wait_for(port, server, 300)
            engine = SparkEngine.over_connect(f"sc://127.0.0.1:{port}", folder)
            yield engine
            engine.close()
        finally:
            server.terminate()
            server.wait(60)


class PostgresEngine:
    """PostgreSQL 15, started for the suite."""

    name, dialect = "PostgreSQL", "postgres"

    def __init__(self, connection: Any, folder: Path) -> None:
        self.connection, self.folder = connection, folder

    def read(self, table: str, files: Sequence[str], columns: Mapping[str, str]) -> None:
        import duckdb

        kinds = {"VARCHAR": "TEXT", "DOUBLE": "DOUBLE PRECISION", "TIMESTAMPTZ": "TIMESTAMPTZ"}
        cells = ", ".join(f'"{name}" {kinds.get(kind, kind)}' for name, kind in columns.items())
        listed = ", ".join(f'"{name}"' for name in columns)
        self.connection.execute(f"CREATE TABLE {table} ({cells})")
        text = self.folder / f"{table}.csv"
        reader = duckdb.connect()
        reader.execute("SET TimeZone = 'UTC'")
        rows = reader.sql(f"SELECT {listed} FROM read_parquet({list(files)})")
        rows.write_csv(str(text), header=False)
        with self.connection.cursor().copy(f"COPY {table} ({listed}) FROM STDIN (FORMAT csv)") as copy, text.open("rb") as stream:
            while chunk := stream.read(1 << 20):
                copy.write(chunk)
        self.connection.execute(f"ANALYZE {table}")

    def keep(self, table: str, query: str) -> Path:
        self.connection.execute(f"DROP TABLE IF EXISTS {table}")
        self.connection.execute(f"CREATE TABLE {table} AS {translate(query, 'postgres', table)}")
        found = self.connection.execute(f"SELECT * FROM {table}")
        return _written(self.folder / table, [column.name for column in found.description], found.fetchall())

    def rows(self, query: str) -> list[tuple[object, ...]]:
        return self.connection.execute(translate(query, "postgres")).fetchall()

    def has(self, table: str) -> bool:
        return (self.folder / table).exists()

    def drop(self, table: str) -> None:
        self.connection.execute(f"DROP TABLE IF EXISTS {table}")

    def close(self) -> None:
        self.connection.close()


@contextmanager
def postgres(folder: Path) -> Iterator[PostgresEngine]:
    import psycopg

    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not programs and shutil.which("initdb") is None:
        raise FileNotFoundError("PostgreSQL is not installed; make engines installs it, or: apt-get install postgresql")
    bin_ = programs[-1].parent if programs else Path(shutil.which("initdb")).parent
    # its socket has a short path, and it refuses to run as root
    home = Path(tempfile.mkdtemp(prefix="kogorta-pg-", dir="/tmp"))
    port = _free_port()
    owner = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if owner:
        shutil.chown(home, "postgres")
    run = lambda *words: subprocess.run([*owner, *map(str, words)], check=True, capture_output=True, cwd=home)  # noqa: E731
    run(bin_ / "initdb", "-D", home / "data", "--locale=C.UTF-8", "--encoding=UTF8", "-A", "trust", "-U", "kogorta")
    options = f"-p {port} -k {home} -h 127.0.0.1 -c fsync=off -c jit=off -c shared_buffers=256MB -c work_mem=64MB"
    run(bin_ / "pg_ctl", "-D", home / "data", "-o", options, "-l", home / "log", "-w", "start")
    try:
        with psycopg.connect(f"host=127.0.0.1 port={port} user=kogorta dbname=postgres", autocommit=True) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            yield PostgresEngine(connection, folder)
    finally:
        run(bin_ / "pg_ctl", "-D", home / "data", "-m", "immediate", "stop")
        shutil.rmtree(home, ignore_errors=True)


class ClickHouseEngine:
    """ClickHouse inside this process."""

    name, dialect = "ClickHouse", "clickhouse"
    SETTINGS = (
        "join_use_nulls = 1", "aggregate_functions_null_for_empty = 1", "prefer_column_name_to_alias = 1", "cast_keep_nullable = 1",
        "enable_extended_results_for_datetime_functions = 1", "data_type_default_nullable = 1",
    )  # fmt: skip
    """What makes it count as the standard has it: empty is NULL, a name is a column before it is an alias."""

    def __init__(self, session: Any, folder: Path) -> None:
        self.session, self.folder = session, folder
        for setting in self.SETTINGS:
            session.query(f"SET {setting}")

    def read(self, table: str, files: Sequence[str], columns: Mapping[str, str]) -> None:
        kinds = {
            "VARCHAR": "String", "DOUBLE": "Float64", "TIMESTAMPTZ": "DateTime64(6, 'UTC')", "DATE": "Date32", "BIGINT": "Int64",
            "INTEGER": "Int32", "BOOLEAN": "Bool",
        }  # fmt: skip
        cells = ", ".join(f"`{name}` Nullable({kinds[kind]})" for name, kind in columns.items())
        self.session.query(f"CREATE TABLE {table} ({cells}) ENGINE = MergeTree ORDER BY tuple()")
        for file in files:
            listed = ", ".join(f"`{name}`" for name in columns)
            self.session.query(f"INSERT INTO {table} SELECT {listed} FROM file('{file}', Parquet)")

    def keep(self, table: str, query: str) -> Path:
        self.session.query(f"DROP TABLE IF EXISTS {table}")
        self.session.query(f"CREATE TABLE {table} ENGINE = MergeTree ORDER BY tuple() AS {translate(query, 'clickhouse', table)}")
        names, rows = self._asked(f"SELECT * FROM {table}")
        return _written(self.folder / table, names, rows)

    def rows(self, query: str) -> list[tuple[object, ...]]:
        return self._asked(translate(query, "clickhouse"))[1]

    def _asked(self, query: str) -> tuple[list[str], list[tuple[object, ...]]]:
        import pyarrow as pa

        answer = self.session.query(query, "Arrow").bytes()
        found = pa.ipc.open_file(answer).read_all()
        # whole numbers beyond 64 bits come as bytes
        columns = [
            [None if cell is None else int.from_bytes(cell, "little", signed=True) for cell in column.to_pylist()]
            if pa.types.is_fixed_size_binary(column.type)
            else [cell.decode() if isinstance(cell, bytes) else cell for cell in column.to_pylist()]
            for column in found.columns
        ]
        return found.column_names, list(zip(*columns, strict=True))

    def has(self, table: str) -> bool:
        return (self.folder / table).exists()

    def drop(self, table: str) -> None:
        self.session.query(f"DROP TABLE IF EXISTS {table}")

    def close(self) -> None:
        self.session.close()


@contextmanager
def clickhouse(folder: Path) -> Iterator[ClickHouseEngine]:
    from chdb import session

    engine = ClickHouseEngine(session.Session(), folder)
    try:
        yield engine
    finally:
        engine.close()


ENGINES = {"sail": sail, "spark": spark, "connect": connect, "postgres": postgres, "clickhouse": clickhouse}


def opened(name: str, folder: Path, data: Path, tables: Mapping[str, Mapping[str, str]]) -> Any:
    """An engine with the tables of the suite."""

    @contextmanager
    def ready() -> Iterator[RemoteEngine]:
        folder.mkdir(parents=True, exist_ok=True)
        with ENGINES[name](folder) as engine:
            for table, columns in tables.items():
                engine.read(table, [str(data / f"{table}.parquet")], columns)
            yield engine

    return ready()


def _written(folder: Path, names: Sequence[str], rows: Sequence[Sequence[object]]) -> Path:
    """Rows as one Parquet file for the embedded engine to read; whole sums of any width as whole numbers."""
    from decimal import Decimal

    import pyarrow as pa
    import pyarrow.parquet as pq

    def cell(value: object) -> object:
        if isinstance(value, Decimal):
            return int(value) if value == value.to_integral_value() and abs(value) < 2**63 else float(value)
        return float(value) if isinstance(value, int) and abs(value) >= 2**63 else value

    folder.mkdir(parents=True, exist_ok=True)
    columns = [[cell(value) for value in column] for column in zip(*rows, strict=True)] if rows else [[] for _ in names]
    for place, column in enumerate(columns):
        if any(isinstance(value, float) for value in column):
            columns[place] = [None if value is None else float(value) for value in column]
    pq.write_table(pa.table(dict(zip(names, columns, strict=True))), folder / "0.parquet")
    return folder


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_for(port: int, server: subprocess.Popen[bytes], seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if server.poll() is not None:
            raise RuntimeError(f"the server ended with {server.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.3)
        else:
            return
    raise TimeoutError("the server did not start in time")
