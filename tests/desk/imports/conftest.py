"""A desk with an empty base whose jobs are done at once."""

import io
import shutil

import pytest

from kogorta.desk.imports.models import SentFile
from kogorta.desk.jobs.actions import claim
from kogorta.desk.jobs.worker import run_job
from kogorta.desk.settings import DESK


@pytest.fixture(autouse=True)
def _empty_home(founded, monkeypatch):
    """Files of an earlier test are gone; the heart beats over a connection that does not see the undone transaction of a test."""
    monkeypatch.setattr("kogorta.desk.jobs.worker._heartbeat", lambda context, over: None)

    def clear():
        for folder in (DESK.base_folder, DESK.files_folder, DESK.snapshots_folder, DESK.home / "work"):
            shutil.rmtree(folder, ignore_errors=True)

    clear()
    yield
    clear()


@pytest.fixture
def marketer(client_of):
    return client_of("marketer")


@pytest.fixture
def send(marketer):
    """`send(content, name)`: send a file as the marketer does; returns the answer."""

    def sent(content, name="deals.csv", client=None, **options):
        stream = io.BytesIO(content.encode() if isinstance(content, str) else content)
        stream.name = name
        return (client or marketer).post("/imports/upload/", {"file": stream}, **options)

    return sent


@pytest.fixture
def work():
    """Do every job that waits; returns the states they ended in."""

    def done(kinds=None):
        states = []
        while (found := claim()) is not None:
            if kinds is None or found.job.kind in kinds:
                run_job(found)
            else:
                type(found.job).objects.filter(pk=found.job.pk).update(state="done")
            found.job.refresh_from_db()
            states.append((found.job.kind, found.job.state))
        return states

    return done


@pytest.fixture
def load(send, work, marketer):
    """`load(content, name)`: send a file, audit it, accept it; returns its row. No analysis is made."""
    kinds = {"imports.check", "imports.accept", "imports.undo"}

    def loaded(content, name="deals.csv", **posted):
        row = SentFile.objects.get(pk=int(send(content, name)["Location"].split("/")[-2]))
        marketer.post(f"/imports/{row.pk}/reading/", {"deed": "check", **posted})
        work(kinds)
        marketer.post(f"/imports/{row.pk}/accept/")
        work(kinds)
        row.refresh_from_db()
        return row

    return loaded
