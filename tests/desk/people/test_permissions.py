import pytest
from django.contrib.auth.models import AnonymousUser

from kogorta.desk.errors import DeniedError
from kogorta.desk.people.authority import authorise
from kogorta.desk.people.models import User
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
