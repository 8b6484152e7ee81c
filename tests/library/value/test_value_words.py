import re
from importlib import resources

import pytest
from babel.messages.pofile import read_po

from kogorta.kit.language import Language
from kogorta.value import choice, churn, retention, single_model
from kogorta.value.remark import Remark

ROOMS = (choice, churn, retention, single_model)
TEMPLATES = sorted({value for room in ROOMS for name, value in vars(room).items() if name.isupper() and isinstance(value, str)})


@pytest.fixture(scope="module")
def catalog():
    with (resources.files("kogorta") / "locale/ru/LC_MESSAGES/value.po").open("rb") as lines:
        return read_po(lines, locale="ru")


def test_every_sentence_has_its_russian_with_the_same_placeholders(catalog):
    assert len(TEMPLATES) == 33
    for template in TEMPLATES:
        found = catalog.get(template)
        assert found is not None, template
        assert set(re.findall(r"{(\w+)}", found.string)) == set(re.findall(r"{(\w+)}", template)), template


def test_the_catalog_holds_nothing_that_is_not_said(catalog):
    plain = {entry.id for entry in catalog if entry.id and isinstance(entry.id, str)}
    assert plain == set(TEMPLATES)


def test_numbers_agree_with_their_nouns_in_russian():
    russian = Language("ru")
    said = [
        Remark("", "{n}", (("n", form, count),)).text(russian)
        for form, count in (("customers", 1), ("customers", 22), ("orders", 5), ("days", 91), ("points", 2.5))
    ]
    assert said == ["1 клиент", "22 клиента", "5 заказов", "91 день", "2,5"]
