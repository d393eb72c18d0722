#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The cluster itself: what the other tests build upon, without the program.
When this fails, nothing can be concluded from the others.  TAP output."""
import http.server
import secrets
import sys
import threading
import time

sys.dont_write_bytecode = True
from lab import (IMAGE, PATIENCE, Kube, Recorder, Refused, check, cluster, done,
                 require_cluster)

EATER = ("import time\nx = bytearray(200 << 20)\n"
         "for i in range(0, len(x), 4096): x[i] = 1\ntime.sleep(9)")


def pod(command, **keys):
    container = {"name": "trial", "image": IMAGE, "command": command,
                 "imagePullPolicy": "IfNotPresent"}
    container.update(keys)
    return {"restartPolicy": "Never", "containers": [container],
            "terminationGracePeriodSeconds": 1}


class Ground:
    def __init__(self):
        self.env = require_cluster()
        self.kube = Kube(self.env)
        self.space = "/api/v1/namespaces/ground-" + secrets.token_hex(3)
        cluster("namespace", self.space.rpartition("/")[2])

    def run(self, name, spec):
        self.kube.post(self.space + "/pods",
                       {"metadata": {"name": name}, "spec": spec})

    def wait(self, condition, seconds=PATIENCE):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if value := condition():
                return value
            time.sleep(0.1)

    def ended(self, name):
        """How the container ended."""
        def look():
            status = self.kube.get(self.space + "/pods/" + name)["status"]
            return next((c["state"]["terminated"] for c in
                         status.get("containerStatuses", [])
                         if "terminated" in c["state"]), None)
        return self.wait(look) or {}

    def log(self, name):
        return self.kube.get(self.space + "/pods/%s/log" % name)


def runs(ground):
    ground.run("plain", pod(["sh", "-c", "echo out; echo err >&2; exit 3"]))
    end = ground.ended("plain")
    check(end.get("exitCode") == 3, "a pod runs to its end", end)
    check(sorted(ground.log("plain").split()) == ["err", "out"],
          "and its log can be read", ground.log("plain"))


def runs_out_of_memory(ground):
    ground.run("eater", pod(["python3", "-c", EATER],
                            resources={"limits": {"memory": "32Mi"}}))
    end = ground.ended("eater")
    check(end.get("reason") == "OOMKilled", "beyond its limit it is OOMKilled",
          end)


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"from the host")

    def log_message(self, *_):
        pass


def reaches(ground):
    """This host, the API as service accounts expect it, and the firewall."""
    server = http.server.ThreadingHTTPServer(("0.0.0.0", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = str(server.server_address[1])
    url = "http://%s:%s/" % (ground.env["CLUSTER_HOST_IP"], port)
    curl = "curl -sS --max-time 4 "
    ground.run("open", pod(["sh", "-c", curl + url]))
    ground.ended("open")
    check(ground.log("open") == "from the host", "pods reach this host",
          ground.log("open"))
    cluster("firewall", "block", port)
    try:
        ground.run("blocked", pod(["sh", "-c", curl + url]))
        end = ground.ended("blocked")
        check(end.get("exitCode") == 28, "not where the firewall blocks",
              ground.log("blocked"))
    finally:
        cluster("firewall", "unblock", port)
    ground.run("unblocked", pod(["sh", "-c", curl + url]))
    ground.ended("unblocked")
    check(ground.log("unblocked") == "from the host", "and again afterwards",
          ground.log("unblocked"))
    server.shutdown()
    account = "/run/secrets/kubernetes.io/serviceaccount"
    ground.run("account", pod(["sh", "-c", curl + "--cacert %s/ca.crt -H \""
                               "Authorization: Bearer $(cat %s/token)\" https:"
                               "//$KUBERNETES_SERVICE_HOST/api/v1/nodes"
                               % (account, account)]))
    ground.ended("account")
    check("serviceaccount" in ground.log("account") and
          "Forbidden" in ground.log("account"),
          "pods reach the API with their service account",
          ground.log("account"))


def has_quota(ground):
    name = "quota-" + secrets.token_hex(3)
    cluster("namespace", name, "1")
    path = "/api/v1/namespaces/" + name
    ground.kube.post(path + "/pods", {"metadata": {"name": "a"},
                                      "spec": pod(["true"])})
    refused = None
    try:
        ground.kube.post(path + "/pods", {"metadata": {"name": "b"},
                                          "spec": pod(["true"])})
    except Refused as error:
        refused = error
    check(refused and refused.code == 403 and "quota" in str(refused),
          "a namespace with a quota", refused)
    ground.kube.delete(path)


def job(name):
    return {"metadata": {"name": name},
            "spec": {"backoffLimit": 0, "template": {"spec": pod(["true"])}}}


def runs_jobs(ground):
    jobs = ground.space.replace("/api/v1", "/apis/batch/v1") + "/jobs"
    recorder = Recorder(jobs, ground.env)
    start = time.monotonic()
    for i in range(4):
        ground.kube.post(jobs, job("job-%d" % i))
    ground.wait(lambda: all(j["status"].get("succeeded") for j in
                            ground.kube.items(jobs)))
    print("# four jobs ended after %.1f s" % (time.monotonic() - start))
    for i in range(4):
        ground.kube.delete(jobs + "/job-%d" % i)
    ground.wait(lambda: not ground.kube.items(jobs))
    recorder.stop()
    added = recorder.added()
    check(len(added) == 4 and {len(uids) for uids in added.values()} == {1},
          "jobs run, and every one is seen once", added)
    check(not recorder.gaps, "without gaps", recorder.gaps)


def expires(ground):
    version = ground.kube.get("/api/v1/pods")["metadata"]["resourceVersion"]
    ground.run("later", pod(["true"]))
    cluster("expire")
    ground.kube.close()
    first = next(ground.kube.watch("/api/v1/pods", version, 5), {})
    check(first.get("object", {}).get("code") == 410,
          "what is older than `expire` is answered 410", first)


def stops(ground):
    cluster("apiserver", "stop")
    check(not ground.kube.is_ready(), "the API server stops")
    cluster("apiserver", "start")
    check(ground.kube.is_ready(), "and starts again, with all it had")
    ground.kube.get(ground.space + "/pods/plain")


def main():
    ground = Ground()
    try:
        runs(ground)
        runs_out_of_memory(ground)
        reaches(ground)
        has_quota(ground)
        runs_jobs(ground)
        expires(ground)
        stops(ground)
    finally:
        ground.kube.delete(ground.space)
    return done()


if __name__ == "__main__":
    sys.exit(main())
