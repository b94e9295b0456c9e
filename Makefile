# Two commands do all the set-up on a fresh machine with Python 3.11 and pip:
#   make run    creates the environment and starts divmon
#   make test   creates the environment and runs every check
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
ARGS   ?=
# Tests that wait for a terminal or a server leave half of a core idle.
WORKERS ?= 4

.PHONY: run test check lint lock catalogues screenshots figures clean

run: $(VENV)/.run
	@$(BIN)/divmon $(ARGS)

test: $(VENV)/.dev lint
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Every package comes from the lock with its hash; hatchling is in it too, so that
# building divmon itself downloads nothing unlocked.
$(VENV)/.run: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(VENV)/.run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

# Needs uv. Hashes for every platform; no index address is written down.
lock:
	uv pip compile pyproject.toml --group run-build --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --custom-compile-command "make lock" -q -o requirements.lock
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --custom-compile-command "make lock" -q -o requirements-dev.lock

# The texts of the screen into the catalogues of its languages, and those compiled; names what
# has no translation yet.
catalogues: $(VENV)/.dev
	$(BIN)/python -m tests.catalogues

# The pictures of the README, drawn by the program from its demo.
screenshots: $(VENV)/.dev
	$(BIN)/python docs/screenshots.py

# The table of the README, measured on this machine; six minutes, and nothing else should run.
figures: $(VENV)/.dev
	$(BIN)/python -m benchmarks --markdown

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
