import csv
import gzip
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kogorta.enrichment.okved import (
    Industry,
    activity_name,
    classes,
    industries,
    industries_of_texts,
    industry_of,
    normalise_okved,
    sections,
    standard,
)
from kogorta.kit.errors import InputError
from kogorta.kit.language import Language

CLASSIFIER = Path(__file__).parents[3] / ".." / "shared" / "data" / "okved2_flat.csv.gz"


@pytest.fixture(scope="module")
def classifier():
    with gzip.open(CLASSIFIER, "rt", encoding="utf-8") as source:
        return list(csv.DictReader(source))


def test_sections_and_classes_are_those_of_the_classifier(classifier):
    named = {row["section"] for row in classifier if row["type"] == "Section"}
    assert set(sections()) == named
    assert {code: item.section for code, item in classes().items()} == {
        row["code"]: row["section"] for row in classifier if row["type"] == "Class"
    }
    assert (len(sections()), len(classes())) == (21, 88)


def test_names_of_classes_share_their_words_with_the_classifier(classifier):
    def stems(text):
        return {word[:5] for word in re.findall(r"[а-я]{5,}", text.lower().replace("ё", "е"))}

    for row in classifier:
        if row["type"] == "Class":
            assert stems(row["name"]) & stems(classes()[row["code"]].name_ru), row["code"]


def test_every_code_of_the_classifier_has_an_industry(classifier):
    known = {row["code"] for row in classifier if row["code"]}
    assert len(known) >= 2878
    assert industries(known).keys() == known


def test_every_industry_of_the_list_is_reached_by_some_class():
    reached = {industry_of(code).slug for code in classes()}
    assert reached == set(standard().industries)
    assert len(reached) == 22


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("41.20", "Строительство"),
        ("43", "Строительство"),
        ("F", "Строительство"),
        ("46.90", "Оптовая торговля"),
        ("45.11", "Розничная торговля"),
        ("47.91", "Розничная торговля"),
        ("58.11", "IT и телекоммуникации"),
        ("62.01", "IT и телекоммуникации"),
        ("63.11", "IT и телекоммуникации"),
        ("70.22", "Бизнес-услуги"),
        ("82.99", "Бизнес-услуги"),
        ("85.42", "Образование"),
        ("10.71", "Производство"),
        ("86.21", "Медицина и социальные услуги"),
    ],
)
def test_a_code_belongs_to_the_industry_of_the_report(code, name):
    assert industry_of(code).name(Language("ru")) == name


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("62.01", "62.01"),
        ("'62.01", "62.01"),
        ("62.01 Разработка компьютерного программного обеспечения", "62.01"),
        ("62.01; 62.02", "62.01"),
        ("J.62.01", "62.01"),
        ("J", "J"),
        ("1.11", "01.11"),
        ("1.11.1", "01.11.1"),
        ("01.11.2026", None),
        ("04.10", None),
        ("100", None),
        ("6201", None),
        ("B2B", None),
        ("2026-11-22", None),
        ("", None),
        (None, None),
    ],
)
def test_a_code_is_found_in_a_cell(cell, code):
    assert normalise_okved(cell) == code


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Строительство", "construction"),
        ("стройка", "construction"),
        ("IT", "it_telecom"),
        ("ИТ / Разработка ПО", "it_telecom"),
        ("Информационные технологии", "it_telecom"),
        ("Интернет-магазин", "retail"),
        ("Розничная торговля", "retail"),
        ("опт", "wholesale"),
        ("Производство строительных материалов", "manufacturing"),
        ("Строительство заводов", "construction"),
        ("Агентство недвижимости", "real_estate"),
        ("Услуги для бизнеса", "business_services"),
        ("Консалтинг", "business_services"),
        ("Онлайн-школа", "education"),
        ("Сельское хозяйство", "agriculture"),
        ("Не для получения прибыли", "nonprofit"),
        ("Правительство", "public_sector"),
        ("Food & Beverage", "manufacturing"),
        ("Healthcare", "healthcare"),
        ("62.01", "it_telecom"),
    ],
)
def test_words_of_a_crm_mean_the_same_industries(text, slug):
    found = standard().by_text(text)
    assert (found.slug, found.known) == (slug, True)


@pytest.mark.parametrize("text", ["Другое", "Торговля", "1С-франчайзи", "20 лет на рынке"])
def test_unknown_words_are_kept_as_given(text):
    assert standard().by_text(f"  {text} ") == Industry(text.lower(), text, text, known=False)


def test_empty_texts_say_nothing():
    assert industries_of_texts(["", None, "-", " "]) == {}
    assert industries(["", None, "нет"]) == {}


@given(st.text(max_size=80))
def test_no_text_makes_the_industry_reader_fail(text):
    found = standard().by_text(text)
    assert (found is None) == (not any(map(str.isalnum, " ".join(text.lower().split()))))


def test_a_user_file_overrides_codes_and_names_words():
    own = standard().with_overrides("code;industry;name_ru;name_en\n31;furniture;Мебель;Furniture\nN;it_telecom;;\nТорговля;wholesale;;\n")
    assert own.by_code("31.09") == Industry("furniture", "Мебель", "Furniture")
    assert own.by_code("82.99").slug == "it_telecom"
    assert own.by_code("79.11").slug == "hospitality"
    assert own.by_text("торговля").name_ru == "Оптовая торговля"
    assert standard().by_code("31.09").slug == "manufacturing"


def test_the_longest_code_of_a_user_file_wins():
    own = standard().with_overrides("code,industry\n46,retail\n46.7,construction\n")
    assert [own.by_code(code).slug for code in ("46.1", "46.73", "46.73.1")] == ["retail", "construction", "construction"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "must name the columns code,industry"),
        ("a,b\n", "The first line of industries is 'a,b'"),
        ("code,industry\n62.01,", "Line 2 of industries must have both a code and an industry"),
        ("code,industry\n04.1,mining", "The code '04.1' in line 2 of industries is not in OKVED-2"),
    ],
)
def test_a_bad_user_file_is_refused_with_its_line(text, sentence):
    with pytest.raises(InputError, match=sentence):
        standard().with_overrides(text)


def test_a_user_file_is_read_in_windows_1251(tmp_path):
    path = tmp_path / "industries.csv"
    path.write_bytes("code;industry;name_ru\n31;furniture;Мебель\n".encode("cp1251"))
    assert standard().read_overrides(path).by_code("31").name_ru == "Мебель"
    with pytest.raises(InputError, match=r"none\.csv cannot be read"):
        standard().read_overrides(tmp_path / "none.csv")


def test_an_activity_has_a_name_in_both_languages():
    assert activity_name("62.01", Language("ru")) == "Разработка программного обеспечения, консультационные услуги"
    assert activity_name("62.01", Language("en")) == "Software development and consultancy"
    assert activity_name("F", Language("en")) == "Construction"
    assert activity_name("?", Language("en")) is None
