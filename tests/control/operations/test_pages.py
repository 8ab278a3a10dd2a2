"""Pagination: every list gives each thing once, in pages of the size that was asked for."""

import pytest
from support import unique

LISTS = {
    "get_rest_apis": lambda client, make, api: [make.api()["id"] for _ in range(3)],
    "get_resources": lambda client, make, api: [make.resource(api, part) for part in "abc"],
    "get_deployments": lambda client, make, api: deployments(client, make, api),
    "get_authorizers": lambda client, make, api: [client.create_authorizer(
        restApiId=api, name=name, type="COGNITO_USER_POOLS", identitySource="method.request.header.A",
        providerARNs=["arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_a"])["id"] for name in "abc"],
    "get_models": lambda client, make, api: [client.create_model(
        restApiId=api, name=name, contentType="application/json", schema='{"type": "object"}')["id"]
        for name in ("A", "B", "C")],
    "get_request_validators": lambda client, make, api: [
        client.create_request_validator(restApiId=api, name=name)["id"] for name in "abc"],
    "get_gateway_responses": lambda client, make, api: ["ACCESS_DENIED", "THROTTLED", "WAF_FILTERED"],
    "get_documentation_parts": lambda client, make, api: [client.create_documentation_part(
        restApiId=api, location={"type": "RESOURCE", "path": f"/{name}"}, properties="{}")["id"] for name in "abc"],
    "get_documentation_versions": lambda client, make, api: versions(client, api),
    "get_api_keys": lambda client, make, api: [make.key()["id"] for _ in range(3)],
    "get_usage_plans": lambda client, make, api: [make.plan()["id"] for _ in range(3)],
    "get_usage_plan_keys": lambda client, make, api: [],
    "get_domain_names": lambda client, make, api: [make.domain()["domainName"] for _ in range(3)],
    "get_base_path_mappings": lambda client, make, api: [],
    "get_vpc_links": lambda client, make, api: [make.link()["id"] for _ in range(3)],
    "get_client_certificates": lambda client, make, api: [
        make.certificate()["clientCertificateId"] for _ in range(3)],
    "get_sdk_types": lambda client, make, api: ["java", "javascript"],
    "get_domain_name_access_associations": lambda client, make, api: [],
}

OF_AN_API = {"get_resources", "get_deployments", "get_authorizers", "get_models", "get_request_validators",
             "get_gateway_responses", "get_documentation_parts", "get_documentation_versions"}

NAMES = ("id", "clientCertificateId", "responseType", "version", "domainNameAccessAssociationArn", "basePath",
         "domainName")


def deployments(client, make, api):
    make.mock(api, make.root(api))
    return [client.create_deployment(restApiId=api)["id"] for _ in range(3)]


def versions(client, api):
    client.create_documentation_part(restApiId=api, location={"type": "API"}, properties="{}")
    return [client.create_documentation_version(restApiId=api, documentationVersion=name)["version"]
            for name in ("1", "2", "3")]


@pytest.mark.parametrize("action", LISTS)
def test_pages_have_each_thing_once(client, make, api, action):
    expected = LISTS[action](client, make, api)
    arguments = {"restApiId": api} if action in OF_AN_API else {}
    if action == "get_usage_plan_keys":
        arguments["usagePlanId"] = make.plan()["id"]
        for _ in range(3):
            key = make.key()["id"]
            client.create_usage_plan_key(**arguments, keyId=key, keyType="API_KEY")
            expected.append(key)
    if action == "get_base_path_mappings":
        arguments["domainName"] = make.domain()["domainName"]
        for path in "abc":
            client.create_base_path_mapping(**arguments, restApiId=api, basePath=path)
            expected.append(path)
    whole = found(client, action, 500, arguments)
    paged = found(client, action, 2, arguments)
    assert sorted(paged) == sorted(whole)
    assert len(set(paged)) == len(paged)
    assert set(expected) <= set(paged)


def found(client, action, limit, arguments):
    """The names of all things, in pages of the limit."""
    names, position = [], {}
    for _ in range(1000):
        page = getattr(client, action)(**arguments, **position, limit=limit)
        items = page.get("items", [])
        assert len(items) <= limit
        names += [next(item[name] for name in NAMES if name in item) for item in items]
        if "position" not in page:
            return names
        assert page["position"] and items, "a position without anything to go on from"
        position = {"position": page["position"]}
    raise AssertionError("the pages do not end")


@pytest.fixture(scope="module")
def many(client):
    """26 keys with one prefix."""
    prefix = unique()
    made = [client.create_api_key(name=f"{prefix}-{number}")["id"] for number in range(26)]
    yield prefix
    for key in made:
        client.delete_api_key(apiKey=key)


def test_a_page_has_25_by_default(client, many):
    first = client.get_api_keys(nameQuery=many)
    assert len(first["items"]) == 25
    second = client.get_api_keys(nameQuery=many, position=first["position"])
    assert len(second["items"]) == 1 and "position" not in second


@pytest.mark.parametrize("limit", [26, 500, 501, 10_000])
def test_a_large_limit_has_all(client, many, limit):
    page = client.get_api_keys(nameQuery=many, limit=limit)
    assert len(page["items"]) == 26 and "position" not in page


def test_a_full_last_page_has_no_position(client, many):
    page = client.get_api_keys(nameQuery=many, limit=13)
    page = client.get_api_keys(nameQuery=many, limit=13, position=page["position"])
    assert len(page["items"]) == 13 and "position" not in page


def test_no_limit_is_an_empty_page(client, many):
    assert client.get_api_keys(nameQuery=many, limit=0).get("items", []) == []


@pytest.mark.parametrize("action", sorted({"get_rest_apis", "get_api_keys", "get_usage_plans", "get_domain_names",
                                           "get_vpc_links", "get_client_certificates"}))
def test_botocore_pages_by_itself(client, make, api, action):
    expected = LISTS[action](client, make, api)
    pages = client.get_paginator(action).paginate(PaginationConfig={"PageSize": 2})
    names = [next(item[name] for name in NAMES if name in item) for page in pages for item in page.get("items", [])]
    assert set(expected) <= set(names) and len(set(names)) == len(names)


def test_usage_has_pages(client, make):
    plan = make.plan()["id"]
    answer = client.get_usage(usagePlanId=plan, startDate="2026-01-01", endDate="2026-01-02", limit=1)
    assert answer.get("items", {}) == {}


def test_things_made_between_pages_do_not_break_them(client, many):
    first = client.get_api_keys(nameQuery=many, limit=10)
    made = client.create_api_key(name=f"{many}-late")["id"]
    rest, position = [], first["position"]
    while position:
        page = client.get_api_keys(nameQuery=many, limit=10, position=position)
        rest += [item["id"] for item in page["items"]]
        position = page.get("position")
    client.delete_api_key(apiKey=made)
    names = [item["id"] for item in first["items"]] + rest
    assert len(set(names) - {made}) == 26
