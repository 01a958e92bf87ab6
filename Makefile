# Two commands do everything on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LANGUAGES := en,zh,yue,ja,ko
TORCH := torch==2.13.0
WORKERS ?= 2

.PHONY: help setup demo test check lint serve bench clean

help:  ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(VENV)/.developer  ## Make the environment with everything a developer needs

demo: $(VENV)/.speaker  ## Speak a Korean and an English sentence in the sample voice
	$(BIN)/myna demo demo

test: $(VENV)/.developer  ## Run all tests
	@command -v chromium >/dev/null || echo "Tests of the web page are skipped: sudo apt install chromium"
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || echo "Tests on PostgreSQL are skipped: sudo apt install postgresql"
	@command -v aplay >/dev/null || echo "Tests of playback are skipped: sudo apt install alsa-utils"
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS)  # one thread a worker: more get in each other's way

lint: $(VENV)/.developer  ## Format, lint, types and layers, without tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

check: lint test  ## Everything a change must pass

bench: $(VENV)/.evaluation  ## Measure what needs neither weights nor a browser (FOLDER=recordings)
	$(BIN)/python -m benchmarks $(FOLDER)

clean:  ## Remove the environment and what demo and tools wrote
	rm -rf $(VENV) demo .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist

# The environment. Each stamp is remade when pyproject.toml changes.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Myna needs Python 3.11 or newer; $(PYTHON) is `$(PYTHON) -V`. Name another with make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo "Python's venv module is missing. On Debian or Ubuntu: sudo apt install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade 'pip>=25.1'

$(VENV)/.speaker: pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --editable '.[embedded,plot]'
	@touch $@

$(VENV)/.developer: pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet '$(TORCH)'
	$(BIN)/pip install --quiet --editable '.[embedded,plot,server,neural,postgres,s3,edge,$(LANGUAGES)]' --group dev
	@touch $@ $(VENV)/.speaker

$(VENV)/.evaluation: $(VENV)/.developer
	$(BIN)/pip install --quiet --editable '.[evaluation]'
	$(BIN)/pip install --quiet --no-deps resemblyzer
	@touch $@
