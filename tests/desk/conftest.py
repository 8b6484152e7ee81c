"""A desk in a temporary folder: its database is made once, each test is undone afterwards."""

import atexit
import os
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest
from servers import postgresql

HOME = Path(tempfile.mkdtemp(prefix="kogorta-desk-tests-"))
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
def password():
    return PASSWORD
