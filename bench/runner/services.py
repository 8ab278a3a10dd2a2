"""The scenarios `services` and `bodies`: what a signature costs, and how much memory a large body takes."""

import http.client
import http.server
import json
import threading

from .answers import expect
from .load import alternate, difference
from .report import goal, runs_table, table
from .servers import Problem, text

PAYLOAD_BYTES = 10 * 1024 * 1024
"""The largest body that passes by default."""

TEMPLATES = {
    "/no-template": {},
    "/whole": {"requestTemplates": {"application/json": '{"wrapped": $input.body}'}},
    "/part": {"requestTemplates": {"application/json": """{"wrapped": $input.json('$.items')}"""}},
}


def integration(kind, uri, method, **more):
    return {"type": kind, "httpMethod": method, "uri": uri, "responses": {"default": {"statusCode": "200"}}, **more}


def folder(bench, name, verb, integrations, node):
    """A configuration with a route of `verb` for each integration, by path."""
    conf = bench.dir / name
    (conf / "apis").mkdir(parents=True)
    document = {"openapi": "3.0.1", "info": {"title": name, "version": "1"}, "paths": {
        path: {verb: {"responses": {"200": {"description": "ok"}}, "x-amazon-apigateway-integration": integration}}
        for path, integration in integrations.items()}}
    (conf / "apis" / f"{name}.json").write_text(json.dumps(document, indent=1), encoding="utf-8")
    (conf / "edgewit.yaml").write_text(f'access_log: {{format: "off"}}\n{node}', encoding="utf-8")
    return conf


def services(bench, options):
    """CPU time that a signed call of a service takes more than the same call of an HTTP endpoint."""
    origin = bench.origin()
    conf = folder(bench, "services", "get", {
        "/http": integration("http", f"http://{text(origin.address)}/bucket/key", "GET"),
        "/service": integration("aws", "arn:aws:apigateway:us-east-1:sqs:path/bucket/key", "GET"),
    }, "aws:\n  credentials: {access_key_id: AKIDBENCH, secret_access_key: bench}\n"
       f"  endpoints: {{sqs: http://{text(origin.address)}}}\n")
    node = bench.edgewit(conf)
    plain, signed = node.at("HTTP", "/dev/http"), node.at("AWS, signed", "/dev/service")
    for target in (plain, signed):
        expect(target, pipeline=True)
    runs = alternate([plain, signed], options.rounds, options.seconds, options.connections, options.progress)
    added = difference(runs[signed.name], runs[plain.name], "cpu_us")
    return {"tables": [runs_table(runs, ["HTTP"])], "figures": {"runs": runs, "added_cpu_us": added},
            "goals": [goal("CPU time of a signature and its headers", added, 10, " µs")]}


class Counting(http.server.BaseHTTPRequestHandler):
    """Answers with the number of bytes it was sent."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        left = length = int(self.headers["content-length"])
        while left:
            left -= len(self.rfile.read(min(left, 1 << 16)))
        body = str(length).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def large_body():
    """A JSON document of the largest size: a third is a list of objects, the rest one text."""
    items = [{"id": number, "name": f"item {number}", "tags": ["x", "y"]} for number in range(60_000)]
    frame = len(json.dumps({"items": items, "filling": ""}))
    return json.dumps({"items": items, "filling": "z" * (PAYLOAD_BYTES - frame - 100)}).encode()


def bodies(bench, options):
    """Peak memory of a node while one body of 10 MB goes through mapping, in bodies."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Counting)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    uri = f"http://127.0.0.1:{server.server_address[1]}/"
    conf = folder(bench, "bodies", "post", {path: integration("http", uri, "POST", **template)
                                            for path, template in TEMPLATES.items()}, "")
    node = bench.edgewit(conf, path="/dev/no-template")
    body = large_body()
    sent = {"/no-template": len(body), "/whole": len(body) + len('{"wrapped": }'),
            "/part": len(json.dumps(json.loads(body)["items"], separators=(",", ":"))) + len('{"wrapped": }')}
    try:
        post(node, "/no-template", b"{}", 2)
        peaks = {}
        for path in TEMPLATES:
            options.progress(f"10 MB through {path}")
            before = node.rss_bytes()
            forget_peak(node)
            post(node, path, body, sent[path])
            peaks[path] = (peak_bytes(node) - before) / len(body)
    finally:
        server.shutdown()
    rows = [[path, f"{bodies:.1f}"] for path, bodies in peaks.items()]
    goals = [goal(f"peak memory of a 10 MB body through {path}", bodies, 5, " bodies") for path, bodies in peaks.items()]
    return {"tables": [table(["route", "bodies at the peak"], rows)], "goals": goals, "figures": peaks}


def post(node, path, body, expected):
    """One exchange; the origin must have got as many bytes as expected."""
    connection = http.client.HTTPConnection(*node.address, timeout=60)
    try:
        connection.request("POST", f"/dev{path}", body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        got = response.read().decode()
        if response.status != 200 or got != str(expected):
            raise Problem(f"{path} answered {response.status} {got[:200]!r}, expected that {expected} bytes were sent")
    finally:
        connection.close()


def forget_peak(node):
    """Lets the system take the peak from now on (proc_pid_clear_refs(5))."""
    with open(f"/proc/{node.pid}/clear_refs", "w", encoding="ascii") as file:
        file.write("5")


def peak_bytes(node):
    with open(f"/proc/{node.pid}/status", encoding="ascii") as file:
        line = next(line for line in file if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024
