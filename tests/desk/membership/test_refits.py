"""Frozen borders are learnt anew when their day has come, with the shift shown."""

from datetime import UTC, datetime, timedelta

import pytest
from watching import Clock, folded, held, keeper_of, settled, watch_row

from kogorta.desk.journal.models import Entry
from kogorta.desk.membership import keeper as keeping
from kogorta.desk.membership.actions import set_how_often
from kogorta.desk.membership.models import Refit, Transition
from kogorta.desk.membership.recount import recount
from kogorta.desk.membership.refits import HowOften, is_due
from kogorta.desk.segments.actions import save_segment
from kogorta.segments.membership.moments import Zone
from kogorta.segments.rules.formula import parse_formula

MOSCOW = Zone("Europe/Moscow")


def at(*parts):
    return int(datetime(*parts, tzinfo=UTC).timestamp() * 1_000_000)


@pytest.mark.parametrize(
    ("how_often", "last", "now", "expected"),
    [
        ("month", at(2026, 10, 31, 20, 59), at(2026, 10, 31, 20, 59, 59), False),
        ("month", at(2026, 10, 31, 20, 59), at(2026, 10, 31, 21), True),  # midnight in Moscow
        ("month", at(2026, 12, 31), at(2027, 1, 1), True),
        ("week", at(2026, 11, 22, 12), at(2026, 11, 22, 20, 59), False),
        ("week", at(2026, 11, 22, 12), at(2026, 11, 22, 21), True),  # Monday in Moscow
        ("week", at(2026, 12, 30), at(2027, 1, 2), False),  # one week of two years
        ("never", at(2020, 1, 1), at(2026, 11, 22), False),
        ("analysis", at(2020, 1, 1), at(2026, 11, 22), False),
    ],
)
def test_the_day_comes_with_the_period_of_the_companys_zone(how_often, last, now, expected):
    assert is_due(how_often, last, now, MOSCOW, new_analysis=False) is expected
    assert is_due("analysis", last, now, MOSCOW, new_analysis=True)


@pytest.fixture
def dear(saved, founded, monkeypatch):
    """A segment by a frozen border, and a way to make the last analysis say other borders."""
    segment = save_segment(founded["owner"], "dear", parse_formula("m = 1"))

    def learnt(factor):
        def found(snapshot):
            rule = dict(plain(snapshot)["rfm"])
            return {"rfm": rule | {"money": [bound * factor for bound in rule["money"]]}}

        monkeypatch.setattr(keeping, "_learnt", found)

    plain = keeping._learnt
    return segment, learnt


def test_borders_stay_until_their_day_and_the_page_shows_the_shift(dear, client_of):
    segment, learnt = dear
    clock = Clock()
    keeper = settled(keeper_of(clock))
    before, moves = held(segment.pk), watch_row().sequence
    learnt(3)
    clock.at += timedelta(hours=1)
    settled(keeper)
    assert (held(segment.pk), watch_row().sequence, Refit.objects.count()) == (before, moves, 0)
    clock.at = datetime(2026, 12, 1, tzinfo=UTC)
    settled(keeper)
    assert held(segment.pk) != before
    told = Refit.objects.get()
    assert told.moves == Transition.objects.filter(cause="refit").count() > 0
    assert [bound * 3 for bound in told.before["rfm"]["money"]] == told.after["rfm"]["money"]
    assert watch_row().refit_at == watch_row().at == clock()
    assert set(Transition.objects.filter(sequence__gt=moves).values_list("name", "cause")) == {("dear", "refit"), ("sleeping", "time")}
    assert recount(1).differences == ()
    assert folded()[segment.pk] == held(segment.pk)
    page = client_of("owner").get("/live/").content.decode()
    assert "Закреплённые границы" in page
    assert "сумма покупок" in page
    assert "→" in page
    settled(keeper_of(clock))
    assert Refit.objects.count() == 1


def test_never_means_never_and_each_analysis_means_each(dear, founded):
    segment, learnt = dear
    clock = Clock()
    settled(keeper_of(clock))
    set_how_often(founded["owner"], HowOften.NEVER)
    before = held(segment.pk)
    learnt(3)
    clock.at += timedelta(days=60)
    settled(keeper_of(clock))
    assert Refit.objects.count() == 0
    set_how_often(founded["owner"], HowOften.WEEK)
    settled(keeper_of(clock))
    assert Refit.objects.count() == 1
    assert held(segment.pk) != before


def test_who_may_edit_segments_chooses_how_often(saved, client_of):
    settled(keeper_of())
    assert client_of("manager").post("/live/borders/", {"every": "week"}).status_code == 403
    assert watch_row().refit_every == "month"
    assert client_of("marketer").post("/live/borders/", {"every": "week"}).status_code == 302
    assert watch_row().refit_every == "week"
    assert Entry.objects.filter(action="borders.schedule").count() == 1
    assert client_of("owner").post("/live/borders/", {"every": "hourly"}).status_code == 422
    assert watch_row().refit_every == "week"
