"""Speaks with the control plane of a node, and with what it has published, and times both."""

import http.client
import json
import os
import threading
import time

from .servers import Problem


class Client:
    """One connection that is kept. Not for two threads."""

    def __init__(self, address):
        self.connection = http.client.HTTPConnection(*address, timeout=120)

    def ask(self, method, path, body=None):
        """(status, body, seconds until all of it was there)."""
        started = time.perf_counter()
        self.connection.request(method, path, body)
        response = self.connection.getresponse()
        answer = response.read()
        return response.status, answer, time.perf_counter() - started

    def close(self):
        self.connection.close()


class Admin(Client):
    """The control plane. Nobody has to sign on a loopback address."""

    def timed(self, method, path, body=None):
        """(answer, seconds) of an operation that succeeds. A body is JSON, as text or as a value."""
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        status, answer, seconds = self.ask(method, path, body)
        if status >= 300:
            raise Problem(f"{method} {path} was refused: {status} {answer[:300]!r}")
        return answer, seconds

    def ok(self, method, path, body=None):
        return json.loads(self.timed(method, path, body)[0] or b"null")

    def create(self, document):
        """Makes an API; (its id, seconds). Warnings are for documents that are not ours."""
        answer, seconds = self.timed("POST", "/restapis?mode=import", document)
        api = json.loads(answer)
        if api.get("warnings"):
            raise Problem(f"importing {api['name']} gave warnings: {api['warnings'][:3]}")
        return api["id"], seconds

    def put(self, api, document):
        return self.timed("PUT", f"/restapis/{api}?mode=overwrite", document)[1]

    def deploy(self, api, stage):
        return self.timed("POST", f"/restapis/{api}/deployments", {"stageName": stage})[1]

    def set_variable(self, api, stage, value):
        patch = {"patchOperations": [{"op": "replace", "path": "/variables/v", "value": value}]}
        return self.timed("PATCH", f"/restapis/{api}/stages/{stage}", patch)[1]


def called(api, stage):
    """Where the data plane answers for `GET /items0` of an API."""
    return f"/restapis/{api}/{stage}/_user_request_/items0"


class Paced:
    """Does `work(admin, number)` so many times a second in threads of its own until it is told to stop.

    The threads run on the core of the load generator and give way to it, so that they disturb neither the node nor
    what is measured of it.
    """

    THREADS = 4
    """More than one, so that one slow change does not hold up the schedule."""
    NICER = 5

    def __init__(self, address, core, rate, work):
        self.address, self.core, self.rate, self.work = address, core, rate, work
        self.lock, self.number = threading.Lock(), 0
        self.done, self.seconds, self.error = [], [], None
        self.stopping = threading.Event()
        self.started = time.monotonic()
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(self.THREADS)]
        for thread in self.threads:
            thread.start()

    def run(self):
        try:
            os.sched_setaffinity(0, {self.core})
            own = threading.get_native_id()
            os.setpriority(os.PRIO_PROCESS, own, os.getpriority(os.PRIO_PROCESS, own) + self.NICER)
            admin = Admin(self.address)
            while not self.stopping.is_set():
                with self.lock:
                    number, self.number = self.number, self.number + 1
                if self.stopping.wait(max(0.0, self.started + number / self.rate - time.monotonic())):
                    return
                seconds = self.work(admin, number)
                with self.lock:
                    self.seconds.append(seconds)
                    self.done.append(time.monotonic() - self.started)
        except Exception as error:  # pylint: disable=broad-except
            self.error = error
            self.stopping.set()

    def stop(self):
        """(how many were done a second, seconds of each). Raises what went wrong."""
        elapsed = time.monotonic() - self.started
        self.stopping.set()
        for thread in self.threads:
            thread.join()
        if self.error:
            raise Problem(f"the control plane under load: {self.error}")
        return sum(at <= elapsed for at in self.done) / elapsed, self.seconds
