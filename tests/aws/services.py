#!/usr/bin/env python3
"""Services of AWS on this machine, for tests of the gateway: moto behind a check of every signature.

    tests/aws/services.py serve               fills the services, prints one line of JSON, serves until stdin ends
    tests/aws/services.py verify PORT [WHAT]  asserts with boto3 that the requests of steps.yaml had their effects;
                                              WHAT is one or more of the names below, default: all of them

The line of JSON has `port`, `url`, `access_key_id`, `secret_access_key`, `region` and `account`. The packages of
requirements.txt are installed once, into .cache/aws-services or the folder that EDGEWIT_AWS_PACKAGES names; nothing
is installed anywhere else. Exit codes: 0 fine, 1 something is not as it must be, 2 the packages cannot be installed.

moto does not check signatures, so a layer in front of it does, for the fixed key pair and for roles that were
assumed: one that is wrong is answered with 403 and with what was to be signed. Three paths are the layer's own:

    GET  /_services/seen                      the requests so far, oldest first
    POST /2015-03-31/functions/F/invocations  a function that returns its name and the method of its event
    POST /2021-11-15/functions/F/response-streaming-invocations    the same as an event stream
"""

import argparse
import hashlib
import hmac
import io
import json
import os
import re
import struct
import sys
import threading
import urllib.parse
import urllib.request
import zlib
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parent))

from pinned import ROOT, installed  # noqa: E402

REQUIREMENTS = HERE / "requirements.txt"

REGION = "us-east-1"
ACCOUNT = "123456789012"
KEY = "AKIDEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
AGENT = "AmazonAPIGateway_"
"""What the user agent of the gateway begins with."""


# --- packages

def packages():
    """The folder with the packages of requirements.txt, which is made where it is missing."""
    base = Path(os.environ.get("EDGEWIT_AWS_PACKAGES", ROOT / ".cache" / "aws-services"))
    return installed(REQUIREMENTS, base)


def client(service, port):
    import boto3
    from botocore.config import Config
    config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"},
                    request_checksum_calculation="when_required", response_checksum_validation="when_required")
    return boto3.client(service, endpoint_url=f"http://127.0.0.1:{port}", region_name=REGION,
                        aws_access_key_id=KEY, aws_secret_access_key=SECRET, config=config)


# --- signatures

class Refused(Exception):
    """Why a signature is not accepted."""


def signed(method, target, headers, body, secret_of):
    """Checks a request by the rules of Signature Version 4; returns (key, region, service) or raises Refused.

    `headers` has names in lower case, `secret_of` gives (secret, session token or None) of a key, or None.
    """
    form = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, ?"
                        r"SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})", headers.get("authorization", ""))
    if not form:
        raise Refused(f"no signature: {headers.get('authorization')!r}")
    key, day, region, service, names, signature = form.groups()
    names = names.split(";")
    stamp = headers.get("x-amz-date", "")
    pair = secret_of(key)
    if pair is None:
        raise Refused(f"unknown key {key}")
    secret, token = pair
    if token is not None and headers.get("x-amz-security-token") != token:
        raise Refused("the session token is not the one of the key")
    if not re.fullmatch(day + r"T\d{6}Z", stamp):
        raise Refused(f"x-amz-date is {stamp!r} on day {day}")
    must = {"host"} | {name for name in headers if name.startswith("x-amz-")}
    if names != sorted(names) or not must <= set(names):
        raise Refused(f"signed are {names}, and must be {sorted(must)}, in order")
    digest = hashlib.sha256(body).hexdigest()
    if service == "s3":
        said = headers.get("x-amz-content-sha256")
        if said not in (digest, "UNSIGNED-PAYLOAD"):
            raise Refused(f"x-amz-content-sha256 is {said}, and the body's {digest}")
        digest = said
    path, _, query = target.partition("?")
    # S3 encodes the path anew, all others encode what was sent once more.
    parts = [urllib.parse.unquote(part) if service == "s3" else part for part in path.split("/")]
    path = "/".join(urllib.parse.quote(part, safe="-_.~") for part in parts)
    pairs = [part.partition("=")[::2] for part in query.split("&") if part]
    encoded = sorted(tuple(urllib.parse.quote(urllib.parse.unquote(text), safe="-_.~") for text in pair)
                     for pair in pairs)
    canonical = "\n".join([
        method, path, "&".join("=".join(pair) for pair in encoded),
        *(f"{name}:{' '.join(headers.get(name, '').split())}" for name in names),
        "", ";".join(names), digest])
    scope = f"{day}/{region}/{service}/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    chain = b"AWS4" + secret.encode()
    for part in scope.split("/"):
        chain = hmac.new(chain, part.encode(), hashlib.sha256).digest()
    if hmac.new(chain, text.encode(), hashlib.sha256).hexdigest() != signature:
        raise Refused(f"the signature is of another request than\n{canonical}")
    return key, region, service


class Layer:
    """A WSGI application before moto's that checks signatures and remembers what was asked."""

    def __init__(self, application):
        self.application = application
        self.seen = []

    def __call__(self, environ, start):
        method, target = environ["REQUEST_METHOD"], environ["RAW_URI"]
        if target == "/_services/seen":
            return reply(start, "200 OK", json.dumps(self.seen).encode())
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        headers = {name[5:].replace("_", "-").lower(): value
                   for name, value in environ.items() if name.startswith("HTTP_")}
        headers |= {name: environ[key] for name, key in
                    (("content-type", "CONTENT_TYPE"), ("content-length", "CONTENT_LENGTH")) if environ.get(key)}
        kept = {"method": method, "target": target, "agent": headers.get("user-agent", ""), "body": len(body),
                "source_arn": headers.get("x-amz-source-arn"), "amz_target": headers.get("x-amz-target")}
        try:
            key, region, service = signed(method, target, headers, body, secret_of)
        except Refused as why:
            self.seen.append(kept | {"refused": str(why)})
            print(f"refused {method} {target}: {why}", file=sys.stderr)
            return reply(start, "403 Forbidden", f"SignatureDoesNotMatch: {why}".encode(), "text/plain")
        self.seen.append(kept | {"key": key, "region": region, "service": service})
        if service == "lambda":
            return invoked(start, target, body)
        environ["wsgi.input"] = io.BytesIO(body)
        return self.application(environ, start)


def reply(start, status, body, kind="application/json"):
    start(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
    return [body]


def secret_of(key):
    """Secret and session token of the fixed key, or of an assumed role."""
    if key == KEY:
        return SECRET, None
    from moto.sts.models import sts_backends
    for role in sts_backends[ACCOUNT]["aws"].assumed_roles:
        if role.access_key_id == key:
            return role.secret_access_key, role.session_token
    return None


def invoked(start, target, body):
    """The answer of the function that stands for all."""
    path = target.partition("?")[0]
    form = re.fullmatch(r"/[0-9-]+/functions/([^/]+)/(invocations|response-streaming-invocations)", path)
    if not form:
        return reply(start, "404 Not Found", b'{"Message":"no such function","Type":"User"}')
    event = json.loads(body)
    told = json.dumps({"function": urllib.parse.unquote(form[1]),
                       "method": event.get("httpMethod") if isinstance(event, dict) else None})
    if form[2] == "invocations":
        return reply(start, "200 OK", json.dumps({"statusCode": 200, "body": told}).encode())
    start("200 OK", [("Content-Type", "application/vnd.amazon.eventstream")])
    head = b'{"statusCode":200,"headers":{"Content-Type":"application/json"}}' + bytes(8)
    half = len(told) // 2
    return [message("PayloadChunk", head), message("PayloadChunk", told[:half].encode()),
            message("PayloadChunk", told[half:].encode()), message("InvokeComplete", b"{}")]


def message(kind, payload):
    """A message of an event stream."""
    headers = b""
    for name, value in ((":message-type", "event"), (":event-type", kind)):
        headers += bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(value)) + value.encode()
    prelude = struct.pack(">II", len(headers) + len(payload) + 16, len(headers))
    whole = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + payload
    return whole + struct.pack(">I", zlib.crc32(whole))


# --- what is there before

def fill(port):
    """Creates what the requests of steps.yaml read and write."""
    sqs = client("sqs", port)
    arns = {}
    for name in ("orders", "news", "events"):
        url = sqs.create_queue(QueueName=name)["QueueUrl"]
        arns[name] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns = client("sns", port)
    topic = sns.create_topic(Name="news")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arns["news"],
                  Attributes={"RawMessageDelivery": "true"})
    dynamodb = client("dynamodb", port)
    dynamodb.create_table(TableName="pets", BillingMode="PAY_PER_REQUEST",
                          KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                          AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
    dynamodb.put_item(TableName="pets", Item={"id": {"S": "1"}, "name": {"S": "rex"}})
    client("kinesis", port).create_stream(StreamName="clicks", ShardCount=1)
    s3 = client("s3", port)
    s3.create_bucket(Bucket="photos")
    s3.put_object(Bucket="photos", Key="dogs/rex.txt", Body=b"wuff", ContentType="text/plain")
    s3.put_object(Bucket="photos", Key="a b/c+d(1).txt", Body=b"odd", ContentType="text/plain")
    client("stepfunctions", port).create_state_machine(
        name="orders", roleArn=f"arn:aws:iam::{ACCOUNT}:role/orders",
        definition=json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}))
    events = client("events", port)
    events.create_event_bus(Name="shop")
    events.put_rule(Name="all", EventBusName="shop", EventPattern=json.dumps({"source": ["shop"]}))
    events.put_targets(Rule="all", EventBusName="shop", Targets=[{"Id": "queue", "Arn": arns["events"]}])
    client("ssm", port).put_parameter(Name="/colour", Value="red", Type="String")


def serve():
    os.environ.setdefault("MOTO_ACCOUNT_ID", ACCOUNT)
    import logging

    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import make_server
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    application = Layer(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=MotoRequestHandler)
    os.environ["MOTO_PORT"] = str(server.server_port)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    fill(server.server_port)
    told = {"port": server.server_port, "url": f"http://127.0.0.1:{server.server_port}", "access_key_id": KEY,
            "secret_access_key": SECRET, "region": REGION, "account": ACCOUNT}
    print(json.dumps(told), flush=True)
    # Whoever started this holds the other end: it ends with them, however they end.
    sys.stdin.read()
    server.shutdown()


# --- what must be there afterwards

def same(what, found, expected):
    if found != expected:
        raise AssertionError(f"{what}: expected {expected!r}, found {found!r}")


def bodies(port, queue):
    """Bodies of the messages in a queue, which stay there."""
    sqs = client("sqs", port)
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0).get("Messages", [])
    return sorted(entry["Body"] for entry in found)


def verify_sqs(port):
    same("messages in the queue orders", bodies(port, "orders"), ['{"by":"json"}', '{"by":"query"}'])


def verify_sns(port):
    same("messages published to the topic news", bodies(port, "news"), ["a & b", "c = d"])


def verify_dynamodb(port):
    item = client("dynamodb", port).get_item(TableName="pets", Key={"id": {"S": "7"}}).get("Item")
    same("item 7 of the table pets", item, {"id": {"S": "7"}, "name": {"S": "ann"}})


def verify_kinesis(port):
    kinesis = client("kinesis", port)
    shard = kinesis.list_shards(StreamName="clicks")["Shards"][0]["ShardId"]
    at = kinesis.get_shard_iterator(StreamName="clicks", ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    records = kinesis.get_records(ShardIterator=at["ShardIterator"])["Records"]
    same("records in the stream clicks", [(r["PartitionKey"], r["Data"]) for r in records], [("k", b'{"a":1}')])


def verify_s3(port):
    s3 = client("s3", port)
    found = {}
    for entry in s3.list_objects_v2(Bucket="photos")["Contents"]:
        got = s3.get_object(Bucket="photos", Key=entry["Key"])
        found[entry["Key"]] = (got["Body"].read(), got["ContentType"])
    same("objects in the bucket photos", found, {
        "dogs/rex.txt": (b"wuff", "text/plain"),
        "a b/c+d(1).txt": (b"odd", "text/plain"),
        "new/x y.png": (b"\x89PNG\xff\xfe", "image/png"),
    })


def verify_states(port):
    states = client("stepfunctions", port)
    machine = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:orders"
    runs = states.list_executions(stateMachineArn=machine)["executions"]
    inputs = [json.loads(states.describe_execution(executionArn=run["executionArn"])["input"]) for run in runs]
    same("inputs of the executions of orders", inputs, [{"id": 7, "note": "it's \"new\""}])


def verify_events(port):
    found = [json.loads(body) for body in bodies(port, "events")]
    found = [(event["source"], event["detail-type"], event["detail"]) for event in found]
    same("events on the bus shop", found, [("shop", "order", {"id": 7})])


def verify_lambda(port):
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:orders:live"
    tails = ("invocations", "response-streaming-invocations")
    found = {urllib.parse.unquote(request["target"]).partition("?")[0]
             for request in gateways(port) if request["service"] == "lambda"}
    same("calls of functions", found,
         {f"/{day}/functions/{arn}/{tail}" for day, tail in zip(("2015-03-31", "2021-11-15"), tails)})


def gateways(port):
    """The requests that the gateway has sent; any that was refused is an error."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/_services/seen", timeout=30) as answer:
        seen = [request for request in json.load(answer) if request["agent"].startswith(AGENT)]
    for request in seen:
        if "refused" in request:
            raise AssertionError(f"{request['method']} {request['target']} was refused: {request['refused']}")
    return seen


def verify_signatures(port):
    """Every request of the gateway was signed rightly, and by a role that was assumed where one is named."""
    seen = gateways(port)
    if not seen:
        raise AssertionError("the gateway has sent nothing")
    for request in seen:
        what = f"{request['method']} {request['target']}"
        same(f"region of {what}", request["region"], REGION)
        if not (request["source_arn"] or "").startswith(f"arn:aws:execute-api:{REGION}:{ACCOUNT}:"):
            raise AssertionError(f"source ARN of {what}: {request['source_arn']!r}")
    if all(request["key"] == KEY for request in seen):
        raise AssertionError("no request was signed as a role")


CHECKS = {name.removeprefix("verify_"): check for name, check in list(globals().items())
          if name.startswith("verify_")}


def verify(port, names):
    failed = 0
    for name in names or CHECKS:
        try:
            CHECKS[name](port)
            print(f"{name}: fine")
        except AssertionError as why:
            failed += 1
            print(f"{name}: {why}")
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser(
        prog="tests/aws/services.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve")
    check = commands.add_parser("verify")
    check.add_argument("port", type=int)
    check.add_argument("what", nargs="*", choices=[*CHECKS, []], metavar="WHAT", help=", ".join(CHECKS))
    given = parser.parse_args()
    sys.path.insert(0, str(packages()))
    return serve() if given.command == "serve" else verify(given.port, given.what)


if __name__ == "__main__":
    sys.exit(main())
