"""The operations of usage plans, their keys, and usage."""

import datetime
import json
import re

import pytest
from support import SIX, TEN, TEXT, bad, conflict, missing, patch, replace, said, same, unique

DAY = re.compile(r"\d{4}-\d\d-\d\d")


@pytest.fixture
def plan(make):
    return make.plan(name="plan")["id"]


@pytest.fixture
def update(client, plan):
    def run(*operations):
        return said(client.update_usage_plan(usagePlanId=plan, patchOperations=list(operations)))
    run.plan = plan
    return run


# --- plans

def test_the_least_plan_limits_nothing(client, make):
    made = make.plan(name="pets")
    same(made, {"id": SIX, "name": "pets", "apiStages": []})
    read = said(client.get_usage_plan(usagePlanId=made["id"]))
    assert read.pop("tags", {}) == {}
    same(read, said(made))


def test_what_is_given_is_answered(client, make):
    api, _ = make.deployed()
    given = {"name": "pets", "description": "d", "throttle": {"rateLimit": 2.5, "burstLimit": 10},
             "quota": {"limit": 100, "offset": 3, "period": "WEEK"}, "tags": {"a": "b"},
             "apiStages": [{"apiId": api, "stage": "one", "throttle": {"//GET": {"rateLimit": 1.0, "burstLimit": 2}}}]}
    made = make.plan(**given)
    same(made, {"id": SIX, **given})
    same(client.get_usage_plan(usagePlanId=made["id"]), said(made))


def test_an_offset_is_0_and_a_rate_is_a_float(make):
    made = make.plan(quota={"limit": 5, "period": "DAY"}, throttle={"rateLimit": 3, "burstLimit": 900})
    assert made["quota"] == {"limit": 5, "offset": 0, "period": "DAY"}
    assert made["throttle"] == {"rateLimit": 3.0, "burstLimit": 900}
    assert isinstance(made["throttle"]["rateLimit"], float)


@pytest.mark.parametrize(("period", "offset", "message"), [
    ("DAY", 1, "Usage Plan quota offset must be zero in the DAY period"),
    ("WEEK", 7, "Usage Plan quota offset must be between 0 and 6 inclusive in the WEEK period"),
    ("MONTH", 28, "Usage Plan quota offset must be between 0 and 27 inclusive in the MONTH period"),
])
def test_an_offset_is_a_day_of_its_period(client, period, offset, message):
    with bad(message):
        client.create_usage_plan(name="refused", quota={"limit": 5, "offset": offset, "period": period})


@pytest.mark.parametrize(("period", "offset"), [("WEEK", 6), ("MONTH", 27)])
def test_the_last_offset_is_allowed(make, period, offset):
    assert make.plan(quota={"limit": 5, "offset": offset, "period": period})["quota"]["offset"] == offset


@pytest.mark.parametrize("stage", [{"apiId": "0unknown00", "stage": "one"}, {"apiId": "0unknown00"}])
def test_the_stages_must_exist(client, stage):
    with pytest.raises(client.exceptions.ClientError) as caught:
        client.create_usage_plan(name="refused", apiStages=[stage])
    error = caught.value.response["Error"]
    assert error["Code"] in ("NotFoundException", "BadRequestException")
    assert error["Message"].startswith("Invalid API Stage ")


def test_plans_are_listed_by_key(client, make):
    key = make.key()["id"]
    with_key, without = make.plan()["id"], make.plan()["id"]
    client.create_usage_plan_key(usagePlanId=with_key, keyId=key, keyType="API_KEY")
    assert [item["id"] for item in client.get_usage_plans(keyId=key)["items"]] == [with_key]
    every = {item["id"] for page in client.get_paginator("get_usage_plans").paginate() for item in page["items"]}
    assert {with_key, without} <= every


@pytest.mark.parametrize(("call", "arguments"), [
    ("get_usage_plan", {}), ("delete_usage_plan", {}), ("get_usage_plan_keys", {}),
    ("update_usage_plan", {"patchOperations": [replace("/name", "x")]}),
    ("get_usage", {"startDate": "2026-01-01", "endDate": "2026-01-02"}),
])
def test_an_unknown_plan_is_not_found(client, call, arguments):
    with missing("Invalid Usage Plan ID specified"):
        getattr(client, call)(usagePlanId="abcdef", **arguments)


def test_a_deleted_plan_is_gone(client, plan):
    same(client.delete_usage_plan(usagePlanId=plan), {})
    with missing("Invalid Usage Plan ID specified"):
        client.get_usage_plan(usagePlanId=plan)


def test_a_plan_that_is_sold_is_not_deleted(client, update):
    update(patch("add", "/productCode", "code"))
    with bad():
        client.delete_usage_plan(usagePlanId=update.plan)
    assert "productCode" not in update(patch("remove", "/productCode"))


# --- updates

def test_limits_come_and_go(update):
    assert update(patch("add", "/throttle/rateLimit", "1.5"), patch("add", "/throttle/burstLimit", "3"))[
        "throttle"] == {"rateLimit": 1.5, "burstLimit": 3}
    assert update(replace("/throttle/rateLimit", "2"), replace("/throttle/burstLimit", "4"))[
        "throttle"] == {"rateLimit": 2.0, "burstLimit": 4}
    assert "throttle" not in update(patch("remove", "/throttle"))
    assert update(patch("add", "/quota/limit", "5"), patch("add", "/quota/period", "WEEK"),
                  patch("add", "/quota/offset", "1"))["quota"] == {"limit": 5, "period": "WEEK", "offset": 1}
    assert update(replace("/quota/limit", "6"), replace("/quota/offset", "0"))["quota"] == {
        "limit": 6, "period": "WEEK", "offset": 0}
    assert "quota" not in update(patch("remove", "/quota"))


@pytest.mark.parametrize(("period", "offset"), [("DAY", "1"), ("WEEK", "7"), ("MONTH", "28")])
def test_an_updated_offset_is_a_day_of_its_period(update, period, offset):
    with bad(TEXT):
        update(patch("add", "/quota/limit", "5"), patch("add", "/quota/period", period),
               patch("add", "/quota/offset", offset))
    assert "quota" not in update()


def test_stages_come_and_go(client, make, update):
    api, _ = make.deployed()
    make.leave(update.plan, api, "one")
    assert update(patch("add", "/apiStages", f"{api}:one"))["apiStages"] == [{"apiId": api, "stage": "one"}]
    path = f"/apiStages/{api}:one/throttle"
    same(update(patch("add", f"{path}/~1pets/GET/rateLimit", "2.0"), patch("add", f"{path}/~1pets/GET/burstLimit", "3"),
                patch("add", f"{path}/~1/GET/rateLimit", "1.0"), patch("add", f"{path}/~1/GET/burstLimit", "1"))[
        "apiStages"], [{"apiId": api, "stage": "one", "throttle": {
            "/pets/GET": {"rateLimit": 2.0, "burstLimit": 3}, "//GET": {"rateLimit": 1.0, "burstLimit": 1}}}])
    same(update(replace(f"{path}/~1pets/GET/rateLimit", "9.5"), patch("remove", f"{path}/~1/GET"))["apiStages"],
         [{"apiId": api, "stage": "one", "throttle": {"/pets/GET": {"rateLimit": 9.5, "burstLimit": 3}}}])
    limits = {"/dogs/POST": {"rateLimit": 4.0, "burstLimit": 5}}
    same(update(replace(path, json.dumps(limits)))["apiStages"], [{"apiId": api, "stage": "one", "throttle": limits}])
    same(update(patch("remove", path))["apiStages"], [{"apiId": api, "stage": "one"}])
    assert update(patch("remove", "/apiStages", f"{api}:one"))["apiStages"] == []


def test_a_stage_in_a_plan_is_not_deleted(client, make, update):
    api, _ = make.deployed()
    make.leave(update.plan, api, "one")
    update(patch("add", "/apiStages", f"{api}:one"))
    with bad():
        client.delete_stage(restApiId=api, stageName="one")
    update(patch("remove", "/apiStages", f"{api}:one"))
    client.delete_stage(restApiId=api, stageName="one")


@pytest.mark.parametrize("value", ["nothing", "", "a:b:c:d"])
@pytest.mark.parametrize("op", ["add", "remove"])
def test_a_stage_is_named_with_its_api(update, op, value):
    with bad("Invalid API Stage specified"):
        update(patch(op, "/apiStages", value))


def test_an_unknown_stage_is_not_found(update, make):
    api, _ = make.deployed()
    for op, stage in [("add", "two"), ("remove", "one")]:
        with missing(f"Invalid API Stage {{api: {api}, stage: {stage}}} specified for usageplan {update.plan}"):
            update(patch(op, "/apiStages", f"{api}:{stage}"))


@pytest.mark.parametrize("operation", [
    replace("/id", "x"), patch("remove", "/name"), patch("add", "/name", "x"), replace("/throttle/rateLimit", "fast"),
    replace("/quota/period", "YEAR"), replace("/throttle/none", "1"),
])
def test_a_wrong_operation_is_refused(client, update, operation):
    before = said(client.get_usage_plan(usagePlanId=update.plan))
    with bad():
        update(operation)
    same(client.get_usage_plan(usagePlanId=update.plan), before)


# --- keys of plans

def test_a_key_is_put_into_a_plan(client, make, plan):
    key = make.key(name=unique("key-"))
    made = client.create_usage_plan_key(usagePlanId=plan, keyId=key["id"], keyType="API_KEY")
    expected = {"id": key["id"], "type": "API_KEY", "value": key["value"], "name": key["name"]}
    same(made, expected)
    same(client.get_usage_plan_key(usagePlanId=plan, keyId=key["id"]), expected)
    items = client.get_usage_plan_keys(usagePlanId=plan)["items"]
    assert [item["id"] for item in items] == [key["id"]]


def test_keys_of_a_plan_are_listed_by_prefix(client, make, plan):
    ids = {}
    for name in ("alpha", "alpine", "beta"):
        ids[name] = make.key(name=name)["id"]
        client.create_usage_plan_key(usagePlanId=plan, keyId=ids[name], keyType="API_KEY")
    def names(query):
        return sorted(item["name"] for item in client.get_usage_plan_keys(usagePlanId=plan, nameQuery=query)["items"])
    assert names("alp") == ["alpha", "alpine"]
    assert names("beta") == ["beta"]
    assert names("pha") == []


def test_a_key_of_a_plan_must_exist(client, plan):
    with missing("Invalid API Key identifier specified"):
        client.create_usage_plan_key(usagePlanId=plan, keyId="0unknown00", keyType="API_KEY")


def test_the_plan_of_a_key_must_exist(client, make):
    with missing("Invalid Usage Plan ID specified"):
        client.create_usage_plan_key(usagePlanId="abcdef", keyId=make.key()["id"], keyType="API_KEY")


def test_a_key_has_one_plan_for_a_stage(client, make):
    api, _ = make.deployed()
    stages = [{"apiId": api, "stage": "one"}]
    first, second = make.plan(apiStages=stages)["id"], make.plan(apiStages=stages)["id"]
    key = make.key()["id"]
    client.create_usage_plan_key(usagePlanId=first, keyId=key, keyType="API_KEY")
    with conflict():
        client.create_usage_plan_key(usagePlanId=second, keyId=key, keyType="API_KEY")


def test_a_key_is_taken_out_of_a_plan(client, make, plan):
    key = make.key()["id"]
    client.create_usage_plan_key(usagePlanId=plan, keyId=key, keyType="API_KEY")
    same(client.delete_usage_plan_key(usagePlanId=plan, keyId=key), {})
    same(client.get_usage_plan_keys(usagePlanId=plan), {"items": []})
    with missing():
        client.get_usage_plan_key(usagePlanId=plan, keyId=key)
    with missing():
        client.delete_usage_plan_key(usagePlanId=plan, keyId=key)
    assert client.get_api_key(apiKey=key)["id"] == key


def test_a_deleted_key_leaves_its_plans(client, make, plan):
    key = make.key()["id"]
    client.create_usage_plan_key(usagePlanId=plan, keyId=key, keyType="API_KEY")
    client.delete_api_key(apiKey=key)
    same(client.get_usage_plan_keys(usagePlanId=plan), {"items": []})


# --- usage

def test_usage_is_a_pair_for_each_day(client, make):
    plan = make.plan(quota={"limit": 100, "period": "MONTH"})["id"]
    key = make.key()["id"]
    client.create_usage_plan_key(usagePlanId=plan, keyId=key, keyType="API_KEY")
    today = datetime.datetime.now(datetime.timezone.utc).date()
    start, end = str(today - datetime.timedelta(days=1)), str(today)
    answer = client.get_usage(usagePlanId=plan, startDate=start, endDate=end)
    same(answer, {"usagePlanId": plan, "startDate": start, "endDate": end, "items": dict})
    for days in answer["items"].values():
        assert len(days) == 2
        assert all(len(day) == 2 and day[0] == 0 for day in days)
    answer = client.get_usage(usagePlanId=plan, startDate=start, endDate=end, keyId=key)
    assert answer["items"].keys() <= {key}


def test_what_remains_is_changed(client, make):
    plan = make.plan(quota={"limit": 100, "period": "MONTH"})["id"]
    key = make.key()["id"]
    client.create_usage_plan_key(usagePlanId=plan, keyId=key, keyType="API_KEY")
    answer = client.update_usage(usagePlanId=plan, keyId=key, patchOperations=[replace("/remaining", "7")])
    assert answer["usagePlanId"] == plan
    assert DAY.fullmatch(answer["startDate"]) and DAY.fullmatch(answer["endDate"])
    assert answer["items"][key][-1][1] == 7
    today = str(datetime.datetime.now(datetime.timezone.utc).date())
    read = client.get_usage(usagePlanId=plan, startDate=today, endDate=today, keyId=key)
    assert read["items"][key] == [[0, 7]]


def test_only_what_remains_is_changed(client, make):
    plan = make.plan(quota={"limit": 100, "period": "MONTH"})["id"]
    key = make.key()["id"]
    client.create_usage_plan_key(usagePlanId=plan, keyId=key, keyType="API_KEY")
    for operation in (replace("/used", "7"), patch("remove", "/remaining"), replace("/remaining", "many")):
        with bad():
            client.update_usage(usagePlanId=plan, keyId=key, patchOperations=[operation])
    with missing():
        client.update_usage(usagePlanId=plan, keyId="0unknown00", patchOperations=[replace("/remaining", "7")])


@pytest.mark.parametrize(("start", "end"), [("yesterday", "2026-01-01"), ("2026-01-02", "2026-01-01")])
def test_days_are_days(client, plan, start, end):
    with bad():
        client.get_usage(usagePlanId=plan, startDate=start, endDate=end)


def test_ids_have_their_forms(make):
    assert SIX.fullmatch(make.plan()["id"]) and TEN.fullmatch(make.key()["id"])
