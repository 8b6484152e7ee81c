import pytest


@pytest.fixture
def office(planting):
    planting.customer("control-owner", kind="company", role="owner")
    planting.customer("growth-role", kind="company", role="sales_director")
    planting.customer("order-role", kind="company", role="department_head")
    planting.customer("unknown-role", kind="company", role="technical_director")
    planting.customer("unknown-nothing", kind="company")
    planting.customer("growth-answer")
    planting.event("growth-answer", "survey", question="Какая у вас задача?", answer="Увеличить продажи")
    planting.customer("order-answer")
    planting.event("order-answer", "анкета", **{"Цель внедрения": ["Единая база", "История переписки"]})
    planting.customer("control-attribute", attributes={"goal": "видеть, чем заняты менеджеры"})
    planting.customer("unknown-other-question", attributes={"откуда узнали": "из отчёта коллег"})
    planting.customer("unknown-two", role="owner")
    planting.event("unknown-two", "survey", goal="воронка и конверсия")
    planting.customer("control-pages", role="general_director")
    planting.event("control-pages", "page_view", times=2, url="https://crm.example/otchety/")
    planting.event("control-pages", "page_view", times=2, title="Отчёты для руководителя")
    planting.event("control-pages", "page_view", url="https://crm.example/sotrudniki")
    return planting


def test_planted_jobs_are_found_exactly(office, classes):
    assert classes("jobs", office.grow()) == {
        customer: customer.split("-")[0] for customer in (row["customer_id"] for row in office.rows["customers"])
    }


def test_a_role_and_an_answer_that_disagree_are_told(office, sort, russian):
    found = sort("jobs", office.grow()).explain("unknown-two", russian)
    assert found.reason == "tie"
    assert found.sentence.startswith("Неизвестно: признаки одинаково указывают на классы «Контроль» и «Рост»")


def test_each_job_has_its_key_message(office, sort, russian, english):
    found = sort("jobs", office.grow())
    messages = [found.explain(name, russian).message for name in ("control-owner", "growth-role", "order-role", "unknown-role")]
    assert messages == [
        "Прозрачность, отчёты, контроль", "Воронка продаж, конверсия, дожимы", "Единая база, шаблоны документов, история переписки", "",
    ]  # fmt: skip
    assert found.explain("growth-role", english).message == "Sales funnel, conversion, closing deals"


def test_role_and_pages_are_told_with_their_figures(office, sort, russian):
    found = sort("jobs", office.grow()).explain("control-pages", russian)
    assert found.sentence == (
        "Контроль: роль — генеральный директор; 80\xa0% из 5 событий — об этом. Оценка 0,60 из 1; данные есть для 60\xa0% признаков."
    )


def test_an_answer_given_after_the_date_is_not_heard(planting, classes):
    planting.customer("a")
    planting.event("a", "survey", ago=-1, goal="контроль")
    assert classes("jobs", planting.grow()) == {"a": "unknown"}


def test_the_role_of_the_main_contact_stands_in_for_the_company(planting, classes):
    planting.customer("firm", kind="company")
    planting.rows["contacts"] += [
        {"contact_id": "1", "customer_id": "firm", "role": "owner", "is_primary": True},
        {"contact_id": "2", "customer_id": "firm", "role": "sales_director", "is_primary": False},
    ]
    assert classes("jobs", planting.grow()) == {"firm": "control"}


@pytest.mark.parametrize("properties", ["не JSON", "[1, 2]", "null", "", '{"goal": null}', '{"goal": {"a": 1}}', None])
def test_properties_that_say_nothing_are_no_answers(planting, sort, properties):
    planting.customer("a", attributes=None)
    planting.event("a", "survey")
    planting.rows["events"][0]["properties"] = properties
    planting.rows["customers"][0]["attributes"] = properties
    assert sort("jobs", planting.grow()).table.rows()[0][1:3] == ("unknown", 0.0)
