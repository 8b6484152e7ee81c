import shutil
from html import unescape

import pytest

from kogorta.base.customer_base import CustomerBase
from kogorta.desk.duplicates import actions
from kogorta.desk.duplicates.found import read_found
from kogorta.desk.duplicates.models import Decision
from kogorta.desk.errors import DeniedError
from kogorta.desk.jobs.actions import claim
from kogorta.desk.jobs.models import Job
from kogorta.desk.jobs.worker import run_job
from kogorta.desk.journal.models import Entry
from kogorta.desk.people.permissions import Role
from kogorta.desk.personal.forgetting import FORGET
from kogorta.desk.settings import DESK

ROLES = [role.value for role in Role]


@pytest.fixture(autouse=True)
def _base_stays(analysed, monkeypatch):
    """The heart beats over a connection of its own; the base and the snapshots of the other tests come back afterwards."""
    monkeypatch.setattr("kogorta.desk.jobs.worker._heartbeat", lambda context, over: None)
    folders = (DESK.base_folder, DESK.snapshots_folder)
    for folder in folders:
        shutil.copytree(folder, folder.with_name(f"{folder.name}-kept"))
    yield
    for folder in folders:
        shutil.rmtree(folder)
        folder.with_name(f"{folder.name}-kept").rename(folder)


def work(kinds=("duplicates.find", "duplicates.merge", "duplicates.decide")):
    states = []
    while (found := claim()) is not None:
        if found.job.kind in kinds:
            run_job(found)
        else:
            Job.objects.filter(pk=found.job.pk).update(state="done")
        found.job.refresh_from_db()
        states.append((found.job.kind, found.job.state))
    return states


def text_of(answer):
    return unescape(answer.content.decode()).replace("\xa0", " ")


def base_rows(query):
    base = CustomerBase(DESK.base_folder)
    try:
        return base.connection.execute(query).fetchall()
    finally:
        base.connection.close()


def two_people():
    return [row[0] for row in base_rows("SELECT customer_id FROM customers WHERE inn IS NULL AND birth_on IS NULL ORDER BY 1 LIMIT 2")]


SUMS = "SELECT count(*), sum(net_amount_base), (SELECT sum(amount) FROM customer_days) FROM orders"


def test_a_search_changes_nothing_and_shows_what_joining_would_do(client_of):
    client = client_of("marketer")
    assert "Двойников ещё не искали" in text_of(client.get("/data/duplicates/"))
    before = base_rows(SUMS), base_rows("SELECT count(*) FROM customers")
    client.post("/data/duplicates/look/")
    assert work() == [("duplicates.find", "done")]
    assert (base_rows(SUMS), base_rows("SELECT count(*) FROM customers")) == before
    found = read_found()
    page = text_of(client.get("/data/duplicates/"))
    assert ("решения" in page) != ("двойников нет" in page)
    if found.joints:
        assert found.effect["customers_after"] == found.effect["customers_before"] - len(found.joints)
        assert "сумма не изменится" in page
    client.post("/data/duplicates/merge/", {"version": found.version})
    assert work()[0] == ("duplicates.merge", "done")
    assert base_rows(SUMS) == before[0]
    assert base_rows("SELECT count(*) FROM customers")[0][0] == before[1][0][0] - len(found.joints)
    assert client.post("/data/duplicates/merge/", {"version": found.version}).status_code == (409 if found.joints else 302)


def test_a_pair_is_shown_with_its_effect_decided_undone_and_forgotten(client_of, analysed):
    client = client_of("owner")
    left, right = two_people()
    page = text_of(client.get("/data/duplicates/pair/", {"left": left, "right": right}))
    cursor = analysed.cursor()
    total = cursor.execute("SELECT sum(frequency) FROM customers WHERE customer_id IN (?, ?)", [left, right]).fetchone()[0]
    assert f'<td class="strong">{total}</td>' in page
    before = base_rows(SUMS)
    client.post("/data/duplicates/decide/", {"left": right, "right": left, "verdict": "same"})
    assert ("duplicates.decide", "done") in work()
    ((kept, merged),) = base_rows(f"SELECT kept_id, merged_id FROM merges WHERE merged_id IN ('{left}', '{right}')")
    assert {kept, merged} == {left, right}
    assert base_rows(SUMS) == before
    client.post("/data/duplicates/apart/", {"record": merged, "customer": kept})
    assert ("duplicates.decide", "done") in work()
    assert base_rows(f"SELECT count(*) FROM customers WHERE customer_id IN ('{left}', '{right}')") == [(2,)]
    client.post("/data/duplicates/decide/", {"left": left, "right": right, "verdict": "forget"})
    assert ("duplicates.decide", "done") in work()
    assert base_rows("SELECT count(*) FROM matches WHERE decided_by = 'person'") == [(0,)]
    told = str(list(Entry.objects.values_list("subject", "details"))) + str(list(Job.objects.values_list("arguments", flat=True)))
    assert left not in told
    assert right not in told


def test_called_different_they_are_not_listed_again(client_of, monkeypatch):
    client = client_of("owner")
    left, right = two_people()
    client.post("/data/duplicates/decide/", {"left": left, "right": right, "verdict": "different"})
    assert work() == [("duplicates.decide", "done"), ("bases.analyse", "done")]
    assert base_rows("SELECT verdict FROM matches WHERE decided_by = 'person'") == [("different",)]
    page = text_of(client.get("/data/duplicates/pair/", {"left": left, "right": right}))
    assert "Решение: разные клиенты" in page
    from kogorta.desk.duplicates.found import FoundPair
    from kogorta.desk.duplicates.queries import undecided

    assert undecided([FoundPair(right, "", left, "", 0.5, {}), FoundPair("x", "", "y", "", 0.5, {})])[0].left_id == "x"


def test_a_job_done_twice_is_done_once(client_of, founded):
    left, right = two_people()
    row = actions.decide(founded["owner"], left, right, "same")
    work()
    state = base_rows("SELECT count(*) FROM customers")
    for _ in range(2):
        Job.objects.filter(pk=row.job_id).update(state="waiting", attempts=0)
        assert ("duplicates.decide", "done") in work()
    assert base_rows("SELECT count(*) FROM customers") == state


@pytest.mark.parametrize(
    ("address", "posted", "status"),
    [
        ("decide/", {"left": "a", "right": "a", "verdict": "same"}, 422),
        ("decide/", {"left": "a", "right": "b", "verdict": "perhaps"}, 422),
        ("decide/", {"left": "", "right": "b", "verdict": "same"}, 422),
        ("apart/", {"record": ""}, 422),
        ("merge/", {"version": "another"}, 409),
    ],
)
def test_a_decision_that_cannot_be_is_refused(client_of, address, posted, status):
    assert client_of("owner").post(f"/data/duplicates/{address}", posted).status_code == status
    assert (Decision.objects.count(), Job.objects.count()) == (0, 0)


@pytest.mark.parametrize("hostile", ["'; DROP TABLE customers; --", "\x00", "../../etc", "{{7*7}}", "x" * 5000])
def test_a_hostile_id_is_nobodys(client_of, hostile):
    assert client_of("owner").get("/data/duplicates/pair/", {"left": hostile, "right": "b"}).status_code == 404


def test_an_erased_person_is_in_no_decision_and_in_no_list(client_of, founded):
    left, right = two_people()
    actions.decide(founded["owner"], left, right, "different")
    actions.look_for_duplicates(founded["owner"])
    work()
    FORGET["duplicates"](frozenset({left}), "erased-1")
    assert (Decision.objects.count(), read_found()) == (0, None)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_and_what_it_may_do_with_duplicates(client_of, founded, role):
    client, may = client_of(role), role in {"owner", "marketer"}
    assert (client.get("/data/duplicates/").status_code == 200) is may
    left, right = two_people()
    assert ("/data/duplicates/pair/" in text_of(client.get(f"/customers/card/{left}"))) is may
    assert ("/data/duplicates/" in text_of(client.get("/data/"))) is may
    if not may:
        for deed in (
            lambda: actions.decide(founded[role], left, right, "same"),
            lambda: actions.set_apart(founded[role], left),
            lambda: actions.look_for_duplicates(founded[role]),
            lambda: actions.merge_found(founded[role], "x"),
        ):
            with pytest.raises(DeniedError):
                deed()
        assert (Decision.objects.count(), Job.objects.count()) == (0, 0)
