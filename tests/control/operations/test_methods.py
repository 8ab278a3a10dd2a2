"""PutMethod, GetMethod, UpdateMethod, DeleteMethod and the same of method responses."""

import re

import pytest
from support import FUNCTION_URI, SCHEMA, bad, conflict, invalid, missing, patch, replace, said, same

DEFAULTS = {"httpMethod": "GET", "authorizationType": "NONE", "apiKeyRequired": False}


@pytest.fixture
def of(make, api, root):
    """A method without an integration."""
    make.method(api, root)
    return {"restApiId": api, "resourceId": root, "httpMethod": "GET"}


def token_authorizer(client, api):
    return client.create_authorizer(restApiId=api, name="guard", type="TOKEN", authorizerUri=FUNCTION_URI,
                                    identitySource="method.request.header.Authorization")["id"]


# --- methods

def test_the_least_method_has_the_defaults(client, api, root):
    same(client.put_method(restApiId=api, resourceId=root, httpMethod="GET", authorizationType="NONE"), DEFAULTS)
    same(client.get_method(restApiId=api, resourceId=root, httpMethod="GET"), DEFAULTS)


@pytest.mark.parametrize("verb", ["GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD", "ANY"])
def test_these_verbs_are_valid(client, make, api, root, verb):
    same(make.method(api, root, verb), {**DEFAULTS, "httpMethod": verb})


@pytest.mark.parametrize("verb", ["TRACE", "get", "QUERY"])
def test_other_verbs_are_refused(client, make, api, root, verb):
    with bad("Invalid HttpMethod specified. Valid options are GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY"):
        make.method(api, root, verb)


def test_what_is_given_is_answered(client, make, api, root):
    validator = client.create_request_validator(restApiId=api, name="all", validateRequestBody=True)["id"]
    given = {
        "apiKeyRequired": True, "operationName": "listPets", "requestValidatorId": validator,
        "requestModels": {"application/json": "Empty"},
        "requestParameters": {"method.request.querystring.q": True, "method.request.header.X-A": False},
    }
    same(make.method(api, root, **given), {**DEFAULTS, **given})


def test_empty_maps_are_left_out(make, api, root):
    same(make.method(api, root, requestParameters={}, requestModels={}), DEFAULTS)


def test_a_method_is_there_once(client, make, api, root):
    made = make.method(api, root, apiKeyRequired=True, operationName="old")
    with conflict("Method already exists for this resource"):
        make.method(api, root)
    same(client.get_method(restApiId=api, resourceId=root, httpMethod="GET"), said(made))
    client.delete_method(restApiId=api, resourceId=root, httpMethod="GET")
    same(make.method(api, root), DEFAULTS)


def test_a_custom_method_needs_an_authorizer(client, make, api, root):
    message = ("Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS "
               "requires a valid authorizer.")
    for kind in ("CUSTOM", "COGNITO_USER_POOLS"):
        with bad(message):
            make.method(api, root, authorizationType=kind)
        with bad(message):
            make.method(api, root, authorizationType=kind, authorizerId="abcdef")


def test_a_custom_method_has_its_authorizer(client, make, api, root):
    guard = token_authorizer(client, api)
    same(make.method(api, root, authorizationType="CUSTOM", authorizerId=guard),
         {**DEFAULTS, "authorizationType": "CUSTOM", "authorizerId": guard})


def test_parameter_names_are_unique(make, api, root):
    with bad("Parameter names must be unique across querystring, header and path"):
        make.method(api, root, requestParameters={"method.request.querystring.a": True,
                                                  "method.request.header.a": True})


def test_a_validator_must_exist(make, api, root):
    with bad("Invalid Request Validator identifier specified"):
        make.method(api, root, requestValidatorId="abcdef")


def test_a_model_must_exist(make, api, root):
    with bad("Invalid model identifier specified: Nothing"):
        make.method(api, root, requestModels={"application/json": "Nothing"})


def test_a_method_shows_all_that_belongs_to_it(client, make, api, root):
    of = make.mock(api, root, template="{}")
    same(client.get_method(**of), {
        **DEFAULTS,
        "methodResponses": {"200": {"statusCode": "200"}},
        "methodIntegration": {
            "type": "MOCK", "requestTemplates": {"application/json": '{"statusCode": 200}'},
            "passthroughBehavior": "WHEN_NO_MATCH", "timeoutInMillis": 29000, "cacheNamespace": root,
            "cacheKeyParameters": [],
            "integrationResponses": {"200": {"statusCode": "200", "responseTemplates": {"application/json": "{}"}}},
        },
    })


@pytest.mark.parametrize("call", ["get_method", "delete_method"])
def test_an_unknown_method_is_not_found(client, api, root, call):
    with missing("Invalid Method identifier specified"):
        getattr(client, call)(restApiId=api, resourceId=root, httpMethod="POST")


def test_updating_an_unknown_method_is_not_found(client, api, root):
    with missing("Invalid Method identifier specified"):
        client.update_method(restApiId=api, resourceId=root, httpMethod="GET",
                             patchOperations=[replace("/apiKeyRequired", "true")])


def test_an_unknown_resource_is_not_found(client, make, api):
    with missing("Invalid Resource identifier specified"):
        client.get_method(restApiId=api, resourceId="abcdef", httpMethod="GET")
    with missing("Invalid Resource identifier specified"):
        make.method(api, "abcdef")


def test_in_an_unknown_api_it_is_the_resource_that_is_not_found(client, make):
    with missing("Invalid Resource identifier specified"):
        client.get_method(restApiId="0unknown00", resourceId="abcdef", httpMethod="GET")
    with missing("Invalid Resource identifier specified"):
        make.method("0unknown00", "abcdef")


def test_a_deleted_method_takes_its_parts_along(client, make, api, root):
    of = make.mock(api, root)
    same(client.delete_method(**of), {})
    with missing("Invalid Method identifier specified"):
        client.get_method(**of)
    make.method(api, root)
    same(client.get_method(**of), DEFAULTS)


# --- updates of methods

def test_updates_are_answered_whole(client, of, api):
    updated = client.update_method(**of, patchOperations=[
        replace("/apiKeyRequired", "true"), replace("/operationName", "list"),
        patch("add", "/requestParameters/method.request.querystring.q", "true"),
        patch("add", "/requestModels/application~1json", "Empty")])
    same(updated, {**DEFAULTS, "apiKeyRequired": True, "operationName": "list",
                   "requestParameters": {"method.request.querystring.q": True},
                   "requestModels": {"application/json": "Empty"}})


def test_the_last_entry_takes_its_map_along(client, of):
    client.update_method(**of, patchOperations=[
        patch("add", "/requestParameters/method.request.querystring.q", "true"),
        patch("add", "/requestModels/application~1json", "Empty")])
    same(client.update_method(**of, patchOperations=[
        patch("remove", "/requestParameters/method.request.querystring.q"),
        patch("remove", "/requestModels/application~1json")]), DEFAULTS)


def test_only_an_entry_that_is_there_is_replaced(client, of):
    with missing("Invalid parameter name specified"):
        client.update_method(**of, patchOperations=[replace("/requestParameters/method.request.header.X", "true")])
    with missing("Content-Type specified was not found"):
        client.update_method(**of, patchOperations=[replace("/requestModels/application~1xml", "Empty")])


def test_a_replaced_model_must_exist(client, of):
    with bad("Invalid model identifier specified: Nothing"):
        client.update_method(**of, patchOperations=[patch("add", "/requestModels/application~1json", "Nothing")])


def test_an_empty_validator_removes_it(client, of, api):
    validator = client.create_request_validator(restApiId=api, name="all")["id"]
    updated = client.update_method(**of, patchOperations=[replace("/requestValidatorId", validator)])
    assert updated["requestValidatorId"] == validator
    same(client.update_method(**of, patchOperations=[replace("/requestValidatorId", "")]), DEFAULTS)


def test_a_replaced_validator_must_exist(client, of):
    with bad("Invalid Request Validator identifier specified"):
        client.update_method(**of, patchOperations=[replace("/requestValidatorId", "abcdef")])


def test_garbage_is_false(client, make, api, root):
    make.method(api, root, apiKeyRequired=True)
    updated = client.update_method(restApiId=api, resourceId=root, httpMethod="GET",
                                   patchOperations=[replace("/apiKeyRequired", "abc")])
    assert updated["apiKeyRequired"] is False


def test_an_authorizer_of_an_open_method_is_ignored(client, of, api):
    guard = token_authorizer(client, api)
    same(client.update_method(**of, patchOperations=[replace("/authorizerId", guard)]), DEFAULTS)


def test_a_method_becomes_custom(client, of, api):
    guard = token_authorizer(client, api)
    with bad("Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS "
             "requires a valid authorizer."):
        client.update_method(**of, patchOperations=[replace("/authorizationType", "CUSTOM")])
    same(client.update_method(**of, patchOperations=[
        replace("/authorizationType", "CUSTOM"), replace("/authorizerId", guard)]),
        {**DEFAULTS, "authorizationType": "CUSTOM", "authorizerId": guard})


def test_scopes_come_and_go_by_value(client, of):
    updated = client.update_method(**of, patchOperations=[
        patch("add", "/authorizationScopes", "a/read"), patch("add", "/authorizationScopes", "a/write")])
    assert updated["authorizationScopes"] == ["a/read", "a/write"]
    updated = client.update_method(**of, patchOperations=[patch("remove", "/authorizationScopes", "a/read")])
    assert updated["authorizationScopes"] == ["a/write"]


@pytest.mark.parametrize("path", ["/authorizationType", "/apiKeyRequired", "/operationName"])
@pytest.mark.parametrize("op", ["add", "remove"])
def test_a_path_that_is_only_replaced(client, of, path, op):
    with bad("Invalid patch operation specified. Must be one of: [replace]"):
        client.update_method(**of, patchOperations=[patch(op, path, "x")])


def test_an_unknown_path_is_refused(client, of):
    with bad("Invalid patch path /httpMethods"):
        client.update_method(**of, patchOperations=[replace("/httpMethods", "x")])


# --- method responses

def test_the_least_method_response_has_a_status(client, of):
    same(client.put_method_response(**of, statusCode="200"), {"statusCode": "200"})
    same(client.get_method_response(**of, statusCode="200"), {"statusCode": "200"})
    same(client.get_method(**of), {**DEFAULTS, "methodResponses": {"200": {"statusCode": "200"}}})


def test_maps_of_a_method_response_are_as_sent(client, of):
    given = {"responseParameters": {"method.response.header.X": True, "method.response.header.Y": False},
             "responseModels": {"application/json": "Empty"}}
    same(client.put_method_response(**of, statusCode="404", **given), {"statusCode": "404", **given})
    same(client.put_method_response(**of, statusCode="500", responseParameters={}, responseModels={}),
         {"statusCode": "500", "responseParameters": {}, "responseModels": {}})


def test_a_method_response_is_there_once(client, of):
    client.put_method_response(**of, statusCode="200", responseModels={"application/json": "Empty"})
    with conflict("Response already exists for this resource"):
        client.put_method_response(**of, statusCode="200")
    same(client.get_method_response(**of, statusCode="200"),
         {"statusCode": "200", "responseModels": {"application/json": "Empty"}})


@pytest.mark.parametrize("status", ["600", "20", "abc", "2000"])
def test_a_status_has_three_digits(client, of, status):
    with invalid(re.compile(rf"1 validation error detected: Value '{status}' at 'statusCode' failed to satisfy "
                            r"constraint: Member must satisfy regular expression pattern: \[1-5\]\\d\\d")):
        client.put_method_response(**of, statusCode=status)


@pytest.mark.parametrize("call", ["get_method_response", "delete_method_response"])
def test_an_unknown_method_response_is_not_found(client, of, call):
    with missing("Invalid Response status code specified"):
        getattr(client, call)(**of, statusCode="201")


def test_a_method_response_needs_its_method(client, api, root):
    with missing("Invalid Method identifier specified"):
        client.put_method_response(restApiId=api, resourceId=root, httpMethod="GET", statusCode="200")


def test_a_method_response_is_updated(client, of):
    client.put_method_response(**of, statusCode="200")
    updated = client.update_method_response(**of, statusCode="200", patchOperations=[
        patch("add", "/responseParameters/method.response.header.X", "true"),
        patch("add", "/responseModels/application~1json", "Empty")])
    same(updated, {"statusCode": "200", "responseParameters": {"method.response.header.X": True},
                   "responseModels": {"application/json": "Empty"}})
    updated = client.update_method_response(**of, statusCode="200", patchOperations=[
        replace("/responseParameters/method.response.header.X", "false"),
        replace("/responseModels/application~1json", "Error")])
    same(updated, {"statusCode": "200", "responseParameters": {"method.response.header.X": False},
                   "responseModels": {"application/json": "Error"}})
    updated = client.update_method_response(**of, statusCode="200", patchOperations=[
        patch("remove", "/responseParameters/method.response.header.X"),
        patch("remove", "/responseModels/application~1json")])
    same(updated, {"statusCode": "200"})


def test_updating_an_unknown_method_response_is_not_found(client, of):
    with missing("Invalid Response status code specified"):
        client.update_method_response(**of, statusCode="200", patchOperations=[
            patch("add", "/responseParameters/method.response.header.X", "true")])


def test_a_deleted_method_response_is_gone(client, of):
    client.put_method_response(**of, statusCode="200")
    same(client.delete_method_response(**of, statusCode="200"), {})
    same(client.get_method(**of), DEFAULTS)


# --- models in use

def test_a_model_of_a_method_cannot_be_deleted(client, make, api, root):
    client.create_model(restApiId=api, name="Pet", contentType="application/json", schema=SCHEMA)
    make.method(api, root, "ANY", requestModels={"application/json": "Pet"})
    with conflict("Cannot delete model 'Pet', is referenced in method request: //ANY"):
        client.delete_model(restApiId=api, modelName="Pet")
