"""CreateApiKey, GetApiKey, GetApiKeys, UpdateApiKey, DeleteApiKey, ImportApiKeys."""

import re

import pytest
from support import TEN, TIME, bad, conflict, missing, patch, replace, said, same, unique

VALUE = re.compile(r"[A-Za-z0-9]{40}")


def known(client, **arguments):
    """All keys by id."""
    return {item["id"]: item for page in client.get_paginator("get_api_keys").paginate(**arguments)
            for item in page["items"]}


def test_the_least_key_is_disabled_and_has_a_value(client, make):
    made = make.key(name="pets")
    same(made, {"id": TEN, "value": VALUE, "name": "pets", "enabled": False, "createdDate": TIME,
                "lastUpdatedDate": TIME, "stageKeys": []})


def test_a_key_needs_nothing(client, make):
    made = make.key()
    assert VALUE.fullmatch(made["value"]) and made["enabled"] is False
    assert VALUE.fullmatch(make.key(name="", value="")["value"])


def test_what_is_given_is_answered(make):
    given = {"name": "pets", "description": "d", "enabled": True, "value": unique("value-of-20-chars-"),
             "customerId": "c", "tags": {"a": "b"}}
    same(make.key(**given), {**given, "id": TEN, "createdDate": TIME, "lastUpdatedDate": TIME, "stageKeys": []})


def test_a_value_is_only_shown_when_asked_for(client, make):
    made = make.key(name=unique())
    hidden = {name: value for name, value in said(made).items() if name != "value"}
    read = said(client.get_api_key(apiKey=made["id"]))
    assert read.pop("tags", {}) == {}
    same(read, hidden)
    assert "value" not in client.get_api_key(apiKey=made["id"], includeValue=False)
    assert client.get_api_key(apiKey=made["id"], includeValue=True)["value"] == made["value"]
    assert "value" not in known(client)[made["id"]]
    assert known(client, includeValues=True)[made["id"]]["value"] == made["value"]


@pytest.mark.parametrize(("given", "message"), [
    ({"name": "x" * 1025}, "Invalid API Key name, can be at most 1024 characters."),
    ({"value": "x" * 19}, "API Key value should be at least 20 characters"),
    ({"value": "x" * 129}, "API Key value exceeds maximum size of 128 characters"),
    ({"description": "x" * 125_001}, "Invalid API Key description specified."),
])
def test_what_is_too_short_or_too_long_is_refused(client, given, message):
    with bad(message):
        client.create_api_key(**given)


@pytest.mark.parametrize("length", [20, 128])
def test_the_limits_of_a_value_are_allowed(make, length):
    value = unique("x" * length)[-length:]
    assert make.key(value=value)["value"] == value


def test_a_name_of_1024_characters_is_allowed(make):
    assert len(make.key(name="x" * 1024)["name"]) == 1024


def test_a_description_of_100000_characters_is_allowed(make):
    assert len(make.key(description="x" * 100_000)["description"]) == 100_000


def test_a_value_is_there_once(client, make):
    value = unique("value-of-20-chars-")
    make.key(value=value)
    with conflict("API Key already exists"):
        client.create_api_key(value=value)


def test_keys_are_listed_newest_first_by_prefix(client, make):
    prefix = unique()
    made = [make.key(name=f"{prefix}-{number}")["id"] for number in range(3)]
    def ids(query):
        return [item["id"] for item in client.get_api_keys(nameQuery=query)["items"]]
    assert ids(prefix) == made[::-1]
    assert ids(f"{prefix}-1") == [made[1]]
    assert ids(prefix[1:]) == []
    assert ids(prefix.upper()) == []


def test_keys_are_listed_by_customer(client, make):
    customer = unique()
    made = make.key(customerId=customer)["id"]
    make.key(customerId=unique())
    assert [item["id"] for item in client.get_api_keys(customerId=customer)["items"]] == [made]


def test_an_update_answers_tags_and_no_value(client, make):
    made = make.key()
    updated = client.update_api_key(apiKey=made["id"], patchOperations=[
        replace("/name", "new"), replace("/description", "d"), replace("/enabled", "true"),
        replace("/customerId", "c")])
    same(updated, {"id": made["id"], "name": "new", "description": "d", "enabled": True, "customerId": "c",
                   "createdDate": made["createdDate"], "lastUpdatedDate": TIME, "stageKeys": [], "tags": {}})


@pytest.mark.parametrize("value", [None, "abc"])
def test_no_value_and_garbage_are_false(client, make, value):
    made = make.key(enabled=True)
    assert client.update_api_key(apiKey=made["id"], patchOperations=[replace("/enabled", value)])["enabled"] is False


@pytest.mark.parametrize(("operation", "message"), [
    (replace("/id", "x"), "Invalid patch path  '/id' specified for op 'replace'. Must be one of: [/description, "
                          "/enabled, /name, /customerId]"),
    (replace("/value", "x" * 20), "Invalid patch path  '/value' specified for op 'replace'. Must be one of: "
                                  "[/description, /enabled, /name, /customerId]"),
    (patch("remove", "/name"), "Invalid patch path  '/name' specified for op 'remove'. Please choose supported "
                               "operations"),
    (replace("/name", "x" * 1025), "Invalid API Key name, can be at most 1024 characters."),
])
def test_a_wrong_operation_is_refused(client, make, operation, message):
    made = make.key(name="pets")
    with bad(message):
        client.update_api_key(apiKey=made["id"], patchOperations=[operation])
    assert client.get_api_key(apiKey=made["id"])["name"] == "pets"


@pytest.mark.parametrize(("call", "arguments"), [
    ("get_api_key", {}), ("delete_api_key", {}), ("update_api_key", {"patchOperations": [replace("/name", "x")]}),
])
def test_an_unknown_key_is_not_found(client, call, arguments):
    with missing("Invalid API Key identifier specified"):
        getattr(client, call)(apiKey="0unknown00", **arguments)


def test_a_deleted_key_is_gone(client, make):
    made = make.key()
    same(client.delete_api_key(apiKey=made["id"]), {})
    with missing("Invalid API Key identifier specified"):
        client.get_api_key(apiKey=made["id"])


# --- import

def imported(client, make, text, **arguments):
    answer = client.import_api_keys(format="csv", body=text, **arguments)
    for key in answer.get("ids", []):
        make.later("delete_api_key", apiKey=key)
    return answer


def test_keys_are_imported_enabled(client, make):
    first, second = unique("value-of-20-chars-"), unique("value-of-20-chars-")
    answer = imported(client, make, f"Name,Key\none,{first}\ntwo,{second}\n")
    same(answer, {"ids": [TEN, TEN], "warnings": lambda warnings: warnings == []} if "warnings" in answer
         else {"ids": [TEN, TEN]})
    keys = [client.get_api_key(apiKey=key, includeValue=True) for key in answer["ids"]]
    assert sorted((key["name"], key["value"], key["enabled"]) for key in keys) == [
        ("one", first, True), ("two", second, True)]


def test_columns_are_in_any_order_and_case_with_blanks(client, make):
    value = unique("value-of-20-chars-")
    text = f"kEY , description,Whatever, ENABLED ,name\n {value} , of pets ,x, tRuE , pets \n"
    key = client.get_api_key(apiKey=imported(client, make, text)["ids"][0], includeValue=True)
    assert (key["name"], key["value"], key["description"], key["enabled"]) == ("pets", value, "of pets", True)


def test_a_key_is_imported_disabled(client, make):
    text = f"name,key,enabled\npets,{unique('value-of-20-chars-')},FALSE\n"
    assert client.get_api_key(apiKey=imported(client, make, text)["ids"][0])["enabled"] is False


@pytest.mark.parametrize("quote", ['"', "'"])
def test_an_imported_key_is_put_into_plans(client, make, quote):
    plans = [make.plan()["id"], make.plan()["id"]]
    text = f"name,key,UsagePlanIds\npets,{unique('value-of-20-chars-')},{quote}{plans[0]},{plans[1]}{quote}\n"
    key = imported(client, make, text)["ids"][0]
    for plan in plans:
        assert [item["id"] for item in client.get_usage_plan_keys(usagePlanId=plan)["items"]] == [key]


def test_a_key_that_is_imported_again_is_overwritten(client, make):
    value = unique("value-of-20-chars-")
    first = imported(client, make, f"name,key\nold,{value}\n")["ids"]
    second = imported(client, make, f"name,key\nnew,{value}\n")["ids"]
    assert first == second
    assert client.get_api_key(apiKey=first[0])["name"] == "new"


def test_warnings_may_undo_an_import(client, make):
    prefix = unique()
    text = f"name,key\n{prefix}-a,{unique('value-of-20-chars-')}\n{prefix}-b,short\n"
    with bad():
        client.import_api_keys(format="csv", body=text, failOnWarnings=True)
    assert client.get_api_keys(nameQuery=prefix)["items"] == []


@pytest.mark.parametrize("text", ["", "name\npets\n", "no header at all"])
def test_what_has_no_keys_is_refused(client, text):
    with bad():
        client.import_api_keys(format="csv", body=text, failOnWarnings=True)
