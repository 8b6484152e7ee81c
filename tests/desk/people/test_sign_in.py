import time
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from kogorta.desk.journal.models import Entry
from kogorta.desk.people.models import Session
from kogorta.desk.people.two_factor import begin_two_factor, confirm_two_factor, remove_two_factor


def sign_in(client, password, email="owner@example.com", after="/company/"):
    return client.post("/login/", {"username": email, "password": password, "next": after})


def code_of(user, drift=0):
    device = TOTPDevice.objects.get(user=user)
    return f"{totp(device.bin_key, step=device.step, drift=drift):06d}"


@pytest.fixture
def with_phone(founded):
    owner = founded["owner"]
    begin_two_factor(owner)
    codes = confirm_two_factor(owner, code_of(owner, -1))
    assert len(set(codes)) == 10
    return owner, codes


def test_the_right_password_opens_the_desk_whatever_the_case_of_the_mail(founded, password):
    client = Client()
    answer = sign_in(client, password, " OWNER@example.com ")
    assert (answer.status_code, answer["Location"]) == (302, "/company/")
    assert client.get("/company/").status_code == 200


@pytest.mark.parametrize(("email", "secret"), [("owner@example.com", "wrong"), ("nobody@example.com", "a quiet harbour at dawn")])
def test_a_wrong_pair_is_refused_without_saying_which_half_is_wrong(founded, email, secret):
    answer = sign_in(Client(), secret, email)
    assert answer.status_code == 401
    assert "Неверная почта или пароль" in answer.content.decode() or "The e-mail or the password is wrong" in answer.content.decode()


def test_a_person_switched_off_cannot_sign_in_and_is_signed_out(founded, client_of, password):
    analyst, client = founded["analyst"], client_of("analyst")
    assert client.get("/").status_code == 200
    client_of("owner").post(f"/people/{analyst.pk}/", {"deed": "off"})
    assert client.get("/").status_code == 302
    assert sign_in(Client(), password, analyst.email).status_code == 401


def test_the_session_gets_a_new_key_when_somebody_signs_in(founded, password):
    client = Client()
    session = client.session
    session["planted"] = "by an attacker"
    session.save()
    planted = session.session_key
    client.cookies["kogorta_session"] = planted
    sign_in(client, password)
    assert client.cookies["kogorta_session"].value != planted
    stranger = Client()
    stranger.cookies["kogorta_session"] = planted
    assert stranger.get("/company/").status_code == 302


def test_guessing_is_stopped_for_a_while_even_with_the_right_password(founded, password):
    client = Client()
    statuses = [sign_in(client, f"guess {place}").status_code for place in range(5)]
    assert statuses == [401, 401, 401, 401, 429]
    assert sign_in(client, password).status_code == 429
    assert sign_in(Client(REMOTE_ADDR="10.1.1.1"), password).status_code == 302, "the owner is not locked out elsewhere"


@pytest.mark.parametrize("after", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"])
def test_nobody_is_led_to_another_site(founded, password, after):
    assert sign_in(Client(), password, after=after)["Location"] == "/"


def test_a_form_without_its_token_is_refused_and_writes_nothing(client_of, founded):
    client = client_of("owner", enforce_csrf_checks=True)
    answer = client.post("/company/", {"company_name": "X", "time_zone": "UTC", "currency": "USD", "scheme": "case"})
    assert answer.status_code == 403
    assert Entry.objects.filter(action="company.changed").count() == 0


def test_after_the_password_a_code_of_the_phone_is_asked_for(with_phone, password):
    owner, _ = with_phone
    client = Client()
    answer = sign_in(client, password)
    assert answer["Location"] == "/login/code/"
    assert client.get("/company/").status_code == 302, "the password alone opens nothing"
    answer = client.post("/login/code/", {"code": code_of(owner)})
    assert (answer.status_code, answer["Location"]) == (302, "/company/")
    assert client.get("/company/").status_code == 200


def test_a_wrong_code_and_a_code_used_twice_are_refused(with_phone, password):
    owner, _ = with_phone
    client = Client()
    sign_in(client, password)
    assert client.post("/login/code/", {"code": "000000"}).status_code == 401
    TOTPDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    code = code_of(owner)
    assert client.post("/login/code/", {"code": code}).status_code == 302
    again = Client()
    sign_in(again, password)
    assert again.post("/login/code/", {"code": code}).status_code == 401


def test_guessing_codes_is_slowed_down(with_phone, password):
    owner, _ = with_phone
    client = Client()
    sign_in(client, password)
    client.post("/login/code/", {"code": "000000"})
    assert client.post("/login/code/", {"code": code_of(owner)}).status_code == 401


def test_a_recovery_code_opens_the_desk_once(with_phone, password):
    _, codes = with_phone
    for expected in (302, 401):
        client = Client()
        sign_in(client, password)
        assert client.post("/login/code/", {"code": codes[0]}).status_code == expected
        remove_throttle()
    assert Entry.objects.filter(action="user.recovery_code_used").count() == 1


def remove_throttle():
    from django_otp.plugins.otp_static.models import StaticDevice

    for model in (TOTPDevice, StaticDevice):
        model.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)


def test_the_second_step_without_the_first_leads_back(founded):
    assert Client().get("/login/code/")["Location"] == "/login/"


def test_two_factor_is_turned_on_by_a_code_and_off_by_the_password(client_of, founded, password):
    client, owner = client_of("owner"), founded["owner"]
    assert "<svg" in client.get("/account/two-factor/on/").content.decode()
    assert client.post("/account/two-factor/on/", {"code": "123"}).status_code == 422
    remove_throttle()
    assert client.post("/account/two-factor/on/", {"code": code_of(owner)}).status_code == 200
    assert TOTPDevice.objects.filter(user=owner, confirmed=True).count() == 1
    assert client.post("/account/two-factor/off/", {"current": "wrong"}).status_code == 422
    assert TOTPDevice.objects.count() == 1
    client.post("/account/two-factor/off/", {"current": password})
    assert TOTPDevice.objects.count() == 0
    remove_two_factor(owner, owner)


def test_sessions_are_listed_and_ended_by_their_owner_alone(client_of, founded):
    mine, other = client_of("marketer"), client_of("marketer")
    stranger = client_of("owner")
    name = next(session.name for session in mine.get("/account/").context["sessions"] if not session.is_this)
    key = other.cookies["kogorta_session"].value
    assert key not in mine.get("/account/").content.decode()
    assert stranger.post("/account/sessions/", {"name": name}).status_code == 404
    assert other.get("/").status_code == 200
    assert mine.post("/account/sessions/", {"name": name}).status_code == 302
    assert other.get("/").status_code == 302
    assert mine.get("/").status_code == 200
    assert Session.objects.filter(user=founded["owner"]).count() == 1


def test_a_new_password_signs_out_every_other_browser(client_of, founded, password):
    mine, other = client_of("marketer"), client_of("marketer")
    new = "another long phrase of mine"
    answer = mine.post("/account/password/", {"current": "wrong", "password": new, "repeated": new})
    assert answer.status_code == 422
    assert mine.post("/account/password/", {"current": password, "password": new, "repeated": new}).status_code == 302
    assert (mine.get("/").status_code, other.get("/").status_code) == (200, 302)
    assert sign_in(Client(), password, "marketer@example.com").status_code == 401
    assert sign_in(Client(), new, "marketer@example.com").status_code == 302


@pytest.mark.parametrize("new", ["short", "password1234", "marketer@example.com", "123456789012"])
def test_weak_passwords_are_refused(client_of, password, new):
    client = client_of("marketer")
    answer = client.post("/account/password/", {"current": password, "password": new, "repeated": new})
    assert answer.status_code == 422
    assert "password" in answer.context["form"].errors


def test_a_session_that_is_used_goes_on_and_an_unused_one_ends(client_of, founded):
    used, unused = client_of("manager"), client_of("analyst")
    soon = datetime.now(UTC) + timedelta(hours=2)
    for client in (used, unused):
        session = client.session
        session["seen"] = int(time.time()) - 7200
        session.save()
        Session.objects.filter(session_key=session.session_key).update(expire_date=soon)
    used.get("/")
    assert Session.objects.get(user=founded["manager"]).expire_date > soon + timedelta(days=10)
    first = Session.objects.get(user=founded["manager"]).expire_date
    used.get("/")
    assert Session.objects.get(user=founded["manager"]).expire_date == first, "written once an hour, not at each request"
    Session.objects.filter(user=founded["analyst"]).update(expire_date=datetime.now(UTC) - timedelta(seconds=1))
    assert unused.get("/").status_code == 302
