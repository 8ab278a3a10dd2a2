"""The operations of gateway responses."""

import pytest
from support import ENUM_OP, bad, invalid, missing, no_api, patch, replace, said, same

TEMPLATE = {"application/json": '{"message":$context.error.messageString}'}
STATUS = {
    "ACCESS_DENIED": "403", "API_CONFIGURATION_ERROR": "500", "AUTHORIZER_CONFIGURATION_ERROR": "500",
    "AUTHORIZER_FAILURE": "500", "BAD_REQUEST_BODY": "400", "BAD_REQUEST_PARAMETERS": "400", "DEFAULT_4XX": None,
    "DEFAULT_5XX": None, "EXPIRED_TOKEN": "403", "INTEGRATION_FAILURE": "504", "INTEGRATION_TIMEOUT": "504",
    "INVALID_API_KEY": "403", "INVALID_SIGNATURE": "403", "MISSING_AUTHENTICATION_TOKEN": "403",
    "QUOTA_EXCEEDED": "429", "REQUEST_TOO_LARGE": "413", "RESOURCE_NOT_FOUND": "404", "THROTTLED": "429",
    "UNAUTHORIZED": "401", "UNSUPPORTED_MEDIA_TYPE": "415", "WAF_FILTERED": "403",
}
ENUM = ("Member must satisfy enum value set: [REQUEST_TOO_LARGE, RESOURCE_NOT_FOUND, AUTHORIZER_CONFIGURATION_ERROR, "
        "MISSING_AUTHENTICATION_TOKEN, BAD_REQUEST_BODY, INVALID_SIGNATURE, INVALID_API_KEY, BAD_REQUEST_PARAMETERS, "
        "AUTHORIZER_FAILURE, UNAUTHORIZED, INTEGRATION_TIMEOUT, ACCESS_DENIED, DEFAULT_4XX, DEFAULT_5XX, "
        "WAF_FILTERED, QUOTA_EXCEEDED, THROTTLED, API_CONFIGURATION_ERROR, UNSUPPORTED_MEDIA_TYPE, "
        "INTEGRATION_FAILURE, EXPIRED_TOKEN]")


def built_in(kind, **changes):
    status = {} if STATUS[kind] is None else {"statusCode": STATUS[kind]}
    return {"responseType": kind, **status, "responseParameters": {}, "responseTemplates": TEMPLATE,
            "defaultResponse": True, **changes}


def test_all_21_are_listed_in_order(client, api):
    items = client.get_gateway_responses(restApiId=api, limit=500)["items"]
    assert [item["responseType"] for item in items] == sorted(STATUS)
    same(items, [built_in(kind) for kind in sorted(STATUS)])


@pytest.mark.parametrize("kind", sorted(STATUS))
def test_one_that_is_not_configured_has_the_defaults(client, api, kind):
    same(client.get_gateway_response(restApiId=api, responseType=kind), built_in(kind))


def test_what_is_given_is_answered(client, api):
    given = {"statusCode": "418", "responseParameters": {"gatewayresponse.header.X": "'y'"},
             "responseTemplates": {"text/plain": "$context.error.message"}}
    expected = {"responseType": "THROTTLED", "defaultResponse": False, **given}
    same(client.put_gateway_response(restApiId=api, responseType="THROTTLED", **given), expected)
    same(client.get_gateway_response(restApiId=api, responseType="THROTTLED"), expected)
    items = {item["responseType"]: item for item in client.get_gateway_responses(restApiId=api, limit=500)["items"]}
    assert len(items) == 21
    same(items["THROTTLED"], expected)


@pytest.mark.parametrize("kind", ["THROTTLED", "DEFAULT_4XX"])
def test_what_is_not_given_is_built_in(client, api, kind):
    same(client.put_gateway_response(restApiId=api, responseType=kind), built_in(kind, defaultResponse=False))


def test_putting_again_replaces_all(client, api):
    client.put_gateway_response(restApiId=api, responseType="THROTTLED", statusCode="418",
                                responseParameters={"gatewayresponse.header.X": "'y'"})
    same(client.put_gateway_response(restApiId=api, responseType="THROTTLED"),
         built_in("THROTTLED", defaultResponse=False))


def test_a_family_is_inherited_from(client, api):
    given = {"statusCode": "599", "responseParameters": {"gatewayresponse.header.X": "'y'"},
             "responseTemplates": {"text/plain": "t"}}
    client.put_gateway_response(restApiId=api, responseType="DEFAULT_5XX", **given)
    same(client.get_gateway_response(restApiId=api, responseType="INTEGRATION_FAILURE"),
         {"responseType": "INTEGRATION_FAILURE", "defaultResponse": True, **given})
    same(client.get_gateway_response(restApiId=api, responseType="THROTTLED"), built_in("THROTTLED"))


def test_one_that_is_configured_does_not_inherit(client, api):
    client.put_gateway_response(restApiId=api, responseType="DEFAULT_5XX", statusCode="599",
                                responseTemplates={"text/plain": "t"})
    made = client.put_gateway_response(restApiId=api, responseType="AUTHORIZER_FAILURE",
                                       responseParameters={"gatewayresponse.header.X": "'y'"})
    same(made, built_in("AUTHORIZER_FAILURE", defaultResponse=False,
                        responseParameters={"gatewayresponse.header.X": "'y'"}))


def test_a_family_without_a_status_leaves_the_statuses(client, api):
    client.put_gateway_response(restApiId=api, responseType="DEFAULT_4XX", responseTemplates={"text/plain": "t"})
    same(client.get_gateway_response(restApiId=api, responseType="THROTTLED"),
         built_in("THROTTLED", responseTemplates={"text/plain": "t"}))


def test_a_deleted_family_restores_the_rest(client, api):
    client.put_gateway_response(restApiId=api, responseType="DEFAULT_4XX", statusCode="499")
    same(client.delete_gateway_response(restApiId=api, responseType="DEFAULT_4XX"), {})
    same(client.get_gateway_response(restApiId=api, responseType="THROTTLED"), built_in("THROTTLED"))
    same(client.get_gateway_response(restApiId=api, responseType="DEFAULT_4XX"), built_in("DEFAULT_4XX"))


def test_only_one_that_is_configured_is_deleted(client, api):
    with missing("Gateway response type not defined on api"):
        client.delete_gateway_response(restApiId=api, responseType="THROTTLED")


# --- updating

def test_an_update_configures_from_the_defaults(client, api):
    updated = client.update_gateway_response(restApiId=api, responseType="THROTTLED", patchOperations=[
        replace("/statusCode", "430")])
    same(updated, built_in("THROTTLED", defaultResponse=False, statusCode="430"))


def test_headers_and_templates_come_and_go(client, api):
    def update(*operations):
        return client.update_gateway_response(restApiId=api, responseType="THROTTLED", patchOperations=list(operations))
    header = "/responseParameters/gatewayresponse.header.X"
    same(update(patch("add", header, "'y'"), patch("add", "/responseTemplates/application~1xml", "<a/>"),
                replace("/responseTemplates/application~1json", "[]")),
         built_in("THROTTLED", defaultResponse=False, responseParameters={"gatewayresponse.header.X": "'y'"},
                  responseTemplates={"application/json": "[]", "application/xml": "<a/>"}))
    same(update(replace(header, "'z'"), patch("remove", "/responseTemplates/application~1xml")),
         built_in("THROTTLED", defaultResponse=False, responseParameters={"gatewayresponse.header.X": "'z'"},
                  responseTemplates={"application/json": "[]"}))
    same(update(patch("remove", header)),
         built_in("THROTTLED", defaultResponse=False, responseTemplates={"application/json": "[]"}))


@pytest.mark.parametrize(("operation", "message"), [
    (patch("add", "/statusCode", "400"), "Invalid patch path /statusCode"),
    (patch("remove", "/statusCode"), "Invalid patch path /statusCode"),
    (replace("/wrongPath", "x"), "Invalid patch path /wrongPath"),
    (patch("replace"), "Invalid patch path null"),
    (replace("/responseTemplates/application~1json"), "Invalid null or empty value in responseTemplates"),
])
def test_a_wrong_operation_is_refused(client, api, operation, message):
    before = said(client.get_gateway_response(restApiId=api, responseType="DEFAULT_4XX"))
    with bad(message):
        client.update_gateway_response(restApiId=api, responseType="DEFAULT_4XX", patchOperations=[operation])
    same(client.get_gateway_response(restApiId=api, responseType="DEFAULT_4XX"), before)


def test_a_parameter_needs_a_value(client, api):
    client.put_gateway_response(restApiId=api, responseType="THROTTLED",
                                responseParameters={"gatewayresponse.header.X": "'y'"})
    with bad("Invalid null or empty value in responseParameters"):
        client.update_gateway_response(restApiId=api, responseType="THROTTLED", patchOperations=[
            replace("/responseParameters/gatewayresponse.header.X")])


def test_only_a_parameter_that_is_there_is_replaced(client, api):
    with missing("Invalid parameter name specified"):
        client.update_gateway_response(restApiId=api, responseType="THROTTLED", patchOperations=[
            replace("/responseParameters/gatewayresponse.header.X", "'y'")])


def test_an_unknown_op_fails_validation(client, api):
    with invalid("1 validation error detected: Value 'wrong-op' at "
                 "'updateGatewayResponseInput.patchOperations.1.member.op' failed to satisfy constraint: " + ENUM_OP):
        client.update_gateway_response(restApiId=api, responseType="THROTTLED", patchOperations=[
            patch("wrong-op", "/statusCode", "400")])


# --- what is not there

@pytest.mark.parametrize(("call", "arguments"), [
    ("get_gateway_response", {}), ("put_gateway_response", {}), ("delete_gateway_response", {}),
    ("update_gateway_response", {"patchOperations": [replace("/statusCode", "400")]}),
])
def test_an_unknown_type_fails_validation(client, api, call, arguments):
    with invalid("1 validation error detected: Value 'X' at 'responseType' failed to satisfy constraint: " + ENUM):
        getattr(client, call)(restApiId=api, responseType="X", **arguments)


@pytest.mark.parametrize(("call", "arguments"), [
    ("get_gateway_responses", {}), ("get_gateway_response", {"responseType": "THROTTLED"}),
    ("put_gateway_response", {"responseType": "THROTTLED"}), ("delete_gateway_response", {"responseType": "THROTTLED"}),
    ("update_gateway_response", {"responseType": "THROTTLED", "patchOperations": [replace("/statusCode", "400")]}),
])
def test_an_unknown_api_is_not_found(client, call, arguments):
    with no_api("0unknown00"):
        getattr(client, call)(restApiId="0unknown00", **arguments)
