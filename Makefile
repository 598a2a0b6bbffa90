# What a person or a machine does with this project. Every target sets up what it needs first (scripts/setup.py):
# nothing but Python 3.11 or newer and make has to be there. Works with the GNU make 3.81 of macOS.

SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
SETUP := $(PYTHON) scripts/setup.py
PYTEST := $(BIN)/python -m pytest
# Half of what these tests do is waiting: one process more than there are processors.
SIDE_BY_SIDE = -n $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1) --dist loadscope --no-loadscope-reorder
# The project's own programs first: also its Node, where the machine has none.
NPM := PATH="$(CURDIR)/$(BIN):$$PATH" npm
UV_COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
  --no-emit-index-url --no-emit-find-links

# Where a machine forbids Python to keep what it has compiled, each of some hundred programs would compile it anew.
unexport PYTHONDONTWRITEBYTECODE

.NOTPARALLEL:
.DEFAULT_GOAL := help
.PHONY: help demo playground test lint lint-python lint-pages unit integration browser bench soak format lock licenses sbom clean

help: ## this list
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/:[^#]*## /|/' | awk -F'|' '{ printf "make %-12s %s\n", $$1, $$2 }'

demo: ## everything on this machine: a local Teams, a telephone exchange, a CRM
	@$(SETUP) run
	@exec $(BIN)/smartcall demo

playground: ## the Microsoft 365 Agents Playground, beside a running demo
	@$(SETUP) playground
	@exec $(BIN)/python scripts/playground.py

# The pages' packages are some sixty thousand files: while they are unpacked, what needs none of them is checked.
test: ## lint, unit, integration and browser tests
	@$(SETUP) pages & pages=$$!; \
	  { $(SETUP) python && $(MAKE) --no-print-directory lint-python; }; lint=$$?; wait $$pages && exit $$lint
	@$(SETUP) test
	@$(MAKE) --no-print-directory lint-pages
	@echo "== Unit, integration and browser tests, side by side"
	@$(PYTEST) $(SIDE_BY_SIDE) -m "not repository"

lint: ## style, types, import directions, the page's checks, and the repository's own rules
	@$(SETUP) dev
	@$(MAKE) --no-print-directory lint-python lint-pages

lint-python:
	@echo "== Lint"
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet . || { echo "Not formatted as agreed: make format"; exit 1; }
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/mypy --no-error-summary scripts
	@$(BIN)/lint-imports --config pyproject.toml --no-logo > .venv/.imports 2>&1 || { cat .venv/.imports; exit 1; }
	@$(PYTEST) -q --durations=0 --durations-min=5 tests/repository

lint-pages:
	@echo "== Lint of the pages"
	@cd web && $(NPM) run --silent check

unit: ## the parts by themselves
	@$(SETUP) test
	@echo "== Unit tests"
	@$(PYTEST) $(SIDE_BY_SIDE) -m "not repository and not processes and not browser"

integration: ## real processes, a real PostgreSQL, real HTTP
	@$(SETUP) test
	@echo "== Integration tests"
	@$(PYTEST) $(SIDE_BY_SIDE) -m "processes and not browser"

browser: ## the page in a real Chromium
	@$(SETUP) test
	@echo "== Browser tests"
	@$(PYTEST) $(SIDE_BY_SIDE) tests/browser

bench: ## the benchmarks
	@$(SETUP) test
	@$(BIN)/python -m benchmarks

CALLS ?= 10000
soak: ## the simulation of whole days with everything going wrong: make soak CALLS=100000
	@$(SETUP) dev
	@$(BIN)/python -m tests.simulation --calls $(CALLS)

format: ## put the code in the agreed form
	@$(SETUP) dev
	@$(BIN)/ruff check --quiet --fix . ; $(BIN)/ruff format .
	@cd web && $(NPM) run --silent fix

lock: ## choose the versions anew, within what pyproject.toml and package.json allow
	@$(SETUP) dev
	@$(UV_COMPILE) $(UPGRADE) --group bootstrap -o requirements/bootstrap.txt
	@$(UV_COMPILE) $(UPGRADE) pyproject.toml -c requirements/bootstrap.txt -o requirements/run.txt
	@$(UV_COMPILE) $(UPGRADE) pyproject.toml --group dev -c requirements/bootstrap.txt -c requirements/run.txt \
	  -o requirements/dev.txt
	@$(UV_COMPILE) $(UPGRADE) --group node -o requirements/node.txt
	@for folder in web playground; do (cd $$folder && $(NPM) install --package-lock-only --omit-lockfile-registry-resolved --ignore-scripts --no-audit --no-fund) || exit 1; done

licenses: ## write build/licenses.txt: every package that is shipped, with its licence
	@$(SETUP) dev
	@$(BIN)/python scripts/licenses.py

sbom: ## write build/sbom.*.cdx.json: the bill of materials of what is shipped, with hashes
	@$(SETUP) dev
	@$(BIN)/python scripts/sbom.py

clean: ## remove what was set up and built; the demo's data stays
	@rm -rf .venv build *.egg-info web/node_modules web/dist playground/node_modules playground/devTools
	@find . -name __pycache__ -prune -exec rm -rf {} +
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
