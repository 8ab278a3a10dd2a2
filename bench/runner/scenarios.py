"""The scenarios: each asserts that its targets do the work, then measures them.

Each takes (bench, options) and returns {"tables": [text], "goals": [goal], "figures": {…}}.
"""

import os
import shutil
import socket
import statistics
import subprocess
import time

from .answers import expect
from .control import control
from .documents import routes_document
from .fleet import fleet
from .isolation import isolation
from .load import alternate, difference, median, ratio
from .plugins import plugins
from .report import goal, runs_table, table
from .servers import ROOT, Problem, text
from .services import bodies, services
from .templates import templates

ANSWER = '{"message":"hello from the node itself"}'
"""What bare-pingora answers by itself in its modes answer, virtual and subrequest."""

LOG_FLUSH_SECONDS = 5
"""Longest wait for the access log to hold every answered request."""


def outcome(tables=(), goals=(), figures=None):
    return {"tables": list(tables), "goals": list(goals), "figures": figures or {}}


def measure(targets, options, **hooks):
    return alternate(targets, options.rounds, options.seconds, options.connections, options.progress, **hooks)


def proxy(bench, options):
    """HTTP_PROXY of a 1 KiB answer against nginx, HAProxy and bare Pingora."""
    origin = bench.origin()
    targets = [bench.nginx(origin), bench.haproxy(origin), bench.bare("proxy", origin)]
    for target in [origin, *targets]:
        expect(target)
    if options.without_edgewit:
        results = measure(targets, options)
        return outcome([runs_table(results, ["bare pingora", "nginx"])], figures=results)

    quiet, _ = bench.edgewit_folder("quiet", origin)
    logging, log = bench.edgewit_folder("logging", origin, log="json")
    plain = bench.edgewit(quiet, "edgewit")
    logged = bench.edgewit(logging, "edgewit, JSON access log")
    for target in (plain, logged):
        expect(target, pipeline=True)

    def empty_log(target):
        if target.name == logged.name:
            os.truncate(log, 0)

    def count_log(target, run):
        if target.name == logged.name:
            wait_for_lines(log, run["requests"])

    results = measure([*targets, plain, logged], options, before=empty_log, after=count_log)
    runs, bare = results["edgewit"], results["bare pingora"]
    goals = [
        goal("HTTP_PROXY throughput of bare Pingora", ratio(runs, bare, "rps"), 0.95, at_least=True),
        goal("HTTP_PROXY p99 of bare Pingora", ratio(runs, bare, "p99_ms"), 1.1),
    ]
    return outcome([runs_table(results, ["bare pingora", "nginx"])], goals, results)


def wait_for_lines(path, count):
    """The access log must hold a line for every answered request. Raises Problem when it does not."""
    deadline = time.monotonic() + LOG_FLUSH_SECONDS
    while (lines := count_lines(path)) < count:
        if time.monotonic() > deadline:
            raise Problem(f"the access log has {lines} lines for {count} answered requests")
        time.sleep(0.1)


def count_lines(path):
    lines = 0
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            lines += block.count(b"\n")
    return lines


def mock(bench, options):
    """A MOCK with a static 1 KiB template against nginx as a reverse proxy of the same bytes."""
    origin = bench.origin()
    nginx = bench.nginx(origin)
    folder, _ = bench.edgewit_folder("mock", origin)
    node = bench.edgewit(folder, "edgewit", "/dev/mock")
    expect(nginx)
    expect(node, pipeline=True)
    results = measure([nginx, node], options)
    goals = [goal("MOCK throughput of nginx as a reverse proxy", ratio(results["edgewit"], results["nginx"], "rps"),
                  1.4, at_least=True)]
    return outcome([runs_table(results, ["nginx"])], goals, results)


def authorizer(bench, options):
    """CPU time that a fresh-instance component authorizer adds to a MOCK and to an HTTP_PROXY route."""
    origin = bench.origin()
    folder, _ = bench.edgewit_folder("guarded", origin, guarded=True)
    node = bench.edgewit(folder)
    # Every target sends the token, so that the requests differ in the path only.
    token = {"Authorization": "bench-token"}
    pairs = [(node.at(f"{kind}, open", f"/dev/{kind}", token),
              node.at(f"{kind}, guarded", f"/dev/guarded/{kind}", token)) for kind in ("mock", "proxy")]
    for plain, guarded in pairs:
        expect(plain, pipeline=True)
        expect(guarded, pipeline=True)
        expect(node.at("no token", guarded.path), status=401, body=None, pipeline=True)
        expect(node.at("denied token", guarded.path, {"Authorization": "denied-token"}), status=403, body=None,
               pipeline=True)
    results = measure([target for pair in pairs for target in pair], options)
    added = {plain.name.partition(",")[0]: difference(results[guarded.name], results[plain.name], "cpu_us")
             for plain, guarded in pairs}
    rows = [[kind, f"{micros:.1f}"] for kind, micros in added.items()]
    goals = [goal(f"CPU time of a fresh-instance authorizer on {kind}", micros, 20, " µs")
             for kind, micros in added.items()]
    return outcome([runs_table(results, []), table(["route", "authorizer, CPU µs/req"], rows)], goals,
                   {"runs": results, "added_cpu_us": added})


def ways(bench, options):
    """Three ways for a Pingora proxy to answer by itself, beside nginx and Pingora as proxies of such an answer."""
    origin = bench.origin()
    nginx = bench.nginx(origin)
    proxied = bench.bare("proxy", origin)
    expect(nginx)
    expect(proxied)
    modes = [bench.bare(mode) for mode in ("answer", "virtual", "subrequest")]
    for target in modes:
        expect(target, body=ANSWER)
    results = measure([nginx, proxied, *modes], options)
    return outcome([runs_table(results, ["answer", "nginx"])], figures=results)


def idle(bench, options):
    """Memory per idle keep-alive connection after one request on each."""
    origin = bench.origin()
    targets = [bench.nginx(origin), bench.bare("proxy", origin)]
    if not options.without_edgewit:
        folder, _ = bench.edgewit_folder("idle", origin)
        targets.append(bench.edgewit(folder))
    figures = {}
    for target in targets:
        options.progress(f"{target.name}: {options.idle_connections} connections")
        expect(target)
        figures[target.name] = idle_bytes(target, options.idle_connections)
    rows = [[name, f"{size / 1000:.1f}"] for name, size in figures.items()]
    goals = [] if options.without_edgewit else [
        goal("memory per idle connection after a request", figures["edgewit"] / 1000, 40, " KB")]
    return outcome([table(["target", "KB per idle connection"], rows)], goals, figures)


def idle_bytes(target, count):
    """Growth of resident memory per connection; every connection is shown to be open still at the end."""
    request = f"GET {target.path} HTTP/1.1\r\nHost: {text(target.address)}\r\n\r\n".encode()
    before = target.rss_bytes()
    connections = []
    try:
        for _ in range(count):
            connection = socket.create_connection(target.address, 10)
            connections.append(connection)
            ask(target, connection, request)
        time.sleep(1)
        grown = target.rss_bytes() - before
        for connection in connections:
            ask(target, connection, request)
        return grown / count
    finally:
        for connection in connections:
            connection.close()


def ask(target, connection, request):
    """One exchange on a raw connection; reads to the end of the 1 KiB answer."""
    connection.sendall(request)
    received = b""
    while not received.endswith(b'x"}'):
        block = connection.recv(65536)
        if not block:
            raise Problem(f"{target.name} closed an idle connection: {received[:200]!r}")
        received += block
    if not received.startswith(b"HTTP/1.1 200 "):
        raise Problem(f"{target.name} answered {received[:200]!r}")


def imports(bench, options):
    """`edgewit check` of a document with many routes; memory per route of a node that serves it."""
    origin = bench.origin()
    figures = {}
    for count in (10, options.routes):
        # A folder, because a document of this size needs a limit raised.
        conf = bench.dir / f"routes-{count}"
        (conf / "apis").mkdir(parents=True)
        (conf / "edgewit.yaml").write_text("access_log: {format: \"off\"}\nlimits: {document_bytes: 67108864}\n",
                                           encoding="utf-8")
        document = conf / "apis" / "routes.json"
        document.write_text(routes_document(count, text(origin.address)), encoding="utf-8")
        checks = []
        for _ in range(options.rounds):
            options.progress(f"edgewit check of {count} routes")
            checks.append(checked(bench, conf))
        node = bench.edgewit(conf, f"edgewit {count}")
        last = count // 2 - 1
        expect(node.at(node.name, f"/dev/tenants/t/service{last // 50:04}/resource{last:05}/i"), pipeline=True)
        figures[count] = {
            "bytes": document.stat().st_size,
            "seconds": statistics.median(check["seconds"] for check in checks),
            "check_rss": statistics.median(check["rss"] for check in checks),
            "serve_rss": node.rss_bytes(),
        }
    few, many = figures[10], figures[options.routes]
    per_route = (many["serve_rss"] - few["serve_rss"]) / (options.routes - 10)
    rows = [[count, f"{f['bytes'] / 1e6:.2f}", f"{f['seconds']:.3f}", f"{f['check_rss'] / 2**20:.0f}",
             f"{f['serve_rss'] / 2**20:.0f}"] for count, f in figures.items()]
    return outcome(
        [table(["routes", "document MB", "check s", "check peak RSS MB", "serving RSS MB"], rows),
         f"Memory per route of a serving node: {per_route:,.0f} bytes."],
        [goal(f"check of {options.routes:,} routes", many["seconds"], 1.0, " s")],
        {"by_routes": figures, "bytes_per_route": per_route})


def checked(bench, document):
    """Seconds and peak resident bytes of one `edgewit check`; raises Problem unless it finds the document fine."""
    started = time.monotonic()
    child = subprocess.Popen([bench.binary, "check", document], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT)
    output = child.stdout.read().decode(errors="replace")
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.monotonic() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise Problem(f"edgewit check {document.name} ended with {child.returncode}:\n{output[-2000:]}")
    return {"seconds": seconds, "rss": usage.ru_maxrss * 1024}


def routes(bench, options):
    """Cost of finding a route among 10, 1,000 and 100,000 (an example of the crate edgewit-plan)."""
    command = [shutil.which("cargo") or "cargo", "run", "--quiet", "--package", "edgewit-plan", "--example",
               "route_cost"]
    if not options.self_check:
        command.insert(2, "--release")
    options.progress(" ".join(command[1:]))
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise Problem(f"the route_cost example failed:\n{ran.stdout}{ran.stderr}")
    return outcome([ran.stdout.rstrip()], figures={"output": ran.stdout})


SCENARIOS = {"proxy": proxy, "mock": mock, "authorizer": authorizer, "ways": ways, "idle": idle, "import": imports,
             "routes": routes, "plugins": plugins, "fleet": fleet, "templates": templates,
             "services": services, "bodies": bodies, "control": control, "isolation": isolation}
NEEDS_EDGEWIT = {"proxy", "mock", "authorizer", "idle", "import", "plugins", "fleet", "templates", "services",
                 "bodies", "control", "isolation"}
NEEDS_BARE = {"proxy", "ways", "idle"}
