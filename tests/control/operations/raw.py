"""Requests as bytes, for what boto3 would not send, and for the data plane."""

import datetime
import http.client
import json
import time
import urllib.parse

from support import CONTROL, DATA, REGION
from wire import error as checked

TIMEOUT_S = 60


class Answer:
    def __init__(self, answer):
        self.status, self.body = answer.status, answer.read()
        self.headers = {name.lower(): value for name, value in answer.getheaders()}

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def kind(self):
        return self.headers.get("x-amzn-errortype", "").split(":")[0]

    def __repr__(self):
        return f"{self.status} {self.kind} {self.body[:300]!r}"


def control(method, path, body=None, headers=None):
    """A request to the control plane, signed in form only."""
    day = datetime.datetime.now(datetime.timezone.utc)
    scope = f"AKIDEXAMPLE/{day:%Y%m%d}/{REGION}/apigateway/aws4_request"
    sent = {"Accept": "application/json", "X-Amz-Date": f"{day:%Y%m%dT%H%M%SZ}",
            "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature={'0' * 64}"}
    if isinstance(body, (dict, list)):
        body = json.dumps(body)
    if isinstance(body, str):
        body = body.encode()
    return send(CONTROL, method, path, body, {**sent, **(headers or {})})


def refused(method, path, body=None, headers=None, status=400):
    """The same, expecting an error of the documented form."""
    answer = control(method, path, body, headers)
    assert answer.status == status if isinstance(status, int) else answer.status in status, answer
    checked(answer.status, answer.headers, answer.body, f"{method} {path} {answer.status}")
    return answer


def data(api, path, host=False, method="GET", body=None, headers=None):
    """A request to a deployed API; `path` begins with the stage. With `host` the API is named by the host."""
    headers = dict(headers or {})
    if host:
        headers["Host"] = f"{api}.execute-api.{REGION}.localhost"
        target = f"/{path}"
    else:
        stage, _, rest = path.partition("/")
        target = f"/restapis/{api}/{stage}/_user_request_/{rest}"
    return send(DATA, method, target, body, headers)


def send(url, method, target, body, headers):
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=TIMEOUT_S)
    try:
        connection.request(method, target, body=body, headers=headers)
        return Answer(connection.getresponse())
    finally:
        connection.close()


def eventually(ask, holds, deadline_s=1.0):
    """Asks until it holds, at most for a second; returns the last answer, which must hold."""
    end = time.monotonic() + deadline_s
    while True:
        answer = ask()
        if holds(answer) or time.monotonic() > end:
            assert holds(answer), answer
            return answer
        time.sleep(0.01)
