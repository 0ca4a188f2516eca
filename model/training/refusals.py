"""What is said of a model that cannot be served: an error in, a sentence that mends it out."""

OF_LIBRARIES = (
    "Build it of what libraries have: FunctionTransformer(np.log1p), say, and neither a lambda nor "
    "a function or class of the training"
)
BY_NUMBER = (
    "Fit it on artefacts.rows(inputs), and give columns by number: "
    "[inputs.columns.get_loc(name) for name in ('a', 'b')]"
)
FILL_IN = "Fill in what is missing in a pipeline, by SimpleImputer, or drop those rows"
NO_PANDAS = "The function has no pandas: do without its functions, and without set_output"
ADVICE = {  # by a part of what an error says
    "using strings": BY_NUMBER,
    "only supported for": BY_NUMBER,
    "feature names should match": BY_NUMBER,
    "requires pandas": NO_PANDAS,
    "No module named 'pandas'": NO_PANDAS,
    "No module named": "Name its package in model/requirements.in, and run: make lock",
    "Can't get attribute": OF_LIBRARIES,
    "not fitted": "Call fit before write",
    "features, but": "The table must have the columns that it was fitted on, and the targets",
    "string to float": "Encode strings in a pipeline: OneHotEncoder or OrdinalEncoder",
    "contains NaN": FILL_IN,
    "no attribute 'lower'": FILL_IN,
}


class ModelError(ValueError):
    """The model cannot be served; the message says why, and what to change in the training."""


def refusal(said: str) -> ModelError:
    """Return the error for what the model said when it was given what the function gives it."""
    advice = next((advice for part, advice in ADVICE.items() if part in said), "Mend the training")
    return ModelError(f"The function could not use this model: {said.rstrip('.')}. {advice}.")
