from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from kogorta.desk.errors import ConflictError, NotFoundError
from kogorta.desk.journal.models import Entry
from kogorta.desk.people import actions, invitations
from kogorta.desk.people.models import Invitation, User
from kogorta.desk.people.permissions import Role

ACCEPTED = {"name": "Вера", "password": "a lamp in the window", "repeated": "a lamp in the window"}


def link_of(answer):
    return answer.context["link"].removeprefix("http://testserver")


def test_an_invitation_is_a_link_that_works_once(client_of):
    answer = client_of("owner").post("/people/", {"email": "Vera@Example.com", "role": "manager"})
    link = link_of(answer)
    guest = Client()
    assert "vera@example.com" in guest.get(link).content.decode()
    assert guest.post(link, ACCEPTED).status_code == 302
    vera = User.objects.get(email="vera@example.com")
    assert (vera.role, vera.name) == ("manager", "Вера")
    assert guest.get("/").status_code == 200
    assert Client().get(link).status_code == 404
    assert Client().post(link, ACCEPTED).status_code == 404


def test_the_database_does_not_hold_the_token(client_of):
    token = link_of(client_of("owner").post("/people/", {"email": "vera@example.com", "role": "manager"})).split("/")[2]
    assert token not in str(list(Invitation.objects.values()) + list(Entry.objects.values()))


def test_a_guest_cannot_choose_role_or_mail(client_of):
    link = link_of(client_of("owner").post("/people/", {"email": "vera@example.com", "role": "analyst"}))
    Client().post(link, {**ACCEPTED, "role": "owner", "email": "other@example.com"})
    assert User.objects.get(email="vera@example.com").role == "analyst"


def test_an_old_and_a_revoked_invitation_do_not_work(client_of, founded):
    token = invitations.invite(founded["owner"], "vera@example.com", Role.MANAGER)
    row = Invitation.objects.get()
    client_of("owner").post(f"/people/invitations/{row.pk}/revoke/")
    with pytest.raises(NotFoundError):
        invitations.find_invitation(token)
    late = invitations.invite(founded["owner"], "vera@example.com", Role.MANAGER)
    Invitation.objects.update(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    with pytest.raises(NotFoundError):
        invitations.accept(late, "Вера", "a lamp in the window", "ru")
    assert User.objects.count() == 4


def test_a_second_invitation_replaces_the_first(founded):
    first = invitations.invite(founded["owner"], "vera@example.com", Role.MANAGER)
    invitations.invite(founded["owner"], "vera@example.com", Role.ANALYST)
    with pytest.raises(NotFoundError):
        invitations.find_invitation(first)


def test_somebody_who_is_here_is_not_invited(founded):
    with pytest.raises(ConflictError):
        invitations.invite(founded["owner"], "MANAGER@example.com", Role.MANAGER)


def test_a_link_for_a_new_password_changes_it_and_ends_the_sessions(client_of, founded, password):
    manager, browser = founded["manager"], client_of("manager")
    link = link_of(client_of("owner").post(f"/people/{manager.pk}/", {"deed": "password"}))
    guest = Client()
    assert guest.post(link, {"password": ACCEPTED["password"], "repeated": ACCEPTED["password"]}).status_code == 302
    manager.refresh_from_db()
    assert manager.check_password(ACCEPTED["password"])
    assert (guest.get("/").status_code, browser.get("/").status_code) == (200, 302)


def test_roles_change_at_once(client_of, founded):
    browser = client_of("analyst")
    assert browser.get("/people/").status_code == 403
    client_of("owner").post(f"/people/{founded['analyst'].pk}/", {"deed": "role", "role": "owner"})
    assert browser.get("/people/").status_code == 200


@pytest.mark.parametrize("deed", [{"deed": "off"}, {"deed": "role", "role": "analyst"}])
def test_the_last_owner_stays(client_of, founded, deed):
    owner = founded["owner"]
    answer = client_of("owner").post(f"/people/{owner.pk}/", deed)
    assert answer.status_code == 409
    owner.refresh_from_db()
    assert (owner.role, owner.is_active) == ("owner", True)
    actions.change_role(owner, founded["analyst"].pk, Role.OWNER)
    assert client_of("owner").post(f"/people/{owner.pk}/", deed).status_code == 302


@pytest.mark.parametrize("deed", [{}, {"deed": "crown"}, {"deed": "role", "role": "emperor"}])
def test_an_unknown_deed_changes_nothing(client_of, founded, deed):
    assert client_of("owner").post(f"/people/{founded['analyst'].pk}/", deed).status_code == 422
    assert User.objects.filter(role="analyst", is_active=True).count() == 1
    assert client_of("owner").post("/people/99999/", {"deed": "off"}).status_code == 404


def test_deeds_are_in_the_journal_with_who_and_from_where(client_of, founded):
    client_of("owner", REMOTE_ADDR="10.0.0.7").post(f"/people/{founded['manager'].pk}/", {"deed": "off"})
    entry = Entry.objects.get(action="user.switched_off")
    assert (entry.actor, entry.subject, entry.address) == (founded["owner"], f"user:{founded['manager'].pk}", "10.0.0.7")
    assert "Отключение человека" in client_of("owner").get("/journal/").content.decode()


@pytest.mark.parametrize("change", [lambda rows: rows.update(action="x"), lambda rows: rows.all()._raw_delete("default")])
def test_the_database_refuses_to_change_or_delete_an_entry(founded, change):
    Entry.objects.create(action="user.signed_in")
    with pytest.raises(DatabaseError, match="only ever added"), transaction.atomic():
        change(Entry.objects.filter(action="user.signed_in"))
    assert Entry.objects.filter(action="user.signed_in").count() == 1


def test_an_entry_refuses_to_change_itself(founded):
    entry = Entry.objects.create(action="user.signed_in")
    with pytest.raises(TypeError):
        entry.save()
    with pytest.raises(TypeError):
        entry.delete()
