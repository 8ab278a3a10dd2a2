"""The scenario `control`: how fast the control plane of a node answers, and what publishing costs requests."""

import json
import math
import os
import random
import signal
import statistics
import subprocess
import tempfile
import time

from .admin import Admin, Client, Paced, called
from .answers import expect
from .documents import service_document
from .load import alternate, median, ratio, wrk
from .report import goal, table
from .servers import ROOT, Problem

READS = 300
"""Times each operation that reads is measured."""
CHANGES = 50
"""Times each operation that changes is measured."""
VARIABLE = "$!stageVariables.v"
"""In a template: the value that the stage gives."""
STOP_SECONDS = 60
CALM_LOOKS = 8
"""Seconds without work after which a node is taken to be calm: it makes templates fast when nothing has been published
for three to six."""
CALM_SECONDS = 120
"""Longest wait for that."""

DEPLOYMENTS_PER_SECOND = 50
METHODS_UNDER_LOAD = 10
EACH_DEFINITION = 10
"""Deployments between two changes of the definition."""
SHARE_OF_CAPACITY = 0.5
ANSWER_SECONDS = 10
"""Above what a busy machine makes of an answer, so that a failure is one of the node."""


def control(bench, options):
    """A store of many APIs, and deployments in a row while the node is busy."""
    # On a disk, not in the memory of the other scenarios: a change is acknowledged once it is durable.
    (ROOT / "target" / "bench").mkdir(parents=True, exist_ok=True)
    disk = bench.stack.enter_context(tempfile.TemporaryDirectory(prefix="control-", dir=ROOT / "target" / "bench"))
    folder = bench.dir / "control"
    folder.mkdir()
    (folder / "edgewit.yaml").write_text('control_plane: true\naccess_log: {format: "off"}\n', encoding="utf-8")
    parts = [Store(bench, options, folder, disk).measure(), publishing(bench, options, folder, disk)]
    return {"tables": [one for part in parts for one in part["tables"]],
            "goals": [one for part in parts for one in part["goals"]],
            "figures": {name: part["figures"] for name, part in zip(("store", "publishing"), parts)}}


class Store:
    """A node with many APIs."""

    def __init__(self, bench, options, folder, disk):
        self.bench, self.options, self.folder, self.data = bench, options, folder, os.path.join(disk, "store")
        self.disk = disk
        self.count, self.methods = (5, 10) if options.self_check else (options.apis, 100)
        self.reads, self.changes = (5, 3) if options.self_check else (READS, CHANGES)
        self.apis, self.starts, self.samples = [], [], {}
        self.tries = 0
        self.last_text = self.last_value = self.readers = None
        self.random = random.Random(1)

    def measure(self):
        node, admin = self.start("empty, first start")
        self.fill(admin)
        self.account("imported", node, None)
        node, admin = self.restart("imported, started again", node)
        self.deploy_all(node, admin)
        settle(node, self.options)
        self.account("deployed", node, None)
        self.read(admin)
        self.deploy_one(node, admin)
        self.update_stage(node, admin)
        node, admin = self.restart("deployed, started again", node)
        self.all_answer(node)
        node, admin = self.restart("deployed, started after SIGKILL", node, killed=True)
        self.all_answer(node)
        node.end()
        return self.outcome()

    def start(self, name):
        """(node, connection to its control plane)."""
        self.options.progress(f"starting a node: {name}")
        began = time.monotonic()
        node = self.bench.edgewit(self.folder, name, admin=True, data=self.data)
        seconds = time.monotonic() - began
        settle(node, self.options)
        self.account(name, node, seconds)
        return node, Admin(node.admin)

    def restart(self, name, node, killed=False):
        if killed:
            node.end()
        else:
            node.process.send_signal(signal.SIGTERM)
            try:
                node.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                raise Problem(f"{node.name} did not end within {STOP_SECONDS} s of SIGTERM\n{node.tail()}") from None
        node, admin = self.start(name)
        listed, position = [], ""
        while True:
            page = admin.ok("GET", f"/restapis?limit=500{position}")
            listed += [api["id"] for api in page["item"]]
            if "position" not in page:
                break
            position = f"&position={page['position']}"
        if sorted(listed) != sorted(self.apis):
            raise Problem(f"{name}: {len(listed)} APIs are listed, {len(self.apis)} were made")
        return node, admin

    def account(self, name, node, seconds):
        """Notes how long the start took until the node was ready, and memory and disk as they are now."""
        self.starts.append({"name": name, "start_s": seconds, "rss": node.rss_bytes(), "disk": disk_bytes(self.data)})

    def fill(self, admin):
        for number in range(self.count):
            self.options.progress(f"API {number + 1} of {self.count}")
            api, seconds = admin.create(service_document(f"service {number}", self.methods, f"{number}-{VARIABLE}"))
            self.apis.append(api)
            self.note("ImportRestApi", seconds)
        for api in {self.apis[0], self.apis[-1]}:
            found = sum(len(item.get("resourceMethods", ())) for item in self.resources(admin, api))
            if found != self.methods:
                raise Problem(f"the API {api} has {found} methods, {self.methods} were imported")

    def resources(self, admin, api):
        return admin.ok("GET", f"/restapis/{api}/resources?embed=methods&limit=500")["item"]

    def deploy_all(self, node, admin):
        for number, api in enumerate(self.apis):
            self.options.progress(f"deployment {number + 1} of {self.count}")
            self.note("CreateDeployment, the first of each API", admin.deploy(api, "dev"))
        self.all_answer(node)

    def all_answer(self, node):
        client = Client(node.address)
        for number, api in enumerate(self.apis):
            changed = number == 0 and self.last_text is not None
            answered(client, api, "dev", f"{self.last_text}-{self.last_value}" if changed else f"{number}-")
        client.close()

    def read(self, admin):
        """Operations that change nothing, each about an API that was drawn."""
        methods = {}
        for api in self.random.sample(self.apis, min(20, len(self.apis))):
            methods[api] = [(item["id"], verb) for item in self.resources(admin, api)
                            for verb in item.get("resourceMethods", ())]
        drawn = list(methods)
        paths = {
            "GetRestApis, limit 25": lambda api: "/restapis?limit=25",
            "GetRestApis, limit 500": lambda api: "/restapis?limit=500",
            "GetRestApi": lambda api: f"/restapis/{api}",
            "GetResources, embed=methods": lambda api: f"/restapis/{api}/resources?embed=methods&limit=500",
            "GetMethod": lambda api: "/restapis/{}/resources/{}/methods/{}".format(
                api, *self.random.choice(methods[api])),
            "GetStage": lambda api: f"/restapis/{api}/stages/dev",
        }
        for limit in (25, 500):
            found, expected = len(admin.ok("GET", f"/restapis?limit={limit}")["item"]), min(limit, self.count)
            if found != expected:
                raise Problem(f"a list with a limit of {limit} has {found} APIs, expected {expected}")
        for name, path in paths.items():
            self.options.progress(name)
            for _ in range(self.reads):
                answer, seconds = admin.timed("GET", path(self.random.choice(drawn)))
                self.note(name, seconds)
            json.loads(answer)
        self.readers = list(paths)

    def deploy_one(self, node, admin):
        """One API again and again, each time with another definition, and the very next request after each."""
        client, api = Client(node.address), self.apis[0]
        for number in range(self.changes):
            self.options.progress(f"deployment {number + 1} of {self.changes} of one API")
            self.last_text = f"changed {number}"
            document = service_document("service 0", self.methods, f"{self.last_text}-{VARIABLE}")
            self.note("PutRestApi", admin.put(api, document))
            self.note("CreateDeployment", admin.deploy(api, "dev"))
            self.next_request("request after CreateDeployment", client, api, f"{self.last_text}-")
        client.close()

    def update_stage(self, node, admin):
        client, api = Client(node.address), self.apis[0]
        for number in range(self.changes):
            self.last_value = f"value {number}"
            self.note("UpdateStage", admin.set_variable(api, "dev", self.last_value))
            self.next_request("request after UpdateStage", client, api, f"{self.last_text}-{self.last_value}")
        client.close()

    def next_request(self, name, client, api, expected):
        """Asks until the new answer is there: the time from the acknowledgement, and how many requests it took."""
        began = time.perf_counter()
        for tries in range(1, 1000):
            status, body, _ = client.ask("GET", called(api, "dev"))
            if status != 200:
                raise Problem(f"{name}: {status} {body[:200]!r}")
            if body.decode() == expected:
                self.note(name, time.perf_counter() - began)
                self.tries = max(self.tries, tries)
                return
        raise Problem(f"{name}: answered {body[:200]!r} a thousand times, expected {expected!r}")

    def note(self, name, seconds):
        self.samples.setdefault(name, []).append(seconds * 1e3)

    def outcome(self):
        rows = [[name, len(times), f"{statistics.median(times):.2f}", f"{p99(times):.2f}", f"{max(times):.2f}"]
                for name, times in self.samples.items()]
        states = [[one["name"], "" if one["start_s"] is None else f"{one['start_s']:.2f}",
                   f"{one['rss'] / 2**20:.0f}", f"{one['disk'] / 2**20:.1f}"] for one in self.starts]
        sync = sync_ms(self.disk)
        syncs = f"{statistics.median(sync):.2f} ms, at worst {max(sync):.2f}"
        slowest = max(p99(self.samples[name]) for name in self.readers)
        restarted = [one for one in self.starts if one["name"].startswith("deployed, ")]
        goals = [
            goal("the slowest p99 of operations that list or get", slowest, 10, " ms"),
            goal("p99 of CreateDeployment", p99(self.samples["CreateDeployment"]), 100, " ms"),
            goal("requests until a change is answered", self.tries, 1),
            *(goal(f"start with {self.count} APIs, {one['name'].partition(', ')[2]}", one["start_s"], 5, " s")
              for one in restarted),
        ]
        return {"tables": [f"{self.count:,} APIs with {self.methods} methods each; a write of 4 KiB is on this disk "
                           f"after {syncs}.",
                           table(["operation", "times", "median ms", "p99 ms", "max ms"], rows),
                           table(["the node", "start, s", "RSS, MB", "state on disk, MB"], states)],
                "goals": goals,
                "figures": {"apis": self.count, "methods": self.methods, "ms": self.samples, "states": self.starts,
                            "sync_ms": sync}}


def answered(client, api, stage, expected):
    status, body, _ = client.ask("GET", called(api, stage))
    if status != 200 or body.decode() != expected:
        raise Problem(f"the stage {stage} of {api} answered {status} {body[:200]!r}, expected {expected!r}")


def settle(node, options):
    """Waits until a node that has published something has done what follows in the background."""
    options.progress(f"{node.name}: waiting until it is calm")
    wanted, calm, began = (1 if options.self_check else CALM_LOOKS), 0, time.monotonic()
    while calm < wanted and time.monotonic() - began < CALM_SECONDS:
        used = node.cpu_seconds()
        time.sleep(1)
        calm = calm + 1 if node.cpu_seconds() - used < 0.03 else 0


def p99(values):
    """The nearest rank: of fifty it is the greatest."""
    return sorted(values)[math.ceil(len(values) * 0.99) - 1]


def disk_bytes(folder):
    """What the files of a folder take of the disk, holes left out."""
    return sum(os.stat(os.path.join(base, name)).st_blocks * 512
               for base, _, names in os.walk(folder) for name in names)


def sync_ms(folder):
    """How long this disk takes to make 4 KiB durable, some times: no change can be acknowledged sooner."""
    times = []
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        for _ in range(20):
            began = time.perf_counter()
            os.pwrite(file.fileno(), b"x" * 4096, 0)
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - began) * 1e3)
    return times


def publishing(bench, options, folder, disk):
    """Requests at half of the node's capacity: undisturbed, while the control plane is read, and while an API is
    deployed many times a second. The first two differ by what the clients of the control plane take from wrk."""
    rate = 5 if options.self_check else DEPLOYMENTS_PER_SECOND
    node = bench.edgewit(folder, "publishing", admin=True, data=os.path.join(disk, "publishing"))
    admin = Admin(node.admin)
    bodies = [f"definition {number} {'x' * 100}" for number in (1, 2)]
    definitions = [service_document("pets", METHODS_UNDER_LOAD, body) for body in bodies]
    api, _ = admin.create(definitions[0])
    admin.deploy(api, "dev")
    path = called(api, "dev")
    target = node.at("capacity", path)
    expect(target, body=bodies[0], pipeline=True)
    options.progress("capacity")
    capacity = wrk(target, options.seconds, options.connections)["rps"]

    def paced(name):
        one = node.at(name, path)
        one.script, one.timeout = "wrk-paced.lua", ANSWER_SECONDS
        one.script_env = {"RATE": str(capacity * SHARE_OF_CAPACITY), "KNOWN": "\n".join(bodies)}
        return one

    def read(admin, _):
        return admin.timed("GET", f"/restapis/{api}/stages/dev")[1]

    def deploy(admin, number):
        if number % EACH_DEFINITION == 0:
            admin.put(api, definitions[number // EACH_DEFINITION % 2])
        return admin.deploy(api, "dev")

    quiet, reading, deploying = (paced(name) for name in ("undisturbed", f"{rate} reads/s", f"{rate} deployments/s"))
    work = {reading.name: read, deploying.name: deploy}
    running, busy = {}, [True]

    def before(target):
        if target is not deploying and busy[0]:
            settle(node, options)
        busy[0] = target is deploying
        if target.name in work:
            running[target.name] = Paced(node.admin, bench.load_core, rate, work[target.name])

    def after(target, run):
        if target.name in work:
            run["operations_per_s"], seconds = running.pop(target.name).stop()
            run["operation_ms"] = [one * 1e3 for one in seconds]

    memory = node.rss_bytes()
    runs = alternate([quiet, reading, deploying], options.rounds, 2 * options.seconds, options.connections,
                     options.progress, before, after)
    for definition, body in zip(definitions, bodies):
        admin.put(api, definition)
        admin.deploy(api, "dev")
        expect(deploying, body=body, pipeline=True)
    failed = sum(run["failed"] for of_target in runs.values() for run in of_target)
    first = next((run["first_failure"] for of_target in runs.values() for run in of_target if run["failed"]), "")
    if options.self_check and failed:
        raise Problem(f"{failed} requests failed: {first}")
    if options.self_check and not all(run["operation_ms"] for run in runs[deploying.name]):
        raise Problem("nothing was deployed")
    return publishing_outcome(runs, capacity, rate, (failed, first), [memory, node.rss_bytes()])


def publishing_outcome(runs, capacity, rate, failure, memory):
    quiet, _, deploying = runs
    failed, first = failure
    asked = capacity * SHARE_OF_CAPACITY
    rows = []
    for name, of_target in runs.items():
        operations = [one for run in of_target for one in run.get("operation_ms", ())]
        late = sum(run["late"] for run in of_target) / sum(run["requests"] for run in of_target)
        rows.append([
            name, f"{median(of_target, 'rps'):,.0f}",
            *(f"{median(of_target, key):.2f}" for key in ("p50_ms", "p99_ms", "p999_ms", "max_ms")),
            f"{ratio(of_target, runs[quiet], 'p99_ms'):.2f}", f"{late:.2%}",
            sum(run["failed"] for run in of_target), f"{median(of_target, 'cpu_us'):.1f}",
            f"{median(of_target, 'others'):.0%}", f"{median(of_target, 'load_core'):.0%}",
            *((f"{median(of_target, 'operations_per_s'):.1f}", f"{statistics.median(operations):.2f}",
               f"{p99(operations):.2f}") if operations else ("", "", ""))])
    head = ["requests", "req/s", "p50 ms", "p99 ms", "p99.9 ms", "max ms", "p99 ÷ undisturbed", "late", "failed",
            "CPU µs/req", "others", "load core", "operations/s", "median ms", "p99 ms"]
    deployed = sum(len(run["operation_ms"]) for run in runs[deploying])
    goals = [
        goal(f"requests that failed during {deployed:,} deployments", failed, 0),
        goal("p99 during deployments against undisturbed", ratio(runs[deploying], runs[quiet], "p99_ms"), 1.5),
        goal("deployments a second", median(runs[deploying], "operations_per_s"), 0.98 * rate, at_least=True),
        goal("requests a second during deployments of those that were due",
             median(runs[deploying], "rps") / asked, 0.98, at_least=True),
    ]
    notes = [f"What failed first: {first}"] if failed else []
    summary = (f"Capacity {capacity:,.0f} requests a second, {asked:,.0f} are due. Memory {memory[0] / 2**20:.0f} MB "
               f"before, {memory[1] / 2**20:.0f} MB after {deployed:,} deployments.")
    return {"tables": [summary, table(head, rows), *notes], "goals": goals,
            "figures": {"capacity": capacity, "runs": runs, "deployments": deployed, "memory": memory}}
