import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from kogorta.base.intake import FIELDS
from kogorta.base.problems import PROBLEMS
from kogorta.base.tables import TABLES
from kogorta.demo.school import write_school
from kogorta.reports.columns import AUDIT, CHURN, CUSTOMERS, FIRST_WAVE, SEGMENTS
from kogorta.segments.naming import SCHEMES

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
AS_OF = date(2026, 11, 22)
PAGES = sorted(path.name for path in (DOCS / "ru").glob("*.md"))
WRITTEN = sorted(
    [ROOT / "README.md", ROOT / "README.en.md", ROOT / "CHANGELOG.md", *DOCS.rglob("*.md"), *(ROOT / "src").rglob("README.md")]
)


def fences(path, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def headings(path):
    text = re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"^(#+) (.+)$", text, re.MULTILINE)


def anchor(heading):
    """As repository hosts make it: lower case, punctuation dropped, spaces to hyphens."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def without_comments(code):
    return re.sub(r"\s+#.*$", "", code, flags=re.MULTILINE)


def section(path, heading):
    """The text below a heading up to the next one of the same or a higher level."""
    text = path.read_text(encoding="utf-8")
    found = re.search(rf"^(#+) {re.escape(heading)}$\n(.*?)(?=^#{{1,3}} |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"{path.name} has no heading {heading}"
    return found[2]


def first_cells(text):
    """The names in back quotes that open the rows of a table."""
    return re.findall(r"^\| `([^`]+)`", text, re.MULTILINE)


@pytest.fixture(scope="module")
def school(tmp_path_factory):
    folder = tmp_path_factory.mktemp("school")
    write_school(folder, seed=2026, as_of=AS_OF, companies=300)
    return folder


@pytest.fixture(scope="module")
def read_me(school):
    """What the example of the README leaves behind, run beside the export of the demo."""
    names = {}
    before = Path.cwd()
    os.chdir(school)
    try:
        for number, code in enumerate(fences(ROOT / "README.md", "python"), start=1):
            exec(compile(code, f"README.md block {number}", "exec"), names)
    finally:
        os.chdir(before)
    return names


def test_the_example_of_the_readme_writes_a_report(read_me, school):
    assert (school / "report.pdf").read_bytes().startswith(b"%PDF")
    assert read_me["base"].audit().accounting.rows_read == 1572
    assert len(read_me["wave"]) > 0


@pytest.mark.parametrize(("name", "language"), [("README.md", "ru"), ("README.en.md", "en")])
def test_the_readme_shows_what_the_demo_prints(name, language, read_me, monkeypatch, capsys):
    from kogorta.cli import analyze
    from kogorta.kit.language import Language
    from kogorta.kit.progress import SILENT
    from kogorta.reports.report import Report

    if "analysis" not in read_me:
        read_me["analysis"] = read_me["kg"].analyze(read_me["base"], AS_OF)
    monkeypatch.setattr(Report, "write", lambda self, folder, **options: [])
    analyze.write_results(read_me["analysis"], Path("demo"), Language(language), SILENT, title=None, as_json=False)
    printed = capsys.readouterr().out.replace("\u00a0", " ").splitlines()
    shown = fences(ROOT / name, "text")[0].replace("\u00a0", " ").splitlines()
    assert len(shown) >= 10
    assert [line for line in shown if line not in printed] == []


def test_the_examples_of_the_tour_run(tmp_path, monkeypatch, capsys):
    write_school(tmp_path, seed=7, as_of=AS_OF, companies=120)
    monkeypatch.chdir(tmp_path)
    names = {}
    for number, code in enumerate(fences(DOCS / "ru" / "notebook.md", "python"), start=1):
        exec(compile(code, f"docs/ru/notebook.md block {number}", "exec"), names)
    assert (tmp_path / "report.pdf").exists()
    assert "levels is 7" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["README.md", "docs/ru/notebook.md"])
def test_both_languages_show_the_same_code(name):
    twin = ROOT / (name.replace("/ru/", "/en/") if "/" in name else "README.en.md")
    russian = [without_comments(code) for code in fences(ROOT / name, "python")]
    english = [without_comments(code).replace('language="en"', 'language="ru"') for code in fences(twin, "python")]
    assert [code.replace("Our base", "Наша база") for code in english] == russian


def test_every_page_has_a_twin():
    assert sorted(path.name for path in (DOCS / "en").glob("*.md")) == PAGES


@pytest.mark.parametrize("name", PAGES)
def test_twins_have_the_same_headings(name):
    russian, english = headings(DOCS / "ru" / name), headings(DOCS / "en" / name)
    assert [marks for marks, _ in english] == [marks for marks, _ in russian]


def test_the_readmes_have_the_same_headings():
    assert [marks for marks, _ in headings(ROOT / "README.en.md")] == [marks for marks, _ in headings(ROOT / "README.md")]


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: str(path.relative_to(ROOT)))
def test_relative_links_resolve(path):
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, mark = target.partition("#")
        page = (path.parent / name).resolve() if name else path
        if not page.exists() or (mark and mark not in {anchor(heading) for _, heading in headings(page)}):
            broken.append(target)
    assert broken == []


def test_the_reference_of_commands_is_in_step_with_the_commands():
    done = subprocess.run([sys.executable, str(DOCS / "build_cli.py"), "--check"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_table_of_the_base_is_described_with_its_columns(language):
    page = DOCS / language / "tables.md"
    described = {name: tuple(first_cells(section(page, name))) for name in TABLES}
    assert described == {name: tuple(column for column, _ in columns) for name, columns in TABLES.items()}


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize(
    ("heading", "columns"),
    [
        ("customers.csv, customers.parquet, customers.xlsx", CUSTOMERS),
        ("segments.csv", SEGMENTS),
        ("first_wave.csv, first_wave.xlsx", FIRST_WAVE),
        ("churn.csv", CHURN),
        ("audit.csv", AUDIT),
    ],
)
def test_every_output_file_is_described_with_its_columns(language, heading, columns):
    assert first_cells(section(DOCS / language / "tables.md", heading)) == [column.name for column in columns]


@pytest.mark.parametrize(
    ("language", "fields", "problems"),
    [
        ("ru", "Все поля", "Что происходит с каждой проблемой"),
        ("en", "All fields", "What happens with each problem"),
    ],
)
def test_every_field_and_every_problem_is_described(language, fields, problems):
    page = DOCS / language / "export.md"
    assert first_cells(section(page, fields)) == list(FIELDS)
    assert first_cells(section(page, problems)) == list(PROBLEMS)


@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_named_segments_and_their_codes_are_those_of_the_schemes(language):
    text = (DOCS / language / "method-rfm.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| ([\d ]+) \|$", text, re.MULTILINE)
    expected = []
    for scheme in SCHEMES.values():
        by_slug = {segment.slug: [] for segment in scheme.segments}
        for code, slug in scheme.table.items():
            by_slug[slug].append(code)
        expected += [(slug, " ".join(codes)) for slug, codes in by_slug.items()]
    assert rows == expected


def test_the_documentation_names_no_path_of_a_machine():
    found = [path.name for path in WRITTEN if re.search(r"/(home|root|work|tmp|Users)/", path.read_text(encoding="utf-8"))]
    assert found == []
