"""Turns measured runs into tables (Markdown, so that they can be pasted into README.md) and goals into lines."""

import json
import os
import platform
import subprocess
import time
from pathlib import Path

from .load import median, ratio
from .servers import ROOT, cores, tool


def table(head, rows):
    """A Markdown table with aligned columns."""
    cells = [head] + [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in cells]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def runs_table(results, bases):
    """One row per target: medians, then throughput, p99 and CPU per request as ratios to each base."""
    head = ["target", "req/s", "p50 ms", "p99 ms", "CPU µs/req", "RSS MB", "others", "load core"]
    for base in bases:
        head += [f"req/s ÷ {base}", f"p99 ÷ {base}", f"CPU ÷ {base}"]
    rows = []
    for name, runs in results.items():
        row = [name, f"{median(runs, 'rps'):,.0f}", f"{median(runs, 'p50_ms'):.2f}", f"{median(runs, 'p99_ms'):.2f}",
               f"{median(runs, 'cpu_us'):.1f}", f"{median(runs, 'rss_mb'):.0f}", f"{median(runs, 'others'):.0%}",
               f"{median(runs, 'load_core'):.0%}"]
        for base in bases:
            row += [f"{ratio(runs, results[base], key):.2f}" for key in ("rps", "p99_ms", "cpu_us")]
        rows.append(row)
    return table(head, rows)


def goal(text, value, limit, unit="", at_least=False):
    """One goal with whether this run reached it."""
    reached = value >= limit if at_least else value <= limit
    return {"goal": text, "value": round(value, 4), "limit": limit, "at_least": at_least, "unit": unit,
            "reached": reached}


def goal_line(entry):
    sign = "≥" if entry["at_least"] else "≤"
    verdict = "reached" if entry["reached"] else "MISSED"
    return f"{verdict}: {entry['goal']}: {entry['value']:.2f}{entry['unit']} (goal {sign} {entry['limit']}{entry['unit']})"


def machine():
    """What a reader must know about the machine to judge the figures."""
    model = next((line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    return {
        "cpu": model, "cores": os.cpu_count(), "kernel": platform.release(), "load_average": os.getloadavg()[0],
        "proxy_core": cores()[0], "load_core": cores()[1],
        "nginx": version("nginx", "-v"), "haproxy": version("haproxy", "-v"), "wrk": version("wrk", "-v"),
    }


def version(name, flag):
    try:
        ran = subprocess.run([tool(name), flag], capture_output=True, text=True, check=False)
    except KeyError:
        return None
    return (ran.stdout + ran.stderr).partition("\n")[0].strip()


def write_json(path, outcomes):
    path = Path(path) if path else ROOT / "target" / "bench" / time.strftime("%Y-%m-%dT%H%M%S.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {"machine": machine(), "scenarios": outcomes}
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return path
