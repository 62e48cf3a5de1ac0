# Two commands on a fresh machine: `make demo` and `make test`. Both make what they need; Python >= 3.11, make and git are all they want.
.DEFAULT_GOAL := help
.PHONY: help setup demo test prove lint bench docs lock

PYTHON ?= python3
PY := .venv/bin/python
UV := .venv/bin/uv
ARGS ?=
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' Makefile

setup: .venv/ok  ## .venv with everything, from the hash-checked lock

demo: .venv/ok  ## the whole story on this machine; ARGS=--headless plays it to the end
	.venv/bin/sexton demo $(ARGS)

test: .venv/ok  ## every test; ARGS="tests/engine -x" narrows it
	$(PY) -m pytest -q $(if $(ARGS),$(ARGS),-n 2 --dist loadfile)

prove: .venv/ok  ## simulated worlds in which nothing may break; ARGS="--seeds 0:10000 --jobs 8", ARGS="--seed 7" tells one
	PYTHONPATH=tests $(PY) -m simulation $(ARGS)

lint: .venv/ok  ## ruff, mypy, import-linter, generated files
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/mypy docs/generate.py
	.venv/bin/lint-imports --no-logo
	$(PY) docs/generate.py --check

bench: .venv/ok benchmarks/.venv/ok  ## ratios against peers, which get an environment of their own
	$(PY) -m benchmarks $(ARGS)

docs: .venv/ok  ## write the generated part of docs/ anew
	$(PY) docs/generate.py

lock: .venv/ok  ## write the lock files anew (needs a package index)
	$(COMPILE) --group dev --extra demo --extra postgres --extra cluster pyproject.toml -o requirements.lock $(ARGS)
	$(COMPILE) --extra postgres -c requirements.lock pyproject.toml -o deploy/requirements.lock $(ARGS)
	$(COMPILE) --group build -c requirements.lock -o deploy/build.lock $(ARGS)
	$(COMPILE) benchmarks/requirements.in -o benchmarks/requirements.lock $(ARGS)

# uv installs in seconds but reads no pip configuration: where only pip's own mirror can be reached, pip does it. Both check every hash.
# $(call install,FOLDER,LOCK): exactly what LOCK lists, into the environment in FOLDER.
define install
$(UV) pip install --quiet --compile-bytecode --python $(1)/bin/python --no-deps --require-hashes -r $(2) \
  || $(1)/bin/python -m pip install --quiet --no-deps --require-hashes -r $(2)
endef

.venv/ok: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Sexton needs Python 3.11 or newer; this is %s. Name another: make PYTHON=python3.12" % sys.version.split()[0])'
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "This Python cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv .venv
	awk '/^[^ #]/ {wanted = /^uv==/} wanted' requirements.lock > .venv/uv.lock
	$(PY) -m pip install --quiet --no-deps --require-hashes -r .venv/uv.lock
	$(call install,.venv,requirements.lock)
	$(PY) -m pip install --quiet --no-deps --no-build-isolation --no-index -e .
	@touch $@

benchmarks/.venv/ok: benchmarks/requirements.lock | .venv/ok
	$(PY) -m venv benchmarks/.venv
	$(call install,benchmarks/.venv,benchmarks/requirements.lock)
	@touch $@
