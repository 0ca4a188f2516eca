"""The stack on an emulated AWS: `cdk deploy` in, the request table's answers at its URL out."""

import csv
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from botocore.session import get_session

from emulated_aws import REGION, ROOT, Aws, EmulatorError, emulated_aws
from request_table import HERE, OLNEY, ROWS, Answer, Row
from smoke import over_http

CSV = Path("model", "training", "chipotle_stores.csv")
NEXT = "13501 Connecticut Ave Aspen Hill, MD 20906 US"
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
def second(aws: Aws) -> Path:
    """The assembly of a copy whose model was trained without the store in Olney."""
    project = aws.folder / "project"
    for name in ("predictive_lambda", "model"):
        shutil.copytree(ROOT / name, project / name)
    for name in ("app.py", "cdk.json"):
        shutil.copy(ROOT / name, project)
    rows = (ROOT / CSV).read_text().splitlines(keepends=True)
    (project / CSV).write_text("".join(row for row in rows if OLNEY not in row))
    training = project / "model" / "training" / "training.py"
    subprocess.run([sys.executable, training], check=True, capture_output=True)
    return aws.synthesize(project, "second")


@pytest.fixture(scope="module")
def url(aws: Aws, first: Path) -> str:
    return aws.deploy(first)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.rule)
def test_on_the_emulated_aws(row: Row, url: str, request: pytest.FixtureRequest) -> None:
    if reason := EMULATORS_OWN.get(row.rule):
        request.applymarker(pytest.mark.xfail(reason=reason))
    row.check(over_http(url)(row))


def test_nothing_differs_after_a_deployment(url: str, aws: Aws, first: Path) -> None:
    assert "There were no differences" in aws.cdk("diff", "--fail", "--app", str(first))


def test_64_requests_at_once_get_each_its_own_answer(url: str) -> None:
    with open(ROOT / CSV, encoding="utf-8", newline="") as file:
        stores = list(csv.DictReader(file))[::41][:64]
    targets = [f"/?lat={store['latitude']}&long={store['longitude']}" for store in stores]
    send = over_http(url)

    def ask(target: str) -> Answer:
        """Ask again while the emulator, which starts few containers, has none free."""
        while (answer := send(Row("at once", target))).status == 429:
            time.sleep(1)
        return answer

    with ThreadPoolExecutor(64) as clients:
        answers = list(clients.map(ask, targets))
    assert [answer.text for answer in answers] == [store["address"] for store in stores]


def test_a_second_model_answers_and_the_first_comes_back(
    url: str, aws: Aws, first: Path, second: Path
) -> None:
    ask = Row("the nearest", HERE)
    assert over_http(url)(ask).text == OLNEY

    assert aws.deploy(second) == url
    assert over_http(url)(ask).text == NEXT

    assert aws.deploy(first) == url
    assert over_http(url)(ask).text == OLNEY


def test_an_emulator_that_died_is_named(engine: None) -> None:
    with emulated_aws() as aws:
        aws.process.kill()
        aws.process.wait()
        with pytest.raises(EmulatorError, match=r"^ministack has ended, run this again\. Its log"):
            aws.cdk("list")


def test_nothing_of_the_stack_stays_after_destroy(url: str, aws: Aws, first: Path) -> None:
    assert all(resources(aws).values())
    aws.cdk("destroy", "--force", "--app", str(first))
    assert not any(resources(aws).values())
    assert over_http(url)(Row("gone", HERE)).status == 404


def resources(aws: Aws) -> dict[str, list[str]]:
    """List what there is of each service that the stack uses, the bootstrap's own left out."""
    session = get_session()
    session.set_credentials(aws.environment["AWS_ACCESS_KEY_ID"], "none")

    def names(service: str, operation: str, key: str, name: str) -> list[str]:
        endpoint = aws.environment["AWS_ENDPOINT_URL"]
        client = session.create_client(service, region_name=REGION, endpoint_url=endpoint)
        found = [entry[name] for entry in getattr(client, operation)()[key]]
        return [name for name in found if not name.startswith("cdk-")]

    return {
        "function": names("lambda", "list_functions", "Functions", "FunctionName"),
        "role": names("iam", "list_roles", "Roles", "RoleName"),
        "api": names("apigatewayv2", "get_apis", "Items", "Name"),
        "logs": names("logs", "describe_log_groups", "logGroups", "logGroupName"),
    }
