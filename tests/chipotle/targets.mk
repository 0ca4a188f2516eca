# The example's own targets, which the Makefile includes.
.PHONY: evaluate bench-quick pictures
evaluate: .venv/.development ## Compare the served answers with the pickle's own and with the classic design's
	@$(BIN)/python -P -m tests.chipotle.benchmarks.evaluate
bench:: .bench/.installed
	@$(BIN)/python -P -m tests.chipotle.benchmarks.bench
bench-quick: .bench/.installed ## Check that a cold start takes at most 0.6 of a plain one
	@$(BIN)/python -P -m tests.chipotle.benchmarks.bench --quick
pictures: .venv/.development node_modules/.installed ## Draw the README's pictures (needs Chromium)
	@npm install --silent --no-save world-atlas@2.0.2 && :
	@$(BIN)/python -P -m tests.chipotle.pictures.draw
	@$(BIN)/python -P -m tests.chipotle.benchmarks.evaluate

# Only what the image has: scikit-learn imports pandas wherever it finds it. The files are copies,
# because the kernel doesn't evict pages of files that other processes have open.
.bench/.installed: .venv/.development model/requirements.txt
	@$(PYTHON) -m venv --clear --without-pip .bench
	@$(BIN)/uv pip install --quiet --python .bench --link-mode copy --require-hashes --only-binary :all: -r model/requirements.txt
	@$(BIN)/uv pip install --quiet --python .bench awslambdaric==4.2.2
	@touch $@
