from html import unescape

import pytest

from kogorta.desk.bases.opening import base_state
from kogorta.desk.imports.models import SentFile
from kogorta.desk.imports.storage import path_of
from kogorta.desk.jobs.models import Job

KINDS = {"imports.demo", "imports.undo", "imports.check"}


def text_of(answer):
    return unescape(answer.content.decode()).replace("\xa0", " ")


def test_a_new_desk_is_looked_at_with_invented_data_and_rid_of_them(client_of, work, send, django_commits):
    client = client_of("owner")
    assert "Осмотреться на выдуманных данных" in text_of(client.get("/"))
    client.post("/demo/load/")
    assert work(KINDS)[0] == ("imports.demo", "done")
    row = SentFile.objects.get()
    assert (row.is_demo, row.state, row.found["read"] > 1000, base_state().is_empty) == (True, "loaded", True, False)
    for address in ("/", "/customers/", "/data/", "/reports/", "/jobs/"):
        assert "Люди и суммы выдуманы" in text_of(client.get(address))
    own = int(
        send("ID;Стадия сделки;Сумма;Компания;Дата создания;Дата завершения\n1;Сделка успешна;5;А;01.01.2026;02.01.2026\n")[
            "Location"
        ].split("/")[-2]
    )
    client.post(f"/imports/{own}/reading/", {"deed": "check"})
    work(KINDS)
    assert client.post(f"/imports/{own}/accept/").status_code == 409
    with django_commits():
        client.post("/demo/remove/")
        assert work(KINDS)[0] == ("imports.undo", "done")
    assert (SentFile.objects.filter(is_demo=True).count(), path_of(row.digest).exists(), base_state().is_empty) == (0, False, True)
    assert "выдуманы" not in text_of(client.get("/"))
    assert client.post("/demo/remove/").status_code == 404
    assert client.post(f"/imports/{own}/accept/").status_code == 302


def test_a_demo_that_died_half_way_is_loaded_once(client_of, work, monkeypatch):
    from kogorta.desk.imports import demo

    add = demo.add
    monkeypatch.setattr(demo, "add", lambda *a, **b: 1 / 0)
    client_of("owner").post("/demo/load/")
    work(KINDS)
    assert client_of("owner").post("/demo/load/").status_code == 409
    monkeypatch.setattr(demo, "add", add)
    Job.objects.filter(kind="imports.demo").update(state="waiting", run_at="2026-01-01T00:00:00Z")
    assert ("imports.demo", "done") in work(KINDS)
    assert SentFile.objects.get().state == "loaded"


def test_a_base_that_holds_something_takes_no_demo(client_of, load):
    load("ID;Стадия сделки;Сумма;Компания;Дата создания;Дата завершения\n1;Сделка успешна;5;А;01.01.2026;02.01.2026\n")
    assert client_of("owner").post("/demo/load/").status_code == 409
    assert "только в пустую базу" in text_of(client_of("owner").get("/demo/"))


@pytest.mark.parametrize("role", ["manager", "analyst"])
def test_who_may_not_load_files_is_offered_no_demo(client_of, role):
    client = client_of(role)
    assert "/demo/" not in text_of(client.get("/"))
    assert client.post("/demo/load/").status_code == 403
    assert Job.objects.count() == 0
