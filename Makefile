# A thin face over `uv run`. Make hands on to it what is given on the line: make run PORT=8010
.DEFAULT_GOAL := help
.PHONY: help run test test-e2e coverage-critical lint format

export UV_PYTHON_DOWNLOADS ?= never
UV := $(or $(shell command -v uv 2>/dev/null),.uv/bin/uv)
# Where uv was not on the PATH, Make fetches a private one first.
PRIVATE_UV := $(filter .uv/bin/uv,$(UV))
CRITICAL := backend/core/security.py,backend/core/permissions.py,backend/core/production.py,$\
	backend/repositories/sql/unit_of_work.py,backend/repositories/sql/sessions.py,$\
	backend/repositories/sql/sign_ins.py,backend/services/auth.py,backend/services/sessions.py,$\
	backend/services/sign_ins.py,backend/services/users.py

help: ## Show this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

run: $(PRIVATE_UV) ## Serve on http://127.0.0.1:8000, all that is missing installed and started
	@exec $(UV) run --locked mvp serve

test: $(PRIVATE_UV) ## Run the whole suite with coverage; fails under the gate
	@$(UV) run --locked pytest

test-e2e: $(PRIVATE_UV) ## Run the tests that need a browser
	@$(UV) run --locked pytest --override-ini=addopts= tests/e2e/browser

coverage-critical: $(PRIVATE_UV) ## After `make test`: the critical paths must be covered whole
	@$(UV) run --locked coverage report --include=$(CRITICAL) --fail-under=100

lint: $(PRIVATE_UV) ## Check style, types, layers and migrations
	@$(UV) run --locked ruff check .
	@$(UV) run --locked black --check --quiet .
	@$(UV) run --locked mypy
	@$(UV) run --locked lint-imports
	@$(UV) run --locked mvp migrate check

format: $(PRIVATE_UV) ## Format the code
	@$(UV) run --locked ruff check --fix-only --quiet .
	@$(UV) run --locked black --quiet .

.uv/bin/uv:
	@PIP_ROOT_USER_ACTION=ignore python3 -m pip install --quiet --disable-pip-version-check --target .uv uv \
		|| (python3 -m venv .uv && .uv/bin/python -m pip install --quiet uv) \
		|| (echo "Install uv (https://docs.astral.sh/uv/) or pip for python3, and try again." && false)
