# The two commands: `make demo` shows what Papercourier does, `make test` that it works.
# Each target makes its own environment in .venv first; nothing is needed but python3 and make.

PYTHON ?= python3
BIN := .venv/bin
ROUNDS ?= 20
WORKERS ?= 3
SEED ?= 1
PLATFORM ?= chat

.PHONY: help setup demo test check bench browser crash play-discord play-slack lock clean

help:  ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

setup:  ## Make the environment in .venv
	@PYTHON="$(PYTHON)" sh .ci/setup

demo: setup  ## The whole journey on the sample day, in the terminal, without keys
	@$(BIN)/papercourier demo

test: setup  ## Run the tests
	@$(BIN)/pytest -n $(WORKERS) --dist loadfile

check: setup  ## Format, lint, types, imports, migrations, generated files
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m tests.checks

bench: setup  ## Measure the figures of the design
	@$(BIN)/python -m tests.benchmarks

browser:  ## Install what the tests in a real browser need; without, they are skipped
	@.ci/browser

crash: setup  ## Kill the service at random moments; fails on any loss or double
	@$(BIN)/python -m tests.crash --rounds $(ROUNDS) --seed $(SEED) --platform $(PLATFORM)

play-discord: setup  ## The bot in a Discord of its own, in a browser, without keys
	@$(BIN)/python -m tests.play_discord

play-slack: setup  ## The bot in a Slack of its own, in a browser, without keys
	@$(BIN)/python -m tests.play_slack

lock:  ## Pin the dependencies anew (needs uv)
	uv lock
	uv export --quiet --frozen --all-extras --no-emit-project --format requirements.txt --no-header --output-file requirements.txt

clean:  ## Remove the environment and what tools left behind
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build
