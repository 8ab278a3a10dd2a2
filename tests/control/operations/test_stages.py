"""CreateStage, GetStage, GetStages, UpdateStage, DeleteStage, FlushStageCache, FlushStageAuthorizersCache."""

import re

import pytest
from support import ACCOUNT, REGION, ROLE, TIME, bad, conflict, missing, no_api, patch, replace, said, same

LOGS = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:access"
SETTINGS = {
    "metricsEnabled": False, "dataTraceEnabled": False, "throttlingBurstLimit": 5000, "throttlingRateLimit": 10000.0,
    "cachingEnabled": False, "cacheTtlInSeconds": 300, "cacheDataEncrypted": False,
    "requireAuthorizationForCacheControl": True,
    "unauthorizedCacheControlHeaderStrategy": "SUCCEED_WITH_RESPONSE_HEADER",
}
"""A new entry of methodSettings."""

LONG = re.compile(r"Invalid method setting path: (?P<path>\S+)\. Must be one of: \[/deploymentId, /description, "
                  r"/cacheClusterEnabled, /cacheClusterSize, /clientCertificateId, /accessLogSettings, "
                  r"/accessLogSettings/destinationArn, /accessLogSettings/format, "
                  r"/\{resourcePath\}/\{httpMethod\}/metrics/enabled, "
                  r"/\{resourcePath\}/\{httpMethod\}/logging/dataTrace, "
                  r"/\{resourcePath\}/\{httpMethod\}/logging/loglevel, "
                  r"/\{resourcePath\}/\{httpMethod\}/throttling/burstLimit"
                  r"/\{resourcePath\}/\{httpMethod\}/throttling/rateLimit"
                  r"/\{resourcePath\}/\{httpMethod\}/caching/ttlInSeconds, .*"
                  r"/\*/\*/metrics/enabled, .*/variables/\{variable_name\}, /tracingEnabled\]")
"""The long list of paths, with the separators that are missing in the middle of it."""


@pytest.fixture
def deployed(make):
    """Ids of an API and its deployment, without a stage `one`."""
    return make.deployed(stage="other")


@pytest.fixture
def update(client, make):
    """Updates the stage `one` of an API of its own and returns the stage."""
    api, _ = make.deployed()
    def run(*operations):
        return said(client.update_stage(restApiId=api, stageName="one", patchOperations=list(operations)))
    run.api = api
    return run


def least(name, deployment):
    return {"stageName": name, "deploymentId": deployment, "cacheClusterEnabled": False,
            "cacheClusterStatus": "NOT_AVAILABLE", "methodSettings": {}, "tracingEnabled": False,
            "createdDate": TIME, "lastUpdatedDate": TIME}


# --- creating and reading

def test_the_least_stage_has_the_defaults(client, deployed):
    api, deployment = deployed
    made = client.create_stage(restApiId=api, stageName="one", deploymentId=deployment)
    same(made, least("one", deployment))
    same(client.get_stage(restApiId=api, stageName="one"), said(made))


def test_what_is_given_is_answered(client, deployed):
    api, deployment = deployed
    client.create_documentation_part(restApiId=api, location={"type": "API"}, properties="{}")
    client.create_documentation_version(restApiId=api, documentationVersion="1.0")
    given = {"description": "d", "variables": {"a_1": "b-c.~:/?#&=,"}, "documentationVersion": "1.0",
             "tracingEnabled": True, "tags": {"team": "a"}}
    made = client.create_stage(restApiId=api, stageName="A-b_1", deploymentId=deployment, **given)
    same(made, {**least("A-b_1", deployment), **given})


def test_a_stage_may_have_a_cache(client, deployed):
    api, deployment = deployed
    made = client.create_stage(restApiId=api, stageName="one", deploymentId=deployment, cacheClusterEnabled=True,
                               cacheClusterSize="1.6")
    assert made["cacheClusterEnabled"] is True and made["cacheClusterSize"] == "1.6"
    assert made["cacheClusterStatus"] in ("CREATE_IN_PROGRESS", "AVAILABLE")


def test_a_name_is_there_once(client, make):
    api, deployment = make.deployed()
    with conflict("Stage already exists"):
        client.create_stage(restApiId=api, stageName="one", deploymentId=deployment)


@pytest.mark.parametrize("name", ["a b", "a.b", "é", "a/b", "x" * 129, ""])
def test_these_names_are_refused(client, deployed, name):
    api, deployment = deployed
    with bad():
        client.create_stage(restApiId=api, stageName=name, deploymentId=deployment)


def test_a_name_may_have_128_characters(client, deployed):
    api, deployment = deployed
    assert client.create_stage(restApiId=api, stageName="x" * 128, deploymentId=deployment)["stageName"] == "x" * 128


@pytest.mark.parametrize("variables", [{"a-b": "c"}, {"a": "{}"}, {"x" * 65: "a"}, {"a": "x" * 513}])
def test_these_variables_are_refused(client, deployed, variables):
    api, deployment = deployed
    with bad():
        client.create_stage(restApiId=api, stageName="one", deploymentId=deployment, variables=variables)


def test_variables_may_be_this_long_and_have_blanks(client, deployed):
    api, deployment = deployed
    variables = {"x" * 64: "y" * 512, "blank": "a b"}
    made = client.create_stage(restApiId=api, stageName="one", deploymentId=deployment, variables=variables)
    assert made["variables"] == variables


def test_the_deployment_must_exist(client, deployed):
    with bad("Deployment id does not exist"):
        client.create_stage(restApiId=deployed[0], stageName="one", deploymentId="abcdef")


def test_stages_are_listed_by_deployment(client, deployed):
    api, deployment = deployed
    client.create_stage(restApiId=api, stageName="one", deploymentId=deployment)
    second = client.create_deployment(restApiId=api, stageName="two")["id"]
    def names(**arguments):
        return sorted(stage["stageName"] for stage in client.get_stages(restApiId=api, **arguments)["item"])
    assert names() == ["one", "other", "two"]
    assert names(deploymentId=deployment) == ["one", "other"]
    assert names(deploymentId=second) == ["two"]
    same(next(stage for stage in client.get_stages(restApiId=api)["item"] if stage["stageName"] == "two"),
         least("two", second))


@pytest.mark.parametrize(("call", "arguments"), [
    ("get_stage", {}), ("delete_stage", {}), ("flush_stage_cache", {}), ("flush_stage_authorizers_cache", {}),
    ("update_stage", {"patchOperations": [replace("/description", "x")]}),
])
def test_an_unknown_stage_is_not_found(client, api, call, arguments):
    with missing("Invalid stage identifier specified"):
        getattr(client, call)(restApiId=api, stageName="nothing", **arguments)


def test_an_unknown_api_is_not_found(client):
    with no_api("0unknown00"):
        client.get_stages(restApiId="0unknown00")
    with missing():
        client.get_stage(restApiId="0unknown00", stageName="one")
    with missing():
        client.create_stage(restApiId="0unknown00", stageName="one", deploymentId="abcdef")


def test_a_deleted_stage_is_gone(client, make):
    api, deployment = make.deployed()
    same(client.delete_stage(restApiId=api, stageName="one"), {})
    assert client.get_stages(restApiId=api)["item"] == []
    assert [item["id"] for item in client.get_deployments(restApiId=api)["items"]] == [deployment]


def test_caches_are_flushed(client, make):
    api, _ = make.deployed()
    same(client.flush_stage_cache(restApiId=api, stageName="one"), {})
    same(client.flush_stage_authorizers_cache(restApiId=api, stageName="one"), {})


# --- updating

def test_an_update_answers_the_whole_stage(client, update):
    before = client.get_stage(restApiId=update.api, stageName="one")
    updated = update(replace("/description", "d"), replace("/tracingEnabled", "true"))
    same(updated, {**said(before), "description": "d", "tracingEnabled": True, "lastUpdatedDate": TIME})
    assert updated["lastUpdatedDate"] >= before["lastUpdatedDate"]
    same(client.get_stage(restApiId=update.api, stageName="one"), updated)


def test_a_stage_is_repointed(client, update):
    second = client.create_deployment(restApiId=update.api)["id"]
    assert update(replace("/deploymentId", second))["deploymentId"] == second
    with bad("Deployment id does not exist"):
        update(replace("/deploymentId", "abcdef"))


def test_variables_come_and_go(update):
    assert update(replace("/variables/a", "1"), replace("/variables/b", "2"))["variables"] == {"a": "1", "b": "2"}
    assert update(replace("/variables/a", "3 4"), patch("remove", "/variables/b"))["variables"] == {"a": "3 4"}
    assert "variables" not in update(patch("remove", "/variables/a"))


@pytest.mark.parametrize(("name", "value"), [("a-b", "c"), ("a", "b{c"), ("a", "x" * 513)])
def test_a_wrong_variable_is_refused(update, name, value):
    with bad():
        update(replace(f"/variables/{name}", value))


def test_one_invalid_operation_undoes_all(client, update):
    before = client.get_stage(restApiId=update.api, stageName="one")
    with bad():
        update(replace("/description", "d"), replace("/variables/a", "b"), replace("/nothing", "x"))
    same(client.get_stage(restApiId=update.api, stageName="one"), said(before))


def test_a_client_certificate_is_set(make, update):
    certificate = make.certificate()["clientCertificateId"]
    assert update(replace("/clientCertificateId", certificate))["clientCertificateId"] == certificate
    update(replace("/clientCertificateId", ""))


def test_access_logs_come_and_go(update):
    updated = update(replace("/accessLogSettings/destinationArn", LOGS),
                     replace("/accessLogSettings/format", "$context.requestId"))
    assert updated["accessLogSettings"] == {"destinationArn": LOGS, "format": "$context.requestId"}
    assert "accessLogSettings" not in update(patch("remove", "/accessLogSettings"))


@pytest.mark.parametrize("path", ["/accessLogSettings/destinationArn", "/accessLogSettings/format"])
def test_an_empty_access_log_value_is_refused(update, path):
    with bad("Access Log value must not be empty"):
        update(replace(path, ""))


def test_an_unknown_access_log_path_is_refused(update):
    with bad("Invalid accessLogSettings path. Must be one of : [/accessLogSettings/destinationArn, "
             "/accessLogSettings/format]"):
        update(replace("/accessLogSettings/level", "x"))


@pytest.mark.parametrize("path", ["/tags/x", "/documentation_version", "/nothing", "/stageName", "/methodSettings/x"])
def test_a_wrong_path_is_refused_with_all_that_there_are(update, path):
    with bad(LONG) as caught:
        update(replace(path, "x"))
    assert LONG.fullmatch(caught.value.response["Error"]["Message"])["path"] == path


# --- method settings

@pytest.mark.parametrize(("suffix", "name", "value", "stored"), [
    ("metrics/enabled", "metricsEnabled", "true", True),
    ("logging/dataTrace", "dataTraceEnabled", "true", True),
    ("throttling/burstLimit", "throttlingBurstLimit", "12", 12),
    ("throttling/rateLimit", "throttlingRateLimit", "12.5", 12.5),
    ("caching/enabled", "cachingEnabled", "true", True),
    ("caching/ttlInSeconds", "cacheTtlInSeconds", "60", 60),
    ("caching/dataEncrypted", "cacheDataEncrypted", "true", True),
    ("caching/requireAuthorizationForCacheControl", "requireAuthorizationForCacheControl", "false", False),
    ("caching/unauthorizedCacheControlHeaderStrategy", "unauthorizedCacheControlHeaderStrategy", "FAIL_WITH_403",
     "FAIL_WITH_403"),
])
@pytest.mark.parametrize(("path", "key"), [
    ("/*/*", "*/*"), ("/test/GET", "test/GET"), ("/a/b/GET", "a/b/GET"), ("/~1pets/GET", "~1pets/GET"),
    ("/~1pets~1{id}/GET", "~1pets~1{id}/GET"), ("/~1/GET", "~1/GET"),
])
def test_the_first_write_makes_the_whole_entry(update, path, key, suffix, name, value, stored):
    same(update(replace(f"{path}/{suffix}", value))["methodSettings"], {key: {**SETTINGS, name: stored}})


@pytest.mark.parametrize("level", ["OFF", "ERROR", "INFO"])
def test_a_log_level_is_set(client, update, level):
    client.update_account(patchOperations=[replace("/cloudwatchRoleArn", ROLE)])
    same(update(replace("/*/*/logging/loglevel", level))["methodSettings"],
         {"*/*": {**SETTINGS, "loggingLevel": level}})


def test_an_unknown_log_level_is_refused(client, update):
    client.update_account(patchOperations=[replace("/cloudwatchRoleArn", ROLE)])
    with bad():
        update(replace("/*/*/logging/loglevel", "LOUD"))


def test_a_number_that_is_none_is_refused(update):
    with bad():
        update(replace("/*/*/throttling/burstLimit", "many"))


def test_a_new_entry_copies_that_of_all_methods(update):
    update(replace("/*/*/caching/enabled", "true"), replace("/*/*/throttling/burstLimit", "7"))
    settings = update(replace("/test/GET/metrics/enabled", "true"))["methodSettings"]
    same(settings["test/GET"],
         {**SETTINGS, "cachingEnabled": True, "throttlingBurstLimit": 7, "metricsEnabled": True})


def test_an_entry_is_not_touched_by_that_of_all_methods(update):
    update(replace("/test/GET/metrics/enabled", "true"))
    settings = update(replace("/*/*/caching/enabled", "true"))["methodSettings"]
    same(settings["test/GET"], {**SETTINGS, "metricsEnabled": True})
    same(settings["*/*"], {**SETTINGS, "cachingEnabled": True})


@pytest.mark.parametrize(("path", "key"), [("/*/*", "*/*"), ("/test/GET", "test/GET"), ("/~1pets/GET", "~1pets/GET")])
def test_an_entry_is_removed_whole(update, path, key):
    assert update(replace(f"{path}/metrics/enabled", "true"))["methodSettings"].keys() == {key}
    assert update(patch("remove", path))["methodSettings"] == {}


def test_an_entry_that_is_not_there_cannot_be_removed(update):
    with bad("Cannot remove method setting */* because there is no method setting for this method "):
        update(patch("remove", "/*/*"))


def test_a_single_field_cannot_be_removed(update):
    update(replace("/*/*/metrics/enabled", "true"))
    with bad():
        update(patch("remove", "/*/*/metrics/enabled"))


def test_settings_stay_with_a_new_deployment(client, update):
    before = update(replace("/*/*/throttling/rateLimit", "3"))["methodSettings"]
    client.create_deployment(restApiId=update.api, stageName="one")
    assert client.get_stage(restApiId=update.api, stageName="one")["methodSettings"] == before
