# SPDX-License-Identifier: MIT
"""As much of an API server as a storage's pod needs: pods, secrets and config
maps are remembered, a pod "runs" as a real keeper that serves a folder, and is
reached through the proxy's paths.  What goes wrong is the test's to say."""
import base64
import http.client
import http.server
import json
import os
import re
import subprocess
import threading
import urllib.parse

import rig

KEEPER = os.environ.get("TD_KEEPER") or os.path.join(
    os.path.abspath(rig.TOP), "trialdeck-keeper")
PATH = re.compile(r"/api/v1/namespaces/([a-z-]+)/(pods|secrets|configmaps)"
                  r"(?:/([a-z0-9-]+)(?::(\d+)/proxy(/.*))?)?$")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, thing):
        body = json.dumps(thing).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, status, reason, message):
        self.answer(status, {
            "kind": "Status", "apiVersion": "v1", "status": "Failure",
            "code": status, "reason": reason, "message": message})

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def handle_any(self):
        world = self.server.world
        parts = urllib.parse.urlsplit(self.path)
        match = PATH.match(parts.path)
        fault = world.fault and world.fault(self.command, self.path)
        if fault == "cut":
            self.rfile.read(1)
            self.close_connection = True
            return
        if fault:
            self.body()
            self.refuse(*fault)
            self.close_connection = True
            return
        if not match:
            self.refuse(404, "NotFound", "no such path")
            return
        _, plural, name, port, rest = match.groups()
        if port:
            self.proxy(name, rest + ("?" + parts.query if parts.query else ""))
        elif self.command == "POST":
            self.answer(201, world.create(plural, json.loads(self.body())))
        elif self.command == "DELETE":
            self.body()
            thing = world.delete(plural, name)
            if thing:
                self.answer(200, thing)
            else:
                self.refuse(404, "NotFound", "%s %s not found" % (plural, name))
        elif name:
            thing = world.get(plural, name)
            if thing:
                self.answer(200, thing)
            else:
                self.refuse(404, "NotFound", "%s %s not found" % (plural, name))
        else:
            self.answer(200, {"kind": "List", "items": world.all(plural)})

    do_GET = do_POST = do_PUT = do_DELETE = handle_any

    def proxy(self, name, rest):
        """As the real one does: the pod's words, or its own."""
        world = self.server.world
        pod = world.pods.get(name)
        if not pod:
            self.body()
            self.refuse(404, "NotFound", "pods %s not found" % name)
            return
        left = int(self.headers.get("Content-Length") or 0)
        try:
            far = http.client.HTTPConnection("127.0.0.1", pod.port, timeout=60)
            far.putrequest(self.command, rest, skip_accept_encoding=True)
            for key, value in self.headers.items():
                if key.lower() not in ("host", "connection"):
                    far.putheader(key, value)
            far.endheaders()
            while left:
                data = self.rfile.read1(min(left, 65536))
                if not data:
                    raise OSError("the client is gone")
                left -= len(data)
                world.passed += len(data)
                far.send(data)
                if world.on_bytes:
                    world.on_bytes(world.passed)
            reply = far.getresponse()
            self.send_response(reply.status)
            for key, value in reply.getheaders():
                if key.lower() not in ("connection", "date", "server",
                                       "transfer-encoding"):
                    self.send_header(key, value)
            is_chunked = reply.getheader("Content-Length") is None
            if is_chunked:
                self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            while True:
                data = reply.read1(65536)
                if is_chunked:
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
                elif data:
                    self.wfile.write(data)
                if not data:
                    break
            far.close()
        except (OSError, http.client.HTTPException) as error:
            self.close_connection = True
            try:
                self.refuse(503, "ServiceUnavailable", str(error))
            except OSError:
                pass


class Pod:
    """A keeper over the folder."""

    def __init__(self, world, thing):
        self.world, self.thing, self.process, self.port = world, thing, None, 0

    def run(self, token, keeper):
        name = self.thing["metadata"]["name"]
        path = rig.write("%s/%s.token" % (self.world.folder, name), token)
        with open(os.path.join(rig.TOP, "trialdeck-keeper"), "rb") as file:
            self.world.same_keeper = file.read() == keeper
        command = self.thing["spec"]["containers"][0]["command"]
        idle = command[command.index("--idle") + 1]
        self.process = subprocess.Popen(
            [KEEPER, "--serve", self.world.top, "--token-file", path,
             "--listen", "0", "--idle", idle], stdout=subprocess.PIPE)
        self.port = int(self.process.stdout.readline().split()[-1])

    def status(self):
        if self.world.stuck:
            return {"phase": "Pending", "containerStatuses": [{
                "name": "storage", "restartCount": 0, "state": {"waiting": {
                    "reason": self.world.stuck, "message": "as it is"}}}]}
        if not self.process:
            return {"phase": "Pending"}
        status = self.process.poll()
        if status is None:
            return {"phase": "Running", "containerStatuses": [{
                "name": "storage", "restartCount": 0,
                "state": {"running": {}}}]}
        return {"phase": "Failed", "containerStatuses": [{
            "name": "storage", "restartCount": 0,
            "state": {"terminated": {"exitCode": abs(status)}}}]}

    def end(self):
        """Its status, 0 where it heard the farewell."""
        if not self.process:
            return 0
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait()


class World:
    def __init__(self, folder):
        self.folder, self.top = folder, folder + "/volume"
        os.mkdir(self.top)
        self.pods, self.made, self.others = {}, [], {}
        self.fault = self.on_bytes = self.stuck = None
        self.passed, self.uids, self.ended = 0, 0, []
        self.same_keeper = False
        self.lock = threading.Lock()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0),
                                                      Handler)
        self.server.daemon_threads = True
        self.server.world = self
        threading.Thread(target=self.server.serve_forever,
                         daemon=True).start()
        self.config = rig.write(folder + "/kubeconfig", json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "c",
            "contexts": [{"name": "c", "context": {
                "cluster": "k", "user": "u", "namespace": "lab"}}],
            "clusters": [{"name": "k", "cluster": {
                "server": "http://127.0.0.1:%d" %
                self.server.server_address[1]}}],
            "users": [{"name": "u", "user": {}}]}).encode())

    def env(self):
        return {"KUBECONFIG": self.config}

    def create(self, plural, thing):
        with self.lock:
            self.uids += 1
            thing["metadata"]["uid"] = "uid-%d" % self.uids
            thing.get("spec", {})["nodeName"] = "node-1"
            name = thing["metadata"]["name"]
            self.made.append((plural, thing))
            if plural == "pods":
                self.pods[name] = Pod(self, thing)
                return thing
            self.others[plural, name] = thing
            secret = self.others.get(("secrets", name))
            keeper = self.others.get(("configmaps", name))
            if secret and keeper and not self.stuck:
                self.pods[name].run(
                    secret["stringData"]["token"].encode(), base64.b64decode(
                        keeper["binaryData"]["trialdeck-keeper"]))
            return thing

    def get(self, plural, name):
        pod = self.pods.get(name)
        return pod and dict(pod.thing, status=pod.status())

    def all(self, plural):
        return [self.get(plural, name) for name in list(self.pods)]

    def delete(self, plural, name):
        with self.lock:
            pod = self.pods.pop(name, None)
            if not pod:
                return None
            self.ended.append(pod.end())
            # what it owns goes with it
            for key in [k for k, thing in self.others.items()
                        if thing["metadata"]["ownerReferences"][0]["uid"] ==
                        pod.thing["metadata"]["uid"]]:
                del self.others[key]
            return pod.thing

    def close(self):
        for pod in self.pods.values():
            pod.end()
        self.server.shutdown()
        self.server.server_close()
