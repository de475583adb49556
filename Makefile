# Yaoshi: everything a person types. `make help` lists it.
PORT ?= 8080
PHONE_PORT ?= 8443
VENV := .venv
PY := $(VENV)/bin/python
export YAOSHI_PORT := $(PORT)
# Settings come from the environment alone; Flask would look for a .env, or advise to.
export FLASK_SKIP_DOTENV := 1
# Images set it to stay small. Here each process would compile all that it imports again: a second a start.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run phone consortium consortium-down test faults cometbft lint bench bench-consortium migration refusals lock clean

help: ## Show what can be typed
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/.installed ## Start the node with its demonstration (PORT=8080)
	@exec $(PY) -m flask --app app serve

phone: $(VENV)/.installed ## Start it over HTTPS for a real phone on the same network
	@exec env YAOSHI_PORT=$(PHONE_PORT) $(PY) -m flask --app app phone

consortium: $(VENV)/.installed cometbft ## Begin four synthetic hospitals that keep one ledger
	@$(PY) -m flask --app app consortium up $(if $(filter-out file,$(origin PORT)),--port $(PORT))

consortium-down: ## End them; their data stay
	@$(PY) -m flask --app app consortium down

test: $(VENV)/.installed-dev ## Run all tests
	@$(MAKE) --no-print-directory cometbft || echo "Without CometBFT the consortium's tests are skipped."
	$(PY) -m pytest -n auto --dist loadfile --no-loadscope-reorder

faults: $(VENV)/.installed-dev cometbft ## Kill, cut off, slow down and deceive four hospitals (20 minutes)
	$(PY) -m pytest -s tests/faults

cometbft: $(VENV)/bin/python ## Build the consortium's engine (by Go 1.22 or later, else by one from PyPI)
	@deploy/cometbft/build $(VENV)/bin $(PY)

lint: $(VENV)/.installed-dev ## Check style and types
	$(PY) -m ruff check .
	$(PY) -m mypy

bench: $(VENV)/.installed-dev ## Measure, each figure beside its peer
	$(PY) -m bench

bench-consortium: $(VENV)/.installed-dev cometbft ## Measure four validators beside their own kvstore (PART=batches)
	@$(PY) -m bench.consortium $(PART)

migration: $(VENV)/.installed-dev ## Write the migration for changed tables (MESSAGE="what changed")
	$(PY) -m flask --app app migration "$(MESSAGE)"

refusals: $(VENV)/.installed ## Write docs/refusals.md from the code tables
	$(PY) -m flask --app app refusals

lock: ## Lock the requirements with hashes (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes -q requirements.in -o requirements.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes -q requirements-dev.in -o requirements-dev.txt

clean: ## Remove caches (never var/: it holds keys and records)
	rm -rf .pytest_cache .hypothesis .mypy_cache .ruff_cache
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@if command -v uv >/dev/null 2>&1; then uv venv -q --allow-existing $(VENV); \
	else python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or later is needed (python3 is $$(python3 -V 2>&1))."; exit 1; }; \
	  python3 -c 'import venv, ensurepip' 2>/dev/null \
	  || { echo "Python cannot make an environment here. Type: apt install python3-venv make"; exit 1; }; \
	  python3 -m venv $(VENV); fi

$(VENV)/.installed: requirements.txt | $(VENV)/bin/python
	@echo "Installing what the node needs (once) ..."
	@$(call install,requirements.txt)
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt tests/axe/package-lock.json | $(VENV)/bin/python
	@echo "Installing what the tests need (once) ..."
	@$(call install,requirements-dev.txt)
	@mkdir -p $(VENV)/axe && cp tests/axe/package.json tests/axe/package-lock.json $(VENV)/axe/
	@$(VENV)/bin/npm ci --prefix $(VENV)/axe --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@ $(VENV)/.installed

define install
if command -v uv >/dev/null 2>&1; then uv pip install -q --compile-bytecode --require-hashes -p ./$(PY) -r $(1); \
else $(PY) -m pip install -q --disable-pip-version-check --require-hashes -r $(1); fi
endef
