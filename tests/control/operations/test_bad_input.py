"""Requests that boto3 would never send: the answer is an error of the documented form, and nothing breaks."""

import http.client
import json
import urllib.parse

import pytest
from raw import Answer, control, refused
from support import ACCOUNT, CONTROL, REGION, unique

LIMIT = 6 * 1024 * 1024
"""What a document of an import may have at most."""


@pytest.fixture(autouse=True)
def alive():
    """The control plane answers after whatever a test did to it."""
    yield
    assert control("GET", "/account").status == 200


# --- bodies

@pytest.mark.parametrize("body", ["", "{", "null", "[]", '"text"', "7", "{}}",
                                  '{"name": "x",}', "\x00", "{'name': 'x'}"])
def test_a_body_is_a_json_object(body):
    refused("POST", "/restapis", body)


@pytest.mark.parametrize("body", [
    {"name": 7}, {"name": True}, {"name": ["x"]}, {"name": {"a": "b"}}, {"name": "x", "description": 7},
    {"name": "x", "binaryMediaTypes": "image/png"}, {"name": "x", "binaryMediaTypes": {"a": "b"}},
    {"name": "x", "binaryMediaTypes": [7]}, {"name": "x", "minimumCompressionSize": "7"},
    {"name": "x", "minimumCompressionSize": 7.5}, {"name": "x", "minimumCompressionSize": 1e30},
    {"name": "x", "disableExecuteApiEndpoint": "yes"}, {"name": "x", "disableExecuteApiEndpoint": 1},
    {"name": "x", "endpointConfiguration": "EDGE"}, {"name": "x", "endpointConfiguration": ["EDGE"]},
    {"name": "x", "endpointConfiguration": {"types": "EDGE"}}, {"name": "x", "tags": ["a"]},
    {"name": "x", "tags": {"a": 7}}, {"name": "x", "tags": {"a": None}},
])
def test_a_member_has_its_type(body):
    answer = control("POST", "/restapis", body)
    if answer.status == 201:
        control("DELETE", f"/restapis/{answer.json['id']}")
    # A service may read a number or boolean of the right value where a text stands; what it must not do is break.
    lenient = body in ({"name": "x", "minimumCompressionSize": "7"}, {"name": "x", "tags": {"a": None}})
    assert answer.status == 400 or lenient and answer.status == 201, answer
    if answer.status == 400:
        assert answer.kind in ("SerializationException", "BadRequestException", "ValidationException"), answer
        assert set(answer.json) <= {"message", "__type"} and isinstance(answer.json["message"], str)


def test_the_conversion_is_told():
    answer = refused("POST", "/restapis", {"name": True})
    assert answer.kind == "SerializationException"
    assert answer.json["message"] == "class java.lang.Boolean can not be converted to an String"


@pytest.mark.parametrize(("method", "path", "body"), [
    ("POST", "/restapis", {}),
    ("POST", "/restapis", {"description": "no name"}),
    ("POST", "/usageplans", {}),
    ("POST", "/vpclinks", {"name": "x"}),
    ("POST", "/domainnames", {}),
    ("POST", "/domainnameaccessassociations", {}),
    ("POST", "/rejectdomainnameaccessassociations", {}),
    ("POST", "/apikeys?mode=import", "name,key\n"),
])
def test_what_is_required_must_be_there(method, path, body):
    refused(method, path, body)


@pytest.mark.parametrize(("method", "path", "body"), [
    ("POST", "/restapis/{api}/models", {"name": "Pet"}),
    ("POST", "/restapis/{api}/authorizers", {"name": "a"}),
    ("POST", "/restapis/{api}/stages", {"stageName": "one"}),
    ("POST", "/restapis/{api}/stages", {"deploymentId": "abcdef"}),
    ("POST", "/restapis/{api}/resources/{root}", {}),
    ("PUT", "/restapis/{api}/resources/{root}/methods/GET", {}),
    ("PUT", "/restapis/{api}/resources/{root}/methods/GET/integration", {}),
    ("POST", "/restapis/{api}/documentation/parts", {"properties": "{}"}),
    ("POST", "/restapis/{api}/documentation/parts", {"location": {"type": "API"}}),
    ("POST", "/restapis/{api}/documentation/versions", {}),
    ("PUT", "/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Frestapis%2F{api}", {}),
])
def test_what_an_api_requires_must_be_there(make, api, root, method, path, body):
    make.method(api, root)
    refused(method, path.format(api=api, root=root), body)


def test_an_explicit_null_is_no_value(client, make):
    answer = control("POST", "/restapis", {"name": unique(), "description": None, "tags": None})
    assert answer.status == 201, answer
    make.later("delete_rest_api", restApiId=answer.json["id"])
    assert "description" not in answer.json
    refused("POST", "/restapis", {"name": None})


def test_unknown_members_are_ignored(make):
    answer = control("POST", "/restapis", {"name": unique(), "colour": "red", "nested": {"a": [1]}})
    assert answer.status == 201, answer
    make.later("delete_rest_api", restApiId=answer.json["id"])
    assert "colour" not in answer.json


@pytest.mark.parametrize("operations", [
    "replace", {"op": "replace", "path": "/name", "value": "x"}, ["replace"], [7], [None], [["replace"]],
    [{"op": 7, "path": "/name", "value": "x"}], [{"op": "replace", "path": ["name"], "value": "x"}],
    [{"op": "replace", "path": "/name", "value": {"a": "b"}}], [{"op": "replace", "path": "/name", "value": ["x"]}],
    [{"path": "/name", "value": "x"}], [{"op": "replace", "path": "name", "value": "x"}],
    [{"op": "replace", "path": "", "value": "x"}], [{"op": "replace", "path": "/", "value": "x"}],
    [{"op": "replace", "path": "//", "value": "x"}],
    [{"op": "replace", "path": "/name/x", "value": "x"}],
])
def test_operations_are_objects_in_a_list(client, make, operations):
    made = make.api(name="pets")
    refused("PATCH", f"/restapis/{made['id']}", {"patchOperations": operations})
    assert client.get_rest_api(restApiId=made["id"])["name"] == "pets"


def test_no_operations_are_no_change(make):
    made = make.api(name="pets")
    for body in ({}, {"patchOperations": []}):
        answer = control("PATCH", f"/restapis/{made['id']}", body)
        assert answer.status == 200 and answer.json["name"] == "pets"


def test_very_many_operations_do_not_break_it(make, api):
    operations = [{"op": "replace", "path": "/name", "value": str(number)} for number in range(20_000)]
    answer = control("PATCH", f"/restapis/{api}", {"patchOperations": operations})
    assert answer.status in (200, 400, 413)


@pytest.mark.parametrize("body", [b'{"name": "\xff"}', b"\xff\xfe{", b'{"name": "\xc3("}', b'{"n\xe9me": "x"}'])
def test_a_body_is_utf_8(body):
    refused("POST", "/restapis", body)


@pytest.mark.parametrize("body", [r'{"name": "\ud800"}', r'{"name": "\x"}', '{"name": "a\nb"}'])
def test_a_text_is_one(body):
    refused("POST", "/restapis", body)


@pytest.mark.parametrize("depth", [200, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_deep_nesting_is_refused(depth, opening, closing):
    refused("POST", "/restapis", '{"name": ' + opening * depth + "1" + closing * depth + "}")


@pytest.mark.parametrize("depth", [200, 100_000])
def test_a_deeply_nested_document_is_refused_or_read(depth):
    head = '{"openapi": "3.0.1", "info": {"title": "t", "version": "1"}, "paths": '
    answer = control("POST", "/restapis?mode=import", head + '{"a":' * depth + "1" + "}" * depth + "}")
    assert answer.status in (201, 400), answer
    if answer.status == 201:
        control("DELETE", f"/restapis/{answer.json['id']}")


def test_a_document_of_repeated_aliases_is_refused_or_read():
    levels = "\n".join(f"x-{level}: &l{level} [{', '.join(['*l' + str(level - 1)] * 9)}]" for level in range(1, 9))
    text = f"openapi: 3.0.1\ninfo: {{title: t, version: '1'}}\nx-0: &l0 [a]\n{levels}\npaths: {{}}\n"
    answer = control("POST", "/restapis?mode=import", text)
    assert answer.status in (201, 400), answer
    if answer.status == 201:
        control("DELETE", f"/restapis/{answer.json['id']}")


@pytest.mark.parametrize("path", ["/restapis", "/restapis?mode=import"])
def test_a_body_over_the_limit_is_refused(path):
    try:
        answer = control("POST", path, '{"name": "' + "x" * (LIMIT + 1024) + '"}')
    except (ConnectionError, http.client.HTTPException):
        # Closing while the client still sends is an answer too.
        return
    assert answer.status in (400, 413), answer
    assert isinstance(answer.json["message"], str) and answer.kind


def test_a_document_within_the_limit_is_read(make):
    text = json.dumps({"openapi": "3.0.1", "info": {"title": "t", "version": "1"}, "paths": {},
                       "x-padding": "x" * (5 * 1024 * 1024)})
    answer = control("POST", "/restapis?mode=import", text)
    assert answer.status == 201, answer
    make.later("delete_rest_api", restApiId=answer.json["id"])


# --- what is on the wire

def test_an_empty_template_is_null_on_the_wire(make, api, root):
    of = make.mock(api, root)
    path = f"/restapis/{api}/resources/{root}/methods/GET/integration/responses/200"
    for template in ("", None):
        answer = control("PUT", path, {"responseTemplates": {"application/json": template}})
        assert answer.status == 201, answer
        assert answer.json == {"statusCode": "200", "responseTemplates": {"application/json": None}}
        assert control("GET", path).json == answer.json
    assert of["httpMethod"] == "GET"


def test_an_accept_of_another_kind_is_answered_with_json(api):
    for accept in ({}, {"Accept": "*/*"}, {"Accept": "application/hal+json"}, {"Accept": "text/html"}):
        answer = control("GET", f"/restapis/{api}", headers={"Accept": "*/*", **accept})
        assert answer.status == 200 and answer.json["id"] == api and "_links" not in answer.json


def test_a_content_type_is_not_needed(make):
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-8"):
        answer = control("POST", "/restapis", {"name": unique()}, headers={"Content-Type": kind})
        assert answer.status == 201, answer
        make.later("delete_rest_api", restApiId=answer.json["id"])


def test_times_are_numbers(api):
    assert isinstance(control("GET", f"/restapis/{api}").json["createdDate"], (int, float))


def test_lists_are_named_item(api):
    for path in ("/restapis", f"/restapis/{api}/resources", f"/restapis/{api}/stages", "/apikeys", "/usageplans"):
        answer = control("GET", path)
        assert isinstance(answer.json["item"], list), answer
        assert answer.json.keys() <= {"item", "position"}


def test_a_deletion_has_no_body(make):
    api = make.api()["id"]
    answer = control("DELETE", f"/restapis/{api}")
    assert (answer.status, answer.body) == (202, b"")


# --- paths and methods

@pytest.mark.parametrize(("method", "path"), [
    ("GET", "/nothing"), ("POST", "/account"), ("PUT", "/restapis"), ("DELETE", "/restapis"), ("GET", "/restapis/a/b"),
    ("GET", "/restapis/a/resources/b/c"), ("PATCH", "/restapis"), ("POST", "/tags/x"), ("OPTIONS", "/restapis"),
    ("GET", "/v2/apis/nothing/nothing"), ("GET", "/"), ("GET", "/restapis/a/stages/b/exports"), ("BREW", "/restapis"),
])
def test_an_unknown_operation_is_one(method, path):
    answer = control(method, path)
    assert 400 <= answer.status < 500, answer
    assert answer.kind in ("UnknownOperationException", "MissingAuthenticationTokenException", "NotFoundException"), (
        answer)
    assert isinstance(answer.json["message"], str)


def test_the_type_of_an_unknown_operation_is_told():
    answer = refused("GET", "/nothing/at/all", status=404)
    assert answer.kind == "UnknownOperationException"


@pytest.mark.parametrize("part", [
    "%00", "%", "%2", "%zz", "%ff", "%2e%2e", "..", ".", "%2F", "a%2Fb", "%C3%A9", "%25", "+", "a%20b",
    "x" * 4000, "%0a", "%0d%0aX-A:%20b", "~1", "*", "(none)", "'", '%22', "%3Cscript%3E",
])
def test_an_odd_id_is_an_unknown_id(part):
    answer = control("GET", f"/restapis/{part}")
    assert "x-a" not in answer.headers
    if part in ("%2e%2e", "..", ".") and answer.status == 200:
        # Dots may be resolved, which leaves the list of all.
        assert "item" in answer.json
        return
    assert 400 <= answer.status < 500, answer
    assert isinstance(answer.json["message"], str) and answer.kind, answer


def test_an_id_is_told_as_it_was_sent():
    answer = refused("GET", "/restapis/caf%C3%A9%20x", status=404)
    assert answer.json["message"] == f"Invalid API identifier specified {ACCOUNT}:café x"


@pytest.mark.parametrize("encode", [
    lambda text: urllib.parse.quote(text, safe=""), lambda text: urllib.parse.quote(text, safe="/:"),
    lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
])
def test_an_arn_may_be_encoded_in_any_way(api, encode):
    arn = f"arn:aws:apigateway:{REGION}::/restapis/{api}"
    answer = control("GET", f"/tags/{encode(arn)}")
    assert answer.status == 200 and answer.json == {"tags": {}}, answer


def test_a_double_encoding_is_no_arn(api):
    arn = urllib.parse.quote(urllib.parse.quote(f"arn:aws:apigateway:{REGION}::/restapis/{api}", safe=""), safe="")
    answer = control("GET", f"/tags/{arn}")
    assert answer.status in (400, 404), answer


def test_the_root_mapping_is_named_in_parentheses(client, make, api):
    domain = make.domain()["domainName"]
    client.create_base_path_mapping(domainName=domain, restApiId=api)
    for name in ("(none)", "%28none%29"):
        answer = control("GET", f"/domainnames/{domain}/basepathmappings/{name}")
        assert answer.status == 200 and answer.json["basePath"] == "(none)", answer


@pytest.mark.parametrize("query", [
    "limit=x", "limit=-1", "limit=1.5", "limit=99999999999999999999", "limit=", "position=%00", "position=%ff",
    "position=nothing", "position=" + "x" * 4000, "limit=1&limit=2", "embed", "&&&", "=x", "%zz=1",
])
def test_an_odd_query_does_not_break_it(query):
    answer = control("GET", f"/restapis?{query}")
    assert answer.status in (200, 400), answer
    if answer.status == 400:
        assert answer.kind and isinstance(answer.json["message"], str)


@pytest.mark.parametrize("path", ["//restapis", "/restapis//", "/restapis/?limit=1", "/restapis#x", "/restapis;x=y"])
def test_an_odd_path_does_not_break_it(path):
    answer = control("GET", path)
    assert answer.status < 500, answer


@pytest.mark.parametrize("mode", ["import", "IMPORT", "overwrite", ""])
def test_only_one_mode_is_an_import(mode):
    answer = control("POST", f"/restapis?mode={mode}", json.dumps({"description": "neither a name nor a document"}))
    assert answer.status == 400, answer


# --- HTTP

def spoken(text):
    """Sends bytes and returns the answer, or None where the connection was only closed."""
    parts = urllib.parse.urlsplit(CONTROL)
    connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=30)
    connection.connect()
    try:
        connection.sock.sendall(text)
        answer = http.client.HTTPResponse(connection.sock)
        answer.begin()
        return Answer(answer)
    except (ConnectionError, http.client.HTTPException):
        return None
    finally:
        connection.close()


@pytest.mark.parametrize("text", [
    b"GET /restapis HTTP/1.1\r\n\r\n", b"GET /restapis HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
    b"GET /rest\x00apis HTTP/1.1\r\nHost: x\r\n\r\n", b"nonsense\r\n\r\n",
    b"POST /restapis HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    b"GET /restapis HTTP/1.1\r\nHost: x\r\nX-A: " + b"y" * 200_000 + b"\r\n\r\n",
])
def test_what_is_no_request_is_refused_or_dropped(text):
    answer = spoken(text)
    assert answer is None or answer.status < 500 or answer.status == 501, answer


def test_a_host_of_elsewhere_is_refused():
    # A page in a browser must not reach a node that checks no signatures by a name that leads to it.
    refused("GET", "/restapis", headers={"Host": "attacker.example"}, status=403)


def test_a_body_may_be_chunked(make):
    name = unique()
    body = json.dumps({"name": name}).encode()
    chunks = b"".join(b"1\r\n" + bytes([byte]) + b"\r\n" for byte in body) + b"0\r\n\r\n"
    host = urllib.parse.urlsplit(CONTROL).netloc.encode()
    answer = spoken(b"POST /restapis HTTP/1.1\r\nHost: " + host + b"\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n"
                    b"Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/apigateway/"
                    b"aws4_request, SignedHeaders=host, Signature=" + b"0" * 64 + b"\r\n\r\n" + chunks)
    assert answer is not None and answer.status == 201 and answer.json["name"] == name, answer
    make.later("delete_rest_api", restApiId=answer.json["id"])
