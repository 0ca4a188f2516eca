"""The stack on an emulated AWS: deployed with `cdk deploy`, tested at its URL, destroyed."""

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
from tests.infrastructure.emulated_aws import REGION, ROOT, Aws, emulated_aws, template_file
from tests.smoke import Send, failures, signed, with_header
from tests.table import Answer, Row, all_rows

# Rows that the emulator answers differently from AWS: printed, not asserted.
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
    """A copy of this project whose pickle has other bytes, and thus another version."""
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


def test_diff_is_empty_after_a_deployment(url: str, aws: Aws, first: Path) -> None:
    assert "There were no differences" in aws.cdk("diff", "--fail", "--app", str(first))


@pytest.mark.proof
def test_64_requests_at_once_each_get_their_own_answer(url: str) -> None:
    rows = [row for row in all_rows() if row.method == "GET"][:64]
    send = over_http(url)

    def ask(row: Row) -> Answer:
        """Retry while the emulator, which starts few containers, has no free one."""
        while (answer := send(row)).status == 429:
            time.sleep(1)
        return answer

    with ThreadPoolExecutor(64) as clients:
        for row, answer in zip(rows, clients.map(ask, rows), strict=True):
            row.check(answer)


SETTINGS = {
    "canary": "true",
    "snap_start": "true",
    "alarm_email": "me@example.org",
    "dashboard": "true",
    "cors": "*",
}


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({}, id="as it is"),
        pytest.param(SETTINGS, id="through an alias", marks=pytest.mark.proof),
    ],
)
def test_a_second_model_answers_and_the_first_comes_back(
    settings: dict[str, str], url: str, aws: Aws, other: Path
) -> None:
    def version() -> str:
        answer = over_http(url)(EXAMPLE)
        assert answer.text == in_process(EXAMPLE).text
        return answer.headers["x-model-version"]

    name = f"{len(settings)} settings"
    first = aws.synthesize(ROOT, f"first, {name}", **settings)
    second = aws.synthesize(other, f"second, {name}", **settings)
    versions = []
    for assembly in (first, second, first):
        assert aws.deploy(assembly) == url
        versions.append(version())
    assert versions[0] == versions[2] != versions[1]


COMBINATIONS = [
    names
    for count in range(len(SETTINGS) + 2)
    for names in combinations([*SETTINGS, "bulk"], count)
]


@pytest.mark.proof
@pytest.mark.parametrize("names", COMBINATIONS, ids=" ".join)
def test_every_combination_of_settings_deploys_and_answers(
    names: tuple[str, ...], url: str, aws: Aws
) -> None:
    settings = {name: SETTINGS.get(name, "true") for name in names}
    assert aws.deploy(aws.synthesize(ROOT, f"with {' '.join(names)}", **settings)) == url
    assert over_http(url)(EXAMPLE).text == in_process(EXAMPLE).text


@pytest.mark.proof
def test_an_interrupted_deployment_can_be_repeated(
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
def test_pages_of_another_origin_may_call_the_api_if_cors_names_it(
    url: str, aws: Aws, local_api: str, browser: Browser
) -> None:
    """The browser itself withholds the answer from other pages."""
    named = local_api.rstrip("/")
    assembly = aws.synthesize(ROOT, "for another site", cors=named)
    assert aws.deploy(assembly) == url
    # The emulator stores CloudFormation's CORS settings under names that it does not read.
    template = json.loads(template_file(assembly).read_text())
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


@pytest.mark.proof
def test_a_second_stack_is_an_independent_copy(url: str, aws: Aws) -> None:
    assembly = aws.synthesize(ROOT, "copy", stack="predictive-lambda-dev", dashboard="true")
    copy = aws.deploy(assembly)
    assert copy != url
    expected = in_process(EXAMPLE).text
    assert over_http(copy)(EXAMPLE).text == over_http(url)(EXAMPLE).text == expected
    aws.cdk("destroy", "--force", "--app", str(assembly))
    assert over_http(copy)(EXAMPLE).status == 404
    assert over_http(url)(EXAMPLE).text == expected


def token(aws: Aws) -> tuple[dict[str, str], str]:
    """Create a user; return the settings that authenticate them, and their token."""
    cognito = client(aws, "cognito-idp")
    pool = cognito.create_user_pool(PoolName="users")["UserPool"]["Id"]
    app = cognito.create_user_pool_client(
        UserPoolId=pool, ClientName="shop", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]["ClientId"]
    login = {"USERNAME": "me", "PASSWORD": "Correct-horse-1"}
    cognito.admin_create_user(UserPoolId=pool, Username=login["USERNAME"])
    cognito.admin_set_user_password(
        UserPoolId=pool, Username="me", Password=login["PASSWORD"], Permanent=True
    )
    answer = cognito.initiate_auth(
        ClientId=app, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=login
    )
    issuer = f"https://cognito-idp.{REGION}.amazonaws.com/{pool}"
    settings = {"auth": "jwt", "jwt_issuer": issuer, "jwt_audience": app}
    return settings, answer["AuthenticationResult"]["IdToken"]


@pytest.mark.proof
def test_only_requests_with_a_token_are_answered(aws: Aws) -> None:
    settings, valid = token(aws)
    url = aws.deploy(aws.synthesize(ROOT, "jwt", stack="locked", cors="*", **settings))
    send = over_http(url)
    assert send(EXAMPLE).status == 401
    assert send(Row("health check", "/healthz")).status == 200
    assert send(Row("health check by another method", "/healthz", "POST")).status == 401
    head, claims, signature = valid.split(".")
    for forged in (f"{head}.{claims}.{signature[::-1]}", f"{head}.{claims}.", "me"):
        assert with_header(send, f"authorization: Bearer {forged}")(EXAMPLE).status == 401
    all_hold(with_header(send, f"authorization: Bearer {valid}"))


@pytest.mark.proof
def test_only_signed_requests_are_answered(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    """The emulator requires a signature, but does not verify it."""
    url = aws.deploy(aws.synthesize(ROOT, "iam", stack="locked", auth="iam"))
    send = over_http(url)
    assert send(EXAMPLE).status == 403
    assert send(Row("health check", "/healthz")).status == 200
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, aws.environment[name])
    all_hold(signed(send, url))


def all_hold(send: Send) -> None:
    """Check the request tables, except for what the emulator answers differently."""
    assert failures(send, [row for row in all_rows() if row.rule not in EMULATORS_OWN]) == {}


def test_destroy_removes_everything(url: str, aws: Aws, first: Path) -> None:
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
    """List the resources of each service that the stack uses, without the bootstrap's."""

    def names(service: str, operation: str, key: str, name: str) -> list[str]:
        found = [entry[name] for entry in getattr(client(aws, service), operation)()[key]]
        return [name for name in found if not name.startswith("cdk-")]

    return {
        "function": names("lambda", "list_functions", "Functions", "FunctionName"),
        "role": names("iam", "list_roles", "Roles", "RoleName"),
        "api": names("apigatewayv2", "get_apis", "Items", "Name"),
        "logs": names("logs", "describe_log_groups", "logGroups", "logGroupName"),
    }
