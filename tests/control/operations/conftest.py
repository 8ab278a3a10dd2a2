"""Fixtures: a client whose every answer is checked, and what makes things for a test."""

from pathlib import Path

import boto3
import pytest
import wire
from botocore.config import Config
from support import CONTROL, DATA, REGION, Maker


EXPECTED = Path(__file__).with_name("expected-failures.txt")


def pytest_configure(config):
    config.addinivalue_line("markers", "data: needs the data plane, EDGEWIT_DATA_ENDPOINT")
    if not CONTROL:
        pytest.exit("EDGEWIT_CONTROL_ENDPOINT must be the URL of a control plane", returncode=64)


def expected_failures():
    """The reasons of the tests that a node is known to fail."""
    lines = [line.partition(" # ") for line in EXPECTED.read_text(encoding="utf-8").splitlines()]
    return {test.strip(): reason for test, _, reason in lines if test and not test.startswith("#")}


def pytest_collection_modifyitems(config, items):
    # What looks back at all the others comes last.
    items.sort(key=lambda item: item.path.name == "test_zz_every_operation.py")
    for item in items:
        if not DATA and item.get_closest_marker("data"):
            item.add_marker(pytest.mark.skip(reason="EDGEWIT_DATA_ENDPOINT is not set"))
    expected = expected_failures()
    for item in items:
        if reason := expected.pop(f"{item.path.name}::{item.name}", None):
            item.add_marker(pytest.mark.xfail(reason=reason, strict=True))
    whole = not any("::" in argument for argument in config.args)
    files = {item.path.name for item in items}
    unknown = [test for test in expected if whole and test.partition("::")[0] in files]
    if unknown:
        raise pytest.UsageError(f"no such test, take it out of {EXPECTED.name}: {', '.join(unknown)}")


@pytest.fixture(scope="session")
def client():
    # botocore would put its own User-Agent together anew for every call, which takes as long as some answers do.
    config = Config(retries={"total_max_attempts": 1}, connect_timeout=10, read_timeout=60, user_agent="tests/control")
    made = boto3.client("apigateway", endpoint_url=CONTROL, region_name=REGION, aws_access_key_id="AKIDEXAMPLE",
                        aws_secret_access_key="secret", config=config)
    wire.watch(made)
    return made


@pytest.fixture
def make(client):
    maker = Maker(client)
    yield maker
    maker.clean()


@pytest.fixture
def api(make):
    """The id of a new API."""
    return make.api()["id"]


@pytest.fixture
def root(make, api):
    """The id of its root resource."""
    return make.root(api)
