"""The operations of VPC links and of client certificates."""

import datetime
import re
import time

import pytest
from support import BALANCER, TEXT, TIME, bad, missing, patch, replace, said, same

SOON_S = 30
"""How long a new link may be pending."""


def available(client, link):
    """The link once it is available."""
    deadline = time.monotonic() + SOON_S
    while True:
        answer = said(client.get_vpc_link(vpcLinkId=link))
        if answer["status"] == "AVAILABLE" or time.monotonic() > deadline:
            return answer
        assert answer["status"] == "PENDING", answer
        time.sleep(0.1)


# --- VPC links

def test_a_new_link_is_pending(make):
    made = make.link(name="pets", description="d", tags={"a": "b"})
    expected = {"id": re.compile("[a-z0-9]+"), "name": "pets", "description": "d", "targetArns": [BALANCER],
                "status": "PENDING", "tags": {"a": "b"}}
    answer = said(made)
    answer.pop("statusMessage", None)
    same(answer, expected)


def test_a_link_becomes_available(client, make):
    made = make.link(name="pets")
    answer = available(client, made["id"])
    assert answer.pop("tags", {}) == {}
    same(answer, {"id": made["id"], "name": "pets", "targetArns": [BALANCER], "status": "AVAILABLE",
                  "statusMessage": "Your vpc link is ready for use"})


@pytest.mark.parametrize(("given", "message"), [
    ({"name": "", "targetArns": [BALANCER]}, "Name cannot be empty"),
    ({"name": "x", "targetArns": ["invalid-arn"]}, "Invalid ARN. ARN is not well formed invalid-arn"),
    ({"name": "x", "targetArns": []}, TEXT),
])
def test_what_cannot_be_is_refused(client, given, message):
    with bad(message):
        client.create_vpc_link(**given)


def test_links_are_listed(client, make):
    made = make.link()
    items = {item["id"]: item for page in client.get_paginator("get_vpc_links").paginate() for item in page["items"]}
    assert items[made["id"]]["name"] == made["name"]


def test_a_link_is_updated(client, make):
    made = make.link()
    available(client, made["id"])
    updated = client.update_vpc_link(vpcLinkId=made["id"], patchOperations=[
        replace("/name", "new"), replace("/description", "d")])
    assert (updated["name"], updated["description"], updated["targetArns"]) == ("new", "d", [BALANCER])
    for operation in (replace("/targetArns", BALANCER), patch("remove", "/description"), replace("/name", "")):
        with bad():
            client.update_vpc_link(vpcLinkId=made["id"], patchOperations=[operation])


@pytest.mark.parametrize(("call", "arguments"), [
    ("get_vpc_link", {}), ("delete_vpc_link", {}),
    ("update_vpc_link", {"patchOperations": [replace("/name", "x")]}),
])
def test_an_unknown_link_is_not_found(client, call, arguments):
    with missing("Invalid Vpc Link identifier specified"):
        getattr(client, call)(vpcLinkId="abcdef", **arguments)


def test_a_deleted_link_is_gone(client, make):
    made = make.link()
    available(client, made["id"])
    same(client.delete_vpc_link(vpcLinkId=made["id"]), {})
    deadline = time.monotonic() + SOON_S
    while time.monotonic() < deadline:
        try:
            assert client.get_vpc_link(vpcLinkId=made["id"])["status"] == "DELETING"
        except client.exceptions.NotFoundException:
            return
        time.sleep(0.1)
    raise AssertionError("the link is still there")


# --- client certificates

def test_a_certificate_is_made_for_a_year(client, make):
    made = make.certificate(description="d", tags={"a": "b"})
    same(made, {"clientCertificateId": re.compile("[a-z0-9]+"), "description": "d", "tags": {"a": "b"},
                "pemEncodedCertificate": re.compile(
                    r"(?s)-----BEGIN CERTIFICATE-----\n.+\n-----END CERTIFICATE-----\s*"),
                "createdDate": TIME, "expirationDate": TIME})
    life = made["expirationDate"] - made["createdDate"]
    assert datetime.timedelta(days=364) < life < datetime.timedelta(days=367)
    same(client.get_client_certificate(clientCertificateId=made["clientCertificateId"]), said(made))


def test_a_certificate_needs_nothing(make):
    made = make.certificate()
    assert "description" not in made


def test_the_certificate_is_one(make):
    from cryptography.x509 import load_pem_x509_certificate
    pem = make.certificate()["pemEncodedCertificate"]
    load_pem_x509_certificate(pem.encode())


def test_certificates_are_listed(client, make):
    made = make.certificate()["clientCertificateId"]
    items = {item["clientCertificateId"] for page in client.get_paginator("get_client_certificates").paginate()
             for item in page["items"]}
    assert made in items


def test_a_certificate_is_updated(client, make):
    made = make.certificate()
    updated = client.update_client_certificate(clientCertificateId=made["clientCertificateId"], patchOperations=[
        replace("/description", "new")])
    assert updated["description"] == "new"
    assert updated["pemEncodedCertificate"] == made["pemEncodedCertificate"]
    with bad():
        client.update_client_certificate(clientCertificateId=made["clientCertificateId"], patchOperations=[
            replace("/pemEncodedCertificate", "x")])


@pytest.mark.parametrize(("call", "arguments"), [
    ("get_client_certificate", {}), ("delete_client_certificate", {}),
    ("update_client_certificate", {"patchOperations": [replace("/description", "x")]}),
])
def test_an_unknown_certificate_is_not_found(client, call, arguments):
    with missing():
        getattr(client, call)(clientCertificateId="abcdef", **arguments)


def test_a_deleted_certificate_is_gone(client, make):
    made = make.certificate()["clientCertificateId"]
    same(client.delete_client_certificate(clientCertificateId=made), {})
    with missing():
        client.get_client_certificate(clientCertificateId=made)
