# SPDX-License-Identifier: MIT
"""What the cluster tests share: a rig (tests/support/rig.py) whose experiment
runs as Jobs in a namespace of its own."""
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../support"))
from rig import PROGRAM, Rig, check, done  # noqa: E402,F401
from kube import (OURS, Kube, Recorder, Refused, cluster,  # noqa: E402,F401
                  settings)

IMAGE = "test.local/trial:1"
TRIALS = os.path.join(HERE, "trials")
# The machine may be busy: what takes a second may take a minute.  This ends what
# hangs, and measures nothing.
PATIENCE = 300


def free_port():
    """A port such that it and the one above it are free."""
    while True:
        with socket.socket() as base, socket.socket() as side:
            base.bind(("0.0.0.0", 0))
            try:
                side.bind(("0.0.0.0", base.getsockname()[1] + 1))
            except OSError:
                continue
            return base.getsockname()[1]


def together(*tasks):
    """Call them beside each other; what they return.  Each needs a lab of its
    own: a lab's connection to the API is for one thread."""
    with ThreadPoolExecutor(len(tasks)) as pool:
        return [future.result() for future in
                [pool.submit(task) for task in tasks]]


def skip(why):
    print("1..0 # SKIP " + why)
    sys.exit(0)


def require_cluster():
    """Its settings; ends the test as skipped where there is none."""
    env = settings()
    try:
        kube = Kube(env)
    except OSError:
        skip("no test cluster: run it by make check-cluster")
    if not kube.is_ready():
        skip("the test cluster is not up: run it by make check-cluster")
    return env


class Lab(Rig):
    """An experiment on the cluster.

    `platform` goes into trainingService; the other keys into the file.  Trials
    find the folder `truth` of this rig at /truth."""

    # each look is a process or a request, on processors that pods need
    look_every = 0.1

    def __init__(self, trials, concurrency, steps=5, pause=0.5, script="steps",
                 platform=None, quota=None, **keys):
        self.cluster = require_cluster()
        self.kube = Kube(self.cluster)
        self.namespace = "td-" + secrets.token_hex(4)
        OURS.add(self.namespace)
        command = ["namespace", self.namespace]
        cluster(*command + ([str(quota)] if quota else []))
        service = {
            "platform": "kubernetes", "kind": "job",
            "namespace": self.namespace,
            "image": IMAGE, "imagePullPolicy": "IfNotPresent",
            # with little processor time Python takes seconds to start
            "resources": {"requests": {"cpu": 0.05, "memory": "64Mi"},
                          "limits": {"memory": "64Mi"}},
            "terminationGracePeriodSeconds": 2,
            "sidePort": {"address": self.cluster["CLUSTER_HOST_IP"]},
            "cleanup": "all"}
        keys.setdefault("trialCodeDirectory", TRIALS)
        keys.setdefault("debug", True)
        super().__init__(
            trials, concurrency, steps, pause,
            command="python3 %s.py --steps %d --pause %g" % (
                script, steps, pause),
            trainingService=service, **keys)
        self.truth = os.path.join(self.dir, "truth")
        os.mkdir(self.truth)
        os.chmod(self.dir, 0o755)
        os.chmod(self.truth, 0o777)
        service["volumes"] = [{"name": "truth", "mountPath": "/truth",
                               "hostPath": {"path": self.truth}}]
        service.update(platform or {})
        self.rewrite(trainingService={
            k: v for k, v in service.items() if v is not None})
        self.env["KUBECONFIG"] = self.cluster["KUBECONFIG"]
        self.process = None

    def rewrite(self, **keys):
        with open(self.file) as f:
            spec = json.load(f)
        spec.update(keys)
        with open(self.file, "w") as f:
            json.dump(spec, f)

    # --- the API ---------------------------------------------------------------

    def path(self, plural, name=None):
        group = "/apis/batch/v1" if plural == "jobs" else "/api/v1"
        path = "%s/namespaces/%s/%s" % (group, self.namespace, plural)
        return path + "/" + name if name else path

    def all(self, plural):
        return self.kube.items(self.path(plural))

    def objects(self, plural):
        """Those of the experiment."""
        return self.kube.items(self.path(plural), "expId=" + self.id)

    def left_behind(self):
        return ["%s %s" % (plural, thing["metadata"]["name"])
                for plural in ("jobs", "pods", "secrets", "configmaps")
                for thing in self.objects(plural)]

    def check_nothing_left(self, label, seconds=PATIENCE):
        deadline = time.monotonic() + seconds
        while (left := self.left_behind()) and time.monotonic() < deadline:
            time.sleep(0.5)
        check(not left, label + ": no object is left behind",
              "\n".join(left))

    # --- what trials say they did ------------------------------------------------

    def reports(self):
        """All of them, with `trial` and `attempt`, by the trials' own files."""
        for name in os.listdir(self.truth):
            if not name.endswith(".reports"):
                continue
            trial, attempt, _ = name.split(".")
            with open(os.path.join(self.truth, name)) as f:
                for line in f:
                    yield dict(json.loads(line), trial=trial,
                               attempt=int(attempt))

    def reported(self):
        """(trial id, attempt, name, sequence) -> value."""
        return {(r["trial"], r["attempt"], r["name"], r["sequence"]):
                r["value"] for r in self.reports()}

    def times(self):
        return [r["at"] for r in self.reports()]

    def stored(self):
        """The same by the program, and what it has twice."""
        found, twice = {}, []
        for metric in self.ask("metrics", self.id, "--json"):
            if metric["type"] == "final":
                name = "final"
            else:
                name = metric["name"]
            key = (metric["trial"], metric["attempt"], name,
                   metric["sequence"])
            if key in found:
                twice.append(key)
            found[key] = metric["value"]
        return found, twice

    def check_metrics(self, label, are_killed=False):
        """Killed trials may have said what they could not note any more."""
        reported = self.reported()
        stored, twice = self.stored()
        wrong = ["%s: reported %s, stored %s" % (key, value, stored.get(key))
                 for key, value in sorted(reported.items())
                 if stored.get(key) != value]
        wrong += ["%s: stored, never reported" % (key,)
                  for key in sorted(set(stored) - set(reported))
                  if not are_killed]
        wrong += ["%s: twice" % (key,) for key in twice]
        check(reported and not wrong, label +
              ": %d reported metrics are stored once" % len(reported),
              "\n".join(wrong) or "none was reported")

    # --- the program ---------------------------------------------------------------

    def take_up(self):
        """Start it again after a crash, and wait until it runs the experiment:
        before that nobody would carry out a command."""
        self.start()
        return self.wait(self.is_taken_up, "it runs the experiment again")

    def is_taken_up(self):
        owner = self.experiment()["owner"]
        return bool(owner) and owner["pid"] == self.process.pid

    def finish(self, seconds=2 * PATIENCE):
        try:
            return super().finish(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            _, err = self.process.communicate()
            return None, err + self.diagnosis()

    def diagnosis(self):
        """For a failed test: states, pods, the end of the program's log."""
        lines = []
        for trial in self.trials_json():
            if trial["state"] != "SUCCEEDED":
                lines.append("trial %s %s: %s" % (
                    trial["sequence"], trial["state"], trial["reason"]))
        for pod in self.objects("pods"):
            lines.append("pod %s %s" % (pod["metadata"]["name"],
                                        pod["status"].get("phase")))
        return "\n".join(lines[:12] + self.log().splitlines()[-8:])

    def run_to_end(self, label, seconds=2 * PATIENCE):
        self.start()
        code, err = self.finish(seconds)
        check(code == 0, label + ": ends with status 0", "%s\n%s" % (
            code, err or self.diagnosis()))
        return code == 0

    def check_all_succeeded(self, label, attempts=True):
        trials = self.trials_json()
        check([t["sequence"] for t in trials] == list(range(self.trials)),
              label + ": sequence numbers 0..n-1 once each",
              [t["sequence"] for t in trials])
        failed = [(t["sequence"], t["state"], t["reason"]) for t in trials
                  if t["state"] != "SUCCEEDED"]
        check(not failed, label + ": every trial succeeded", failed)
        if attempts:
            again = [t["sequence"] for t in trials if t["attempt"] != 1]
            check(not again, label + ": no trial ran twice", again)
        return trials

    def events(self):
        return self.ask("events", self.id, "--json")

    def said(self, pattern):
        """Events whose text matches."""
        return [e["text"] for e in self.events()
                if re.search(pattern, e["text"] or "", re.I)]

    def wait_trial(self, what, condition, seconds=PATIENCE):
        return super().wait_trial(what, condition, seconds)

    def wait(self, condition, what, seconds=PATIENCE):
        return super().wait(condition, what, seconds)

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        try:
            self.kube.delete("/api/v1/namespaces/" + self.namespace)
        except (OSError, Refused):
            pass
        super().close()
