import pytest

from kogorta.enrichment.geography import Evidence, Location, combine, locate
from kogorta.kit.language import Language


def test_the_address_wins_and_what_contradicts_it_is_kept():
    assert locate("г. Казань", ["+74950000001"], "7707083893") == Location(
        "RU-TA",
        "Казань",
        "Europe/Moscow",
        "temperate_continental",
        Evidence.ADDRESS,
        (Evidence.LANDLINE, Evidence.INN),
    )


def test_without_an_address_the_first_landline_wins_over_the_inn():
    found = locate(None, ["+79990000001", "+73430000001", "+74950000001"], "7707083893")
    assert (found.region, found.evidence, found.contradicted_by) == ("RU-SVE", Evidence.LANDLINE, (Evidence.INN,))


def test_the_inn_alone_gives_the_weakest_answer():
    found = locate(None, ["+79990000001"], "6500000000")
    assert (found.region, found.time_zone, found.evidence) == ("RU-SAK", "Asia/Sakhalin", Evidence.INN)
    assert found.contradicted_by == ()


def test_agreeing_evidence_contradicts_nothing():
    assert locate("Москва", ["+74950000001"], "7707083893").contradicted_by == ()


@pytest.mark.parametrize("address", [None, "", "Московский проспект"])
def test_nothing_known_gives_none(address):
    assert locate(address) is None
    assert locate(address, ["+79990000001"], "9909000000") is None


def test_a_city_keeps_its_own_time():
    assert locate("Якутия, г. Среднеколымск").time_zone == "Asia/Srednekolymsk"


def test_a_city_is_not_carried_to_a_region_the_address_did_not_name():
    assert combine(None, "RU-SA", None, "Верхоянск") == Location("RU-SA", None, "Asia/Yakutsk", "sharply_continental", Evidence.LANDLINE)


def test_a_region_nobody_knows_is_passed_over():
    assert combine("XX", None, "RU-MOW").evidence is Evidence.INN


def test_evidence_has_words_in_both_languages():
    assert [item.label(Language("ru")) for item in Evidence] == ["по адресу", "по коду городского телефона", "по ИНН"]
    assert Evidence.INN.label(Language("en")) == "by the INN"
