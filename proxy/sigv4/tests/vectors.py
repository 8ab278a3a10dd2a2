#!/usr/bin/env python3
"""Writes vectors.json: requests with the signatures that botocore gives them.

    pip install --target /tmp/botocore botocore
    PYTHONPATH=/tmp/botocore python3 vectors.py

The same table on every run with the same botocore: requests are combined from the lists below by a generator with a
fixed start. A request is given as it goes over the wire; botocore is given the same path, and the query decoded,
because it takes what it is given as canonical.
"""

import datetime
import json
import random
from pathlib import Path
from unittest import mock
from urllib.parse import quote, urlsplit

import botocore
import botocore.auth
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

TARGET = Path(__file__).with_name("vectors.json")
VECTORS, PRESIGNED = 220, 60

REGIONS = ["us-east-1", "eu-central-1", "ap-southeast-4", "us-gov-west-1", "cn-north-1"]
HOSTS = {
    "sqs": "sqs.{}.amazonaws.com",
    "s3": "bucket.s3.{}.amazonaws.com",
    "dynamodb": "dynamodb.{}.amazonaws.com",
    "lambda": "lambda.{}.amazonaws.com:8443",
    "execute-api": "abc123.execute-api.{}.amazonaws.com",
}
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
TOKEN = "IQoJb3JpZ2luX2VjEJr//////////wEaCXVzLWVhc3QtMSJHMEUCIQD+/x3=="

PATHS = [
    "", "/", "//", "///", "/.", "/..", "/./", "/../", "/a", "/a/", "/a//b", "/a/./b", "/a/../b", "/a/b/..",
    "/a/b/../", "/../../a", "/a/...", "/a/.b", "/.a/b.", "/123456789012/queue", "/123456789012/queue.fifo/",
    "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Apets/invocations",
    "/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:pets/invocations",
    "/prod/%40connections/AbC%3D", "/prod/@connections/AbC=", "/dev/pets/a%20b", "/dev/pets/%E4%BD%A0%E5%A5%BD",
    "/dev/caf%C3%A9/x", "/dev/%2e%2e/x", "/dev/%2F/x", "/dev/a+b", "/dev/~tilde_-.", "/dev/!$&'()*,;", "/a:b@c",
    "/%", "/%zz", "/a%2fB%2Fc", "/~", "/*", "/a=b", "/a|b", "/\"q\"", "/{id}", "/a[0]", "/a^b`c",
]

S3_PATHS = [
    "/", "//", "/key", "/key/", "/a//b", "/a/../b", "/a/./b", "/..", "/a%20b", "/%E4%BD%A0.txt", "/a%2Bb", "/a%40b",
    "/~tilde", "/a/b/c.tar.gz", "/.hidden", "/%25", "/a%3Db%26c", "/2024/01/01/%C3%A9t%C3%A9.json",
]

PARAMETERS = [
    [], [], [("a", "1")], [("b", "2"), ("a", "1")], [("a", "")], [("", "a")], [("a", "2"), ("a", "1"), ("a", "10")],
    [("a", "1"), ("a-b", "2"), ("a.b", "3"), ("aB", "4"), ("A", "5")], [("key", "value with spaces")],
    [("q", "a+b"), ("q", "a b")], [("q", "1=2&3=4")], [("q", "x/y?z#w")], [("é", "ü"), ("你", "好")], [("😀", "😀")],
    [("reserved", "!*'();:@&=+$,/?#[]")], [("unreserved", "-_.~")], [("%", "%25")], [("Qualifier", "$LATEST")],
    [("Action", "SendMessage"), ("MessageBody", '{"a": "b c"}'), ("Version", "2012-11-05")],
    [("list-type", "2"), ("prefix", "a/b/"), ("delimiter", "/"), ("continuation-token", "1/x==")],
    [("uploads", "")], [("versionId", "null"), ("acl", "")], [("x", "1"), ("X", "2"), ("x", "0")],
    [("a", "\t\n"), ("b", "\x7f")], [("z", "1"), ("y", ""), ("", "x")], [("X-Amz-Meta", "1"), ("x-amz-meta", "2")],
]

HEADERS = [
    [], [("Content-Type", "application/json")], [("content-type", "application/x-www-form-urlencoded; charset=utf-8")],
    [("X-Amz-Target", "AmazonSQS.SendMessage"), ("Content-Type", "application/x-amz-json-1.0")],
    [("X-Custom", "  leading and trailing  ")], [("X-Custom", "inner   spaces \t and tabs")], [("X-Empty", "")],
    [("X-Spaces", "    ")], [("X-Twice", "one"), ("X-Twice", "two")],
    [("x-b", "2"), ("X-A", "1"), ("X-B", " 1 ")], [("X-Quoted", '"a   b"')], [("X-Unicode", "café 你好")],
    [("User-Agent", "edgewit/0.1"), ("Connection", "keep-alive"), ("Expect", "100-continue")],
    [("X-Amzn-Trace-Id", "Root=1-5759e988-bd862e3fe1be46a994272793"), ("Accept", "*/*")],
    [("Accept", "application/json, text/plain"), ("Accept-Encoding", "identity"), ("Content-Length", "12")],
    [("X-Amz-Meta-B", "b"), ("X-Amz-Meta-A", "a"), ("x-amz-meta-a", "again"), ("x-amz-meta", "m")],
    [("Range", "bytes=0-9"), ("If-None-Match", '"etag"')], [("X-Forwarded-For", "203.0.113.7, 10.0.0.1")],
    [("Cookie", "a=b; c=d"), ("Cookie", "e=f")], [("x-z", "z"), ("x-y-z", "yz"), ("x-y", "y"), ("x_y", "_")],
    [("X-Amz-Invocation-Type", "Event"), ("Content-Type", "application/json"), ("TE", "trailers")],
]

BODIES = ["", "", "{}", '{"message": "hello"}', "Action=SendMessage&MessageBody=hi", "é你😀\n", "x" * 400, "\0\x01\x7f"]


def main():
    choose = random.Random(20130524)
    vectors = [vector(choose, number, presigned=False) for number in range(VECTORS)]
    vectors += [vector(choose, number, presigned=True) for number in range(PRESIGNED)]
    lines = ",\n".join(json.dumps(vector, ensure_ascii=True) for vector in vectors)
    TARGET.write_text(f'{{"botocore": "{botocore.__version__}", "vectors": [\n{lines}\n]}}\n', encoding="utf-8")


def vector(choose, number, presigned):
    service = list(HOSTS)[number % len(HOSTS)]
    region = choose.choice(REGIONS)
    # Every list is gone through whole, so that nothing in it is left to chance.
    paths = S3_PATHS if service == "s3" else PATHS
    path = paths[number // len(HOSTS) % len(paths)]
    parameters = PARAMETERS[(number * 7 + number // len(HOSTS)) % len(PARAMETERS)]
    headers = HEADERS[(number * 5 + number // len(HEADERS)) % len(HEADERS)]
    given = {
        "service": service,
        "region": region,
        "time": choose.randrange(1_000_000_000, 4_000_000_000),
        "access_key_id": choose.choice(["AKIDEXAMPLE", "AKIAIOSFODNN7EXAMPLE"]),
        "secret_access_key": choose.choice(["wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "s3cr3t/é"]),
        "session_token": choose.choice([None, TOKEN]),
        "method": choose.choice(METHODS),
        "host": HOSTS[service].format(region),
        "path": path,
        "headers": headers,
        "body": choose.choice(BODIES),
        "payload_signed": choose.random() < 0.8,
    }
    return presign(choose, given, parameters) if presigned else sign(choose, given, parameters)


def sign(choose, given, parameters):
    request = request_of(given, f"https://{given['host']}{given['path']}", parameters)
    request.context["payload_signing_enabled"] = given["payload_signed"]
    if given["service"] == "s3":
        request.context["client_config"] = mock.Mock(s3={"payload_signing_enabled": given["payload_signed"]})
    signer = S3SigV4Auth if given["service"] == "s3" else SigV4Auth
    at_its_time(given, signer(credentials(given), given["service"], given["region"]), request)
    names = ["X-Amz-Date", "X-Amz-Security-Token", "X-Amz-Content-SHA256", "Authorization"]
    signed = [[name.lower(), request.headers[name]] for name in names if name in request.headers]
    return given | {"query": wire(choose, parameters), "signed": signed}


def presign(choose, given, parameters):
    # botocore would move a body into the query, and keeps one value of a name.
    given["body"] = ""
    once = dict(parameters)
    url = f"https://{given['host']}{given['path']}"
    if once:
        url += "?" + "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in once.items())
    request = request_of(given, url, [])
    expires = choose.choice([1, 60, 900, 3600, 604800])
    signer = S3SigV4QueryAuth if given["service"] == "s3" else SigV4QueryAuth
    signer = signer(credentials(given), given["service"], given["region"], expires=expires)
    at_its_time(given, signer, request)
    # A header that botocore takes away before it presigns.
    headers = [[name, value] for name, value in given["headers"] if name in request.headers]
    return given | {"headers": headers, "query": urlsplit(request.url).query, "expires": expires}


def request_of(given, url, parameters):
    request = AWSRequest(given["method"], url, params=parameters, data=given["body"].encode())
    for name, value in given["headers"]:
        request.headers.add_header(name, value)
    return request


def credentials(given):
    return Credentials(given["access_key_id"], given["secret_access_key"], given["session_token"])


def at_its_time(given, signer, request):
    now = datetime.datetime.fromtimestamp(given["time"], datetime.timezone.utc)
    with mock.patch.object(botocore.auth, "get_current_datetime", lambda *_: now):
        signer.add_auth(request)


def wire(choose, parameters):
    """A query string in one of the many ways in which the parameters can be written."""
    def spell(text):
        escaped = quote(text, safe=choose.choice(["", "-_.~", "/:@!$'()*,;?", "~"]))
        # The digits of escapes may be written small.
        return "".join(c.lower() if choose.random() < 0.3 and before == "%" else c
                       for before, c in zip([""] + list(escaped), escaped))
    pairs = []
    for name, value in parameters:
        bare = not value and name and choose.random() < 0.5
        pairs.append(spell(name) if bare else f"{spell(name)}={spell(value)}")
    return "&".join(pairs)


if __name__ == "__main__":
    main()
