import io
import string
from importlib import resources
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from example import analysis

import kogorta.reports
from kogorta.kit.language import Language
from kogorta.reports.names import NAMES, segment_name
from kogorta.segments.naming import SCHEMES

KEYWORDS = {"text": None, "plural": (1, 2), "message": None}


def catalogue():
    path = resources.files("kogorta") / "locale" / "ru" / "LC_MESSAGES" / "reports.po"
    return {entry.id: entry.string for entry in read_po(io.BytesIO(path.read_bytes()), locale="ru") if entry.id}


def messages():
    folder = str(Path(kogorta.reports.__file__).parent)
    found = extract_from_dir(folder, [("**.py", "python")], keywords=KEYWORDS)
    return {message for _, _, message, _, _ in found if message}


def fields(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_every_text_is_translated_and_nothing_stale_is_kept():
    assert set(catalogue()) == messages()


def test_every_translation_fills_the_same_placeholders():
    for source, target in catalogue().items():
        if isinstance(source, tuple):
            assert len(target) == 3
            assert all(target)
            assert all(fields(form) == fields(source[1]) for form in target), source
        else:
            assert target, source
            assert fields(source) == fields(target), source


def test_translations_are_in_russian():
    plain = {"RFM", "XYZ", "ABC"}
    for source, target in catalogue().items():
        text = target if isinstance(target, str) else " ".join(target)
        left = "".join(part for part, *_ in string.Formatter().parse(text))
        words = [word for word in left.replace("«", " ").split() if word.isalpha() and word not in plain]
        assert not words or any("а" <= char.lower() <= "я" or char == "ё" for char in left), source


@pytest.mark.parametrize("scheme", ["case", "guide"])
def test_every_segment_of_a_scheme_has_its_own_name_in_both_languages(scheme):
    made = analysis(0)
    slugs = [item.slug for item in SCHEMES[scheme].segments]
    assert {slug for own, slug in NAMES if own == scheme} == set(slugs)
    for code in ("ru", "en"):
        names = [segment_name(made, Language(code), slug, scheme) for slug in slugs]
        assert len(set(names)) == len(slugs)
        assert not any("_" in name for name in names)


def test_the_russian_names_are_those_of_the_sources():
    made, ru = analysis(0), Language("ru")
    case = ["vip", "loyal", "potential", "new", "needs_attention", "sleeping", "standard"]
    assert [segment_name(made, ru, slug, "case") for slug in case] == [
        "ВИП", "Лояльный", "Потенциальный", "Новый", "Требует внимания", "Спящий", "Стандартный",
    ]  # fmt: skip
    guide = ["key", "loyal", "promising_newcomer", "newcomer", "active_small", "at_risk", "cooling", "cannot_lose", "sleeping", "lost"]
    assert [segment_name(made, ru, slug, "guide") for slug in guide] == [
        "Ключевые", "Лояльные", "Новички с потенциалом", "Новички", "Активные с малым чеком", "В зоне риска", "Остывающие",
        "Нельзя потерять", "Спящие", "Потерянные",
    ]  # fmt: skip
