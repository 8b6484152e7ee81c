import doctest
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[3] / "docs"


@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_tour_of_value_prints_what_it_shows(language, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = (DOCS / language / "value-tour.md").read_text(encoding="utf-8").replace("\n```", "\n\n```")
    examples = doctest.DocTestParser().get_doctest(text, {}, f"{language}/value-tour.md", None, 0)
    failed, tried = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(examples)
    assert (failed, tried) == (0, 36)
