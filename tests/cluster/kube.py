# SPDX-License-Identifier: MIT
"""The test cluster's API, asked past the program: what is really there."""
import http.client
import json
import os
import shlex
import ssl
import subprocess
import threading
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
CLUSTER = os.path.join(HERE, "cluster")
# namespaces of this test: others run beside it
OURS = set()


def settings():
    """What `cluster env` says, as a dictionary."""
    text = subprocess.run([CLUSTER, "env"], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    return dict(word.split("=", 1) for word in shlex.split(text)
                if "=" in word)


def cluster(*argv, seconds=600):
    """One command of the cluster script."""
    subprocess.run([CLUSTER] + list(argv), check=True, timeout=seconds,
                   stdout=subprocess.DEVNULL)


class Refused(Exception):
    """An answer that is no success."""

    def __init__(self, code, body):
        self.code = code
        self.reason = body.get("reason") if isinstance(body, dict) else None
        super().__init__("%s: %s" % (code, body))


class Kube:
    """A client with the administrator's certificate; one per thread."""

    def __init__(self, env=None, user="admin"):
        self.env = env or settings()
        pki = self.env["CLUSTER_PKI"]
        self.tls = ssl.create_default_context(cafile=pki + "/ca.crt")
        self.tls.load_cert_chain("%s/%s.crt" % (pki, user),
                                 "%s/%s.key" % (pki, user))
        self.port = int(self.env["CLUSTER_PORT"])
        self.connection = None

    def connect(self, seconds=30):
        return http.client.HTTPSConnection(
            "127.0.0.1", self.port, context=self.tls, timeout=seconds)

    def close(self):
        if self.connection:
            self.connection.close()
            self.connection = None

    def call(self, method, path, body=None, kind="application/json",
             text=None):
        """The answer's JSON, or its text when it is none.  The body is JSON
        of `body`, or `text` as it is."""
        data = text.encode() if text is not None else (
            json.dumps(body).encode() if body is not None else None)
        for is_last in (False, True):
            try:
                if not self.connection:
                    self.connection = self.connect()
                self.connection.request(method, path, data, {
                    "Content-Type": kind, "Accept": "application/json"})
                answer = self.connection.getresponse()
                content = answer.read()
                break
            except (OSError, http.client.HTTPException):
                # a connection that idled until the server closed it
                self.close()
                if is_last:
                    raise
        value = content.decode(errors="replace")
        if answer.headers.get_content_type() == "application/json":
            value = json.loads(content)
        if answer.status >= 300:
            raise Refused(answer.status, value)
        return value

    def get(self, path):
        return self.call("GET", path)

    def post(self, path, body):
        return self.call("POST", path, body)

    def patch(self, path, body):
        return self.call("PATCH", path, body,
                         "application/merge-patch+json")

    def delete(self, path, policy="Background", grace=None):
        body = {"propagationPolicy": policy}
        if grace is not None:
            body["gracePeriodSeconds"] = grace
        try:
            return self.call("DELETE", path, body)
        except Refused as refused:
            if refused.code != 404:
                raise

    def items(self, path, selector=None):
        if selector:
            path += "?labelSelector=" + urllib.parse.quote(selector)
        return self.get(path)["items"]

    def is_ready(self):
        try:
            return self.get("/readyz") == "ok"
        except (OSError, http.client.HTTPException, Refused):
            return False

    def watch(self, path, version, seconds, query=""):
        """Yield events as they come, until the server ends the answer."""
        connection = self.connect(seconds + 30)
        try:
            connection.request("GET", "%s?watch=1&resourceVersion=%s"
                               "&timeoutSeconds=%d%s" %
                               (path, version, seconds, query))
            answer = connection.getresponse()
            if answer.status != 200:
                raise Refused(answer.status, {})
            while line := answer.readline():
                yield json.loads(line)
        finally:
            connection.close()


class Recorder(threading.Thread):
    """Notes every change of a collection while a test runs.

    `seen` holds (type, object); a gap, should one occur, is in `gaps`: then
    nothing may be concluded from what was not seen."""

    def __init__(self, path, env=None):
        super().__init__(daemon=True)
        self.kube = Kube(env)
        self.path = path
        self.seen = []
        self.gaps = []
        self.must_end = False
        self.version = self.kube.get(path)["metadata"]["resourceVersion"]
        self.start()

    def run(self):
        while not self.must_end:
            try:
                for event in self.kube.watch(self.path, self.version, 5):
                    if event["type"] == "ERROR":
                        self.gaps.append(event["object"])
                        self.version = self.kube.get(
                            self.path)["metadata"]["resourceVersion"]
                        break
                    self.version = event["object"]["metadata"][
                        "resourceVersion"]
                    self.seen.append((event["type"], event["object"]))
            except (OSError, http.client.HTTPException, Refused):
                time.sleep(0.2)

    def stop(self):
        """No more; waits until everything up to now has been noted."""
        self.must_end = True
        self.join(60)

    def added(self):
        """Name -> set of uids that were created under it."""
        names = {}
        for kind, thing in self.seen:
            if kind == "ADDED":
                names.setdefault(thing["metadata"]["name"], set()).add(
                    thing["metadata"]["uid"])
        return names
