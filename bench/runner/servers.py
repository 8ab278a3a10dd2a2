"""Starts and stops the servers under measurement: nginx, HAProxy, bare Pingora, Edgewit."""

import contextlib
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

BENCH = Path(__file__).resolve().parent.parent
ROOT = BENCH.parent
CONF = BENCH / "conf"
COMPONENT = ROOT / "plugins" / "prebuilt" / "token_authorizer.wasm"
KIB = json.dumps({"kib": "x" * 1014}, separators=(",", ":"))
"""The body of every 1 KiB answer."""

READY_SECONDS = 600
"""Longest wait for a server to listen; a development build of Edgewit compiles its component in this time."""

PACKAGES = {"nginx": "nginx-light", "haproxy": "haproxy", "wrk": "wrk", "taskset": "util-linux", "chrt": "util-linux"}
"""Tool: the Debian package that has it."""


class Problem(Exception):
    """Something the person who runs the benchmark can put right; the text says how."""


def tool(name):
    """Path of a tool, also when /usr/sbin is not on PATH. Raises KeyError when it is missing."""
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if not found:
        raise KeyError(name)
    return found


def require_tools(names):
    """Raises Problem with the command that installs whatever of `names` is missing."""
    missing = []
    for name in names:
        try:
            tool(name)
        except KeyError:
            missing.append(name)
    if missing:
        packages = " ".join(PACKAGES[name] for name in missing)
        raise Problem(f"missing: {', '.join(missing)}. On Debian: sudo apt-get install -y {packages}")


def cores():
    """(core of the proxies, core of wrk and the origin); the same one when there is only one."""
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[0], allowed[-1]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def raise_file_limit():
    """The idle scenario holds thousands of connections in each process."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def prioritise(nice):
    """Gives this process and what it starts a nice value, also against other sessions (Linux groups them)."""
    try:
        os.setpriority(os.PRIO_PROCESS, 0, nice)
        group = Path("/proc/self/autogroup")
        if group.exists():
            group.write_text(str(nice))
    except PermissionError as refused:
        raise Problem(f"--nice {nice} needs root") from refused


def filled(path, values):
    """Text of a template with each @NAME@ replaced."""
    text = Path(path).read_text(encoding="utf-8")
    for name, value in values.items():
        text = text.replace(f"@{name}@", str(value))
    return text


def cpu_seconds(pid):
    """User and system time of all threads since the process started."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Server:
    """One running server process."""

    def __init__(self, name, process, address, path, log):
        self.name = name
        self.process = process
        self.address = address
        self.path = path
        self.log = log
        self.headers = {}
        """Request headers that every request to this target carries."""
        self.script = "wrk.lua"
        """What wrk asks for; `script_env` is its environment."""
        self.script_env = {}
        self.timeout = 2
        """Seconds after which wrk counts an answer as missing."""

    @property
    def pid(self):
        return self.process.pid

    def cpu_seconds(self):
        return cpu_seconds(self.pid)

    def rss_bytes(self):
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def at(self, name, path, headers=None):
        """The same process seen as another target: another path or other request headers."""
        other = Server(name, self.process, self.address, path, self.log)
        other.headers = dict(self.headers, **(headers or {}))
        return other

    def end(self):
        """Stops the process; the others of the run go on."""
        stop(self.process)

    def tail(self):
        return self.log.read_text(errors="replace")[-2000:]


class Bench:
    """The folder and the processes of one run of bench/run; a context manager that ends what it started."""

    def __init__(self, binary, bare):
        self.binary = binary
        self.bare_binary = bare
        self.proxy_core, self.load_core = cores()
        self.stack = contextlib.ExitStack()

    def __enter__(self):
        # Memory-backed where there is one: an access log must measure the log, not a disk.
        base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.dir = Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="edgewit-bench-", dir=base)))
        raise_file_limit()
        return self

    def __exit__(self, *exc):
        return self.stack.__exit__(*exc)

    def start(self, name, command, address, core, path="/dev/proxy", env=None, ready=None):
        """Starts a process on one core and waits until `ready()` or a TCP connection succeeds."""
        log = self.dir / f"{name.replace(' ', '-')}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [tool("taskset"), "-c", str(core), *map(str, command)],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, env={**os.environ, **(env or {})})
        self.stack.callback(stop, process)
        server = Server(name, process, address, path, log)
        deadline = time.monotonic() + READY_SECONDS
        while not (ready() if ready else connects(server.address)):
            if process.poll() is not None:
                raise Problem(f"{name} ended with {process.returncode}:\n{server.tail()}")
            if time.monotonic() > deadline:
                raise Problem(f"{name} was not ready after {READY_SECONDS} s:\n{server.tail()}")
            time.sleep(0.02)
        return server

    def conf(self, template, **values):
        """Writes a filled configuration template to the run's folder and returns its path."""
        target = self.dir / Path(template).name
        target.write_text(filled(CONF / template, {"DIR": self.dir, "KIB": KIB, **values}), encoding="utf-8")
        return target

    def origin(self):
        address = ("127.0.0.1", free_port())
        conf = self.conf("nginx-origin.conf", LISTEN=text(address))
        return self.start("origin", [tool("nginx"), "-c", conf], address, self.load_core)

    def nginx(self, origin):
        address = ("127.0.0.1", free_port())
        conf = self.conf("nginx-proxy.conf", LISTEN=text(address), ORIGIN=text(origin.address))
        return self.start("nginx", [tool("nginx"), "-c", conf], address, self.proxy_core)

    def haproxy(self, origin):
        address = ("127.0.0.1", free_port())
        conf = self.conf("haproxy.cfg", LISTEN=text(address), ORIGIN=text(origin.address))
        return self.start("haproxy", [tool("haproxy"), "-db", "-f", conf], address, self.proxy_core)

    def bare(self, mode="proxy", origin=None):
        address = ("127.0.0.1", free_port())
        upstream = [text(origin.address)] if origin else []
        name = "bare pingora" if mode == "proxy" else mode
        return self.start(name, [self.bare_binary, mode, text(address), "1", *upstream], address, self.proxy_core)

    def edgewit(self, conf, name="edgewit", path="/dev/proxy", admin=False, data="data"):
        """A node with one worker; `conf` is a configuration folder or a document. With `admin`, it has that address.
        Nodes with the same `data` share compiled plugins; it is a name, or the path of a folder elsewhere."""
        note = self.dir / f"{name.replace(' ', '-')}.ready"
        server = self.start(
            name, [self.binary, "serve", conf, "--listen", "127.0.0.1:0", "--admin",
                   "127.0.0.1:0" if admin else "none"], None,
            self.proxy_core, path,
            env={"EDGEWIT_READY_FILE": str(note), "EDGEWIT_THREADS": "1", "EDGEWIT_DATA": str(self.dir / "data" / data)},
            ready=lambda: note.exists() and note.read_text().rstrip().endswith("}"))
        ready = json.loads(note.read_text())
        host, port = ready["listen"].rsplit(":", 1)
        server.address = (host, int(port))
        if admin:
            host, port = ready["admin"].rsplit(":", 1)
            server.admin = (host, int(port))
        return server

    def edgewit_folder(self, name, origin, guarded=False, log="off"):
        """Writes the configuration folder of bench/conf/edgewit; returns (folder, access-log path).

        Unless `guarded`, the routes with an authorizer and the plugin files are left out.
        """
        folder = self.dir / name
        (folder / "apis").mkdir(parents=True)
        log_path = self.dir / f"{name}.access.log"
        values = {"ORIGIN": text(origin.address), "KIB": KIB, "LOG_FORMAT": log, "LOG_PATH": log_path}
        files = ["edgewit.yaml", "apis/bench.yaml"]
        if guarded:
            files += ["plugins.yaml", "functions.yaml"]
            (folder / "plugins").mkdir()
            shutil.copy(COMPONENT, folder / "plugins")
        for file in files:
            content = filled(CONF / "edgewit" / file, values)
            if file == "apis/bench.yaml" and not guarded:
                content = content.partition("  /guarded/proxy:")[0]
            (folder / file).write_text(content, encoding="utf-8")
        return folder, log_path


def connects(address):
    try:
        with socket.create_connection(address, 1):
            return True
    except OSError:
        return False


def text(address):
    return f"{address[0]}:{address[1]}"


def stop(process):
    """Ends a process this run started; servers have nothing to save."""
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
    process.wait()
