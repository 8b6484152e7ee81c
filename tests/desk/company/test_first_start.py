import pytest
from django.test import Client

from kogorta.desk.company.models import Company
from kogorta.desk.company.start import setup_token
from kogorta.desk.journal.models import Entry
from kogorta.desk.people.models import User

FILLED = {
    "name": "Анна",
    "email": "Anna@Example.com",
    "password": "a quiet harbour at dawn",
    "repeated": "a quiet harbour at dawn",
    "company_name": "Орион",
    "time_zone": "Europe/Moscow",
    "currency": "руб.",
    "scheme": "case",
}


def test_every_page_leads_to_the_first_start_while_there_is_no_owner(desk):
    answer = Client().get("/company/")
    assert (answer.status_code, answer["Location"]) == (302, "/start/")


def test_the_link_from_the_console_creates_owner_and_company_and_signs_in(desk):
    client = Client()
    token = setup_token()
    assert client.get(f"/start/?token={token}").status_code == 200
    answer = client.post("/start/", {**FILLED, "token": token})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    owner = User.objects.get()
    assert (owner.email, owner.role) == ("anna@example.com", "owner")
    assert Company.objects.values_list("name", "currency").get() == ("Орион", "RUB")
    assert client.get("/").status_code == 200
    assert set(Entry.objects.values_list("action", flat=True)) == {"user.created", "user.signed_in"}


@pytest.mark.parametrize("token", ["", "wrong", "я"])
def test_without_the_token_nothing_is_created(desk, token):
    answer = Client().post("/start/", {**FILLED, "token": token})
    assert answer.status_code == 403
    assert (User.objects.count(), Company.objects.count()) == (0, 0)


def test_a_second_owner_is_refused_even_with_a_token(founded):
    assert Client().get("/start/?token=anything").status_code == 409
    assert User.objects.count() == 4


@pytest.mark.parametrize(
    ("field", "value"),
    [("password", "short"), ("repeated", "another one entirely"), ("currency", "shells"), ("time_zone", "Moscow"), ("email", "anna")],
)
def test_a_field_filled_in_wrongly_is_named_and_nothing_is_created(desk, field, value):
    answer = Client().post("/start/", {**FILLED, "token": setup_token(), field: value})
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert User.objects.count() == 0
