"""The construct as a package, for other CDK apps."""

from setuptools import setup

setup(
    name="predictive-lambda",
    version="1.0.0",
    description="A scikit-learn model in a container image, served by AWS Lambda",
    packages=["predictive_lambda"],
    package_data={"predictive_lambda": ["py.typed"]},  # type checkers then use its hints
    python_requires=">=3.11",
    # The oldest versions that work. Your app has its own lock, and Node.js for the CDK.
    install_requires=["aws-cdk-lib>=2.275,<3", "constructs>=10.8,<11"],
)
