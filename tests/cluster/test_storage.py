#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Code in, results out, on a real cluster: without a storage through the side
port, with a claim and a host path through a pod of our own.  TAP output.
Arguments: claim, none, roles (these), hostpath, absent."""
import base64
import hashlib
import json
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "operators"))
from lab import (PROGRAM, Kube, Lab, Recorder, Refused, TRIALS, check, done,
                 require_cluster, together)
import double
from kubeflow import Kubeflow

ODD = "a b/it's \"one\".txt"


def blob_of(name):
    return hashlib.shake_256(name.encode()).digest(3_000_001)


class Stage(Lab):
    def __init__(self, label, trials=2, **keys):
        self.label = label
        keys.setdefault("script", "filer")
        super().__init__(trials, trials, **keys)
        self.pods = Recorder(self.path("pods"))
        self.secrets = Recorder(self.path("secrets"))
        os.makedirs(self.path_of("volume"), exist_ok=True)
        os.chmod(self.path_of("volume"), 0o777)

    def path_of(self, *parts):
        return os.path.join(self.dir, *parts)

    def left(self):
        return [n for n in os.listdir(self.truth) if n.endswith(".left")]

    def go(self):
        open(os.path.join(self.truth, "go"), "w").close()

    def program(self, *argv, seconds=240):
        return subprocess.run(
            [PROGRAM, "--db", self.db, *argv], env=self.env, timeout=seconds,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def agents(self):
        return [p for p in self.objects("pods")
                if p["metadata"]["labels"].get("trialdeck-part")]

    def fetched(self, trial):
        """What `files --get` brings of a trial: path -> bytes."""
        to = self.path_of("to-" + trial)
        out = self.program("files", self.id, trial, "--get", "--to", to)
        if out.returncode:
            print("# files: %s" % out.stderr.decode())
        found = {}
        for folder, _, names in os.walk(to):
            for name in names:
                path = os.path.join(folder, name)
                with open(path, "rb") as f:
                    found[os.path.relpath(path, to)] = f.read()
        return found

    def check_files(self, prefix="output/worker_output/", role=""):
        for trial in self.trials_json():
            name = trial["id"] + role
            found = self.fetched(trial["id"])
            check(found.get(prefix + "model.bin") == blob_of(name) and
                  found.get(prefix + ODD) == name.encode(),
                  "%s: the files of trial %s are what it left" % (
                      self.label, trial["id"]), sorted(found))
            check(prefix + "keeper.log" in found and
                  not any("way-out" in path for path in found),
                  self.label + ": with the keeper's log, without the link",
                  sorted(found))

    def check_secrets(self):
        """No token that was ever in a Secret is anywhere else."""
        self.pods.stop()
        self.secrets.stop()
        values = set()
        for _, thing in self.secrets.seen:
            if "trialdeck" in json.dumps(thing.get("metadata", {})) or \
                    thing["metadata"]["name"].startswith("nni"):
                token = thing.get("data", {}).get("token")
                if token:
                    values.add(base64.b64decode(token))
        found = []
        specs = json.dumps([thing for _, thing in self.pods.seen]).encode()
        texts = [specs, self.log().encode(),
                 json.dumps(self.events()).encode()]
        for folder, _, names in os.walk(self.dir):
            for name in names:
                path = os.path.join(folder, name)
                # attempts' own tokens are in the database, for a resume
                if os.path.isfile(path) and "t.db" not in name:
                    with open(path, "rb") as f:
                        texts.append(f.read())
        for value in values:
            if any(value in text for text in texts):
                found.append(value)
        check(values and not found, "%s: %d tokens, none in a pod's spec, a "
              "log or an event" % (self.label, len(values)), found)
        agents = {base64_of(t) for _, t in self.secrets.seen
                  if t["metadata"]["labels"].get("trialdeck-part")}
        with open(self.db, "rb") as f:
            db = f.read()
        check(not any(a in db for a in agents),
              self.label + ": and the storage's not in the database")

    def close(self):
        self.pods.must_end = self.secrets.must_end = True
        super().close()


def base64_of(secret):
    return base64.b64decode(secret.get("data", {}).get("token", ""))


def run(stage, crash=False):
    stage.start()
    stage.wait(lambda: len(stage.left()) >= stage.trials,
               stage.label + ": every trial has left its files", 180)
    if crash:
        stage.crash()
        stage.start()
    stage.go()
    if crash:
        # in the middle of what keepers send, or just before, or behind it
        stage.wait(lambda: stage.rows(
            "SELECT count(*) FROM attempt") != [(0,)], "rows")
        stage.crash()
        stage.start()
    code, err = stage.finish(300)
    check(code == 0, stage.label + ": it ends with status 0", "%s\n%s" % (
        code, err or stage.diagnosis()))
    pods = {p["metadata"]["name"] for _, p in stage.pods.seen
            if "-trial-" in p["metadata"]["name"]}
    check(len(pods) == stage.trials, stage.label + ": no pod was made twice",
          pods)
    return stage.check_all_succeeded(stage.label)


# --- the scenes -----------------------------------------------------------------


def test_none():
    stage = Stage("none")
    try:
        run(stage, crash=True)
        stage.check_files()
        said = stage.said("did not come|may not all have come")
        check(any("links and devices" in text for text in said),
              "none: the link that was left out is told", said)
        rows = stage.ask("files", stage.id, "--json")
        print("# %s" % json.dumps(rows)[:300])
        folder = os.path.join(os.path.dirname(stage.db), "outputs", stage.id)
        modes = {oct(os.stat(os.path.join(at, name)).st_mode & 0o777)
                 for at, _, names in os.walk(folder) for name in names}
        check(modes == {"0o600"}, "none: they lie beside the database, 0600",
              modes)
        check(not any("trialdeck-part" in at for at, _, _ in
                      os.walk(folder)), "none: nothing is left half-way")
        stage.check_secrets()
        stage.check_nothing_left("none")
    finally:
        stage.close()


def check_clean(stage):
    """A preview that counts what only pods can see; then it goes, with the
    checkpoints of its trials."""
    base = stage.path_of("volume", "nni", stage.id)
    trials = [t["id"] for t in stage.trials_json()]
    for name in (trials[0], "nobody"):
        os.makedirs(os.path.join(base, "checkpoints", name, "a b"))
        with open(os.path.join(base, "checkpoints", name, "a b", "state"),
                  "w") as f:
            f.write("12345")
    out = stage.program("files", stage.id, "--clean", "--keep", "none", "--json")
    rows = json.loads(out.stdout or "[]")
    check(out.returncode == 2 and
          {row["trial"] for row in rows[:-1]} == set(trials) and
          all(row["files"] >= 3 and row["bytes"] > 3_000_000
              for row in rows[:-1]) and
          (rows[-1]["trial"], rows[-1]["files"], rows[-1]["bytes"]) ==
          (trials[0], 1, 5) and os.path.exists(
              os.path.join(base, "checkpoints", trials[0])),
          stage.label + ": the preview has counted what lies on the volume",
          (rows, out.stderr))
    out = stage.program("--yes", "files", stage.id, "--clean", "--keep", "none")
    left = sorted(os.listdir(base))
    check(out.returncode == 0 and not set(trials) & set(left) and
          os.listdir(os.path.join(base, "checkpoints")) == ["nobody"],
          stage.label + ": then it is gone, and its checkpoint", (left, out))


def check_volume(stage, crash):
    """A storage that only pods can mount: everything through the agent."""
    try:
        run(stage, crash)
        volume = stage.path_of("volume")
        code = os.path.join(volume, "nni", stage.id, "nni-code", "filer.py")
        with open(os.path.join(TRIALS, "filer.py"), "rb") as f:
            ours = f.read()
        check(os.path.exists(code) and open(code, "rb").read() == ours,
              stage.label + ": the code is on the volume, under NNI's name",
              stage.said("."))
        with open(os.path.join(volume, "nni", stage.id, ".trialdeck",
                               "code.manifest")) as f:
            manifest = f.read()
        check(hashlib.sha256(ours).hexdigest() in manifest,
              stage.label + ": with its manifest")
        jobs = [json.dumps(p["spec"]) for _, p in stage.pods.seen
                if not p["metadata"]["labels"].get("trialdeck-part")]
        trials = [j for j in jobs if "--code-source" in j]
        check(trials and not any("--code-archive" in j for j in jobs),
              stage.label + ": pods copy it from there")
        for trial in stage.trials_json():
            own = os.path.join(volume, "nni", stage.id, trial["id"])
            check(os.path.exists(own + "/code/filer.py") and
                  os.path.exists(own + "/parameter.cfg"),
                  stage.label + ": each has its copy, and NNI's files")
        stage.check_files()
        stage.wait(lambda: not stage.agents(),
                   stage.label + ": its pod is gone afterwards")
        # what a process left that was killed goes with the next one
        victim = subprocess.Popen(
            [PROGRAM, "--db", stage.db, "files", stage.id,
             stage.trials_json()[0]["id"]], env=stage.env,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        left = stage.wait(stage.agents, stage.label + ": a pod is made")
        victim.kill()
        victim.wait()
        stage.program("files", stage.id, stage.trials_json()[0]["id"])
        stage.wait(lambda: not stage.agents(), stage.label +
                   ": what a killed process left is removed by the next")
        check(left, stage.label + ": there was one")
        check_clean(stage)
        stage.check_secrets()
        stage.check_nothing_left(stage.label)
    finally:
        stage.close()


def test_hostpath():
    stage = Stage("hostPath")
    spec = json.load(open(stage.file))
    spec["trainingService"]["storage"] = {
        "storageType": "hostPath", "path": stage.path_of("volume")}
    json.dump(spec, open(stage.file, "w"))
    check_volume(stage, crash=False)


def bind_claim(stage):
    name = stage.namespace
    spec = {"storageClassName": "", "accessModes": ["ReadWriteMany"]}
    stage.kube.post("/api/v1/persistentvolumes", {
        "apiVersion": "v1", "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": dict(spec, capacity={"storage": "1Gi"},
                     hostPath={"path": stage.path_of("volume")},
                     persistentVolumeReclaimPolicy="Retain",
                     claimRef={"namespace": name, "name": "data"})})
    stage.kube.post("/api/v1/namespaces/%s/persistentvolumeclaims" % name, {
        "apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data"},
        "spec": dict(spec, volumeName=name,
                     resources={"requests": {"storage": "1Gi"}})})


def test_claim():
    stage = Stage("claim")
    spec = json.load(open(stage.file))
    spec["trainingService"]["storage"] = {"claimName": "data"}
    json.dump(spec, open(stage.file, "w"))
    bind_claim(stage)
    try:
        check_volume(stage, crash=True)
    finally:
        try:
            stage.kube.delete("/api/v1/persistentvolumes/" + stage.namespace)
        except (OSError, Refused):
            pass


def test_absent():
    """A claim that is not there: said, and not for ever."""
    stage = Stage("absent")
    spec = json.load(open(stage.file))
    spec["trainingService"]["storage"] = {"claimName": "nowhere"}
    json.dump(spec, open(stage.file, "w"))
    try:
        stage.start()
        told = stage.wait(
            lambda: re.search("nowhere.*not found|not found.*nowhere",
                              json.dumps(stage.experiment()) +
                              json.dumps(stage.events())),
            "absent: a claim that is not there is named", 240)
        check(told, "absent: a claim that is not there is named",
              stage.diagnosis())
    finally:
        stage.close()


def test_roles():
    """Two roles, each with its own folder of outputs, without a storage."""
    double.install(Kube(require_cluster()), "kubeflow")
    role = {"command": "python3 filer.py"}
    with Kubeflow():
        stage = Stage("roles", 1, trialCommand=None, platform={
            "kind": "tfjob", "worker": dict(role), "ps": dict(role),
            "successPolicy": "AllWorkers",
            "resources": {"requests": {"cpu": 0.01, "memory": "32Mi"},
                          "limits": {"memory": "64Mi"}}})
        try:
            stage.start()
            stage.wait(lambda: len(stage.left()) == 2,
                       "roles: both have left files", 180)
            stage.go()
            code, err = stage.finish(300)
            check(code == 0, "roles: it ends with status 0", err)
            for name in ("worker", "ps"):
                stage.check_files("output/%s_output/" % name, name)
        finally:
            stage.close()


SCENES = {"none": test_none, "hostpath": test_hostpath, "claim": test_claim,
          "roles": test_roles, "absent": test_absent}


def main():
    # a host path is what test_rbac tries; the absent one takes its time
    together(*(SCENES[name]
               for name in sys.argv[1:] or ("claim", "none", "roles")))
    return done()


if __name__ == "__main__":
    sys.exit(main())
