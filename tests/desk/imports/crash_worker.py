"""Run in a process of its own: `prepare FILE DEED` or `work POINT`, against the desk the environment names.

`work before` and `work after` wait, the first time, just before or just after the base changes its state: there the worker is killed.
"""

import sys
import time
from pathlib import Path

from kogorta.desk.running import set_up_django

set_up_django()

from django.contrib.auth.hashers import make_password  # noqa: E402
from django.db import transaction  # noqa: E402

from kogorta.base.store import Store  # noqa: E402
from kogorta.desk.company.actions import found_company  # noqa: E402
from kogorta.desk.company.queries import CompanyFacts, current_company  # noqa: E402
from kogorta.desk.imports import actions  # noqa: E402
from kogorta.desk.imports.models import SentFile  # noqa: E402
from kogorta.desk.imports.storage import ArrivedFile  # noqa: E402
from kogorta.desk.jobs.actions import claim  # noqa: E402
from kogorta.desk.jobs.worker import main, run_job  # noqa: E402
from kogorta.desk.people.models import User  # noqa: E402
from kogorta.desk.settings import DESK  # noqa: E402


def prepare(path, deed):
    """A file audited, and loaded too where it is to be undone; the job in question waits."""
    import hashlib

    if current_company() is None:
        found_company(CompanyFacts("Orion", "Europe/Moscow", "RUB", "case"))
    by, _ = User.objects.get_or_create(email="a@example.com", defaults={"name": "A", "role": "owner", "password": make_password(None)})
    content = path.read_bytes()
    DESK.files_folder.mkdir(parents=True, exist_ok=True)
    incoming = DESK.files_folder / ".incoming"
    incoming.write_bytes(content)
    row, _ = actions.receive(by, ArrivedFile(incoming, path.name, hashlib.sha256(content).hexdigest(), len(content)))
    from kogorta.desk.imports.reading import Reading

    with transaction.atomic():
        actions.read_as(by, row.pk, Reading.of(row.reading), check=True)
    run_job(claim())
    with transaction.atomic():
        actions.accept(by, row.pk)
    if deed == "undo":
        run_job(claim())
        with transaction.atomic():
            actions.undo(by, row.pk)
    sys.stdout.write(str(SentFile.objects.get(pk=row.pk).job_id))


def work(point):
    """Do jobs; wait at the point for the file `go`."""
    commit = Store.commit

    def waiting(self, draft, **settings):
        if self.folder != DESK.base_folder:
            return commit(self, draft, **settings)
        if point == "after":
            commit(self, draft, **settings)
        (DESK.home / "there").touch()
        while not (DESK.home / "go").exists():
            time.sleep(0.02)
        return None if point == "after" else commit(self, draft, **settings)

    if not (DESK.home / "go").exists():
        Store.commit = waiting
    main()


if __name__ == "__main__":
    if sys.argv[1] == "prepare":
        prepare(Path(sys.argv[2]), sys.argv[3])
    else:
        work(sys.argv[2])
