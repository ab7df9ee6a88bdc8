# Rollcall's commands. Variables are given as `make urls SOURCES="prod staging"`; the tools read them from the environment.
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help up down status demo urls source sources parked redrive trim simulate prove endure costs bench test check
.PHONY: lock environments clean

# So that the tools find the package that lies in the layer.
export PYTHONPATH := layers/rollcall
# `sam build` calls python3.13, which every environment made from it has in its bin.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export SAM_CLI_TELEMETRY := 0

PYTHON := .venv/bin/python
TOOL := @$(PYTHON) -m
ENVIRONMENTS := .venv/.made .local/sam/.made .local/aws/.made
LOCK = $(CURDIR)/.venv/bin/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --python-version 3.13 \
	$(if $(UPGRADE),--upgrade)
SUITES := $(wildcard tests/unit tests/contract tests/integration tests/e2e)

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  urls, source, sources, parked, redrive, trim and simulate talk to the stack that make up started. With"
	@echo "  REGION=eu-west-1 (and STACK=name, if it is not rollcall) they talk to AWS, with your own credentials."

up: environments ## start Rollcall on this machine and print its URLs (again: deploy what changed); ROLLCALL_PORT=4600
	$(TOOL) tools.local up

down: .venv/.made ## stop it; everything in it is gone
	$(TOOL) tools.local down

status: .venv/.made ## say whether it runs, and where
	$(TOOL) tools.local status

demo: up ## send signed webhooks of all providers at it and show who is where
	$(TOOL) tools.demo

urls: .venv/.made ## print a webhook URL per provider; SOURCES="prod staging"
	$(TOOL) tools.urls

source: .venv/.made ## store a source's secrets and retention; PROVIDER=pusher SOURCE=prod
	$(TOOL) tools.source

sources: .venv/.made ## list what is stored for which source, without showing secrets
	$(TOOL) tools.sources

parked: .venv/.made ## list parked webhooks by reason
	$(TOOL) tools.parked

redrive: .venv/.made ## send parked webhooks through again; REASON=unverified for one reason, DRY=1 only counts
	$(TOOL) tools.redrive

trim: .venv/.made ## start the trimmer now; KIND=members|tombstones|events, DRY=1 deletes nothing
	$(TOOL) tools.trim

simulate: .venv/.made ## send what simulated providers send at it and audit the answers; ARGS="--events 5000 --loss 0.05"
	$(TOOL) tools.simulator $(ARGS)

prove: environments ## a million events in this process, while calls to AWS fail, against a perfect receiver; ARGS=--help
	$(TOOL) tools.proof $(ARGS)

endure: environments ## 50,000 webhooks at an AWS that fails, is killed and restarted, against a perfect receiver; ARGS=--help
	$(TOOL) tools.endurance $(ARGS)

costs: environments ## what a million webhooks cost, by scenario; ARGS=--help
	$(TOOL) tools.costs $(ARGS)

bench: environments ## measure it against how it is usually written; ARGS="trimming reading"
	$(TOOL) tools.bench $(ARGS)

test: environments ## run all test suites: unit, contract, integration, e2e
	@$(PYTHON) -m pytest $(SUITES)

check: environments ## exactly what CI runs: format, lint, types, template, then all tests
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@.venv/bin/cfn-lint template.yaml
	@.local/sam/bin/sam validate --lint
	@$(MAKE) test

lock: .venv/.made ## write the lock files anew from the .in files; UPGRADE=1 takes newer versions, else only what must change
	@cd layers/dependencies && $(LOCK) requirements.in -o requirements.txt
	@for name in dev sam local; do $(LOCK) requirements/$$name.in -o requirements/$$name.txt || exit 1; done

environments: ## install what the project needs, three environments side by side
	@$(MAKE) -s -j3 $(ENVIRONMENTS)

# Looked for once, so that three environments do not complain side by side.
.local/python:
	@mkdir -p .local
	@tools/python313.sh > $@

.venv/.made: requirements/dev.txt | .local/python
	@tools/environment.sh .venv $< "Rollcall's tools and tests (1 of 3)"

.local/sam/.made: requirements/sam.txt | .local/python
	@tools/environment.sh .local/sam $< "SAM CLI (2 of 3)"

.local/aws/.made: requirements/local.txt | .local/python
	@tools/environment.sh .local/aws $< "the embedded AWS (3 of 3)"

clean: ## stop Rollcall and delete all that was installed, built or cached
	@if [ -e .venv/.made ]; then $(PYTHON) -m tools.local down; fi
	@rm -rf .venv .local .aws-sam .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
