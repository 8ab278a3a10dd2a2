"""GetExport, and that what is exported can be imported."""

import datetime
import json

import pytest
from support import REGION, missing, said

MOCK = {"type": "mock", "passthroughBehavior": "when_no_match",
        "requestTemplates": {"application/json": '{"statusCode": 200}'},
        "responses": {"default": {"statusCode": "200"},
                      "4..": {"statusCode": "404", "responseTemplates": {"application/json": "{}"}}}}

OAS30 = {
    "openapi": "3.0.1", "info": {"title": "pets", "version": "7", "description": "d"},
    "paths": {
        "/pets/{id}": {
            "post": {
                "operationId": "addPet",
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
                               {"name": "q", "in": "query", "schema": {"type": "string"}}],
                "requestBody": {"required": True, "content": {"application/json": {
                    "schema": {"$ref": "#/components/schemas/Pet"}}}},
                "responses": {
                    "200": {"description": "200 response",
                            "headers": {"X-B": {"schema": {"type": "string"}}},
                            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}},
                    "404": {"description": "404 response", "content": {}}},
                "x-amazon-apigateway-integration": MOCK}},
        "/any": {"x-amazon-apigateway-any-method": {
            "responses": {"200": {"description": "200 response", "content": {}}},
            "x-amazon-apigateway-integration": {"type": "mock", "responses": {"default": {"statusCode": "200"}}}}},
    },
    "components": {"schemas": {"Pet": {"type": "object", "properties": {"name": {"type": "string"}}}}},
    "x-amazon-apigateway-binary-media-types": ["image/png"],
}


@pytest.fixture
def api(client, make):
    made = make.imported(OAS30)["id"]
    client.create_deployment(restApiId=made, stageName="one", variables={"secret": "x"})
    return made


def export(client, api, kind="oas30", accepts="application/json", **parameters):
    answer = client.get_export(restApiId=api, stageName="one", exportType=kind, accepts=accepts, parameters=parameters)
    return answer, answer["body"].read().decode()


@pytest.mark.parametrize(("kind", "accepts", "name"), [
    ("oas30", "application/json", "oas30_7.json"), ("swagger", "application/json", "swagger_7.json"),
    ("oas30", "application/yaml", "oas30_7.yaml"), ("swagger", "application/yaml", "swagger_7.yaml"),
])
def test_an_export_is_a_file(client, api, kind, accepts, name):
    answer, text = export(client, api, kind, accepts)
    assert answer["contentType"] == "application/octet-stream"
    assert answer["contentDisposition"] == f'attachment; filename="{name}"'
    assert text.lstrip().startswith("{") == accepts.endswith("json")


def test_openapi_3_has_its_layout(client, api):
    exported = json.loads(export(client, api)[1])
    assert exported["openapi"] == "3.0.1"
    assert exported["info"] == {"title": "pets", "version": "7", "description": "d"}
    server = exported["servers"][0]
    assert server["url"] == f"https://{api}.execute-api.{REGION}.amazonaws.com/{{basePath}}"
    assert server["variables"]["basePath"]["default"].lstrip("/") == "one"
    assert exported["paths"].keys() == {"/pets/{id}", "/any"}
    post = exported["paths"]["/pets/{id}"]["post"]
    assert {(each["name"], each["in"]) for each in post["parameters"]} == {("id", "path"), ("q", "query")}
    assert next(each for each in post["parameters"] if each["in"] == "path")["required"] is True
    assert post["requestBody"]["content"] == {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}
    assert post["responses"]["200"]["description"] == "200 response"
    assert post["responses"]["200"]["headers"] == {"X-B": {"schema": {"type": "string"}}}
    assert post["responses"]["404"]["content"] == {}
    assert "x-amazon-apigateway-any-method" in exported["paths"]["/any"]
    assert exported["components"]["schemas"]["Pet"]["properties"] == {"name": {"type": "string"}}
    assert "secret" not in json.dumps(exported)


def test_swagger_has_its_layout(client, api):
    exported = json.loads(export(client, api, "swagger")[1])
    assert exported["swagger"] == "2.0"
    assert exported["host"] == f"{api}.execute-api.{REGION}.amazonaws.com"
    assert exported["basePath"] == "/one"
    assert exported["schemes"] == ["https"]
    post = exported["paths"]["/pets/{id}"]["post"]
    body = next(each for each in post["parameters"] if each["in"] == "body")
    assert body == {"in": "body", "name": "Pet", "required": True, "schema": {"$ref": "#/definitions/Pet"}}
    path = next(each for each in post["parameters"] if each["in"] == "path")
    assert path == {"name": "id", "in": "path", "required": True, "type": "string"}
    assert post["responses"]["200"]["schema"] == {"$ref": "#/definitions/Pet"}
    assert post["responses"]["200"]["headers"] == {"X-B": {"type": "string"}}
    assert exported["definitions"]["Pet"]["properties"] == {"name": {"type": "string"}}


@pytest.mark.parametrize("extensions", ["integrations", "apigateway"])
def test_integrations_are_exported_when_asked_for(client, api, extensions):
    exported = json.loads(export(client, api, extensions=extensions)[1])
    integration = exported["paths"]["/pets/{id}"]["post"]["x-amazon-apigateway-integration"]
    assert integration.pop("responseTransferMode", "BUFFERED") == "BUFFERED"
    for optional in ("httpMethod", "timeoutInMillis", "cacheNamespace", "cacheKeyParameters"):
        integration.pop(optional, None)
    assert integration == MOCK
    assert list(integration)[-1] == "type"
    if extensions == "apigateway":
        assert exported["x-amazon-apigateway-binary-media-types"] == ["image/png"]


def test_nothing_of_aws_is_exported_by_itself(client, api):
    text = export(client, api)[1].replace("x-amazon-apigateway-any-method", "")
    assert "x-amazon-apigateway" not in text


def test_what_is_deployed_is_exported(client, make, api):
    make.mock(api, make.resource(api, "later"))
    assert "/later" not in json.loads(export(client, api)[1])["paths"]
    client.create_deployment(restApiId=api, stageName="one")
    assert "/later" in json.loads(export(client, api)[1])["paths"]


@pytest.mark.parametrize("kind", ["oas30", "swagger"])
@pytest.mark.parametrize("accepts", ["application/json", "application/yaml"])
def test_an_export_is_imported_to_the_same(client, make, api, kind, accepts):
    text = export(client, api, kind, accepts, extensions="apigateway")[1]
    copy = make.imported(text)
    original = client.get_rest_api(restApiId=api)
    for name in ("name", "version", "description", "binaryMediaTypes"):
        assert copy[name] == original[name], name
    assert tree(client, copy["id"]) == tree(client, api)
    schemas = [{item["name"]: json.loads(item["schema"]).get("properties")
                for item in client.get_models(restApiId=each)["items"]} for each in (api, copy["id"])]
    assert schemas[0] == schemas[1]


def tree(client, api):
    """Paths with their methods, less the ids in them."""
    items = client.get_resources(restApiId=api, embed=["methods"], limit=500)["items"]
    methods = {item["path"]: item.get("resourceMethods", {}) for item in items}
    for of in methods.values():
        for method in of.values():
            said(method)["methodIntegration"].pop("cacheNamespace")
    return methods


def test_the_name_of_a_file_without_a_version_has_the_date(client, make):
    made = make.api()
    make.mock(made["id"], made["rootResourceId"])
    client.create_deployment(restApiId=made["id"], stageName="one")
    created = made["createdDate"].astimezone(datetime.timezone.utc)
    answer, _ = export(client, made["id"])
    assert answer["contentDisposition"] == (
        f'attachment; filename="oas30_{created.strftime("%Y-%m-%dT%H:%M:%SZ")}.json"')


def test_an_unknown_stage_is_not_found(client, make):
    with missing("Invalid stage identifier specified"):
        client.get_export(restApiId=make.api()["id"], stageName="one", exportType="oas30")


def test_an_unknown_kind_is_refused(client, api):
    with pytest.raises(client.exceptions.ClientError) as caught:
        client.get_export(restApiId=api, stageName="one", exportType="wsdl")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
