"""The checks of wire.py themselves: they need no node, and they do find what they are for."""

import json

import pytest
import wire


def output(client, name):
    return client.meta.service_model.operation_model(name)


def check(client, name, status, body, **headers):
    called, answered = set(wire.CALLED), set(wire.ANSWERED)
    sent = {"content-type": "application/json", **{key.replace("_", "-"): value for key, value in headers.items()}}
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    try:
        wire.check(output(client, name), {"status_code": status, "headers": sent, "body": text})
    finally:
        # What was not sent was not called.
        wire.CALLED.intersection_update(called)
        wire.ANSWERED.intersection_update(answered)


GOOD = {"id": "a", "name": "b", "createdDate": 1.5, "tags": {"a": "b"}, "disableExecuteApiEndpoint": False}


@pytest.mark.parametrize("change", [
    {}, {"createdDate": 1}, {"minimumCompressionSize": 0}, {"binaryMediaTypes": ["a"]}, {"apiKeySource": "HEADER"}])
def test_what_the_model_says_passes(client, change):
    check(client, "CreateRestApi", 201, GOOD | change)


@pytest.mark.parametrize("change", [
    {"colour": "red"}, {"name": None}, {"name": 7}, {"createdDate": "2026-01-01"}, {"createdDate": True},
    {"minimumCompressionSize": 1.5}, {"minimumCompressionSize": True}, {"binaryMediaTypes": "a"},
    {"tags": {"a": None}}, {"tags": []}, {"disableExecuteApiEndpoint": "false"}, {"apiKeySource": "COOKIE"}])
def test_what_the_model_does_not_say_fails(client, change):
    with pytest.raises(AssertionError):
        check(client, "CreateRestApi", 201, GOOD | change)


def test_a_status_is_that_of_the_model(client):
    with pytest.raises(AssertionError):
        check(client, "CreateRestApi", 200, GOOD)
    with pytest.raises(AssertionError):
        check(client, "DeleteRestApi", 202, {})
    check(client, "DeleteRestApi", 202, b"")


def test_a_member_is_there_once(client):
    with pytest.raises(AssertionError):
        check(client, "CreateRestApi", 201, b'{"id": "a", "id": "a"}')


def test_only_a_template_may_be_null(client):
    check(client, "PutIntegrationResponse", 201, {"responseTemplates": {"application/json": None}})
    with pytest.raises(AssertionError):
        check(client, "PutIntegrationResponse", 201, {"responseParameters": {"a": None}})
    with pytest.raises(AssertionError):
        check(client, "PutGatewayResponse", 201, {"responseTemplates": {"application/json": None}})


def test_an_error_has_a_message_and_a_type(client):
    said = {"message": "no"}
    check(client, "GetRestApi", 404, said, x_amzn_errortype="NotFoundException")
    check(client, "GetRestApi", 429, said, x_amzn_errortype="TooManyRequestsException", retry_after="1")
    for status, body, headers in [
        (404, said, {}), (400, said, {"x_amzn_errortype": "NotFoundException"}),
        (404, {"Message": "no"}, {"x_amzn_errortype": "NotFoundException"}),
        (429, said, {"x_amzn_errortype": "TooManyRequestsException"}),
        (404, b"<html>", {"x_amzn_errortype": "NotFoundException"}),
    ]:
        with pytest.raises(AssertionError):
            check(client, "GetRestApi", status, body, **headers)
