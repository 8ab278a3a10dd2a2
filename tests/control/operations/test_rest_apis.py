"""CreateRestApi, GetRestApi, GetRestApis, UpdateRestApi, DeleteRestApi."""

import datetime
import json

import pytest
from support import (
    ACCOUNT,
    ENUM_OP,
    REGION,
    TEN,
    TIME,
    bad,
    invalid,
    missing,
    no_api,
    patch,
    replace,
    said,
    same,
    unique,
)

DEFAULTS = {
    "id": TEN,
    "createdDate": TIME,
    "apiKeySource": "HEADER",
    "endpointConfiguration": {"types": ["EDGE"], "ipAddressType": "ipv4"},
    "disableExecuteApiEndpoint": False,
    "rootResourceId": TEN,
}


def escaped(policy):
    """A policy of an answer, whose quotes are escaped once more."""
    return json.loads(json.loads(f'"{policy}"'))


# --- creating

def test_only_a_name_gives_the_defaults(client, make):
    before = datetime.datetime.now(datetime.timezone.utc)
    made = make.api(name="pets")
    same(made, {**DEFAULTS, "name": "pets"})
    assert abs((made["createdDate"] - before).total_seconds()) < 60


def test_what_is_given_is_answered(make):
    given = {
        "name": "pets", "description": "of the shop", "version": "7", "binaryMediaTypes": ["image/png", "image/jpeg"],
        "minimumCompressionSize": 1024, "apiKeySource": "AUTHORIZER", "disableExecuteApiEndpoint": True,
        "tags": {"team": "a", "stage of life": "é"},
    }
    made = make.api(endpointConfiguration={"types": ["REGIONAL"]}, **given)
    same(made, {**DEFAULTS, **given, "endpointConfiguration": {"types": ["REGIONAL"], "ipAddressType": "ipv4"}})


def test_a_regional_api_can_be_dualstack(make):
    made = make.api(endpointConfiguration={"types": ["REGIONAL"], "ipAddressType": "dualstack"})
    assert made["endpointConfiguration"] == {"types": ["REGIONAL"], "ipAddressType": "dualstack"}


def test_a_private_api_is_dualstack(make):
    made = make.api(endpointConfiguration={"types": ["PRIVATE"]})
    assert made["endpointConfiguration"] == {"types": ["PRIVATE"], "ipAddressType": "dualstack"}


def test_a_private_api_has_its_vpc_endpoints(make):
    made = make.api(endpointConfiguration={"types": ["PRIVATE"], "vpcEndpointIds": ["vpce-0123456789abcdef0"]})
    assert made["endpointConfiguration"] == {
        "types": ["PRIVATE"], "ipAddressType": "dualstack", "vpcEndpointIds": ["vpce-0123456789abcdef0"]}


def test_no_binary_types_and_no_tags_are_left_out(make):
    same(make.api(name="pets", binaryMediaTypes=[], tags={}), {**DEFAULTS, "name": "pets"})


def test_two_apis_may_have_one_name(make):
    assert make.api(name="pets")["id"] != make.api(name="pets")["id"]


def test_a_policy_is_expanded_and_answered_with_escaped_quotes(client, make):
    statement = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
    made = make.api(policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    policy = client.get_rest_api(restApiId=made["id"])["policy"]
    assert '\\"Version\\"' in policy
    statement["Resource"] = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{made['id']}/*"
    read = escaped(policy)
    assert read["Version"] == "2012-10-17"
    for name, value in statement.items():
        assert read["Statement"][0][name] in (value, [value])


def test_a_clone_has_the_resources_and_methods_of_its_origin(client, make, api, root):
    make.mock(api, make.resource(api, "pets"), "POST")
    clone = make.api(name="clone", cloneFrom=api)
    assert clone["id"] != api and clone["name"] == "clone"
    items = client.get_resources(restApiId=clone["id"], embed=["methods"])["items"]
    assert sorted(item["path"] for item in items) == ["/", "/pets"]
    pets = next(item for item in items if item["path"] == "/pets")
    assert pets["parentId"] == clone["rootResourceId"]
    assert pets["resourceMethods"]["POST"]["methodIntegration"]["type"] == "MOCK"


@pytest.mark.parametrize(("given", "message"), [
    ({"description": ""}, "Description cannot be an empty string"),
    ({"minimumCompressionSize": -1}, "Invalid minimum compression size, must be between 0 and 10485760"),
    ({"minimumCompressionSize": 10485761}, "Invalid minimum compression size, must be between 0 and 10485760"),
    ({"endpointConfiguration": {"types": []}},
     "REGIONAL Configuration and EDGE Configuration cannot be both DISABLED."),
    ({"endpointConfiguration": {"types": ["EDGE", "REGIONAL"]}}, "Cannot create an api with multiple Endpoint Types."),
    ({"endpointConfiguration": {"types": ["PRIVATE"], "ipAddressType": "ipv4"}},
     "Only dualstack ipAddressType is supported for Private APIs."),
])
def test_what_cannot_be_is_refused(client, given, message):
    with bad(message):
        client.create_rest_api(name="refused", **given)


@pytest.mark.parametrize(("given", "wrong"), [
    ({"types": ["REGIONAL"], "ipAddressType": "ipv6"},
     "Value 'ipv6' at 'createRestApiInput.endpointConfiguration.ipAddressType' failed to satisfy constraint: "
     "Member must satisfy enum value set: [ipv4, dualstack]"),
    ({"types": ["LOCAL"]},
     "Value '[LOCAL]' at 'createRestApiInput.endpointConfiguration.types' failed to satisfy constraint: "
     "Member must satisfy constraint: [Member must satisfy enum value set: [PRIVATE, EDGE, REGIONAL]]"),
])
def test_an_unknown_endpoint_fails_validation(client, given, wrong):
    with invalid(f"1 validation error detected: {wrong}"):
        client.create_rest_api(name="refused", endpointConfiguration=given)


@pytest.mark.parametrize("size", [0, 10485760])
def test_the_limits_of_the_compression_size_are_allowed(make, size):
    assert make.api(minimumCompressionSize=size)["minimumCompressionSize"] == size


def test_an_unknown_key_source_fails_validation(client):
    with invalid():
        client.create_rest_api(name="refused", apiKeySource="COOKIE")


# --- reading

def test_getting_adds_empty_tags(client, make):
    made = make.api(name="pets")
    same(client.get_rest_api(restApiId=made["id"]), {**said(made), "tags": {}})


def test_getting_shows_tags(client, make):
    made = make.api(tags={"a": "b"})
    assert client.get_rest_api(restApiId=made["id"])["tags"] == {"a": "b"}


def test_a_list_has_tags_only_where_there_are_some(client, make):
    plain, tagged = make.api(), make.api(tags={"a": "b"})
    items = {item["id"]: item for page in client.get_paginator("get_rest_apis").paginate() for item in page["items"]}
    same(items[plain["id"]], said(plain))
    same(items[tagged["id"]], said(tagged))


@pytest.mark.parametrize("call", ["get_rest_api", "delete_rest_api"])
def test_an_unknown_api_is_not_found(client, call):
    with no_api("0unknown00"):
        getattr(client, call)(restApiId="0unknown00")


def test_ids_are_case_sensitive(client, make):
    other = next(made for made in (make.api()["id"] for _ in range(20)) if made.upper() != made)
    with no_api(other.upper()):
        client.get_rest_api(restApiId=other.upper())


# --- updating

def test_an_update_answers_the_whole_api(client, make):
    made = make.api(name="pets")
    updated = client.update_rest_api(restApiId=made["id"], patchOperations=[replace("/name", "dogs")])
    same(updated, {**DEFAULTS, "id": made["id"], "rootResourceId": made["rootResourceId"], "name": "dogs", "tags": {}})
    same(client.get_rest_api(restApiId=made["id"]), said(updated))


def test_updating_an_unknown_api_is_not_found(client):
    with no_api("0unknown00"):
        client.update_rest_api(restApiId="0unknown00", patchOperations=[replace("/name", "x")])


def test_no_operations_change_nothing(client, make):
    made = make.api()
    same(client.update_rest_api(restApiId=made["id"], patchOperations=[]), {**said(made), "tags": {}})


def test_operations_apply_in_order(client, api):
    updated = client.update_rest_api(restApiId=api, patchOperations=[
        replace("/name", "first"), replace("/name", "second"), patch("add", "/description", "d"),
        patch("remove", "/description")])
    assert updated["name"] == "second"
    assert "description" not in updated


def test_one_invalid_operation_undoes_all(client, make):
    made = make.api(name="pets")
    with bad():
        client.update_rest_api(restApiId=made["id"], patchOperations=[
            replace("/name", "dogs"), patch("add", "/binaryMediaTypes/image~1png"), replace("/nothing", "x")])
    same(client.get_rest_api(restApiId=made["id"]), {**said(made), "tags": {}})


def test_binary_types_are_in_the_path(client, api):
    def update(*operations):
        return client.update_rest_api(restApiId=api, patchOperations=list(operations)).get("binaryMediaTypes")
    assert update(patch("add", "/binaryMediaTypes/image~1png"), patch("add", "/binaryMediaTypes/image~1jpeg")) == [
        "image/png", "image/jpeg"]
    assert update(replace("/binaryMediaTypes/image~1png", "image/gif")) == ["image/jpeg", "image/gif"]
    assert update(patch("remove", "/binaryMediaTypes/image~1jpeg")) == ["image/gif"]
    assert update(patch("add", "/binaryMediaTypes/-")) == ["image/gif", "-"]
    assert update(patch("remove", "/binaryMediaTypes/-"), patch("remove", "/binaryMediaTypes/image~1gif")) is None


def test_a_tilde_in_a_name_is_escaped(client, api):
    updated = client.update_rest_api(restApiId=api, patchOperations=[patch("add", "/binaryMediaTypes/a~0b~1c")])
    assert updated["binaryMediaTypes"] == ["a~b/c"]


@pytest.mark.parametrize("value", [None, "abc", "false"])
def test_no_value_and_garbage_are_false(client, make, value):
    made = make.api(disableExecuteApiEndpoint=True)
    updated = client.update_rest_api(restApiId=made["id"], patchOperations=[
        replace("/disableExecuteApiEndpoint", value)])
    assert updated["disableExecuteApiEndpoint"] is False


def test_the_compression_size_is_set_and_removed(client, api):
    updated = client.update_rest_api(restApiId=api, patchOperations=[replace("/minimumCompressionSize", "10")])
    assert updated["minimumCompressionSize"] == 10
    updated = client.update_rest_api(restApiId=api, patchOperations=[replace("/minimumCompressionSize")])
    assert "minimumCompressionSize" not in updated


@pytest.mark.parametrize("value", ["-1", "10485761"])
def test_a_wrong_compression_size_is_refused(client, api, value):
    with bad("Invalid minimum compression size, must be between 0 and 10485760"):
        client.update_rest_api(restApiId=api, patchOperations=[replace("/minimumCompressionSize", value)])


def test_the_endpoint_type_changes(client, api):
    def update(source, target):
        return client.update_rest_api(restApiId=api, patchOperations=[
            replace(f"/endpointConfiguration/types/{source}", target)])["endpointConfiguration"]
    assert update("EDGE", "REGIONAL") == {"types": ["REGIONAL"], "ipAddressType": "ipv4"}
    assert update("REGIONAL", "PRIVATE") == {"types": ["PRIVATE"], "ipAddressType": "dualstack"}
    assert client.get_rest_api(restApiId=api)["endpointConfiguration"]["types"] == ["PRIVATE"]


def test_a_private_api_cannot_become_ipv4(client, make):
    made = make.api(endpointConfiguration={"types": ["PRIVATE"]})
    with bad("Only dualstack ipAddressType is supported for Private APIs."):
        client.update_rest_api(restApiId=made["id"], patchOperations=[
            replace("/endpointConfiguration/ipAddressType", "ipv4")])


def test_an_unknown_endpoint_type_is_refused(client, api):
    with bad("Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE"):
        client.update_rest_api(restApiId=api, patchOperations=[replace("/endpointConfiguration/types/EDGE", "LOCAL")])


def test_an_unknown_address_type_is_refused(client, api):
    with bad("ipAddressType must be either ipv4 or dualstack."):
        client.update_rest_api(restApiId=api, patchOperations=[replace("/endpointConfiguration/ipAddressType", "ipv5")])


def test_an_updated_policy_is_expanded(client, api):
    policy = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/prod/GET/x"}]}
    updated = client.update_rest_api(restApiId=api, patchOperations=[replace("/policy", json.dumps(policy))])
    read = escaped(updated["policy"])
    expanded = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api}/prod/GET/x"
    assert read["Statement"][0]["Resource"] in (expanded, [expanded])


@pytest.mark.parametrize(("operation", "message"), [
    (patch("add", "/name", "x"), "Invalid patch operation specified. Must be one of: [replace]"),
    (patch("remove", "/name"), "Invalid patch operation specified. Must be one of: [replace]"),
    (patch("remove", "/apiKeySource"), "Invalid patch operation specified. Must be one of: [replace]"),
    (patch("add", "/binaryMediaTypes", "image/png"), "Invalid patch path /binaryMediaTypes"),
    (replace("/x", "y"), "Invalid patch path /x"),
    (patch("replace"), "Invalid patch path null"),
])
def test_a_wrong_operation_is_refused(client, api, operation, message):
    with bad(message):
        client.update_rest_api(restApiId=api, patchOperations=[operation])


def test_an_unknown_op_fails_validation(client, api):
    with invalid("1 validation error detected: Value 'drop' at 'updateRestApiInput.patchOperations.1.member.op' "
                 f"failed to satisfy constraint: {ENUM_OP}"):
        client.update_rest_api(restApiId=api, patchOperations=[patch("drop", "/name", "x")])


def test_every_failed_constraint_is_named(client, api):
    at = "updateRestApiInput.patchOperations"
    with invalid(f"2 validation errors detected: Value 'drop' at '{at}.1.member.op' failed to satisfy constraint: "
                 f"{ENUM_OP}; Value 'cut' at '{at}.3.member.op' failed to satisfy constraint: {ENUM_OP}"):
        client.update_rest_api(restApiId=api, patchOperations=[
            patch("drop", "/name", "x"), replace("/name", "x"), patch("cut", "/name", "x")])


# --- deleting

def test_deleting_takes_everything_with_it(client, make):
    api, deployment = make.deployed()
    client.create_model(restApiId=api, name="Pet", contentType="application/json", schema='{"type": "object"}')
    same(client.delete_rest_api(restApiId=api), {})
    for call, arguments in [("get_rest_api", {}), ("get_stages", {}), ("get_deployments", {}), ("get_models", {}),
                            ("get_model", {"modelName": "Pet"}), ("get_gateway_responses", {})]:
        with missing():
            getattr(client, call)(restApiId=api, **arguments)
    assert api not in {item["id"] for page in client.get_paginator("get_rest_apis").paginate()
                       for item in page["items"]}


def test_deleting_twice_is_not_found(client, make):
    api = make.api(name=unique())["id"]
    client.delete_rest_api(restApiId=api)
    with no_api(api):
        client.delete_rest_api(restApiId=api)
