"""Spark, of a master or through Spark Connect; Sail speaks the latter too."""

from __future__ import annotations

import re
import socket
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING, Any, Final

from kogorta.engine.dialects import Dialect, translate
from kogorta.engine.remote import DAMAGED, DIED, FOREIGN, MISSING, REFUSED, UNREACHABLE
from kogorta.kit.errors import InputError, MissingExtraError, OptionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

CONNECT_PORT: Final = 15002
ANSWERS_WITHIN: Final = 10.0
"""Seconds a server may take to accept a connection."""
PATIENCE: Final[dict[str, Any]] = {"max_retries": 4, "initial_backoff": 200, "max_backoff": 3000, "backoff_multiplier": 3.0, "jitter": 0}
"""How long a lost server is called for: about seven seconds, not the ten minutes of the client."""
_KINDS: Final = {"VARCHAR": "string", "BIGINT": "bigint", "INTEGER": "int", "DOUBLE": "double", "DATE": "date", "BOOLEAN": "boolean"}
_LOST: Final = re.compile(
    r"UNAVAILABLE|Connection refused|Socket closed|Connection reset|SESSION_CLOSED|RETRIES_EXCEEDED|Py4JNetwork|stopped SparkContext",
    re.IGNORECASE,
)
_UNREADABLE: Final = re.compile(
    r"not a Parquet file|Invalid Parquet|Could not read footer|Corrupt|FAILED_READ_FILE|CANNOT_READ|malformed|Parquet ?error|thrift|EOF",
    re.IGNORECASE,
)
_PATH: Final = re.compile(r"(?:file:(?://)?)?(/[^\s'\",;)]+\.parquet)")


class SparkEngine:
    """A Spark session with the tables of a base.

    Args:
        session: an open session.
        folder: where results are written; the workers of Spark and this computer must both see it under this path.
        address: what the session was opened with, for errors.
    """

    name = "Spark"
    dialect: Dialect = "spark"

    def __init__(self, session: Any, folder: Path, address: str) -> None:  # noqa: ANN401 - the class differs between clients
        self.session, self.folder, self.address = session, folder.absolute(), address
        self._kept: set[str] = set()
        self.folder.mkdir(parents=True, exist_ok=True)
        # moments are UTC in the base, and a sum too large must be an error, not a smaller number
        for key, value in (("spark.sql.session.timeZone", "UTC"), ("spark.sql.ansi.enabled", "true")):
            with self._told("the session"):
                session.conf.set(key, value)

    @classmethod
    def over_connect(cls, url: str, folder: Path) -> SparkEngine:
        """Open a session of a Spark Connect server, `sc://host:15002`.

        Raises:
            OptionError: the address is not one of Spark Connect.
            InputError: nobody answers there.
            MissingExtraError: the client is not installed.
        """
        found = re.fullmatch(r"sc://([^:/;\s]+|\[[^\]]+\])(?::(\d+))?(?:/.*)?", url)
        if found is None:
            raise OptionError("{option} is {text!r}; write it as sc://HOST:PORT.", option="--spark-remote", text=url)
        host, port = found[1].strip("[]"), int(found[2] or CONNECT_PORT)
        try:
            socket.create_connection((host, port), timeout=ANSWERS_WITHIN).close()
        except OSError as error:
            raise InputError(UNREACHABLE, engine=cls.name, address=url, reason=error.strerror or str(error)) from error
        try:
            from pyspark.sql.connect.client.retries import DefaultPolicy
            from pyspark.sql.connect.session import SparkSession
        except ImportError as error:
            raise MissingExtraError("pyspark-client", "spark") from error
        try:
            session = SparkSession.builder.remote(url).create()
            session.client.set_retry_policies([DefaultPolicy(**PATIENCE)])
        except Exception as error:
            raise InputError(UNREACHABLE, engine=cls.name, address=url, reason=_first_line(error)) from error
        return cls(session, folder, url)

    @classmethod
    def over_master(cls, url: str, folder: Path) -> SparkEngine:
        """Start a driver in this process under a Spark master, such as `spark://host:7077` or `local-cluster[2,1,1024]`.

        Raises:
            InputError: the master does not answer.
            MissingExtraError: the whole of Spark is not installed.
        """
        found = re.fullmatch(r"spark://([^:/,\s]+):(\d+)", url)
        if found is not None:
            try:
                socket.create_connection((found[1], int(found[2])), timeout=ANSWERS_WITHIN).close()
            except OSError as error:
                raise InputError(UNREACHABLE, engine=cls.name, address=url, reason=error.strerror or str(error)) from error
        try:
            import pyspark.core.context  # noqa: F401 - the client alone has no driver
            from pyspark.sql import SparkSession
        except ImportError as error:
            raise InputError(
                "--spark-master needs the whole of Spark in place of its client: pip uninstall pyspark-client, then pip install {package}. "
                "Or run a Spark Connect server and give --spark-remote.",
                package="'pyspark[connect]==4.0.*'",
            ) from error
        builder = SparkSession.builder.master(url).appName("kogorta").config("spark.ui.enabled", "false")
        builder = builder.config("spark.ui.showConsoleProgress", "false").config("spark.network.timeout", "600s")
        try:
            session = builder.config("spark.executor.heartbeatInterval", "60s").getOrCreate()
        except Exception as error:
            raise InputError(UNREACHABLE, engine=cls.name, address=url, reason=_first_line(error)) from error
        return cls(session, folder, url)

    def read(self, table: str, files: Sequence[str], columns: Mapping[str, str]) -> None:
        """Make the Parquet files of a table readable under its name.

        Args:
            table: its name.
            files: paths of its files; none makes an empty table.
            columns: its columns and their DuckDB types.

        Raises:
            InputError: a file is missing or cannot be read, or has other columns.
        """
        if not files:
            nothing = ", ".join(f'CAST(NULL AS {kind}) AS "{name}"' for name, kind in columns.items())
            with self._told(table):
                self.session.sql(translate(f"SELECT {nothing} WHERE 1 = 0", self.dialect, table)).createOrReplaceTempView(table)
            return
        for file in files:
            path = Path(file)
            if not path.exists():
                raise InputError(MISSING, path=path, table=table)
            with path.open("rb") as stream:
                start, size = stream.read(4), stream.seek(0, 2)
                stream.seek(max(size - 4, 0))
                if start != b"PAR1" or stream.read(4) != b"PAR1":
                    raise InputError(DAMAGED, path=path, table=table, reason="it is not a whole Parquet file")
        with self._told(table):
            frame = self.session.read.parquet(*files)
            found = dict(frame.dtypes)
        for name, kind in columns.items():
            wanted = _KINDS.get(kind)
            if wanted is not None and found.get(name) != wanted:
                raise InputError(FOREIGN, table=table, column=name, found=found.get(name, "absent"), wanted=wanted)
        with self._told(table):
            frame.select(*columns).createOrReplaceTempView(table)

    def keep(self, table: str, query: str) -> Path:
        """Keep the result of a query under a name, here and as Parquet files in the folder returned."""
        said, path = translate(query, self.dialect, table), self.folder / table
        with self._told(table):
            frame = self.session.sql(said)
            frame.write.mode("overwrite").parquet(str(path))
            if not any(path.glob("*.parquet")):
                _write_empty(path, dict(frame.dtypes))
            self.session.read.parquet(str(path)).createOrReplaceTempView(table)
        self._kept.add(table)
        return path

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """The few rows of a result."""
        said = translate(query, self.dialect)
        with self._told("an answer"):
            return [tuple(row) for row in self.session.sql(said).collect()]

    def plan(self, query: str) -> str:
        """How Spark would run a query."""
        frame = self.session.sql(translate(query, self.dialect))
        text: str = frame._explain_string(extended=False) if hasattr(frame, "_explain_string") else frame._jdf.queryExecution().toString()
        return text

    def has(self, table: str) -> bool:
        """Whether a result is kept here under this name."""
        return table in self._kept

    def drop(self, table: str) -> None:
        """Forget a result and delete its files."""
        self._kept.discard(table)
        with self._told(table):
            self.session.catalog.dropTempView(table)
        rmtree(self.folder / table, ignore_errors=True)

    def close(self) -> None:
        """End the session."""
        self.session.stop()

    @contextmanager
    def _told(self, table: str) -> Iterator[None]:
        """Say an error of Spark in one sentence."""
        try:
            yield
        except InputError:
            raise
        except Exception as error:
            whole, reason = f"{type(error).__name__} {error}", _first_line(error)
            path = _PATH.search(whole)
            if _LOST.search(whole):
                raise InputError(DIED, engine=self.name, table=table, reason=reason) from error
            if path and re.search(r"does not exist|PATH_NOT_FOUND|No such file|NotFound", whole):
                raise InputError(MISSING, path=path[1], table=table) from error
            if path and _UNREADABLE.search(whole):
                raise InputError(DAMAGED, path=path[1], table=table, reason=reason) from error
            raise InputError(REFUSED, engine=self.name, table=table, reason=reason) from error


def _write_empty(folder: Path, columns: Mapping[str, str]) -> None:
    """A result of no rows as a file of no rows: Sail writes none."""
    import duckdb

    known = {spelled: kind for kind, spelled in _KINDS.items()} | {"timestamp": "TIMESTAMPTZ"}
    kinds = {name: known.get(kind, kind if kind.startswith("decimal(") else "VARCHAR") for name, kind in columns.items()}
    cells = ", ".join(f'CAST(NULL AS {kind}) AS "{name}"' for name, kind in kinds.items())
    folder.mkdir(parents=True, exist_ok=True)
    duckdb.connect().sql(f"SELECT {cells} WHERE false").write_parquet(str(folder / "empty.parquet"))


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__)[:300].rstrip(".")
