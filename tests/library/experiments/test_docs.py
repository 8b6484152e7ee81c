"""The page about experiments: every block runs, and what it prints is what the page shows."""

import gzip
import re
import shlex
from pathlib import Path

import pytest

from kogorta.cli.main import main
from kogorta.experiments.uplift import UpliftGate

DOCS = Path(__file__).parents[3] / "docs"
HILLSTROM = DOCS.parent / ".." / "shared" / "data" / "hillstrom.csv.gz"
BLOCK = re.compile(r"^```(python|bash)\n(.*?)^```$(?:\n\n^```text\n(.*?)^```$)?", re.MULTILINE | re.DOTALL)


def blocks(language):
    return BLOCK.findall((DOCS / language / "experiments.md").read_text(encoding="utf-8"))


def plain(text):
    return text.replace("\u00a0", " ").strip()


@pytest.fixture(scope="module")
def fitted():
    """What the gate learned; the second language need not wait for it again."""
    return {}


@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_example_prints_what_the_page_shows(language, fitted, tmp_path, monkeypatch, capsys):
    (tmp_path / "hillstrom.csv").write_bytes(gzip.decompress(HILLSTROM.read_bytes()))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KOGORTA_LANGUAGE", language)
    learn = UpliftGate.fit

    def remembered(gate, columns, **options):
        key = (gate, *sorted(options.items()))
        if key not in fitted:
            fitted[key] = learn(gate, columns, **options)
        return fitted[key]

    monkeypatch.setattr(UpliftGate, "fit", remembered)
    names = {}
    found = blocks(language)
    assert len(found) >= 14
    for number, (kind, code, shown) in enumerate(found, start=1):
        if kind == "python":
            exec(compile(code, f"docs/{language}/experiments.md block {number}", "exec"), names)
        else:
            with pytest.raises(SystemExit) as ended:
                main(shlex.split(code)[1:])
            assert ended.value.code == 0
        assert plain(capsys.readouterr().out) == plain(shown), f"block {number}"


def test_both_languages_show_the_same_code():
    russian, english = ([code for _, code, _ in blocks(language)] for language in ("ru", "en"))
    changed = [(one, other) for one, other in zip(russian, english, strict=True) if one != other]
    # the language itself, and the labels of the printed table
    assert len(changed) == 2
    assert changed[0][0].replace('"ru"', '"en"') == changed[0][1]
