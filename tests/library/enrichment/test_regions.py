import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from phonenumbers import geocoder, parse

from kogorta.enrichment.addresses import known_cities
from kogorta.enrichment.regions import (
    CLIMATES,
    DISTRICTS,
    region_from_inn,
    region_from_phone,
    regions,
    regions_of_inns,
    regions_of_phones,
    time_zone,
)
from kogorta.kit.language import Language

REGISTER = Path(__file__).parents[3] / ".." / "shared" / "data" / "region_ru.csv"
MAY_2022 = datetime(2022, 5, 1, tzinfo=UTC)
LATER = {"UA-14", "UA-09", "UA-23", "UA-65"}
DISTRICT_OF = {
    "Центральный": "central",
    "Северо-Западный": "northwestern",
    "Южный": "southern",
    "Северо-Кавказский": "north_caucasian",
    "Приволжский": "volga",
    "Уральский": "ural",
    "Сибирский": "siberian",
    "Дальневосточный": "far_eastern",
}


@pytest.fixture(scope="module")
def register():
    with REGISTER.open(encoding="utf-8") as source:
        return [row for row in csv.DictReader(source) if row["iso_code"] != "KZ-BAY"]


def test_there_are_89_regions_and_85_of_them_are_in_the_register_of_2022(register):
    assert len(regions()) == 89
    assert set(regions()) == {row["iso_code"] for row in register} | LATER


def test_the_region_number_of_the_register_begins_the_inn(register):
    for row in register:
        number = row["kladr_id"][:2]
        assert number in regions()[row["iso_code"]].tax_codes
        assert region_from_inn(number + "00000000") == row["iso_code"]


def test_time_zones_have_the_offset_of_the_register(register):
    for row in register:
        offset = MAY_2022.astimezone(ZoneInfo(time_zone(row["iso_code"]))).utcoffset()
        assert offset == timedelta(hours=int(row["timezone"].removeprefix("UTC"))), row["name"]


def test_federal_districts_are_those_of_the_register(register):
    assert {row["iso_code"]: regions()[row["iso_code"]].district for row in register} == {
        row["iso_code"]: DISTRICT_OF[row["federal_district"]] for row in register
    }


def test_no_number_and_no_area_code_belongs_to_two_regions():
    for column in ("tax_codes", "area_codes"):
        values = [value for region in regions().values() for value in getattr(region, column)]
        assert len(values) == len(set(values))


@pytest.mark.parametrize(
    ("inn", "region"),
    [
        ("7707083893", "RU-MOW"),
        ("9701000000", "RU-MOW"),
        ("500100732259", "RU-MOS"),
        ("7800000000", "RU-SPE"),
        ("8400000000", "RU-KYA"),
        ("9000000000", "UA-23"),
        ("9909000000", None),
        ("0000000000", None),
        ("77", None),
        (None, None),
    ],
)
def test_an_inn_names_the_region_it_was_given_in(inn, region):
    assert region_from_inn(inn) == region


@pytest.mark.parametrize(
    ("phone", "region"),
    [
        ("+74950000001", "RU-MOW"),
        ("+74990000001", "RU-MOW"),
        ("+74960000001", "RU-MOS"),
        ("+78620000001", "RU-KDA"),
        ("+78185300001", "RU-NEN"),
        ("+78185400001", "RU-ARK"),
        ("+73912000001", "RU-KYA"),
        ("+79990000001", None),
        ("+78000000001", None),
        ("+77010000001", None),
        ("+375291234567", None),
        ("84950000001", None),
        (None, None),
    ],
)
def test_only_a_russian_landline_names_a_region(phone, region):
    assert region_from_phone(phone) == region


def test_area_codes_agree_with_the_numbering_plan():
    vague = {"495", "496", "81853"}  # the plan's file gives 495 to the Moscow region, 496 to Moscow; 818 as a whole
    said = {
        area: (region.code, geocoder.description_for_number(parse(f"+7{area}2000000"[:12]), "ru"))
        for region in regions().values()
        for area in region.area_codes
        if area not in vague
    }
    words = {name for _, name in said.values()}
    assert len(words) == len({code for code, _ in said.values()})
    for code in {code for code, _ in said.values()}:
        assert len({name for other, name in said.values() if other == code}) == 1
    assert said["812"] == ("RU-SPE", "г. Санкт-Петербург")
    assert said["347"] == ("RU-BA", "Республика Башкортостан")


@pytest.mark.parametrize(
    ("region", "city", "zone"),
    [
        ("RU-SA", None, "Asia/Yakutsk"),
        ("RU-SA", "Якутск", "Asia/Yakutsk"),
        ("RU-SA", "Верхоянск", "Asia/Vladivostok"),
        ("RU-SA", "Среднеколымск", "Asia/Srednekolymsk"),
        ("RU-SAK", "Северо-Курильск", "Asia/Srednekolymsk"),
        ("RU-SAK", "Южно-Сахалинск", "Asia/Sakhalin"),
        ("RU-KGD", None, "Europe/Kaliningrad"),
        ("XX", None, None),
        (None, "Москва", None),
    ],
)
def test_a_city_may_keep_another_time_than_its_region(region, city, zone):
    assert time_zone(region, city) == zone


def test_every_zone_of_the_tables_exists():
    for code, region in regions().items():
        assert ZoneInfo(region.zone).key == region.zone
        for city, homes in known_cities().items():
            if code in homes:
                assert ZoneInfo(time_zone(code, city)).key


def test_every_region_has_its_words_in_both_languages():
    russian, english = Language("ru"), Language("en")
    for region in regions().values():
        assert region.climate in CLIMATES
        assert region.district is None or region.district in DISTRICTS
        assert region.climate_name(russian) != region.climate_name(english)
    assert regions()["RU-SVE"].name(russian) == "Свердловская область"
    assert regions()["RU-SVE"].district_name(russian) == "Уральский федеральный округ"
    assert regions()["UA-14"].district_name(russian) is None


def test_maps_of_distinct_values_leave_out_what_says_nothing():
    assert regions_of_inns(["7707083893", "", None, "9909000000"]) == {"7707083893": "RU-MOW"}
    assert regions_of_phones(["+78120000001", "+79990000001"]) == {"+78120000001": "RU-SPE"}
