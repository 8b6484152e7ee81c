from datetime import date

import pytest

BIRTHDAYS = {
    "2008-11-22": "from_18",
    "2008-11-23": "under_18",
    "2001-11-23": "from_18",
    "2001-11-22": "from_25",
    "1961-11-22": "from_65",
    "1900-01-01": "unknown",  # a placeholder: nobody is 126
    "2030-01-01": "unknown",
}


def test_age_is_counted_in_full_years_at_the_date(planting, classes):
    for born in BIRTHDAYS:
        planting.customer(born, birth_on=date.fromisoformat(born))
    planting.customer("nothing")
    base = planting.grow()
    assert classes("age", base) == {**BIRTHDAYS, "nothing": "unknown"}
    assert classes("age", base, date(2026, 11, 21))["2001-11-22"] == "from_18"


def test_a_leap_day_is_a_birthday_of_march_in_other_years(planting, classes):
    planting.customer("a", birth_on=date(2008, 2, 29))
    base = planting.grow()
    assert [classes("age", base, day)["a"] for day in (date(2026, 2, 28), date(2026, 3, 1))] == ["under_18", "from_18"]


def test_words_of_a_card_become_classes(planting, classes):
    planting.customer(
        "a", gender="Ж", kind="company", education="Высшее ", income_band="НИЗКИЙ", city="Казань", region="RU-TA", time_zone="Europe/Moscow"
    )
    planting.customer("b", gender="male", name="Анна", education="МВА", city="казань", region="RU-SA")
    planting.customer("c", gender="Анна", city="Казань", income_band="не указано")
    planting.customer("d", gender=" ", city="Неизвестно")
    base = planting.grow()
    expected = {
        "gender": ["female", "male", "unknown", "unknown"],
        "market": ["b2b", "b2c", "b2c", "unknown"],
        "education": ["higher", "МВА", "unknown", "unknown"],
        "income": ["low", "unknown", "unknown", "unknown"],
        "city": ["Казань", "Казань", "Казань", "unknown"],
        "region": ["RU-TA", "RU-SA", "unknown", "unknown"],
        "climate": ["temperate_continental", "sharply_continental", "unknown", "unknown"],
        "time_zone": ["Europe/Moscow", "unknown", "unknown", "unknown"],
        "role": ["unknown"] * 4,
    }
    assert {name: [classes(name, base)[customer] for customer in "abcd"] for name in expected} == expected


@pytest.mark.parametrize(
    ("name", "known", "unknown"),
    [
        ("region", "Регион — Москва.", "Неизвестно: нет данных о регионе."),
        ("age", "25–34: возраст в годах — 30.", "Неизвестно: нет данных о дате рождения."),
        ("gender", "Женщины: пол в карточке — ж.", "Неизвестно: нет данных о поле."),
        ("role", "Роль — собственник.", "Неизвестно: нет данных о роли контактного лица."),
        ("climate", "Климатический пояс — умеренно континентальный.", "Неизвестно: нет данных о регионе, по которому определяется климат."),
        ("time_zone", "Часовой пояс — Екатеринбург.", "Неизвестно: нет данных о часовом поясе."),
        ("city", "Город — Москва.", "Неизвестно: нет данных о городе."),
    ],
)
def test_a_card_is_told_in_words(planting, sort, russian, name, known, unknown):
    planting.customer(
        "a", birth_on=date(1996, 5, 5), gender="ж", role="owner", region="RU-MOW", city="Москва", time_zone="Asia/Yekaterinburg"
    )
    planting.customer("b")
    found = sort(name, planting.grow())
    assert [found.explain(customer, russian).sentence for customer in "ab"] == [known, unknown]


def test_figures_name_regions_and_roles_in_words(planting, sort, russian, english):
    planting.customer("a", region="RU-MOW", role="accountant")
    base = planting.grow()
    names = [sort(name, base).figures(language)[0].name for name in ("region", "role") for language in (russian, english)]
    assert names == ["Москва", "Moscow", "Бухгалтерия и финансы", "Accounting and finance"]


def test_an_unnamed_word_of_a_closed_field_is_told_as_such(planting, sort, russian):
    planting.customer("a", gender="Анна")
    found = sort("gender", planting.grow()).explain("a", russian)
    assert (found.reason, found.sentence) == ("weak", "Неизвестно: пол в карточке — Анна, а такого класса нет.")
