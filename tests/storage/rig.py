# SPDX-License-Identifier: MIT
"""What the tests of storages share: sessions, servers, TAP."""
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

TOP = os.environ.get("TOP_BUILDDIR", ".")
SESSION = os.path.join(TOP, "tests", "storage", "session")
CACHE = os.path.join(os.environ.get(
    "XDG_CACHE_HOME", os.path.expanduser("~/.cache")), "trialdeck-tests")
count = 0
failures = 0


def check(ok, name, detail=""):
    global count, failures
    count += 1
    failures += not ok
    print("%sok %d - %s" % ("" if ok else "not ", count, name))
    if not ok:
        for line in str(detail).splitlines()[:20]:
            print("# " + line)
    sys.stdout.flush()
    return ok


def done():
    print("1..%d" % count)
    sys.exit(1 if failures else 0)


def skip_all(why):
    print("1..0 # SKIP " + why)
    sys.exit(0)


class Answer:
    """What a command of a session said."""

    def __init__(self, lines):
        *self.lines, last = [line.split("\t") for line in lines]
        self.ok = last[0] == "ok"
        self.code = None if self.ok else last[1]
        self.text = "" if self.ok else last[2]
        self.entries = {line[3]: (int(line[1]), line[2])
                        for line in self.lines if line[0] == "entry"}

    def __str__(self):
        return "ok" if self.ok else "%s: %s" % (self.code, self.text)


class Session:
    """A process with one open storage."""

    def __init__(self, storage, env=None, program=SESSION, **more):
        whole = {key: value for key, value in os.environ.items()
                 if not key.startswith(("AWS_", "AZURE_")) and
                 not key.lower().endswith("_proxy")}
        whole.update(env or {})
        self.process = subprocess.Popen(
            [program, json.dumps(storage)], env=whole, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            encoding="utf-8", errors="surrogateescape", **more)
        self.opened = self.read()

    def read(self):
        lines = []
        while True:
            line = self.process.stdout.readline()
            if not line:
                raise AssertionError("the session ended: status %s, %s" %
                                     (self.process.wait(), lines))
            lines.append(line.rstrip("\n"))
            if line == "ok\n" or line.startswith("error\t"):
                return Answer(lines)

    def __call__(self, *words):
        self.process.stdin.write("\t".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        return self.read()

    def close(self):
        self.process.stdin.close()
        return self.process.wait() == 0


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def await_port(port, process, seconds=30):
    """Until somebody listens there, or the process has ended."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        except OSError:
            time.sleep(0.02)
    return False


def await_answer(command, seconds=30):
    """Until the command succeeds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if subprocess.run(command, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode == 0:
            return True
        time.sleep(0.02)
    return False


class Wire:
    """A connection's middle: passes bytes on to a port, and what goes wrong on
    the way is the test's to say.

    fault is a function of (request number, bytes passed on of this request so
    far, towards the server?) -> None, "cut" or "stall"; requests are counted
    by their first lines."""

    def __init__(self, port):
        self.target = port
        self.fault = None
        self.requests = 0
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                near.close()
                continue
            state = {"bytes": 0}
            for a, b, up in ((near, far, True), (far, near, False)):
                threading.Thread(target=self.pump, args=(a, b, up, state),
                                 daemon=True).start()

    def pump(self, source, sink, up, state):
        passed = 0
        try:
            while True:
                data = source.recv(65536)
                if not data:
                    break
                if up and data.split(b" ", 1)[0] in (
                        b"GET", b"PUT", b"POST", b"DELETE", b"HEAD"):
                    self.requests += 1
                    passed = 0
                fault = self.fault
                what = fault(self.requests, passed, up) if fault else None
                if what == "stall":
                    threading.Event().wait(120)
                if what == "cut":
                    # no more of it, and what was sent before counts
                    half = data[:len(data) // 2]
                    sink.sendall(half)
                    break
                sink.sendall(data)
                passed += len(data)
        except OSError:
            pass
        for one in (source, sink):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()

    def close(self):
        self.listener.close()


class Folder:
    """A folder of its own, removed at the end."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="td-storage.")
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as out:
        out.write(data)
    return path


def read(path):
    with open(path, "rb") as file:
        return file.read()
