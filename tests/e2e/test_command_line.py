"""The command line as a marketer and a script meet it: codes, streams, files, and no traceback for any input."""

import csv
import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from types import SimpleNamespace

import pytest

from kogorta.cli.main import _run

CUSTOMER_COLUMNS = [
    "customer_id",
    "name",
    "kind",
    "inn",
    "industry",
    "region",
    "time_zone",
    "first_order_on",
    "last_order_on",
    "recency_days",
    "frequency",
    "monetary",
    "average_check",
    "r",
    "f",
    "m",
    "rfm_code",
    "rfm_category",
    "segment_case",
    "segment_guide",
    "abc",
    "xyz",
    "lifecycle",
    "p_alive",
    "expected_orders_90d",
    "clv",
    "clv_low",
    "clv_high",
    "email",
    "phone",
]
SEGMENT_COLUMNS = [
    "scheme",
    "segment",
    "name",
    "customers",
    "customer_share",
    "revenue",
    "revenue_share",
    "average_check",
    "median_recency_days",
]
DEFECT = ("Traceback", "Something went wrong inside", "Что-то пошло не так внутри")


def kogorta(*arguments):
    """Run a command in this process: code, output, errors."""
    out, errors = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(errors):
        code = _run([str(argument) for argument in arguments])
    return SimpleNamespace(code=code, out=out.getvalue(), errors=errors.getvalue())


def refused(*arguments):
    """The one sentence a refusal says."""
    done = kogorta(*arguments)
    assert done.code == 2, done
    assert not any(word in done.errors for word in DEFECT), done.errors
    assert done.out == "", done.out
    lines = [line for line in done.errors.strip().splitlines() if line.startswith(("Ошибка", "Error"))]
    assert len(lines) == 1, done.errors
    return lines[0]


@pytest.fixture(scope="module")
def sales(tmp_path_factory):
    path = tmp_path_factory.mktemp("sales") / "sales.csv"
    lines = ["order_id;customer_id;date;amount"]
    for number in range(240):
        lines.append(f"{number};c{number % 40};{2024 + number % 2}-{number % 12 + 1:02}-{number % 27 + 1:02};{(number * 37) % 900 + 10},50")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def base(sales, tmp_path_factory):
    folder = tmp_path_factory.mktemp("kept") / "base"
    done = kogorta("import", sales, "--base", folder, "--quiet")
    assert done.code == 0, done.errors
    return folder


@pytest.fixture(scope="module")
def analysed(sales, tmp_path_factory):
    out = tmp_path_factory.mktemp("analysed") / "out"
    done = kogorta("analyze", sales, "--out", out, "--language", "en", "--quiet", "--json")
    assert done.code == 0, done.errors
    return SimpleNamespace(out=out, done=done)


def table(path, delimiter=","):
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.reader(stream, delimiter=delimiter))


def test_json_is_one_document_on_standard_output_and_quiet_says_nothing_else(analysed):
    document = json.loads(analysed.done.out)
    assert document["accounting"] == {"rows_read": 240, "rows_used": 240, "rows_merged": 0, "rows_quarantined": 0}
    assert (document["customers"], document["buyers"], document["orders"]) == (40, 40, 240)
    assert analysed.done.errors == ""


def test_every_file_of_the_contract_is_written(analysed):
    names = {path.name for path in analysed.out.iterdir()}
    assert names >= {
        "report.pdf", "report.html", "customers.csv", "customers.parquet", "customers.xlsx", "segments.csv", "first_wave.xlsx",
        "first_wave.csv", "plan.json", "audit.csv", "quarantine.csv", "accounting.json", "charts",
    }  # fmt: skip
    assert {path.suffix for path in (analysed.out / "charts").iterdir()} == {".png", ".svg"}
    assert (analysed.out / "report.pdf").read_bytes().startswith(b"%PDF")
    assert sorted(json.loads(analysed.done.out)["files"]) == sorted(
        str(path.relative_to(analysed.out)) for path in analysed.out.rglob("*") if path.is_file()
    )


def test_columns_are_the_contract_and_sums_agree(analysed):
    customers = table(analysed.out / "customers.csv")
    assert customers[0] == CUSTOMER_COLUMNS
    assert len(customers) == 41
    segments = table(analysed.out / "segments.csv")
    assert segments[0] == SEGMENT_COLUMNS
    case = [dict(zip(SEGMENT_COLUMNS, row, strict=True)) for row in segments[1:] if row[0] == "case"]
    assert sum(int(row["customers"]) for row in case) == 40
    frequency = CUSTOMER_COLUMNS.index("frequency")
    assert sum(int(row[frequency]) for row in customers[1:]) == 240
    money = CUSTOMER_COLUMNS.index("monetary")
    assert round(sum(float(row[money]) for row in customers[1:]), 2) == sum((number * 37) % 900 + 10.5 for number in range(240))
    accounting = json.loads((analysed.out / "accounting.json").read_text(encoding="utf-8"))
    assert [accounting[name] for name in ("rows_read", "rows_used", "rows_merged", "rows_quarantined")] == [240, 240, 0, 0]
    assert json.loads((analysed.out / "plan.json").read_text(encoding="utf-8"))["as_of"] == "2025-12-27"


def test_russian_tables_have_semicolons_and_a_byte_order_mark(sales, tmp_path):
    done = kogorta("analyze", sales, "--out", tmp_path, "--language", "ru")
    assert done.code == 0
    raw = (tmp_path / "customers.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert table(tmp_path / "customers.csv", ";")[0] == CUSTOMER_COLUMNS
    assert "240" in done.out
    assert done.errors


def test_the_demo_gives_the_same_bytes_in_every_table_on_a_second_run(tmp_path):
    digests = []
    for place in ("first", "second"):
        done = kogorta("demo", "--out", tmp_path / place, "--companies", "100", "--quiet", "--json")
        assert done.code == 0, done.errors
        digests.append(
            {
                path.name: hashlib.sha256(path.read_bytes()).hexdigest()
                for path in sorted((tmp_path / place).iterdir())
                if path.suffix in {".csv", ".json", ".parquet", ".xlsx"}
            }
        )
    assert digests[0] == digests[1]
    assert {"customers.csv", "customers.parquet", "first_wave.csv", "segments.csv", "plan.json", "truth.json"} <= set(digests[0])


COMMANDS = [
    ("audit",),
    ("enrich",),
    ("segment", "rfm"),
    ("segment", "abc-xyz"),
    ("segment", "lifecycle"),
    ("wave",),
    ("compare", "--from", "2025-01-31"),
    ("base", "vacuum"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_on_a_base_speaks_and_gives_json(base, command):
    spoken = kogorta(*command, "--base", base, "--language", "ru")
    assert (spoken.code, any(word in spoken.errors for word in DEFECT)) == (0, False), spoken.errors
    assert spoken.out.strip()
    document = kogorta(*command, "--base", base, "--json", "--quiet")
    assert document.code == 0
    json.loads(document.out)
    assert document.errors == ""


def test_importing_the_same_file_twice_changes_nothing(base, sales):
    before = json.loads(kogorta("audit", "--base", base, "--json").out)
    done = kogorta("import", sales, "--base", base, "--json", "--quiet")
    assert (done.code, json.loads(done.out)["accounting"]) == (0, before["accounting"])
    assert json.loads(kogorta("audit", "--base", base, "--json").out) == before


def test_a_frozen_rule_is_saved_and_used_again(base, tmp_path):
    rule = tmp_path / "rule.json"
    first = kogorta("segment", "rfm", "--base", base, "--save-rule", rule, "--json", "--quiet")
    again = kogorta("segment", "rfm", "--base", base, "--rule", rule, "--json", "--quiet", "--out", tmp_path / "codes.csv")
    assert first.code == again.code == 0
    assert json.loads(first.out)["segments"] == json.loads(again.out)["segments"]
    assert len(table(tmp_path / "codes.csv")) == 41


def test_analysing_a_base_is_analysing_its_files(base, analysed, tmp_path):
    done = kogorta("analyze", "--base", base, "--out", tmp_path, "--language", "en", "--quiet", "--json")
    assert done.code == 0, done.errors
    assert (tmp_path / "customers.csv").read_bytes() == (analysed.out / "customers.csv").read_bytes()
    assert (tmp_path / "segments.csv").read_bytes() == (analysed.out / "segments.csv").read_bytes()


def test_strict_fails_when_a_row_is_quarantined(tmp_path):
    path = tmp_path / "sales.csv"
    path.write_text("customer_id;date;amount\n1;2026-01-05;5\n2;bad;5\n", encoding="utf-8")
    done = kogorta("analyze", path, "--out", tmp_path / "out", "--strict", "--quiet")
    assert done.code in {1, 2}
    assert "--strict" in done.errors
    assert not any(word in done.errors for word in DEFECT)


def written(tmp_path, content, name="sales.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


HEADER = "customer_id;date;amount\n"
UNUSABLE = {
    "empty": b"",
    "blank": b"\n\n  \n",
    "header only": HEADER.encode(),
    "binary junk": bytes(range(256)) * 40,
    "nothing but NUL": b"\x00" * 5000,
    "unknown columns": b"foo;bar\n1;2\n3;4\n",
    "an image": b"\x89PNG\r\n\x1a\n" + bytes(200),
    "a PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + bytes(200),
    "a truncated workbook": b"PK\x03\x04" + bytes(60),
    "a truncated Parquet file": b"PAR1" + bytes(60) + b"PAR1",
    "all rows bad": (HEADER + "1;bad;5\n2;;5\n").encode(),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_unusable_files_are_refused_in_one_sentence(tmp_path, name):
    sentence = refused("analyze", written(tmp_path, UNUSABLE[name]), "--out", tmp_path / "out", "--quiet")
    assert len(sentence) < 600
    assert not (tmp_path / "out" / "report.pdf").exists()


def test_a_workbook_that_unpacks_to_a_thousand_times_its_size_is_refused(tmp_path):
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            for _ in range(100):
                sheet.write(b"0" * (1 << 20))
    refused("analyze", path, "--out", tmp_path / "out", "--quiet")


def test_files_and_folders_in_the_wrong_place_are_named(tmp_path, sales):
    assert "missing.csv" in refused("analyze", tmp_path / "missing.csv", "--out", tmp_path / "out", "--quiet")
    assert str(tmp_path.name) in refused("analyze", tmp_path, "--out", tmp_path / "out", "--quiet")
    assert "--base" in refused("analyze", "--quiet")
    assert "absent" in refused("audit", "--base", tmp_path / "absent")
    assert "sales.csv" in refused("import", sales, "--base", sales, "--quiet")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--as-of", "yesterday"),
        ("--as-of", "2026-13-01"),
        ("--time-zone", "Mars/Olympus"),
        ("--currency", "XXQ"),
        ("--map", "nonsense"),
        ("--map", "Нет такой=amount"),
        ("--map", "amount=nothing_like_this"),
        ("--stage", "Новая=maybe"),
        ("--layout", "pyramid"),
        ("--levels", "7"),
        ("--recency", "a,b"),
        ("--recency", "90,30"),
        ("--recency", "30"),
        ("--segment", "nobody"),
        ("--control-share", "0.9"),
        ("--control-share", "x"),
        ("--wave-size", "0"),
        ("--wave-size", "-5"),
        ("--claim-conversion", "0.2-0.3"),
        ("--claim-conversion", "x", "--claim-revenue", "1-2"),
        ("--rule", "absent.json"),
        ("--rates", "absent.csv"),
        ("--industry-map", "absent.csv"),
        ("--memory", "lots"),
        ("--received-on", "soon"),
        ("--as-of", "1999-01-01"),
        ("--nonsense",),
    ],
    ids=" ".join,
)
def test_options_that_cannot_be_meant_are_refused(sales, tmp_path, arguments):
    done = kogorta("analyze", sales, "--out", tmp_path, "--quiet", *arguments)
    if arguments == ("--as-of", "1999-01-01"):
        assert done.code in {0, 2}  # a base of people who have not bought yet, or a sentence
    elif arguments == ("--rule", "absent.json"):
        assert done.code in {1, 2}
        assert "absent.json" in done.errors
    else:
        assert done.code == 2, done.errors
    assert not any(word in done.errors for word in DEFECT), done.errors


def test_a_command_that_is_not_there_gets_a_hint():
    done = kogorta("analize")
    assert done.code == 2
    assert "analyze" in done.errors


ODD = {
    "one customer": HEADER + "1;2026-01-05;100\n",
    "all the same day": HEADER + "".join(f"{number};2026-01-05;{number}\n" for number in range(1, 40)),
    "all the same": HEADER + "".join("1;2026-01-05;5\n" for _ in range(30)),
    "only refunds": HEADER + "".join(f"{number};2026-01-{number:02};-5\n" for number in range(1, 20)),
    "only zeros": HEADER + "".join(f"{number};2026-01-{number:02};0\n" for number in range(1, 20)),
    "cells that start with =": HEADER + "".join(f"=cmd|' /C calc'!A{number};2026-01-{number:02};{number}\n" for number in range(1, 20)),
    "cells of 10,000 characters": HEADER + "".join(f"{'я' * 10_000}{number};2026-01-{number:02};5\n" for number in range(1, 20)),
    "NUL inside": HEADER + "".join(f"a\x00b{number};2026-01-{number:02};5\n" for number in range(1, 20)),
    "duplicate headers": "customer_id;date;amount;amount\n" + "".join(f"{n};2026-01-{n:02};5;7\n" for n in range(1, 20)),
    "rows of other widths": HEADER + "1;2026-01-05;5;6;7\n2;2026-01-06\n3;2026-01-07;5\n" * 5,
    "enormous numbers": HEADER + "".join(f"{number};2026-01-{number:02};{'9' * number}\n" for number in range(1, 29)),
    "enormous products": "customer_id;date;invoice;product;quantity;price\n" + "1;2026-01-05;1;a;99999999999999999999;99999999999999999999\n2;2026-01-06;2;b;1;5\n",
    "dates of all ages": HEADER + "1;0001-01-01;5\n2;9999-12-31;5\n3;2026-01-05;5\n4;2026-02-30;5\n",
    "an unclosed quote": HEADER + '1;2026-01-05;5\n"2;2026-01-06;5\n3;2026-01-07;5\n',
    "emoji and markup": HEADER + "".join(f"[bold]👍🏽{number}[/];2026-01-{number:02};5\n" for number in range(1, 20)),
    "quotes and typst": "customer_id;customer;date;amount\n" + "".join(f"{n};#set text(red) $x$ \\ O'Brien <b>@{{}};2026-01-{n:02};{n}\n" for n in range(1, 20)),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_odd_files_give_a_clean_result_or_one_sentence(tmp_path, name):
    out = tmp_path / "out"
    done = kogorta("analyze", written(tmp_path, ODD[name]), "--out", out, "--language", "en", "--quiet", "--json")
    assert not any(word in done.errors for word in DEFECT), done.errors
    assert done.code in {0, 2}, done.errors
    if done.code == 2:
        assert len(done.errors.strip().splitlines()) == 1
        return
    account = json.loads(done.out)["accounting"]
    assert account["rows_read"] == account["rows_used"] + account["rows_merged"] + account["rows_quarantined"]
    for row in table(out / "customers.csv"):
        assert not any(cell.startswith(("=", "+", "@")) for cell in row)


def test_a_folder_that_cannot_be_written_is_named(sales, tmp_path):
    (tmp_path / "file").write_text("x")
    done = kogorta("analyze", sales, "--out", tmp_path / "file", "--quiet")
    assert done.code in {1, 2}
    assert "file" in done.errors
    assert not any(word in done.errors for word in DEFECT)


def test_too_little_memory_is_said_with_the_option_that_gives_more(sales, tmp_path):
    done = kogorta("analyze", sales, "--out", tmp_path / "out", "--memory", "1MB", "--quiet")
    assert done.code == 1
    assert done.errors.startswith("Ошибка: Разрешённой памяти мало для такого объёма данных (")
    assert done.errors.rstrip().endswith("разрешите больше, например: --memory 4GB")


def test_the_installed_program_starts_and_ends_with_the_right_codes(tmp_path):
    def run(*arguments):
        program = [sys.executable, "-c", "from kogorta.cli.main import main; main()", *map(str, arguments)]
        environment = {**os.environ, "KOGORTA_LANGUAGE": "en", "PYTHONIOENCODING": "cp1251"}
        return subprocess.run(program, capture_output=True, check=False, env=environment)

    assert run("--version").returncode == 0
    assert run("--help").returncode == 0
    missing = run("analyze", tmp_path / "нет.csv")
    assert missing.returncode == 2
    assert missing.stderr.decode("utf-8").startswith("Error: ")
    assert b"Traceback" not in missing.stderr
    assert Path(tmp_path).exists()
