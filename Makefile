# `make` alone lists what there is. Works with the make and sh of macOS and Linux.
PY := .venv/bin/python
TEMPLATES = $(shell find templates -name '*.html')
COMPILE = .venv/bin/uv pip compile --universal --generate-hashes --no-emit-index-url --no-annotate \
	--no-header --python-version 3.11 --quiet

.DEFAULT_GOAL := help
.PHONY: help run test check fmt reset lock bench load-jobs chaos proof-caps screenshots inspect

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-11s %s\n", $$1, $$2}' Makefile

run: ## Start everything and stay up: servers, sample data, web, worker, beat (Ctrl+C stops)
	@began=$$(date +%s); leadflip/run/venv.sh run && LEADFLIP_BEGAN=$$began exec $(PY) -m leadflip.run

test: ## Run all tests on servers of their own
	@leadflip/run/venv.sh dev
	$(PY) -m pytest -n 2 -m "not process"
	$(PY) -m pytest -m process

check: ## Lint, types, migrations, import lines, templates
	@leadflip/run/venv.sh dev
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy .
	$(PY) manage.py makemigrations --check --dry-run
	.venv/bin/lint-imports
	$(if $(TEMPLATES),.venv/bin/djade --target-version 5.2 --check $(TEMPLATES))

fmt: ## Format code and templates, mend what the linter can
	@leadflip/run/venv.sh dev
	.venv/bin/ruff check --fix
	.venv/bin/ruff format
	$(if $(TEMPLATES),.venv/bin/djade --target-version 5.2 $(TEMPLATES))

reset: ## Remove the state folder of make run with all its data
	@leadflip/run/venv.sh run && exec $(PY) -m leadflip.run reset

bench: ## Measure deliveries, latency, fairness, isolation (8 minutes); one alone: make bench-latency
	@leadflip/run/venv.sh run && exec $(PY) -m bench

bench-%:
	@leadflip/run/venv.sh run && exec $(PY) -m bench $*

load-jobs: ## Add N made-up jobs with all that belongs to them to this checkout's database: make load-jobs N=1000000
	@leadflip/run/venv.sh run && exec $(PY) -m bench.many $(N) $(if $(INTO),--into $(INTO))

chaos: ## Post 2,000 leads while everything is killed in turn, close the books (at most 4 minutes)
	@leadflip/run/venv.sh run && exec $(PY) -m tests.chaos

proof-caps: ## Count the places of caps after 1,000 runs of 16 routers that are killed, and shares (25 minutes)
	@leadflip/run/venv.sh run && exec $(PY) -m tests.proof $(ONLY)

screenshots: ## Take the pictures of docs/tour.md anew (4 minutes); some alone: make screenshots ONLY=portal
	@leadflip/run/venv.sh dev
	@exec $(PY) -m tests.tour $(ONLY)

inspect: ## Judge every page by axe, console, zoom and long words, both themes and widths (5 minutes); ONLY=portal
	@leadflip/run/venv.sh dev
	@exec $(PY) -m tests.tour --inspect $(ONLY)

lock: ## Write both requirement files anew from pyproject.toml
	@leadflip/run/venv.sh dev
	$(COMPILE) pyproject.toml --extra embedded -o requirements.txt
	$(COMPILE) pyproject.toml --extra embedded --group dev -o requirements-dev.txt
