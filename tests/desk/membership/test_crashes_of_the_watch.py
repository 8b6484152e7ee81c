import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.slow_gate
def test_a_hundred_kills_under_load_lose_nothing_and_double_nothing():
    environment = {name: value for name, value in os.environ.items() if name not in {"KOGORTA_DESK_HOME", "DATABASE_URL"}}
    command = [sys.executable, "-m", "benchmarks.watch", "kills", "100", "200"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 lost, 0 doubled" in done.stdout
