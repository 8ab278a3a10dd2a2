"""The scenario `fleet`: many plugins on one node, plugins that do much at deployment, and starts from the cache."""

import time

from .answers import expect
from .load import alternate, difference, ratio
from .plugins import LANGUAGES, PREBUILT, guarded_route, token_scheme
from .report import goal, runs_table, table

TOKENS = "tokens: \"bench-token allow bench\\n\""
STARTED = 50
"""Plugins of the node whose start is timed."""
ENTRIES = 8_000_000
"""Entries of the table that the heavy authorizer computes in `configure`, four bytes each."""


def copies(component, count):
    """`count` components that do the same and are not the same: each has a custom section of its own at its end."""
    original = component.read_bytes()
    for number in range(count):
        payload = b"\x04copy" + number.to_bytes(4, "little")
        yield original + b"\x00" + bytes([len(payload)]) + payload


def write_folder(folder, plugins):
    """A configuration folder with a MOCK of 1 KiB at /p0, /p1, … behind an authorizer each.

    `plugins` is a list of (component bytes, text of its other settings).
    """
    (folder / "apis").mkdir(parents=True)
    paths, schemes, declared, functions = [], [], [], []
    for number, (component, settings) in enumerate(plugins):
        name = f"p{number}"
        (folder / f"{name}.wasm").write_bytes(component)
        declared.append(f"  {name}: {{component: {name}.wasm{settings}}}")
        functions.append(f"  {name}: {{plugin: {name}}}")
        paths.append(guarded_route(name))
        schemes.append(token_scheme(name))
    api = 'openapi: 3.0.1\ninfo: {title: fleet, version: "1"}\npaths:\n' + "".join(paths)
    api += "components:\n  securitySchemes:\n" + "".join(schemes)
    (folder / "apis" / "fleet.yaml").write_text(api, encoding="utf-8")
    (folder / "plugins.yaml").write_text("plugins:\n" + "\n".join(declared) + "\n", encoding="utf-8")
    (folder / "functions.yaml").write_text("functions:\n" + "\n".join(functions) + "\n", encoding="utf-8")
    (folder / "edgewit.yaml").write_text(
        'access_log: {format: "off"}\nlimits: {plugin_instances: 1000, document_bytes: 67108864}\n', encoding="utf-8")
    return folder


def start(bench, folder, name, data):
    """(node, seconds from its start to its first answer). `data` names the compile cache."""
    began = time.monotonic()
    node = bench.edgewit(folder, name, "/dev/p0", data=data)
    node.headers = {"Authorization": "bench-token"}
    expect(node, pipeline=True)
    return node, time.monotonic() - began


def many(bench, options, count):
    """One node with one plugin beside one with `count` different ones."""
    source = PREBUILT / "token_authorizer.wasm"
    settings = f", config: {{{TOKENS}}}"
    few = write_folder(bench.dir / "one", [(source.read_bytes(), settings)])
    lots = write_folder(bench.dir / "many", [(component, settings) for component in copies(source, count)])
    options.progress(f"compiling {count} plugins")
    first, cold = start(bench, lots, "many, first start", "many")
    first.end()
    node, cached = start(bench, lots, f"one of {count}", "many")
    alone, _ = start(bench, few, "the only one", "few")
    turn = node.at(f"{count} in turn", "/dev/p0")
    turn.script, turn.script_env = "wrk-turn.lua", {"COUNT": str(count)}
    expect(node.at("the last", f"/dev/p{count - 1}"), pipeline=True)
    expect(node.at("forged", f"/dev/p{count - 1}"), status=401, headers={"Authorization": "forged"}, body=None,
           pipeline=True)
    memory = (node.rss_bytes() - alone.rss_bytes()) / max(1, count - 1)
    runs = alternate([alone, node, turn], options.rounds, options.seconds, options.connections, options.progress)
    rows = [[count, f"{cold:.2f}", f"{cached:.2f}", f"{node.rss_bytes() / 2**20:.0f}", f"{memory / 1000:.0f}"]]
    heading = ["plugins", "first start, s", "next start, s", "RSS, MB", "KB a plugin"]
    goals = [goal("CPU of a request whose plugin is one of many", ratio(runs[node.name], runs[alone.name], "cpu_us"),
                  1.05)]
    figures = {"count": count, "cold_s": cold, "cached_s": cached, "bytes_per_plugin": memory, "runs": runs}
    return [table(heading, rows), runs_table(runs, [alone.name])], goals, figures


def starts(bench, options):
    """Start of a node with fifty plugins that have a `configure`, first and from the cache."""
    settings = ", config: {key: test-key}"
    folder = write_folder(bench.dir / "fifty",
                          [(component, settings) for component in copies(PREBUILT / "bearer_rust.wasm", STARTED)])
    seconds = {}
    for turn in ("first", "second"):
        options.progress(f"{turn} start with {STARTED} plugins")
        began = time.monotonic()
        node = bench.edgewit(folder, f"fifty, {turn}", "/dev/p0", data="fifty")
        seconds[turn] = time.monotonic() - began
        expect(node, status=401, headers={"Authorization": "Bearer a.b"}, body=None, pipeline=True)
        node.end()
    rows = [[turn, f"{value:.2f}"] for turn, value in seconds.items()]
    goals = [goal(f"second start with {STARTED} plugins", seconds["second"], 1.0, " s")]
    return [table([f"start with {STARTED} plugins", "s"], rows)], goals, {"start_s": seconds}


def heavy(bench, options):
    """An authorizer of about a megabyte: its admission, and what half a second of `configure` costs a request."""
    component = LANGUAGES / "heavy.wasm"
    if not component.is_file():
        return [f"{component.name} is not there: plugins/languages builds it."], [], {}
    source = component.read_bytes()
    settings = ", limits: {memory_mb: 256}, config: {entries: \"%d\"}"
    conf = {name: write_folder(bench.dir / name, [(source, settings % entries)])
            for name, entries in (("nothing", 0), ("table", ENTRIES))}
    nodes, seconds = {}, {}
    for name, folder in conf.items():
        began = time.monotonic()
        node = bench.edgewit(folder, f"{name} prepared", "/dev/p0", data=f"heavy-{name}")
        seconds[name] = time.monotonic() - began
        node.headers = {"Authorization": "Bearer bench-7"}
        expect(node, pipeline=True)
        nodes[name] = node
    runs = alternate(list(nodes.values()), options.rounds, options.seconds, options.connections, options.progress)
    plain, full = (runs[node.name] for node in nodes.values())
    rows = [[name, f"{len(source) / 1e6:.2f}", f"{value:.2f}"] for name, value in seconds.items()]
    goals = [goal("admission of a large Rust component, with the start of its node", seconds["nothing"], 2.0, " s"),
             goal("CPU of a request after a long configure", difference(full, plain, "cpu_us"), 2.0, " µs")]
    return ([table(["configure computes", "component, MB", "start, s"], rows), runs_table(runs, ["nothing prepared"])],
            goals, {"start_s": seconds, "runs": runs})


def fleet(bench, options):
    """Many plugins, starts, and plugins that do much at deployment."""
    count = 20 if options.self_check else options.plugins
    parts = [many(bench, options, count), starts(bench, options), heavy(bench, options)]
    tables = [one for tables, _, _ in parts for one in tables]
    goals = [one for _, goals, _ in parts for one in goals]
    return {"tables": tables, "goals": goals, "figures": [figures for _, _, figures in parts]}
