"""TestInvokeMethod: the live method, without authorization, and with its log."""

import re

from support import missing, replace

DATE = r"[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d UTC \d{4} : "


def lines(answer):
    """The lines of the log less their dates; the first has none."""
    found = answer["log"].rstrip("\n").split("\n")
    assert re.fullmatch(r"Execution log for request \S+", found[0])
    for line in found[1:]:
        assert re.match(DATE, line), line
    return [found[0], *[re.sub(f"^{DATE}", "", line) for line in found[1:]]]


def test_a_mock_answers(client, make, api, root):
    of = make.mock(api, root, template='{"verb": "$context.httpMethod", "stage": "$context.stage"}')
    answer = client.test_invoke_method(**of)
    assert answer["status"] == 200
    assert answer["body"] == '{"verb": "GET", "stage": "test-invoke-stage"}'
    assert answer["headers"]["Content-Type"] == "application/json"
    assert answer["multiValueHeaders"]["Content-Type"] == ["application/json"]
    assert answer["latency"] >= 0
    lower = {name.lower() for name in answer["headers"]}
    assert not lower & {"content-length", "date", "connection"}


def test_the_log_tells_what_happened(client, make, api, root):
    of = make.mock(api, make.resource(api, "pets"), template='{"a": "b"}')
    told = lines(client.test_invoke_method(**of, pathWithQueryString="/pets?k=v", headers={"X-A": "y"}))
    assert told[1].startswith("Starting execution for request: ")
    assert told[2] == "HTTP Method: GET, Resource Path: /pets"
    assert told[3] == "Method request path: {}"
    assert told[4] == "Method request query string: {k=v}"
    assert told[5] == "Method request headers: {X-A=y}"
    assert told[6] == "Method request body before transformations: "
    assert told[-2] == "Successfully completed execution"
    assert told[-1] == "Method completed with status: 200"
    expected = ["Method response body after transformations: {\"a\": \"b\"}", "Method response headers: {"]
    for beginning in expected:
        assert any(line.startswith(beginning) for line in told), (beginning, told)


def test_what_is_given_reaches_the_templates(client, make, api):
    of = make.mock(api, make.resource(api, "{id}"), "POST", template=(
        "$input.params('id') $input.params().querystring.get('q') $input.params().header.get('X-A') $stageVariables.v"))
    answer = client.test_invoke_method(**of, pathWithQueryString="/seven?q=r", headers={"X-A": "y"},
                                       stageVariables={"v": "w"}, body="{}")
    assert answer["body"] == "seven r y w"


def test_a_path_that_does_not_fit_has_no_parameters(client, make, api):
    of = make.mock(api, make.resource(api, "{id}", make.resource(api, "pets")), template="[$input.params('id')]")
    assert client.test_invoke_method(**of, pathWithQueryString="/dogs")["body"] == "[]"


def test_several_values_of_a_header_are_given(client, make, api, root):
    of = make.mock(api, root, template="$input.params('X-A')")
    answer = client.test_invoke_method(**of, multiValueHeaders={"X-A": ["1", "2"]})
    # Single-value views keep the last.
    assert answer["body"] == "2"


def test_what_is_not_deployed_runs(client, make, api, root):
    of = make.mock(api, root, template="first")
    assert client.test_invoke_method(**of)["body"] == "first"
    client.update_integration_response(**of, statusCode="200", patchOperations=[
        replace("/responseTemplates/application~1json", "second")])
    assert client.test_invoke_method(**of)["body"] == "second"
    assert client.get_deployments(restApiId=api)["items"] == []


def test_keys_and_authorization_are_skipped(client, make, api, root):
    of = make.mock(api, root, template="in", apiKeyRequired=True, authorizationType="AWS_IAM")
    assert client.test_invoke_method(**of)["body"] == "in"


def test_a_failure_is_within_the_answer(client, make, api, root):
    of = make.mock(api, root)
    client.update_integration(**of, patchOperations=[
        replace("/requestTemplates/application~1json", '{"statusCode": "200"}')])
    answer = client.test_invoke_method(**of)
    assert answer["status"] == 500
    assert answer["body"] == '{"message": "Internal server error"}' or answer["body"] == (
        '{"message":"Internal server error"}')
    assert answer["headers"]["x-amzn-ErrorType"] == "InternalServerErrorException"
    told = lines(answer)
    assert any(line.startswith("Execution failed due to configuration error: Unable to parse statusCode. It should be "
                               "an integer that is defined in the request template.") for line in told), told
    assert told[-1] == "Method completed with status: 500"


def test_a_response_that_does_not_match_is_told(client, make, api, root):
    of = make.mock(api, root)
    client.delete_integration_response(**of, statusCode="200")
    answer = client.test_invoke_method(**of)
    assert answer["status"] == 500
    assert any("No match for output mapping and no default output mapping configured" in line
               for line in lines(answer)), answer["log"]


def test_an_endpoint_that_is_none_is_told(client, make, api, root):
    of = make.http(api, root, uri="http://${stageVariables.nothing}/pets")
    answer = client.test_invoke_method(**of)
    assert answer["status"] == 500
    assert any("Invalid endpoint address" in line for line in lines(answer)), answer["log"]


def test_missing_parameters_are_refused_within_the_answer(client, make, api, root):
    validator = client.create_request_validator(restApiId=api, name="all", validateRequestParameters=True)["id"]
    of = make.mock(api, root, requestValidatorId=validator,
                   requestParameters={"method.request.querystring.q": True})
    answer = client.test_invoke_method(**of)
    assert answer["status"] == 400
    assert "Missing required request parameters: [q]" in answer["body"]
    assert client.test_invoke_method(**of, pathWithQueryString="/?q=1")["status"] == 200


def test_an_unknown_method_is_not_found(client, api, root):
    with missing("Invalid Method identifier specified"):
        client.test_invoke_method(restApiId=api, resourceId=root, httpMethod="GET")


def test_an_unknown_resource_is_not_found(client, api):
    with missing("Invalid Resource identifier specified"):
        client.test_invoke_method(restApiId=api, resourceId="abcdef", httpMethod="GET")


def test_a_method_without_an_integration_does_not_run(client, make, api, root):
    make.method(api, root)
    try:
        answer = client.test_invoke_method(restApiId=api, resourceId=root, httpMethod="GET")
    except client.exceptions.ClientError as error:
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 404)
    else:
        assert answer["status"] == 500
