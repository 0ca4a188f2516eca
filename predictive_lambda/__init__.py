"""The infrastructure around the model: `from predictive_lambda import PredictiveLambda`."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from predictive_lambda.predictive_lambda import PredictiveLambda as PredictiveLambda


def __getattr__(name: str) -> Any:
    """Import the construct on first use: `make run` is in this package, and needs no CDK."""
    if name != "PredictiveLambda":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from predictive_lambda.predictive_lambda import PredictiveLambda

    return PredictiveLambda
