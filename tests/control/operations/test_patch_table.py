"""The support table of patch operations: what is supported has its effect, and everything else is refused.

A row is a path with a value and what each supported op does to the answer. Every other op of the protocol is tried on
the same path and must be refused without a change. Rows on which the reference contradicts itself are left out:
`/labels` and `/stages` of API keys, `/methodSettings` and `/variables` without a name of stages.
"""

import json

import pytest
from support import (
    ACCOUNT,
    CERTIFICATE,
    FUNCTION_URI,
    OTHER_CERTIFICATE,
    POOL,
    REGION,
    ROLE,
    SCHEMA,
    patch,
    replace,
    said,
    unique,
)

OPS = ("add", "replace", "remove", "copy", "move", "test")
HEADER = "method.request.header.Authorization"
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}]})
BALANCER_V2 = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/one/0123456789abcdef"
ENHANCED, ENHANCED_EDGE = "SecurityPolicy_TLS13_1_3_2025_09", "SecurityPolicy_TLS13_2025_EDGE"


class Target:
    """Something that can be updated."""

    def __init__(self, call, read, **names):
        self.call, self.read, self.names = call, read, names

    def update(self, *operations):
        return said(self.call(patchOperations=list(operations), **self.names))

    def get(self):
        return said(self.read(**self.names))


# --- what is updated

def account(client, make):
    return Target(client.update_account, client.get_account)


def api_key(client, make):
    return Target(client.update_api_key, client.get_api_key, apiKey=make.key(name="pets", enabled=False)["id"])


def authorizer(client, make, **arguments):
    api = make.api()["id"]
    made = client.create_authorizer(restApiId=api, name="guard", **(arguments or {
        "type": "TOKEN", "authorizerUri": FUNCTION_URI, "identitySource": HEADER}))
    return Target(client.update_authorizer, client.get_authorizer, restApiId=api, authorizerId=made["id"])


def request_authorizer(client, make):
    return authorizer(client, make, type="REQUEST", authorizerUri=FUNCTION_URI, authorizerResultTtlInSeconds=0,
                      identitySource=HEADER)


def pool_authorizer(client, make):
    return authorizer(client, make, type="COGNITO_USER_POOLS", providerARNs=[POOL, POOL + "2"], identitySource=HEADER)


class Mapping(Target):
    """A mapping, which is named by what an update may change."""

    def update(self, *operations):
        answer = super().update(*operations)
        self.names["basePath"] = answer["basePath"]
        return answer


def mapping(client, make):
    api, _ = make.deployed()
    domain = make.domain()["domainName"]
    client.create_base_path_mapping(domainName=domain, restApiId=api, basePath="pets")
    return Mapping(client.update_base_path_mapping, client.get_base_path_mapping, domainName=domain, basePath="pets")


def certificate(client, make):
    return Target(client.update_client_certificate, client.get_client_certificate,
                  clientCertificateId=make.certificate()["clientCertificateId"])


def deployment(client, make):
    api, made = make.deployed()
    return Target(client.update_deployment, client.get_deployment, restApiId=api, deploymentId=made)


def part(client, make):
    api = make.api()["id"]
    made = client.create_documentation_part(restApiId=api, location={"type": "API"}, properties="{}")
    return Target(client.update_documentation_part, client.get_documentation_part, restApiId=api,
                  documentationPartId=made["id"])


def version(client, make):
    target = part(client, make)
    api = target.names["restApiId"]
    client.create_documentation_version(restApiId=api, documentationVersion="1")
    return Target(client.update_documentation_version, client.get_documentation_version, restApiId=api,
                  documentationVersion="1")


def domain(client, make, **arguments):
    made = make.domain(**arguments)
    names = {"domainName": made["domainName"]}
    if "PRIVATE" in made["endpointConfiguration"]["types"]:
        names["domainNameId"] = made["domainNameId"]
    return Target(client.update_domain_name, client.get_domain_name, **names)


def edge_domain(client, make):
    return domain(client, make, certificateArn=CERTIFICATE)


def private_domain(client, make):
    return domain(client, make, certificateArn=CERTIFICATE, endpointConfiguration={"types": ["PRIVATE"]},
                  policy=POLICY)


def gateway_response(client, make):
    api = make.api()["id"]
    client.put_gateway_response(restApiId=api, responseType="THROTTLED",
                                responseParameters={"gatewayresponse.header.Old": "'y'"},
                                responseTemplates={"text/old": "old"})
    return Target(client.update_gateway_response, client.get_gateway_response, restApiId=api,
                  responseType="THROTTLED")


def integration(client, make, **arguments):
    made = make.api()
    api, root = made["id"], made["rootResourceId"]
    of = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
    make.method(api, root, requestParameters={f"method.request.querystring.{name}": False for name in ("old", "new")})
    client.put_integration(**of, **{
        "type": "HTTP_PROXY", "integrationHttpMethod": "GET", "uri": "http://backend.example/",
        "cacheKeyParameters": ["method.request.querystring.old"], "requestTemplates": {"text/old": "old"},
        "requestParameters": {"integration.request.header.Old": "'y'"}, **arguments})
    return Target(client.update_integration, client.get_integration, **of)


def linked_integration(client, make):
    return integration(client, make, connectionType="VPC_LINK", connectionId="${stageVariables.link}")


def integration_response(client, make):
    made = make.api()
    of = make.mock(made["id"], made["rootResourceId"])
    client.update_method_response(**of, statusCode="200", patchOperations=[
        patch("add", f"/responseParameters/method.response.header.{name}", "false") for name in ("Old", "New")])
    client.put_integration_response(**of, statusCode="200", responseTemplates={"text/old": "old"},
                                    responseParameters={"method.response.header.Old": "'y'"})
    return Target(client.update_integration_response, client.get_integration_response, **of, statusCode="200")


def method(client, make):
    made = make.api()
    of = {"restApiId": made["id"], "resourceId": made["rootResourceId"], "httpMethod": "GET"}
    make.method(made["id"], made["rootResourceId"], requestModels={"text/old": "Empty"},
                requestParameters={"method.request.header.Old": False})
    client.update_method(**of, patchOperations=[patch("add", "/authorizationScopes", "old")])
    return Target(client.update_method, client.get_method, **of)


def method_response(client, make):
    target = method(client, make)
    of = target.names
    client.put_method_response(**of, statusCode="200", responseModels={"text/old": "Empty"},
                               responseParameters={"method.response.header.Old": False})
    return Target(client.update_method_response, client.get_method_response, **of, statusCode="200")


def model(client, make):
    api = make.api()["id"]
    client.create_model(restApiId=api, name="Pet", contentType="application/json", schema=SCHEMA)
    return Target(client.update_model, client.get_model, restApiId=api, modelName="Pet")


def validator(client, make):
    api = make.api()["id"]
    made = client.create_request_validator(restApiId=api, name="all")
    return Target(client.update_request_validator, client.get_request_validator, restApiId=api,
                  requestValidatorId=made["id"])


def resource(client, make):
    api = make.api()["id"]
    return Target(client.update_resource, client.get_resource, restApiId=api, resourceId=make.resource(api, "pets"))


def rest_api(client, make, **arguments):
    made = make.api(**{"description": "old", "binaryMediaTypes": ["image/old"], **arguments})
    return Target(client.update_rest_api, client.get_rest_api, restApiId=made["id"])


def private_api(client, make):
    return rest_api(client, make, endpointConfiguration={
        "types": ["PRIVATE"], "vpcEndpointIds": ["vpce-0123456789abcdef0"]})


@pytest.fixture(scope="module", autouse=True)
def role(client):
    """The account may write logs, as settings of logging need it."""
    client.update_account(patchOperations=[replace("/cloudwatchRoleArn", ROLE)])


def stage(client, make):
    api, _ = make.deployed()
    target = Target(client.update_stage, client.get_stage, restApiId=api, stageName="one")
    target.update(replace("/accessLogSettings/destinationArn", LOGS),
                  replace("/accessLogSettings/format", "$context.requestId old"), replace("/variables/old", "old"))
    return target


def canary(client, make):
    target = stage(client, make)
    target.second = client.create_deployment(restApiId=target.names["restApiId"])["id"]
    target.update(replace("/canarySettings/deploymentId", target.second))
    return target


def plan(client, make):
    made = make.plan(throttle={"rateLimit": 1.0, "burstLimit": 1}, quota={"limit": 1, "period": "WEEK"})["id"]
    client.update_usage_plan(usagePlanId=made, patchOperations=[patch("add", "/productCode", "old")])
    make.later("update_usage_plan", usagePlanId=made, patchOperations=[patch("remove", "/productCode")])
    return Target(client.update_usage_plan, client.get_usage_plan, usagePlanId=made)


def staged_plan(client, make):
    target = plan(client, make)
    api, _ = make.deployed()
    target.stage = f"{api}:one"
    make.leave(target.names["usagePlanId"], api, "one")
    target.update(patch("add", "/apiStages", target.stage),
                  patch("add", f"/apiStages/{target.stage}/throttle/~1pets/GET/rateLimit", "1"),
                  patch("add", f"/apiStages/{target.stage}/throttle/~1pets/GET/burstLimit", "1"))
    return target


def link(client, make):
    return Target(client.update_vpc_link, client.get_vpc_link, vpcLinkId=make.link()["id"])


# --- what is expected of the answer

def at(*path):
    """The member of an answer, or None."""
    def read(answer):
        for name in path:
            if answer is None:
                return None
            answer = answer.get(name) if isinstance(answer, dict) else answer[name]
        return answer
    return read


def becomes(value, *path):
    return lambda answer: at(*path)(answer) == value


def has(value, *path):
    return lambda answer: value in (at(*path)(answer) or [])


def lacks(value, *path):
    return lambda answer: value not in (at(*path)(answer) or [])


def gone(*path):
    return lambda answer: at(*path)(answer) in (None, "")


LOGS = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:access"
BOTH, BOTH_OF_EDGE = ([replace("/securityPolicy", policy), replace("/endpointAccessMode", "BASIC")]
                      for policy in (ENHANCED, ENHANCED_EDGE))

# What is updated, its path, and for each supported op the operations and what they do. An operation is a value, or
# a list of whole operations; a path with a `{}` gets the stage of a plan.
ROWS = [
    (account, "/cloudwatchRoleArn", {"replace": (ROLE, becomes(ROLE, "cloudwatchRoleArn"))}),
    (account, "/features", {"add": ("UsagePlans", has("UsagePlans", "features"))}, {"remove"}),
    (api_key, "/customerId", {"replace": ("c", becomes("c", "customerId"))}),
    (api_key, "/description", {"replace": ("d", becomes("d", "description"))}),
    (api_key, "/enabled", {"replace": ("true", becomes(True, "enabled"))}),
    (api_key, "/name", {"replace": ("n", becomes("n", "name"))}),
    (authorizer, "/authorizerUri", {"replace": (FUNCTION_URI.replace("one", "two"),
                                                becomes(FUNCTION_URI.replace("one", "two"), "authorizerUri"))}),
    (authorizer, "/authorizerCredentials", {"replace": (ROLE, becomes(ROLE, "authorizerCredentials"))}),
    (authorizer, "/authorizerResultTtlInSeconds", {"replace": ("5", becomes(5, "authorizerResultTtlInSeconds"))}),
    (authorizer, "/authType", {"replace": ("mine", becomes("mine", "authType"))}),
    (request_authorizer, "/identitySource", {
        "add": ("method.request.querystring.q", lambda answer: "method.request.querystring.q" in
                answer["identitySource"]),
        "replace": ("method.request.querystring.q", becomes("method.request.querystring.q", "identitySource")),
        "remove": ([patch("remove", "/identitySource")], gone("identitySource"))}),
    (authorizer, "/identityValidationExpression", {"replace": ("^a$", becomes("^a$",
                                                                              "identityValidationExpression"))}),
    (authorizer, "/name", {"replace": ("n", becomes("n", "name"))}),
    (pool_authorizer, "/providerARNs", {"add": (POOL + "3", has(POOL + "3", "providerARNs")),
                                        "remove": (POOL, lacks(POOL, "providerARNs"))}),
    (authorizer, "/type", {"replace": ("REQUEST", becomes("REQUEST", "type"))}),
    (mapping, "/basepath", {"replace": ("dogs", becomes("dogs", "basePath"))}),
    (mapping, "/restapiId", {"replace": (lambda target, make: make.deployed()[0], lambda answer: True)}),
    (mapping, "/stage", {"replace": ("one", becomes("one", "stage"))}),
    (certificate, "/description", {"replace": ("d", becomes("d", "description"))}),
    (deployment, "/description", {"replace": ("d", becomes("d", "description"))}),
    (part, "/properties", {"replace": ('{"a": "b"}', becomes('{"a": "b"}', "properties"))}),
    (version, "/description", {"replace": ("d", becomes("d", "description"))}),
    (edge_domain, "/certificateName", {"replace": ("n", becomes("n", "certificateName"))}, {"add", "remove"}),
    (edge_domain, "/certificateArn", {"replace": (OTHER_CERTIFICATE, becomes(OTHER_CERTIFICATE, "certificateArn"))},
     {"add", "remove"}),
    (domain, "/certificateArn", {"add": (
        [patch("add", "/endpointConfiguration/types", "EDGE"), patch("add", "/certificateArn", CERTIFICATE)],
        becomes(CERTIFICATE, "certificateArn"))}, {"replace", "remove"}),
    (edge_domain, "/regionalCertificateArn", {"add": (
        [patch("add", "/endpointConfiguration/types", "REGIONAL"),
         patch("add", "/regionalCertificateArn", CERTIFICATE)],
        becomes(CERTIFICATE, "regionalCertificateArn"))}, {"replace", "remove"}),
    (domain, "/endpointConfiguration/types", {"add": (
        [patch("add", "/endpointConfiguration/types", "EDGE"), patch("add", "/certificateArn", CERTIFICATE)],
        has("EDGE", "endpointConfiguration", "types"))}, {"remove"}),
    (domain, "/endpointConfiguration/ipAddressType", {"replace": (
        "dualstack", becomes("dualstack", "endpointConfiguration", "ipAddressType"))}),
    (domain, "/endpointAccessMode", {"replace": (BOTH, becomes("BASIC", "endpointAccessMode"))}),
    (private_domain, "/managementPolicy", {"replace": (POLICY, lambda answer: answer["managementPolicy"])}),
    (domain, "/mutualTlsAuthentication/truststoreUri", {
        op: ("s3://bucket/key", becomes("s3://bucket/key", "mutualTlsAuthentication", "truststoreUri"))
        for op in ("add", "replace")}, {"remove"}),
    (private_domain, "/policy", {"replace": (POLICY, lambda answer: answer["policy"])}),
    (domain, "/regionalCertificateName", {"replace": ("n", becomes("n", "regionalCertificateName"))},
     {"add", "remove"}),
    (domain, "/regionalCertificateArn", {
        "replace": (OTHER_CERTIFICATE, becomes(OTHER_CERTIFICATE, "regionalCertificateArn"))}, {"add", "remove"}),
    (domain, "/routingMode", {"replace": ("ROUTING_RULE_ONLY", becomes("ROUTING_RULE_ONLY", "routingMode"))}),
    (domain, "/securityPolicy", {"replace": (BOTH, becomes(ENHANCED, "securityPolicy"))}),
    (domain, "/ownershipVerificationCertificateArn", {
        op: (OTHER_CERTIFICATE, becomes(OTHER_CERTIFICATE, "ownershipVerificationCertificateArn"))
        for op in ("add", "replace")}, {"remove"}),
    (gateway_response, "/statusCode", {"replace": ("430", becomes("430", "statusCode"))}),
    (gateway_response, "/responseParameters/gatewayresponse.header.Old", {
        "replace": ("'z'", becomes("'z'", "responseParameters", "gatewayresponse.header.Old")),
        "add": ("'z'", becomes("'z'", "responseParameters", "gatewayresponse.header.Old")),
        "remove": (None, gone("responseParameters", "gatewayresponse.header.Old"))}),
    (gateway_response, "/responseTemplates/text~1old", {
        "replace": ("z", becomes("z", "responseTemplates", "text/old")),
        "add": ("z", becomes("z", "responseTemplates", "text/old")),
        "remove": (None, gone("responseTemplates", "text/old"))}),
    (integration, "/cacheKeyParameters/method.request.querystring.new", {
        "add": (None, has("method.request.querystring.new", "cacheKeyParameters"))}, {"remove", "replace"}),
    (integration, "/cacheKeyParameters/method.request.querystring.old", {
        "remove": (None, becomes([], "cacheKeyParameters")),
        "replace": ("method.request.querystring.new",
                    becomes(["method.request.querystring.new"], "cacheKeyParameters"))}, {"add"}),
    (integration, "/cacheNamespace", {"replace": ("n", becomes("n", "cacheNamespace"))}),
    (linked_integration, "/connectionId", {"replace": ("${stageVariables.n}",
                                                       becomes("${stageVariables.n}", "connectionId"))}),
    (integration, "/connectionType", {"replace": (
        [replace("/connectionType", "VPC_LINK"), replace("/connectionId", "${stageVariables.link}")],
        becomes("VPC_LINK", "connectionType"))}),
    (integration, "/contentHandling", {"replace": ("CONVERT_TO_TEXT", becomes("CONVERT_TO_TEXT", "contentHandling"))}),
    (integration, "/httpMethod", {"replace": ("POST", becomes("POST", "httpMethod"))}),
    (linked_integration, "/integrationTarget", {"replace": (BALANCER_V2, becomes(BALANCER_V2, "integrationTarget"))}),
    (integration, "/passthroughBehavior", {"replace": ("NEVER", becomes("NEVER", "passthroughBehavior"))}),
    (integration, "/requestParameters/integration.request.header.Old", {
        "replace": ("'z'", becomes("'z'", "requestParameters", "integration.request.header.Old")),
        "add": ("'z'", becomes("'z'", "requestParameters", "integration.request.header.Old")),
        "remove": (None, gone("requestParameters"))}),
    (integration, "/requestTemplates/text~1old", {
        "replace": ("z", becomes("z", "requestTemplates", "text/old")),
        "add": ("z", becomes("z", "requestTemplates", "text/old")), "remove": (None, gone("requestTemplates"))}),
    (integration, "/responseTransferMode", {"replace": ("STREAM", becomes("STREAM", "responseTransferMode"))}),
    (integration, "/timeoutInMillis", {"replace": ("51", becomes(51, "timeoutInMillis"))}),
    (integration, "/tlsConfig/insecureSkipVerification", {
        "replace": ("true", becomes(True, "tlsConfig", "insecureSkipVerification"))}),
    (integration, "/type", {}),
    (integration, "/uri", {"replace": ("https://other.example/", becomes("https://other.example/", "uri"))}),
    (integration_response, "/contentHandling", {
        "replace": ("CONVERT_TO_TEXT", becomes("CONVERT_TO_TEXT", "contentHandling"))}),
    (integration_response, "/responseParameters/method.response.header.Old", {
        "replace": ("'z'", becomes("'z'", "responseParameters", "method.response.header.Old")),
        "add": ("'z'", becomes("'z'", "responseParameters", "method.response.header.Old")),
        "remove": (None, gone("responseParameters"))}),
    (integration_response, "/responseTemplates/text~1old", {
        "replace": ("z", becomes("z", "responseTemplates", "text/old")),
        "add": ("z", becomes("z", "responseTemplates", "text/old")), "remove": (None, gone("responseTemplates"))}),
    (integration_response, "/selectionPattern", {"replace": ("2..", becomes("2..", "selectionPattern"))}),
    (method, "/authorizationScopes", {"add": ("new", has("new", "authorizationScopes")),
                                      "remove": ("old", lacks("old", "authorizationScopes"))}),
    (method, "/authorizationType", {"replace": ("AWS_IAM", becomes("AWS_IAM", "authorizationType"))}),
    (method, "/authorizerId", {"replace": ("abcdef", gone("authorizerId"))}),
    (method, "/apiKeyRequired", {"replace": ("true", becomes(True, "apiKeyRequired"))}),
    (method, "/operationName", {"replace": ("n", becomes("n", "operationName"))}),
    (method, "/requestParameters/method.request.header.Old", {
        "replace": ("true", becomes(True, "requestParameters", "method.request.header.Old")),
        "add": ("true", becomes(True, "requestParameters", "method.request.header.Old")),
        "remove": (None, gone("requestParameters"))}),
    (method, "/requestModels/text~1old", {
        "replace": ("Error", becomes("Error", "requestModels", "text/old")),
        "add": ("Error", becomes("Error", "requestModels", "text/old")), "remove": (None, gone("requestModels"))}),
    (method, "/requestValidatorId", {"replace": (
        lambda target, make: make.client.create_request_validator(
            restApiId=target.names["restApiId"], name="all")["id"], lambda answer: answer["requestValidatorId"])}),
    (method_response, "/responseModels/text~1old", {
        "replace": ("Error", becomes("Error", "responseModels", "text/old")),
        "add": ("Error", becomes("Error", "responseModels", "text/old")), "remove": (None, gone("responseModels"))}),
    (method_response, "/responseParameters/method.response.header.Old", {
        "replace": ("true", becomes(True, "responseParameters", "method.response.header.Old")),
        "add": ("true", becomes(True, "responseParameters", "method.response.header.Old")),
        "remove": (None, gone("responseParameters"))}),
    (model, "/description", {"replace": ("d", becomes("d", "description"))}),
    (model, "/schema", {"replace": ('{"type": "object"}', becomes('{"type": "object"}', "schema"))}),
    (validator, "/name", {"replace": ("n", becomes("n", "name"))}),
    (validator, "/validateRequestBody", {"replace": ("true", becomes(True, "validateRequestBody"))}),
    (validator, "/validateRequestParameters", {"replace": ("true", becomes(True, "validateRequestParameters"))}),
    (resource, "/parentId", {"replace": (
        lambda target, make: make.resource(target.names["restApiId"], "shops"), becomes("/shops/pets", "path"))}),
    (resource, "/pathPart", {"replace": ("dogs", becomes("/dogs", "path"))}),
    (rest_api, "/apiKeySource", {"replace": ("AUTHORIZER", becomes("AUTHORIZER", "apiKeySource"))}),
    (rest_api, "/binaryMediaTypes/image~1old", {
        "replace": ("image/new", becomes(["image/new"], "binaryMediaTypes")),
        "remove": (None, gone("binaryMediaTypes"))}, {"add"}),
    (rest_api, "/binaryMediaTypes/image~1new", {
        "add": (None, becomes(["image/old", "image/new"], "binaryMediaTypes"))}, {"replace", "remove"}),
    (rest_api, "/description", {"add": ("d", becomes("d", "description")),
                                "replace": ("d", becomes("d", "description")), "remove": (None, gone("description"))}),
    (rest_api, "/disableExecuteApiEndpoint", {"replace": ("true", becomes(True, "disableExecuteApiEndpoint"))}),
    (rest_api, "/endpointConfiguration/types/EDGE", {
        "replace": ("REGIONAL", becomes(["REGIONAL"], "endpointConfiguration", "types"))}, {"add", "remove"}),
    (private_api, "/endpointConfiguration/vpcEndpointIds", {
        "add": ("vpce-11111111111111111", has("vpce-11111111111111111", "endpointConfiguration", "vpcEndpointIds")),
        "remove": ("vpce-0123456789abcdef0",
                   lacks("vpce-0123456789abcdef0", "endpointConfiguration", "vpcEndpointIds"))}),
    (rest_api, "/endpointConfiguration/ipAddressType", {
        "replace": ("dualstack", becomes("dualstack", "endpointConfiguration", "ipAddressType"))}),
    (rest_api, "/endpointAccessMode", {"replace": (BOTH_OF_EDGE, becomes("BASIC", "endpointAccessMode"))}),
    (rest_api, "/minimumCompressionSize", {"replace": ("5", becomes(5, "minimumCompressionSize"))}),
    (rest_api, "/name", {"replace": ("n", becomes("n", "name"))}),
    (rest_api, "/policy", {"replace": (POLICY, lambda answer: "execute-api" in answer["policy"])}),
    (rest_api, "/securityPolicy", {"replace": (BOTH_OF_EDGE, becomes(ENHANCED_EDGE, "securityPolicy"))}),
    (stage, "/accessLogSettings", {"remove": (None, gone("accessLogSettings"))}),
    # Whether one of the two settings can be removed is said both ways.
    (stage, "/accessLogSettings/destinationArn", {
        op: (LOGS + "2", becomes(LOGS + "2", "accessLogSettings", "destinationArn")) for op in ("add", "replace")},
     {"remove"}),
    (stage, "/accessLogSettings/format", {
        op: ("$context.requestId", becomes("$context.requestId", "accessLogSettings", "format"))
        for op in ("add", "replace")}, {"remove"}),
    (stage, "/cacheClusterEnabled", {"replace": ("true", becomes(True, "cacheClusterEnabled"))}),
    (stage, "/cacheClusterSize", {"replace": (
        [replace("/cacheClusterEnabled", "true"), replace("/cacheClusterSize", "1.6")],
        becomes("1.6", "cacheClusterSize"))}),
    (canary, "/canarySettings", {"remove": (None, gone("canarySettings"))}),
    (canary, "/canarySettings/deploymentId", {"replace": (
        lambda target, make: target.get()["deploymentId"],
        lambda answer: answer["canarySettings"]["deploymentId"] == answer["deploymentId"])}),
    (canary, "/canarySettings/percentTraffic", {"replace": ("5.5", becomes(5.5, "canarySettings", "percentTraffic"))}),
    (canary, "/canarySettings/stageVariableOverrides/a", {"replace": (
        "b", becomes({"a": "b"}, "canarySettings", "stageVariableOverrides"))}),
    (canary, "/canarySettings/useStageCache", {"replace": ("true", becomes(True, "canarySettings", "useStageCache"))}),
    (stage, "/clientCertificateId", {"replace": (
        lambda target, make: make.certificate()["clientCertificateId"],
        lambda answer: answer["clientCertificateId"])}),
    (canary, "/deploymentId", {
        "replace": (lambda target, make: target.second,
                    lambda answer: answer["deploymentId"] == answer["canarySettings"]["deploymentId"]),
        "copy": ([patch("copy", "/deploymentId", source="/canarySettings/deploymentId")],
                 lambda answer: answer["deploymentId"] == answer["canarySettings"]["deploymentId"])}),
    (stage, "/description", {"replace": ("d", becomes("d", "description"))}),
    (stage, "/documentationVersion", {"replace": (
        lambda target, make: documented(target, make), becomes("1", "documentationVersion"))}),
    # Whether a variable can be added or removed is said both ways.
    (stage, "/variables/old", {"replace": ("new", becomes("new", "variables", "old"))}, {"add", "remove"}),
    (stage, "/tracingEnabled", {"replace": ("true", becomes(True, "tracingEnabled"))}),
    *[(stage, f"{key}/{suffix}", {"replace": (
        value, becomes(stored, "methodSettings", key.removeprefix("/"), name))})
      for key in ("/*/*", "/~1pets/GET") for suffix, name, value, stored in [
        ("metrics/enabled", "metricsEnabled", "true", True),
        ("logging/dataTrace", "dataTraceEnabled", "true", True),
        ("logging/loglevel", "loggingLevel", "INFO", "INFO"),
        ("throttling/burstLimit", "throttlingBurstLimit", "3", 3),
        ("throttling/rateLimit", "throttlingRateLimit", "3.5", 3.5),
        ("caching/enabled", "cachingEnabled", "true", True),
        ("caching/dataEncrypted", "cacheDataEncrypted", "true", True),
        ("caching/ttlInSeconds", "cacheTtlInSeconds", "3", 3),
        ("caching/requireAuthorizationForCacheControl", "requireAuthorizationForCacheControl", "false", False),
        ("caching/unauthorizedCacheControlHeaderStrategy", "unauthorizedCacheControlHeaderStrategy", "FAIL_WITH_403",
         "FAIL_WITH_403")]],
    (plan, "/apiStages", {"add": (
        lambda target, make: later(target, make), lambda answer: len(answer["apiStages"]) == 1)}, {"remove"}),
    (staged_plan, "/apiStages", {"remove": (lambda target, make: target.stage, becomes([], "apiStages"))}, {"add"}),
    (staged_plan, "/apiStages/{}/throttle/~1pets/GET", {"remove": (
        None, lambda answer: "/pets/GET" not in answer["apiStages"][0].get("throttle", {}))}),
    *[(staged_plan, f"/apiStages/{{}}/throttle/~1pets/GET/{name}", {
        op: ("2", becomes(2, "apiStages", 0, "throttle", "/pets/GET", name)) for op in ("add", "replace")})
      for name in ("rateLimit", "burstLimit")],
    (staged_plan, "/apiStages/{}/throttle", {
        **{op: ('{"/dogs/GET": {"rateLimit": 3.0, "burstLimit": 4}}',
                becomes({"rateLimit": 3.0, "burstLimit": 4}, "apiStages", 0, "throttle", "/dogs/GET"))
           for op in ("add", "replace")},
        "remove": (None, gone("apiStages", 0, "throttle"))}),
    (plan, "/description", {"replace": ("d", becomes("d", "description"))}),
    (plan, "/name", {"replace": ("n", becomes("n", "name"))}),
    (plan, "/productCode", {"add": ("c", becomes("c", "productCode")), "replace": ("c", becomes("c", "productCode")),
                            "remove": (None, gone("productCode"))}),
    (plan, "/quota", {"remove": (None, gone("quota"))}),
    *[(plan, f"/quota/{name}", {op: (value, becomes(stored, "quota", name)) for op in ("add", "replace")})
      for name, value, stored in [("limit", "9", 9), ("offset", "2", 2), ("period", "MONTH", "MONTH")]],
    (plan, "/throttle", {"remove": (None, gone("throttle"))}),
    *[(plan, f"/throttle/{name}", {op: ("9", becomes(9, "throttle", name)) for op in ("add", "replace")})
      for name in ("burstLimit", "rateLimit")],
    (link, "/name", {"replace": ("n", becomes("n", "name"))}),
    (link, "/description", {"replace": ("d", becomes("d", "description"))}),
]


def documented(target, make):
    api = target.names["restApiId"]
    make.client.create_documentation_part(restApiId=api, location={"type": "API"}, properties="{}")
    make.client.create_documentation_version(restApiId=api, documentationVersion="1")
    return "1"


def later(target, make):
    api, _ = make.deployed()
    make.leave(target.names["usagePlanId"], api, "one")
    return f"{api}:one"


SUPPORTED = [(row, op) for row in ROWS for op in row[2]]


def name_of(row):
    return f"{row[0].__name__} {row[1]}"


@pytest.mark.parametrize(("row", "op"), SUPPORTED, ids=[f"{op} {name_of(row)}" for row, op in SUPPORTED])
def test_a_supported_op_has_its_effect(client, make, row, op):
    make_target, path, ops = row[:3]
    target = make_target(client, make)
    given, effect = ops[op]
    if callable(given):
        given = given(target, make)
    path = path.replace("{}", getattr(target, "stage", "{}"))
    answer = target.update(*(given if isinstance(given, list) else [patch(op, path, given)]))
    assert effect(answer), answer
    assert effect(target.get()), "the change is not kept"


@pytest.mark.parametrize("row", ROWS, ids=name_of)
def test_any_other_op_is_refused(client, make, row):
    make_target, path, ops, *skipped = row
    target = make_target(client, make)
    path = path.replace("{}", getattr(target, "stage", "{}"))
    before = target.get()
    values = [given for given, _ in ops.values() if isinstance(given, str)]
    value = values[0] if values else unique()
    for op in OPS:
        if op in ops or op in (skipped[0] if skipped else ()):
            continue
        operation = patch(op, path, value)
        if op in ("copy", "move"):
            operation = patch(op, path, source="/description")
        with pytest.raises(client.exceptions.ClientError) as caught:
            target.update(operation)
        error = caught.value.response["Error"]
        assert error["Code"] == "BadRequestException", (op, error)
    after = target.get()
    # A link becomes available on its own.
    for volatile in ("status", "statusMessage"):
        before.pop(volatile, None)
        after.pop(volatile, None)
    assert after == before
