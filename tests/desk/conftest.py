"""A desk in a temporary folder: its database is made once, each test is undone afterwards."""

import atexit
import os
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest
from servers import has_postgresql, postgresql

HOME = Path(tempfile.mkdtemp(prefix="kogorta-desk-tests-"))
atexit.register(shutil.rmtree, HOME, ignore_errors=True)
os.environ["KOGORTA_DESK_HOME"] = str(HOME)
os.environ["DJANGO_SETTINGS_MODULE"] = "kogorta.desk.settings"
os.environ.pop("DATABASE_URL", None)
if os.environ.get("KOGORTA_TESTS_ON") == "postgresql":  # `make test-all` runs these tests a second time on the other database
    SERVER = ExitStack()
    os.environ["DATABASE_URL"] = SERVER.enter_context(postgresql())
    atexit.register(SERVER.close)

from kogorta.desk.running import set_up_django  # noqa: E402

set_up_django()

from django.conf import settings  # noqa: E402
from django.contrib.auth.hashers import make_password  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import setup_test_environment, teardown_test_environment  # noqa: E402

PASSWORD = "a quiet harbour at dawn"


@pytest.fixture
def address():
    """A PostgreSQL server of the test's own."""
    if not has_postgresql():
        pytest.skip("no PostgreSQL server on this machine")
    with postgresql() as found:
        yield found


@pytest.fixture(scope="session")
def _database(tmp_path_factory):
    setup_test_environment(debug=False)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.ALLOWED_HOSTS = ["*"]
    call_command("migrate", interactive=False, verbosity=0)
    yield
    connection.close()
    teardown_test_environment()


@pytest.fixture
def desk(_database):
    """An empty desk; whatever the test writes is undone."""
    from kogorta.desk.people.queries import forget_set_up

    forget_set_up()
    block = transaction.atomic()
    block.__enter__()
    try:
        yield HOME
    finally:
        transaction.set_rollback(True)
        block.__exit__(None, None, None)
        forget_set_up()


@pytest.fixture
def founded(desk):
    """A desk with its company and one person of each role; people by the name of their role."""
    from kogorta.desk.company.actions import found_company
    from kogorta.desk.company.queries import CompanyFacts
    from kogorta.desk.people.models import User
    from kogorta.desk.people.permissions import Role

    found_company(CompanyFacts("Орион", "Europe/Moscow", "RUB", "case"))
    secret = make_password(PASSWORD)
    return {
        role.value: User.objects.create(
            email=f"{role.value}@example.com", name=role.value.title(), role=role.value, language="ru", password=secret
        )
        for role in Role
    }


@pytest.fixture
def client_of(founded):
    """`client_of("owner")`: a browser in which a person of that role is signed in."""

    def signed_in(role=None, **options):
        client = Client(**options)
        if role is not None:
            client.force_login(founded[role], backend="django.contrib.auth.backends.ModelBackend")
        return client

    return signed_in


@pytest.fixture
def django_commits(desk):
    """`with django_commits():` what waits for the commit is done, though the test is undone afterwards."""
    from contextlib import contextmanager

    @contextmanager
    def committed():
        before = len(connection.run_on_commit)
        yield
        for _, deed, _ in connection.run_on_commit[before:]:
            deed()
        del connection.run_on_commit[before:]

    return committed


@pytest.fixture
def password():
    return PASSWORD


@pytest.fixture(scope="session")
def _small_school():
    """A base of a hundred companies and its snapshot, made once."""
    from datetime import date

    from kogorta.base.customer_base import CustomerBase
    from kogorta.base.options import IntakeOptions
    from kogorta.demo.school import write_school
    from kogorta.desk.bases.snapshots import make_snapshot
    from kogorta.desk.settings import DESK
    from kogorta.sources.files import read_file

    day, files = date(2026, 11, 22), HOME / "school"
    others = _put_aside((DESK.base_folder, DESK.snapshots_folder), "others")
    write_school(files, seed=2026, as_of=day, companies=100)
    with tempfile.TemporaryDirectory() as workspace:
        extract = read_file(files / "deals.csv", layout="auto", workspace=Path(workspace))
        CustomerBase(DESK.base_folder).add(extract, IntakeOptions(currency="RUB", received_on=day))
    snapshot = make_snapshot("case")
    kept = _put_aside((DESK.base_folder, DESK.snapshots_folder), "school")
    _put_back(others)
    return kept, snapshot


def _put_aside(folders, word):
    """Rename folders, so that a test finds its own there; folder -> where it is now, for those that were there."""
    moved = {folder: folder.with_name(f"{folder.name}-{word}") for folder in folders if folder.exists()}
    for folder, aside in moved.items():
        folder.rename(aside)
    return moved


def _put_back(moved):
    for folder, aside in moved.items():
        aside.rename(folder)


@pytest.fixture
def analysed(_small_school, founded):
    """The snapshot of the small base, in place for one test; other tests see an empty desk."""
    kept, snapshot = _small_school
    others = _put_aside(kept, "others")
    _put_back(kept)
    yield snapshot
    _put_aside(kept, "school")
    _put_back(others)
