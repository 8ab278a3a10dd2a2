"""CreateDeployment, GetDeployment, GetDeployments, UpdateDeployment, DeleteDeployment."""

import pytest
from support import SIX, TIME, bad, missing, patch, replace, said, same


@pytest.fixture
def ready(make, api, root):
    """An API with a method that can be deployed."""
    make.mock(api, root)
    return api


def test_the_least_deployment(client, ready):
    made = client.create_deployment(restApiId=ready)
    same(made, {"id": SIX, "createdDate": TIME})
    same(client.get_deployment(restApiId=ready, deploymentId=made["id"]), said(made))
    assert client.get_stages(restApiId=ready)["item"] == []


def test_a_description_is_answered(client, ready):
    made = client.create_deployment(restApiId=ready, description="first")
    same(made, {"id": SIX, "createdDate": TIME, "description": "first"})


def test_an_empty_stage_name_makes_no_stage(client, ready):
    client.create_deployment(restApiId=ready, stageName="")
    assert client.get_stages(restApiId=ready)["item"] == []


def test_a_stage_is_made(client, ready):
    made = client.create_deployment(restApiId=ready, stageName="one", stageDescription="s", variables={"a": "b"},
                                    tracingEnabled=True, description="d")
    same(client.get_stage(restApiId=ready, stageName="one"), {
        "stageName": "one", "deploymentId": made["id"], "description": "s", "variables": {"a": "b"},
        "tracingEnabled": True, "cacheClusterEnabled": False, "cacheClusterStatus": "NOT_AVAILABLE",
        "methodSettings": {}, "createdDate": TIME, "lastUpdatedDate": TIME})


def test_a_stage_that_exists_is_repointed(client, ready):
    first = client.create_deployment(restApiId=ready, stageName="one", variables={"a": "b"})["id"]
    second = client.create_deployment(restApiId=ready, stageName="one")["id"]
    assert first != second
    stage = client.get_stage(restApiId=ready, stageName="one")
    assert stage["deploymentId"] == second
    assert stage["variables"] == {"a": "b"}


def test_the_list_has_all(client, ready):
    made = [client.create_deployment(restApiId=ready, description=str(number))["id"] for number in range(3)]
    items = client.get_deployments(restApiId=ready)["items"]
    assert sorted(item["id"] for item in items) == sorted(made)
    for item in items:
        same(item, {"id": SIX, "createdDate": TIME, "description": str})


def test_a_summary_is_embedded(client, make, ready, root):
    make.mock(ready, make.resource(ready, "pets"), "POST", apiKeyRequired=True)
    made = client.create_deployment(restApiId=ready)
    summary = client.get_deployment(restApiId=ready, deploymentId=made["id"], embed=["apisummary"])["apiSummary"]
    assert summary == {"/": {"GET": {"authorizationType": "NONE", "apiKeyRequired": False}},
                       "/pets": {"POST": {"authorizationType": "NONE", "apiKeyRequired": True}}}


def test_the_summary_is_of_the_snapshot(client, make, ready, root):
    made = client.create_deployment(restApiId=ready)
    make.mock(ready, root, "PUT")
    summary = client.get_deployment(restApiId=ready, deploymentId=made["id"], embed=["apisummary"])["apiSummary"]
    assert summary.keys() == {"/"} and summary["/"].keys() == {"GET"}


def test_an_api_needs_methods(client, api):
    with bad("The REST API doesn't contain any methods"):
        client.create_deployment(restApiId=api)


def test_a_method_needs_an_integration(client, make, ready):
    make.method(ready, make.resource(ready, "pets"))
    with bad("No integration defined for method"):
        client.create_deployment(restApiId=ready, stageName="one")
    assert client.get_deployments(restApiId=ready)["items"] == []
    assert client.get_stages(restApiId=ready)["item"] == []


def test_a_description_is_updated(client, ready):
    made = client.create_deployment(restApiId=ready)
    updated = client.update_deployment(restApiId=ready, deploymentId=made["id"],
                                       patchOperations=[replace("/description", "new")])
    same(updated, {**said(made), "description": "new"})


def test_a_wrong_path_is_refused(client, ready):
    made = client.create_deployment(restApiId=ready)
    with bad():
        client.update_deployment(restApiId=ready, deploymentId=made["id"], patchOperations=[replace("/stageName", "x")])
    with bad():
        client.update_deployment(restApiId=ready, deploymentId=made["id"], patchOperations=[patch("remove", "/id")])


@pytest.mark.parametrize(("call", "arguments"), [
    ("get_deployment", {}), ("delete_deployment", {}),
    ("update_deployment", {"patchOperations": [replace("/description", "x")]}),
])
def test_an_unknown_deployment_is_not_found(client, ready, call, arguments):
    with missing("Invalid Deployment identifier specified"):
        getattr(client, call)(restApiId=ready, deploymentId="abcdef", **arguments)


@pytest.mark.parametrize(("call", "arguments"), [
    ("create_deployment", {}), ("get_deployments", {}), ("get_deployment", {"deploymentId": "abcdef"}),
])
def test_an_unknown_api_is_not_found(client, call, arguments):
    with missing():
        getattr(client, call)(restApiId="0unknown00", **arguments)


def test_a_deployment_in_use_stays(client, make):
    api, deployment = make.deployed()
    with bad("Active stages pointing to this deployment must be moved or deleted"):
        client.delete_deployment(restApiId=api, deploymentId=deployment)
    client.delete_stage(restApiId=api, stageName="one")
    same(client.delete_deployment(restApiId=api, deploymentId=deployment), {})
    assert client.get_deployments(restApiId=api)["items"] == []


def test_a_deployment_of_a_canary_stays(client, make):
    api, _ = make.deployed()
    canary = client.create_deployment(restApiId=api, stageName="one", canarySettings={"percentTraffic": 10.0})["id"]
    with bad("Active stages pointing to this deployment must be moved or deleted"):
        client.delete_deployment(restApiId=api, deploymentId=canary)
