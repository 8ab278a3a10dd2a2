"""The operations of custom domain names, base path mappings and access associations."""

import json
import re

import pytest
from support import (
    ACCOUNT,
    CERTIFICATE,
    OTHER_CERTIFICATE,
    REGION,
    TIME,
    arn,
    bad,
    conflict,
    missing,
    patch,
    replace,
    said,
    same,
    unique,
)

POLICY = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}]})
UNKNOWN = "Invalid domain name identifier specified"


@pytest.fixture
def private(make):
    """A private domain name."""
    return make.domain(certificateArn=CERTIFICATE, endpointConfiguration={"types": ["PRIVATE"]}, policy=POLICY)


# --- domain names

def test_a_regional_domain_has_a_regional_target(client, make):
    name = f"{unique('d')}.example.com"
    made = make.domain(name)
    expected = {
        "domainName": name, "domainNameArn": arn(f"/domainnames/{name}"),
        "regionalDomainName": re.compile(rf"d-[a-z0-9]{{10}}\.execute-api\.{REGION}\.\S+"),
        "regionalHostedZoneId": re.compile(r"Z[A-Z0-9]+"), "regionalCertificateArn": CERTIFICATE,
        "endpointConfiguration": {"types": ["REGIONAL"], "ipAddressType": "ipv4"}, "domainNameStatus": "AVAILABLE",
        "securityPolicy": "TLS_1_2", "routingMode": "BASE_PATH_MAPPING_ONLY",
    }
    # That a domain of the old kind says what has a default is only told of what it means.
    for optional in ("domainNameId", "certificateUploadDate", "tags"):
        if optional in made:
            expected[optional] = made[optional]
    same(made, expected)
    read = said(client.get_domain_name(domainName=name))
    assert read.pop("tags", {}) == made.get("tags", {})
    same(read, {key: value for key, value in said(made).items() if key != "tags"})


def test_an_edge_domain_has_a_distribution(make):
    made = make.domain(certificateArn=CERTIFICATE)
    assert made["endpointConfiguration"]["types"] == ["EDGE"]
    assert re.fullmatch(r"d[a-z0-9]{13}\.cloudfront\.net", made["distributionDomainName"])
    assert made["distributionHostedZoneId"] == "Z2FDTNDATAQYW2"
    assert made["certificateArn"] == CERTIFICATE
    assert made["domainNameStatus"] == "AVAILABLE"


def test_a_private_domain_has_an_id(client, private):
    name, number = private["domainName"], private["domainNameId"]
    assert private["domainNameArn"] == f"arn:aws:apigateway:{REGION}:{ACCOUNT}:/domainnames/{name}+{number}"
    assert private["endpointConfiguration"]["types"] == ["PRIVATE"]
    same(client.get_domain_name(domainName=name, domainNameId=number)["domainNameId"], number)


def test_what_is_given_is_answered(make):
    made = make.domain(regionalCertificateArn=CERTIFICATE, endpointConfiguration={
        "types": ["REGIONAL"], "ipAddressType": "dualstack"}, securityPolicy="TLS_1_2", tags={"a": "b"},
        routingMode="ROUTING_RULE_THEN_BASE_PATH_MAPPING")
    assert made["endpointConfiguration"] == {"types": ["REGIONAL"], "ipAddressType": "dualstack"}
    assert made["tags"] == {"a": "b"}
    assert made["routingMode"] == "ROUTING_RULE_THEN_BASE_PATH_MAPPING"


def test_a_wildcard_is_the_first_label(client, make):
    parent = f"{unique('d')}.example.com"
    assert make.domain(f"*.{parent}")["domainName"] == f"*.{parent}"
    make.domain(f"a.{parent}")
    with bad():
        client.create_domain_name(domainName=f"a.*.{parent}", regionalCertificateArn=CERTIFICATE,
                                  endpointConfiguration={"types": ["REGIONAL"]})


@pytest.mark.parametrize("name", ["", "a..b", "a_b.example.com/x", f"{'x' * 64}.example.com", "x." * 130 + "com"])
def test_these_names_are_refused(client, name):
    with pytest.raises(client.exceptions.ClientError) as caught:
        client.create_domain_name(domainName=name, regionalCertificateArn=CERTIFICATE,
                                  endpointConfiguration={"types": ["REGIONAL"]})
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 404)


def test_a_public_name_is_there_once(client, make):
    made = make.domain()
    with pytest.raises(client.exceptions.ClientError) as caught:
        client.create_domain_name(domainName=made["domainName"], regionalCertificateArn=CERTIFICATE,
                                  endpointConfiguration={"types": ["REGIONAL"]})
    assert caught.value.response["Error"]["Code"] in ("ConflictException", "BadRequestException")


def test_domains_are_listed(client, make):
    made = make.domain()
    names = {item["domainName"] for page in client.get_paginator("get_domain_names").paginate()
             for item in page["items"]}
    assert made["domainName"] in names
    own = {item["domainName"] for page in client.get_paginator("get_domain_names").paginate(resourceOwner="SELF")
           for item in page["items"]}
    assert made["domainName"] in own


@pytest.mark.parametrize(("call", "arguments"), [
    ("get_domain_name", {}), ("delete_domain_name", {}), ("get_base_path_mappings", {}),
    ("update_domain_name", {"patchOperations": [replace("/regionalCertificateArn", CERTIFICATE)]}),
    ("get_base_path_mapping", {"basePath": "a"}), ("delete_base_path_mapping", {"basePath": "a"}),
    ("update_base_path_mapping", {"basePath": "a", "patchOperations": []}),
])
def test_an_unknown_domain_is_not_found(client, call, arguments):
    with missing(UNKNOWN):
        getattr(client, call)(domainName="nothing.example.com", **arguments)


def test_a_certificate_is_rotated(client, make):
    made = make.domain()
    updated = client.update_domain_name(domainName=made["domainName"], patchOperations=[
        replace("/regionalCertificateArn", OTHER_CERTIFICATE)])
    assert updated["regionalCertificateArn"] == OTHER_CERTIFICATE
    assert updated["domainName"] == made["domainName"]


def test_a_domain_moves_to_the_edge_in_two_steps(client, make):
    name = make.domain()["domainName"]
    updated = client.update_domain_name(domainName=name, patchOperations=[
        patch("add", "/endpointConfiguration/types", "EDGE"), patch("add", "/certificateArn", CERTIFICATE)])
    assert sorted(updated["endpointConfiguration"]["types"]) == ["EDGE", "REGIONAL"]
    updated = client.update_domain_name(domainName=name, patchOperations=[
        patch("remove", "/endpointConfiguration/types", "REGIONAL"), patch("remove", "/regionalCertificateArn")])
    assert updated["endpointConfiguration"]["types"] == ["EDGE"]
    assert "regionalCertificateArn" not in updated


def test_types_are_not_added_and_removed_at_once(client, make):
    name = make.domain()["domainName"]
    with bad():
        client.update_domain_name(domainName=name, patchOperations=[
            patch("add", "/endpointConfiguration/types", "EDGE"), patch("add", "/certificateArn", CERTIFICATE),
            patch("remove", "/endpointConfiguration/types", "REGIONAL")])
    assert client.get_domain_name(domainName=name)["endpointConfiguration"]["types"] == ["REGIONAL"]


@pytest.mark.parametrize("path", ["/policy", "/managementPolicy"])
def test_a_public_domain_has_no_policy(client, make, path):
    with bad():
        client.update_domain_name(domainName=make.domain()["domainName"], patchOperations=[replace(path, POLICY)])


def test_a_deleted_domain_is_gone(client, make):
    made = make.domain()
    same(client.delete_domain_name(domainName=made["domainName"]), {})
    with missing(UNKNOWN):
        client.get_domain_name(domainName=made["domainName"])


# --- base path mappings

@pytest.fixture
def domain(make):
    return make.domain()["domainName"]


@pytest.fixture
def deployed(make):
    """The id of an API with a stage `one`."""
    return make.deployed()[0]


def test_the_least_mapping_is_of_the_root(client, domain, deployed):
    made = client.create_base_path_mapping(domainName=domain, restApiId=deployed)
    same(made, {"basePath": "(none)", "restApiId": deployed})
    same(client.get_base_path_mapping(domainName=domain, basePath="(none)"), said(made))
    same(client.get_base_path_mappings(domainName=domain), {"items": [said(made)]})


def test_a_mapping_is_answered(client, domain, deployed):
    made = client.create_base_path_mapping(domainName=domain, basePath="pets", restApiId=deployed, stage="one")
    same(made, {"basePath": "pets", "restApiId": deployed, "stage": "one"})
    same(client.get_base_path_mapping(domainName=domain, basePath="pets"), said(made))


def test_a_domain_without_mappings_has_an_empty_list(client, domain):
    answer = said(client.get_base_path_mappings(domainName=domain))
    assert answer.get("items", []) == []


def test_a_base_path_has_no_slash(client, domain, deployed):
    with bad("API Gateway V1 doesn't support the slash character (/) in base path mappings. To create a multi-level "
             "base path mapping, use API Gateway V2."):
        client.create_base_path_mapping(domainName=domain, basePath="v1/pets", restApiId=deployed)


def test_the_api_of_a_mapping_must_exist(client, domain):
    with bad("Invalid REST API identifier specified"):
        client.create_base_path_mapping(domainName=domain, restApiId="0unknown00")


def test_the_stage_of_a_mapping_must_exist(client, domain, deployed):
    with bad("Invalid stage identifier specified"):
        client.create_base_path_mapping(domainName=domain, restApiId=deployed, stage="two")


def test_the_domain_of_a_mapping_must_exist(client, deployed):
    with missing(UNKNOWN):
        client.create_base_path_mapping(domainName="nothing.example.com", restApiId=deployed)


@pytest.mark.parametrize("base", [{}, {"basePath": "pets"}])
def test_a_base_path_is_mapped_once(client, domain, deployed, base):
    client.create_base_path_mapping(domainName=domain, restApiId=deployed, **base)
    with conflict("Base path already exists for this domain name"):
        client.create_base_path_mapping(domainName=domain, restApiId=deployed, **base)


@pytest.mark.parametrize(("call", "arguments"), [
    ("get_base_path_mapping", {}), ("delete_base_path_mapping", {}),
    ("update_base_path_mapping", {"patchOperations": [replace("/stage", "one")]}),
])
def test_an_unknown_mapping_is_not_found(client, domain, call, arguments):
    with missing("Invalid base path mapping identifier specified"):
        getattr(client, call)(domainName=domain, basePath="nothing", **arguments)


def test_a_mapping_is_updated(client, make, domain, deployed):
    other = make.deployed(stage="two")[0]
    client.create_base_path_mapping(domainName=domain, restApiId=deployed)
    updated = client.update_base_path_mapping(domainName=domain, basePath="(none)", patchOperations=[
        replace("/basepath", "pets"), replace("/restapiId", other), replace("/stage", "two")])
    same(updated, {"basePath": "pets", "restApiId": other, "stage": "two"})
    same(client.get_base_path_mappings(domainName=domain), {"items": [said(updated)]})


@pytest.mark.parametrize(("operation", "message"), [
    (replace("/restapiId", "0unknown00"), "Invalid REST API identifier specified"),
    (replace("/stage", "two"), "Invalid stage identifier specified"),
    (replace("/nothing", "x"), None), (patch("remove", "/basepath"), None),
])
def test_a_wrong_update_of_a_mapping_is_refused(client, domain, deployed, operation, message):
    client.create_base_path_mapping(domainName=domain, restApiId=deployed, basePath="pets")
    with bad(message):
        client.update_base_path_mapping(domainName=domain, basePath="pets", patchOperations=[operation])


def test_a_deleted_mapping_is_gone(client, domain, deployed):
    client.create_base_path_mapping(domainName=domain, restApiId=deployed, basePath="pets")
    same(client.delete_base_path_mapping(domainName=domain, basePath="pets"), {})
    with missing("Invalid base path mapping identifier specified"):
        client.get_base_path_mapping(domainName=domain, basePath="pets")


# --- access associations

VPCE = "vpce-0123456789abcdef0"


def associate(client, make, private, **arguments):
    made = client.create_domain_name_access_association(
        domainNameArn=private["domainNameArn"], accessAssociationSourceType="VPCE", accessAssociationSource=VPCE,
        **arguments)
    make.later("delete_domain_name_access_association",
               domainNameAccessAssociationArn=made["domainNameAccessAssociationArn"])
    return made


def associations(client):
    items, arguments = [], {}
    while True:
        page = client.get_domain_name_access_associations(**arguments)
        items += page.get("items", [])
        if "position" not in page:
            return {item["domainNameAccessAssociationArn"]: item for item in items}
        arguments["position"] = page["position"]


def test_an_association_is_answered(client, make, private):
    made = associate(client, make, private, tags={"a": "b"})
    same(made, {"domainNameAccessAssociationArn": re.compile(r"arn:aws:apigateway:\S+"),
                "domainNameArn": private["domainNameArn"], "accessAssociationSourceType": "VPCE",
                "accessAssociationSource": VPCE, "tags": {"a": "b"}})
    same(associations(client)[made["domainNameAccessAssociationArn"]], said(made))


def test_a_deleted_association_is_gone(client, make, private):
    made = associate(client, make, private)["domainNameAccessAssociationArn"]
    same(client.delete_domain_name_access_association(domainNameAccessAssociationArn=made), {})
    assert made not in associations(client)


def test_an_association_is_rejected(client, make, private):
    made = associate(client, make, private)["domainNameAccessAssociationArn"]
    same(client.reject_domain_name_access_association(domainNameAccessAssociationArn=made,
                                                      domainNameArn=private["domainNameArn"]), {})


def test_an_unknown_association_is_not_found(client, private):
    made = f"arn:aws:apigateway:{REGION}:{ACCOUNT}:/domainnameaccessassociations/domainname/x/vpcesource/vpce-1"
    with missing():
        client.delete_domain_name_access_association(domainNameAccessAssociationArn=made)
    with missing():
        client.reject_domain_name_access_association(domainNameAccessAssociationArn=made,
                                                     domainNameArn=private["domainNameArn"])


def test_times_are_times(make):
    assert isinstance(make.domain().get("certificateUploadDate", TIME.now()), TIME)
