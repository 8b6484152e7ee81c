"""`kogorta experiment` as a person types it: files in, sentences or JSON out, exit codes."""

import csv
import gzip
import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from kogorta.cli.main import main

HILLSTROM = Path(__file__).parents[2] / ".." / "shared" / "data" / "hillstrom.csv.gz"
MEN, WOMEN, NOBODY = "Mens E-Mail", "Womens E-Mail", "No E-Mail"
KEYS = {"arm", "metric", "n", "mean", "effect", "low", "high", "p", "relative", "relative_low", "relative_high", "verdict"}


@pytest.fixture
def kogorta(capsys, monkeypatch):
    """Run the command line; returns exit code, standard output, standard error."""

    def run(*words, language="ru"):
        monkeypatch.setenv("KOGORTA_LANGUAGE", language)
        with pytest.raises(SystemExit) as caught:
            main(["experiment", *map(str, words)])
        shown = capsys.readouterr()
        return caught.value.code, shown.out, shown.err

    return run


@pytest.fixture(scope="module")
def hillstrom(tmp_path_factory):
    path = tmp_path_factory.mktemp("hillstrom") / "hillstrom.csv"
    path.write_bytes(gzip.decompress(HILLSTROM.read_bytes()))
    return path


def write(path, head, rows, *, separator=",", encoding="utf-8"):
    with path.open("w", encoding=encoding, newline="") as stream:
        writer = csv.writer(stream, delimiter=separator)
        writer.writerow(head)
        writer.writerows(rows)
    return path


def trial(size=400, effect=3.0, seed=1):
    """Rows of id, arm, spend, before, company, day of assignment."""
    random = np.random.default_rng(seed)
    rows = []
    for number in range(size):
        treated = number % 2
        before = random.normal(100, 10)
        rows.append(
            [
                number,
                "BA"[treated],
                f"{before + random.normal(effect * (1 - treated), 5):.2f}",
                f"{before:.2f}",
                number // 4,
                1 + number * 10 // size,
            ]
        )
    return rows


HEAD = ["id", "arm", "spend", "before", "company", "day"]


# --- analyze ---------------------------------------------------------------------------------------------------------------------


def test_hillstrom_as_json(kogorta, hillstrom):
    code, out, err = kogorta(
        "analyze", hillstrom, "--arm", "segment", "--control", NOBODY,
        "--metric", "visit:proportion", "--metric", "conversion:proportion", "--metric", "spend:mean", "--json",
    )  # fmt: skip
    found = json.loads(out)
    assert (code, err) == (0, "")
    assert found["srm_p"] == pytest.approx(0.9036930, abs=1e-6)
    assert len(found["results"]) == 6
    assert all(set(row) >= KEYS for row in found["results"])
    assert {row["verdict"] for row in found["results"]} == {"up"}
    spend = next(row for row in found["results"] if (row["arm"], row["metric"]) == (MEN, "spend"))
    assert (spend["n"], spend["mean"]) == (21307, pytest.approx(1.422617, abs=1e-6))
    assert (spend["effect"], spend["low"], spend["high"]) == pytest.approx((0.769827, 0.485140, 1.054515), abs=1e-6)
    assert spend["p"] == pytest.approx(1.163815e-07, abs=1e-12)
    assert (spend["relative"], spend["relative_low"], spend["relative_high"]) == pytest.approx((1.1793, 0.6437, 1.9775), abs=1e-4)


def test_hillstrom_in_words(kogorta, hillstrom):
    code, out, _ = kogorta("analyze", hillstrom, "--arm", "segment", "--control", NOBODY, "--metric", "visit:proportion")
    said = out.replace("\u00a0", " ").splitlines()
    assert code == 0
    assert said[0].startswith("Размеры групп такие, как задумано")
    assert "показатель вырос с 10,6 % до 18,3 %, +7,66 п. п." in said[1]


def test_a_covariate_a_cap_a_margin_and_a_denominator(kogorta, hillstrom):
    code, out, _ = kogorta(
        "analyze", hillstrom, "--arm", "segment", "--control", NOBODY, "--metric", "spend:mean,covariate=history",
        "--metric", "spend:ratio,denominator=conversion", "--metric", "spend:mean,cap=100,margin=2,direction=down", "--json",
    )  # fmt: skip
    helped, order, capped = (row for row in json.loads(out)["results"] if row["arm"] == MEN)
    assert code == 0
    assert (helped["effect"], helped["low"], helped["high"]) == pytest.approx((0.767438, 0.482813, 1.052064), abs=1e-6)
    assert (order["metric"], order["effect"]) == ("spend/conversion", pytest.approx(-0.475776, abs=1e-6))
    assert capped["effect"] < helped["effect"]
    assert capped["margin"] == 2


def as_xlsx(path, rows):
    import xlsxwriter

    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    day = book.add_format({"num_format": "dd.mm.yyyy"})
    for place, name in enumerate(HEAD):
        sheet.write(0, place, name)
    for row, (unit, arm, spend, before, company, number) in enumerate(rows, start=1):
        sheet.write_row(row, 0, [unit, arm, float(spend), float(before), company])
        sheet.write_datetime(row, 5, date(2026, 3, number), day)
    book.close()


def as_parquet(path, rows):
    import duckdb

    duckdb.execute("CREATE OR REPLACE TABLE trial (id BIGINT, arm VARCHAR, spend DOUBLE, before DOUBLE, company INTEGER, day DATE)")
    duckdb.executemany("INSERT INTO trial VALUES (?, ?, ?, ?, ?, ?)", [[*row[:5], date(2026, 3, row[5])] for row in rows])
    duckdb.execute(f"COPY trial TO '{path}' (FORMAT parquet)")


def as_cp1251(path, rows):
    russian = [[unit, arm, f"{spend} руб.".replace(".", ",", 1), before.replace(".", ","), company, f"{day:02}.03.2026"]
               for unit, arm, spend, before, company, day in rows]  # fmt: skip
    write(path, ["Номер", "Группа", "Покупки, руб.", "Покупки до", "Компания", "День"], russian, separator=";", encoding="cp1251")


@pytest.mark.parametrize(
    ("name", "make", "head"),
    [
        ("trial.xlsx", as_xlsx, HEAD),
        ("trial.parquet", as_parquet, HEAD),
        ("trial.csv", as_cp1251, ["Номер", "Группа", "Покупки, руб.", "Покупки до", "Компания", "День"]),
    ],
)
def test_every_kind_of_file_gives_the_same_figures(kogorta, tmp_path, name, make, head):
    rows = trial()
    make(tmp_path / name, rows)
    plain = write(tmp_path / "plain.csv", HEAD, [[*row[:5], f"2026-03-{row[5]:02}"] for row in rows])
    found = []
    for path, (unit, arm, spend, before, _, day) in ((plain, HEAD), (tmp_path / name, head)):
        code, out, err = kogorta(
            "analyze",
            path,
            "--arm",
            arm,
            "--control",
            "A",
            "--id",
            unit,
            "--day",
            day,
            "--metric",
            f"{spend}:mean,covariate={before}",
            "--json",
        )
        assert (code, err) == (0, "")
        result = json.loads(out)["results"][0]
        found.append((result["n"], result["effect"], result["low"], result["verdict"]))
    assert found[0] == found[1]
    assert found[0][3] == "up"


def test_yes_and_no_are_a_proportion(kogorta, tmp_path):
    import duckdb

    duckdb.execute(
        f"COPY (SELECT range % 2 AS arm, range % 5 = 0 AS bought FROM range(1000)) TO '{tmp_path / 'flags.parquet'}' (FORMAT parquet)"
    )
    code, out, _ = kogorta(
        "analyze", tmp_path / "flags.parquet", "--arm", "arm", "--control", "0", "--metric", "bought:proportion", "--json"
    )
    assert (code, json.loads(out)["results"][0]["mean"]) == (0, 0.2)


def test_pictures_are_written(kogorta, tmp_path):
    path = write(tmp_path / "trial.csv", HEAD, [[*row[:5], f"{row[5]:02}.03.2026"] for row in trial()])
    code, out, _ = kogorta(
        "analyze", path, "--arm", "arm", "--control", "A", "--metric", "spend:mean", "--metric", "spend/before:ratio", "--metric", "spend:median",
        "--day", "day", "--out", tmp_path / "pictures", "--json",
    )  # fmt: skip
    names = ["effect-spend.png", "effect-spend-before.png", "effect-spend-quantile-0.5.png", "lift-spend-B.png", "lift-spend-before-B.png"]
    assert (code, json.loads(out)["pictures"]) == (0, names)
    assert all((tmp_path / "pictures" / name).read_bytes().startswith(b"\x89PNG") for name in names)


def test_one_day_has_no_picture_of_days(kogorta, tmp_path):
    path = write(tmp_path / "trial.csv", HEAD, [[*row[:5], "2026-03-01"] for row in trial()])
    words = ("analyze", path, "--arm", "arm", "--control", "A", "--metric", "spend:mean", "--day", "day", "--out", tmp_path)
    code, out, err = kogorta(*words, language="en")
    assert code == 0
    assert "at least two days" in err
    assert "Pictures: effect-spend.png." in out


@pytest.mark.parametrize("options", [("--shares", "A=90,B=10"), ("--share", "A=90", "--share", "B=10")])
def test_declared_shares_are_weighed(kogorta, tmp_path, options):
    random = np.random.default_rng(3)
    path = write(tmp_path / "trial.csv", ["arm", "spend"], [["AB"[number % 10 == 0], round(random.normal(), 3)] for number in range(2000)])
    words = ("analyze", path, "--arm", "arm", "--control", "A", "--metric", "spend:mean", "--json")
    found, doubtful = json.loads(kogorta(*words, *options)[1]), json.loads(kogorta(*words)[1])
    assert found["srm_p"] == 1.0
    assert doubtful["srm_p"] < 1e-100


def test_a_broken_split_has_no_verdict(kogorta, tmp_path):
    rows = [row for row in trial(4000) if not (row[1] == "B" and row[0] % 16 == 0)]
    path = write(tmp_path / "trial.csv", HEAD, rows)
    code, out, _ = kogorta("analyze", path, "--arm", "arm", "--control", "A", "--metric", "spend:mean", "--json")
    assert (code, json.loads(out)["results"][0]["verdict"]) == (0, "blocked")
    assert "Разбивка нарушена" in kogorta("analyze", path, "--arm", "arm", "--control", "A", "--metric", "spend:mean")[1]


def test_companies_are_the_unit_when_companies_were_drawn(kogorta, tmp_path):
    rows = [[number, "AB"[number // 4 % 2], number % 7, 1, number // 4, 1] for number in range(400)]
    path = write(tmp_path / "trial.csv", HEAD, rows)
    _, out, _ = kogorta("analyze", path, "--arm", "arm", "--control", "A", "--metric", "spend:mean", "--cluster", "company", "--json")
    assert json.loads(out)["results"][0]["n"] == 50


SIX = [["1", "A", "5"], ["2", "A", "7"], ["3", "A", "6"], ["4", "B", "8"], ["5", "B", "9"], ["6", "B", "7"]]
MOMENTS = ["id", "arm", "x", "start", "bought"]


def changed(place, *cells):
    return [list(cells) if number == place else row for number, row in enumerate(SIX)]


BAD = [
    (["id", "arm", "x"], SIX, ["--control", "C"], "'C' has no customers", "«C» нет клиентов"),
    (["id", "arm", "x"], SIX, ["--shares", "A=1,B=1,C=1"], "'C' is empty", "«C» пуста"),
    (["id", "arm", "x"], SIX[:3], [], "one arm only", "группа только одна"),
    (["id", "arm", "x"], [], [], "is empty", "пуст"),
    (["id", "arm", "x"], [[unit, arm, "5"] for unit, arm, _ in SIX], [], "no variation", "разброса"),
    (["id", "arm", "x"], SIX, ["--share", "A=-1", "--share", "B=1"], "at least 0", "не меньше 0"),
    (["id", "arm", "x"], SIX, ["--shares", "A=half,B=1"], "write a number", "укажите число"),
    (["id", "arm", "x"], SIX, ["--shares", "A=1,A=1"], "names an arm twice", "дважды"),
    (["id", "arm", "x"], changed(3, "1", "B", "8"), ["--id", "id"], "in two arms", "в двух группах"),
    (["id", "arm", "x"], changed(1, "1", "A", "8"), ["--id", "id"], "more than once", "не один раз"),
    (["id", "arm", "x"], changed(2, "3", "A", "nan"), [], "row 4, column 'x': 'nan' is not a number", "строка 4"),
    (["id", "arm", "x"], changed(2, "3", "A", ""), [], "row 4, column 'x': '' is not a number", "строка 4"),
    (["id", "arm", "x"], changed(2, "3", "A", "inf"), [], "'inf' is not a number", "не число"),
    (["id", "arm", "x"], changed(2, "3", "", "4"), [], "rows without a value", "без значения"),
    (["id", "arm", "x"], changed(2, "3", "A", "1,234"), [], "decimals or one with thousands", "как тысячи"),
    (["id", "arm", "x"], [*SIX, ["7", "B", "8", "9"]], [], "do not fit the header", "не подходят к заголовку"),
    (["id", "group", "x"], SIX, [], "no column 'arm'", "нет колонки 'arm'"),
    (
        MOMENTS,
        [[*row, "2026-03-05 12:00", "05.03.2026 11:59" if row[0] == "4" else ""] for row in SIX],
        ["--assigned-at", "start", "--outcome-at", "bought"],
        "before the assignment",
        "раньше распределения",
    ),
    (
        MOMENTS,
        [[*row, "2026-03-05", "soon"] for row in SIX],
        ["--assigned-at", "start", "--outcome-at", "bought"],
        "'soon' is not a date",
        "не дата",
    ),
    (MOMENTS, [[*row, "", ""] for row in SIX], ["--day", "start"], "'' is not a date", "не дата"),
    (MOMENTS, [[*row, "", ""] for row in SIX], ["--assigned-at", "start"], "go together", "указывают вместе"),
    (["id", "arm", "x"], SIX, ["--metric", "x:average"], "has kind 'average'", "average"),
    (["id", "arm", "x"], SIX, ["--metric", "x:proportion"], "needs 0 or 1", "0 или 1"),
    (["id", "arm", "x"], SIX, ["--metric", "x:mean,cap=lots"], "no number after 'cap='", "cap="),
    (["id", "arm", "x"], SIX, ["--alpha", "2"], "alpha is 2", "alpha"),
]


@pytest.mark.parametrize(("head", "rows", "options", "english", "russian"), BAD, ids=[english for *_, english, _ in BAD])
def test_bad_input_is_one_sentence_and_exit_code_2(kogorta, tmp_path, head, rows, options, english, russian):
    path = write(tmp_path / "bad.csv", head, rows)
    control = [] if "--control" in options else ["--control", "A"]
    metric = [] if "--metric" in options else ["--metric", "x:mean"]
    for language, part in (("en", english), ("ru", russian)):
        code, out, err = kogorta("analyze", path, "--arm", "arm", *control, *metric, *options, "--json", language=language)
        assert (code, out) == (2, "")
        assert part in err
        assert err.count("\n") == 1
        assert err.endswith(".\n")


def test_an_outcome_on_the_day_of_assignment_is_not_before_it(kogorta, tmp_path):
    path = write(tmp_path / "days.csv", MOMENTS, [[*row, "2026-03-05 12:00", "2026-03-05"] for row in SIX])
    code, _, _ = kogorta(
        "analyze", path, "--arm", "arm", "--control", "A", "--metric", "x:mean", "--assigned-at", "start", "--outcome-at", "bought"
    )
    assert code == 0


def test_a_file_that_is_not_there_is_a_sentence(kogorta, tmp_path):
    code, out, err = kogorta("analyze", tmp_path / "no.csv", "--arm", "a", "--control", "b", "--metric", "x:mean", language="en")
    assert (code, out) == (2, "")
    assert "does not exist" in err


# --- size ------------------------------------------------------------------------------------------------------------------------


def test_the_plan_as_json(kogorta):
    code, out, _ = kogorta("size", "--baseline", "0.03", "--target", "0.036", "--available", "2400", "--json")
    plan = json.loads(out)
    assert (code, plan["sizes"], plan["total"], plan["code"]) == (0, {"A": 13911, "B": 13911}, 27822, "pilot")
    assert plan["detectable"] == pytest.approx(0.053, abs=5e-4)


def test_the_plan_in_words(kogorta):
    _, out, _ = kogorta("size", "--baseline", "0.1", "--target", "0.25", "--available", "87")
    assert "изменение показателя «отклик» с 10,0" in out
    assert "пилот" in out
    _, out, _ = kogorta("size", "--baseline", "500", "--target", "520", "--deviation", "300", "--language", "en", language="en")
    assert "to notice a change of average from 500 to 520" in out


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--available", "40000"], "ab_test"),
        (["--available", "2400"], "pilot"),
        (["--available", "2400", "--rest", "0", "--waves", "12"], "holdout"),
        (["--available", "2400", "--rest", "0"], "do_not_test"),
    ],
)
def test_the_four_sizes_of_answer(kogorta, options, code):
    assert json.loads(kogorta("size", "--baseline", "0.03", "--target", "0.036", *options, "--json")[1])["code"] == code


def test_a_plan_on_the_users_own_history(kogorta, hillstrom):
    code, out, _ = kogorta("size", "--history", hillstrom, "--metric", "spend:mean", "--lift", "0.2", "--json")
    plan = json.loads(out)
    assert (code, plan["metric"], plan["kind"]) == (0, "spend", "mean")
    assert plan["baseline"] == pytest.approx(1.050908, abs=1e-6)
    assert plan["sizes"]["A"] == pytest.approx(16 * (plan["deviation"] / (0.2 * plan["baseline"])) ** 2, rel=0.03)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ([], "--baseline or --target is missing"),
        (["--baseline", "0.1"], "--baseline or --target is missing"),
        (["--baseline", "0.1", "--target", "0.1"], "both 0.1"),
        (["--baseline", "1.5", "--target", "0.1"], "between 0 and 1"),
        (["--baseline", "0.1", "--target", "0.2", "--arms", "A=-1,B=1"], "at least 0"),
        (["--baseline", "0.1", "--target", "0.2", "--arms", "A=1"], "at least 2"),
        (["--baseline", "0.1", "--target", "0.2", "--alpha", "0"], "above 0"),
        (["--baseline", "0.1", "--target", "0.2", "--available", "0"], "at least 1"),
        (["--history", "x.csv"], "--history needs --metric and --lift"),
    ],
)
def test_impossible_plans_are_one_sentence(kogorta, options, sentence):
    code, out, err = kogorta("size", *options, "--json", language="en")
    assert (code, out) == (2, "")
    assert sentence in err
    assert err.count("\n") == 1


# --- assign ----------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def people(tmp_path):
    return write(tmp_path / "people.csv", ["id", "rfm"], [[number, ["111", "333"][number % 2]] for number in range(1000)])


def test_the_arms_as_json(kogorta, people):
    words = ("assign", people, "--id", "id", "--salt", "autumn", "--arms", "A=50,B=50", "--json")
    code, out, _ = kogorta(*words)
    found = json.loads(out)
    assert (code, found["salt"], len(found["arms"])) == (0, "autumn", 1000)
    assert sum(found["counts"].values()) == 1000
    assert set(found["arms"].values()) == {"A", "B"}
    assert json.loads(kogorta(*words)[1]) == found


def test_strata_are_balanced_exactly_and_written(kogorta, people, tmp_path):
    out = tmp_path / "arms.csv"
    code, said, _ = kogorta("assign", people, "--id", "id", "--salt", "s", "--arms", "A=75,B=25", "--stratum", "rfm", "--out", out)
    rows = out.read_text(encoding="utf-8-sig").splitlines()
    assert (code, said) == (0, "A: 750\nB: 250\n")
    assert (rows[0], len(rows)) == ("id;arm", 1001)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--arms", "A=-50,B=50"], "at least 0"),
        (["--arms", "A50"], "write it as NAME=VALUE"),
        (["--arms", "A=50,A=50"], "names an arm twice"),
        (["--arms", "A=0,B=0"], "above 0"),
        (["--salt", ""], "salt is empty"),
        (["--id", "nobody"], "no column 'nobody'"),
    ],
)
def test_impossible_draws_are_one_sentence(kogorta, people, options, sentence):
    given = {"--id": "id", "--salt": "s", "--arms": "A=50,B=50"} | dict(zip(options[::2], options[1::2], strict=True))
    code, out, err = kogorta("assign", people, *(word for pair in given.items() for word in pair), "--json", language="en")
    assert (code, out) == (2, "")
    assert sentence in err


# --- self-test -------------------------------------------------------------------------------------------------------------------


def test_the_self_test_of_a_list(kogorta, tmp_path):
    path = write(tmp_path / "trial.csv", HEAD, trial(effect=0))
    code, out, _ = kogorta("self-test", path, "--metric", "spend/before:ratio,cap=150", "--splits", "300", "--json")
    found = json.loads(out)
    assert (code, found["passed"], found["splits"]) == (0, True, 300)
    assert found["share"] < 0.1
    assert "тесту можно верить" in kogorta("self-test", path, "--metric", "spend:mean", "--splits", "50")[1]


@pytest.mark.parametrize(
    ("metric", "sentence"),
    [("company:mean,covariate=spend", "without a covariate"), ("arm:mean", "not a number"), ("none:mean", "no column 'none'")],
)
def test_a_self_test_of_nothing_is_one_sentence(kogorta, tmp_path, metric, sentence):
    path = write(tmp_path / "trial.csv", HEAD, trial())
    code, out, err = kogorta("self-test", path, "--metric", metric, language="en")
    assert (code, out) == (2, "")
    assert sentence in err
