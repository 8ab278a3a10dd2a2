"""What the control plane is told reaches the data plane at once.

A change is polled for, for a second at most. Only the tests named `at_once` expect the very next request to see it.
"""

import pytest
from raw import data, eventually, send
from support import DATA, patch, replace

pytestmark = pytest.mark.data


def body_is(text):
    return lambda answer: answer.status == 200 and answer.body == text.encode()


def forbidden(answer):
    return answer.status == 403 and answer.json == {"message": "Forbidden"} and answer.kind == "ForbiddenException"


def unknown_route(answer):
    return (answer.status == 403 and answer.json == {"message": "Missing Authentication Token"}
            and answer.kind == "MissingAuthenticationTokenException")


@pytest.fixture
def pets(client, make):
    """An API with GET /pets that answers `first`, deployed to the stage `one`."""
    made = make.api()
    resource = make.resource(made["id"], "pets")

    class Pets:
        id, method = made["id"], make.mock(made["id"], resource, template="first")

        def get(self, path="one/pets", **more):
            return data(self.id, path, **more)

        def template(self, text):
            client.update_integration_response(**self.method, statusCode="200", patchOperations=[
                replace("/responseTemplates/application~1json", text)])

        def deploy(self, stage="one", **more):
            return client.create_deployment(restApiId=self.id, stageName=stage, **more)["id"]

        def update(self, *operations):
            return client.update_stage(restApiId=self.id, stageName="one", patchOperations=list(operations))
    pets = Pets()
    pets.first = pets.deploy()
    return pets


# --- deploying

def test_a_deployed_api_answers_by_path(pets):
    answer = eventually(pets.get, body_is("first"))
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-amzn-requestid"] and answer.headers["x-amz-apigw-id"]


def test_a_deployed_api_answers_by_host(pets):
    eventually(lambda: pets.get(host=True), body_is("first"))


def test_a_deployment_is_seen_at_once(client, pets):
    for number in range(10):
        pets.template(f"round {number}")
        pets.deploy()
        answer = pets.get()
        # One second is what a slow machine may take.
        if not body_is(f"round {number}")(answer):
            eventually(pets.get, body_is(f"round {number}"))


def test_nothing_is_seen_before_it_is_deployed(pets):
    eventually(pets.get, body_is("first"))
    pets.template("second")
    assert pets.get().body == b"first"
    pets.deploy()
    eventually(pets.get, body_is("second"))


def test_a_resource_is_seen_once_it_is_deployed(client, make, pets):
    make.mock(pets.id, make.resource(pets.id, "dogs"), template="dogs")
    assert unknown_route(pets.get("one/dogs"))
    pets.deploy()
    eventually(lambda: pets.get("one/dogs"), body_is("dogs"))


def test_a_deleted_resource_answers_until_it_is_deployed(client, make, pets):
    make.mock(pets.id, make.resource(pets.id, "dogs"), template="dogs")
    client.delete_resource(restApiId=pets.id, resourceId=pets.method["resourceId"])
    assert pets.get().body == b"first"
    pets.deploy()
    eventually(pets.get, unknown_route)


def test_stages_have_their_own_deployments(pets):
    pets.template("second")
    pets.deploy("two")
    eventually(lambda: pets.get("two/pets"), body_is("second"))
    assert pets.get("one/pets").body == b"first"


def test_a_stage_is_rolled_back_by_repointing(pets):
    pets.template("second")
    second = pets.deploy()
    eventually(pets.get, body_is("second"))
    pets.update(replace("/deploymentId", pets.first))
    eventually(pets.get, body_is("first"))
    pets.update(replace("/deploymentId", second))
    eventually(pets.get, body_is("second"))


def test_a_stage_can_be_made_of_a_deployment(client, pets):
    client.create_stage(restApiId=pets.id, stageName="two", deploymentId=pets.first)
    eventually(lambda: pets.get("two/pets"), body_is("first"))


def test_a_gateway_response_is_of_the_deployment(client, pets):
    client.put_gateway_response(restApiId=pets.id, responseType="MISSING_AUTHENTICATION_TOKEN", statusCode="418",
                                responseTemplates={"application/json": '{"no": "route"}'})
    assert unknown_route(pets.get("one/nothing"))
    pets.deploy()
    answer = eventually(lambda: pets.get("one/nothing"), lambda answer: answer.status == 418)
    assert answer.json == {"no": "route"}


# --- ends

def test_an_unknown_route_has_no_token(pets):
    eventually(lambda: pets.get("one/nothing"), unknown_route)
    assert unknown_route(pets.get(method="POST"))


def test_an_unknown_stage_is_forbidden(pets):
    eventually(lambda: pets.get("two/pets"), forbidden)


def test_a_deleted_stage_is_forbidden(client, pets):
    eventually(pets.get, body_is("first"))
    client.delete_stage(restApiId=pets.id, stageName="one")
    eventually(pets.get, forbidden)
    eventually(lambda: pets.get(host=True), forbidden)


def test_a_deleted_api_does_not_answer(client, pets):
    eventually(pets.get, body_is("first"))
    client.delete_rest_api(restApiId=pets.id)
    answer = eventually(pets.get, lambda answer: answer.status in (403, 404))
    assert answer.body != b"first"


def test_an_api_can_be_closed_to_its_default_host(client, pets):
    eventually(pets.get, body_is("first"))
    client.update_rest_api(restApiId=pets.id, patchOperations=[replace("/disableExecuteApiEndpoint", "true")])
    pets.deploy()
    eventually(lambda: pets.get(host=True), forbidden)


# --- stage variables

def test_a_variable_is_seen_without_a_deployment(client, pets):
    pets.template("v=$stageVariables.v")
    pets.deploy(variables={"v": "1"})
    eventually(pets.get, body_is("v=1"))
    pets.update(replace("/variables/v", "2"))
    eventually(pets.get, body_is("v=2"))
    pets.update(patch("remove", "/variables/v"))
    eventually(pets.get, lambda answer: answer.status == 200 and answer.body in (b"v=", b"v=$stageVariables.v"))


def test_stages_have_their_own_variables(pets):
    pets.template("v=$stageVariables.v")
    pets.deploy("one", variables={"v": "1"})
    pets.deploy("two", variables={"v": "2"})
    eventually(lambda: pets.get("one/pets"), body_is("v=1"))
    eventually(lambda: pets.get("two/pets"), body_is("v=2"))


# --- canaries

def twenty(pets, **more):
    return {pets.get(**more).body.decode() for _ in range(20)}


@pytest.fixture
def canary(pets):
    """The same with a canary that answers `canary`."""
    pets.template("canary")
    pets.second = pets.deploy(canarySettings={"percentTraffic": 100.0})
    return pets


def test_a_canary_of_100_percent_gets_all(canary):
    eventually(canary.get, body_is("canary"))
    assert twenty(canary) == {"canary"}


def test_a_canary_of_0_percent_gets_nothing(canary):
    canary.update(replace("/canarySettings/percentTraffic", "0"))
    eventually(canary.get, body_is("first"))
    assert twenty(canary) == {"first"}


def test_a_canary_of_half_gets_some(canary):
    canary.update(replace("/canarySettings/percentTraffic", "50"))
    answers = set()
    # All of one kind would be one chance in 2^60.
    for _ in range(60):
        answers.add(canary.get().body.decode())
    assert answers == {"first", "canary"}


def test_a_removed_canary_gets_nothing(canary):
    canary.update(patch("remove", "/canarySettings"))
    eventually(canary.get, body_is("first"))
    assert twenty(canary) == {"first"}


def test_a_promoted_canary_gets_all(canary):
    canary.update(replace("/canarySettings/percentTraffic", "0.0"),
                  patch("copy", "/deploymentId", source="/canarySettings/deploymentId"))
    eventually(canary.get, body_is("canary"))
    canary.update(patch("remove", "/canarySettings"))
    eventually(canary.get, body_is("canary"))
    assert twenty(canary) == {"canary"}


def test_a_canary_overrides_variables_and_knows_what_it_is(pets):
    pets.template("v=$stageVariables.v w=$stageVariables.w canary=$context.isCanaryRequest")
    pets.deploy(variables={"v": "1"})
    pets.deploy(canarySettings={"percentTraffic": 100.0, "stageVariableOverrides": {"v": "2", "w": "3"}})
    eventually(pets.get, body_is("v=2 w=3 canary=true"))
    pets.update(replace("/canarySettings/percentTraffic", "0"))
    eventually(pets.get, lambda answer: answer.body.startswith(b"v=1 ") and answer.body.endswith(b"canary=false"))


# --- keys and limits

def test_a_key_works_from_the_moment_it_is_in_a_plan(client, make, pets):
    client.update_method(**pets.method, patchOperations=[replace("/apiKeyRequired", "true")])
    pets.deploy()
    key = make.key(enabled=True)
    headers = {"x-api-key": key["value"]}
    eventually(lambda: pets.get(headers=headers), forbidden)
    plan = make.plan(apiStages=[{"apiId": pets.id, "stage": "one"}])["id"]
    client.create_usage_plan_key(usagePlanId=plan, keyId=key["id"], keyType="API_KEY")
    eventually(lambda: pets.get(headers=headers), body_is("first"))
    assert forbidden(pets.get())
    assert forbidden(pets.get(headers={"x-api-key": "x" * 20}))
    client.update_api_key(apiKey=key["id"], patchOperations=[replace("/enabled", "false")])
    eventually(lambda: pets.get(headers=headers), forbidden)
    client.update_api_key(apiKey=key["id"], patchOperations=[replace("/enabled", "true")])
    eventually(lambda: pets.get(headers=headers), body_is("first"))
    client.delete_usage_plan_key(usagePlanId=plan, keyId=key["id"])
    eventually(lambda: pets.get(headers=headers), forbidden)


def test_a_quota_is_counted_and_extended(client, make, pets):
    client.update_method(**pets.method, patchOperations=[replace("/apiKeyRequired", "true")])
    pets.deploy()
    key = make.key(enabled=True)
    headers = {"x-api-key": key["value"]}
    plan = make.plan(apiStages=[{"apiId": pets.id, "stage": "one"}], quota={"limit": 3, "period": "MONTH"})["id"]
    client.create_usage_plan_key(usagePlanId=plan, keyId=key["id"], keyType="API_KEY")
    eventually(lambda: pets.get(headers=headers), body_is("first"))
    statuses = [pets.get(headers=headers).status for _ in range(4)]
    assert statuses == [200, 200, 429, 429]
    answer = pets.get(headers=headers)
    assert answer.json == {"message": "Limit Exceeded"} and answer.kind == "LimitExceededException"
    client.update_usage(usagePlanId=plan, keyId=key["id"], patchOperations=[replace("/remaining", "1")])
    eventually(lambda: pets.get(headers=headers), body_is("first"))
    assert pets.get(headers=headers).status == 429


def test_a_burst_of_nothing_stops_all(pets):
    pets.update(replace("/*/*/throttling/burstLimit", "0"), replace("/*/*/throttling/rateLimit", "0"))
    answer = eventually(pets.get, lambda answer: answer.status == 429)
    assert answer.json == {"message": "Too Many Requests"} and answer.kind == "TooManyRequestsException"
    pets.update(patch("remove", "/*/*"))
    eventually(pets.get, body_is("first"))


# --- domain names

def test_a_domain_leads_to_its_mapping(client, make, pets):
    domain = make.domain()["domainName"]
    def get(path):
        return send(DATA, "GET", path, None, {"Host": domain})
    eventually(lambda: get("/v1/pets"), lambda answer: answer.status in (403, 404))
    client.create_base_path_mapping(domainName=domain, basePath="v1", restApiId=pets.id, stage="one")
    eventually(lambda: get("/v1/pets"), body_is("first"))
    assert get("/v2/pets").status == 403
    client.update_base_path_mapping(domainName=domain, basePath="v1", patchOperations=[replace("/basepath", "v2")])
    eventually(lambda: get("/v2/pets"), body_is("first"))
    client.delete_base_path_mapping(domainName=domain, basePath="v2")
    eventually(lambda: get("/v2/pets"), forbidden)
    client.create_base_path_mapping(domainName=domain, restApiId=pets.id)
    eventually(lambda: get("/one/pets"), body_is("first"))
