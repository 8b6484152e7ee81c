import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kogorta.enrichment.addresses import Place, known_cities, place_of_address, places_of_addresses, region_from_address
from kogorta.enrichment.regions import regions

REGISTER = Path(__file__).parents[3] / ".." / "shared" / "data" / "region_ru.csv"


def test_every_region_is_found_as_the_register_writes_it():
    with REGISTER.open(encoding="utf-8") as source:
        rows = [row for row in csv.DictReader(source) if row["iso_code"] != "KZ-BAY"]
    assert {row["name_with_type"]: region_from_address(row["name_with_type"]) for row in rows} == {
        row["name_with_type"]: row["iso_code"] for row in rows
    }
    bare = [row for row in rows if row["name"] != "Алтай"]  # alone, either of two regions
    assert {row["name"]: region_from_address(row["name"]) for row in bare} == {row["name"]: row["iso_code"] for row in bare}


def test_every_region_is_found_by_its_own_names():
    for code, region in regions().items():
        assert region_from_address(region.name_ru) == code
        assert region_from_address(region.name_en) == code


def test_every_known_city_alone_gives_its_region_unless_its_name_repeats():
    for city, homes in known_cities().items():
        assert place_of_address(f"г. {city}") == (Place(homes[0], city) if len(homes) == 1 else None)
    assert len(known_cities()) >= 500


def test_a_repeated_city_name_is_settled_by_the_region():
    for city, homes in known_cities().items():
        for code in homes if len(homes) > 1 else ():
            federal = {"RU-MOW": "Москва", "RU-SPE": "Санкт-Петербург"}.get(code)
            assert place_of_address(f"{regions()[code].name_ru}, г. {city}") == Place(code, federal or city)


@pytest.mark.parametrize(
    ("address", "region", "city"),
    [
        ("101000, г Москва, вн.тер.г. муниципальный округ Басманный, ул Мясницкая, д 1", "RU-MOW", "Москва"),
        ("г. Москва, ул. Казанская, д. 5", "RU-MOW", "Москва"),
        ("Московская обл, г. Химки, ул. Ленинградская", "RU-MOS", "Химки"),
        ("Московская область, г. Москва, Ленинградский пр-т", "RU-MOW", "Москва"),
        ("Московская обл, Красногорск, 26 км автодороги Москва-Волоколамск", "RU-MOS", "Красногорск"),
        ("Московская", "RU-MOS", None),
        ("обл. Московская, Балашиха", "RU-MOS", "Балашиха"),
        ("СПб, Невский пр. 1", "RU-SPE", "Санкт-Петербург"),
        ("Московский район, Санкт-Петербург", "RU-SPE", "Санкт-Петербург"),
        ("Saint-Petersburg", "RU-SPE", "Санкт-Петербург"),
        ("Moscow, Russia", "RU-MOW", "Москва"),
        ("Sverdlovsk region, Ekaterinburg", "RU-SVE", "Екатеринбург"),
        ("г Екатеринбург ул Московская 5", "RU-SVE", "Екатеринбург"),
        ("Тверь Московское шоссе 5", "RU-TVE", "Тверь"),
        ("Ростов-на-Дону", "RU-ROS", "Ростов-на-Дону"),
        ("Наб. Челны", "RU-TA", "Набережные Челны"),
        ("ЯНАО, Новый Уренгой", "RU-YAN", "Новый Уренгой"),
        ("Ханты-Мансийский Автономный округ - Югра, Тюменская обл, г Сургут", "RU-KHM", "Сургут"),
        ("Респ. Саха (Якутия), г. Мирный", "RU-SA", "Мирный"),
        ("Россия, Владимир, ул. Мира", "RU-VLA", "Владимир"),
        ("пос. Мирный, Красноярский край", "RU-KYA", None),
        ("Республика Крым, Ялта", "UA-43", "Ялта"),
        ("Орел", "RU-ORL", "Орёл"),
    ],
)
def test_an_address_names_its_region_and_city(address, region, city):
    assert place_of_address(address) == Place(region, city)


@pytest.mark.parametrize(
    "address",
    [
        "Московский проспект 10",
        "ул. Казанская, 5",
        "Казанская набережная",
        "ул. Москва",
        "Владимир Петрович",
        "г. Троицк",
        "г. Ростов",
        "Казахстан, г. Петропавловск",
        "Республика Беларусь, Московская ул.",
        "Самарская обл., Пермский край",
        "ООО Ромашка",
        "",
        None,
    ],
)
def test_an_address_that_names_no_single_region_gives_none(address):
    assert place_of_address(address) is None


@given(st.text(alphabet="абвгмоскутьый. ,-()/0123456789г", max_size=120))
def test_no_text_makes_the_address_reader_fail(text):
    place = place_of_address(text)
    assert place is None or place.region in regions()


def test_a_map_of_distinct_addresses_leaves_out_what_says_nothing():
    assert places_of_addresses(["Пермь", "", None, "?"]) == {"Пермь": Place("RU-PER", "Пермь")}
