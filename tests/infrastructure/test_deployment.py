"""The stack on an emulated AWS: `cdk deploy` in, the request table's answers at its URL out."""

import hashlib
import json
import pickle
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from pathlib import Path
from subprocess import PIPE, STDOUT, Popen
from typing import Any

import pytest
from botocore.session import get_session
from playwright.sync_api import Browser, Error

from app import lambdaHandler
from tests.engines import EXAMPLE, in_process, over_http
from tests.infrastructure.emulated_aws import REGION, ROOT, STACK, Aws, emulated_aws
from tests.table import Answer, Row, all_rows

# Where the emulator, not the stack, answers otherwise than AWS: printed, not asserted.
EMULATORS_OWN = {"OPTIONS names the methods": "the emulator keeps OPTIONS from the function"}


@pytest.fixture(scope="module")
def aws(engine: None) -> Iterator[Aws]:
    with emulated_aws() as running:
        yield running


@pytest.fixture(scope="module")
def first(aws: Aws) -> Path:
    """The assembly of this project."""
    return aws.synthesize(ROOT, "first")


@pytest.fixture(scope="module")
def other(aws: Aws) -> Path:
    """A copy of this project whose pickle has other bytes, and so another version."""
    project = aws.folder / "project"
    for name in ("predictive_lambda", "model"):
        shutil.copytree(ROOT / name, project / name)
    for name in ("app.py", "cdk.json"):
        shutil.copy(ROOT / name, project)
    [path] = (project / "model").glob("*.pkl")
    path.write_bytes(pickle.dumps(pickle.loads(path.read_bytes()), protocol=4))
    manifest = json.loads(path.with_suffix(".json").read_text())
    manifest["pickle_sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    path.with_suffix(".json").write_text(json.dumps(manifest))
    return project


@pytest.fixture(scope="module")
def url(aws: Aws, first: Path) -> str:
    return aws.deploy(first)


@pytest.mark.parametrize("row", all_rows(), ids=lambda row: row.rule)
def test_on_the_emulated_aws(row: Row, url: str, request: pytest.FixtureRequest) -> None:
    if reason := EMULATORS_OWN.get(row.rule):
        request.applymarker(pytest.mark.xfail(reason=reason))
    row.check(over_http(url)(row))


def test_nothing_differs_after_a_deployment(url: str, aws: Aws, first: Path) -> None:
    assert "There were no differences" in aws.cdk("diff", "--fail", "--app", str(first))


@pytest.mark.proof
def test_64_requests_at_once_get_each_its_own_answer(url: str) -> None:
    rows = [row for row in all_rows() if row.method == "GET"][:64]
    send = over_http(url)

    def ask(row: Row) -> Answer:
        """Ask again while the emulator, which starts few containers, has none free."""
        while (answer := send(row)).status == 429:
            time.sleep(1)
        return answer

    with ThreadPoolExecutor(64) as clients:
        for row, answer in zip(rows, clients.map(ask, rows), strict=True):
            row.check(answer)


KNOBS = {
    "canary": "true",
    "snap_start": "true",
    "alarm_email": "me@example.org",
    "dashboard": "true",
    "cors": "*",
}


@pytest.mark.parametrize(
    "knobs",
    [
        pytest.param({}, id="as it is"),
        pytest.param(KNOBS, id="through an alias", marks=pytest.mark.proof),
    ],
)
def test_a_second_model_answers_and_the_first_comes_back(
    knobs: dict[str, str], url: str, aws: Aws, other: Path
) -> None:
    def version() -> str:
        answer = over_http(url)(EXAMPLE)
        assert answer.text == in_process(EXAMPLE).text
        return answer.headers["x-model-version"]

    name = f"{len(knobs)} knobs"
    first = aws.synthesize(ROOT, f"first, {name}", **knobs)
    second = aws.synthesize(other, f"second, {name}", **knobs)
    versions = []
    for assembly in (first, second, first):
        assert aws.deploy(assembly) == url
        versions.append(version())
    assert versions[0] == versions[2] != versions[1]


COMBINATIONS = [
    names for count in range(len(KNOBS) + 2) for names in combinations([*KNOBS, "bulk"], count)
]


@pytest.mark.proof
@pytest.mark.parametrize("names", COMBINATIONS, ids=" ".join)
def test_every_combination_of_knobs_is_deployed_and_answers(
    names: tuple[str, ...], url: str, aws: Aws
) -> None:
    knobs = {name: KNOBS.get(name, "true") for name in names}
    assert aws.deploy(aws.synthesize(ROOT, f"with {' '.join(names)}", **knobs)) == url
    assert over_http(url)(EXAMPLE).text == in_process(EXAMPLE).text


@pytest.mark.proof
def test_an_interrupted_deployment_is_repeated(
    url: str, aws: Aws, first: Path, other: Path
) -> None:
    second = aws.synthesize(other, "interrupted")
    aws.publish(second)
    options = ("--app", str(second), "--require-approval", "never", "--ci")
    command = [str(ROOT / "node_modules" / ".bin" / "cdk"), "deploy", *options]
    with Popen(command, env=aws.environment, stdout=PIPE, stderr=STDOUT, text=True) as deploying:
        assert deploying.stdout
        assert any("deploying..." in line for line in deploying.stdout)
        deploying.kill()
    assert aws.deploy(second) == url
    in_second = over_http(url)(EXAMPLE).headers["x-model-version"]
    assert aws.deploy(first) == url
    assert over_http(url)(EXAMPLE).headers["x-model-version"] != in_second


FETCH = """async ([url, body]) => {
    const asked = await fetch(url)
    const headers = {"content-type": "application/json"}
    const sent = await fetch(url, {method: "POST", headers, body})
    return [asked.status, sent.status, sent.headers.get("x-model-version")]
}"""


@pytest.mark.proof
def test_pages_of_another_site_may_ask_if_the_stack_names_it(
    url: str, aws: Aws, local_api: str, browser: Browser
) -> None:
    """The browser itself keeps the answer from a page that may not have it."""
    named = local_api.rstrip("/")
    assembly = aws.synthesize(ROOT, "for another site", cors=named)
    assert aws.deploy(assembly) == url
    # The emulator keeps what CloudFormation says of CORS under names that it does not read.
    template = json.loads((assembly / f"{STACK}.template.json").read_text())
    [api] = [r for r in template["Resources"].values() if r["Type"] == "AWS::ApiGatewayV2::Api"]
    gateway = client(aws, "apigatewayv2")
    [deployed] = gateway.get_apis()["Items"]
    cors = api["Properties"]["CorsConfiguration"]
    gateway.update_api(ApiId=deployed["ApiId"], CorsConfiguration=cors)

    model = lambdaHandler.model
    body = json.dumps({"points": [[model.example.get(p.name) for p in model.inputs]]})
    page = browser.new_page()
    page.goto(f"{named}/healthz")
    version = str(model.about["version"])
    assert page.evaluate(FETCH, [url, body]) == [200, 200, version]
    page.goto(f"{named}/healthz".replace("127.0.0.1", "localhost"))
    with pytest.raises(Error, match="Failed to fetch"):
        page.evaluate(FETCH, [url, body])
    page.close()


def test_nothing_of_the_stack_stays_after_destroy(url: str, aws: Aws, first: Path) -> None:
    assert all(resources(aws).values())
    aws.cdk("destroy", "--force", "--app", str(first))
    assert not any(resources(aws).values())
    assert over_http(url)(EXAMPLE).status == 404


def client(aws: Aws, service: str) -> Any:
    session = get_session()
    session.set_credentials(aws.environment["AWS_ACCESS_KEY_ID"], "none")
    endpoint = aws.environment["AWS_ENDPOINT_URL"]
    return session.create_client(service, region_name=REGION, endpoint_url=endpoint)


def resources(aws: Aws) -> dict[str, list[str]]:
    """List what there is of each service that the stack uses, the bootstrap's own left out."""

    def names(service: str, operation: str, key: str, name: str) -> list[str]:
        found = [entry[name] for entry in getattr(client(aws, service), operation)()[key]]
        return [name for name in found if not name.startswith("cdk-")]

    return {
        "function": names("lambda", "list_functions", "Functions", "FunctionName"),
        "role": names("iam", "list_roles", "Roles", "RoleName"),
        "api": names("apigatewayv2", "get_apis", "Items", "Name"),
        "logs": names("logs", "describe_log_groups", "logGroups", "logGroupName"),
    }
