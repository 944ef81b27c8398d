# A thin face over `uv run`. Make hands on to it what is given on the line: make run PORT=8010
.DEFAULT_GOAL := help
.PHONY: help run test test-all test-pythons test-e2e test-contract test-client test-faults test-docs test-bake test-mutants coverage-critical coverage-report lint lint-openapi contract-changes contract-tools collections format openapi client docs

export UV_PYTHON_DOWNLOADS ?= never
# Images set it, and each process would compile all of its imports: empty stands for unset.
export PYTHONDONTWRITEBYTECODE =
UV := $(or $(shell command -v uv 2>/dev/null),.uv/bin/uv)
# Where uv was not on the PATH, Make fetches a private one first.
PRIVATE_UV := $(filter .uv/bin/uv,$(UV))
# Brings a Node.js of its own.
NODE_UV := $(UV) run --locked --group client
comma := ,
BASE := $(or $(shell git rev-parse --quiet --verify --abbrev-ref origin/main 2>/dev/null),HEAD)
CRITICAL := $(shell paste -sd, tests/critical_paths.txt)

help: ## Show this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

run: $(PRIVATE_UV) ## Serve on http://127.0.0.1:8000, all that is missing installed and started
	@exec $(UV) run --locked mvp serve

test: $(PRIVATE_UV) ## Run the whole suite with coverage; fails under the gate
	@$(UV) run --locked pytest

test-all: test coverage-critical test-faults test-e2e test-contract test-client test-bake docs test-docs ## Run every test there is

# Shims of pyenv run the versions that are chosen: for the search, all there are.
test-pythons: ALL_OF_PYENV = $(shell pyenv versions --bare 2>/dev/null | paste -sd:)
test-pythons: $(PRIVATE_UV) ## Run the suite on each Python of this machine, 3.11 to 3.14
	@for version in 3.11 3.12 3.13 3.14; do \
		if found=$$(PYENV_VERSION=$(ALL_OF_PYENV) $(UV) python find --no-project $$version 2> /dev/null); then \
			echo "Python $$version: $$found"; \
			UV_PROJECT_ENVIRONMENT=.venv-$$version $(UV) run --locked --python $$found pytest --no-cov || exit; \
		else echo "Python $$version: not installed"; fi; \
	done

test-e2e: $(PRIVATE_UV) ## Run the tests that need a browser
	@$(UV) run --locked pytest --override-ini=addopts= tests/e2e/browser

test-contract: $(PRIVATE_UV) ## Try every operation with examples made from its schema: EXAMPLES=20
	@$(UV) run --locked pytest --override-ini=addopts= --numprocesses=logical tests/contract

test-client: client contract-tools ## Make the TypeScript and the Python client, and use them against a server
	@$(NODE_UV) pytest --override-ini=addopts= tests/client

test-faults: $(PRIVATE_UV) ## Kill real processes and serve behind real proxies: Debian's nginx, caddy, apache2 and pgbouncer
	@$(UV) run --locked pytest --override-ini=addopts= --numprocesses=logical --dist=loadfile tests/faults

test-bake: $(PRIVATE_UV) ## Write and remove resources in clones, which must pass their checks: some 30 minutes
	@$(UV) run --locked pytest --override-ini=addopts= --override-ini=timeout=2400 tests/bake

test-docs: $(PRIVATE_UV) ## Run the examples of README.md and docs/, check the built site: needs curl and jq
	@$(UV) run --locked --group docs pytest --override-ini=addopts= tests/docs

coverage-critical: $(PRIVATE_UV) ## After `make test`: the critical paths must be covered whole
	@$(UV) run --locked coverage report --include=$(CRITICAL) --fail-under=100

coverage-report: $(PRIVATE_UV) ## After `make test`: what it runs, and what of your change it does not: BASE=origin/main
	@mkdir -p htmlcov
	@$(UV) run --locked coverage html --quiet --fail-under=0
	@$(UV) run --locked coverage xml --quiet --fail-under=0
	@$(UV) run --locked coverage json --quiet --fail-under=0 -o htmlcov/coverage.json
	@$(UV) run --locked diff-cover coverage.xml --quiet --branch-coverage --compare-branch=$(BASE) \
		--format=json:htmlcov/change.json$(if $(GITHUB_ACTIONS),$(comma)github-annotations:notice) >&2
	@$(UV) run --locked python -m tests.coverage_report htmlcov/coverage.json htmlcov/change.json \
		--critical=$(CRITICAL) --badge=htmlcov/coverage.svg

test-mutants: $(PRIVATE_UV) ## Change the critical paths bit by bit, and list what no test notices: FILES=backend/...
	@$(UV) run --locked --group mutants python -m tests.mutants $(or $(FILES),$(CRITICAL))

# needs: assistant
.PHONY: evaluate
EVALUATED := $(if $(PROVIDER),--provider $(PROVIDER)) $(if $(MODEL),--model $(MODEL)) $(if $(LEAST),--least $(LEAST))

evaluate: $(PRIVATE_UV) ## Hold what the agent does against what is expected: PROVIDER=openai MODEL=gpt-5-mini
	@$(UV) run --locked python -m evaluations $(EVALUATED)
# /needs

lint: $(PRIVATE_UV) ## Check style, types, layers and migrations
	@$(UV) run --locked ruff check .
	@$(UV) run --locked black --check --quiet .
	@$(UV) run --locked mypy
	@$(UV) run --locked lint-imports
	@$(UV) run --locked mvp migrate check

openapi: $(PRIVATE_UV) ## Write openapi.json, as the code is now
	@$(UV) run --locked mvp openapi --output openapi.json

client: $(PRIVATE_UV) ## Make the TypeScript client from openapi.json, and check its types
	@$(NODE_UV) npm ci --prefix clients/typescript --loglevel=error
	@$(NODE_UV) npm run --prefix clients/typescript --silent build

contract-tools: $(PRIVATE_UV)
	@$(NODE_UV) npm ci --prefix clients/contract --loglevel=error

lint-openapi: contract-tools ## Lint openapi.json
	@$(NODE_UV) npm run --prefix clients/contract --silent lint

contract-changes: contract-tools ## Say what has changed in openapi.json that breaks clients: BASE=origin/main
	@mkdir -p .cache && git show $(BASE):openapi.json > .cache/openapi-before.json
	@$(NODE_UV) npm run --prefix clients/contract --silent changes -- \
		$(CURDIR)/.cache/openapi-before.json $(CURDIR)/openapi.json $(CURDIR)/CHANGELOG.md

collections: contract-tools ## Make collections for Postman and Bruno from openapi.json
	@$(NODE_UV) npm run --prefix clients/contract --silent collections

docs: $(PRIVATE_UV) ## Build the site of docs/ into site/, and check its links
	@$(UV) run --locked --only-group docs zensical build --strict --clean

format: $(PRIVATE_UV) ## Format the code
	@$(UV) run --locked ruff check --fix-only --quiet .
	@$(UV) run --locked black --quiet .

.uv/bin/uv:
	@PIP_ROOT_USER_ACTION=ignore python3 -m pip install --quiet --disable-pip-version-check --target .uv uv \
		|| (python3 -m venv .uv && .uv/bin/python -m pip install --quiet uv) \
		|| (echo "Install uv (https://docs.astral.sh/uv/) or pip for python3, and try again." && false)
