"""The plan of a small base, derived again in plain Python."""

from collections import defaultdict
from datetime import date, timedelta
from statistics import median

import pytest

from kogorta.analysis import Analyzer
from kogorta.base.customer_base import CustomerBase
from kogorta.base.options import IntakeOptions
from kogorta.demo.school import write_school
from kogorta.kit.errors import OptionError
from kogorta.segments.rfm import RFM
from kogorta.sources.files import read_file
from kogorta.waves.baseline import HORIZON_DAYS, measure_baselines
from kogorta.waves.first_wave import FirstWave
from kogorta.waves.planning import Claim, Planner
from kogorta.waves.priority import MOTIVES, customer_stakes

AS_OF = date(2026, 11, 22)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    folder = tmp_path_factory.mktemp("school")
    write_school(folder, seed=2026, as_of=AS_OF)
    made = CustomerBase(None)
    made.add(read_file(folder / "deals.csv", workspace=folder), IntakeOptions(received_on=AS_OF))
    return made


@pytest.fixture(scope="module")
def analysis(base):
    return Analyzer().analyze(base, AS_OF)


@pytest.fixture(scope="module")
def purchases(base):
    found = defaultdict(list)
    rows = base.connection.execute("SELECT customer_id, day, orders FROM customer_days WHERE orders > 0 ORDER BY day")
    for customer, day, orders in rows.fetchall():
        found[customer] += [day] * orders
    return dict(found)


def test_baselines_are_what_members_did_next_on_past_days(base, analysis, purchases):
    expected = defaultdict(lambda: [0, 0, 0, 0])
    first = min(min(days) for days in purchases.values())
    for step in range(1, 9):
        day = AS_OF - timedelta(days=HORIZON_DAYS * step)
        if day < first + timedelta(days=90):
            break
        for row in analysis.rule.assign(base, day).table.dicts():
            later = [(other - day).days for other in purchases.get(row["customer_id"], []) if other > day]
            counts = expected[row["segment_case"]]
            counts[0] += 1
            counts[1] += any(ago <= HORIZON_DAYS for ago in later)
            if step >= 2:
                counts[2] += 1
                counts[3] += any(ago <= 2 * HORIZON_DAYS for ago in later)
    found = measure_baselines(base, analysis.rule, AS_OF, "case")
    assert {name: [one.members, one.bought, one.members_two, one.bought_two] for name, one in found.items()} == expected


def test_baselines_look_at_nothing_after_the_day_of_the_analysis(base, analysis):
    early = date(2024, 6, 30)
    rule = RFM().fit(base, early)
    found = measure_baselines(base, rule, early, "case")
    cut = CustomerBase(None)
    rows = base.connection.execute("SELECT customer_id, day, orders, amount FROM customer_days WHERE day <= DATE '2024-06-30'").fetchall()
    values = ", ".join(f"('{who}', DATE '{day}', {orders}, {amount})" for who, day, orders, amount in rows)
    cut.connection.execute(f"CREATE TABLE given_days AS SELECT * FROM (VALUES {values}) AS rows(customer_id, day, orders, amount)")
    cut.replace_enriched({"customer_days": "given_days"}, "")
    assert measure_baselines(cut, rule, early, "case") == found


def test_stakes_follow_their_definition(base, analysis, purchases):
    segments = analysis.rule.assign(base, AS_OF)
    baselines = measure_baselines(base, analysis.rule, AS_OF, "case")
    stakes = customer_stakes(base, segments, "case", baselines)
    found = {row[0]: row for row in base.connection.execute(f"FROM {stakes}").fetchall()}
    gaps = [
        (later - earlier).days
        for days in purchases.values()
        for earlier, later in zip(sorted(set(days)), sorted(set(days))[1:], strict=False)
    ]
    usual = max(median(gaps), 7)
    repeat = sum(len(days) > 1 for days in purchases.values()) / len(purchases)
    for row in segments.table.dicts():
        pace = min((row["frequency"] - 0.5) / ((row["last_order_on"] - row["first_order_on"]).days + usual), 1 / 7) * HORIZON_DAYS
        baseline = baselines.get(row["segment_case"])
        rate, loss = (baseline.rate, baseline.loss_rate) if baseline else (0.0, 0.0)
        motive = MOTIVES["case"][row["segment_case"]]
        orders = {"win_back": pace - rate, "grow": repeat - rate, "keep": pace * loss}[motive]
        expected = max(orders, 0) * max(row["monetary"] / row["frequency"], 0)
        assert found[row["customer_id"]][4] == pytest.approx(expected, rel=1e-9, abs=1e-6), row


def test_candidates_are_ranked_by_the_money_at_stake(analysis):
    candidates = analysis.plan.candidates
    assert [item.rank for item in candidates] == list(range(1, len(candidates) + 1))
    large = [item for item in candidates if item.customers >= 5]
    assert [item.at_stake for item in large] == sorted((item.at_stake for item in large), reverse=True)
    assert analysis.plan.priority == next(item.segment for item in large if item.at_stake > 0 and item.reachable)
    assert sum(item.customers for item in candidates) == analysis.totals.buyers
    assert len({item.motive for item in analysis.plan.proposals}) == len(analysis.plan.proposals) <= 3


def test_the_wave_is_of_the_segment_its_industries_and_can_be_reached(analysis):
    plan = analysis.plan
    profile = {row["customer_id"]: row for row in analysis.customers.dicts()}
    chosen = {rank.industry for rank in plan.industries if rank.chosen}
    stakes = [member.expected_loss for member in plan.wave]
    assert stakes == sorted(stakes, reverse=True)
    assert [member.position for member in plan.wave] == list(range(1, len(plan.wave) + 1))
    for member in plan.wave:
        row = profile[member.customer_id]
        assert row["segment_case"] == plan.priority
        assert row["industry"] in chosen
        assert row["email"] or row["phone"]
    control = sum(member.arm == "control" for member in plan.wave)
    assert control == (round(len(plan.wave) * 0.2) if len(plan.wave) >= 20 else 0) or abs(control - len(plan.wave) * 0.2) <= 2


def test_the_plan_is_the_same_every_time(base, analysis):
    again = Analyzer().analyze(base, AS_OF)
    assert again.plan == analysis.plan


def test_the_sensitivity_page_begins_with_the_report_itself(analysis):
    first = analysis.plan.sensitivity[0]
    assert (first.name, first.priority, first.overlap, first.survives) == ("base", analysis.plan.priority, 1.0, True)
    assert {case.name for case in analysis.plan.sensitivity} == {
        "base", "fixed_thresholds", "four_levels", "five_levels", "average_check", "last_3_years", "ignore_refunds",
    }  # fmt: skip
    assert all(0 <= case.overlap <= 1 and case.survives == (case.priority == analysis.plan.priority) for case in analysis.plan.sensitivity)


def test_a_chosen_segment_and_a_claim_are_obeyed(base):
    planner = Planner(segment="sleeping", claim=Claim((0.25, 0.30), (15e9, 18e9)), wave=FirstWave(size=7))
    plan = Analyzer(planner=planner).analyze(base, AS_OF).plan
    assert plan.priority == "sleeping"
    assert len(plan.wave) <= 7
    assert "check_above_own" in {item.code for item in plan.contradictions}
    with pytest.raises(OptionError, match="claimed conversion"):
        Claim((0.25, 3), (1, 2))


def test_a_base_of_few_buyers_says_so(make_base):
    base = make_base([{"customer_id": str(place), "date": f"2026-01-{place + 1:02}", "amount": "5"} for place in range(9)])
    plan = Analyzer().analyze(base).plan
    assert (plan.priority, plan.why_not, plan.wave, plan.forecast) == (None, "too_few_buyers", (), None)


def test_where_nobody_bought_twice_a_year_stands_for_the_rhythm(make_base):
    base = make_base([{"customer_id": str(place), "date": f"2026-01-{place + 1:02}", "amount": "100"} for place in range(20)])
    segments = RFM().fit(base).assign(base)
    stakes = customer_stakes(base, segments, "case", {})
    usual = {row[0] for row in base.connection.execute(f"SELECT DISTINCT round(usual_orders, 9) FROM {stakes}").fetchall()}
    assert usual == {round(0.5 / 365 * 90, 9)}
