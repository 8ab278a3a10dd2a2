"""The operations of models and of request validators."""

import json

import pytest
from support import SCHEMA, SIX, bad, conflict, missing, no_api, patch, replace, said, same

JSON = "application/json"


def put(client, api, name="Pet", **arguments):
    return client.create_model(restApiId=api, name=name, **{"contentType": JSON, "schema": SCHEMA, **arguments})


# --- models

def test_a_new_api_has_two_models(client, api):
    items = {item["name"]: item for item in client.get_models(restApiId=api)["items"]}
    assert items.keys() == {"Empty", "Error"}
    same(items["Empty"], {"id": SIX, "name": "Empty", "contentType": JSON, "schema": str,
                          "description": "This is a default empty schema model"})
    same(items["Error"], {"id": SIX, "name": "Error", "contentType": JSON, "schema": str,
                          "description": "This is a default error schema model"})
    draft = "http://json-schema.org/draft-04/schema#"
    assert json.loads(items["Empty"]["schema"]) == {"$schema": draft, "title": "Empty Schema", "type": "object"}
    assert json.loads(items["Error"]["schema"]) == {
        "$schema": draft, "title": "Error Schema", "type": "object", "properties": {"message": {"type": "string"}}}


def test_a_model_is_answered(client, api):
    made = put(client, api)
    same(made, {"id": SIX, "name": "Pet", "contentType": JSON, "schema": SCHEMA})
    same(client.get_model(restApiId=api, modelName="Pet"), said(made))
    assert said(made) in client.get_models(restApiId=api)["items"]


def test_a_description_is_answered(client, api):
    assert put(client, api, description="of a pet")["description"] == "of a pet"


def test_a_name_must_be_given(client, api):
    with bad("Model name must be non-empty"):
        put(client, api, name="")


def test_a_name_is_there_once(client, api):
    put(client, api)
    with conflict("Model name already exists for this REST API"):
        put(client, api)


@pytest.mark.parametrize("kind", [JSON, "application/xml"])
@pytest.mark.parametrize("arguments", [{}, {"schema": ""}])
def test_a_schema_must_be_given(client, api, kind, arguments):
    with bad("Model schema must have at least 1 property or array items defined"):
        client.create_model(restApiId=api, name="Pet", contentType=kind, **arguments)


@pytest.mark.parametrize("schema", ["{", "no schema", '{"type": "objet"}', "[]"])
def test_a_schema_must_be_one(client, api, schema):
    with bad():
        put(client, api, schema=schema)
    with missing("Invalid model name specified: Pet"):
        client.get_model(restApiId=api, modelName="Pet")


def test_another_model_may_be_referred_to(client, api):
    put(client, api)
    reference = f"https://apigateway.amazonaws.com/restapis/{api}/models/Pet"
    schema = json.dumps({"type": "array", "items": {"$ref": reference}})
    assert put(client, api, "Pets", schema=schema)["schema"] == schema
    flat = json.loads(client.get_model(restApiId=api, modelName="Pets", flatten=True)["schema"])
    assert reference not in json.dumps(flat)
    assert any(definition.get("properties") == {"name": {"type": "string"}}
               for definition in flat["definitions"].values())
    assert client.get_model(restApiId=api, modelName="Pets")["schema"] == schema


def test_a_reference_must_lead_somewhere(client, api):
    reference = f"https://apigateway.amazonaws.com/restapis/{api}/models/Nothing"
    with bad():
        put(client, api, schema=json.dumps({"type": "array", "items": {"$ref": reference}}))


def test_a_template_is_made(client, api):
    put(client, api)
    answer = client.get_model_template(restApiId=api, modelName="Pet")
    same(answer, {"value": str})
    assert "$input.path('$')" in answer["value"] and "name" in answer["value"]


def test_a_model_is_updated(client, api):
    made = put(client, api)
    schema = '{"type": "object", "properties": {"age": {"type": "integer"}}}'
    updated = client.update_model(restApiId=api, modelName="Pet", patchOperations=[
        replace("/schema", schema), replace("/description", "d")])
    same(updated, {**said(made), "schema": schema, "description": "d"})


@pytest.mark.parametrize(("operation", "message"), [
    (replace("/name", "x"), "Invalid patch path  '/name' specified for op 'replace'. Must be one of: "
                            "[/description, /schema]"),
    (patch("remove", "/schema"), "Invalid patch path  '/schema' specified for op 'remove'. Please choose supported "
                                 "operations"),
    (replace("/schema", ""), "Model schema must have at least 1 property or array items defined"),
])
def test_a_wrong_update_is_refused(client, api, operation, message):
    put(client, api)
    with bad(message):
        client.update_model(restApiId=api, modelName="Pet", patchOperations=[operation])


@pytest.mark.parametrize(("call", "arguments"), [
    ("get_model", {}), ("delete_model", {}), ("get_model_template", {}),
    ("update_model", {"patchOperations": [replace("/description", "x")]}),
])
def test_an_unknown_model_is_not_found(client, api, call, arguments):
    with missing("Invalid model name specified: Nothing"):
        getattr(client, call)(restApiId=api, modelName="Nothing", **arguments)


def test_models_of_an_unknown_api_are_not_found(client):
    for call, arguments in [("get_models", {}), ("get_model", {"modelName": "Empty"}),
                            ("create_model", {"name": "Pet", "contentType": JSON, "schema": SCHEMA})]:
        with no_api("0unknown00"):
            getattr(client, call)(restApiId="0unknown00", **arguments)


def test_a_deleted_model_is_gone(client, api):
    put(client, api)
    same(client.delete_model(restApiId=api, modelName="Pet"), {})
    with missing("Invalid model name specified: Pet"):
        client.get_model(restApiId=api, modelName="Pet")


# --- request validators

def test_a_validator_validates_nothing_by_default(client, api):
    made = client.create_request_validator(restApiId=api, name="all")
    same(made, {"id": SIX, "name": "all", "validateRequestBody": False, "validateRequestParameters": False})
    same(client.get_request_validator(restApiId=api, requestValidatorId=made["id"]), said(made))
    same(client.get_request_validators(restApiId=api), {"items": [said(made)]})


def test_a_validator_is_answered_as_given(client, api):
    same(client.create_request_validator(restApiId=api, name="all", validateRequestBody=True,
                                         validateRequestParameters=True),
         {"id": SIX, "name": "all", "validateRequestBody": True, "validateRequestParameters": True})


@pytest.mark.parametrize("arguments", [{}, {"name": ""}])
def test_a_validator_has_a_name(client, api, arguments):
    with bad("Request Validator name cannot be blank"):
        client.create_request_validator(restApiId=api, **arguments)


def test_a_validator_of_an_unknown_api_is_refused(client):
    with bad("Invalid REST API identifier specified"):
        client.create_request_validator(restApiId="0unknown00", name="all")


def test_a_validator_is_updated(client, api):
    made = client.create_request_validator(restApiId=api, name="all")
    def update(*operations):
        return client.update_request_validator(restApiId=api, requestValidatorId=made["id"],
                                               patchOperations=list(operations))
    same(update(replace("/name", "body"), replace("/validateRequestBody", "true"),
                replace("/validateRequestParameters", "true")),
         {"id": made["id"], "name": "body", "validateRequestBody": True, "validateRequestParameters": True})
    same(update(replace("/validateRequestBody"), replace("/validateRequestParameters", "abc")),
         {"id": made["id"], "name": "body", "validateRequestBody": False, "validateRequestParameters": False})


@pytest.mark.parametrize(("operation", "message"), [
    (replace("/id", "x"), "Invalid patch path  '/id' specified for op 'replace'. Must be one of: [/name, "
                          "/validateRequestParameters, /validateRequestBody]"),
    (patch("add", "/name", "x"), "Invalid patch path  '/name' specified for op 'add'. Please choose supported "
                                 "operations"),
    (replace("/name", ""), "Request Validator name cannot be blank"),
])
def test_a_wrong_update_of_a_validator_is_refused(client, api, operation, message):
    made = client.create_request_validator(restApiId=api, name="all")
    with bad() as caught:
        client.update_request_validator(restApiId=api, requestValidatorId=made["id"], patchOperations=[operation])
    # The order of the paths is not documented.
    assert sorted(caught.value.response["Error"]["Message"]) == sorted(message)


@pytest.mark.parametrize(("call", "arguments"), [
    ("get_request_validator", {}), ("delete_request_validator", {}),
    ("update_request_validator", {"patchOperations": [replace("/name", "x")]}),
])
def test_an_unknown_validator_is_not_found(client, api, call, arguments):
    with missing("Invalid Request Validator identifier specified"):
        getattr(client, call)(restApiId=api, requestValidatorId="abcdef", **arguments)


def test_a_deleted_validator_is_gone(client, make, api, root):
    made = client.create_request_validator(restApiId=api, name="all")
    make.method(api, root, requestValidatorId=made["id"])
    same(client.delete_request_validator(restApiId=api, requestValidatorId=made["id"]), {})
    same(client.get_request_validators(restApiId=api), {"items": []})
    assert client.get_method(restApiId=api, resourceId=root, httpMethod="GET")["requestValidatorId"] == made["id"]
