"""The construct as a package, for other CDK apps. Its dependencies are those of requirements.in."""

from pathlib import Path

from setuptools import setup

LINES = (Path(__file__).parent / "requirements.in").read_text().splitlines()

setup(
    name="predictive-lambda",
    version="1.0.0",
    description="A scikit-learn model in a container image, served by AWS Lambda",
    packages=["predictive_lambda"],
    package_data={"predictive_lambda": ["py.typed"]},  # its type hints are for you, too
    python_requires=">=3.11",
    install_requires=[line.partition("#")[0].strip() for line in LINES if line[:1].isalpha()],
)
