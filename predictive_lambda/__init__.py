"""The infrastructure around the model: `from predictive_lambda import PredictiveLambda`."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from predictive_lambda.predictive_lambda import PredictiveLambda as PredictiveLambda


def __getattr__(name: str) -> Any:
    """Import the construct on first use: `make run` uses this package without the CDK."""
    if name == "PredictiveLambda":
        from predictive_lambda.predictive_lambda import PredictiveLambda

        return PredictiveLambda
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
