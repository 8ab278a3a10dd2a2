"""What the tests share: comparing answers, expecting errors, and making things that are deleted afterwards."""

import contextlib
import datetime
import json
import os
import re
import uuid

import pytest
from botocore.exceptions import ClientError

CONTROL = os.environ.get("EDGEWIT_CONTROL_ENDPOINT", "")
DATA = os.environ.get("EDGEWIT_DATA_ENDPOINT", "")
ACCOUNT = os.environ.get("EDGEWIT_CONTROL_ACCOUNT", "123456789012")
REGION = "us-east-1"

TEN = re.compile(r"[a-z0-9]{10}")
"""Ids of APIs, root resources and API keys."""
SIX = re.compile(r"[a-z0-9]{6}")
"""Ids of most other things."""
TEXT = re.compile(r"(?s).+")
TIME = datetime.datetime

CERTIFICATE = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/11111111-2222-3333-4444-555555555555"
OTHER_CERTIFICATE = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/66666666-7777-8888-9999-000000000000"
BALANCER = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/net/one/0123456789abcdef"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:one"
FUNCTION_URI = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{FUNCTION}/invocations"
POOL = f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/{REGION}_abcdefghi"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/gateway"

SCHEMA = '{"type": "object", "properties": {"name": {"type": "string"}}}'
DOCUMENT = {
    "openapi": "3.0.1", "info": {"title": "deployed", "version": "1"},
    "paths": {"/": {"get": {
        "responses": {"200": {"description": "ok"}},
        "x-amazon-apigateway-integration": {
            "type": "mock", "requestTemplates": {"application/json": '{"statusCode": 200}'},
            "responses": {"default": {"statusCode": "200",
                                      "responseTemplates": {"application/json": '{"made": "yes"}'}}}}}}},
}
"""An API with a MOCK method at its root, as `Maker.mock` makes it in four calls."""

ENUM_OP = "Member must satisfy enum value set: [add, remove, move, test, replace, copy]"


def unique(prefix="t"):
    return f"{prefix}{uuid.uuid4().hex[:12]}"


def arn(path):
    return f"arn:aws:apigateway:{REGION}::{path}"


# --- comparing

def said(answer):
    """The answer without what boto3 adds."""
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def same(answer, expected):
    """Asserts that the whole answer is as expected, where patterns, types and functions stand for what fits them."""
    if isinstance(answer, dict):
        answer = said(answer)
    found = list(differences(answer, expected, "answer"))
    assert not found, "\n".join([*found, f"the answer: {answer}"])


def differences(actual, expected, at):
    if isinstance(expected, dict):
        if not isinstance(actual, dict):
            yield f"{at}: {actual!r} is no object"
            return
        for name in sorted(expected.keys() - actual.keys()):
            yield f"{at}.{name}: is not there"
        for name in sorted(actual.keys() - expected.keys()):
            yield f"{at}.{name}: must not be there: {actual[name]!r}"
        for name in expected.keys() & actual.keys():
            yield from differences(actual[name], expected[name], f"{at}.{name}")
    elif isinstance(expected, list):
        if not isinstance(actual, list) or len(actual) != len(expected):
            yield f"{at}: {actual!r} is not {expected!r}"
            return
        for index, (one, other) in enumerate(zip(actual, expected, strict=True)):
            yield from differences(one, other, f"{at}[{index}]")
    elif isinstance(expected, re.Pattern):
        if not isinstance(actual, str) or not expected.fullmatch(actual):
            yield f"{at}: {actual!r} does not match {expected.pattern}"
    elif isinstance(expected, type):
        if not isinstance(actual, expected):
            yield f"{at}: {actual!r} is no {expected.__name__}"
    elif callable(expected):
        if not expected(actual):
            yield f"{at}: {actual!r} is refused"
    elif actual != expected or isinstance(actual, bool) != isinstance(expected, bool):
        yield f"{at}: {actual!r} is not {expected!r}"


# --- errors

@contextlib.contextmanager
def refused(code, message=None, status=None):
    """Expects an error with this code, and with this message where one is documented: a text or a pattern."""
    with pytest.raises(ClientError) as caught:
        yield caught
    error = caught.value.response
    assert error["Error"]["Code"] == code, error["Error"]
    if isinstance(message, re.Pattern):
        assert message.fullmatch(error["Error"]["Message"]), error["Error"]["Message"]
    elif message is not None:
        assert error["Error"]["Message"] == message
    if status:
        assert error["ResponseMetadata"]["HTTPStatusCode"] == status


def bad(message=None):
    return refused("BadRequestException", message, 400)


def missing(message=None):
    return refused("NotFoundException", message, 404)


def conflict(message=None):
    return refused("ConflictException", message, 409)


def no_api(api):
    return missing(f"Invalid API identifier specified {ACCOUNT}:{api}")


def invalid(message=None):
    return refused("ValidationException", message, 400)


# --- patches

def patch(op, path=None, value=None, source=None):
    operation = {"op": op, "path": path, "value": value, "from": source}
    return {name: part for name, part in operation.items() if part is not None}


def replace(path, value=None):
    return patch("replace", path, value)


# --- making

class Maker:
    """Makes things in the node, and deletes them when the test is over."""

    def __init__(self, client):
        self.client, self.cleanups, self.roots = client, [], {}

    def later(self, action, **arguments):
        """What to do when the test is over."""
        self.cleanups.append((action, arguments))

    def clean(self):
        while self.cleanups:
            action, arguments = self.cleanups.pop()
            with contextlib.suppress(ClientError):
                getattr(self.client, action)(**arguments)

    def api(self, **arguments):
        made = self.client.create_rest_api(**{"name": unique("api-"), **arguments})
        self.later("delete_rest_api", restApiId=made["id"])
        self.roots[made["id"]] = made["rootResourceId"]
        return made

    def imported(self, document, **arguments):
        body = document if isinstance(document, (str, bytes)) else json.dumps(document)
        made = self.client.import_rest_api(body=body, **arguments)
        self.later("delete_rest_api", restApiId=made["id"])
        return made

    def resource(self, api, part, parent=None):
        return self.client.create_resource(restApiId=api, parentId=parent or self.root(api), pathPart=part)["id"]

    def root(self, api):
        if api not in self.roots:
            self.roots[api] = self.client.get_rest_api(restApiId=api)["rootResourceId"]
        return self.roots[api]

    def method(self, api, resource, verb="GET", **arguments):
        return self.client.put_method(restApiId=api, resourceId=resource, httpMethod=verb,
                                      **{"authorizationType": "NONE", **arguments})

    def mock(self, api, resource, verb="GET", template='{"made": "yes"}', **arguments):
        """A whole method with a MOCK integration that answers 200 with the template."""
        of = {"restApiId": api, "resourceId": resource, "httpMethod": verb}
        self.method(api, resource, verb, **arguments)
        self.client.put_method_response(**of, statusCode="200")
        self.client.put_integration(**of, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'})
        self.client.put_integration_response(**of, statusCode="200", responseTemplates={"application/json": template})
        return of

    def http(self, api, resource, verb="GET", **arguments):
        """A method with an HTTP integration."""
        of = {"restApiId": api, "resourceId": resource, "httpMethod": verb}
        self.method(api, resource, verb)
        self.client.put_integration(**of, **{"type": "HTTP", "integrationHttpMethod": "GET",
                                             "uri": "http://backend.example/pets", **arguments})
        return of

    def deployed(self, stage="one"):
        """An API with a MOCK method at its root and a stage: ids of the API and of the deployment."""
        api = self.imported(DOCUMENT)["id"]
        deployment = self.client.create_deployment(restApiId=api, stageName=stage)
        return api, deployment["id"]

    def key(self, **arguments):
        made = self.client.create_api_key(**arguments)
        self.later("delete_api_key", apiKey=made["id"])
        return made

    def plan(self, **arguments):
        made = self.client.create_usage_plan(**{"name": unique("plan-"), **arguments})
        self.later("delete_usage_plan", usagePlanId=made["id"])
        for stage in arguments.get("apiStages", []):
            self.leave(made["id"], stage["apiId"], stage["stage"])
        return made

    def leave(self, plan, api, stage):
        """Takes a stage out of a plan when the test is over, so that both can be deleted."""
        self.later("update_usage_plan", usagePlanId=plan,
                   patchOperations=[patch("remove", "/apiStages", f"{api}:{stage}")])

    def domain(self, name=None, **arguments):
        name = name or f"{unique('d')}.example.com"
        given = arguments or {"regionalCertificateArn": CERTIFICATE, "endpointConfiguration": {"types": ["REGIONAL"]}}
        made = self.client.create_domain_name(domainName=name, **given)
        private = "PRIVATE" in made["endpointConfiguration"]["types"]
        self.later("delete_domain_name", domainName=name, **({"domainNameId": made["domainNameId"]} if private else {}))
        return made

    def link(self, **arguments):
        made = self.client.create_vpc_link(**{"name": unique("link-"), "targetArns": [BALANCER], **arguments})
        self.later("delete_vpc_link", vpcLinkId=made["id"])
        return made

    def certificate(self, **arguments):
        made = self.client.generate_client_certificate(**arguments)
        self.later("delete_client_certificate", clientCertificateId=made["clientCertificateId"])
        return made
