# Kogorta. `make` prints the targets.
PYTHON ?= python3
VENV := .venv
ENGINES := .venv-engines
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
PYTEST := $(BIN)/pytest

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-all conformance engines servers check lint types contracts bench bench-all golden soak lock ci clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: $(STAMP) ## build .venv from the hashed lock file

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Kogorta needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(STAMP)

demo: setup ## the main job on a generated base: export -> report, in demo/
	$(BIN)/kogorta demo --out demo

# Spark Connect keeps one session for a process: the engines are asked in one of their own
test: setup ## unit, property and golden tests
	$(PYTEST) -n 2 -m "not slow_gate and not engines" --ignore tests/conformance
	$(PYTEST) tests/conformance -m "not engines"

# rooms whose rows, locks and transactions are the point; pages of the others read files and differ in nothing
STORED := jobs people api membership rights duplicates reports running
test-all: test conformance ## those too that need a server, a browser or minutes, and every engine
	$(PYTEST) -n 2 --dist loadfile -m slow_gate --ignore tests/conformance
	KOGORTA_TESTS_ON=postgresql $(PYTEST) -n 2 $(addprefix tests/desk/,$(STORED)) -m "not slow_gate and not engines"

# one process for each engine: a JVM and ClickHouse do not share one well
conformance: setup engines ## the same rows on every engine, 100,000 orders; prints engine x analysis x rows equal
	$(BIN)/python -m tests.conformance.reference build/conformance
	$(BIN)/python -m tests.conformance --reference build/conformance sail
	set -e; for engine in embedded clickhouse postgres spark connect; do \
		PYTHONPATH=src $(ENGINES)/bin/python -m tests.conformance --reference build/conformance $$engine; done
	PYTHONPATH=src $(ENGINES)/bin/python -m pytest -m engines tests/conformance/test_tick_beyond.py
	PYTHONPATH=src $(ENGINES)/bin/python -m pytest -m engines tests/conformance/test_analyze_beside.py
	PYTHONPATH=src $(ENGINES)/bin/python -m pytest tests/e2e/test_command_line.py

engines: servers $(ENGINES)/.ready ## build .venv-engines: DuckDB 2, Spark 4, ClickHouse

$(ENGINES)/.ready: requirements-engines.lock
	$(PYTHON) -m venv $(ENGINES)
	$(ENGINES)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-engines.lock
	touch $(ENGINES)/.ready

servers: ## PostgreSQL, Java and Chromium from the system's packages, where they are missing
	@ls /usr/lib/postgresql/*/bin/initdb /usr/bin/chromium >/dev/null 2>&1 && command -v java >/dev/null || apt-get update -q
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || { echo "PostgreSQL is missing: installing it with apt-get"; apt-get install -y -q postgresql; }
	@command -v java >/dev/null || { echo "Java is missing: installing it with apt-get"; apt-get install -y -q openjdk-17-jre-headless; }
	@[ -x /usr/bin/chromium ] || { echo "Chromium is missing: installing it with apt-get"; apt-get install -y -q chromium; }

check: lint types contracts ## ruff, mypy, import contracts

lint: setup
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/ruff format --check src tests benchmarks

types: setup
	$(BIN)/mypy

contracts: setup
	$(BIN)/lint-imports

ROWS ?= 1000000
bench: setup ## speed and memory as ratios in one run; make bench ROWS=10000000 for a larger base
	$(BIN)/python -m benchmarks.scale --orders 100000 $(ROWS)
	$(BIN)/python -m benchmarks.base_update --orders $(ROWS)

bench-all: setup ## every benchmark of every room, one after the other
	$(BIN)/python -m benchmarks

SECONDS_MAX ?= 60
soak: setup ## random histories: memberships kept current against a full recompute, for SECONDS_MAX seconds
	$(BIN)/python -m benchmarks.membership soak $(SECONDS_MAX)

golden: setup ## rewrite golden files; read the diff
	$(PYTEST) -n 2 tests/golden --rewrite-golden

lock: setup ## resolve requirements.lock anew
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
		--group dev --extra desk --extra postgres --extra spark -c constraints.txt pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
		requirements-engines.in pyproject.toml -o requirements-engines.lock

ci: check test-all demo ## everything a change must pass

clean: ## remove what the targets made
	rm -rf $(VENV) $(ENGINES) demo build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
