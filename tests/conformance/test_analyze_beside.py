"""`kogorta analyze --engine spark`: the same report, no window over everybody, and one sentence when something fails."""

import os
import re
import signal
import socket
import subprocess
import sys
import time

import pytest
from tests.conformance import engines
from tests.conformance.orders_made import make

from kogorta.cli.main import main
from kogorta.engine.spark import SparkEngine
from kogorta.kit.errors import InputError

SERVER = """
import sys, time
from pysail.spark import SparkConnectServer
server = SparkConnectServer("127.0.0.1", int(sys.argv[1]))
server.start(background=True)
time.sleep(600)
"""


@pytest.fixture
def server():
    """A Sail server in a process of its own: its address, and the process."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-c", SERVER, str(port)], stderr=subprocess.DEVNULL)
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            time.sleep(0.1)
    yield f"sc://127.0.0.1:{port}", process
    process.kill()
    process.wait(10)


@pytest.fixture
def base(tmp_path):
    rows = ["order_id;customer_id;date;amount;status"]
    rows += [f"o{n};c{n % 40};2026-{1 + n % 9:02d}-{1 + n % 28:02d};{100 + n % 7 * 50},00;won" for n in range(300)]
    (tmp_path / "deals.csv").write_text("\n".join(rows), encoding="utf-8")
    run("import", tmp_path / "deals.csv", "--base", tmp_path / "base", "--quiet")
    return tmp_path / "base"


def run(*words, code=0):
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    assert ended.value.code == code


def test_the_report_has_the_same_figures_and_no_window_over_everybody(server, base, tmp_path, monkeypatch):
    asked = []
    kept = SparkEngine.keep
    monkeypatch.setattr(SparkEngine, "keep", lambda self, table, query: asked.append(query) or kept(self, table, query))
    run("analyze", "--base", base, "--out", tmp_path / "here", "--quiet")
    run("analyze", "--base", base, "--engine", "spark", "--spark-remote", server[0], "--out", tmp_path / "there", "--quiet")
    for name in ("customers.csv", "segments.csv", "plan.json", "first_wave.csv"):
        assert (tmp_path / "there" / name).read_bytes() == (tmp_path / "here" / name).read_bytes(), name
    assert sorted(path.name for path in (tmp_path / "there" / "tables").iterdir()) == [
        "abc_xyz",
        "clv_summary",
        "customers",
        "lifecycle",
        "summary",
    ]
    windows = [window for query in asked for window in re.findall(r"OVER\s*\(([^)]*)", query)]
    assert windows
    assert all(window.strip().startswith("PARTITION BY") for window in windows)


@pytest.mark.engines
def test_the_report_from_a_cluster_of_worker_processes_has_the_same_figures(base, tmp_path):
    where = {**os.environ, "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_LOCAL_HOSTNAME": "localhost", "PYSPARK_PYTHON": sys.executable}
    program = [sys.executable, "-c", "from kogorta.cli.main import main; main()", "analyze", "--base", str(base), "--quiet"]
    subprocess.run([*program, "--out", str(tmp_path / "here")], check=True, env=where)
    spark = ["--engine", "spark", "--spark-master", engines.WORKERS]
    subprocess.run([*program, *spark, "--out", str(tmp_path / "there")], check=True, env=where)
    for name in ("customers.csv", "segments.csv", "plan.json", "first_wave.csv"):
        assert (tmp_path / "there" / name).read_bytes() == (tmp_path / "here" / name).read_bytes(), name
    assert (tmp_path / "there" / "report.pdf").stat().st_size > 50_000
    assert (tmp_path / "there" / "tables" / "customers" / "_delta_log").is_dir()


def test_a_server_that_is_killed_on_the_way_is_one_sentence(server, tmp_path):
    data = make(tmp_path / "data", 500)
    engine = SparkEngine.over_connect(server[0], tmp_path / "out")
    engine.read("customer_days", [str(data / "customer_days.parquet")], {"customer_id": "VARCHAR", "orders": "BIGINT"})
    server[1].send_signal(signal.SIGKILL)
    server[1].wait(10)
    with pytest.raises(InputError, match=r"^Spark stopped answering while it made sums: .*Nothing of the base was changed"):
        engine.keep("sums", "SELECT customer_id, sum(orders) AS orders FROM customer_days GROUP BY customer_id")


def test_a_server_that_is_not_there_is_named(base, tmp_path, capsys):
    options = ["--engine", "spark", "--spark-remote", "sc://127.0.0.1:9", "--out", tmp_path / "out"]
    run("analyze", "--base", base, *options, code=2)
    assert "Spark по адресу sc://127.0.0.1:9 не отвечает: " in capsys.readouterr().err


@pytest.mark.parametrize("harm", ["missing", "cut", "foreign"])
def test_a_harmed_file_is_named(harm, server, tmp_path):
    data = make(tmp_path / "data", 500)
    path = data / "customer_days.parquet"
    columns = {"customer_id": "VARCHAR", "orders": "BIGINT"}
    if harm == "missing":
        path.unlink()
    elif harm == "cut":
        path.write_bytes(path.read_bytes()[:-100])
    else:
        columns["orders"] = "VARCHAR"
    engine = SparkEngine.over_connect(server[0], tmp_path / "out")
    said = {"missing": "is missing", "cut": "cannot be read: it is not a whole Parquet file", "foreign": "orders is bigint, not string"}
    with pytest.raises(InputError) as error:
        engine.read("customer_days", [str(path)], columns)
    assert said[harm] in str(error.value)
    engine.close()
