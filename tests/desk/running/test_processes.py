"""`kogorta desk run` under `kill -9`: the web, the worker, and the command itself."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest
from browser_desk import running_desk, wait_for

pytestmark = [pytest.mark.slow_gate, pytest.mark.skipif(sys.platform != "linux", reason="children are found in /proc")]


def children(pid):
    """Every process below a process: pid by its command line."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rsplit(")", 1)[1].split()
            words = (path.parent / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found[int(path.parent.name)] = words
            found |= children(int(path.parent.name))
    return found


def supervisor_of(home):
    mine = os.getpid()
    return next(pid for pid, words in children(mine).items() if f"--home {home} --port" in words)


def is_part(words, name):
    return "kogorta.desk.processes" in words and f" {name}" in words


def part(home, name):
    return next(pid for pid, words in children(supervisor_of(home)).items() if is_part(words, name))


def eventually(condition, limit=60):
    end = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.2)


def test_a_part_that_is_killed_is_started_again_and_both_go_when_the_command_does(tmp_path):
    home = tmp_path / "desk"
    with running_desk(home) as (address, _):
        for name in ("web", "worker"):
            killed = part(home, name)
            os.kill(killed, signal.SIGKILL)
            eventually(lambda killed=killed, name=name: any(
                pid != killed and is_part(words, name) for pid, words in children(supervisor_of(home)).items()
            ))  # fmt: skip
        assert wait_for(address + "/healthz") == 200
        below = children(supervisor_of(home))
        assert len(below) >= 2
        os.kill(supervisor_of(home), signal.SIGKILL)
        eventually(lambda: not any(alive(pid, words) for pid, words in below.items()))
        with pytest.raises(OSError):
            wait_for(address + "/healthz", limit=1)


def alive(pid, words):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode() == words
    except OSError:
        return False
