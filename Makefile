# Colophon. Needs make and Python 3.11 or later, nothing else; `make help` lists what there is.
#
# Every target that needs the environment makes it first (.venv, exactly what uv.lock pins) and does
# nothing about it when it is up to date.

UV_VERSION := 0.13.9

# The first interpreter that is new enough and can make a virtual environment: shims that only say
# "not installed" and Debian's python3 without python3-venv are passed over. Only looked for when needed.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$python" -c 'import ensurepip, venv, sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 \
	&& "$$python" -c 'import os, sys; print(os.path.realpath(sys.executable))' && break; done)

# Files to load before serving (make run LOAD="a.txt b.jsonl"), and more arguments for `colophon serve`, pytest or the measurements.
LOAD ?=
ARGS ?=
# Test files that run at the same time, each with a PostgreSQL of its own; 0: one after the other, in this process.
WORKERS ?= auto
# What `make image` builds with, and the name it gives the result. OCI's own format would drop the health check.
ENGINE ?= $(firstword $(foreach engine,docker podman buildah,$(if $(shell command -v $(engine) 2>/dev/null),$(engine))))
IMAGE ?= colophon:$(shell sed -n 's/^__version__ = "\(.*\)"/\1/p' service/__init__.py)

UV_HOME := .uv
UV := $(UV_HOME)/bin/uv
BIN := .venv/bin
READY := .venv/.ready
REPORT := build/tests.xml

# uv must use the Python that is there and never fetch one; copying avoids its warning where links are impossible.
export UV_PYTHON_DOWNLOADS := never
export UV_LINK_MODE := copy
export UV_PROJECT_ENVIRONMENT := .venv
# An activated environment of another project is none of ours.
unexport VIRTUAL_ENV

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help env run test check format lint types imports contracts faults-load bench-load eval-search bench-search eval-extract bench-extract lexicon manifests image clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo '  make run LOAD="FILE …"        load these files first'
	@echo '  make run ARGS="--port 9000"   more arguments for colophon serve'
	@echo '  make test ARGS="-k words"     more arguments for pytest'

env: $(READY) ## build the environment in .venv from uv.lock

run: $(READY) ## serve on http://127.0.0.1:8000 with an embedded PostgreSQL and a sample
	@exec $(BIN)/colophon serve $(foreach pattern,$(LOAD),$(foreach file,$(or $(wildcard $(pattern)),$(pattern)),--load '$(file)')) $(ARGS)

test: $(READY) ## run every test, warnings as errors; fails when none ran
	@mkdir -p $(dir $(REPORT)) && rm -f $(REPORT)
	$(BIN)/python -m pytest --junit-xml=$(REPORT) -n $(WORKERS) --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(ARGS)
	@$(BIN)/python -c 'import sys; from xml.etree import ElementTree; \
	suite = ElementTree.parse("$(REPORT)").find("testsuite"); \
	ran = int(suite.get("tests")) - int(suite.get("skipped")); \
	sys.exit(None if ran > 0 else "no test ran")'

check: lint types imports test ## what must hold before a change lands: format, lint, types, import rules, tests

format: $(READY) ## format the code and fix what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: $(READY) ## check format and lint
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(READY) ## check types (mypy --strict)
	$(BIN)/mypy

imports: $(READY) ## check that each room only imports the rooms below it
	$(BIN)/lint-imports

contracts: $(READY) ## write the generated files under schema/ again
	$(BIN)/colophon contracts

faults-load: $(READY) ## end loads in the middle in every way, fifty rounds (some ten minutes)
	FAULT_ROUNDS=10 $(BIN)/python -m pytest tests/faults -q $(ARGS)

bench-load: $(READY) ## measure the speed of loading beside the least a loader could do (ARGS="--papers 20000")
	$(BIN)/python -m tests.benchmarks.bench_load $(ARGS)

eval-search: $(READY) ## measure the ranking on judged queries (ARGS="FOLDER …": sets in BEIR's layout)
	$(BIN)/python -m tests.benchmarks.eval_search $(ARGS)

bench-search: $(READY) ## measure the speed of the ranking on 800,000 papers (ARGS="--papers 20000")
	$(BIN)/python -m tests.benchmarks.bench_search $(ARGS)

eval-extract: $(READY) ## measure what is found in titles and abstracts against the shared gold
	$(BIN)/python -m tests.benchmarks.eval_extract $(ARGS)

bench-extract: $(READY) ## measure the speed of the extraction beside a bare read (ARGS="--papers 20000")
	$(BIN)/python -m tests.benchmarks.bench_extract $(ARGS)

# Read as text and never imported: without what they depend on, apart from the environment.
NAMES := transformers timm open_clip_torch mteb torchvision crfm-helm llamafactory ms-swift diffusers recbole pykeen \
	torch-geometric neuralforecast mmpretrain mmdet mmsegmentation keras-hub litellm tensorflow-datasets lm-eval

lexicon: $(READY) ## write the generated part of the lexicon again, from the latest releases of packages that publish names
	@rm -rf build/names && mkdir -p build
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --upgrade --target build/names $(NAMES)
	@$(BIN)/python -m service.ingest.extract.generate build/names service/ingest/extract

manifests: ## print the Kubernetes manifests, rendered (needs kubectl)
	@kubectl kustomize k8s/base

image: ## build the container image (docker, podman or buildah)
	@test -n "$(ENGINE)" || { echo "make image: docker, podman or buildah is needed." >&2; exit 2; }
	$(ENGINE) build $(if $(filter docker,$(notdir $(ENGINE))),,--format docker) --tag $(IMAGE) .

clean: ## remove what make made; never data
	rm -rf .venv .uv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find service tests -name __pycache__ -type d -prune -exec rm -rf {} +

# The uv that is installed if it can read uv.lock, else one of our own, pinned, in .uv.
$(UV):
	@rm -rf $(UV_HOME) && mkdir -p $(UV_HOME)/bin
	@if uv sync --help 2>/dev/null | grep -q -e --locked; then \
		ln -s "$$(command -v uv)" $@; \
	elif test -n "$(PYTHON)"; then \
		echo "fetching uv $(UV_VERSION)"; \
		"$(PYTHON)" -m venv $(UV_HOME) && $(UV_HOME)/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION); \
	else \
		echo "make: Python 3.11 or later is needed (on Debian and Ubuntu also its python3-venv)." >&2; exit 2; \
	fi

# Touched last, so that an interrupted sync is done again. uv trusts certificates of its own: behind a proxy that
# signs with another, which only this system knows, the second attempt gets through.
SYNC = $(UV) sync --locked --all-extras $(if $(PYTHON),--python "$(PYTHON)")
$(READY): pyproject.toml uv.lock | $(UV)
	@$(SYNC) || { echo "make: once more, with this system's certificates" >&2; UV_SYSTEM_CERTS=1 $(SYNC); }
	@touch $@
