"""GetAccount, UpdateAccount, GetTags, TagResource, UntagResource, GetSdk, GetSdkType, GetSdkTypes."""

import pytest
from support import REGION, ROLE, arn, bad, missing, patch, replace, said, same

# --- the account

def test_an_account_has_its_limits(client):
    answer = said(client.get_account())
    answer.pop("cloudwatchRoleArn", None)
    same(answer, {"apiKeyVersion": "4", "features": ["UsagePlans"],
                  "throttleSettings": {"burstLimit": 5000, "rateLimit": 10000.0}})


def test_a_role_is_set(client):
    updated = client.update_account(patchOperations=[replace("/cloudwatchRoleArn", ROLE)])
    same(updated, {"apiKeyVersion": "4", "features": ["UsagePlans"], "cloudwatchRoleArn": ROLE,
                   "throttleSettings": {"burstLimit": 5000, "rateLimit": 10000.0}})
    same(client.get_account(), said(updated))


def test_usage_plans_stay(client):
    assert client.update_account(patchOperations=[patch("add", "/features", "UsagePlans")])["features"] == [
        "UsagePlans"]
    with bad():
        client.update_account(patchOperations=[patch("remove", "/features", "UsagePlans")])


@pytest.mark.parametrize("operation", [
    replace("/apiKeyVersion", "5"), replace("/throttleSettings/rateLimit", "5"), patch("remove", "/apiKeyVersion"),
    replace("/cloudwatchRoleArn", "no ARN"),
])
def test_a_wrong_operation_is_refused(client, operation):
    before = said(client.get_account())
    with bad():
        client.update_account(patchOperations=[operation])
    same(client.get_account(), before)


# --- tags

def things(make):
    """An ARN of each kind that can have tags, and how its tags are read where it is described."""
    client = make.client
    api, _ = make.deployed()
    key, plan = make.key()["id"], make.plan()["id"]
    domain, link = make.domain()["domainName"], make.link()["id"]
    certificate = make.certificate()["clientCertificateId"]
    return {
        "api": (arn(f"/restapis/{api}"), lambda: client.get_rest_api(restApiId=api)),
        "stage": (arn(f"/restapis/{api}/stages/one"), lambda: client.get_stage(restApiId=api, stageName="one")),
        "key": (arn(f"/apikeys/{key}"), lambda: client.get_api_key(apiKey=key)),
        "plan": (arn(f"/usageplans/{plan}"), lambda: client.get_usage_plan(usagePlanId=plan)),
        "domain": (arn(f"/domainnames/{domain}"), lambda: client.get_domain_name(domainName=domain)),
        "link": (arn(f"/vpclinks/{link}"), lambda: client.get_vpc_link(vpcLinkId=link)),
        "certificate": (arn(f"/clientcertificates/{certificate}"),
                        lambda: client.get_client_certificate(clientCertificateId=certificate)),
    }


@pytest.mark.parametrize("kind", ["api", "stage", "key", "plan", "domain", "link", "certificate"])
def test_tags_come_and_go(client, make, kind):
    resource, read = things(make)[kind]
    same(client.get_tags(resourceArn=resource), {"tags": {}})
    same(client.tag_resource(resourceArn=resource, tags={"a": "1", "b/c": "2 ü", "d": ""}), {})
    same(client.get_tags(resourceArn=resource), {"tags": {"a": "1", "b/c": "2 ü", "d": ""}})
    assert read()["tags"] == {"a": "1", "b/c": "2 ü", "d": ""}
    same(client.tag_resource(resourceArn=resource, tags={"a": "3", "e": "4"}), {})
    same(client.get_tags(resourceArn=resource), {"tags": {"a": "3", "b/c": "2 ü", "d": "", "e": "4"}})
    same(client.untag_resource(resourceArn=resource, tagKeys=["a", "b/c", "nothing"]), {})
    same(client.get_tags(resourceArn=resource), {"tags": {"d": "", "e": "4"}})
    assert read()["tags"] == {"d": "", "e": "4"}


def test_tags_given_at_creation_are_tags(client, make):
    api = make.api(tags={"a": "b"})["id"]
    same(client.get_tags(resourceArn=arn(f"/restapis/{api}")), {"tags": {"a": "b"}})


def test_there_are_at_most_50_tags(client, api):
    resource = arn(f"/restapis/{api}")
    client.tag_resource(resourceArn=resource, tags={f"t{number}": "x" for number in range(50)})
    with pytest.raises(client.exceptions.ClientError) as caught:
        client.tag_resource(resourceArn=resource, tags={"one": "more"})
    assert caught.value.response["Error"]["Code"] in ("BadRequestException", "LimitExceededException")
    assert len(client.get_tags(resourceArn=resource)["tags"]) == 50


def test_tags_of_aws_are_refused(client, api):
    with bad():
        client.tag_resource(resourceArn=arn(f"/restapis/{api}"), tags={"aws:name": "x"})
    with bad():
        client.create_rest_api(name="refused", tags={"aws:name": "x"})


@pytest.mark.parametrize("resource", [
    f"arn:aws:apigateway:{REGION}::/restapis/0unknown00", f"arn:aws:apigateway:{REGION}::/apikeys/0unknown00",
    f"arn:aws:apigateway:{REGION}::/usageplans/abcdef", f"arn:aws:apigateway:{REGION}::/vpclinks/abcdef",
    f"arn:aws:apigateway:{REGION}::/restapis/0unknown00/stages/one",
])
def test_what_is_not_there_has_no_tags(client, resource):
    with missing():
        client.get_tags(resourceArn=resource)
    with missing():
        client.tag_resource(resourceArn=resource, tags={"a": "b"})
    with missing():
        client.untag_resource(resourceArn=resource, tagKeys=["a"])


@pytest.mark.parametrize("resource", ["nothing", "arn:aws:s3:::bucket", f"arn:aws:apigateway:{REGION}::/nothing/x"])
def test_what_is_no_arn_of_the_service_is_refused(client, resource):
    with pytest.raises(client.exceptions.ClientError) as caught:
        client.get_tags(resourceArn=resource)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 404)


# --- SDKs

def test_kinds_of_sdks_are_listed(client):
    items = client.get_sdk_types()["items"]
    assert {"java", "javascript"} <= {item["id"] for item in items}
    for item in items:
        same(client.get_sdk_type(id=item["id"]), said(item))


def test_an_unknown_kind_of_sdk_is_not_found(client):
    with pytest.raises(client.exceptions.ClientError) as caught:
        client.get_sdk_type(id="cobol")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 404)


def test_an_sdk_is_an_archive_or_refused(client, make):
    # Archives are out of scope; what counts is that the call is answered as the model says.
    api, _ = make.deployed()
    try:
        answer = client.get_sdk(restApiId=api, stageName="one", sdkType="javascript")
    except client.exceptions.ClientError as error:
        assert 400 <= error.response["ResponseMetadata"]["HTTPStatusCode"] < 500
    else:
        assert answer["body"].read()[:2] == b"PK"
