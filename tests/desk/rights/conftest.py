"""The desk of the tests of imports: an empty base, files sent and loaded, jobs done at once."""

import importlib.util
from pathlib import Path

_spec = importlib.util.spec_from_file_location("imports_conftest", Path(__file__).parents[1] / "imports" / "conftest.py")
_found = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_found)
_empty_home, marketer, send, work, load = _found._empty_home, _found.marketer, _found.send, _found.work, _found.load
