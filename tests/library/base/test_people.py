"""Files of people: what stands in the card of a customer comes to the base under its name or among the attributes."""

import json

CARD = {"Код клиента": "7", "Фамилия": "Яблокова", "Имя": "Анна", "Пол": "Женский", "Дата рождения": "05.03.1994"}
EXTRA = {"Образование": "высшее", "Доход": "высокий", "Дети": "есть", "Любимый «цвет», 'код'": "", "Размер": "S"}


def customers(base):
    columns = "customer_id, name, gender, CAST(birth_on AS VARCHAR), education, income_band, attributes"
    return base.connection.execute(f"SELECT {columns} FROM customers ORDER BY customer_id").fetchall()


def test_the_columns_of_a_card_reach_the_customer(make_base):
    base = make_base([CARD | EXTRA, CARD | EXTRA | {"Код клиента": "8", "Дети": "", "Размер": "", "Доход": "-"}])
    (first, second) = customers(base)
    assert first[:6] == ("7", "Яблокова Анна", "Женский", "1994-03-05", "высшее", "высокий")
    assert json.loads(first[6]) == {"Дети": "есть", "Размер": "S"}
    assert second[5:] == (None, None)


def test_a_card_joins_the_orders_of_its_customer_whichever_file_comes_first(make_base):
    orders = [{"Номер заказа": "1", "Дата": "2026-01-05", "Код клиента": "7", "Сумма": "500"}]
    there, back = make_base(orders, [CARD | EXTRA]), make_base([CARD | EXTRA], orders)
    assert customers(there) == customers(back)
    assert customers(there)[0][4:6] == ("высшее", "высокий")


def test_an_import_of_orders_never_erases_what_a_card_said(make_base):
    orders = [{"Номер заказа": str(n), "Дата": "2026-01-05", "Код клиента": "7", "Сумма": "500"} for n in (1, 2)]
    base = make_base([CARD | EXTRA], orders[:1], orders[1:])
    assert json.loads(customers(base)[0][6]) == {"Дети": "есть", "Размер": "S"}


def test_income_is_a_sum_in_a_file_of_orders_and_a_property_in_a_file_of_people(stage):
    assert stage([{"Дата": "2026-01-05", "Клиент": "А", "Доход": "500"}]).headers["amount"] == "Доход"
    for header in ("Доход", "Уровень дохода", "Income", "Household income"):
        people = stage([CARD | {header: "высокий"}])
        assert (people.layout, people.headers["income"]) == ("contacts", header)


def test_a_column_the_user_leaves_out_is_no_attribute(stage):
    found = stage([CARD | EXTRA], columns={"Размер": "-"})
    assert (found.headers["attributes"], found.ignored) == ("Дети + Любимый «цвет», 'код'", ("Размер",))


def test_a_file_of_orders_has_attributes_only_where_the_user_names_them(make_base, stage):
    order = {"Номер заказа": "1", "Дата": "2026-01-05", "Код клиента": "7", "Сумма": "500", "Дети": "есть", "Цвет": "синий"}
    assert stage([order]).ignored == ("Дети", "Цвет")
    base = make_base([order], reading={"columns": {"Дети": "attributes"}})
    assert json.loads(customers(base)[0][6]) == {"Дети": "есть"}
