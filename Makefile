# Rollcall's commands. Variables are given as `make urls SOURCES="prod staging"`; make hands them to the shell, whose
# `$${DRY:+--dry-run}` makes options of them without taking their text for commands.
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help up down status demo console key urls source sources parked redrive trim doctor simulate prove endure costs
.PHONY: bench test check lock environments clean

# So that the tools find the package that lies in the layer.
export PYTHONPATH := layers/rollcall
# `sam build` calls python3.13, which every environment made from it has in its bin.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export SAM_CLI_TELEMETRY := 0
# What `rollcall` calls them.
export ROLLCALL_REGION := $(or $(REGION),$(ROLLCALL_REGION))
export ROLLCALL_STACK := $(or $(STACK),$(ROLLCALL_STACK),rollcall)

PYTHON := .venv/bin/python
TOOL := @$(PYTHON) -m
COMMAND := .venv/bin/rollcall
ENVIRONMENTS := $(COMMAND) .local/sam/.made .local/aws/.made
LOCK = $(CURDIR)/.venv/bin/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --python-version 3.13 \
	$(if $(UPGRADE),--upgrade)
SUITES := $(wildcard tests/unit tests/contract tests/integration tests/browser tests/e2e)

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  What is done with rollcall, and simulate, talks to the stack that make up started. With REGION=eu-west-1"
	@echo "  (and STACK=name, if it is not rollcall) it talks to AWS, with your own credentials."

up: environments ## start Rollcall on this machine and print its URLs (again: deploy what changed); ROLLCALL_PORT=4600
	$(TOOL) tools.local up

down: .venv/.made ## stop it; everything in it is gone
	$(TOOL) tools.local down

status: .venv/.made ## say whether it runs, and where
	$(TOOL) tools.local status

demo: environments ## start it, send signed webhooks of all providers at it and show who is where
	$(TOOL) tools.local start
	$(TOOL) tools.demo

console: $(COMMAND) ## rollcall console: the address of the page that shows who is where
	@$(COMMAND) console

key: $(COMMAND) ## rollcall key: the read key
	@$(COMMAND) key

urls: $(COMMAND) ## rollcall urls: a webhook URL per provider; SOURCES="prod staging"
	@$(COMMAND) urls $$SOURCES

source: $(COMMAND) ## rollcall source add: store a source's secrets and retention; PROVIDER=pusher SOURCE=prod, REPLACE=1
	@$(COMMAND) source add "$$PROVIDER/$${SOURCE:-main}" $${REPLACE:+--replace}

sources: $(COMMAND) ## rollcall source list: what is stored for which source, without showing secrets
	@$(COMMAND) source list

parked: $(COMMAND) ## rollcall parked list: parked webhooks by reason
	@$(COMMAND) parked list

redrive: $(COMMAND) ## rollcall parked redrive: send them through again; REASON=unverified for one reason, DRY=1 only counts
	@$(COMMAND) parked redrive --yes $${REASON:+--reason "$$REASON"} $${DRY:+--dry-run}

trim: $(COMMAND) ## rollcall trim: start the trimmer now; KIND=members|tombstones|events, DRY=1 deletes nothing
	@$(COMMAND) trim $${KIND:+--kind "$$KIND"} $${DRY:+--dry-run}

doctor: $(COMMAND) ## rollcall doctor: what is wrong with the deployment, and what to do about it
	@$(COMMAND) doctor

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

test: environments ## run all test suites: unit, contract, integration, browser, e2e
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

# A link to this checkout, so that what is edited counts at once; what builds it lies in the environment.
$(COMMAND): pyproject.toml .venv/.made
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --no-index --no-deps --no-build-isolation --editable .

.local/sam/.made: requirements/sam.txt | .local/python
	@tools/environment.sh .local/sam $< "SAM CLI (2 of 3)"

.local/aws/.made: requirements/local.txt | .local/python
	@tools/environment.sh .local/aws $< "the embedded AWS (3 of 3)"

clean: ## stop Rollcall and delete all that was installed, built or cached
	@if [ -e .venv/.made ]; then $(PYTHON) -m tools.local down; fi
	@rm -rf .venv .local .aws-sam .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
