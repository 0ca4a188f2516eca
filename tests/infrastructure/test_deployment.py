"""The stack on an emulated AWS: deployed with `cdk deploy`, tested at its URL, destroyed."""

import hashlib
import json
import pickle
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import PIPE, STDOUT, Popen

import pytest

from tests.engines import EXAMPLE, in_process, over_http
from tests.infrastructure.emulated_aws import REGION, ROOT, Aws, emulated_aws
from tests.smoke import ROWS, failures, signed, with_header
from tests.table import Answer, Row


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
    for folder in ("predictive_lambda", "model"):
        shutil.copytree(ROOT / folder, project / folder)
    for file in ("app.py", "cdk.json"):
        shutil.copy(ROOT / file, project)
    [path] = (project / "model").glob("*.pkl")
    path.write_bytes(pickle.dumps(pickle.loads(path.read_bytes()), protocol=4))
    manifest = json.loads(path.with_suffix(".json").read_text())
    manifest["pickle_sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    path.with_suffix(".json").write_text(json.dumps(manifest))
    return project


@pytest.fixture(scope="module")
def url(aws: Aws, first: Path) -> str:
    return aws.deploy(first)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.rule)
def test_on_the_emulated_aws(row: Row, url: str) -> None:
    row.check(over_http(url)(row))


def test_diff_is_empty_after_a_deployment(url: str, aws: Aws, first: Path) -> None:
    assert "There were no differences" in aws.cdk("diff", "--fail", "--app", str(first))


SETTINGS = dict.fromkeys(("canary", "snap_start", "dashboard"), "true")
SETTINGS |= {"alarm_email": "me@example.org", "cors": "*"}


@pytest.mark.parametrize(
    "settings", [{}, pytest.param(SETTINGS, marks=pytest.mark.proof)], ids=["plain", "aliased"]
)
def test_a_second_model_answers_and_the_first_comes_back(
    settings: dict[str, str], url: str, aws: Aws, other: Path
) -> None:
    name = f"{len(settings)} settings"
    first = aws.synthesize(ROOT, f"first, {name}", **settings)
    second = aws.synthesize(other, f"second, {name}", **settings)
    versions = []
    for assembly in (first, second, first):
        assert aws.deploy(assembly) == url
        answer = over_http(url)(EXAMPLE)
        assert answer.text == in_process(EXAMPLE).text
        versions.append(answer.headers["x-model-version"])
    assert versions[0] == versions[2] != versions[1]


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


@pytest.mark.proof
def test_64_requests_at_once_each_get_their_own_answer(url: str) -> None:
    rows = [row for row in ROWS if row.method == "GET"][:64]
    send = over_http(url)

    def ask(row: Row) -> Answer:
        """Retry while the emulator, which starts few containers, has none free."""
        while (answer := send(row)).status == 429:
            time.sleep(1)
        return answer

    with ThreadPoolExecutor(64) as clients:
        for row, answer in zip(rows, clients.map(ask, rows), strict=True):
            row.check(answer)


@pytest.fixture
def user_pool(aws: Aws) -> dict[str, str]:
    """The settings for a user pool, and a token of its only user."""
    cognito = aws.client("cognito-idp")
    pool = cognito.create_user_pool(PoolName="users")["UserPool"]["Id"]
    client = cognito.create_user_pool_client(
        UserPoolId=pool, ClientName="shop", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]["ClientId"]
    login = {"USERNAME": "me", "PASSWORD": "Correct-horse-1"}
    user = {"UserPoolId": pool, "Username": login["USERNAME"]}
    cognito.admin_create_user(**user)
    cognito.admin_set_user_password(**user, Password=login["PASSWORD"], Permanent=True)
    flow = {"AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": login}
    result = cognito.initiate_auth(ClientId=client, **flow)["AuthenticationResult"]
    issuer = f"https://cognito-idp.{REGION}.amazonaws.com/{pool}"
    return {"jwt_issuer": issuer, "jwt_audience": client, "token": result["IdToken"]}


@pytest.mark.proof
def test_only_requests_with_a_token_are_answered(
    url: str, aws: Aws, user_pool: dict[str, str]
) -> None:
    """By a second stack, next to the first."""
    token = user_pool.pop("token")
    settings = {"stack": "locked", "cors": "*", "auth": "jwt"} | user_pool
    locked = aws.deploy(aws.synthesize(ROOT, "jwt", **settings))
    assert locked != url
    send = over_http(locked)
    assert send(EXAMPLE).status == 401
    assert send(Row("health check", "/healthz")).status == 200
    assert send(Row("health check by another method", "/healthz", "POST")).status == 401
    head, claims, signature = token.split(".")
    for forged in (f"{head}.{claims}.{signature[::-1]}", f"{head}.{claims}.", "me"):
        assert with_header(send, f"authorization: Bearer {forged}")(EXAMPLE).status == 401
    admitted = with_header(send, f"authorization: Bearer {token}")
    assert failures(admitted, ROWS) == {}
    assert over_http(url)(EXAMPLE).text == in_process(EXAMPLE).text


@pytest.mark.proof
def test_only_signed_requests_are_answered(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    """The emulator requires a signature, but does not verify it."""
    assembly = aws.synthesize(ROOT, "iam", stack="locked", auth="iam")
    url = aws.deploy(assembly)
    send = over_http(url)
    assert send(EXAMPLE).status == 403
    assert send(Row("health check", "/healthz")).status == 200
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, aws.environment[name])
    assert failures(signed(send, url), ROWS) == {}
    aws.cdk("destroy", "--force", "--app", str(assembly))


def test_destroy_removes_everything(url: str, aws: Aws, first: Path) -> None:
    assert all(resources(aws))
    aws.cdk("destroy", "--force", "--app", str(first))
    assert not any(resources(aws))
    assert over_http(url)(EXAMPLE).status == 404


def resources(aws: Aws) -> list[list[str]]:
    """List the names of functions, roles, APIs and log groups, without the bootstrap's."""
    listed = [
        [entry["FunctionName"] for entry in aws.client("lambda").list_functions()["Functions"]],
        [entry["RoleName"] for entry in aws.client("iam").list_roles()["Roles"]],
        [entry["Name"] for entry in aws.client("apigatewayv2").get_apis()["Items"]],
        [g["logGroupName"] for g in aws.client("logs").describe_log_groups()["logGroups"]],
    ]
    return [[name for name in names if not name.startswith("cdk-")] for names in listed]
