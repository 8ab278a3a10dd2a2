"""Asserts that a target does its work before (and after) it is timed."""

import http.client

from .servers import KIB, Problem

PIPELINE_HEADERS = ("x-amzn-requestid", "x-amz-apigw-id")
"""Every answer that came through Edgewit's pipeline has them."""


def get(target, headers=None, times=1):
    """Sends `times` GETs on one connection and returns (status, headers, body) of the last."""
    connection = http.client.HTTPConnection(*target.address, timeout=30)
    try:
        for _ in range(times):
            connection.request("GET", target.path, headers={**target.headers, **(headers or {})})
            response = connection.getresponse()
            body = response.read().decode()
        if times > 1 and connection.sock is None:
            raise Problem(f"{target.name}: closed the connection after an answer; every run needs keep-alive")
        return response.status, response.headers, body
    finally:
        connection.close()


def expect(target, status=200, body=KIB, headers=None, pipeline=False):
    """Raises Problem unless the target answers with this status and body (None: any); a 200 twice on one connection."""
    got, fields, text = get(target, headers, times=2 if status == 200 else 1)
    if got != status or (body is not None and text != body):
        raise Problem(f"{target.name}: {target.path} answered {got} {text[:200]!r}, expected {status} "
                      f"{(body or '(any body)')[:60]!r}\n{target.tail()}")
    missing = [name for name in PIPELINE_HEADERS if pipeline and name not in fields]
    if missing:
        raise Problem(f"{target.name}: the answer of {target.path} has no {', '.join(missing)}: it did not pass "
                      "the pipeline")
