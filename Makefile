# `make help` lists what there is. Needs make and Python 3.11 or newer; everything else goes into .venv.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

# Another environment that happens to be active must not leak in.
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME

# Relative, so that a folder with spaces in its name works.
PY := .venv/bin/python
READY := .venv/.ready
# Another folder, or none yet: set up again, whatever the file times say.
MOVED := $(shell test "$$(cat .venv/.made-in 2>/dev/null)" = "$$PWD" || echo moved)

.PHONY: help demo test test-system check wheel-check lint types floors docs docs-check lock bench clean moved

help: ## This list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

demo: $(READY) ## Set up, then segment a made-up company from end to end
	@.venv/bin/crm-segments demo

test: $(READY) ## Set up, then run the tests
	@$(PY) -m pytest -n auto $(ARGS)

test-system: $(READY) ## The tests that need strace (kill and disk faults) and Chromium (the report)
	@for tool in strace chromium; do command -v $$tool >/dev/null \
		|| { echo "make test-system needs $$tool: apt-get install $$tool" >&2; exit 1; }; done
	@$(PY) -m pytest -n auto -m system $(ARGS)

check: lint types floors docs-check ## Style, types, directions of imports, generated pages

lint: $(READY)
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

types: $(READY)
	$(PY) -m mypy
	$(PY) -m mypy docs/generate.py

floors: $(READY)
	$(PY) -c 'import sys; from importlinter.cli import lint_imports_command; lint_imports_command()'

docs-check: $(READY)
	$(PY) docs/generate.py --check

docs: $(READY) ## Write the generated pages of docs/reference anew
	@$(PY) docs/generate.py

wheel-check: $(READY) ## Build the wheel, install it in an empty environment, use it from an empty folder
	@$(PY) -m pytest -n 0 -m wheel tests/e2e $(ARGS)

bench: $(READY) ## Time, memory and whether segments hold; ARGS="weeks cost" picks tables
	@$(PY) -m benchmarks $(ARGS)

lock: ## Write down the versions that fit pyproject.toml (needs uv); ARGS=--upgrade takes the newest
	@command -v uv >/dev/null || { echo "make lock needs uv: pipx install uv" >&2; exit 1; }
	uv lock $(ARGS)
	@{ echo "# The versions of uv.lock for pip, written by \`make lock\`. Do not edit."; \
	   uv export --frozen --quiet --no-header --no-annotate --no-emit-project --all-groups; } > requirements-dev.txt

clean: ## Remove what was made here, .venv too
	rm -rf .venv dist build htmlcov .hypothesis .mypy_cache .ruff_cache .import_linter_cache .coverage* bench-out
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml uv.lock requirements-dev.txt dev/set-up.sh $(MOVED)
	@sh dev/set-up.sh
	@touch $@

moved:
