# Two colons: the example has more to measure.
.PHONY: bench
bench:: .venv/.development ## Measure the cold start of the model in the tree; with the example, all its figures (an hour)
	@$(BIN)/python -P -m tests.start.cold_start
