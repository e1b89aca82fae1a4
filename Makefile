# Everything runs in .venv; `make serve` needs nothing but Python 3.11 or newer and a package index.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: help install serve build test check format lint types gate ablation clean

help: ## Show this list.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "zhijian needs Python 3.11 or newer; set PYTHON=…")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable .
	@touch $@

$(VENV)/.installed-test: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable '.[models,test]'
	@touch $@ $(VENV)/.installed

install: $(VENV)/.installed ## Make the environment and install the service.

build: install ## Build the index of the corpus anew.
	$(BIN)/zhijian build

serve: install ## Install, build the index if there is none, and serve on http://127.0.0.1:8000
	$(BIN)/zhijian serve

test: $(VENV)/.installed-test ## Install what tests need and run them all.
	$(BIN)/python -m pytest

format: $(VENV)/.installed-test ## Format the code.
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: $(VENV)/.installed-test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.installed-test
	$(BIN)/mypy

gate: $(VENV)/.installed-test
	$(BIN)/zhijian eval gate

check: lint types test gate ## Format check, lint, strict types, all tests, and the figures against the baseline.

ablation: $(VENV)/.installed ## Measure what each step brings and write the table of eval/README.md.
	$(BIN)/zhijian eval ablation --readme eval/README.md

clean: ## Remove the environment and built indexes.
	rm -rf $(VENV) var build *.egg-info
