# make help lists what there is. Needs Python 3.11 to 3.14; everything else it sets up itself, in .venv.
PYTHON ?= python3
BIN := .venv/bin
# The CDK's Python binding looks for node on PATH: the development set-up puts one into .venv.
# (npm and npx stand in lines with &&: without, old versions of make look them up on their own PATH.)
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help
help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: run
run: .venv/.serving ## Serve predictions on http://127.0.0.1:8000 (PORT=8001 for another port)
	@$(BIN)/python -P -m predictive_lambda.local.api

.PHONY: run-image
run-image: .venv/.serving ## Serve predictions from the serving image, as Lambda runs it (needs Docker)
	@$(BIN)/python -P -m predictive_lambda.local.image

.PHONY: score
score: .venv/.scoring ## Answer the rows of a file: make score IN=points.csv OUT=answers.csv (.jsonl, .gz; ARGS='--k 3')
	@test -n "$(IN)" -a -n "$(OUT)" || { echo "Say which files: make score IN=points.csv OUT=answers.csv"; exit 2; }
	@OMP_NUM_THREADS=1 $(BIN)/python -P -m bulk $(ARGS) -- "$(IN)" "$(OUT)"

.PHONY: smoke
smoke: .venv/.serving ## Send the request table to any URL: make smoke URL=https://...
	@$(BIN)/python -P -m tests.smoke $(URL)

.PHONY: test
test: .venv/.development node_modules/.installed ## Run the tests (those that need Docker or Chromium are skipped if it is missing)
	@$(BIN)/pytest

.PHONY: proof
proof: .venv/.development node_modules/.installed ## Run the long proofs: 100,000 points and events, scikit-learn's own tests (two hours)
	@FUZZ_EVENTS=100000 $(BIN)/pytest tests/contract/test_fuzz.py
	@$(BIN)/pytest -m proof

.PHONY: evaluate
evaluate: .venv/.development ## Compare the served answer with the pickle alone and the classic design
	@$(BIN)/python -P -m tests.chipotle.benchmarks.evaluate

.PHONY: bench
bench: .bench/.installed ## Measure cold start, warm answers, growth and cost (needs Linux and Docker; ten minutes)
	@$(BIN)/python -P -m tests.chipotle.benchmarks.bench

.PHONY: bench-quick
bench-quick: .bench/.installed ## Check that a cold start takes at most 0.6 of a plain one
	@$(BIN)/python -P -m tests.chipotle.benchmarks.bench --quick

.PHONY: lint
lint: .venv/.development ## Check format, style and types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy predictive_lambda model img tests setup.py
	@$(BIN)/mypy app.py  # apart: the handler is called app, too

.PHONY: synth
synth: node_modules/.installed ## Write the CloudFormation template to cdk.out (needs no Docker)
	@npx cdk synth --quiet && \
		echo "Wrote $(CURDIR)/cdk.out/the-predictive-lambda.template.json"

.PHONY: deploy
deploy: node_modules/.installed ## Deploy to AWS (needs Docker and credentials; CDK_ARGS='-c memory_mb=2048')
	@echo "Deploying: the image is built and pushed, then the stack is made (a few minutes the first time) ..."
	@$(BIN)/python -m predictive_lambda.deploy deploy $(CDK_ARGS)

.PHONY: diff
diff: node_modules/.installed ## Compare what is deployed with what would be
	@$(BIN)/python -m predictive_lambda.deploy diff $(CDK_ARGS)

.PHONY: destroy
destroy: node_modules/.installed ## Remove the stack from AWS
	@$(BIN)/python -m predictive_lambda.deploy destroy $(CDK_ARGS)

.PHONY: bootstrap
bootstrap: node_modules/.installed ## Set up the CDK in an AWS account and region, once
	@$(BIN)/python -m predictive_lambda.deploy bootstrap $(CDK_ARGS)

.PHONY: train
train: ## Train the model in its container: NAME.pkl and NAME.json
	@./model/trainmodel.sh

.PHONY: train-local
train-local: .venv/.development ## Train without Docker, in .venv, with the same packages
	@touch .venv/.begun
	@$(BIN)/python model/training/training.py || { echo "The training failed. If a package is missing, see 'Another package' in model/README.md."; exit 1; }
	@test -n "$$(find model -maxdepth 1 -name '*.pkl' -newer .venv/.begun)" || { echo "model/training/training.py wrote no model. It must end with artefacts.write(...)."; exit 1; }
	@echo "Trained: $$(cd model && echo *.pkl *.json). The packages are those of the images. The rest is this machine's:"
	@echo "$$($(BIN)/python -V), $$($(BIN)/python -m platform). The images have $$(grep -om1 'python:[0-9.]*' model/Dockerfile), on Linux. A server that runs must be started again. Before you deploy: make train"

.PHONY: conformance
conformance: .venv/.development ## Check what holds for any model, with the one in this tree
	@$(BIN)/python -P -m tests.contract.start
	@$(BIN)/pytest tests/contract

.PHONY: lock
lock: .venv/.development node_modules/.installed ## Pin all packages anew, from the requirements.in files and package.json
	@cd model && uv pip compile $(LOCK) requirements.in
	@cd model && uv pip compile $(LOCK:requirements.txt=requirements-training.txt) --constraint requirements.txt requirements-training.in
	@cd tests && uv pip compile $(LOCK) --constraint ../model/requirements-training.txt requirements.in
	@uv pip compile $(LOCK) --constraint tests/requirements.txt requirements.in
	@npm update --package-lock-only && :
LOCK := --quiet --universal --python-version 3.11 --generate-hashes --no-header --upgrade -o requirements.txt

.PHONY: lazy-tables
lazy-tables: .bench/.installed ## Write the tables of lazy_imports for the pins and the model in this tree, and prove them (an hour)
	@PYTHONPATH=model/deployment .bench/bin/python -m tests.lazy_imports.make_tables

.PHONY: pictures
pictures: .venv/.development node_modules/.installed ## Draw the README's pictures anew (needs Chromium)
	@npm install --silent --no-save world-atlas@2.0.2 && :
	@$(BIN)/python -P -m tests.chipotle.pictures.draw
	@$(BIN)/python -P -m tests.chipotle.benchmarks.evaluate
	@$(BIN)/python -P -m tests.chipotle.benchmarks.charts

.PHONY: clean
clean: ## Remove what the other commands made
	rm -rf .venv .bench node_modules cdk.out .mypy_cache .pytest_cache .ruff_cache .hypothesis .schemathesis
	find . -name __pycache__ -prune -exec rm -rf {} +

# Each set-up leaves a stamp, and is done again when what it installed from is newer.
# uv installs what the locks say, some times faster than pip.
INSTALL := $(BIN)/uv pip install --quiet --require-hashes --only-binary :all: --python

.venv/.made:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' || \
		{ echo "This needs Python 3.11 to 3.14; $(PYTHON) is none. Name one: make $(MAKECMDGOALS) PYTHON=python3.13"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' || \
		{ echo "$(PYTHON) cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --no-deps uv==0.13.9
	@# The project's folders are on the path of .venv, as the containers have theirs.
	@printf '%s\n' $(CURDIR)/model/deployment $(CURDIR)/model $(CURDIR) > $$(echo .venv/lib/python*/site-packages)/project.pth
	@touch $@

.venv/.serving: .venv/.made model/requirements.txt
	$(INSTALL) $(BIN)/python -r model/requirements.txt
	@touch $@

# A progress bar, which the image does not need.
.venv/.scoring: .venv/.serving tests/requirements.txt
	sed -n '/^tqdm==/,/[^\\]$$/p' tests/requirements.txt | $(INSTALL) $(BIN)/python -r -
	@touch $@

.venv/.deploying: .venv/.made requirements.txt
	@echo "Setting up what deploys, in .venv (once) ..."
	$(INSTALL) $(BIN)/python -r requirements.txt
	@touch $@

.venv/.development: .venv/.serving .venv/.deploying tests/requirements.txt
	@echo "Setting up what tests, in .venv (once, a few minutes) ..."
	$(INSTALL) $(BIN)/python -r tests/requirements.txt
	@touch $@

# What the image has and nothing more: scikit-learn imports pandas wherever it finds it. The files
# are copies: of files that others have open, the system would not drop the pages.
.bench/.installed: .venv/.development
	$(PYTHON) -m venv --clear --without-pip .bench
	$(INSTALL) .bench --link-mode copy -r model/requirements.txt
	$(BIN)/uv pip install --quiet --python .bench awslambdaric==4.2.2
	@touch $@

node_modules/.installed: package-lock.json .venv/.deploying
	npm ci && touch $@
