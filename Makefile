# `make help` lists the targets. They need Python 3.11 to 3.14, and install everything else in .venv.
PYTHON ?= python3
BIN := .venv/bin
# The CDK's library looks for node on PATH, and the set-up installs it in .venv.
# (npm and npx get an && because make 3.81, as on macOS, runs simple commands without a shell, by its own PATH.)
export PATH := $(CURDIR)/$(BIN):$(PATH)
# User settings that would install packages elsewhere, or make Python import other modules.
unexport CDPATH PYTHONHOME PYTHONPATH PYTHONSAFEPATH PYTHONWARNINGS UV_SYSTEM_PYTHON UV_NO_BINARY
# Trust this machine's certificates, where a company's proxy has its own.
export NODE_USE_SYSTEM_CA := 1
export UV_SYSTEM_CERTS := $(if $(wildcard /etc/ssl/cert.pem /etc/ssl/certs/ca-*.crt /etc/pki/tls/certs/ca-*.crt),1,0)
# Caches need a HOME that can be written; the CDK rejects a ~/.cache that a group can write.
export HOME := $(shell cd "$${HOME:-/nowhere}" 2>/dev/null && { test -d .cache || mkdir -m 700 .cache; } 2>/dev/null && test -w .cache && pwd || echo "$(CURDIR)/.venv")
ONE_THREAD := OMP_NUM_THREADS=1 OMP_THREAD_LIMIT=1 OPENBLAS_NUM_THREADS=1  # as on Lambda

.PHONY: help run run-image score smoke test proof lint train train-local synth deploy diff destroy bootstrap lock clean
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
run: .venv/.serving ## Serve predictions on http://127.0.0.1:8000 (PORT=8001 for another port)
	@$(ONE_THREAD) $(BIN)/python -P -m predictive_lambda.local.api
run-image: .venv/.serving ## Serve predictions from the serving image, as Lambda runs it (needs Docker)
	@$(BIN)/python -P -m predictive_lambda.local.image
score: .venv/.serving ## Score the rows of a file: make score IN=points.csv OUT=answers.csv (ARGS='--k 3')
	@test -n "$$IN" -a -n "$$OUT" || { echo "Name the files: make score IN=points.csv OUT=answers.csv"; exit 2; }
	@$(ONE_THREAD) $(BIN)/python -P -m bulk $(ARGS) -- "$$IN" "$$OUT"
smoke: .venv/.serving ## Send the request table to a URL: make smoke URL=https://... (HEADER='name: value')
	@$(BIN)/python -P -m tests.smoke "$$URL"
test: .venv/.development node_modules/.installed ## Run the tests (skips those that need Docker or Chromium if it is missing)
	@$(BIN)/pytest
proof: .venv/.development node_modules/.installed ## Run the long tests, such as 100,000 fuzzed events
	@FUZZ_EVENTS=100000 $(BIN)/pytest tests/contract/test_fuzz.py
	@$(BIN)/pytest -m proof
lint: .venv/.development ## Check formatting, style and types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy predictive_lambda model tests setup.py && $(BIN)/mypy app.py  # apart: the handler is called app, too
train: ## Train the model in its container, which writes NAME.pkl and NAME.json (needs Docker)
	@sh model/trainmodel.sh
train-local: .venv/.development ## Train without Docker, in .venv, with the same packages
	@touch .venv/.training
	@$(BIN)/python model/training/training.py
	@find model -maxdepth 1 -name '*.pkl' -newer .venv/.training | grep . > .venv/.trained || \
		{ echo "model/training/training.py wrote no model. It must end with artefacts.write(...)."; exit 1; }
	@echo "Wrote $$(cat .venv/.trained) and its manifest with $$($(BIN)/python -V). Restart a running server. Before you deploy: make train"
synth: node_modules/.installed ## Write the CloudFormation templates to cdk.out (CDK_ARGS='-c memory_mb=2048')
	@rm -f cdk.out/*.template.json
	@npx cdk synth --quiet $(CDK_ARGS) && printf 'Wrote %s\n' cdk.out/*.template.json
deploy: ## Deploy to AWS (needs Docker and credentials; CDK_ARGS='-c memory_mb=2048')
diff: ## Compare the deployed stack with this tree
destroy: ## Remove the stack from AWS
bootstrap: ## Prepare an AWS account and region for the CDK, once
deploy diff destroy bootstrap: node_modules/.installed
	@npx cdk $@ $(CDK_ARGS) && :
lock: .venv/.development node_modules/.installed ## Pin the packages of the .in files and package.json (UPGRADE=1: the newest versions)
	@cd model && $(LOCK) requirements.in -o requirements.txt
	@cd model && $(LOCK) requirements-training.in -o requirements-training.txt -c requirements.txt
	@cd tests && $(LOCK) requirements.in -o requirements.txt -c ../model/requirements-training.txt
	@cd predictive_lambda/local && $(LOCK) requirements.in -o requirements.txt -c ../../tests/requirements.txt
	@$(LOCK) requirements.in -o requirements.txt -c tests/requirements.txt
	@npm $(if $(UPGRADE),update,install) --package-lock-only && :
LOCK := uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest --generate-hashes --no-header $(if $(UPGRADE),--upgrade)  # fewest: one version for all Pythons
clean: ## Remove .venv, node_modules, cdk.out and all caches
	rm -rf .venv .bench node_modules cdk.out .mypy_cache .pytest_cache .ruff_cache .hypothesis .schemathesis
	find . -name __pycache__ -prune -exec rm -rf {} +

# Each set-up leaves a stamp, and runs again once a lock is newer. One that was interrupted leaves .installing.
define INSTALL
	@touch $@.installing
	@$(if $(CERT),SSL_CERT_FILE='$(CERT)') $(BIN)/uv pip install --quiet --require-hashes --only-binary :all: $(UV_OPTIONS) \
		--python $(BIN)/python $(patsubst %,-r %,$(filter %.txt,$^))
	@rm $@.installing && touch $@
endef
UV_OPTIONS = $(if $(wildcard $@.installing),--reinstall) $(if $(INDEX),--default-index '$(INDEX)')
INDEX = $(or $(PIP_INDEX_URL),$(call PIP_SETTING,index-url))
CERT = $(or $(PIP_CERT),$(call PIP_SETTING,cert))
PIP_SETTING = $(shell PIP_USER=0 $(BIN)/pip config list | sed -n "s/^.*\.$(1)='\(.*\)'$$/\1/p" | tail -n 1)

.venv/.made:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' || \
		{ echo "This needs Python 3.11 to 3.14, and $(PYTHON) is not one of them: make $(MAKECMDGOALS) PYTHON=python3.13"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' || \
		{ echo "$(PYTHON) cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@$(PYTHON) -m venv --clear .venv
	@# Two steps: pip's settings may name an index, which is used, or a target, which is ignored.
	@$(BIN)/pip download --disable-pip-version-check --quiet --no-deps --only-binary :all: --dest .venv uv==0.13.9
	@PIP_CONFIG_FILE=/dev/null $(BIN)/pip --isolated install --quiet --no-deps --no-index .venv/uv-*.whl && rm .venv/uv-*.whl
	@cd .venv/lib/python*/site-packages && printf '%s\n' ../../../../model/deployment ../../../../model ../../../.. > project.pth
	@cd .venv && pwd -P > .made
# Programs in .venv name its path: after a move, set up again.
$(shell test "$$(cat .venv/.made 2>/dev/null)" = "$$(cd .venv 2>/dev/null && pwd -P)" || rm -f .venv/.made)
.venv/.serving: .venv/.made model/requirements.txt predictive_lambda/local/requirements.txt
	$(INSTALL)
.venv/.deploying: .venv/.made requirements.txt
	$(INSTALL)
.venv/.development: .venv/.serving .venv/.deploying tests/requirements.txt
	@echo "Installing what the tests need in .venv (once, a few minutes) ..."
	$(INSTALL)
node_modules/.installed: package-lock.json .venv/.deploying
	npm ci --include=dev && touch $@
-include tests/*/targets.mk
