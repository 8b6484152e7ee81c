import pytest

from kogorta.desk.company.models import Company
from kogorta.desk.environment import Environment, own_secret
from kogorta.desk.journal.models import Entry
from kogorta.kit.errors import OptionError

FIELDS = {"company_name": "Орион", "time_zone": "Asia/Omsk", "currency": "₸", "scheme": "guide"}


def test_settings_of_the_company_are_changed_and_the_change_is_in_the_journal(client_of):
    assert client_of("owner").post("/company/", FIELDS).status_code == 302
    assert Company.objects.values_list("time_zone", "currency", "scheme").get() == ("Asia/Omsk", "KZT", "guide")
    changed = Entry.objects.get(action="company.changed").details
    assert changed == {"time_zone": ["Europe/Moscow", "Asia/Omsk"], "currency": ["RUB", "KZT"], "scheme": ["case", "guide"]}


@pytest.mark.parametrize(("field", "value"), [("currency", "крона"), ("time_zone", "Moon/Base"), ("scheme", "x"), ("company_name", "")])
def test_a_wrong_setting_is_named_and_nothing_changes(client_of, field, value):
    answer = client_of("owner").post("/company/", {**FIELDS, field: value})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert Company.objects.get().time_zone == "Europe/Moscow"


def test_settings_from_outside_are_one_typed_object(tmp_path):
    read = Environment.read(
        {
            "KOGORTA_DESK_HOME": str(tmp_path),
            "KOGORTA_DESK_HOSTS": "desk.example.com, localhost",
            "KOGORTA_DESK_HTTPS": "yes",
            "DATABASE_URL": "postgresql://anna:p%40ss@db.example.com:5433/desk",
        }
    )
    assert (read.home, read.hosts, read.https) == (tmp_path, ("desk.example.com", "localhost"), True)
    known = {name: read.database[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")}
    assert known == {"NAME": "desk", "USER": "anna", "PASSWORD": "p@ss", "HOST": "db.example.com", "PORT": "5433"}


@pytest.mark.parametrize(
    "variables",
    [
        {"KOGORTA_DESK_HTPPS": "yes"},
        {"KOGORTA_DESK_HTTPS": "perhaps"},
        {"KOGORTA_DESK_LEASE_SECONDS": "0"},
        {"KOGORTA_DESK_LANGUAGE": "de"},
    ],
)
def test_a_setting_misspelt_or_out_of_range_is_refused(variables):
    with pytest.raises(OptionError):
        Environment.read(variables)


def test_another_database_than_postgresql_is_refused():
    with pytest.raises(OptionError, match="mysql"):
        _ = Environment(database_url="mysql://x/y").database


def test_a_secret_is_made_once_and_others_cannot_read_it(tmp_path):
    first = own_secret(tmp_path / "secret.key")
    assert len(first) >= 50
    assert own_secret(tmp_path / "secret.key") == first
    assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600
