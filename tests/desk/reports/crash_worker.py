"""Run in a process of its own: `prepare FOLDER` or `work POINT`, against the desk the environment names.

`work before` and `work after` wait, the first time, just before or just after the files of the report come into their place: there the
worker is killed.
"""

import sys
import time
from datetime import date
from pathlib import Path

from kogorta.desk.running import set_up_django

set_up_django()

from django.contrib.auth.hashers import make_password  # noqa: E402
from django.db import transaction  # noqa: E402

from kogorta.base.customer_base import CustomerBase  # noqa: E402
from kogorta.base.options import IntakeOptions  # noqa: E402
from kogorta.desk.company.actions import found_company  # noqa: E402
from kogorta.desk.company.queries import CompanyFacts, current_company  # noqa: E402
from kogorta.desk.jobs.worker import main  # noqa: E402
from kogorta.desk.people.models import User  # noqa: E402
from kogorta.desk.reports import actions, handlers  # noqa: E402
from kogorta.desk.settings import DESK  # noqa: E402


def prepare(folder):
    """A base of a hundred companies, and a report that was asked for."""
    from kogorta.demo.school import write_school
    from kogorta.sources.files import read_file

    if current_company() is None:
        found_company(CompanyFacts("Orion", "Europe/Moscow", "RUB", "case"))
    day = date(2026, 11, 22)
    write_school(folder, seed=7, as_of=day, companies=100)
    extract = read_file(folder / "deals.csv", layout="auto", workspace=folder)
    CustomerBase(DESK.base_folder).add(extract, IntakeOptions(currency="RUB", received_on=day))
    by, _ = User.objects.get_or_create(email="a@example.com", defaults={"name": "A", "role": "owner", "password": make_password(None)})
    with transaction.atomic():
        sys.stdout.write(str(actions.ask_for_report(by, "ru").job_id))


def work(point):
    """Do jobs; wait at the point for the file `go`."""
    publish = handlers.publish

    def waiting(made, report_id):
        sizes = publish(made, report_id) if point == "after" else {}
        (DESK.home / "there").touch()
        while not (DESK.home / "go").exists():
            time.sleep(0.02)
        return sizes or publish(made, report_id)

    if not (DESK.home / "go").exists():
        handlers.publish = waiting
    main()


if __name__ == "__main__":
    if sys.argv[1] == "prepare":
        prepare(Path(sys.argv[2]))
    else:
        work(sys.argv[2])
