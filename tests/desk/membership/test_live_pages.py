from datetime import timedelta
from html import unescape

from watching import Clock, held, keeper_of, send, settled, watch_row

from kogorta.desk.events.models import ReceivedEvent
from kogorta.desk.language import local, now
from kogorta.desk.membership.models import Day, Person, Refit, Transition, Watch, Watched
from kogorta.desk.segments.actions import delete_segment, save_segment
from kogorta.desk.segments.models import FrozenList, Segment
from kogorta.segments.rules.formula import parse_formula

PAGES = ("/live/", "/live/feed/", "/live/hooks/")


def text_of(answer):
    return unescape(answer.content.decode()).replace("\xa0", " ")


def test_pages_say_what_to_do_while_there_is_no_base(client_of):
    client = client_of("owner")
    for page in PAGES:
        assert client.get(page).status_code == 200, page


def test_the_page_counts_as_many_as_its_list_has_rows(saved, client_of):
    settled(keeper_of(Clock(now())))
    client = client_of("marketer")
    page = text_of(client.get("/live/"))
    for name, row in saved.items():
        assert name in page
        answer, rows, address = client.get(f"/live/{row.pk}/"), 0, ""
        while True:
            context = answer.context
            rows += len(context["members"])
            if not context["further"]:
                break
            address = context["further"]
            answer = client.get(f"/live/{row.pk}/{address}")
        assert context["count"] == rows == len(held(row.pk))


def test_a_watch_that_is_silent_is_told_of(saved, client_of):
    settled(keeper_of(Clock(now() - timedelta(minutes=2))))
    assert client_of("owner").get("/live/").context["fresh"].is_stale
    Watch.objects.update(seen_at=Watch.objects.get().seen_at + 119_000_000)
    assert not client_of("owner").get("/live/").context["fresh"].is_stale


def test_a_ready_status_becomes_a_segment_by_one_button(analysed, client_of):
    client = client_of("owner")
    offered = client.get("/live/").context["statuses"]
    assert [status.code for status in offered] == ["sleeping", "vip", "interested"]
    for status in offered:
        assert client.post(f"/live/statuses/{status.code}/").status_code == 302
    assert client.post("/live/statuses/none/").status_code == 404
    assert set(Segment.objects.values_list("name", flat=True)) == {"Спящий", "ВИП", "Проявил интерес"}
    settled(keeper_of())
    buyers = analysed.cursor().execute("SELECT count(DISTINCT customer_no) FROM rules_orders WHERE is_order").fetchone()[0]
    vips = Watched.objects.get(name="ВИП").members
    assert 0 < vips < buyers / 2
    assert client.get("/live/").context["statuses"] == []
    assert client_of("analyst").post("/live/statuses/vip/").status_code == 403


def test_history_is_shown_by_day_and_at_a_past_moment(saved, client_of):
    clock = Clock(now() - timedelta(days=3))
    keeper = settled(keeper_of(clock))
    first = len(held(saved["sleeping"].pk))
    clock.at = now()
    settled(keeper)
    client = client_of("manager")
    answer = client.get(f"/live/{saved['sleeping'].pk}/")
    points = answer.context["chart"].points
    assert (points[-1].members, len(points)) == (len(held(saved["sleeping"].pk)), 60)
    assert [point.members for point in points[:50]] == [0] * 50
    assert sum(point.entered for point in points) == sum(row.entered for row in Day.objects.filter(segment=saved["sleeping"].pk))
    then = (now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    assert client.get(f"/live/{saved['sleeping'].pk}/", {"at": then}).context["then"] >= first
    assert client.get(f"/live/{saved['sleeping'].pk}/", {"at": "then"}).status_code == 422
    assert client.get("/live/999/").status_code == 404


def test_a_customer_has_his_history(saved, client_of):
    settled(keeper_of())
    move = Transition.objects.first()
    name = Person.objects.get(number=move.number).customer_id
    answer = client_of("manager").get(f"/live/customers/{name}/")
    assert move.name in answer.context["there"]
    assert client_of("manager").get(f"/live/customers/{name}/", {"at": "1999-01-01T00:00"}).context["there"] == []
    assert client_of("manager").get("/live/customers/nobody/").status_code == 404


def test_the_feed_goes_on_from_a_sequence_and_takes_no_nonsense(saved, client_of):
    settled(keeper_of())
    client = client_of("marketer")
    newest = client.get("/live/feed/")
    assert newest.context["moves"][0].sequence == watch_row().sequence
    older = client.get(newest.context["older"])
    assert older.context["moves"][0].sequence == newest.context["moves"][-1].sequence - 1
    for word in ("x", "-1", "9" * 40, "'; DROP"):
        assert client.get("/live/feed/", {"before": word}).status_code == 200
    assert "<html" not in client.get("/live/feed/", headers={"HX-Request": "true"}).content.decode()


def test_the_feed_calls_people_by_their_names(saved, analysed, client_of):
    settled(keeper_of(Clock(now())))
    moves = client_of("manager").get("/live/feed/").context["moves"]
    named = dict(analysed.cursor().execute("SELECT customer_id, name FROM customers WHERE name IS NOT NULL").fetchall())
    assert {move.customer for move in moves} == {named.get(move.customer_id, move.customer_id) for move in moves}
    assert any(move.customer != move.customer_id for move in moves)


def test_what_was_seen_is_told_in_words(founded, analysed, client_of):
    row = save_segment(founded["owner"], "silent", parse_formula("orders(30d) = 0 and revenue() > 100000"))
    settled(keeper_of(Clock(now())))
    move = Transition.objects.filter(segment=row.pk).first()
    Transition.objects.filter(segment=row.pk).exclude(pk=move.pk).delete()
    Transition.objects.filter(pk=move.pk).update(decided="[0, 123456.0]")
    customer = Person.objects.get(number=move.number).customer_id
    pages = ("/live/", "/live/feed/", f"/live/{row.pk}/", f"/live/customers/{customer}/")
    for page in pages:
        assert "заказов за 30 дней: 0; выручка за всё время: 123 456 ₽" in text_of(client_of("marketer").get(page)), page
    client = client_of("manager")
    client.post("/language/", {"code": "en"})
    for page in pages:
        assert "orders over 30 days: 0; revenue over all time: ₽123,456" in text_of(client.get(page)), page


def test_what_was_seen_is_told_by_the_rule_of_that_time(saved, founded, client_of):
    settled(keeper_of(Clock(now())))
    row = saved["sleeping"]
    save_segment(founded["owner"], "sleeping", parse_formula("orders(7d) = 0"), segment_id=row.pk, version=1)
    told = [move.values for move in client_of("manager").get(f"/live/{row.pk}/").context["moves"]]
    assert told
    assert all(values.startswith("последний заказ: ") for values in told)


def test_whose_rule_asks_about_personal_data_is_closed_to_those_who_may_not_see_them(founded, analysed, client_of):
    owner = founded["owner"]
    reachable = save_segment(owner, "reachable", parse_formula("known(email) or orders() = 0"))
    through = save_segment(owner, "through", parse_formula("not segment('reachable') or orders() >= 0"))
    changed = save_segment(owner, "changed", parse_formula("known(phone) or orders() >= 0"))
    save_segment(owner, "changed", parse_formula("orders() >= 0"), changed.pk, changed.version)
    came = save_segment(owner, "came", parse_formula("entered('reachable', 30d) or orders() >= 0"))
    open_one = save_segment(owner, "buyers", parse_formula("orders() >= 1"))
    settled(keeper_of(Clock(now())))
    assert "«" in client_of("manager").get(f"/live/{reachable.pk}/").context["moves"][0].values
    customer = Person.objects.get(number=Transition.objects.filter(segment=open_one.pk).first().number).customer_id
    seen = {}
    for role in ("manager", "analyst"):
        client = client_of(role)
        codes = [client.get(f"/live/{row.pk}/").status_code for row in (reachable, through, came, changed, open_one)]
        feed = {move.name for move in client.get("/live/feed/").context["moves"]}
        answer = client.get(f"/live/customers/{customer}/")
        seen[role] = codes, feed, {move.name for move in answer.context["moves"]}, set(answer.context["there"])
    assert seen["manager"][0] == [200, 200, 200, 200, 200]
    assert {"reachable", "through", "came", "changed", "buyers"} >= seen["manager"][2] >= {"changed", "buyers"}
    assert seen["analyst"] == ([403, 403, 403, 200, 200], {"buyers"}, {"buyers"}, {"buyers"})


def test_those_who_are_in_now_are_kept_as_a_list_and_downloaded(founded, saved, analysed, client_of):
    row = save_segment(founded["owner"], "came", parse_formula("entered('big', 30d)"))
    client = client_of("marketer")
    assert client.post(f"/live/{row.pk}/export/").status_code == 404  # nobody has counted it yet
    keeper = settled(keeper_of(Clock(now())))
    settled(keeper)
    members = sorted(held(row.pk))
    assert members
    lines = b"".join(client.post(f"/live/{row.pk}/export/").streaming_content).decode("utf-8-sig").splitlines()
    ids = sorted(Person.objects.filter(number__in=members).values_list("customer_id", flat=True))
    assert [line.split(";")[0] for line in lines[1:]] == ids
    assert client.post(f"/live/{row.pk}/freeze/").status_code == 302
    kept = FrozenList.objects.get(segment=row)
    assert (kept.customers, kept.name) == (len(ids), "came")
    again = b"".join(client.post(f"/segments/lists/{kept.pk}/export/").streaming_content).decode("utf-8-sig").splitlines()
    assert again == lines
    page = text_of(client.get(f"/segments/{row.pk}/"))
    assert f"/live/{row.pk}/export/" in page
    assert "Заморозить список" in page


def test_a_rule_about_moves_is_counted_and_explained_before_it_is_saved(founded, saved, analysed, client_of):
    settled(keeper_of(Clock(now())))
    client, big = client_of("marketer"), sorted(held(saved["big"].pk))
    assert big
    new = client.get("/segments/new/", {"formula": "entered('big', 30d)"})
    assert new.context["found"].seen.customers == len(big)
    assert new.context["is_watched"]
    assert "состав появится в «Живых сегментах»" in text_of(new)
    assert client.get("/segments/new/", {"formula": "left('big', 30d)"}).context["found"].seen.customers == 0
    row = save_segment(founded["owner"], "came", parse_formula("entered('big', 30d) and not left('big', 30d)"))
    Transition.objects.filter(number=big[0]).update(at=Transition.objects.first().at - 31 * 86_400_000_000)
    page = client.get(f"/segments/{row.pk}/")
    assert page.context["found"].seen.customers == len(big) - 1
    changed = {"mode": "formula", "formula": "entered('big', 60d)", "segment": row.pk, "version": 1, "do": "show"}
    change = client.post("/segments/rule/", changed).context["found"].change
    assert (change.before, change.after, change.entering, change.leaving) == (len(big) - 1, len(big), 1, 0)
    names = dict(Person.objects.values_list("number", "customer_id"))
    told = client.get(f"/segments/{row.pk}/", {"customer": names[big[-1]]}).context["told"]
    assert f"{local(now()):%d.%m.%Y}" in " ".join(told), "a move keeps its own day, whenever the base was analysed"
    for number, words in ((big[0], "не входит в сегмент"), (big[-1], "входит в сегмент")):
        for answer in (
            client.get(f"/segments/{row.pk}/", {"customer": names[number]}),
            client.get(f"/customers/card/{names[number]}", {"segment": row.pk}),
        ):
            told = answer.context["told"][0]
            assert words in told
            assert ("не входит" in told) == (number == big[0])


def test_moves_of_a_segment_about_personal_data_are_not_counted_for_those_who_may_not_see_them(founded, analysed, client_of):
    changed = save_segment(founded["owner"], "changed", parse_formula("known(phone) or orders() >= 0"))
    save_segment(founded["owner"], "changed", parse_formula("orders() >= 0"), changed.pk, changed.version)
    save_segment(founded["owner"], "buyers", parse_formula("orders() >= 1"))
    settled(keeper_of(Clock(now())))
    asked = {name: {"formula": f"entered('{name}', 30d)"} for name in ("changed", "buyers", "deleted long ago")}
    manager, analyst = client_of("manager"), client_of("analyst")
    assert {name: manager.get("/segments/new/", asked[name]).status_code for name in asked} == dict.fromkeys(asked, 200)
    assert manager.get("/segments/new/", asked["changed"]).context["found"].seen.customers > 0
    assert {name: analyst.get("/segments/new/", asked[name]).status_code for name in asked} == {
        "changed": 403, "buyers": 200, "deleted long ago": 403,
    }  # fmt: skip


def test_a_segment_not_taken_up_yet_has_a_page_that_says_when(saved, client_of):
    client, address = client_of("marketer"), f"/live/{saved['big'].pk}/"
    assert "Сегмент ещё не посчитан" in text_of(client.get(address))  # no watch has ever run
    keeper = keeper_of(Clock(now()))
    keeper.step()
    Watched.objects.filter(segment=saved["big"].pk).delete()
    page = client.get(address)
    assert page.status_code == 200
    assert "в течение минуты" in text_of(page)
    assert "Сегмент считается" in text_of(page)
    Watch.objects.update(seen_at=Watch.objects.get().seen_at - 600_000_000)
    assert "За сегментами никто не следит с" in text_of(client.get(address))
    settled(keeper)
    assert client.get(address).context["count"] == len(held(saved["big"].pk))
    assert client.get("/live/999/").status_code == 404


def test_a_deleted_segment_is_named_in_moves_without_a_link(saved, founded, client_of):
    keeper = settled(keeper_of(Clock(now())))
    number = saved["sleeping"].pk
    delete_segment(founded["owner"], number)
    settled(keeper)
    moves = [move for move in client_of("manager").get("/live/feed/").context["moves"] if move.segment == number]
    assert moves
    assert not any(move.is_saved for move in moves)
    assert f"/live/{number}/" not in text_of(client_of("manager").get("/live/feed/"))


def test_a_segment_of_nobody_says_so(founded, analysed, client_of):
    row = save_segment(founded["owner"], "nobody", parse_formula("orders() > 100000"))
    settled(keeper_of(Clock(now())))
    page = text_of(client_of("manager").get(f"/live/{row.pk}/"))
    assert "Сейчас правилу никто не отвечает." in page
    assert "Пока никто не переходил." in page


def test_a_move_says_what_happened_not_the_number_of_the_event(founded, analysed, client_of):
    row = save_segment(founded["owner"], "clicked", parse_formula("events('email_click', 30d) >= 1"))
    clock = Clock(now())
    keeper = settled(keeper_of(clock))
    name = Person.objects.values_list("customer_id", flat=True).first()
    send(("click-1", name, "email_click", now()), ("own-1", name, "webinar", now()))
    clock.at = now()
    keeper.step()
    page = client_of("manager").get(f"/live/{row.pk}/")
    assert [(move.why, move.values) for move in page.context["moves"]] == [("переход из письма", "переходы из писем за 30 дней: 1")]
    ReceivedEvent.objects.all().delete()  # let go of after a month
    assert client_of("manager").get(f"/live/{row.pk}/").context["moves"][0].why == "событие click-1"


def test_a_customer_the_watch_has_not_met_has_an_empty_history(analysed, client_of):
    name = analysed.cursor().execute("SELECT customer_id FROM customers LIMIT 1").fetchone()[0]
    assert "ещё не входил в сохранённые сегменты" in text_of(client_of("manager").get(f"/live/customers/{name}/"))
    assert f"/live/customers/{name}/" in text_of(client_of("manager").get(f"/customers/card/{name}"))


def test_borders_learnt_anew_are_shown_from_what_to_what(saved, client_of):
    settled(keeper_of(Clock(now())))
    before = {"rfm": {"recency": [300, 909], "frequency": [1, 2], "money": [4842000, 26658000]}}
    after = {"rfm": {"recency": [286, 895], "frequency": [1, 2], "money": [4842000, 29620000]}}
    Refit.objects.create(at=Watch.objects.get().at, before=before, after=after, moves=21)
    client = client_of("marketer")
    page = text_of(client.get("/live/"))
    assert "21 переход<br>" in page
    assert "дней с последней покупки: 300 и 909 → 286 и 895" in page
    assert "сумма покупок: 48 420 ₽ и 266 580 ₽ → 48 420 ₽ и 296 200 ₽" in page
    client.post("/language/", {"code": "en"})
    page = text_of(client.get("/live/"))
    assert "21 moves<br>" in page
    assert "days since the last purchase: 300 and 909 → 286 and 895" in page
    assert "number of purchases" not in page
