"""PutIntegration, GetIntegration, UpdateIntegration, DeleteIntegration and the same of integration responses."""

import pytest
from support import FUNCTION_URI, REGION, ROLE, bad, invalid, missing, patch, replace, said, same

BUCKET_URI = f"arn:aws:apigateway:{REGION}:s3:path/bucket/key"
EXPRESSION = ("Invalid mapping expression specified: Validation Result: warnings : [], errors : "
              "[Invalid mapping expression specified: true]")


@pytest.fixture
def of(make, api, root):
    """A method without an integration."""
    make.method(api, root)
    return {"restApiId": api, "resourceId": root, "httpMethod": "GET"}


@pytest.fixture
def defaults(root):
    return {"passthroughBehavior": "WHEN_NO_MATCH", "timeoutInMillis": 29000, "cacheNamespace": root,
            "cacheKeyParameters": []}


def without(answer, *names):
    """An answer less the members that only newer versions of the service have."""
    return {name: value for name, value in said(answer).items() if name not in names}


def checked(answer, expected):
    """The newest versions of the service also answer the transfer mode."""
    assert answer.get("responseTransferMode", "BUFFERED") == "BUFFERED"
    same(without(answer, "responseTransferMode"), expected)


# --- integrations

def test_the_least_mock_has_the_defaults(client, of, defaults):
    checked(client.put_integration(**of, type="MOCK"), {"type": "MOCK", **defaults})
    checked(client.get_integration(**of), {"type": "MOCK", **defaults})


@pytest.mark.parametrize("kind", ["HTTP", "HTTP_PROXY"])
def test_an_http_integration_goes_to_the_internet(client, of, defaults, kind):
    given = {"type": kind, "uri": "https://backend.example/pets"}
    expected = {**given, "httpMethod": "POST", "connectionType": "INTERNET", **defaults}
    checked(client.put_integration(**of, integrationHttpMethod="POST", **given), expected)
    checked(client.get_integration(**of), expected)


@pytest.mark.parametrize("given", [
    {"type": "AWS", "uri": BUCKET_URI, "credentials": ROLE}, {"type": "AWS", "uri": FUNCTION_URI},
    {"type": "AWS_PROXY", "uri": FUNCTION_URI},
])
def test_an_aws_integration_has_no_connection_type(client, of, defaults, given):
    checked(client.put_integration(**of, integrationHttpMethod="POST", **given),
            {**given, "httpMethod": "POST", **defaults})


def test_what_is_given_is_answered(client, make, api, root, defaults):
    make.method(api, root, requestParameters={"method.request.querystring.q": False})
    of = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
    given = {
        "type": "HTTP", "uri": "http://backend.example:8080/{q}", "passthroughBehavior": "NEVER",
        "requestParameters": {"integration.request.path.q": "method.request.querystring.q",
                              "integration.request.header.X": "'static'"},
        "requestTemplates": {"application/json": "$input.body"}, "contentHandling": "CONVERT_TO_TEXT",
        "timeoutInMillis": 50, "cacheNamespace": "mine", "cacheKeyParameters": ["method.request.querystring.q"],
        "tlsConfig": {"insecureSkipVerification": True}, "connectionType": "INTERNET",
    }
    expected = {**given, "httpMethod": "ANY"}
    checked(client.put_integration(**of, integrationHttpMethod="ANY", **given), expected)
    checked(client.get_integration(**of), expected)


def test_a_link_may_be_a_stage_variable(client, of):
    made = client.put_integration(**of, type="HTTP_PROXY", integrationHttpMethod="GET", uri="http://backend.example/",
                                  connectionType="VPC_LINK", connectionId="${stageVariables.link}")
    assert made["connectionType"] == "VPC_LINK" and made["connectionId"] == "${stageVariables.link}"


def test_a_stream_is_answered(client, of):
    made = client.put_integration(**of, type="HTTP_PROXY", integrationHttpMethod="GET", uri="http://backend.example/",
                                  responseTransferMode="STREAM")
    assert made["responseTransferMode"] == "STREAM"


@pytest.mark.parametrize(("given", "message"), [
    ({"type": "HTTP", "uri": "http://backend.example/"}, "Enumeration value for HttpMethod must be non-empty"),
    ({"type": "HTTP_PROXY", "uri": "http://backend.example/"}, "Enumeration value for HttpMethod must be non-empty"),
    ({"type": "AWS", "uri": BUCKET_URI}, "Enumeration value for HttpMethod must be non-empty"),
    ({"type": "AWS_PROXY", "uri": FUNCTION_URI}, "Enumeration value for HttpMethod must be non-empty"),
    ({"type": "HTTP", "integrationHttpMethod": "GET"}, "Invalid HTTP endpoint specified for URI"),
    ({"type": "HTTP_PROXY", "integrationHttpMethod": "GET", "uri": "backend"},
     "Invalid HTTP endpoint specified for URI"),
    ({"type": "HTTP_PROXY", "integrationHttpMethod": "GET", "uri": "ftp://backend.example/"},
     "Invalid HTTP endpoint specified for URI"),
    ({"type": "AWS", "integrationHttpMethod": "GET", "uri": "http://backend.example/"},
     "Invalid ARN specified in the request"),
    ({"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": "backend"}, "Invalid ARN specified in the request"),
    ({"type": "AWS", "integrationHttpMethod": "GET", "uri": "arn:aws:iam::123456789012:role/x"},
     "AWS ARN for integration must contain path or action"),
    ({"type": "AWS", "integrationHttpMethod": "GET", "uri": BUCKET_URI},
     "Role ARN must be specified for AWS integrations"),
    ({"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": BUCKET_URI},
     "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations."),
])
def test_what_cannot_work_is_refused(client, of, given, message):
    with bad(message):
        client.put_integration(**of, **given)
    with missing("Invalid Integration identifier specified"):
        client.get_integration(**of)


def test_an_unknown_type_fails_validation(client, of):
    with invalid("1 validation error detected: Value 'HTTPS_PROXY' at 'putIntegrationInput.type' failed to satisfy "
                 "constraint: Member must satisfy enum value set: [HTTP, MOCK, AWS_PROXY, HTTP_PROXY, AWS]"):
        client.put_integration(**of, type="HTTPS_PROXY", integrationHttpMethod="GET", uri="https://backend.example/")


def test_a_mapping_must_be_an_expression(client, of):
    with bad(EXPRESSION):
        client.put_integration(**of, type="HTTP", integrationHttpMethod="GET", uri="http://backend.example/",
                               requestParameters={"integration.request.header.X": "true"})


@pytest.mark.parametrize("timeout", [49, 29001])
def test_a_timeout_has_limits(client, of, timeout):
    with bad():
        client.put_integration(**of, type="MOCK", timeoutInMillis=timeout)


def test_an_integration_needs_its_method(client, api, root):
    with missing("Invalid Method identifier specified"):
        client.put_integration(restApiId=api, resourceId=root, httpMethod="GET", type="MOCK")
    with missing("Invalid Resource identifier specified"):
        client.put_integration(restApiId=api, resourceId="abcdef", httpMethod="GET", type="MOCK")
    with missing("Invalid Resource identifier specified"):
        client.put_integration(restApiId="0unknown00", resourceId="abcdef", httpMethod="GET", type="MOCK")


@pytest.mark.parametrize("call", ["get_integration", "delete_integration"])
def test_an_unknown_integration_is_not_found(client, of, call):
    with missing("Invalid Integration identifier specified"):
        getattr(client, call)(**of)


def test_putting_again_drops_the_integration_responses(client, make, api, root):
    of = make.mock(api, root)
    made = client.put_integration(**of, type="MOCK")
    assert "integrationResponses" not in made and "requestTemplates" not in made
    assert "integrationResponses" not in client.get_integration(**of)


def test_a_deleted_integration_is_gone(client, make, api, root):
    of = make.mock(api, root)
    same(client.delete_integration(**of), {})
    assert "methodIntegration" not in client.get_method(**of)


def test_an_integration_is_updated(client, make, api, root):
    of = make.http(api, root)
    updated = client.update_integration(**of, patchOperations=[
        replace("/uri", "https://other.example/"), replace("/httpMethod", "POST"), replace("/timeoutInMillis", "300"),
        replace("/passthroughBehavior", "NEVER"), patch("add", "/requestTemplates/application~1json", "x"),
        patch("add", "/requestParameters/integration.request.header.X", "'y'")])
    checked(updated, {
        "type": "HTTP", "uri": "https://other.example/", "httpMethod": "POST", "timeoutInMillis": 300,
        "connectionType": "INTERNET", "passthroughBehavior": "NEVER", "cacheNamespace": root, "cacheKeyParameters": [],
        "requestTemplates": {"application/json": "x"}, "requestParameters": {"integration.request.header.X": "'y'"}})
    updated = client.update_integration(**of, patchOperations=[
        patch("remove", "/requestTemplates/application~1json"),
        patch("remove", "/requestParameters/integration.request.header.X")])
    assert "requestTemplates" not in updated and "requestParameters" not in updated


def test_cache_keys_are_in_the_path(client, make, api, root):
    of = make.http(api, root)
    def update(*operations):
        return client.update_integration(**of, patchOperations=list(operations))["cacheKeyParameters"]
    client.update_method(**of, patchOperations=[
        patch("add", f"/requestParameters/method.request.querystring.{name}", "false") for name in "abc"])
    assert update(*[patch("add", f"/cacheKeyParameters/method.request.querystring.{name}") for name in "ab"]) == [
        "method.request.querystring.a", "method.request.querystring.b"]
    assert update(replace("/cacheKeyParameters/method.request.querystring.a", "method.request.querystring.c")) == [
        "method.request.querystring.b", "method.request.querystring.c"]
    assert update(*[patch("remove", f"/cacheKeyParameters/method.request.querystring.{name}") for name in "bc"]) == []


@pytest.mark.parametrize("path", ["/uri", "/httpMethod"])
def test_a_mock_has_nowhere_to_go(client, make, api, root, path):
    of = make.mock(api, root)
    with bad():
        client.update_integration(**of, patchOperations=[replace(path, "GET")])


def test_updating_an_unknown_integration_is_not_found(client, of):
    with missing("Invalid Integration identifier specified"):
        client.update_integration(**of, patchOperations=[replace("/timeoutInMillis", "300")])


# --- integration responses

@pytest.fixture
def answered(client, of):
    """A MOCK method with the method responses 200 and 404."""
    for status in ("200", "404"):
        client.put_method_response(**of, statusCode=status, responseParameters={"method.response.header.X": False})
    client.put_integration(**of, type="MOCK")
    return of


def test_the_least_integration_response_has_a_status(client, answered):
    made = client.put_integration_response(**answered, statusCode="200")
    # botocore sends `responseTemplates: {}` of its own accord, and it is answered as it was sent.
    same(without(made, "responseTemplates"), {"statusCode": "200"})
    same(client.get_integration_response(**answered, statusCode="200"), said(made))


def test_an_integration_response_is_as_sent(client, answered):
    given = {"selectionPattern": "4..", "responseTemplates": {"application/json": "{}"},
             "responseParameters": {"method.response.header.X": "'y'"}, "contentHandling": "CONVERT_TO_TEXT"}
    same(client.put_integration_response(**answered, statusCode="404", **given), {"statusCode": "404", **given})
    same(client.get_integration_response(**answered, statusCode="404"), {"statusCode": "404", **given})


def test_an_empty_pattern_and_an_empty_map_are_kept(client, answered):
    same(client.put_integration_response(**answered, statusCode="200", selectionPattern="", responseTemplates={}),
         {"statusCode": "200", "selectionPattern": "", "responseTemplates": {}})


def test_an_empty_template_is_null(client, answered):
    expected = {"statusCode": "200", "responseTemplates": {"application/json": None}}
    client.put_integration_response(**answered, statusCode="200", responseTemplates={"application/json": ""})
    answer = client.get_integration_response(**answered, statusCode="200")
    # botocore leaves nulls out of maps or keeps them; what was on the wire is checked in test_bad_input.py.
    assert answer["responseTemplates"] in (expected["responseTemplates"], {})


def test_an_integration_response_needs_its_integration(client, of):
    client.put_method_response(**of, statusCode="200")
    with missing("Invalid Integration identifier specified"):
        client.put_integration_response(**of, statusCode="200")


def test_an_integration_response_needs_its_method_response(client, answered):
    with missing("Invalid Response status code specified"):
        client.put_integration_response(**answered, statusCode="201")


@pytest.mark.parametrize("call", ["get_integration_response", "delete_integration_response"])
def test_an_unknown_integration_response_is_not_found(client, answered, call):
    with missing("Invalid Response status code specified"):
        getattr(client, call)(**answered, statusCode="404")


def test_a_mapping_of_a_response_must_be_an_expression(client, answered):
    with bad(EXPRESSION):
        client.put_integration_response(**answered, statusCode="200",
                                        responseParameters={"method.response.header.X": "true"})


def test_a_template_needs_a_content_type(client, answered):
    with bad("Validation Result: warnings : [], errors : [Invalid content type specified: 123]"):
        client.put_integration_response(**answered, statusCode="200", responseTemplates={"123": "{}"})


def test_an_integration_response_is_updated(client, answered):
    client.put_integration_response(**answered, statusCode="200", responseTemplates={"application/json": "{}"})
    updated = client.update_integration_response(**answered, statusCode="200", patchOperations=[
        replace("/selectionPattern", "2.."), replace("/contentHandling", "CONVERT_TO_BINARY"),
        replace("/responseTemplates/application~1json", "[]"), patch("add", "/responseTemplates/text~1plain", "t"),
        patch("add", "/responseParameters/method.response.header.X", "'y'")])
    expected = {"statusCode": "200", "selectionPattern": "2..", "contentHandling": "CONVERT_TO_BINARY",
                "responseTemplates": {"application/json": "[]", "text/plain": "t"},
                "responseParameters": {"method.response.header.X": "'y'"}}
    same(updated, expected)
    same(client.get_integration_response(**answered, statusCode="200"), expected)


def test_updating_an_unknown_integration_response_is_not_found(client, answered):
    with missing("Invalid Response status code specified"):
        client.update_integration_response(**answered, statusCode="404",
                                           patchOperations=[replace("/selectionPattern", "4..")])


def test_a_deleted_integration_response_is_gone(client, make, api, root):
    of = make.mock(api, root)
    same(client.delete_integration_response(**of, statusCode="200"), {})
    assert "integrationResponses" not in client.get_integration(**of)
