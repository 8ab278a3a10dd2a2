"""Loads targets with wrk in alternating rounds and accounts for the CPU time they took."""

import contextlib
import json
import os
import statistics
import subprocess
from pathlib import Path

from .servers import BENCH, Problem, cores, cpu_seconds, text, tool

WARM_UP_SECONDS = 1


def busy_seconds(core):
    """(busy, total) seconds of one core since boot, over all processes."""
    for line in Path("/proc/stat").read_text().splitlines():
        name, *fields = line.split()
        if name == f"cpu{core}":
            ticks = [int(field) for field in fields[:8]]
            # Fields 3 and 4 are idle and iowait; 7 (steal) is time another machine took and counts as busy.
            return (sum(ticks) - ticks[3] - ticks[4]) / 100, sum(ticks) / 100
    return 0.0, 1.0


@contextlib.contextmanager
def awake(core):
    """Keeps a core from halting for want of work, with a loop that runs only while nobody else wants it.

    Waking a halted core, of a virtual machine above all, is paid by who sends: some ten microseconds that a fast target
    never pays, because its answers come while wrk is busy with others. Yields a function for the CPU seconds of the
    loop."""
    loop = subprocess.Popen([tool("chrt"), "--idle", "0", tool("taskset"), "-c", str(core), "sh", "-c",
                             "while :; do :; done"])
    try:
        yield lambda: cpu_seconds(loop.pid)
    finally:
        loop.kill()
        loop.wait()


def wrk(target, seconds, connections):
    """Runs wrk once. Returns its counts with the CPU time the target used meanwhile.

    Raises Problem when any answer was an error: a run that did not do its work has no figure. Where the script counts
    what failed by itself, that is in the figures, for the scenario to judge.
    """
    proxy_core, load_core = cores()
    headers = [part for name, value in target.headers.items() for part in ("-H", f"{name}: {value}")]
    command = [tool("taskset"), "-c", str(load_core), tool("wrk"), "-t1", f"-c{connections}", f"-d{seconds}s",
               f"--timeout={target.timeout}s", "--latency", "-s", str(BENCH / "conf" / target.script), *headers,
               f"http://{text(target.address)}{target.path}"]
    with contextlib.ExitStack() as stack:
        idle_loop = stack.enter_context(awake(load_core)) if proxy_core != load_core else lambda: 0.0
        cpu, looped = target.cpu_seconds(), idle_loop()
        busy = [busy_seconds(core) for core in (proxy_core, load_core)]
        ran = subprocess.run(command, capture_output=True, text=True, check=False,
                             env={**os.environ, **target.script_env})
        busy = [(now[0] - then[0], now[1] - then[1])
                for now, then in zip([busy_seconds(core) for core in (proxy_core, load_core)], busy)]
        cpu, looped = target.cpu_seconds() - cpu, idle_loop() - looped
    line = next((line for line in ran.stdout.splitlines() if line.startswith("result ")), None)
    if ran.returncode or not line:
        raise Problem(f"wrk failed on {target.name}:\n{ran.stdout}{ran.stderr}\n{target.tail()}")
    counts = json.loads(line.removeprefix("result "))
    if counts.get("status_errors") or counts.get("socket_errors") or not counts["requests"]:
        raise Problem(f"{target.name} did not answer every request: {counts}\n{target.tail()}")
    return {
        "requests": counts["requests"],
        "rps": counts["requests"] * 1e6 / counts["micros"],
        "p50_ms": counts["p50"] / 1e3,
        "p99_ms": counts["p99"] / 1e3,
        "cpu_us": cpu * 1e6 / counts["requests"],
        "rss_mb": target.rss_bytes() / 2**20,
        # What ran on the target's core beside it, and how busy the load generator's core was.
        "others": max(0.0, (busy[0][0] - cpu) / busy[0][1]) if proxy_core != load_core else 0.0,
        "load_core": max(0.0, busy[1][0] - looped) / busy[1][1],
        **({"p999_ms": counts["p999"] / 1e3, "max_ms": counts["max"] / 1e3, "failed": counts["failed"],
            "late": counts["late"], "first_failure": counts["first"]} if "failed" in counts else {}),
    }


def alternate(targets, rounds, seconds, connections, progress, before=None, after=None):
    """Measures all targets once per round, in an order that turns by one each round, after a warm-up.

    `before(target)` and `after(target, run)` frame each run. Returns {name: [run, …]} with one run per round.
    """
    runs = {target.name: [] for target in targets}
    for target in targets if rounds > 1 else []:
        wrk(target, WARM_UP_SECONDS, connections)
    for number in range(rounds):
        turn = number % len(targets)
        for target in targets[turn:] + targets[:turn]:
            progress(f"round {number + 1}/{rounds}: {target.name}")
            if before:
                before(target)
            run = wrk(target, seconds, connections)
            if after:
                after(target, run)
            runs[target.name].append(run)
    return runs


def median(runs, key):
    return statistics.median(run[key] for run in runs)


def ratio(runs, base, key):
    """Median over the rounds of run/base of the same round: what both suffered in a round cancels out."""
    return statistics.median(a[key] / b[key] if b[key] else float("nan") for a, b in zip(runs, base))


def difference(runs, base, key):
    """Median over the rounds of run - base of the same round."""
    return statistics.median(a[key] - b[key] for a, b in zip(runs, base))
