import pytest

from kogorta.enrichment.kinds import Kind, KindEvidence, KindFinding, Market, kind_of, kinds
from kogorta.kit.language import Language


@pytest.mark.parametrize(
    ("inn", "company", "name", "kind", "evidence"),
    [
        ("7707083893", None, None, "company", "inn"),
        ("500100732259", None, "Пётр Примеров", "entrepreneur", "inn"),
        (None, "ООО «Пример»", None, "company", "legal_form"),
        ("500100732259", "ООО «Пример»", None, "company", "legal_form"),
        (None, "ИП Примеров П. П.", "Пётр Примеров", "entrepreneur", "legal_form"),
        (None, None, "ИП Примеров", "entrepreneur", "legal_form"),
        (None, "Ромашка", "Анна Тестова", "company", "company"),
        (None, "Частное лицо", "Анна Тестова", "person", "name"),
        (None, "физлицо", "Анна Тестова", "person", "name"),
        (None, "-", "Анна", "person", "name"),
        (None, "Тестова Анна Игоревна", None, "person", "name"),
        (None, "Анна Тестова", "Тестова Анна", "person", "name"),
        (None, None, "Завод имени Лихачёва", "company", "name"),
    ],
)
def test_a_customer_is_what_the_strongest_evidence_says(inn, company, name, kind, evidence):
    assert kind_of(inn, company, name) == KindFinding(Kind(kind), KindEvidence(evidence))


@pytest.mark.parametrize("key", [(None, None, None), (None, "", "-"), (None, "нет", None), ("123", None, None)])
def test_nothing_known_gives_none(key):
    assert kind_of(*key) is None
    assert kinds([key]) == {}


def test_companies_and_entrepreneurs_are_b2b_persons_b2c():
    assert [kind.market for kind in Kind] == [Market.B2B, Market.B2B, Market.B2C]


def test_kinds_and_evidence_have_words_in_both_languages():
    assert [kind.label(Language("ru")) for kind in Kind] == ["Компания", "Предприниматель", "Частное лицо"]
    assert next(item.label(Language("en")) for item in KindEvidence) == "by the legal form"
    assert len({item.label(Language("ru")) for item in KindEvidence}) == 4
