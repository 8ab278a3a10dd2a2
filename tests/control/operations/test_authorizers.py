"""The operations of authorizers, and TestInvokeAuthorizer."""

import pytest
from support import FUNCTION_URI, POOL, ROLE, SIX, bad, conflict, missing, patch, replace, said, same

HEADER = "method.request.header.Authorization"
CONCURRENT = "Unable to complete operation due to concurrent modification. Please try again later."


def token(client, api, **arguments):
    return client.create_authorizer(restApiId=api, **{
        "name": "guard", "type": "TOKEN", "authorizerUri": FUNCTION_URI, "identitySource": HEADER, **arguments})


def test_a_token_authorizer_has_the_defaults(client, api):
    made = token(client, api)
    same(made, {"id": SIX, "name": "guard", "type": "TOKEN", "authType": "custom", "authorizerUri": FUNCTION_URI,
                "identitySource": HEADER, "authorizerResultTtlInSeconds": 300})
    same(client.get_authorizer(restApiId=api, authorizerId=made["id"]), said(made))
    same(client.get_authorizers(restApiId=api), {"items": [said(made)]})


def test_what_is_given_is_answered(client, api):
    given = {"authorizerCredentials": ROLE, "identityValidationExpression": "^a+$", "authorizerResultTtlInSeconds": 0,
             "authType": "mine"}
    same(token(client, api, **given), {"id": SIX, "name": "guard", "type": "TOKEN", "authorizerUri": FUNCTION_URI,
                                       "identitySource": HEADER, **given})


def test_a_request_authorizer_has_the_defaults(client, api):
    source = "method.request.header.A, method.request.querystring.B, stageVariables.S, context.identity.sourceIp"
    made = client.create_authorizer(restApiId=api, name="guard", type="REQUEST", authorizerUri=FUNCTION_URI,
                                    identitySource=source)
    same(made, {"id": SIX, "name": "guard", "type": "REQUEST", "authType": "custom", "authorizerUri": FUNCTION_URI,
                "identitySource": source, "authorizerResultTtlInSeconds": 300})


def test_a_pool_authorizer_names_its_kind(client, api):
    made = client.create_authorizer(restApiId=api, name="pool", type="COGNITO_USER_POOLS", providerARNs=[POOL],
                                    identitySource=HEADER)
    # Whether it has a time to live without one being given is said both ways.
    expected = {"id": SIX, "name": "pool", "type": "COGNITO_USER_POOLS", "authType": "cognito_user_pools",
                "providerARNs": [POOL], "identitySource": HEADER}
    answer = said(made)
    assert answer.pop("authorizerResultTtlInSeconds", 300) == 300
    same(answer, expected)


def test_an_authorizer_of_an_unknown_api_conflicts(client):
    with conflict(CONCURRENT):
        token(client, "0unknown00")


@pytest.mark.parametrize("given", [
    {"type": "TOKEN", "identitySource": HEADER},
    {"type": "TOKEN", "authorizerUri": FUNCTION_URI},
    {"type": "TOKEN", "authorizerUri": "http://backend.example/", "identitySource": HEADER},
    {"type": "TOKEN", "authorizerUri": FUNCTION_URI, "identitySource": HEADER, "authorizerResultTtlInSeconds": 3601},
    {"type": "TOKEN", "authorizerUri": FUNCTION_URI, "identitySource": HEADER, "authorizerResultTtlInSeconds": -1},
    {"type": "REQUEST", "authorizerUri": FUNCTION_URI},
    {"type": "COGNITO_USER_POOLS", "identitySource": HEADER},
])
def test_what_cannot_work_is_refused(client, api, given):
    with bad():
        client.create_authorizer(restApiId=api, name="guard", **given)
    same(client.get_authorizers(restApiId=api), {"items": []})


def test_without_a_cache_a_request_authorizer_needs_no_source(client, api):
    made = client.create_authorizer(restApiId=api, name="guard", type="REQUEST", authorizerUri=FUNCTION_URI,
                                    authorizerResultTtlInSeconds=0)
    assert made["authorizerResultTtlInSeconds"] == 0


def test_an_authorizer_is_updated(client, api):
    made = token(client, api)
    updated = client.update_authorizer(restApiId=api, authorizerId=made["id"], patchOperations=[
        replace("/name", "other"), replace("/authorizerResultTtlInSeconds", "60"),
        replace("/identityValidationExpression", ".+"), replace("/authorizerCredentials", ROLE)])
    same(updated, {**said(made), "name": "other", "authorizerResultTtlInSeconds": 60,
                   "identityValidationExpression": ".+", "authorizerCredentials": ROLE})


def test_pools_come_and_go_by_value(client, api):
    made = client.create_authorizer(restApiId=api, name="pool", type="COGNITO_USER_POOLS", providerARNs=[POOL],
                                    identitySource=HEADER)
    other = POOL + "2"
    def update(*operations):
        return client.update_authorizer(restApiId=api, authorizerId=made["id"],
                                        patchOperations=list(operations))["providerARNs"]
    assert update(patch("add", "/providerARNs", other)) == [POOL, other]
    assert update(patch("remove", "/providerARNs", POOL)) == [other]


@pytest.mark.parametrize("operation", [replace("/id", "x"), patch("remove", "/name"), replace("/providerARNs", POOL)])
def test_a_wrong_operation_is_refused(client, api, operation):
    made = token(client, api)
    with bad():
        client.update_authorizer(restApiId=api, authorizerId=made["id"], patchOperations=[operation])


@pytest.mark.parametrize(("call", "arguments"), [
    ("get_authorizer", {}), ("delete_authorizer", {}),
    ("update_authorizer", {"patchOperations": [replace("/name", "x")]}),
    ("test_invoke_authorizer", {}),
])
def test_an_unknown_authorizer_is_not_found(client, api, call, arguments):
    with missing("Invalid Authorizer identifier specified"):
        getattr(client, call)(restApiId=api, authorizerId="abcdef", **arguments)


def test_authorizers_of_an_unknown_api_are_not_found(client):
    with missing():
        client.get_authorizers(restApiId="0unknown00")
    with missing():
        client.get_authorizer(restApiId="0unknown00", authorizerId="abcdef")


def test_a_deleted_authorizer_is_gone(client, api):
    made = token(client, api)
    same(client.delete_authorizer(restApiId=api, authorizerId=made["id"]), {})
    same(client.get_authorizers(restApiId=api), {"items": []})


# --- TestInvokeAuthorizer

def test_a_token_that_is_missing_is_unauthorized(client, api):
    made = token(client, api)
    answer = client.test_invoke_authorizer(restApiId=api, authorizerId=made["id"], headers={})
    assert answer["clientStatus"] == 401
    assert isinstance(answer["log"], str) and isinstance(answer["latency"], int)
    assert "policy" not in answer and "principalId" not in answer


def test_a_token_that_does_not_match_is_unauthorized(client, api):
    made = token(client, api, identityValidationExpression="^good$")
    answer = client.test_invoke_authorizer(restApiId=api, authorizerId=made["id"],
                                           headers={"Authorization": "no good"})
    assert answer["clientStatus"] == 401


def test_a_function_that_cannot_be_called_is_a_server_error(client, api):
    made = token(client, api)
    answer = client.test_invoke_authorizer(restApiId=api, authorizerId=made["id"], headers={"Authorization": "good"})
    assert answer["clientStatus"] == 500
    assert isinstance(answer["log"], str)
