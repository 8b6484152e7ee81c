"""A running desk under events: kill -9 at random moments, and how long an event takes to become a move.

Run from the project root:

    python -m benchmarks.watch kills [kills] [events per second]     # each time counted against a recomputation from raw events
    python -m benchmarks.watch latency [seconds] [events per second] # event accepted -> transition written, 99th percentile
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

RULES = {
    "clicked": "events('email_click', 30d) >= 1",
    "often": "events('email_click', 7d) between 3 and 5",
    "interested": "hours_unanswered('email_click') between 0 and 100",
    "readers": "events('email_open', 30d) >= 2 and events('email_click', 30d) = 0",
    "sleeping": "recency_days > 30",
    "came lately": "entered('clicked', 7d)",
    # as events add up everybody goes in and out of one after the other
    **{f"visits {count}": f"events('visit', 30d) between {count} and {count + 1}" for count in range(2, 82, 4)},
}


PHASES = ("beginning or idle", "in a step", "in a tick", "in the transaction that writes it")


class Desk:
    """A desk in a folder of its own, with a base of companies and saved segments; the watch is a process that can be killed."""

    def __init__(self, home: Path, companies: int) -> None:
        self.home = home
        self.watch: subprocess.Popen[bytes] | None = None
        os.environ["KOGORTA_DESK_HOME"] = str(home)
        os.environ["DJANGO_SETTINGS_MODULE"] = "kogorta.desk.settings"
        from kogorta.desk.environment import Environment
        from kogorta.desk.running import prepare

        prepare(Environment.read())
        from kogorta.base.customer_base import CustomerBase
        from kogorta.base.options import IntakeOptions
        from kogorta.demo.school import write_school
        from kogorta.desk.bases.snapshots import make_snapshot
        from kogorta.desk.company.actions import found_company
        from kogorta.desk.company.queries import CompanyFacts
        from kogorta.desk.people.models import User
        from kogorta.desk.segments.actions import save_segment
        from kogorta.desk.settings import DESK
        from kogorta.segments.rules.formula import parse_formula
        from kogorta.sources.files import read_file

        found_company(CompanyFacts("Орион", "Europe/Moscow", "RUB", "case"))
        self.owner = User.objects.create(email="owner@example.com", name="Owner", role="owner", language="en", password="!")
        day = date.today()  # noqa: DTZ011  (the base ends today, whatever the zone)
        write_school(home / "school", seed=7, as_of=day, companies=companies)
        with tempfile.TemporaryDirectory() as workspace:
            extract = read_file(home / "school" / "deals.csv", layout="auto", workspace=Path(workspace))
            CustomerBase(DESK.base_folder).add(extract, IntakeOptions(currency="RUB", received_on=day))
        snapshot = make_snapshot("case")
        self.customers = [name for (name,) in snapshot.cursor().execute("SELECT customer_id FROM customers ORDER BY 1").fetchall()]
        for name, formula in RULES.items():
            save_segment(self.owner, name, parse_formula(formula))
        self.sent = 0

    def start(self) -> None:
        """Begin the watch."""
        command = [sys.executable, str(Path(__file__).parents[1] / "tests" / "desk" / "membership" / "crash_watch.py"), "watch"]
        self.watch = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill(self) -> int:
        """End the watch at once; what it was doing, see `PHASES`."""
        assert self.watch is not None
        self.watch.send_signal(signal.SIGKILL)
        self.watch.wait()
        where = self.home / "where"
        return where.read_bytes()[0] if where.exists() else 0

    def send(self, count: int, draw: random.Random) -> None:
        """Events, some late, some again, some of orders and refunds."""
        from kogorta.desk.events.actions import NewEvent, take_in

        now = datetime.now(UTC)
        events = []
        for _ in range(count):
            self.sent += 1
            late = timedelta(hours=draw.choice([0, 0, 0, 0, 1, 30, 24 * 6]), seconds=draw.randrange(60))
            kind = draw.choice(["email_click", "email_open", "visit"] * 6 + ["order", "order", "refund"])
            told = {
                "order_id": f"w{draw.randrange(500)}",
                "amount": draw.randrange(1, 200_000),
                "status": draw.choice(["won", "won", "lost"]),
            }
            properties = json.dumps(told) if kind in ("order", "refund") else "{}"
            events.append(NewEvent(f"e{self.sent}", draw.choice(self.customers), kind, now - late, "site", properties))
        if draw.random() < 0.2:
            events.append(events[0])
        take_in(events)

    def settle(self, limit: float = 120) -> None:
        """Wait until everything sent was taken in and nothing moves any more."""
        from kogorta.desk.membership.models import Watch
        from kogorta.desk.membership.received import newest_number

        last, end = (-1, -1), time.monotonic() + limit
        while time.monotonic() < end:
            row = Watch.objects.first()
            now = (row.position, row.sequence) if row else (-1, -1)
            if row is not None and row.position >= newest_number() and now == last:
                return
            last = now
            time.sleep(1.0)
        raise TimeoutError("the watch did not come to rest")


def faults(desk: Desk) -> tuple[int, int]:
    """Transitions lost and doubled: members by the moves alone beside members asked of SQL over the base and the raw events."""
    from kogorta.desk.membership.models import Member, Transition, Watch
    from kogorta.desk.membership.recount import recount

    del desk
    twice = lost = 0
    held: dict[tuple[int, int], bool] = {}
    for row in Transition.objects.order_by("sequence").iterator(chunk_size=50_000):
        twice += held.get((row.segment, row.number), False) == row.entered
        held[row.segment, row.number] = row.entered
    by_moves = {key for key, there in held.items() if there}
    written = set(Member.objects.values_list("segment", "number"))
    lost += len(by_moves ^ written)
    numbers = list(Transition.objects.order_by("sequence").values_list("sequence", flat=True))
    if numbers != list(range(1, Watch.objects.get().sequence + 1)):
        lost += 1
    found = recount(0)
    if found is None:
        raise RuntimeError("nothing to compare")
    return lost + sum(one.customers for one in found.differences), twice


def kills(count: int, rate: int, seed: int = 1, companies: int = 300) -> bool:
    """Kill the watch at random moments while events come in."""
    home, draw = Path(tempfile.mkdtemp(prefix="kogorta-watch-")), random.Random(seed)
    try:
        desk = Desk(home, companies)
        from kogorta.desk.membership.models import Transition, Watch

        working, met = 0, [0] * len(PHASES)
        for number in range(count):
            reached = Watch.objects.values_list("position", flat=True).first() or 0
            desk.start()
            # most kills meet a watch at work, some one that is still beginning
            anywhere, end = draw.random() < 0.2, time.monotonic() + 60
            until = time.monotonic() + draw.uniform(0.5, 4.0) if anywhere else end
            while time.monotonic() < until:
                desk.send(max(rate // 20, 1), draw)
                if until == end and (Watch.objects.values_list("position", flat=True).first() or 0) > reached:
                    until = time.monotonic() + draw.uniform(0.0, 1.5)
                time.sleep(0.05)
            met[desk.kill()] += 1
            working += (Watch.objects.values_list("position", flat=True).first() or 0) > reached
            if (number + 1) % 25 == 0:
                print(f"  {number + 1} kills so far, {desk.sent} events", flush=True)
        desk.start()
        desk.settle()
        desk.kill()
        lost, twice = faults(desk)
        moves = Transition.objects.count()
        print("  ".join(f"{phase}: {times}" for phase, times in zip(PHASES, met, strict=True)))
        print(
            f"{count} kills, {working} of them after the watch had moved on, {desk.sent} events, {moves} transitions: "
            f"{lost} lost, {twice} doubled",
            flush=True,
        )
        return lost == twice == 0 and moves > 0
    finally:
        shutil.rmtree(home, ignore_errors=True)


def latency(seconds: int, rate: int, companies: int = 3_000) -> bool:
    """From an event on the disk to its move on the disk, at a steady rate; both moments by the clock of this machine."""
    home, draw = Path(tempfile.mkdtemp(prefix="kogorta-watch-")), random.Random(1)
    try:
        desk = Desk(home, companies)
        from kogorta.desk.events.models import ReceivedEvent
        from kogorta.desk.membership.models import Transition, Watch

        desk.start()
        desk.settle()
        first = Watch.objects.get().sequence
        accepted: list[tuple[float, int]] = []
        begin = time.monotonic()
        seen: list[tuple[float, int]] = []
        watching = threading.Event()

        def look() -> None:
            from django.db import connection

            while not watching.wait(0.01):
                seen.append((time.monotonic(), Watch.objects.values_list("position", flat=True).get()))
            connection.close()

        eye = threading.Thread(target=look, daemon=True)
        eye.start()
        batch = max(rate // 10, 1)
        for step in range(10 * seconds):
            desk.send(batch, draw)
            accepted.append((time.monotonic(), desk.sent))
            time.sleep(max(0.0, begin + (step + 1) / 10 - time.monotonic()))
        spent = time.monotonic() - begin
        desk.settle()
        watching.set()
        eye.join()
        newest = ReceivedEvent.objects.order_by("-pk").values_list("pk", flat=True)[0]
        offset = newest - desk.sent
        waits: list[float] = []
        place = 0
        for moment, number in accepted:
            while place < len(seen) and seen[place][1] < number + offset:
                place += 1
            waits += [seen[place][0] - moment if place < len(seen) else float("inf")] * batch
        waits.sort()
        found = {share: waits[int(share * (len(waits) - 1))] for share in (0.5, 0.99, 1.0)}
        moves = Transition.objects.filter(sequence__gt=first).count()
        print(
            f"{desk.sent:,} events in {spent:.1f} s ({desk.sent / spent:,.0f} a second), {moves:,} transitions; accepted -> written: "
            f"median {found[0.5]:.2f} s, 99th percentile {found[0.99]:.2f} s, slowest {found[1.0]:.2f} s"
        )
        desk.kill()
        lost, twice = faults(desk)
        print(f"{lost} lost, {twice} doubled")
        return found[0.99] <= 1.0 and lost == twice == 0
    finally:
        shutil.rmtree(home, ignore_errors=True)


def main() -> None:
    """One of the two."""
    what, *numbers = sys.argv[1:] or ["kills"]
    given = [int(number) for number in numbers]
    if what == "kills":
        good = kills(*given) if len(given) > 1 else kills(given[0] if given else 100, 400)
    elif what == "latency":
        good = latency(given[0] if given else 60, given[1] if len(given) > 1 else 5_000)
    else:
        raise SystemExit(f"{what} is none of: kills, latency")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
