# Two colons: the example has more to measure.
.PHONY: bench
bench:: .venv/.development ## Measure cold starts of the model in the tree (needs Docker)
	@$(BIN)/python -P -m tests.start.cold_start
