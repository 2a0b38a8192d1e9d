# What a contributor and CI run.  Everything sets itself up with nothing but Python 3.11+ and make.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1
DEMO_ARGS ?=
TEST_ARGS ?=
SERVE_ARGS ?=
SUITE ?=
ARGS ?=
MUTANTS_ARGS ?=
BREAKAGES_ARGS ?=
MINUTES ?= 5
# Without bytecode on disk each worker compiles every test, and each command that a test starts all of Prowess.
# Stealing: else one worker is left with the slow tests of the last rooms while the others have nothing to do.
TESTED := env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest -n 3 --dist worksteal

.PHONY: help setup demo serve test twice journeys properties histories explore conformance check mutants breakages format lock clean fuzz faults

help:            ## show this
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

setup: $(VENV)/.runtime  ## make .venv with the command prowess, and nothing else

demo: $(VENV)/.runtime   ## play the whole loop on a seeded organisation, then keep serving (DEMO_ARGS=--once: stop after)
	@$(BIN)/python -m reports.demo $(DEMO_ARGS)

serve: $(VENV)/.runtime  ## serve config.yaml of this directory
	@$(BIN)/prowess serve $(SERVE_ARGS)

test: $(VENV)/.dev $(VENV)/.clients  ## the tests, on real SQLite and Valkey (make twice: on PostgreSQL)
	@$(TESTED) -m "not journey and not twice and not fault" $(TEST_ARGS)

twice: $(VENV)/.dev $(VENV)/.clients  ## on PostgreSQL what make test shows on SQLite
	@$(TESTED) -m twice $(TEST_ARGS)

journeys: $(VENV)/.dev   ## the tests that take seconds each: whole installations that are killed, large bodies, many orders
	@$(TESTED) -m journey $(TEST_ARGS)

faults: $(VENV)/.dev     ## kill, fill, cut off and set back what Prowess stands on; an hour (PROWESS_FAULT_KILLS=200)
	@$(BIN)/python -m pytest -n 2 -m fault tests/faults tests/test_migrations.py $(TEST_ARGS)

conformance: $(VENV)/.dev  ## run a checkout of the public ADL suite (SUITE=DIR; ARGS=--furnished: with programs and a system)
	@test -n "$(SUITE)" || { echo "say where the suite is: make conformance SUITE=DIR"; exit 2; }
	@$(BIN)/python -m tests.conformance $(SUITE) $(ARGS)

properties: $(VENV)/.dev ## a thousand runs of the property tests of the store (PROWESS_PROPERTY_RUNS, PROWESS_PROPERTY_SEED)
	@PROWESS_PROPERTY_RUNS=$${PROWESS_PROPERTY_RUNS:-1000} PROWESS_PROPERTY_SEED=$${PROWESS_PROPERTY_SEED:-$$(date +%s)} \
		$(BIN)/python -m pytest -n 2 tests/store/test_properties.py $(TEST_ARGS)

histories: $(VENV)/.dev  ## a thousand random histories against a model store (PROWESS_HISTORIES; PROWESS_HISTORY_SEED plays one again)
	@$(BIN)/python -m tests.histories

explore: $(VENV)/.dev    ## the other property tests with many examples that were never drawn before (make test draws the same each time)
	@$(BIN)/python -m pytest -n 3 --hypothesis-profile=explore --timeout=1800 $$(grep -rl "hypothesis" --include='test_*.py' tests | grep -v store/test_properties) $(TEST_ARGS)

check: $(VENV)/.dev      ## format, lint, types, import order
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

mutants: $(VENV)/.dev    ## change each branch of the rules in turn; some test must notice (MUTANTS_ARGS="calendar terms": these modules)
	@$(BIN)/python -m tests.mutants $(MUTANTS_ARGS)

breakages: $(VENV)/.dev  ## break forty requirements drawn by lot; tests that name them must notice (BREAKAGES_ARGS="00064 S-28": these)
	@$(BIN)/python -m tests.breakages $(BREAKAGES_ARGS)

fuzz: $(VENV)/.dev       ## inputs at random for every reader and a real server (MINUTES=5; PROWESS_FUZZ_REQUESTS=1000000; ARGS="--part json": this)
	@$(BIN)/python -m tests.fuzz --minutes $(MINUTES) $(ARGS)

format: $(VENV)/.dev     ## let ruff format and mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock: $(VENV)/.dev       ## pin exact versions anew; what is shipped is what is tested
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --upgrade pyproject.toml --group dev -o requirements/dev.lock
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --upgrade -c requirements/dev.lock pyproject.toml -o requirements/runtime.lock
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --upgrade -c requirements/dev.lock --group build -o requirements/build.lock

clean:           ## forget the virtual environment and all caches
	rm -rf $(VENV) tests/clients/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Prowess needs Python 3.11 or newer; set PYTHON=python3.x")'
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.runtime: $(VENV)/.python requirements/runtime.lock requirements/build.lock pyproject.toml
	@echo "setting up $(VENV) (once)"
	@$(BIN)/python -m pip install -q --require-hashes -r requirements/runtime.lock -r requirements/build.lock
	@$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.clients: $(VENV)/.python tests/clients/package-lock.json
	@if command -v npm >/dev/null; then cd tests/clients && npm ci --silent --no-audit --no-fund --ignore-scripts; \
	else echo "npm is not here: the tests with JavaScript clients will be skipped"; fi
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements/dev.lock
	@echo "setting up the tools of development (once)"
	@$(BIN)/python -m pip install -q --require-hashes -r requirements/dev.lock
	@touch $@
