"""The scenario `isolation`: what plugins that misbehave cost the neighbours on their node."""

import http.client
import json
import os
import threading

from .answers import expect
from .load import alternate, median, ratio, wrk
from .plugins import ARN, PREBUILT
from .report import goal, table
from .servers import Problem

SHARE_OF_CAPACITY = 0.5
ANSWER_SECONDS = 10
"""Longest wait for an answer: a neighbour that is held up counts with its delay, not as lost."""
BODY = "the neighbour's answer"
PAUSE_SECONDS = 0.001
"""Between an answer to an attacker and its next request."""
NICER = 5

BEHAVED = "allow"
"""What the client of the base asks for: how much of a difference is the client's, which shares the core of wrk."""

# Behaviours of plugins/tests/misbehave, with the statuses that are right.
ATTACKS = {
    BEHAVED: {200},
    "spin": {500},            # an endless loop, ended by cpu_ms
    "bomb": {500},            # allocates until memory_mb ends it
    "recurse": {500},         # overflows its stack
    "trap": {500},
    "log 5000": {200},        # thousands of log lines
    "principal 100000": {200, 500},  # a huge result
}
LIMITS = {"cpu_ms": 100, "memory_mb": 16, "wall_ms": 30_000}


def write_folder(bench):
    folder = bench.dir / "isolation"
    (folder / "apis").mkdir(parents=True)
    mock = {"type": "mock", "requestTemplates": {"application/json": '{"statusCode": 200}'},
            "responses": {"default": {"statusCode": "200", "responseTemplates": {"application/json": BODY}}}}
    operation = {"responses": {"200": {"description": "ok"}}, "x-amazon-apigateway-integration": mock}
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{ARN}attacked/invocations"
    document = {
        "openapi": "3.0.1", "info": {"title": "isolation", "version": "1"},
        "paths": {"/neighbour": {"get": operation},
                  "/attacked": {"get": {**operation, "security": [{"attacked": []}]}}},
        "components": {"securitySchemes": {"attacked": {
            "type": "apiKey", "name": "Unused", "in": "header", "x-amazon-apigateway-authtype": "custom",
            "x-amazon-apigateway-authorizer": {
                "type": "request", "authorizerUri": uri, "authorizerResultTtlInSeconds": 0}}}},
    }
    plugins = {"plugins": {"attacked": {
        "component": str(PREBUILT / "misbehave.wasm"), "limits": LIMITS, "breaker": {"failures": 0}}}}
    # JSON is YAML.
    for name, content in {"apis/isolation.json": document, "plugins.yaml": plugins,
                          "functions.yaml": {"functions": {"attacked": {"plugin": "attacked"}}},
                          "edgewit.yaml": {"access_log": {"format": "off"}}}.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    return folder


class Attack:
    """A client that asks for one behaviour again and again, from the core of the load generator."""

    def __init__(self, address, core, behave):
        self.address, self.core, self.behave = address, core, behave
        self.stopping, self.error, self.done = threading.Event(), None, 0
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        try:
            os.sched_setaffinity(0, {self.core})
            own = threading.get_native_id()
            os.setpriority(os.PRIO_PROCESS, own, min(19, os.getpriority(os.PRIO_PROCESS, own) + NICER))
            connection = http.client.HTTPConnection(*self.address, timeout=60)
            while not self.stopping.wait(PAUSE_SECONDS):
                connection.request("GET", "/dev/attacked", headers={"behave": self.behave})
                answer = connection.getresponse()
                answer.read()
                if answer.status not in ATTACKS[self.behave]:
                    raise Problem(f"the attack `{self.behave}` was answered {answer.status}")
                self.done += 1
        except Exception as error:  # pylint: disable=broad-except
            self.error = error

    def stop(self):
        """How many requests were answered. Raises what went wrong."""
        self.stopping.set()
        self.thread.join()
        if self.error:
            raise self.error
        return self.done


def isolation(bench, options):
    """A MOCK at half of the node's capacity, undisturbed and while another route's plugin misbehaves."""
    node = bench.edgewit(write_folder(bench), "isolation")
    quiet = node.at("undisturbed", "/dev/neighbour")
    expect(quiet, body=BODY, pipeline=True)
    quiet.script, quiet.timeout, quiet.script_env = "wrk-paced.lua", ANSWER_SECONDS, {"KNOWN": BODY}
    options.progress("capacity")
    rate = wrk(quiet, options.seconds, options.connections)["rps"] * SHARE_OF_CAPACITY
    def paced(name):
        one = node.at(name, quiet.path)
        one.script, one.timeout = quiet.script, quiet.timeout
        one.script_env = {"RATE": str(rate), "KNOWN": BODY}
        return one

    running = {}

    def before(target):
        if target.name in ATTACKS:
            running[target.name] = Attack(node.address, bench.load_core, target.name)

    def after(target, run):
        if target.name in ATTACKS:
            run["attacks"] = running.pop(target.name).stop()

    runs = alternate([paced("undisturbed"), *map(paced, ATTACKS)], options.rounds, options.seconds,
                     options.connections, options.progress, before, after)
    expect(quiet, body=BODY, pipeline=True)
    unanswered = [name for name, of_target in runs.items() for run in of_target if not run.get("attacks", 1)]
    if unanswered:
        raise Problem(f"attacks that were never answered: {unanswered}")
    return isolation_outcome(runs, rate)


def isolation_outcome(runs, rate):
    quiet, behaved = runs["undisturbed"], runs[BEHAVED]
    rows = [[name, f"{median(of_target, 'rps'):,.0f}",
             *(f"{median(of_target, key):.2f}" for key in ("p50_ms", "p99_ms", "p999_ms", "max_ms")),
             f"{ratio(of_target, quiet, 'p99_ms'):.2f}", f"{ratio(of_target, behaved, 'p99_ms'):.2f}", sum(run["failed"] for run in of_target),
             sum(run.get("attacks", 0) for run in of_target) or ""]
            for name, of_target in runs.items()]
    head = ["attack", "req/s", "p50 ms", "p99 ms", "p99.9 ms", "max ms", "p99 ÷ undisturbed", f"p99 ÷ {BEHAVED}", "failed",
            "attacks"]
    failed = sum(run["failed"] for of_target in runs.values() for run in of_target)
    goals = [goal("requests of neighbours that failed", failed, 0)]
    goals += [goal(f"p99 of neighbours during `{name}` against `{BEHAVED}`", ratio(of_target, behaved, "p99_ms"), 1.5)
              for name, of_target in runs.items() if name not in ("undisturbed", BEHAVED)]
    return {"tables": [f"{rate:,.0f} requests a second are due, half of what the node can answer.", table(head, rows)],
            "goals": goals, "figures": {"rate": rate, "runs": runs}}
