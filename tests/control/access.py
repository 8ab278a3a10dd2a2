"""Who may do what at a node with access keys: signatures, policies, and ways around them.

access.yaml is what the node's edgewit.yaml must hold.
"""

import datetime
import hashlib
import hmac
import http.client
import json
import os
import re
import urllib.parse
from collections import namedtuple

import boto3
import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

CONTROL = os.environ["EDGEWIT_CONTROL_ENDPOINT"]
REGION, SERVICE = "us-east-1", "apigateway"
HOST = urllib.parse.urlsplit(CONTROL).netloc

Key = namedtuple("Key", "name id secret")
DEPLOYER = Key("deployer", "AKIAEXAMPLEDEPLOYER1", "deployer-secret-0123456789")
READER = Key("reader", "AKIAEXAMPLEREADER001", "reader-secret-0123456789")

MISSING = "MissingAuthenticationTokenException"
INCOMPLETE = "IncompleteSignatureException"
INVALID = "InvalidSignatureException"
UNKNOWN = "UnrecognizedClientException"
DENIED = "AccessDeniedException"
MISMATCH = ("The request signature we calculated does not match the signature you provided. Check your AWS Secret "
            "Access Key and signing method. Consult the service documentation for details.")


# Requests as bytes, signed here and not by botocore, so that each part can be wrong by itself.

class Request:
    """A request; what is changed after `signed` is what an attacker changes."""

    def __init__(self, method="GET", path="/restapis", query="", body=b"", headers=()):
        self.method, self.path, self.query = method, path, query
        self.body, self.headers = body, {"host": HOST, **dict(headers)}

    def signed(self, key, at=None, region=REGION, service=SERVICE, term="aws4_request", day=None, path=None,
               payload=None, leave_out=()):
        """`path` is what is signed instead of the path as it is sent, `payload` instead of the body's hash."""
        at = at or now()
        day = day or f"{at:%Y%m%d}"
        self.headers["x-amz-date"] = f"{at:%Y%m%dT%H%M%SZ}"
        names = sorted(name.lower() for name in self.headers if name not in leave_out)
        values = "".join(f"{name}:{self.headers[name]}\n" for name in names)
        scope = f"{day}/{region}/{service}/{term}"
        # Segments are encoded once more, as every service but S3 has it.
        encoded = urllib.parse.quote(path or self.path, safe="/-_.~")
        canonical = "\n".join([self.method, encoded, canonical_query(self.query), values, ";".join(names),
                               payload or hashlib.sha256(self.body).hexdigest()])
        text = "\n".join(["AWS4-HMAC-SHA256", self.headers["x-amz-date"], scope,
                          hashlib.sha256(canonical.encode()).hexdigest()])
        secret = f"AWS4{key.secret}".encode()
        for part in [day, region, service, term]:
            secret = digest(secret, part)
        signature = digest(secret, text).hex()
        self.headers["authorization"] = (f"AWS4-HMAC-SHA256 Credential={key.id}/{scope}, "
                                         f"SignedHeaders={';'.join(names)}, Signature={signature}")
        return self

    def but(self, **changed):
        """The same with other parts and the old signature."""
        for name, value in changed.items():
            setattr(self, name, value)
        return self

    def send(self):
        target = f"{self.path}?{self.query}" if self.query else self.path
        connection = http.client.HTTPConnection(HOST, timeout=60)
        try:
            connection.putrequest(self.method, target, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                connection.putheader(name, value)
            if self.body or self.method in ("POST", "PUT", "PATCH"):
                connection.putheader("content-length", str(len(self.body)))
            connection.endheaders(self.body or None)
            return Answer(connection.getresponse())
        finally:
            connection.close()


class Answer:
    def __init__(self, answer):
        self.status, self.body = answer.status, answer.read()
        self.kind = answer.headers.get("x-amzn-errortype", "")
        self.type = answer.headers.get("content-type", "")

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.kind} {self.body[:300]!r}"


def digest(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def canonical_query(query):
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    decoded = [(urllib.parse.unquote_plus(name), urllib.parse.unquote_plus(value)) for name, _, value in pairs]
    quoted = [tuple(urllib.parse.quote(part, safe="-_.~") for part in pair) for pair in decoded]
    return "&".join(f"{name}={value}" for name, value in sorted(quoted))


def now(**shift):
    return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**shift)


def refused(answer, kind, message=None):
    """403 of this kind, in the form of errors of AWS, that tells no secret."""
    assert (answer.status, answer.kind) == (403, kind), answer
    assert answer.type.split(";")[0] == "application/json" and answer.json.keys() == {"message"}, answer
    told = answer.json["message"]
    if message is not None:
        assert told.startswith(message), answer
    # The signature that would have been right is 64 hexadecimal digits.
    assert not re.search("[0-9a-f]{64}", told) and DEPLOYER.secret not in told and READER.secret not in told, answer
    return told


def client(key, secret=None, region=REGION, **more):
    config = Config(retries={"total_max_attempts": 1}, connect_timeout=10, read_timeout=60)
    return boto3.client("apigateway", endpoint_url=CONTROL, region_name=region, aws_access_key_id=key.id,
                        aws_secret_access_key=secret or key.secret, config=config, **more)


def failing(call, **given):
    """Status, type and message of what a client of boto3 is refused with."""
    with pytest.raises(ClientError) as caught:
        call(**given)
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer["Error"]["Message"]


@pytest.fixture(scope="module")
def deployer():
    return client(DEPLOYER)


@pytest.fixture(scope="module")
def reader():
    return client(READER)


@pytest.fixture(scope="module")
def api(deployer):
    """The id of an API with the stage dev."""
    made = deployer.create_rest_api(name="guarded")["id"]
    at = {"restApiId": made, "resourceId": deployer.get_resources(restApiId=made)["items"][0]["id"],
          "httpMethod": "GET"}
    deployer.put_method(**at, authorizationType="NONE")
    deployer.put_integration(**at, type="MOCK")
    deployer.create_deployment(restApiId=made, stageName="dev", variables={"hidden": "from-the-reader"})
    yield made
    deployer.delete_rest_api(restApiId=made)


# Who may.

def test_the_deployer_may_everything(deployer, api):
    assert deployer.get_rest_api(restApiId=api)["name"] == "guarded"
    assert deployer.get_stage(restApiId=api, stageName="dev")["variables"] == {"hidden": "from-the-reader"}
    for op in ("replace", "remove"):
        patch = {"op": op, "path": "/variables/changed", **({"value": "yes"} if op == "replace" else {})}
        deployer.update_stage(restApiId=api, stageName="dev", patchOperations=[patch])


def test_the_reader_reads_what_is_not_denied(reader, api):
    assert api in [each["id"] for each in reader.get_rest_apis(limit=500)["items"]]
    assert reader.get_rest_api(restApiId=api)["name"] == "guarded"
    assert reader.get_resources(restApiId=api)["items"]
    assert reader.get_deployments(restApiId=api)["items"]


def test_the_reader_is_told_what_it_may_not(reader, deployer, api):
    def told(action, path):
        return (rf"User: arn:aws:iam::\d{{12}}:user/reader is not authorized to perform: apigateway:{action} "
                rf"on resource: arn:aws:apigateway:{REGION}::{re.escape(path)}")

    patch = [{"op": "replace", "path": "/name", "value": "taken"}]
    at = {"restApiId": api}
    stage = {"restApiId": api, "stageName": "dev"}
    before = deployer.get_rest_api(**at), deployer.get_stage(**stage)
    for call, given, action, path in [
        (reader.get_stage, stage, "GET", f"/restapis/{api}/stages/dev"),
        (reader.get_export, {**stage, "exportType": "oas30"}, "GET", f"/restapis/{api}/stages/dev/exports/oas30"),
        (reader.create_rest_api, {"name": "mine"}, "POST", "/restapis"),
        (reader.import_rest_api, {"body": b"{}"}, "POST", "/restapis"),
        (reader.create_deployment, {**at, "stageName": "dev"}, "POST", f"/restapis/{api}/deployments"),
        (reader.update_rest_api, {**at, "patchOperations": patch}, "PATCH", f"/restapis/{api}"),
        (reader.put_rest_api, {**at, "body": b"{}"}, "PUT", f"/restapis/{api}"),
        (reader.delete_stage, stage, "DELETE", f"/restapis/{api}/stages/dev"),
        (reader.flush_stage_cache, stage, "DELETE", f"/restapis/{api}/stages/dev/cache/data"),
        (reader.delete_rest_api, at, "DELETE", f"/restapis/{api}"),
        # What is not there is no matter of who may not ask for it.
        (reader.delete_rest_api, {"restApiId": "notthere00"}, "DELETE", "/restapis/notthere00"),
    ]:
        status, kind, message = failing(call, **given)
        assert (status, kind) == (403, DENIED), message
        assert re.match(told(action, path), message), message
    after = deployer.get_rest_api(**at), deployer.get_stage(**stage)
    assert [strip(each) for each in after] == [strip(each) for each in before]
    assert "mine" not in [each["name"] for each in deployer.get_rest_apis(limit=500)["items"]]


def strip(answer):
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


# Signatures.

def test_a_plain_signature_holds():
    """So that what is refused below is refused for its reason alone."""
    for path, query in [("/restapis", ""), ("/restapis", "limit=1"), ("/usageplans", "position=&limit=1"),
                        ("/restapis/", "")]:
        answer = Request(path=path, query=query).signed(DEPLOYER).send()
        assert answer.status == 200, answer
    answer = Request(headers={"content-type": "application/json", "x-more": "a b"}).signed(DEPLOYER).send()
    assert answer.status == 200, answer


def test_no_signature_is_missing():
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"):
        answer = Request(method).send()
        assert (answer.status, answer.kind) == (403, MISSING), f"{method}: {answer}"
        if method != "HEAD":
            refused(answer, MISSING, "Missing Authentication Token")


def test_what_is_no_signature_is_incomplete():
    good = Request().signed(DEPLOYER).headers["authorization"]
    for text in ["Bearer abc", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=a", good.replace("Signature=", "S="),
                 good.replace("AWS4-HMAC-SHA256 ", "AWS4-HMAC-SHA1 "), good.replace("/aws4_request", ""),
                 re.sub("SignedHeaders=[^,]*, ", "", good)]:
        request = Request().signed(DEPLOYER)
        request.headers["authorization"] = text
        refused(request.send(), INCOMPLETE)


def test_a_wrong_secret_is_a_wrong_signature(api):
    assert failing(client(DEPLOYER, secret=READER.secret).get_rest_apis) == (403, INVALID, MISMATCH)
    refused(Request().signed(DEPLOYER._replace(secret="")).send(), INVALID, MISMATCH)
    good = Request().signed(DEPLOYER)
    whole = good.headers["authorization"]
    for text in [whole[:-1], whole[:-32], whole[:-1] + ("0" if whole[-1] != "0" else "1"), whole + "00",
                 re.sub("Signature=.*", "Signature=" + "0" * 64, whole)]:
        good.headers["authorization"] = text
        refused(good.send(), INVALID, MISMATCH)
    # The reader's signature does not become the deployer's.
    stolen = Request().signed(READER)
    stolen.headers["authorization"] = stolen.headers["authorization"].replace(READER.id, DEPLOYER.id)
    refused(stolen.send(), INVALID, MISMATCH)


def test_an_unknown_key_is_unknown():
    told = "The security token included in the request is invalid."
    assert failing(client(Key("", "AKIAEXAMPLENOBODY001", DEPLOYER.secret)).get_rest_apis) == (403, UNKNOWN, told)
    refused(Request().signed(DEPLOYER._replace(id=DEPLOYER.id.lower())).send(), UNKNOWN, told)
    assert failing(client(DEPLOYER, aws_session_token="token").get_rest_apis) == (403, UNKNOWN, told)


def test_clocks_may_differ_by_five_minutes():
    for shift in (-4, 4):
        answer = Request().signed(DEPLOYER, at=now(minutes=shift)).send()
        assert answer.status == 200, answer
    refused(Request().signed(DEPLOYER, at=now(minutes=-6)).send(), INVALID, "Signature expired: ")
    refused(Request().signed(DEPLOYER, at=now(minutes=6)).send(), INVALID, "Signature not yet current: ")
    # Yesterday's key does not sign today.
    yesterday = f"{now(days=-1):%Y%m%d}"
    refused(Request().signed(DEPLOYER, day=yesterday).send(), INVALID)


def test_the_scope_is_this_region_and_service():
    assert failing(client(DEPLOYER, region="eu-west-1").get_rest_apis)[:2] == (403, INVALID)
    for other in [{"region": "eu-west-1"}, {"region": ""}, {"service": "execute-api"}, {"service": "s3"},
                  {"term": "aws5_request"}]:
        refused(Request().signed(DEPLOYER, **other).send(), INVALID, "Credential should be scoped")


# A captured signature, sent again for something else.

def test_a_captured_signature_is_good_for_one_request(deployer, api):
    path = f"/restapis/{api}"

    def captured(**given):
        return Request(**{"path": path, **given}).signed(DEPLOYER)

    assert captured().send().status == 200
    for other in ["/restapis", f"{path}/stages", f"{path}/stages/dev", "/apikeys", f"{path}x", "/edgewit/audit"]:
        refused(captured().but(path=other).send(), INVALID, MISMATCH)
    for other in ["DELETE", "PATCH", "POST", "PUT", "HEAD"]:
        answer = captured().but(method=other).send()
        assert (answer.status, answer.kind) == (403, INVALID), f"{other}: {answer}"
    for other in ["limit=1", "mode=overwrite", "limit=2&position=x"]:
        refused(captured().but(query=other).send(), INVALID, MISMATCH)
        refused(captured(query="limit=1").but(query=other if other != "limit=1" else "").send(), INVALID, MISMATCH)
    body = json.dumps({"patchOperations": [{"op": "replace", "path": "/name", "value": "signed"}]}).encode()
    for other in [body.replace(b"signed", b"forged"), body + b" ", b""]:
        refused(captured(method="PATCH", body=body).but(body=other).send(), INVALID, MISMATCH)
    refused(captured().but(body=b"{}").send(), INVALID, MISMATCH)
    assert deployer.get_rest_api(restApiId=api)["name"] == "guarded"


def test_no_body_is_taken_without_its_hash(deployer):
    for said in ["UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", hashlib.sha256(b"").hexdigest()]:
        request = Request("POST", body=b'{"name": "forged"}', headers={"x-amz-content-sha256": said})
        refused(request.signed(DEPLOYER, payload=said).send(), INVALID, MISMATCH)
    assert "forged" not in [each["name"] for each in deployer.get_rest_apis(limit=500)["items"]]


def test_signed_headers_stay_as_they_are():
    def captured():
        return Request(headers={"x-more": "kept", "content-type": "application/json"}).signed(DEPLOYER)

    for name, value in [("x-more", "changed"), ("content-type", "text/plain"), ("host", "localhost:1"),
                        ("x-amz-date", f"{now(seconds=5):%Y%m%dT%H%M%SZ}")]:
        request = captured()
        request.headers[name] = value
        refused(request.send(), INVALID)
    request = captured()
    del request.headers["x-more"]
    refused(request.send(), INVALID, MISMATCH)
    refused(Request().signed(DEPLOYER, leave_out=["host"]).send(), INVALID, "'Host'")


# Presigned URLs.

def presigned(key, path="/restapis", query="", method="GET", expires=60):
    """Path and query with a signature by botocore."""
    request = AWSRequest(method, f"http://{HOST}{path}" + (f"?{query}" if query else ""), headers={"host": HOST})
    SigV4QueryAuth(Credentials(key.id, key.secret), SERVICE, REGION, expires=expires).add_auth(request)
    parts = urllib.parse.urlsplit(request.url)
    return Request(method, parts.path, parts.query)


def test_a_presigned_url_is_a_signature_of_its_own_request(api):
    answer = presigned(DEPLOYER, query="limit=1").send()
    assert answer.status == 200, answer
    refused(presigned(DEPLOYER).but(path="/apikeys").send(), INVALID, MISMATCH)
    refused(presigned(DEPLOYER).but(method="POST").send(), INVALID, MISMATCH)
    refused(presigned(DEPLOYER).but(body=b"{}").send(), INVALID, MISMATCH)
    refused(presigned(DEPLOYER._replace(secret="wrong")).send(), INVALID, MISMATCH)
    refused(presigned(DEPLOYER._replace(id="AKIAEXAMPLENOBODY001")).send(), UNKNOWN)
    for before, after in [("X-Amz-Expires=60", "X-Amz-Expires=6000"), ("limit=1", "limit=2"),
                          ("X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders=host%3Bx-more")]:
        request = presigned(DEPLOYER, query="limit=1")
        assert before in request.query, request.query
        refused(request.but(query=request.query.replace(before, after)).send(), INVALID, MISMATCH)
    refused(presigned(READER, f"/restapis/{api}/stages/dev").send(), DENIED, "User: ")


def test_a_presigned_url_ends():
    for expires in (0, -1, 604_801):
        refused(presigned(DEPLOYER, expires=expires).send(), INCOMPLETE)
    request = presigned(DEPLOYER, expires=1)
    old = f"{now(minutes=-1):%Y%m%dT%H%M%SZ}"
    refused(request.but(query=re.sub("X-Amz-Date=[^&]*", f"X-Amz-Date={old}", request.query)).send(), INVALID,
            "Signature expired: ")


def test_one_request_has_one_signature():
    request = presigned(DEPLOYER)
    request.headers |= Request().signed(DEPLOYER).headers
    refused(request.send(), INVALID, "Found both ")


# The node's own pages.

def test_health_and_metrics_are_open():
    for path in ("/edgewit/health", "/metrics"):
        assert Request(path=path).send().status == 200


def test_all_other_pages_are_guarded():
    for path in ["/edgewit/plugins", "/edgewit/audit", "/edgewit/audit?after=0", "/edgewit/", "/edgewit", "/",
                 "/nothing", "/edgewit/plugins/", "//edgewit/audit", "/edgewit//audit", "/edgewit/%61udit",
                 "/edgewit/./audit", "/edgewit/health/../audit", "/metrics/", "/metrics/../restapis", "/edgewit/health/../../restapis",
                 "/edgewit/health%2f..%2faudit"]:
        path, _, query = path.partition("?")
        refused(Request(path=path, query=query).send(), MISSING)
    refused(Request("POST", "/edgewit/plugins/any/rollback").send(), MISSING)
    refused(Request("POST", "/edgewit/plugins/any/rollback").signed(READER).send(), DENIED, "User: ")
    for path in ("/edgewit/plugins", "/edgewit/audit"):
        for key in (DEPLOYER, READER):
            answer = Request(path=path).signed(key).send()
            assert answer.status == 200, answer


def test_pages_of_browsers_have_no_business_here():
    for header in ("origin", "sec-fetch-site"):
        refused(Request(headers={header: "http://evil.example"}).signed(DEPLOYER).send(), DENIED)


# The audit log.

def test_the_audit_log_names_who(deployer, reader):
    made = deployer.create_rest_api(name="audited")["id"]
    failing(reader.delete_rest_api, restApiId=made)
    deployer.delete_rest_api(restApiId=made)
    lines, last = [], 0
    while more := Request(path="/edgewit/audit", query=f"after={last}").signed(DEPLOYER).send().json["lines"]:
        lines, last = lines + more, more[-1]["line"]
    about = [line["entry"] for line in lines
             if any(each["record"] == f"restapis/{made}" for each in line["entry"]["records"])]
    assert [(entry["operation"], entry["who"]) for entry in about] == [
        (operation, {"name": "deployer", "accessKeyId": DEPLOYER.id, "address": about[0]["who"]["address"]})
        for operation in ("CreateRestApi", "DeleteRestApi")
    ]
    assert "reader" not in [line["entry"]["who"]["name"] for line in lines if "who" in line["entry"]]
    told = json.dumps(lines)
    assert DEPLOYER.secret not in told and READER.secret not in told


# Ways around a denial.

TRICKS = [
    "/restapis/{api}/stages/dev", "/restapis/{api}/stages/dev/", "/restapis/{api}/stages/dev?",
    "//restapis/{api}/stages/dev", "/restapis//{api}/stages/dev", "/restapis/{api}//stages/dev",
    "/restapis/{api}/stages//dev", "/./restapis/{api}/stages/dev", "/restapis/./{api}/stages/dev",
    "/restapis/{api}/./stages/dev", "/restapis/{api}/stages/./dev", "/restapis/../restapis/{api}/stages/dev",
    "/x/../restapis/{api}/stages/dev", "/restapis/{api}/resources/../stages/dev",
    "/restapis/{api}/stages/x/../dev", "/restapis/{api}/x/%2e%2e/stages/dev",
    "/restapis/%2e%2e/restapis/{api}/stages/dev", "/restapis/{api}/%2e/stages/dev",
    "/restapis/{api}/.%2e/{api}/stages/dev", "/restapis%2f{api}/stages/dev", "/restapis/{api}%2fstages/dev",
    "/restapis/{api}%2fstages%2fdev", "/restapis/{api}%2Fstages%2Fdev", "/%2frestapis/{api}/stages/dev",
    "/restapis/{api}/stages%2fdev", "/restapis/{api}/stages%2f/dev", "/restapis/{api}/%73tages/dev",
    "/restapis/{api}/stage%73/dev", "/restapis/{api}/stages/%64ev", "/%72estapis/{api}/stages/dev",
    "/restapis/{api}/%2573tages/dev", "/restapis/{api}/Stages/dev", "/RESTAPIS/{api}/stages/dev",
    "/restapis/{api};x/stages/dev", "/restapis/{api}/stages;x/dev", "/restapis/{api}\\stages\\dev",
    "/restapis/{api}/stages%5cdev", "/restapis/{api}/stages%00/dev", "/restapis/{api}/stages/dev%00",
    "/restapis/{api}/stages/dev%20", "/restapis/{api}%20/stages/dev", "/restapis/{api}/stages%3fx/dev",
    "/restapis/{api}%3f/stages/dev", "/restapis/{api}%23/stages/dev", "/restapis/{api}/stages%E2%88%95dev",
    "/restapis/{api}/stages%C0%AFdev", "/restapis/{api}/deployments%2f..%2fstages%2fdev",
    "/restapis/{api}/stages/dev/../../stages/dev", "/restapis/{api}/stages/dev/exports/oas30",
    "/restapis/{api}/stages/dev/sdks/java", "/edgewit/../restapis/{api}/stages/dev",
    "/edgewit/health/../../restapis/{api}/stages/dev", "/metrics/../restapis/{api}/stages/dev",
    "http://" + HOST + "/restapis/{api}/stages/dev", "http://" + HOST + "//restapis/{api}/stages/dev",
]


@pytest.mark.parametrize("trick", TRICKS)
def test_no_spelling_of_the_path_gets_past_the_denial(api, trick):
    for method in ("GET", "DELETE"):
        sent, _, query = trick.format(api=api).partition("?")
        path = re.sub("^http://[^/]*", "", sent)
        # As botocore signs a path, and as those do who normalise it or decode it before.
        signed = {path, normalised(path), normalised(urllib.parse.unquote(path, errors="replace"))}
        for form in signed:
            answer = Request(method, sent, query).signed(READER, path=form).send()
            assert answer.status in (400, 403, 404), f"{method} signed as {form}: {answer}"
            # So that it is not the signature that everything fails by.
            assert form != path or answer.kind != INVALID, f"{method}: {answer}"
            assert b"from-the-reader" not in answer.body and b"deploymentId" not in answer.body, f"{method}: {answer}"


@pytest.mark.parametrize("plain, others", [
    ("/restapis/abcdefghij", ["/restapis/%61bcdefghij", "/restapis/abcdefghi%6A", "/restapis/%61%62%63defghij"]),
    ("/restapis/abcdefghij", ["/restapis/abcdefghij/"]),
    ("/apikeys", ["/apikeys/"]),
    ("/domainnames/a.example.com", ["/domainnames/a%2Eexample.com", "/domainnames/a%2eexample%2ecom"]),
    ("/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Frestapis%2Fabcdefghij",
     ["/tags/arn:aws:apigateway:us-east-1::/restapis/abcdefghij",
      "/tags/arn%3aaws%3aapigateway%3aus-east-1%3a%3a%2frestapis%2fabcdefghij"]),
])
def test_one_resource_has_one_name_in_policies(plain, others):
    """Whatever is served as the same must be judged as the same; a policy names the plain one."""
    resource = refused(Request("DELETE", plain).signed(READER).send(), DENIED).rpartition("on resource: ")[2]
    assert resource.startswith(f"arn:aws:apigateway:{REGION}::/")
    for other in others:
        answer = Request("DELETE", other).signed(READER).send()
        if answer.status not in (400, 404):
            assert refused(answer, DENIED).endswith(f"on resource: {resource}"), f"{other}: {answer}"


def normalised(path):
    kept = []
    for segment in path.split("/"):
        if segment == "..":
            kept = kept[:-1]
        elif segment not in ("", "."):
            kept.append(segment)
    return "/" + "/".join(kept) + ("/" if path.endswith("/") and kept else "")


def test_the_stage_is_still_there(deployer, api):
    assert deployer.get_stage(restApiId=api, stageName="dev")["variables"] == {"hidden": "from-the-reader"}
