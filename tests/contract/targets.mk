# The target for the model in the tree, which the Makefile includes.
.PHONY: conformance
conformance: .venv/.development ## Run the tests that hold for any model against the one in this tree
	@$(BIN)/python -P -m tests.contract.start
	@$(BIN)/pytest tests/contract
