"""ImportRestApi and PutRestApi."""

import json

import pytest
from support import ACCOUNT, FUNCTION_URI, POOL, REGION, SIX, TEN, TIME, bad, no_api, replace, said, same

MOCK = {"type": "mock", "requestTemplates": {"application/json": "{statusCode: 200}"},
        "responses": {"default": {"statusCode": "200"}}}


def document(paths=None, **root):
    return {"openapi": "3.0.1", "info": {"title": "pets", "version": "7", "description": "d"},
            "paths": {"/": {"get": operation()}} if paths is None else paths, **root}


def operation(**more):
    return {"responses": {"200": {"description": "ok"}}, "x-amazon-apigateway-integration": MOCK, **more}


def tree(client, api):
    """Paths with their embedded methods."""
    items = client.get_resources(restApiId=api, embed=["methods"], limit=500)["items"]
    return {item["path"]: item.get("resourceMethods", {}) for item in items}


# --- importing

def test_an_import_answers_the_api(client, make):
    made = make.imported(document())
    same(made, {"id": TEN, "name": "pets", "description": "d", "version": "7", "createdDate": TIME,
                "apiKeySource": "HEADER", "endpointConfiguration": {"types": ["EDGE"], "ipAddressType": "ipv4"},
                "disableExecuteApiEndpoint": False, "rootResourceId": TEN})
    same(client.get_rest_api(restApiId=made["id"]), {**said(made), "tags": {}})


YAML = """\
swagger: "2.0"
info: {title: pets, version: "1"}
paths:
  /pets:
    get:
      responses: {"200": {description: ok}}
      x-amazon-apigateway-integration: {type: MOCK, responses: {default: {statusCode: 200}}}
"""


@pytest.mark.parametrize("text", [YAML, json.dumps(document({"/pets": {"get": operation()}}))])
def test_yaml_and_json_are_read(client, make, text):
    api = make.imported(text)["id"]
    methods = tree(client, api)
    assert methods.keys() == {"/", "/pets"}
    assert methods["/"] == {} and methods["/pets"].keys() == {"GET"}
    integration = methods["/pets"]["GET"]["methodIntegration"]
    assert integration["type"] == "MOCK"
    assert integration["integrationResponses"]["200"]["statusCode"] == "200"


def test_a_method_has_what_the_document_says(client, make):
    api = make.imported(document({"/pets/{id}": {"post": operation(
        operationId="addPet",
        parameters=[{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
                    {"name": "q", "in": "query", "schema": {"type": "string"}},
                    {"name": "X-A", "in": "header", "required": True, "schema": {"type": "string"}}],
        requestBody={"required": True, "content": {"application/json": {
            "schema": {"$ref": "#/components/schemas/Pet"}}}},
        responses={"200": {"description": "ok", "headers": {"X-B": {"schema": {"type": "string"}}},
                           "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}},
                   "404": {"description": "gone"}, "default": {"description": "else"}},
        **{"x-amazon-apigateway-request-validator": "all",
           "x-amazon-apigateway-integration": {
               "type": "http", "httpMethod": "POST", "uri": "http://backend.example/{id}",
               "passthroughBehavior": "when_no_templates", "timeoutInMillis": 1000,
               "requestParameters": {"integration.request.path.id": "method.request.path.id"},
               "cacheKeyParameters": ["method.request.path.id"], "cacheNamespace": "n",
               "responses": {"default": {"statusCode": "200"},
                             "4..": {"statusCode": "404", "responseTemplates": {"application/json": "{}"},
                                     "responseParameters": {}}}}})}},
        components={"schemas": {"Pet": {"type": "object", "properties": {"name": {"type": "string"}}}}},
        **{"x-amazon-apigateway-request-validators": {
            "all": {"validateRequestBody": True, "validateRequestParameters": True}}}))["id"]
    methods = tree(client, api)
    assert methods.keys() == {"/", "/pets", "/pets/{id}"}
    method = methods["/pets/{id}"]["POST"]
    validators = client.get_request_validators(restApiId=api)["items"]
    same(validators, [{"id": SIX, "name": "all", "validateRequestBody": True, "validateRequestParameters": True}])
    integration = method.pop("methodIntegration")
    same(method, {
        "httpMethod": "POST", "authorizationType": "NONE", "apiKeyRequired": False, "operationName": "addPet",
        "requestValidatorId": validators[0]["id"], "requestModels": {"application/json": "Pet"},
        "requestParameters": {"method.request.path.id": True, "method.request.querystring.q": False,
                              "method.request.header.X-A": True},
        "methodResponses": {
            "200": {"statusCode": "200", "responseModels": {"application/json": "Pet"},
                    "responseParameters": {"method.response.header.X-B": False}},
            "404": {"statusCode": "404"}}})
    for name, value in {
        "type": "HTTP", "httpMethod": "POST", "uri": "http://backend.example/{id}", "timeoutInMillis": 1000,
        "passthroughBehavior": "WHEN_NO_TEMPLATES", "cacheNamespace": "n", "connectionType": "INTERNET",
        "cacheKeyParameters": ["method.request.path.id"],
        "requestParameters": {"integration.request.path.id": "method.request.path.id"},
    }.items():
        assert integration[name] == value, name
    responses = integration["integrationResponses"]
    assert responses.keys() == {"200", "404"}
    assert "selectionPattern" not in responses["200"]
    assert responses["404"]["selectionPattern"] == "4.."
    assert responses["404"]["responseTemplates"] == {"application/json": "{}"}


def test_a_path_variable_is_declared_without_being_told(client, make):
    api = make.imported(document({"/pets/{id}": {"get": operation()}, "/all/{proxy+}": {"get": operation()}}))["id"]
    methods = tree(client, api)
    assert methods["/pets/{id}"]["GET"]["requestParameters"] == {"method.request.path.id": True}
    assert "requestParameters" not in methods["/all/{proxy+}"]["GET"]


def test_models_are_only_those_of_the_document(client, make):
    api = make.imported(document(components={"schemas": {
        "Pet": {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Pet"}}},
        "Pets": {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}}}}))["id"]
    models = {item["name"]: item for item in client.get_models(restApiId=api)["items"]}
    assert models.keys() == {"Pet", "Pets"}
    reference = f"https://apigateway.amazonaws.com/restapis/{api}/models/Pet"
    assert json.loads(models["Pets"]["schema"]) == {"type": "array", "items": {"$ref": reference}}
    assert json.loads(models["Pet"]["schema"])["properties"] == {"next": {"$ref": reference}}
    assert models["Pet"]["contentType"] == "application/json"


SCHEMES = {
    "key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
    "token": {"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "custom",
              "x-amazon-apigateway-authorizer": {"type": "token", "authorizerUri": FUNCTION_URI,
                                                 "identityValidationExpression": "^a$"}},
    "pool": {"type": "apiKey", "name": "X-Token", "in": "header",
             "x-amazon-apigateway-authtype": "cognito_user_pools",
             "x-amazon-apigateway-authorizer": {"type": "cognito_user_pools", "providerARNs": [POOL]}},
    "request": {"type": "apiKey", "name": "Unused", "in": "header", "x-amazon-apigateway-authtype": "custom",
                "x-amazon-apigateway-authorizer": {
                    "type": "request", "authorizerUri": FUNCTION_URI, "authorizerResultTtlInSeconds": 7,
                    "identitySource": "method.request.header.A, method.request.querystring.B"}},
    "signed": {"type": "apiKey", "name": "Authorization", "in": "header",
               "x-amazon-apigateway-authtype": "awsSigv4"},
}


def test_security_schemes_become_authorizers(client, make):
    api = make.imported(document(components={"securitySchemes": SCHEMES}))["id"]
    made = {item["name"]: item for item in client.get_authorizers(restApiId=api)["items"]}
    assert made.keys() == {"token", "pool", "request"}
    same(made["token"], {"id": SIX, "name": "token", "type": "TOKEN", "authType": "custom",
                         "authorizerUri": FUNCTION_URI, "identitySource": "method.request.header.Authorization",
                         "identityValidationExpression": "^a$", "authorizerResultTtlInSeconds": 300})
    same(made["pool"], {"id": SIX, "name": "pool", "type": "COGNITO_USER_POOLS", "authType": "cognito_user_pools",
                        "providerARNs": [POOL], "identitySource": "method.request.header.X-Token"})
    same(made["request"], {"id": SIX, "name": "request", "type": "REQUEST", "authType": "custom",
                           "authorizerUri": FUNCTION_URI, "authorizerResultTtlInSeconds": 7,
                           "identitySource": "method.request.header.A, method.request.querystring.B"})


def test_security_of_an_operation_becomes_its_authorization(client, make):
    verbs = {"get": [{"key": []}], "put": [{"token": []}], "post": [{"pool": ["a/read"]}], "delete": [{"signed": []}],
             "patch": [{"token": [], "key": []}], "head": []}
    api = make.imported(document({"/": {verb: operation(security=security) for verb, security in verbs.items()}},
                                 components={"securitySchemes": SCHEMES}))["id"]
    ids = {item["name"]: item["id"] for item in client.get_authorizers(restApiId=api)["items"]}
    methods = tree(client, api)["/"]
    found = {verb: (method["authorizationType"], method.get("authorizerId"), method["apiKeyRequired"])
             for verb, method in methods.items()}
    assert found == {
        "GET": ("NONE", None, True), "PUT": ("CUSTOM", ids["token"], False),
        "POST": ("COGNITO_USER_POOLS", ids["pool"], False), "DELETE": ("AWS_IAM", None, False),
        "PATCH": ("CUSTOM", ids["token"], True), "HEAD": ("NONE", None, False)}
    assert methods["POST"]["authorizationScopes"] == ["a/read"]


def test_security_of_the_document_is_the_default(client, make):
    api = make.imported(document({"/": {"get": operation(), "put": operation(security=[{"key": []}])}},
                                 security=[{"pool": ["a/read"]}], components={"securitySchemes": SCHEMES}))["id"]
    methods = tree(client, api)["/"]
    assert methods["GET"]["authorizationType"] == "COGNITO_USER_POOLS"
    assert methods["GET"]["authorizationScopes"] == ["a/read"]
    assert methods["PUT"]["authorizationType"] == "NONE" and methods["PUT"]["apiKeyRequired"] is True


def test_an_operation_may_name_its_authorization(client, make):
    api = make.imported(document({"/": {"get": operation(**{"x-amazon-apigateway-auth": {"type": "aws_iam"}})}}))["id"]
    assert tree(client, api)["/"]["GET"]["authorizationType"] == "AWS_IAM"


def test_extensions_of_the_root_are_settings(client, make):
    made = make.imported(document(**{
        "x-amazon-apigateway-api-key-source": "AUTHORIZER",
        "x-amazon-apigateway-binary-media-types": ["image/png", "image/jpeg"],
        "x-amazon-apigateway-minimum-compression-size": 5,
        "x-amazon-apigateway-policy": {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}]},
        "x-amazon-apigateway-gateway-responses": {"THROTTLED": {
            "statusCode": 430, "responseParameters": {"gatewayresponse.header.X": "'y'"},
            "responseTemplates": {"text/plain": "t"}}},
        "x-unknown": {"a": 1}}))
    assert made["apiKeySource"] == "AUTHORIZER"
    assert made["binaryMediaTypes"] == ["image/png", "image/jpeg"]
    assert made["minimumCompressionSize"] == 5
    policy = json.loads(json.loads(f'"{made["policy"]}"'))
    expanded = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{made['id']}/*"
    assert policy["Statement"][0]["Resource"] in (expanded, [expanded])
    same(client.get_gateway_response(restApiId=made["id"], responseType="THROTTLED"), {
        "responseType": "THROTTLED", "statusCode": "430", "defaultResponse": False,
        "responseParameters": {"gatewayresponse.header.X": "'y'"}, "responseTemplates": {"text/plain": "t"}})


def test_any_method_and_every_kind_of_integration(client, make):
    api = make.imported(document({
        "/{proxy+}": {"x-amazon-apigateway-any-method": operation(**{"x-amazon-apigateway-integration": {
            "type": "AWS_PROXY", "httpMethod": "POST",
            "uri": "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/"
                   "arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:one/invocations"}})},
        "/http": {"get": operation(**{"x-amazon-apigateway-integration": {
            "type": "http_proxy", "uri": "http://backend.example/", "connectionType": "VPC_LINK",
            "connectionId": "${stageVariables.link}", "tlsConfig": {"insecureSkipVerification": True}}})}}))["id"]
    methods = tree(client, api)
    proxy = methods["/{proxy+}"]["ANY"]["methodIntegration"]
    assert proxy["type"] == "AWS_PROXY" and proxy["httpMethod"] == "POST" and proxy["uri"] == FUNCTION_URI
    http = methods["/http"]["GET"]["methodIntegration"]
    assert http["type"] == "HTTP_PROXY" and http["httpMethod"] == "GET"
    assert http["connectionType"] == "VPC_LINK" and http["connectionId"] == "${stageVariables.link}"
    assert http["tlsConfig"] == {"insecureSkipVerification": True}


def test_documentation_parts_are_imported(client, make):
    documented = document(**{"x-amazon-apigateway-documentation": {"version": "1.0.3", "documentationParts": [
        {"location": {"type": "API"}, "properties": {"info": {"description": "d"}}}]}})
    api = make.imported(documented)["id"]
    parts = {item["location"]["type"]: json.loads(item["properties"])
             for item in client.get_documentation_parts(restApiId=api, limit=500)["items"]}
    assert parts["API"]["info"]["description"] == "d"
    assert [item["version"] for item in client.get_documentation_versions(restApiId=api)["items"]] == ["1.0.3"]
    api = make.imported(documented, parameters={"ignore": "documentation"})["id"]
    same(client.get_documentation_parts(restApiId=api), {"items": []})


@pytest.mark.parametrize(("given", "expected"), [
    ({"endpointConfigurationTypes": "REGIONAL"}, {"types": ["REGIONAL"], "ipAddressType": "ipv4"}),
    ({"endpointConfigurationTypes": "PRIVATE", "vpcEndpointIds": "vpce-0123456789abcdef0"},
     {"types": ["PRIVATE"], "ipAddressType": "dualstack", "vpcEndpointIds": ["vpce-0123456789abcdef0"]}),
])
def test_the_endpoint_type_is_a_parameter(make, given, expected):
    assert make.imported(document(), parameters=given)["endpointConfiguration"] == expected


@pytest.mark.parametrize(("how", "paths"), [
    (None, ["/", "/e"]), ("ignore", ["/", "/e"]), ("prepend", ["/", "/a", "/a/b", "/a/b/c", "/a/b/c/e"]),
    ("split", ["/", "/b", "/b/c", "/b/c/e"]),
])
@pytest.mark.parametrize("old", [True, False])
def test_a_base_path(client, make, how, paths, old):
    given = document({"/e": {"get": operation()}})
    if old:
        del given["openapi"]
        given |= {"swagger": "2.0", "basePath": "/a/b/c"}
    else:
        given["servers"] = [{"url": "https://api.example/a/b/c"}]
    api = make.imported(given, **({"parameters": {"basepath": how}} if how else {}))["id"]
    assert sorted(tree(client, api)) == paths


@pytest.mark.parametrize("text", ["", "{", "[]", "no document", "openapi: 3.0.1: 4", '{"openapi": "3.0.1"}',
                                  '{"a": "b"}', b"\xff\xfe"])
def test_what_is_no_document_is_refused(client, text):
    before = len(everything(client))
    with bad() as caught:
        client.import_rest_api(body=text)
    if text in ("{", "no document"):
        assert caught.value.response["Error"]["Message"] == "Invalid OpenAPI input."
    assert len(everything(client)) == before


def everything(client):
    return [item for page in client.get_paginator("get_rest_apis").paginate() for item in page["items"]]


def odd():
    """A document with something to warn of: a mapping that is no text."""
    return document({"/": {"get": operation(**{"x-amazon-apigateway-integration": {
        **MOCK, "requestParameters": {"integration.request.header.x": True}}})}})


def test_an_oddity_is_a_warning(client, make):
    made = make.imported(odd())
    assert any("requestParameters" in warning for warning in made["warnings"])
    assert "requestParameters" not in tree(client, made["id"])["/"]["GET"]["methodIntegration"]


def test_a_warning_may_be_an_error(client):
    before = len(everything(client))
    with bad():
        client.import_rest_api(body=json.dumps(odd()), failOnWarnings=True)
    assert len(everything(client)) == before


# --- putting

@pytest.fixture
def existing(client, make):
    """The id of an API with GET and POST at its root, `/old`, a model, binary types and a stage."""
    api = make.imported(document({"/": {"get": operation(), "post": operation()}, "/old": {"get": operation()}},
                                 components={"schemas": {"Old": {"type": "object", "properties": {}}}},
                                 **{"x-amazon-apigateway-binary-media-types": ["image/heif"]}))["id"]
    client.create_deployment(restApiId=api, stageName="one", variables={"a": "b"})
    return api


NEW = document({"/": {"get": operation(operationId="new")}, "/new": {"put": operation()}},
               info={"title": "renamed", "version": "8"},
               components={"schemas": {"New": {"type": "object", "properties": {}}}},
               **{"x-amazon-apigateway-binary-media-types": ["image/png", "image/jpg"]})


def test_merging_keeps_what_is_not_mentioned(client, existing):
    answer = client.put_rest_api(restApiId=existing, mode="merge", body=json.dumps(NEW))
    assert (answer["id"], answer["name"], answer["version"], answer["tags"]) == (existing, "renamed", "8", {})
    assert answer["binaryMediaTypes"] == ["image/heif", "image/png", "image/jpg"]
    methods = tree(client, existing)
    assert {path: sorted(of) for path, of in methods.items()} == {
        "/": ["GET", "POST"], "/old": ["GET"], "/new": ["PUT"]}
    assert methods["/"]["GET"]["operationName"] == "new"
    assert sorted(item["name"] for item in client.get_models(restApiId=existing)["items"]) == ["New", "Old"]


def test_overwriting_deletes_what_is_not_mentioned(client, existing):
    answer = client.put_rest_api(restApiId=existing, mode="overwrite", body=json.dumps(NEW))
    assert answer["binaryMediaTypes"] == ["image/png", "image/jpg"]
    assert {path: sorted(of) for path, of in tree(client, existing).items()} == {"/": ["GET"], "/new": ["PUT"]}
    assert [item["name"] for item in client.get_models(restApiId=existing)["items"]] == ["New"]
    stage = client.get_stage(restApiId=existing, stageName="one")
    assert stage["variables"] == {"a": "b"}
    assert len(client.get_deployments(restApiId=existing)["items"]) == 1


def test_the_default_is_to_merge(client, existing):
    client.put_rest_api(restApiId=existing, body=json.dumps(NEW))
    assert "/old" in tree(client, existing)


def test_a_refused_document_changes_nothing(client, existing):
    before, methods = said(client.get_rest_api(restApiId=existing)), tree(client, existing)
    with bad():
        client.put_rest_api(restApiId=existing, mode="overwrite", body="{")
    with bad():
        client.put_rest_api(restApiId=existing, mode="overwrite", body=json.dumps(odd()), failOnWarnings=True)
    same(client.get_rest_api(restApiId=existing), before)
    same(tree(client, existing), methods)


def test_an_unknown_mode_is_refused(client, existing):
    with pytest.raises(client.exceptions.ClientError) as caught:
        client.put_rest_api(restApiId=existing, mode="replace", body=json.dumps(NEW))
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_putting_into_an_unknown_api_is_not_found(client):
    with no_api("0unknown00"):
        client.put_rest_api(restApiId="0unknown00", body=json.dumps(NEW))


def test_an_imported_api_is_an_api_like_any(client, make):
    made = make.imported(document())
    updated = client.update_rest_api(restApiId=made["id"], patchOperations=[replace("/name", "x")])
    same(updated, {**said(made), "name": "x", "tags": {}})
