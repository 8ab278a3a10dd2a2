"""The AWS CLI against the control plane: what people type works."""

import contextlib
import io
import json
import os
import subprocess
import sys

import pytest
from awscli.clidriver import create_clidriver
from support import CONTROL, REGION, unique

TIMEOUT_S = 120


ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_PAGER": "",
    "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_MAX_ATTEMPTS": "1",
    "AWS_EC2_METADATA_DISABLED": "true"}


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    # The CLI itself has set where its data are.
    for name in [name for name in os.environ if name.startswith("AWS_") and name != "AWS_DATA_PATH"]:
        monkeypatch.delenv(name)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


def line(*arguments):
    return ["apigateway", *arguments, "--endpoint-url", CONTROL, "--region", REGION, "--output", "json"]


def aws(*arguments):
    """What `aws apigateway …` prints. It runs within this process, because it takes long to start."""
    printed, told = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(told):
        status = create_clidriver().main(line(*arguments))
    assert status == 0, told.getvalue()
    return json.loads(printed.getvalue()) if printed.getvalue().strip() else None


@pytest.fixture
def api(environment):
    made = aws("create-rest-api", "--name", unique("cli-"))
    yield made
    aws("delete-rest-api", "--rest-api-id", made["id"])


def test_an_api_is_built_and_deployed(api):
    of = ["--rest-api-id", api["id"]]
    resource = aws("create-resource", *of, "--parent-id", api["rootResourceId"], "--path-part", "pets")
    method = [*of, "--resource-id", resource["id"], "--http-method", "GET"]
    aws("put-method", *method, "--authorization-type", "NONE")
    aws("put-method-response", *method, "--status-code", "200")
    aws("put-integration", *method, "--type", "MOCK",
        "--request-templates", '{"application/json": "{\\"statusCode\\": 200}"}')
    aws("put-integration-response", *method, "--status-code", "200", "--response-templates",
        '{"application/json": "x"}')
    deployment = aws("create-deployment", *of, "--stage-name", "one")
    stage = aws("update-stage", *of, "--stage-name", "one", "--patch-operations",
                "op=replace,path=/description,value=new")
    assert stage["deploymentId"] == deployment["id"] and stage["description"] == "new"
    assert aws("test-invoke-method", *method)["body"] == "x"


def test_an_export_is_written_and_imported(tmp_path, api):
    document = tmp_path / "api.yaml"
    document.write_text("openapi: 3.0.1\ninfo: {title: pets, version: '1'}\npaths:\n  /pets:\n    get:\n"
                        "      responses: {'200': {description: ok}}\n      x-amazon-apigateway-integration:\n"
                        "        {type: mock, responses: {default: {statusCode: '200'}}}\n")
    aws("put-rest-api", "--rest-api-id", api["id"], "--mode", "overwrite", "--body", f"fileb://{document}")
    aws("create-deployment", "--rest-api-id", api["id"], "--stage-name", "one")
    written = tmp_path / "export.json"
    aws("get-export", "--rest-api-id", api["id"], "--stage-name", "one", "--export-type", "oas30",
        "--parameters", "extensions=apigateway", str(written))
    assert "/pets" in json.loads(written.read_text())["paths"]
    copy = aws("import-rest-api", "--body", f"fileb://{written}")
    aws("delete-rest-api", "--rest-api-id", copy["id"])


def test_lists_are_paged():
    made = [aws("create-rest-api", "--name", unique("cli-"))["id"] for _ in range(3)]
    listed = {item["id"] for item in aws("get-rest-apis", "--page-size", "2")["items"]}
    for each in made:
        aws("delete-rest-api", "--rest-api-id", each)
    assert set(made) <= listed


def test_an_error_is_told():
    command = [sys.executable, "-m", "awscli", *line("get-rest-api", "--rest-api-id", "0unknown00")]
    paths = os.pathsep.join(path for path in sys.path if path)
    ran = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S,
                         env={**os.environ, "PYTHONPATH": paths})
    assert ran.returncode != 0 and ran.stdout == ""
    assert "(NotFoundException)" in ran.stderr and "Invalid API identifier specified" in ran.stderr
