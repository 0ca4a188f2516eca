"""The construct in another app: as a package, its image, its templates, and cdk-nag's rules."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from aws_cdk import App, Stack
from aws_cdk.assertions import Template

from predictive_lambda import PredictiveLambda
from tests.infrastructure import adopter
from tests.infrastructure.synthesized import FLAGS, ROOT, broken_rules, properties

README = (ROOT / "predictive_lambda" / "README.md").read_text()


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a fresh environment that only has the package."""
    source = tmp_path_factory.mktemp("source")
    shutil.copy(ROOT / "setup.py", source)
    shutil.copytree(ROOT / "predictive_lambda", source / "predictive_lambda")
    fresh, uv = tmp_path_factory.mktemp("fresh"), Path(sys.executable).with_name("uv")
    subprocess.run([uv, "venv", "-q", "--clear", "--python", sys.executable, fresh], check=True)
    lock = ("--constraint", ROOT / "requirements.txt")
    subprocess.run([uv, "pip", "install", "-q", "--python", fresh, *lock, source], check=True)
    return fresh / "bin" / "python"


def test_readme_code_runs_with_the_installed_package(installed: Path, tmp_path: Path) -> None:
    section = README.partition("## In your own app\n")[2]
    [code] = re.findall(r"^```python\n(.+?)^```", section, re.MULTILINE | re.DOTALL)[:1]
    assert len(code.splitlines()) <= 20
    (tmp_path / "app.py").write_text(code)
    ignore = shutil.ignore_patterns("training", "__pycache__")
    shutil.copytree(ROOT / "model", tmp_path / "churn" / "model", ignore=ignore)
    environment = os.environ | {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "CDK_OUTDIR": str(tmp_path / "cdk.out"),
        "CDK_CONTEXT_JSON": json.dumps(FLAGS),
    }
    subprocess.run([installed, "app.py"], cwd=tmp_path, env=environment, check=True)
    memory = set()
    for file in (tmp_path / "cdk.out").glob("*.template.json"):
        [function] = properties(Template.from_string(file.read_text()), "Lambda::Function", "Churn")
        memory.add(function["MemorySize"])
    assert memory == {1024, 4096}


def test_the_package_has_every_module_and_its_types(installed: Path) -> None:
    [package] = installed.parents[1].glob("lib/*/site-packages/predictive_lambda")
    files = {"py.typed"} | {file.name for file in (ROOT / "predictive_lambda").glob("*.py")}
    assert files <= {file.name for file in package.iterdir()}


BASE = "public.ecr.aws/lambda/python:3.13@sha256:" + "0" * 64
STRAYS = (  # a change to them makes no new image
    "training/training.py",
    "deployment/__pycache__/app.cpython-313.pyc",  # `make run` leaves some
    "deployment/.DS_Store",  # the Finder leaves some
    ".training-abc/model.pkl",
    "notes.txt",
)
NEEDED = (".dockerignore", "Dockerfile", "requirements.txt", "defer_imports", "deployment")


def test_an_image_is_made_of_what_it_holds_and_its_base(tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(ROOT / "model", model, ignore=shutil.ignore_patterns("__pycache__"))
    for name in STRAYS:
        (model / name).parent.mkdir(exist_ok=True)
        (model / name).write_text("")
    app = App(outdir=str(tmp_path / "cdk.out"))
    PredictiveLambda(Stack(app, "stack"), "Model", model=model, base_image=BASE)
    app.synth()
    assets = json.loads((tmp_path / "cdk.out" / "stack.assets.json").read_text())
    [source] = [image["source"] for image in assets["dockerImages"].values()]
    assert source["dockerBuildArgs"] == {"BASE": BASE}
    staged = tmp_path / "cdk.out" / source["directory"]
    expected = {path for name in NEEDED for path in [model / name, *(model / name).rglob("*")]}
    expected |= {*model.glob("*.pkl"), *model.glob("*.json")}
    expected -= {model / name for name in STRAYS}
    found = {path.relative_to(staged) for path in staged.rglob("*") if path.is_file()}
    assert found == {path.relative_to(model) for path in expected if path.is_file()}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """The adopter's production stack."""
    app = App(context=FLAGS | adopter.CONTEXT, outdir=str(tmp_path_factory.mktemp("assembly")))
    adopter.add_stages(app, ROOT / "model")
    # The VPC lacks a log of its traffic, and names its zones. The CDK repeats dependencies.
    assert broken_rules(app) == {"AwsSolutions-VPC7", "W3010", "W3005"}
    [file] = Path(app.outdir, "assembly-prod").glob("*.template.json")
    return Template.from_string(file.read_text())


def test_a_folder_without_a_dockerfile_is_rejected(tmp_path: Path) -> None:
    """The default is the clone's model/, which an installed package does not have."""
    with pytest.raises(ValueError, match="has no Dockerfile: set `model` to the folder"):
        PredictiveLambda(Stack(App(), "scoring"), "Churn", model=tmp_path)


OPEN = dict.fromkeys(("GET /healthz", "OPTIONS /", "OPTIONS /{proxy+}"), "NONE")
DOORS = {
    "Churn": {"$default": "JWT"} | OPEN,
    "Internal": {"$default": "AWS_IAM", "GET /healthz": "NONE"},
    "Public": {"$default": "NONE"},
}


def test_only_health_checks_and_preflights_pass_without_credentials(template: Template) -> None:
    for construct, doors in DOORS.items():
        routes = properties(template, "ApiGatewayV2::Route", construct)
        assert {route["RouteKey"]: route["AuthorizationType"] for route in routes} == doors


def test_only_the_domain_serves_the_api(template: Template) -> None:
    [api] = properties(template, "ApiGatewayV2::Api", "Churn")
    assert api["DisableExecuteApiEndpoint"] is True
    template.has_resource_properties("AWS::ApiGatewayV2::ApiMapping", {"Stage": "$default"})
    [output] = template.find_outputs("Url").values()
    scheme, domain, *_ = output["Value"]["Fn::Join"][1]
    assert scheme == "https://" and "Domain" in str(domain)


def test_functions_have_the_adopters_network_and_environment(template: Template) -> None:
    for construct, is_in_the_vpc, variables in (
        ("Churn", True, {"TEAM"}),
        ("BulkPredictiveLambdaBulk", True, {"TEAM", "BUCKET"}),
        ("Internal", False, set()),
    ):
        roles = properties(template, "IAM::Role", construct)
        assert ("AWSLambdaVPCAccess" in json.dumps(roles)) == is_in_the_vpc
        [function] = properties(template, "Lambda::Function", construct)
        assert function.get("Environment", {}).get("Variables", {}).keys() == variables


def test_cloudwatch_may_use_the_key_of_the_logs(template: Template) -> None:
    groups = properties(template, "Logs::LogGroup", "Churn")
    assert len(groups) == 2 and all("KmsKeyId" in group for group in groups)
    [key] = properties(template, "KMS::Key", "Key")
    [grant] = [s for s in key["KeyPolicy"]["Statement"] if "Service" in s["Principal"]]
    assert grant["Principal"]["Service"] == "logs.eu-west-1.amazonaws.com"
    [context] = grant["Condition"]["ArnLike"].values()
    assert ":logs:eu-west-1:222222222222:log-group:*" in json.dumps(context)


def test_alarms_may_notify_the_pager_when_they_begin_and_end(template: Template) -> None:
    """The policy that enforces TLS replaces the default one, which would let CloudWatch publish."""
    [policy] = properties(template, "SNS::TopicPolicy", "Pager")
    [allowed] = [s for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == "Allow"]
    assert allowed["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert allowed["Condition"] == {"StringEquals": {"aws:SourceAccount": "222222222222"}}
    alarms = properties(template, "CloudWatch::Alarm", "ChurnPredictiveLambda")
    paged = [alarm for alarm in alarms if "AlarmActions" in alarm]
    assert len(paged) == 5
    assert all(alarm["AlarmActions"] == alarm["OKActions"] for alarm in paged)


def test_dashboards_of_one_stack_have_different_names(template: Template) -> None:
    boards = properties(template, "CloudWatch::Dashboard")
    assert len({board["DashboardName"] for board in boards}) == 2
