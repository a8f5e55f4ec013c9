# Everything a person does with Barhouse. `make help` lists it.
PYTHON ?= python3
SCALE ?= small
BIN := .venv/bin
DBT_PARSE_TARGET := .barhouse/parse

.DEFAULT_GOAL := help
.PHONY: help setup demo nightly psql report docs bench test test-unit check format lock clean

help:  ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup:  ## Set everything up (done by the others as needed)
	@$(PYTHON) tools/setup.py

demo: setup  ## Load real bars, build, test, export; show what came out
	@$(BIN)/barhouse demo

nightly: setup  ## Run the nightly flow once: extract, build, export
	@$(BIN)/barhouse nightly

psql: setup  ## Open psql on the warehouse, as an analyst
	@$(BIN)/barhouse db psql

report: setup  ## Write report.html: candles, completeness, quarantine, freshness, storage
	@$(BIN)/barhouse report

docs: setup  ## Write the models' documentation as one page: .barhouse/docs/index.html
	@$(BIN)/barhouse docs

bench: setup  ## Measure beside DuckDB and ArcticDB: make bench SCALE=small|reference|full
	@$(PYTHON) tools/setup.py peers
	@$(BIN)/python -m benchmarks --scale $(SCALE) $(if $(OUTPUT),--output $(OUTPUT))

test: setup  ## Run every test, against a TimescaleDB of its own
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

test-unit: setup  ## Run the tests that need no database
	@$(BIN)/python -m pytest tests/python/unit

check: setup  ## Format, lint, types, dbt parse, layer rules; changes nothing
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/yamllint --strict .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/barhouse dbt parse --no-partial-parse --quiet --target-path $(DBT_PARSE_TARGET)
	$(BIN)/dbt-bouncer run --config-file dbt-bouncer.yml
	$(BIN)/sqlfluff lint models tests/generic tests/singular sql_bootstrap
	@sh tools/lint_test_bodies.sh $(BIN)/sqlfluff

format: setup  ## Format Python and SQL in place
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/sqlfluff fix models tests/generic tests/singular sql_bootstrap

lock: setup  ## Resolve the locks anew from pyproject.toml and benchmarks/requirements.in
	.barhouse/tools/bin/uv --system-certs pip compile pyproject.toml --group dev --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-annotate --no-header --upgrade --quiet -o requirements.lock
	.barhouse/tools/bin/uv --system-certs pip compile benchmarks/requirements.in --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-annotate --no-header --upgrade --quiet -o benchmarks/requirements.lock

clean:  ## Stop the embedded database and delete all that Barhouse made, the lake included
	-@$(BIN)/barhouse db stop
	rm -rf .barhouse .venv lake target logs embedded/node_modules
