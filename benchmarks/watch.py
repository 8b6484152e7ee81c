"""A running desk under events: kill -9 at random moments, and how long an event takes to become a move.

Run from the project root:

    python -m benchmarks.watch kills [kills] [events per second]     # each time counted against a recomputation from raw events
    python -m benchmarks.watch latency [seconds] [events per second] [mix] [--customers N] [--home FOLDER]
        # event accepted -> transition written, 99th percentile; the desk is kept in FOLDER, if one is named

Mixes of events: `visits` (clicks, opened mails, visits), `shop` (of a hundred events two tell of orders: new ones, later a change or a
refund of one of these), `knot` (one of seven tells of one of 500 orders, each time as another customer's, so that all are tied to all).
"""

from __future__ import annotations

import argparse
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

from benchmarks.desk import make_desk

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
LENGTHS = (1.5, 0.3, 0.02, 0.02)
"""Seconds of each within which the moment of a kill is drawn."""
ROUND = 20
"""Kills of one desk; then all is counted, and the next ones meet a desk without events, so that beginnings stay short."""
LARGE = 100_000
"""Customers from which on a desk is drawn as in `benchmarks.desk`."""
PROGRAM = Path(__file__).parents[1] / "tests" / "desk" / "membership" / "crash_watch.py"


def make_school(home: Path, companies: int) -> None:
    """A desk of a school of so many companies, whose base ends today."""
    from kogorta.base.customer_base import CustomerBase
    from kogorta.base.options import IntakeOptions
    from kogorta.demo.school import write_school
    from kogorta.desk.bases.snapshots import make_snapshot
    from kogorta.desk.company.actions import found_company
    from kogorta.desk.company.queries import CompanyFacts
    from kogorta.desk.people.models import User
    from kogorta.desk.settings import DESK
    from kogorta.sources.files import read_file

    found_company(CompanyFacts("Орион", "Europe/Moscow", "RUB", "case"))
    User.objects.create(email="owner@example.com", name="Owner", role="owner", language="en", password="!")
    day = date.today()  # noqa: DTZ011  (the base ends today, whatever the zone)
    write_school(home / "school", seed=7, as_of=day, companies=companies)
    with tempfile.TemporaryDirectory() as workspace:
        extract = read_file(home / "school" / "deals.csv", layout="auto", workspace=Path(workspace))
        CustomerBase(DESK.base_folder).add(extract, IntakeOptions(currency="RUB", received_on=day))
    make_snapshot("case")


class Desk:
    """A desk in a folder of its own, with a base of companies and saved segments; the watch is a process that can be killed."""

    def __init__(self, home: Path, companies: int) -> None:
        self.home = home
        self.watch: subprocess.Popen[bytes] | None = None
        self._ticks = 0
        self._ordered: list[tuple[str, str]] = []
        os.environ["KOGORTA_DESK_HOME"] = str(home)
        os.environ["DJANGO_SETTINGS_MODULE"] = "kogorta.desk.settings"
        from kogorta.desk.environment import Environment
        from kogorta.desk.running import prepare

        prepare(Environment.read())
        from kogorta.desk.bases.snapshots import newest_snapshot
        from kogorta.desk.people.models import User
        from kogorta.desk.segments.actions import save_segment
        from kogorta.desk.segments.models import Segment
        from kogorta.segments.rules.formula import parse_formula

        if companies < LARGE:
            make_school(home, companies)
        else:
            make_desk(companies)
        snapshot = newest_snapshot()
        assert snapshot is not None
        self.customers = [name for (name,) in snapshot.cursor().execute("SELECT customer_id FROM customers ORDER BY 1").fetchall()]
        there = set(Segment.objects.values_list("name", flat=True))
        for name, formula in RULES.items():
            if name not in there:
                save_segment(User.objects.get(), name, parse_formula(formula))
        self.sent = 0

    def start(self) -> None:
        """Begin the watch in a new process."""
        self.note_ticks()
        self.watch = subprocess.Popen([sys.executable, str(PROGRAM), "watch"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self) -> None:
        """End it at once."""
        assert self.watch is not None
        self.watch.kill()
        self.watch.wait()

    def note_ticks(self) -> None:
        """A watch begins now: `settle` waits for what it writes."""
        from kogorta.desk.membership.models import Watch

        self._ticks = Watch.objects.values_list("ticks", flat=True).first() or 0

    def clear(self) -> None:
        """Let go of all events and of all the watch has written, as if it never ran."""
        from kogorta.desk.events.models import ReceivedEvent
        from kogorta.desk.membership.models import Day, Member, Person, Refit, Transition, Watch, Watched

        for model in (ReceivedEvent, Day, Member, Person, Refit, Transition, Watched, Watch):
            model.objects.all().delete()

    def send(self, count: int, draw: random.Random, mix: str = "knot") -> None:
        """Events of a mix, some late, some again."""
        from kogorta.desk.events.actions import NewEvent, take_in

        now = datetime.now(UTC)
        events = []
        for _ in range(count):
            self.sent += 1
            late = timedelta(hours=draw.choice([0, 0, 0, 0, 1, 30, 24 * 6]), seconds=draw.randrange(60))
            kind, customer, order = draw.choice(["email_click", "email_open", "visit"]), draw.choice(self.customers), ""
            if mix == "knot" and draw.random() < 1 / 7:
                kind, order = draw.choice(["order", "order", "refund"]), f"w{draw.randrange(500)}"
            elif mix == "shop" and draw.random() < 1 / 50:
                kind, customer, order = self._of_a_shop(customer, draw)
            told = {"order_id": order, "amount": draw.randrange(1, 200_000), "status": draw.choice(["won", "won", "lost"])}
            properties = json.dumps(told) if order else "{}"
            events.append(NewEvent(f"e{self.sent}", customer, kind, now - late, "site", properties))
        if draw.random() < 0.2:
            events.append(events[0])
        take_in(events)

    def _of_a_shop(self, customer: str, draw: random.Random) -> tuple[str, str, str]:
        """Type, customer and order of an event about an order: of five three are new, one is told of again, one is refunded."""
        kind = draw.choice(["new", "new", "new", "order", "refund"])
        if kind == "new" or not self._ordered:
            self._ordered.append((customer, f"n{self.sent}"))
            return ("order", *self._ordered[-1])
        return (kind, *draw.choice(self._ordered[-1_000:]))

    def settle(self, limit: float = 300, still: int = 2) -> None:
        """Wait until the watch has begun, has all rules, everything sent was taken in and nothing moves for some looks, two a second."""
        from kogorta.desk.membership.models import Watch, Watched
        from kogorta.desk.membership.received import newest_number
        from kogorta.desk.segments.models import Segment

        rules = Segment.objects.count()

        looks, end = [(-1, -1, -1)], time.monotonic() + limit
        while time.monotonic() < end:
            row = Watch.objects.first()
            looks.append((row.position, row.sequence, row.ticks) if row else (-1, -1, -1))
            begun = row is not None and row.ticks > self._ticks and Watched.objects.count() == rules
            if begun and looks[-1][0] >= newest_number() and set(looks[-still:]) == {looks[-1]}:
                return
            time.sleep(0.5)
        raise TimeoutError("the watch did not come to rest")


class Nursery:
    """Watches that begin with everything loaded: a kill costs the beginning of a watch, not that of Python."""

    def __init__(self, home: Path) -> None:
        self._place = home / "where"
        self._process = subprocess.Popen(
            [sys.executable, str(PROGRAM), "nursery"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self._watch = 0

    def _ask(self, word: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()

    def begin(self) -> None:
        """Begin a watch."""
        self._place.write_bytes(bytes(len(PHASES)))
        self._watch = int(self._ask("begin"))

    def wait(self, phase: int, times: int, limit: float = 60) -> None:
        """Until the watch has begun something so many times."""
        end = time.monotonic() + limit
        while self._place.read_bytes()[phase] < times:
            if time.monotonic() > end:
                raise TimeoutError(f"the watch never was {PHASES[phase]}")
            time.sleep(0.002)

    def kill(self) -> int:
        """End the watch at once; what it was doing, see `PHASES`."""
        os.kill(self._watch, signal.SIGKILL)
        self._ask("bury")
        return self._place.read_bytes()[0]

    def close(self) -> None:
        """Let go of it."""
        self._process.kill()
        self._process.wait()


class Load:
    """Events that come in at a steady rate while this is open, whatever becomes of the watch."""

    def __init__(self, desk: Desk, rate: int, draw: random.Random) -> None:
        self._desk, self._rate, self._draw = desk, rate, draw
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._send, daemon=True)
        self._error: Exception | None = None

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _send(self) -> None:
        from django.db import connection

        begin, sent = time.monotonic(), 0
        try:
            while not self._over.wait(0.05):
                due = int((time.monotonic() - begin) * self._rate) - sent
                sent += due
                if due:
                    self._desk.send(due, self._draw)
        except Exception as error:  # noqa: BLE001  raised again by whoever opened this
            self._error = error
        finally:
            connection.close()


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
    """Kill the watch at random moments while events come in; the beginning of a watch is what takes the time."""
    home, draw = Path(tempfile.mkdtemp(prefix="kogorta-watch-")), random.Random(seed)
    met, working, moves, lost, twice = [0] * len(PHASES), 0, 0, 0, 0
    nursery = None
    try:
        desk = Desk(home, companies)
        from kogorta.desk.membership.models import Transition, Watch

        nursery = Nursery(home)
        for first in range(0, count, ROUND):
            desk.clear()
            with Load(desk, rate, random.Random(draw.random())):
                for _ in range(min(ROUND, count - first)):
                    reached = Watch.objects.values_list("position", flat=True).first() or 0
                    nursery.begin()
                    # a moment anywhere from the start, or within something of the work, the more the shorter it is
                    phase = draw.choices(range(len(PHASES)), weights=(15, 20, 30, 35))[0]
                    if phase:
                        nursery.wait(phase, draw.choice((1, 1, 1, 2, 3)))
                    time.sleep(draw.uniform(0.0, LENGTHS[phase]))
                    met[nursery.kill()] += 1
                    working += (Watch.objects.values_list("position", flat=True).first() or 0) > reached
            desk.note_ticks()
            nursery.begin()
            desk.settle()
            nursery.kill()
            more_lost, more_twice = faults(desk)
            lost, twice, moves = lost + more_lost, twice + more_twice, moves + Transition.objects.count()
            print(f"  {sum(met)} kills so far, {desk.sent} events, {moves} transitions, {lost} lost, {twice} doubled", flush=True)
        print("  ".join(f"{phase}: {times}" for phase, times in zip(PHASES, met, strict=True)))
        print(
            f"{count} kills, {working} of them after the watch had moved on, {desk.sent} events, {moves} transitions: "
            f"{lost} lost, {twice} doubled",
            flush=True,
        )
        return lost == twice == 0 and moves > 0
    finally:
        if nursery is not None:
            nursery.close()
        shutil.rmtree(home, ignore_errors=True)


def latency(seconds: int, rate: int, mix: str = "shop", companies: int = 3_000, kept: Path | None = None) -> bool:
    """From an event on the disk to its move on the disk, at a steady rate; both moments by the clock of this machine."""
    home, draw = kept or Path(tempfile.mkdtemp(prefix="kogorta-watch-")), random.Random(1)
    try:
        desk = Desk(home, companies)
        desk.clear()
        from kogorta.desk.events.models import ReceivedEvent
        from kogorta.desk.membership.models import Transition, Watch

        desk.start()
        desk.settle(still=8)  # who moved by the rules is looked at once more
        begun = time.monotonic()
        desk.send(max(rate // 10, 1), draw, mix)
        desk.settle()
        print(f"{mix}, {len(desk.customers):,} customers: the first events took {time.monotonic() - begun - 0.5:.1f} s")
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
            desk.send(batch, draw, mix)
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
            f"{mix}: {desk.sent:,} events in {spent:.1f} s ({desk.sent / spent:,.0f} a second), {moves:,} transitions; "
            f"accepted -> written: median {found[0.5]:.2f} s, 99th percentile {found[0.99]:.2f} s, slowest {found[1.0]:.2f} s"
        )
        desk.stop()
        lost, twice = faults(desk)
        print(f"{lost} lost, {twice} doubled")
        return found[0.99] <= 1.0 and lost == twice == 0
    finally:
        if kept is None:
            shutil.rmtree(home, ignore_errors=True)


def main() -> None:
    """One of the two."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    kinds = parser.add_subparsers(dest="what", required=True)
    killing = kinds.add_parser("kills")
    killing.add_argument("kills", type=int, nargs="?", default=100)
    killing.add_argument("rate", type=int, nargs="?", default=200)
    timing = kinds.add_parser("latency")
    timing.add_argument("seconds", type=int, nargs="?", default=60)
    timing.add_argument("rate", type=int, nargs="?", default=5_000)
    timing.add_argument("mix", choices=("visits", "shop", "knot"), nargs="?", default="shop")
    timing.add_argument("--customers", type=int, default=3_000)
    timing.add_argument("--home", type=Path)
    asked = parser.parse_args()
    if asked.what == "kills":
        good = kills(asked.kills, asked.rate)
    else:
        good = latency(asked.seconds, asked.rate, asked.mix, asked.customers, asked.home)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
