"""Sends requests of the service `apigateway` to a node, and those of every other service to moto.

The service is read from the credential scope of the signature; a request without one goes by its path. The answer to
`POST /moto-api/reset` comes from moto, after everything in the node has been deleted through its API.
"""

import http.client
import re
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOP_BY_HOP = {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer",
              "transfer-encoding", "upgrade"}

SCOPE = re.compile(r"Credential=[^/]+/\d{8}/([^/]+)/([^/]+)/aws4_request")

PATHS = re.compile(r"/(account|apikeys|clientcertificates|domainnameaccessassociations|domainnames"
                   r"|rejectdomainnameaccessassociations|restapis|sdktypes|tags|usageplans|vpclinks)(/|\?|$)")
"""What paths of the service begin with."""

ANSWER_S = 60
"""How long a target may take for its answer."""


def forwarder(node, moto, problems):
    """A server that forwards, not yet serving; what cannot be deleted at a reset is appended to `problems`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.node, server.moto, server.problems = node.rstrip("/"), moto.rstrip("/"), problems
    server.lock, server.regions = threading.Lock(), set()
    return server


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def forward(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        scope = SCOPE.search(self.headers.get("Authorization", ""))
        if self.path.startswith("/moto-api/"):
            target = self.server.moto
            if self.path == "/moto-api/reset":
                self.reset()
        elif scope and scope[2] == "apigateway" or not scope and PATHS.match(self.path):
            target = self.server.node
            with self.server.lock:
                self.server.regions.add(scope[1] if scope else "us-east-1")
        else:
            target = self.server.moto
        self.pass_on(target, body)

    def reset(self):
        """Deletes what the requests since the last reset can have made."""
        with self.server.lock:
            regions, self.server.regions = self.server.regions, set()
            for region in sorted(regions):
                self.server.problems += delete_all(self.server.node, region)

    def pass_on(self, target, body):
        url = urllib.parse.urlsplit(target)
        connection = http.client.HTTPConnection(url.hostname, url.port, timeout=ANSWER_S)
        try:
            # Host stays as the client sent it, because it is signed.
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in HOP_BY_HOP | {"content-length"}:
                    connection.putheader(name, value)
            connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            content = answer.read()
            self.send_response_only(answer.status, answer.reason)
            for name, value in answer.getheaders():
                if name.lower() not in HOP_BY_HOP | {"content-length"}:
                    self.send_header(name, value)
        except (OSError, http.client.HTTPException) as error:
            content = f"no answer from {target}: {error!r}\n".encode()
            self.send_response_only(502)
        finally:
            connection.close()
        if answerless(self.command, content):
            self.send_header("Content-Length", "0")
        else:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = forward

    def log_message(self, *_):
        pass


def answerless(method, content):
    return method == "HEAD" or not content


def delete_all(node, region):
    """Deletes everything of a region through the API; returns what went wrong, as text."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import ClientError

    client = boto3.client("apigateway", endpoint_url=node, region_name=region, aws_access_key_id="AKIDEXAMPLE",
                          aws_secret_access_key="secret", config=Config(retries={"total_max_attempts": 1}))
    problems = []

    def attempt(action, **arguments):
        try:
            return getattr(client, action)(**arguments)
        except ClientError as error:
            problems.append(f"reset: {action} {arguments}: {error}")
            return {}

    def every(action, **arguments):
        items = []
        for _ in range(1000):
            page = attempt(action, **arguments)
            items += page.get("items", [])
            if not page.get("position"):
                break
            arguments["position"] = page["position"]
        return items

    for domain in every("get_domain_names"):
        named = {"domainName": domain["domainName"]}
        if "PRIVATE" in domain.get("endpointConfiguration", {}).get("types", []) and domain.get("domainNameId"):
            named["domainNameId"] = domain["domainNameId"]
        for mapping in every("get_base_path_mappings", **named):
            attempt("delete_base_path_mapping", basePath=mapping["basePath"], **named)
        attempt("delete_domain_name", **named)
    for plan in every("get_usage_plans"):
        # A plan that is sold or still has stages must not be deleted.
        operations = [{"op": "remove", "path": "/apiStages", "value": f"{stage['apiId']}:{stage['stage']}"}
                      for stage in plan.get("apiStages", [])]
        if plan.get("productCode"):
            operations.append({"op": "remove", "path": "/productCode"})
        if operations:
            attempt("update_usage_plan", usagePlanId=plan["id"], patchOperations=operations)
        attempt("delete_usage_plan", usagePlanId=plan["id"])
    for key in every("get_api_keys"):
        attempt("delete_api_key", apiKey=key["id"])
    for api in every("get_rest_apis"):
        attempt("delete_rest_api", restApiId=api["id"])
    for link in every("get_vpc_links"):
        attempt("delete_vpc_link", vpcLinkId=link["id"])
    try:
        certificates = client.get_client_certificates().get("items", [])
        associations = client.get_domain_name_access_associations().get("items", [])
        client.update_account(patchOperations=[{"op": "replace", "path": "/cloudwatchRoleArn", "value": ""}])
    except ClientError:
        # moto has none of these, and what the tests of moto do to the account harms no other of them.
        certificates = associations = []
    for certificate in certificates:
        attempt("delete_client_certificate", clientCertificateId=certificate["clientCertificateId"])
    for association in associations:
        attempt("delete_domain_name_access_association",
                domainNameAccessAssociationArn=association["domainNameAccessAssociationArn"])
    return problems
