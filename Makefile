# Needs git, Python 3.10 or newer, npm and make; everything else is put into .venv and .cache, which git ignores.

TASK ?= TASK-008
VERDICT ?= pass
MODEL ?= rehearsal
PROJECT ?=

BIN := $(if $(filter Windows_NT,$(OS)),Scripts,bin)
PY := .venv/$(BIN)/python
INSTALLED := .venv/.installed
ENVIRONMENT := .cache/plugin-data/venv/requirements.txt
CLIENT = $$($(PY) tools/find_client.py)

# The first Python on PATH that is new enough; PYTHON=... chooses another.
PYTHON ?= $(shell for name in python3 python python3.14 python3.13 python3.12 python3.11 python3.10; do \
  "$$name" -I -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null && echo "$$name" && break; done)

# Caches stay in the project, and nothing asks a question.
setup test unit sweep bench: export PIP_CACHE_DIR := $(CURDIR)/.cache/pip
setup test unit sweep bench: export PIP_NO_INPUT := 1
setup: export npm_config_cache := $(CURDIR)/.cache/npm
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV

.PHONY: help
help: ## say what the targets do
	@echo 'make run [TASK=TASK-008] [VERDICT=pass|fail:N|never] [PROJECT=dir]'
	@echo 'make run MODEL=real [TASK=...] [PROJECT=dir]    with your own client and account'
	@echo
	@grep -E '^[a-z]+:.*## ' Makefile | awk -F ':.*## ' '{ printf "  %-8s %s\n", $$1, $$2 }'

.PHONY: setup
setup: $(INSTALLED) $(ENVIRONMENT) ## install what the other targets need
	@client=$(CLIENT) && rm -rf .cache/npm

$(INSTALLED): requirements.txt requirements-dev.txt
	@test -n "$(PYTHON)" || { echo 'no Python 3.10 or newer on PATH; install it or pass PYTHON=path' >&2; exit 1; }
	rm -rf .venv
	"$(PYTHON)" -m venv .venv
	$(PY) -m pip install --quiet --require-hashes --only-binary :all: -r requirements-dev.txt
	@touch $@

$(ENVIRONMENT): requirements.txt | $(INSTALLED)
	$(PY) -I hooks/environment.py .cache/plugin-data 300
	@test -f $@ && touch $@

.PHONY: run
ifeq ($(MODEL),real)
run: $(INSTALLED)
	@$(PY) tools/demo.py --model real --task "$(TASK)" $(if $(PROJECT),--project "$(PROJECT)")
else
run: setup ## take a task of examples/ through the line in the real client, with a scripted model
	@ASSEMBLY_LINE_CLIENT=$(CLIENT) $(PY) tools/demo.py --task "$(TASK)" --verdict "$(VERDICT)" \
	  $(if $(PROJECT),--project "$(PROJECT)")
endif

.PHONY: test
test: setup lint ## lint, types and every test; what CI runs
	ASSEMBLY_LINE_CLIENT=$(CLIENT) $(PY) -m pytest -n 2 --dist loadgroup

.PHONY: unit
unit: setup ## the quick tests: no long runs of the client, no samples of the sweeps
	ASSEMBLY_LINE_CLIENT=$(CLIENT) $(PY) -m pytest -n 2 --dist loadgroup --ignore tests/client --ignore tests/honest --ignore tests/shortcuts --ignore tests/faults

.PHONY: lint
lint: $(INSTALLED) ## lint, form and types only
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

.PHONY: format
format: $(INSTALLED) ## bring the code into form
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

.PHONY: sweep
sweep: setup ## the long runs: more plays of the client, crash points, power loss, fuzzing
	ASSEMBLY_LINE_CLIENT=$(CLIENT) $(PY) -m pytest -n 2 --dist loadgroup -m long
	ASSEMBLY_LINE_CLIENT=$(CLIENT) $(PY) -m tests.sweeps

.PHONY: bench
bench: setup ## measure what a user feels, about 5 minutes; writes benchmarks/RESULTS.md
	ASSEMBLY_LINE_CLIENT=$(CLIENT) $(PY) benchmarks/bench.py

.PHONY: sbom
sbom: $(INSTALLED) ## write build/sbom.json, the bill of materials in CycloneDX form
	@mkdir -p build
	$(PY) tools/sbom.py >build/sbom.json

.PHONY: clean
clean: ## remove everything that the targets made
	rm -rf .venv .cache build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
