from html import unescape

import pytest

from kogorta.desk.people.permissions import Role


def text_of(answer):
    return unescape(answer.content.decode()).replace("\xa0", " ").replace("\u202f", " ")


def test_today_begins_with_the_segment_most_money_is_at_stake_in(analysed, client_of):
    page = text_of(client_of("marketer").get("/"))
    figures = analysed.figures()
    assert f"/customers/?segment={figures.priority}#people" in page
    stakes = [item.at_stake for item in figures.candidates if item.segment != figures.priority and item.at_stake > 0]
    others = sorted(stakes, reverse=True)[:2]
    assert page.count("на кону</small>") == 1 + len(others)


def test_the_first_wave_names_those_who_are_contacted_and_says_how_many_are_not(analysed, client_of):
    page = text_of(client_of("manager").get("/"))
    figures = analysed.figures()
    treated = [item for item in figures.wave if item.arm == "treated"]
    for item in treated[:10]:
        assert f"/customers/card/{item.customer_id}" in page
    control = [item for item in figures.wave if item.arm == "control"]
    assert not any(f'/customers/card/{item.customer_id}"' in page for item in control)
    assert f"Из {len(figures.wave)} в волне {len(control)} не трогаем" in page


@pytest.mark.parametrize("role", [role.value for role in Role])
def test_who_may_load_files_is_led_to_them(analysed, client_of, role):
    page = text_of(client_of(role).get("/"))
    assert ("Загрузить свежую выгрузку" in page) is (role in {"owner", "marketer"})
    assert "Откуда эти цифры" in page


@pytest.mark.parametrize("role", [role.value for role in Role])
def test_an_empty_desk_says_what_to_begin_with(client_of, role):
    page = text_of(client_of(role).get("/"))
    assert "База пока пуста" in page
    assert ('href="/imports/"' in page) is (role in {"owner", "marketer"})


def test_a_base_that_has_changed_since_says_so(analysed, client_of, monkeypatch):
    monkeypatch.setattr("kogorta.desk.bases.snapshots.Snapshot.is_current", lambda self: False)
    assert "note warning" in text_of(client_of("owner").get("/"))
