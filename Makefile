# One command per need; what each does is in tools/. Works as the first command in a fresh clone.
# Paths are relative throughout, because make cannot hold a path with spaces in a variable.

SETUP := sh tools/setup.sh
PYTHON := sh tools/in-env.sh python

# The story that `make demo` tells, and its end.
DEMO := examples.digits.demo
DOWN := examples.digits.down

.DEFAULT_GOAL := help
.PHONY: help setup demo down test check lock clean

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## /\1	/p' Makefile | expand -t 10

setup: ## make .venv and the Pulumi engine (the others do it themselves)
	@$(SETUP)

demo: setup ## set up the platform on an emulated AWS and walk a model through it
	@$(PYTHON) -m $(DEMO)

down: ## destroy what demo left: stack, processes, state
	@if [ -e .venv/engine-path ]; then $(PYTHON) -m $(DOWN); else echo "down: nothing was set up here"; fi

test: setup ## run every test: quick ones, then those with real processes and the engine
	@$(PYTHON) -m tools.run_tests

check: setup ## format, lint, types, shell scripts
	@$(PYTHON) -m tools.check

lock: setup ## compile pyproject.toml into requirements*.txt (UPGRADE=1 takes new versions)
	@$(PYTHON) -m tools.lock $(if $(UPGRADE),--upgrade)

clean: ## remove what was made in this checkout (the engine stays in the user's cache)
	@sh tools/clean.sh
