import re
from pathlib import Path

import pytest
import yaml
from babel.messages.pofile import read_po
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kogorta.kit.errors import InputError, KogortaError
from kogorta.segments.evidence.measures import MEASURES
from kogorta.segments.evidence.reading import parse_definition
from kogorta.segments.evidence.shelf import SHIPPED, definition_text, read_definition, shipped
from kogorta.segments.evidence.telling import describe

SOURCE = Path(__file__).parents[4] / "src" / "kogorta"
OWN = """
name: discounts
title: {ru: Скидки, en: Discounts}
method: evidence
classes:
  - name: hunter
    title: {ru: Охотник, en: Hunter}
    evidence:
      - measure: discount_order_share
        at_least: 0.5
        weight: 10
        words: {ru: "со скидкой {value} {of}", en: "{value} {of} at a discount"}
"""


def changed(old, new):
    assert old in OWN
    return OWN.replace(old, new)


BANDS = """
name: ages
title: {ru: Возраст, en: Age}
method: bands
field: age
words: {ru: "{value}", en: "{value}"}
classes:
  - {name: young, to: 30, title: {ru: Молодые, en: Young}}
  - {name: older, from: 31, title: {ru: Старше, en: Older}}
"""

LINE = "my.yaml: classes[1].evidence[1]"
WRONG = {
    "unknown measure": (
        changed("discount_order_share", "discounts"),
        LINE + ".measure is 'discounts'; allowed are orders, discount_order_share,",
    ),
    "SQL as a measure": (
        changed("discount_order_share", "1; DROP TABLE customers"),
        LINE + ".measure is '1; DROP TABLE customers'; allowed are",
    ),
    "no name": (changed("name: discounts\n", ""), "my.yaml: the definition needs name; it has title, method, classes."),
    "no Russian name": (changed("{ru: Скидки, en: Discounts}", "{en: Discounts}"), "my.yaml: title needs ru; it has en."),
    "a class without a name": (
        changed("  - name: hunter\n    title", "  - title"),
        "my.yaml: classes[1] needs name; it has title, evidence.",
    ),
    "no words": (OWN[: OWN.index("        words")], LINE + " needs words; it has measure, at_least, weight."),
    "a weight of zero": (changed("weight: 10", "weight: 0"), LINE + ".weight is 0; write a whole number from 1 to 1000."),
    "a weight in words": (
        changed("weight: 10", "weight: many"),
        LINE + ".weight is 'many'; write a whole number from 1 to 1000.",
    ),
    "no weight": (changed("        weight: 10\n", ""), LINE + " needs weight; it has measure, at_least, words."),
    "a share above one": (changed("0.5", "50"), LINE + ".at_least is 50; write a number from 0 to 1."),
    "not a number": (changed("0.5", ".nan"), LINE + ".at_least is nan; write a number from 0 to 1."),
    "no threshold": (changed("        at_least: 0.5\n", ""), LINE + " needs at_least or at_most, or both."),
    "thresholds that cross": (
        changed("at_least: 0.5", "at_least: 0.5\n        at_most: 0.2"),
        LINE + " has at_least 0.5 above at_most 0.2.",
    ),
    "too few for regularity": (
        changed("discount_order_share", "interval_variation\n        least: 3"),
        LINE + ".least is 3; write a whole number from 4 to 10000.",
    ),
    "a key of another measure": (
        changed("weight: 10", "weight: 10\n        types: [nps]"),
        LINE + " has no key 'types'; allowed are measure,",
    ),
    "a key nobody knows": (
        changed("method:", "metod: x\nmethod:"),
        "my.yaml: the definition has no key 'metod'; allowed are name, title, method,",
    ),
    "a measure without its words": (changed("discount_order_share", "item_order_share"), LINE + " needs naming; it has measure,"),
    "an unknown placeholder": (
        changed("со скидкой {value}", "со скидкой {value.__class__}"),
        "words.ru has the placeholder value.__class__; allowed are {value}, {of},",
    ),
    "an open brace": (changed("со скидкой {value}", "со скидкой {value"), "words.ru has a brace that does not close"),
    "a class called unknown": (
        changed("name: hunter", "name: unknown"),
        "my.yaml: classes[1].name is 'unknown'; that name is kept for customers",
    ),
    "a name that is no slug": (
        changed("name: hunter", "name: 'x\"; --'"),
        "my.yaml: classes[1].name is 'x\"; --'; write 1 to 40 lower-case Latin letters",
    ),
    "one class twice": (OWN + OWN[OWN.index("  - name") :], "my.yaml: classes has 'hunter' twice; each must be different."),
    "a key twice": (
        changed("        weight: 10\n", "        weight: 10\n        weight: 20\n"),
        "my.yaml, line 9: this is not YAML (the key 'weight' is written twice)",
    ),
    "no classes": (OWN[: OWN.index("classes")] + "classes: []", "my.yaml: classes is ...; write a list of 1 to 60 items in it."),
    "only what excludes": (
        changed("weight: 10", "effect: excludes"),
        "my.yaml: classes[1].evidence has no line that supports the class; give at least one a weight.",
    ),
    "an object": (
        "!!python/object/apply:os.system ['true']",
        "my.yaml, line 1: this is not YAML (could not determine a constructor for the tag",
    ),
    "a list": ("- 1", "my.yaml: the definition is ...; write keys and values in it: name, title,"),
    "nothing": ("", "my.yaml: the definition is None; write keys and values in it"),
    "broken YAML": ("name: [", "my.yaml, line 1: this is not YAML ("),
    "deep YAML": ("[" * 1500, "my.yaml"),
    "a key that is a list": ("? [a, b]\n: c", "my.yaml"),
    "a date": ("name: 2026-99-99", "my.yaml"),
    "itself": ("&a [*a]", "my.yaml"),
    "an unknown field": (BANDS.replace("field: age", "field: city"), "my.yaml: field is 'city'; allowed are age."),
    "bands that overlap": (BANDS.replace("from: 31", "from: 30"), "my.yaml: the bands young and older overlap."),
    "a band upside down": (BANDS.replace("to: 30", "from: 40, to: 30"), "my.yaml: the band young begins above its end."),
    "a score of zero": (OWN + "minimum: {score: 0}", "my.yaml: minimum.score is 0; write a number from 0.01 to 1."),
    "too long": ("#" * 200_001, "my.yaml is longer than 200000 bytes; a definition is shorter."),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_told_in_one_sentence(case, russian):
    text, sentence = WRONG[case]
    with pytest.raises(InputError) as caught:
        parse_definition(text, "my.yaml")
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.told(russian) != str(caught.value)


def test_a_file_that_is_not_there_or_not_text_is_told(tmp_path):
    with pytest.raises(InputError, match=re.escape(f"The definition {tmp_path / 'no.yaml'} cannot be read: No such file or directory.")):
        read_definition(tmp_path / "no.yaml")
    (tmp_path / "old.yaml").write_bytes("имя: x".encode("cp1251"))
    with pytest.raises(InputError, match=r"old.yaml is not UTF-8 text; save it in UTF-8."):
        read_definition(tmp_path / "old.yaml")
    with pytest.raises(KogortaError, match="definition is 'bands'; it must be one of"):
        shipped("bands")


def test_a_definition_of_ones_own_sorts_customers(planting, sort, tmp_path, russian):
    path = tmp_path / "my.yaml"
    path.write_text("\ufeff" + OWN, encoding="utf-8")
    planting.orders(planting.customer("a"), (1, 2, 3), discount=500)
    planting.orders(planting.customer("b"), (1, 2, 3))
    found = sort(read_definition(path), planting.grow())
    assert [row[1:3] for row in found.table.rows()] == [("hunter", 1.0), ("unknown", 0.0)]
    assert (
        found.explain("a", russian).sentence
        == "Охотник: со скидкой 100\xa0% из 3 заказов. Оценка 1,00 из 1; данные есть для 100\xa0% признаков."
    )


@pytest.mark.parametrize("word", ["'; DROP TABLE customers; --", "a|b", "(", "[x", "\\d+", "100%", "$as_of", "{i}", "c++", "ё"])
def test_words_looked_for_are_words_and_nothing_else(planting, sort, word):
    own = yaml.safe_load(OWN)
    own["classes"][0]["evidence"][0] = {
        "measure": "item_order_share", "naming": [word], "at_least": 0.5, "weight": 1, "words": {"ru": "{value}", "en": "{value}"},
    }  # fmt: skip
    planting.orders(planting.customer("a"), (1, 2), lines=[f"Услуга {word}!"])
    planting.orders(planting.customer("b"), (1, 2), lines=["Услуга другая d 1 aab"])
    base = planting.grow()
    found = sort(parse_definition(yaml.safe_dump(own, allow_unicode=True), "my.yaml"), base)
    assert [row[1] for row in found.table.rows()] == ["hunter", "unknown"]
    assert base.connection.execute("SELECT count(*) FROM customers").fetchone() == (2,)


def test_a_stem_is_the_beginning_of_a_word(planting, classes):
    planting.orders(planting.customer("a"), (1, 2, 3), lines=["Оценка экспресса"])
    planting.orders(planting.customer("b"), (1, 2, 3), lines=["Неэкспрессный"])
    assert classes("benefits", planting.grow()) == {"a": "urgency", "b": "unknown"}


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_definition_can_be_described_and_edited(name, russian, english):
    definition = parse_definition(definition_text(name), f"{name}.yaml")
    assert definition == shipped(name)
    assert definition.name == name
    for language in (russian, english):
        assert describe(definition, language).startswith(definition.title.told(language))
    assert not re.search("[а-яё]", describe(definition, english).split(": ")[0].lower())


def test_a_described_line_has_its_threshold_and_weight(russian):
    lines = describe(shipped("benefits"), russian).splitlines()
    assert lines[1].startswith("Эконом: доля заказов со скидкой ≥ 50\xa0%, вес 35\xa0%; превышение доли заказов со скидкой над остальными")
    assert "число событий (review, отзыв; с оценкой от 4) ≥ 1, вес 30\xa0%" in describe(shipped("loyalty_degree"), russian)
    assert "исключает: оценка в последнем событии (nps) ≤ 6" in describe(shipped("loyalty_degree"), russian)


def test_every_refusal_and_word_of_the_room_is_translated():
    with (SOURCE / "locale" / "ru" / "LC_MESSAGES" / "evidence.po").open("rb") as stream:
        known = {entry.id[0] if isinstance(entry.id, tuple) else entry.id for entry in read_po(stream, locale="ru")}
    reading = (SOURCE / "segments" / "evidence" / "reading.py").read_text(encoding="utf-8")
    refusals = set(re.findall(r'"(\{file\}[^"]+)"', reading))
    assert len(refusals) > 20
    assert refusals <= known
    assert {text for measure in MEASURES.values() for text in (measure.meaning, measure.about)} <= known


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["evidence", "orders", "first"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["name", "title", "classes", "measure", "ru", "en", "weight", "x"]) | st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    JUNK, st.sampled_from(["", "name", "title", "classes", "minimum", "weight", "words", "measure", "at_least", "class", "least", "about"])
)
def test_no_junk_ends_in_anything_but_a_sentence(junk, where):
    own = yaml.safe_load(OWN)
    line = own["classes"][0]["evidence"][0]
    if where == "":
        own = junk
    elif where == "class":
        own["classes"][0] = junk
    else:
        (line if where in ("weight", "words", "measure", "at_least", "least", "about") else own)[where] = junk
    try:
        parse_definition(yaml.safe_dump(own, allow_unicode=True), "my.yaml")
    except InputError as error:
        told = str(error)
    else:
        told = ""
    assert "\n" not in told
