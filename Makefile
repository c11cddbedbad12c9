# make sweep   set up, some minutes, once; then run the study `quickstart`: offline, about 20 seconds on two cores
# make test    set up, then run every test
# make ui      open the MLflow UI on what has been run
# make lint    ruff and mypy --strict
# make reference  write docs/reference.md anew from the declarations of all keys
# make lock    pin requirements.lock anew from pyproject.toml
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
STUDY ?= quickstart

.PHONY: sweep test ui lint reference lock wheel clean

sweep: $(READY)
	$(BIN)/seqsweep sweep $(STUDY) $(ARGS)

# A file of tests stays in one process, which then loads TensorFlow once; tests/conftest.py orders the files.
test: $(READY)
	@$(BIN)/python -m compileall -q src tests  # once, and not in each process that a test starts
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder --durations 10 $(ARGS)

ui: $(READY)
	$(BIN)/seqsweep ui $(ARGS)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

reference: $(READY)
	$(BIN)/python -m seqsweep.explanation > docs/reference.md

# The lock names versions and hashes, no index: it installs from whatever registry pip is set to.
lock: $(READY)
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
		--extra dev pyproject.toml --output-file requirements.lock

wheel: $(READY)
	$(BIN)/python -m build --wheel --no-isolation

clean:
	rm -rf $(VENV) build dist

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(not (3, 11) <= v < (3, 14))' || \
		{ echo "seqsweep needs Python 3.11 to 3.13; this is $$($(PYTHON) --version). Try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Setting up $(VENV): TensorFlow, MLflow and what they need, some 2 GB; this takes a few minutes, once."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
