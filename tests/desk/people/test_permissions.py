import pytest
from django.contrib.auth.models import AnonymousUser
from django.urls import get_resolver

from kogorta.desk.errors import DeniedError
from kogorta.desk.journal.models import Entry
from kogorta.desk.people.authority import authorise
from kogorta.desk.people.models import Invitation, User
from kogorta.desk.people.permissions import ACTION_NAMES, TABLE, Action, Role, may

# role:    owner marketer manager analyst
EXPECTED = {
    "own_account": (1, 1, 1, 1),
    "see_figures": (1, 1, 1, 1),
    "see_customers": (1, 1, 1, 1),
    "see_contacts": (1, 1, 1, 0),
    "export_customers": (1, 1, 0, 0),
    "import_files": (1, 1, 0, 0),
    "merge_customers": (1, 1, 0, 0),
    "change_consents": (1, 1, 1, 0),
    "export_person": (1, 1, 0, 0),
    "erase_person": (1, 0, 0, 0),
    "edit_segments": (1, 1, 0, 0),
    "see_reports": (1, 1, 1, 1),
    "make_reports": (1, 1, 0, 1),
    "manage_reports": (1, 1, 0, 0),
    "see_jobs": (1, 1, 0, 1),
    "control_jobs": (1, 1, 0, 0),
    "change_company": (1, 0, 0, 0),
    "manage_people": (1, 0, 0, 0),
    "manage_tokens": (1, 0, 0, 0),
    "see_journal": (1, 0, 0, 0),
}
OPEN_TO_ALL = {"start", "login", "login_code", "logout", "language", "invitation", "health", "metrics", "openapi", "no_interface"}
CELLS = [(action, role, bool(cell)) for action, row in EXPECTED.items() for role, cell in zip(Role, row, strict=True)]


def test_the_table_has_a_row_and_a_name_for_every_action():
    assert set(TABLE) == set(Action) == set(ACTION_NAMES)
    assert {action.value for action in Action} == set(EXPECTED)


@pytest.mark.parametrize(("action", "role", "expected"), CELLS, ids=lambda value: str(value))
def test_each_cell_of_role_and_action(action, role, expected):
    user = User(email="x@example.com", role=role.value)
    assert may(user, Action(action)) is expected
    if not expected:
        with pytest.raises(DeniedError):
            authorise(user, Action(action))


@pytest.mark.parametrize("action", list(Action))
def test_nobody_and_a_person_switched_off_may_do_nothing(action):
    assert not may(AnonymousUser(), action)
    assert not may(User(role="owner", is_active=False), action)
    assert not may(User(role="emperor"), action)
    assert not may(None, action)


def views():
    """Name, pattern and view of every address of the desk's own pages."""

    def walk(patterns, prefix=""):
        for pattern in patterns:
            if hasattr(pattern, "url_patterns"):
                if not getattr(pattern, "namespace", None):
                    yield from walk(pattern.url_patterns, prefix + str(pattern.pattern))
            else:
                yield pattern.name, prefix + str(pattern.pattern), pattern.callback

    return list(walk(get_resolver().url_patterns))


def action_of(view):
    while view is not None:
        if hasattr(view, "required_action"):
            return view.required_action
        view = getattr(view, "__wrapped__", None)
    return None


def address(pattern):
    import re

    return "/" + re.sub(r"<int:\w+>", "1", re.sub(r"<(?:str:|slug:|path:)?\w+>", "x", pattern))


def test_every_page_asks_for_an_action_or_is_open_on_purpose():
    assert {name for name, _, view in views() if action_of(view) is None} - OPEN_TO_ALL == set()


def everything():
    return (
        list(User.objects.order_by("pk").values_list("pk", "role", "is_active", "password")),
        Invitation.objects.count(),
        Entry.objects.exclude(action="user.signed_in").count(),
    )


@pytest.mark.parametrize("role", list(Role))
def test_a_page_the_role_does_not_allow_is_refused_and_writes_nothing(client_of, role):
    client = client_of(role.value)
    before = everything()
    for name, pattern, view in views():
        action = action_of(view)
        if action is not None and role not in TABLE[action]:
            for method in (client.get, client.post):
                assert method(address(pattern)).status_code in {403, 405}, name
    assert everything() == before


def test_a_visitor_is_led_to_the_sign_in_and_writes_nothing(client_of):
    client = client_of()
    before = everything()
    for name, pattern, view in views():
        if action_of(view) is not None:
            answers = [client.get(address(pattern)), client.post(address(pattern))]
            assert all(answer.status_code == 405 or answer["Location"].startswith("/login/?next=") for answer in answers), name
    assert everything() == before
