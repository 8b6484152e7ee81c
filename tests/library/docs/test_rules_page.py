"""The page of the rule language: its tables are those of the registry, its examples run, its refusals read as printed."""

import io
import json
import re
import shlex
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from kogorta.cli.main import _run
from kogorta.segments.rules import book, document, leaves, tokens, tree
from kogorta.segments.rules.document import from_json, to_json
from kogorta.segments.rules.fields import EVENT_TYPES, FIELDS, FILTERS, FUNCTIONS
from kogorta.segments.rules.formula import parse_formula
from kogorta.segments.rules.printing import print_formula

DOCS = Path(__file__).parents[3] / "docs"
PAGES = {language: (DOCS / language / "rules.md").read_text(encoding="utf-8") for language in ("ru", "en")}
both = pytest.mark.parametrize("language", PAGES)


def fences(language, kind):
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGES[language], re.MULTILINE | re.DOTALL)


def formulas(language):
    return [line for block in fences(language, "rule") for line in block.splitlines()]


def commands(language):
    return [shlex.split(line)[2:] for block in fences(language, "console") for line in block.splitlines()]


def call(words):
    out, error = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(error):
        code = _run(words)
    return code, out.getvalue(), error.getvalue()


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    place = tmp_path_factory.mktemp("page")
    code, _, error = call(["demo", "--base", "retail", "--customers", "200", "--out", str(place / "shop"), "--quiet"])
    assert code == 0, error
    return place


@both
@pytest.mark.parametrize(("table", "names"), [("fields", FIELDS), ("functions", FUNCTIONS), ("filters", FILTERS), ("events", EVENT_TYPES)])
def test_every_name_of_the_registry_is_on_the_page(language, table, names):
    block = re.search(rf"<!-- {table} -->\n(.*?)<!-- end -->", PAGES[language], re.DOTALL)[1]
    assert re.findall(r"^\| `(\w+)`", block, re.MULTILINE) == list(names)


def test_the_tables_are_in_step_with_the_registry():
    done = subprocess.run([sys.executable, str(DOCS / "build_rules.py"), "--check"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_both_languages_show_the_same_formulas_commands_and_trees():
    assert formulas("ru") == formulas("en")
    assert commands("ru") == commands("en")
    assert fences("ru", "json") == fences("en", "json")


@pytest.mark.parametrize("formula", formulas("en"))
def test_every_formula_of_the_page_is_read_and_printed_back(formula):
    rule = parse_formula(formula)
    assert parse_formula(print_formula(rule)) == rule


def test_every_formula_of_the_page_is_answered(shop, monkeypatch):
    monkeypatch.chdir(shop)
    whole = " or ".join(f"({formula})" for formula in formulas("en"))
    code, out, error = call(["segment", "rule", whole, "--base", "shop/base", "--as-of", "2026-11-22", "--json", "--quiet"])
    assert code == 0, error
    assert 0 < json.loads(out)["count"] < 200


@both
def test_every_command_of_the_page_runs_and_says_what_is_shown(language, shop, monkeypatch):
    monkeypatch.chdir(shop)
    for words in commands(language)[1:]:  # the first one makes the shop
        code, out, error = call([*words, "--language", language, "--quiet"])
        assert code == 0, error
        if words[:2] == ["segment", "rule"] and "--members" in words:
            planted = json.loads((shop / "shop" / "truth.json").read_text(encoding="utf-8"))["planted"]
            assert out.startswith(fences(language, "text")[0])
            assert out.splitlines()[-len(planted) :] == planted


@both
def test_the_refusals_read_as_printed(language, shop, monkeypatch):
    monkeypatch.chdir(shop)
    monkeypatch.setenv("KOGORTA_LANGUAGE", language)
    shown = [block for block in fences(language, "text") if block.startswith("$ ")]
    assert len(shown) == 2
    for block in shown:
        command, refusal = block.split("\n", 1)
        code, out, error = call([*shlex.split(command)[2:], "--language", language, "--quiet"])
        assert (code, out, error) == (2, "", refusal)


def test_the_tree_of_the_page_is_read_and_written_back():
    (text,) = fences("en", "json")
    assert json.loads(to_json(from_json(text))) == json.loads(text)


@both
def test_the_keys_of_the_answer_are_those_of_the_page(language, shop, monkeypatch):
    monkeypatch.chdir(shop)
    _, out, _ = call(["segment", "rule", "age > 1", "--base", "shop/base", "--members", "--json", "--quiet"])
    section = PAGES[language].split("--json\n", 1)[1]
    assert re.findall(r"^\| `(\w+)`", section, re.MULTILINE) == list(json.loads(out))


@both
def test_the_limits_of_the_page_are_those_of_the_code(language):
    found = re.findall(r"^\| [^|`]+ \| ([\d, ]+) \|$", PAGES[language], re.MULTILINE)
    known = [
        tree.MOST_LEAVES, tree.MOST_DEPTH, leaves.MOST_VALUES, leaves.MOST_TEXT, 20, tokens.MOST_CHARACTERS, document.MOST_CHARACTERS,
        book.MOST_CHAIN,
    ]  # fmt: skip
    assert [int(re.sub(r"\D", "", text)) for text in found] == known
