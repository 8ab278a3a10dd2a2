"""The rules of canaries: what makes, changes, promotes and removes one."""

import re

import pytest
from support import bad, patch, replace, said, same

LONG = re.compile(r"Invalid method setting path: /canarySettings\S*\. Must be one of: \[/deploymentId, .*\]")
GONE = "Promotion not available. Canary does not exist."


@pytest.fixture
def stage(client, make):
    """The stage `one` of an API with two deployments, of which it has the first."""
    api, first = make.deployed()
    second = client.create_deployment(restApiId=api)["id"]

    class Stage:
        def update(self, *operations):
            return said(client.update_stage(restApiId=api, stageName="one", patchOperations=list(operations)))

        def get(self):
            return said(client.get_stage(restApiId=api, stageName="one"))
    Stage.api, Stage.first, Stage.second = api, first, second
    return Stage()


# --- making

def test_a_stage_is_made_with_a_canary(client, stage):
    made = client.create_stage(restApiId=stage.api, stageName="two", deploymentId=stage.first, canarySettings={
        "percentTraffic": 50.0, "deploymentId": stage.second, "stageVariableOverrides": {"a": "b"}})
    assert made["canarySettings"] == {"percentTraffic": 50.0, "deploymentId": stage.second, "useStageCache": False,
                                      "stageVariableOverrides": {"a": "b"}}
    assert made["deploymentId"] == stage.first


def test_a_canary_without_a_deployment_has_that_of_the_stage(client, stage):
    made = client.create_stage(restApiId=stage.api, stageName="two", deploymentId=stage.first,
                               canarySettings={"percentTraffic": 50.0})
    assert made["canarySettings"] == {"percentTraffic": 50.0, "deploymentId": stage.first, "useStageCache": False}


def test_the_deployment_of_a_canary_must_exist(client, stage):
    with bad("Deployment id does not exist"):
        client.create_stage(restApiId=stage.api, stageName="two", deploymentId=stage.first,
                            canarySettings={"deploymentId": "abcdef"})


def test_a_deployment_makes_a_canary(client, stage):
    made = client.create_deployment(restApiId=stage.api, stageName="one", canarySettings={
        "percentTraffic": 40.5, "useStageCache": True, "stageVariableOverrides": {"a": "b"}})
    answer = stage.get()
    assert answer["deploymentId"] == stage.first
    assert answer["canarySettings"] == {"percentTraffic": 40.5, "deploymentId": made["id"], "useStageCache": True,
                                        "stageVariableOverrides": {"a": "b"}}
    newer = client.create_deployment(restApiId=stage.api, stageName="one", canarySettings={"percentTraffic": 1.0})
    same(stage.get()["canarySettings"], {"percentTraffic": 1.0, "deploymentId": newer["id"], "useStageCache": False})


def test_a_canary_deployment_names_its_stage(client, stage):
    with bad("Invalid deployment content specified.Non null and non empty stageName must be provided for canary "
             "deployment. Provided value is null"):
        client.create_deployment(restApiId=stage.api, canarySettings={"percentTraffic": 50.0})
    with bad("Invalid deployment content specified.Non null and non empty stageName must be provided for canary "
             "deployment. Provided value is "):
        client.create_deployment(restApiId=stage.api, stageName="", canarySettings={"percentTraffic": 50.0})


def test_the_stage_of_a_canary_deployment_must_exist(client, stage):
    with bad("Invalid deployment content specified.Stage two must already be created before making a canary release "
             "deployment"):
        client.create_deployment(restApiId=stage.api, stageName="two", canarySettings={"percentTraffic": 50.0})


def test_a_deployment_to_a_stage_with_a_canary_goes_to_the_canary(client, stage):
    stage.update(replace("/canarySettings/percentTraffic", "50"))
    made = client.create_deployment(restApiId=stage.api, stageName="one")
    answer = stage.get()
    assert answer["deploymentId"] == stage.first
    assert answer["canarySettings"]["deploymentId"] == made["id"]


def test_a_percentage_makes_a_canary(stage):
    answer = stage.update(replace("/canarySettings/percentTraffic", "50"))
    assert answer["canarySettings"] == {"percentTraffic": 50.0, "deploymentId": stage.first, "useStageCache": False}


def test_a_deployment_id_makes_a_canary(stage):
    answer = stage.update(replace("/canarySettings/deploymentId", stage.second))
    assert answer["canarySettings"] == {"percentTraffic": 0.0, "deploymentId": stage.second, "useStageCache": False}
    assert answer["deploymentId"] == stage.first


def test_an_unknown_deployment_makes_none(stage):
    with bad("Deployment id does not exist"):
        stage.update(replace("/canarySettings/deploymentId", "abcdef"))
    assert "canarySettings" not in stage.get()


@pytest.mark.parametrize("percent", ["-1", "100.1", "half"])
def test_a_percentage_is_one(stage, percent):
    with bad():
        stage.update(replace("/canarySettings/percentTraffic", percent))


# --- changing and removing

def test_a_canary_is_changed(stage):
    stage.update(replace("/canarySettings/percentTraffic", "50"))
    answer = stage.update(
        replace("/canarySettings/stageVariableOverrides/a", "b"), replace("/canarySettings/useStageCache", "true"),
        replace("/canarySettings/percentTraffic", "12.5"), replace("/canarySettings/deploymentId", stage.second))
    assert answer["canarySettings"] == {"percentTraffic": 12.5, "deploymentId": stage.second, "useStageCache": True,
                                        "stageVariableOverrides": {"a": "b"}}


def test_a_canary_is_removed(stage):
    stage.update(replace("/canarySettings/percentTraffic", "50"))
    assert "canarySettings" not in stage.update(patch("remove", "/canarySettings"))


def test_a_part_of_a_canary_cannot_be_removed(stage):
    stage.update(replace("/canarySettings/stageVariableOverrides/a", "b"))
    with bad("Cannot remove method setting canarySettings/stageVariableOverrides because there is no method setting "
             "for this method "):
        stage.update(patch("remove", "/canarySettings/stageVariableOverrides"))


@pytest.mark.parametrize("path", ["/canarySettings", "/canarySettings/nothing"])
def test_a_wrong_path_is_refused(stage, path):
    with bad(LONG):
        stage.update(replace(path, "x"))


def test_nothing_is_added_to_a_canary(stage):
    with bad("Invalid add operation with path: /canarySettings/deploymentId"):
        stage.update(patch("add", "/canarySettings/deploymentId", stage.second))


# --- promoting

def test_a_deployment_is_promoted(stage):
    stage.update(replace("/canarySettings/deploymentId", stage.second))
    answer = stage.update(patch("copy", "/deploymentId", source="/canarySettings/deploymentId"))
    assert answer["deploymentId"] == stage.second
    assert answer["canarySettings"]["deploymentId"] == stage.second


def test_variables_are_promoted(stage):
    stage.update(replace("/variables/a", "old"), replace("/variables/b", "kept"))
    stage.update(replace("/canarySettings/percentTraffic", "50"))
    stage.update(replace("/canarySettings/stageVariableOverrides/a", "new"),
                 replace("/canarySettings/stageVariableOverrides/c", "more"))
    answer = stage.update(patch("copy", "/variables", source="/canarySettings/stageVariableOverrides"))
    assert answer["variables"] == {"a": "new", "b": "kept", "c": "more"}


def test_the_recipe_of_a_promotion(stage):
    stage.update(replace("/canarySettings/deploymentId", stage.second))
    stage.update(replace("/canarySettings/percentTraffic", "10"),
                 replace("/canarySettings/stageVariableOverrides/a", "b"))
    answer = stage.update(
        replace("/canarySettings/percentTraffic", "0.0"),
        patch("copy", "/variables", source="/canarySettings/stageVariableOverrides"),
        patch("copy", "/deploymentId", source="/canarySettings/deploymentId"))
    assert answer["deploymentId"] == stage.second
    assert answer["variables"] == {"a": "b"}
    assert answer["canarySettings"] == {"percentTraffic": 0.0, "deploymentId": stage.second, "useStageCache": False,
                                        "stageVariableOverrides": {"a": "b"}}


@pytest.mark.parametrize(("path", "source"), [
    ("/deploymentId", "/canarySettings/deploymentId"), ("/variables", "/canarySettings/stageVariableOverrides"),
])
def test_there_is_nothing_to_promote(stage, path, source):
    with bad(GONE):
        stage.update(patch("copy", path, source=source))


@pytest.mark.parametrize(("path", "source"), [
    ("/description", "/canarySettings/deploymentId"), ("/deploymentId", "/description"),
    ("/variables", "/canarySettings/percentTraffic"),
])
def test_other_copies_are_refused(stage, path, source):
    stage.update(replace("/canarySettings/percentTraffic", "50"))
    with bad(f"Invalid copy operation with path: {path} and from {source}. Valid copy:path are [/deploymentId, "
             "/variables] and valid copy:from are [/canarySettings/deploymentId, "
             "/canarySettings/stageVariableOverrides]"):
        stage.update(patch("copy", path, source=source))
