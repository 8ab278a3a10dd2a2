"""The operations of documentation parts and versions."""

import json

import pytest
from support import SIX, TEXT, TIME, bad, conflict, invalid, missing, patch, replace, said, same

API = {"type": "API"}


def put(client, api, location=None, properties='{"description": "d"}'):
    return client.create_documentation_part(restApiId=api, location=location or API, properties=properties)


# --- parts

@pytest.mark.parametrize(("given", "answered"), [
    ({"type": "API"}, {"type": "API"}),
    ({"type": "RESOURCE"}, {"type": "RESOURCE", "path": "/"}),
    ({"type": "RESOURCE", "path": "/pets"}, {"type": "RESOURCE", "path": "/pets"}),
    ({"type": "METHOD"}, {"type": "METHOD", "path": "/", "method": "*"}),
    ({"type": "METHOD", "path": "/pets", "method": "GET"}, {"type": "METHOD", "path": "/pets", "method": "GET"}),
    ({"type": "QUERY_PARAMETER", "name": "q"}, {"type": "QUERY_PARAMETER", "path": "/", "method": "*", "name": "q"}),
    ({"type": "REQUEST_HEADER", "name": "h"}, {"type": "REQUEST_HEADER", "path": "/", "method": "*", "name": "h"}),
    ({"type": "PATH_PARAMETER", "name": "p"}, {"type": "PATH_PARAMETER", "path": "/", "method": "*", "name": "p"}),
    ({"type": "REQUEST_BODY"}, {"type": "REQUEST_BODY", "path": "/", "method": "*"}),
    ({"type": "RESPONSE"}, {"type": "RESPONSE", "path": "/", "method": "*", "statusCode": "*"}),
    ({"type": "RESPONSE", "statusCode": "200"},
     {"type": "RESPONSE", "path": "/", "method": "*", "statusCode": "200"}),
    ({"type": "RESPONSE_HEADER", "name": "h"},
     {"type": "RESPONSE_HEADER", "path": "/", "method": "*", "statusCode": "*", "name": "h"}),
    ({"type": "RESPONSE_BODY"}, {"type": "RESPONSE_BODY", "path": "/", "method": "*", "statusCode": "*"}),
    ({"type": "AUTHORIZER", "name": "a"}, {"type": "AUTHORIZER", "name": "a"}),
    ({"type": "MODEL", "name": "Pet"}, {"type": "MODEL", "name": "Pet"}),
])
def test_a_location_is_filled_up(client, api, given, answered):
    made = put(client, api, given)
    same(made, {"id": SIX, "location": answered, "properties": '{"description": "d"}'})
    same(client.get_documentation_part(restApiId=api, documentationPartId=made["id"]), said(made))


@pytest.mark.parametrize("location", [
    {"type": "API", "path": "/"}, {"type": "QUERY_PARAMETER"}, {"type": "RESPONSE_HEADER"},
    {"type": "RESOURCE", "method": "GET"}, {"type": "MODEL", "name": "Pet", "path": "/"},
])
def test_a_wrong_location_is_refused(client, api, location):
    with bad():
        put(client, api, location)


def test_an_unknown_type_fails_validation(client, api):
    with invalid():
        put(client, api, {"type": "PET"})


@pytest.mark.parametrize("properties", ["", "no JSON", "[]"])
def test_properties_are_a_json_object(client, api, properties):
    with bad():
        put(client, api, properties=properties)


def test_a_location_is_documented_once(client, api):
    put(client, api)
    with conflict():
        put(client, api, properties="{}")


def test_parts_are_filtered(client, api):
    parts = {name: put(client, api, location)["id"] for name, location in {
        "api": API, "pets": {"type": "RESOURCE", "path": "/pets"}, "dogs": {"type": "RESOURCE", "path": "/dogs"},
        "q": {"type": "QUERY_PARAMETER", "path": "/pets", "name": "q"}}.items()}
    def ids(**arguments):
        return sorted(item["id"] for item in client.get_documentation_parts(restApiId=api, **arguments)["items"])
    def of(*names):
        return sorted(parts[name] for name in names)
    assert ids() == of("api", "pets", "dogs", "q")
    assert ids(type="RESOURCE") == of("pets", "dogs")
    assert ids(path="/pets") == of("pets", "q")
    assert ids(nameQuery="q") == of("q")
    assert ids(type="RESOURCE", path="/dogs") == of("dogs")


def test_a_part_is_updated(client, api):
    made = put(client, api)
    updated = client.update_documentation_part(restApiId=api, documentationPartId=made["id"], patchOperations=[
        replace("/properties", '{"title": "t"}')])
    same(updated, {**said(made), "properties": '{"title": "t"}'})


@pytest.mark.parametrize(("operation", "message"), [
    (replace("/location", "x"),
     "Invalid patch path  '/location' specified for op 'replace'. Must be one of: [/properties]"),
    (patch("remove", "/properties"),
     "Invalid patch path  '/properties' specified for op 'remove'. Please choose supported operations"),
])
def test_a_wrong_operation_is_refused(client, api, operation, message):
    made = put(client, api)
    with bad(message):
        client.update_documentation_part(restApiId=api, documentationPartId=made["id"], patchOperations=[operation])


@pytest.mark.parametrize(("call", "arguments"), [
    ("get_documentation_part", {}), ("delete_documentation_part", {}),
    ("update_documentation_part", {"patchOperations": [replace("/properties", "{}")]}),
])
def test_an_unknown_part_is_not_found(client, api, call, arguments):
    with missing("Invalid Documentation part identifier specified"):
        getattr(client, call)(restApiId=api, documentationPartId="abcdef", **arguments)


def test_documentation_of_an_unknown_api_is_not_found(client):
    with missing():
        client.get_documentation_parts(restApiId="0unknown00")
    with missing():
        put(client, "0unknown00")


def test_a_deleted_part_is_gone(client, api):
    made = put(client, api)
    same(client.delete_documentation_part(restApiId=api, documentationPartId=made["id"]), {})
    same(client.get_documentation_parts(restApiId=api), {"items": []})


# --- import of parts

def document(*parts):
    return json.dumps({"openapi": "3.0.1", "info": {"title": "t", "version": "1"}, "paths": {},
                       "x-amazon-apigateway-documentation": {"version": "1", "documentationParts": [
                           {"location": location, "properties": properties} for location, properties in parts]}})


def test_parts_are_imported(client, api):
    answer = client.import_documentation_parts(restApiId=api, mode="merge", body=document(
        (API, {"description": "d"}), ({"type": "RESOURCE", "path": "/pets"}, {"description": "p"})))
    assert said(answer).keys() <= {"ids", "warnings"}
    items = {item["id"]: item for item in client.get_documentation_parts(restApiId=api)["items"]}
    assert sorted(answer["ids"]) == sorted(items)
    assert {item["location"]["type"]: json.loads(item["properties"]) for item in items.values()} == {
        "API": {"description": "d"}, "RESOURCE": {"description": "p"}}


@pytest.mark.parametrize(("mode", "left"), [("merge", ["API", "RESOURCE"]), ("overwrite", ["API"])])
def test_a_mode_decides_what_stays(client, api, mode, left):
    put(client, api, {"type": "RESOURCE", "path": "/pets"})
    client.import_documentation_parts(restApiId=api, mode=mode, body=document((API, {"description": "d"})))
    items = client.get_documentation_parts(restApiId=api)["items"]
    assert sorted(item["location"]["type"] for item in items) == left


@pytest.mark.parametrize("body", ["", "{", "[]", "no document"])
def test_no_document_is_refused(client, api, body):
    with bad() as caught:
        client.import_documentation_parts(restApiId=api, mode="merge", body=body)
    assert caught.value.response["Error"]["Message"] in (
        "Invalid OpenAPI input.", "Unable to build importer with provided input.")


# --- versions

def test_a_version_is_made_of_the_parts(client, api):
    put(client, api)
    made = client.create_documentation_version(restApiId=api, documentationVersion="1.0", description="d")
    same(made, {"version": "1.0", "createdDate": TIME, "description": "d"})
    same(client.get_documentation_version(restApiId=api, documentationVersion="1.0"), said(made))
    same(client.get_documentation_versions(restApiId=api), {"items": [said(made)]})


def test_a_version_is_given_to_a_stage(client, make):
    api, _ = make.deployed()
    put(client, api)
    same(client.create_documentation_version(restApiId=api, documentationVersion="1.0", stageName="one"),
         {"version": "1.0", "createdDate": TIME})
    assert client.get_stage(restApiId=api, stageName="one")["documentationVersion"] == "1.0"


def test_a_version_is_there_once(client, api):
    put(client, api)
    client.create_documentation_version(restApiId=api, documentationVersion="1.0")
    with conflict():
        client.create_documentation_version(restApiId=api, documentationVersion="1.0")


def test_a_version_is_updated(client, api):
    put(client, api)
    made = client.create_documentation_version(restApiId=api, documentationVersion="1.0")
    updated = client.update_documentation_version(restApiId=api, documentationVersion="1.0", patchOperations=[
        replace("/description", "new")])
    same(updated, {**said(made), "description": "new"})
    with bad():
        client.update_documentation_version(restApiId=api, documentationVersion="1.0", patchOperations=[
            replace("/version", "2")])


@pytest.mark.parametrize(("call", "arguments"), [
    ("get_documentation_version", {}), ("delete_documentation_version", {}),
    ("update_documentation_version", {"patchOperations": [replace("/description", "x")]}),
])
def test_an_unknown_version_is_not_found(client, api, call, arguments):
    with missing(TEXT):
        getattr(client, call)(restApiId=api, documentationVersion="9", **arguments)


def test_a_deleted_version_is_gone(client, api):
    put(client, api)
    client.create_documentation_version(restApiId=api, documentationVersion="1.0")
    same(client.delete_documentation_version(restApiId=api, documentationVersion="1.0"), {})
    same(client.get_documentation_versions(restApiId=api), {"items": []})
