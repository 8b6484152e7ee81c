"""Run in a process of its own: `prepare FILE` or `work POINT`, against the desk the environment names.

At the point the worker waits, the first time: `files`, one file is without the person and the rest are not; `before` and `after`, the base
is about to change its state or has just changed it; `end`, everything is done but the word that it is. There the worker is killed.
"""

import hashlib
import sys
import time
from datetime import date
from pathlib import Path

from kogorta.desk.running import set_up_django

set_up_django()

from django.contrib.auth.hashers import make_password  # noqa: E402
from django.db import transaction  # noqa: E402

from kogorta.base.erasure import keys_of  # noqa: E402
from kogorta.base.store import Store  # noqa: E402
from kogorta.desk.bases.opening import open_desk_base  # noqa: E402
from kogorta.desk.bases.snapshots import make_snapshot  # noqa: E402
from kogorta.desk.company.actions import found_company  # noqa: E402
from kogorta.desk.company.queries import CompanyFacts, current_company  # noqa: E402
from kogorta.desk.imports import actions as imports  # noqa: E402
from kogorta.desk.imports.reading import Reading  # noqa: E402
from kogorta.desk.imports.storage import ArrivedFile  # noqa: E402
from kogorta.desk.jobs.actions import claim  # noqa: E402
from kogorta.desk.jobs.models import Job  # noqa: E402
from kogorta.desk.jobs.worker import main, run_job  # noqa: E402
from kogorta.desk.people.models import User  # noqa: E402
from kogorta.desk.personal import actions  # noqa: E402
from kogorta.desk.rights import handlers  # noqa: E402
from kogorta.desk.segments.actions import freeze_segment, save_segment  # noqa: E402
from kogorta.desk.settings import DESK  # noqa: E402
from kogorta.segments.rules.formula import parse_formula  # noqa: E402

WHO = "contact-71"


def prepare(paths):
    """Files in the base, an analysis, a list and a consent that hold the person; his erasure is asked for and waits."""
    if current_company() is None:
        found_company(CompanyFacts("Orion", "Europe/Moscow", "RUB", "case"))
    by, _ = User.objects.get_or_create(email="a@example.com", defaults={"name": "A", "role": "owner", "password": make_password(None)})
    DESK.files_folder.mkdir(parents=True, exist_ok=True)
    for path in paths:
        content = path.read_bytes()
        incoming = DESK.files_folder / ".incoming"
        incoming.write_bytes(content)
        row, _ = imports.receive(by, ArrivedFile(incoming, path.name, hashlib.sha256(content).hexdigest(), len(content)))
        with transaction.atomic():
            imports.read_as(by, row.pk, Reading.of(row.reading), check=True)
        run_job(claim())
        with transaction.atomic():
            imports.accept(by, row.pk)
        run_job(claim())
        Job.objects.filter(kind="bases.analyse").delete()
    snapshot = make_snapshot("case")
    with transaction.atomic():
        freeze_segment(by, save_segment(by, "All", parse_formula("orders(all) >= 1")).pk, snapshot)
        actions.record_consent(by, WHO, "email", "given", date(2026, 1, 5), "form")
        base = open_desk_base()
        asked = actions.ask_for_erasure(by, WHO, keys_of(base, WHO))
        base.connection.close()
    sys.stdout.write(str(asked.job_id))


def wait():
    """Say that the point is reached, and stay there until told to go on."""
    (DESK.home / "there").touch()
    while not (DESK.home / "go").exists():
        time.sleep(0.02)


def work(point):
    """Do jobs; wait at the point for the file `go`."""
    commit, keep_cleaned, finish = Store.commit, handlers.keep_cleaned, handlers.finish_erasure

    def committing(self, draft, **settings):
        if self.folder != DESK.base_folder:
            return commit(self, draft, **settings)
        if point == "before":
            wait()
        done = commit(self, draft, **settings)
        if point == "after":
            wait()
        return done

    def cleaning(*given):
        keep_cleaned(*given)
        if point == "files":
            wait()

    def finishing(*given):
        if point == "end":
            wait()
        finish(*given)

    if not (DESK.home / "go").exists():
        Store.commit, handlers.keep_cleaned, handlers.finish_erasure = committing, cleaning, finishing
    main()


if __name__ == "__main__":
    if sys.argv[1] == "prepare":
        prepare([Path(path) for path in sys.argv[2:]])
    else:
        work(sys.argv[2])
