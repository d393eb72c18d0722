#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Kind custom: objects that trialdeck knows nothing of, by manifest and
conditions; their metrics by the log of the primary pod.  TAP output."""
import os
import re
import shutil
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "operators"))
from lab import IMAGE, Kube, Lab, Recorder, TRIALS, check, done  # noqa: E402
from lab import require_cluster, together  # noqa: E402
from double import install  # noqa: E402
from training import Trainings  # noqa: E402

RUN = 'echo "$P" >/tmp/p && exec python3 /truth/steps.py --steps %d --pause %g'
# what shapes pods of ours
ABSENT = ("image", "imagePullPolicy", "resources", "sidePort", "volumes",
          "terminationGracePeriodSeconds")


class Custom(Lab):
    """`make(lab)` returns the manifest; `service` goes beside it."""

    def __init__(self, trials, concurrency, make, service=None, steps=4,
                 pause=0.3, **keys):
        super().__init__(trials, concurrency, steps, pause, trialCommand=None,
                         trialCodeDirectory=None,
                         platform=dict.fromkeys(ABSENT), **keys)
        shutil.copy(os.path.join(TRIALS, "steps.py"), self.truth)
        self.command = RUN % (steps, pause)
        self.rewrite(trainingService=dict(
            {"platform": "kubernetes", "kind": "custom", "cleanup": "all",
             "namespace": self.namespace, "manifest": make(self)},
            **service or {}))

    def template(self, command):
        return {"spec": {
            "restartPolicy": "Never", "terminationGracePeriodSeconds": 1,
            "containers": [{
                "name": "main", "image": IMAGE,
                "imagePullPolicy": "IfNotPresent",
                "command": ["sh", "-c", command],
                "env": [
                    {"name": "P", "value": "${trial.parameters}"},
                    {"name": "TRIALDECK_PARAMETERS", "value": "/tmp/p"},
                    {"name": "TRIALDECK_TRIAL_ID", "value": "${trial.id}"},
                    {"name": "TRIALDECK_ATTEMPT", "value": "${trial.attempt}"}],
                "resources": {"requests": {"cpu": "50m", "memory": "32Mi"}},
                "volumeMounts": [{"name": "truth", "mountPath": "/truth"}]}],
            "volumes": [{"name": "truth", "hostPath": {"path": self.truth}}]}}

    def trainings(self):
        return self.kube.items("/apis/example.org/v1/namespaces/%s/trainings" %
                               self.namespace, "expId=" + self.id)

    def left_behind(self):
        return super().left_behind() + [
            "training " + t["metadata"]["name"] for t in self.trainings()]


CONDITIONS = {
    "successCondition": 'status.[@this].#(phase=="Done")#',
    "failureCondition": "status.phase in (Failed, Lost)",
    "primaryPodLabels": {"role": "trainer"}}


def training(lab, trainer=None, note="y is ${trial.parameters.y}"):
    """Something to train, and something that is there for it."""
    return {
        "apiVersion": "example.org/v1", "kind": "Training",
        "metadata": {"labels": {"of": "${experiment.name}"}},
        "spec": {"learningRate": "${trial.parameters.x}",
                 "layers": "${trial.parameters.y}",
                 "note": note,
                 "parts": [
                     {"name": "trainer",
                      "template": lab.template(trainer or lab.command)},
                     {"name": "helper", "replicas": 2,
                      "template": lab.template(
                          "echo default=1000; exec sleep 300")}]}}


def job(lab):
    return {"apiVersion": "batch/v1", "kind": "Job",
            "spec": {"backoffLimit": 0,
                     "template": lab.template(lab.command)}}


class Crash:
    """A crash in the middle: adopted, every metric once."""

    def make(self):
        return Custom(4, 2, training, CONDITIONS)

    def look(self, lab):
        lab.wait_trial("a result", lambda t: t["intermediates"])
        things = lab.trainings()
        spec = things[0]["spec"]
        check(isinstance(spec["learningRate"], float) and
              isinstance(spec["layers"], int) and
              spec["note"] == "y is %d" % spec["layers"],
              "parameters have their types", spec)
        recorder = Recorder("/apis/example.org/v1/namespaces/%s/trainings" %
                            lab.namespace)
        lab.crash()
        time.sleep(1)
        lab.start()
        code, err = lab.finish()
        check(code == 0, "after a crash it ends with status 0", err)
        recorder.stop()
        again = {n: u for n, u in recorder.added().items() if len(u) > 1}
        check(not again, "no Training was made twice", again)
        lab.check_all_succeeded("crash")
        lab.check_metrics("crash")
        trial = lab.trials_json()[0]["id"]
        attempts = lab.ask("show", lab.id, trial, "--json")["attempts"]
        names = [part["name"] for part in attempts[-1]["parts"]
                 if part["pod"]]
        check(sorted(names) == ["helper-0", "helper-1", "trainer-0"],
              "all pods are shown", names)
        lab.check_nothing_left("crash")


class Jobs:
    """A Job by manifest: its conditions are known."""

    def make(self):
        return Custom(2, 2, job)

    def look(self, lab):
        code, err = lab.finish()
        check(code == 0, "Jobs end with status 0", err or lab.diagnosis())
        lab.check_all_succeeded("jobs")
        lab.check_metrics("jobs")
        lab.check_nothing_left("jobs")


class Foreign:
    """Pods that cannot carry our labels are found by their own."""

    def make(self):
        def manifest(lab):
            thing = training(lab)
            for part in thing["spec"]["parts"]:
                part["podSpec"] = part.pop("template")["spec"]
            return thing
        return Custom(1, 1, manifest, dict(
            CONDITIONS, primaryContainerName="main", primaryPodLabels={
                "example.org/training": "${trial.name}",
                "example.org/part": "trainer"}))

    def look(self, lab):
        code, err = lab.finish()
        check(code == 0, "without our labels it ends with status 0",
              err or lab.diagnosis())
        lab.check_all_succeeded("foreign")
        lab.check_metrics("foreign")
        lab.check_nothing_left("foreign")


class Killed:
    """Killed and restarted, beside one that runs on."""

    def make(self):
        return Custom(2, 2, lambda lab: training(
            lab, RUN % (3600, 1)), CONDITIONS)

    def named(self, lab, trial):
        return [t["metadata"]["name"] for t in lab.trainings()
                if t["metadata"]["labels"]["trialId"] == trial]

    def look(self, lab):
        lab.wait_trial("a result", lambda t: t["intermediates"])
        trial = lab.trials_json()[0]["id"]
        lab.call("kill", lab.id, trial)
        lab.wait_trial("killed", lambda t: t["state"] == "USER_CANCELED")
        gone = lab.wait(lambda: not self.named(lab, trial), "it goes")
        check(gone, "a killed trial's object goes")
        code, out, err = lab.call("restart", lab.id, trial)
        check(code == 0, "it is restarted", out + err)
        lab.wait_trial("again", lambda t: t["attempt"] == 2 and
                       t["intermediates"])
        names = self.named(lab, trial)
        check(len(names) == 1 and names[0].endswith("-2"),
              "a restarted one has another", "%s\n%s" % (
                  names, lab.diagnosis()))
        lab.call("stop", lab.id, "--yes")
        lab.check_nothing_left("killed")


class Failed:
    """Of a pod that failed the exit status counts."""

    def make(self):
        return Custom(1, 1, lambda lab: training(
            lab, "echo default=1; exit 3"), CONDITIONS)

    def look(self, lab):
        lab.wait_trial("failed", lambda t: t["state"] == "FAILED")
        trial = lab.trials_json()[0]
        check(trial["exitCode"] == 3 and
              "exit status 3" in (trial["reason"] or ""),
              "a failed one says why: %s" % trial["reason"], trial)
        lab.call("stop", lab.id, "--yes")
        lab.check_nothing_left("failed")


class Lost:
    """Where no pod failed, it is what the object says."""

    def make(self):
        return Custom(1, 1, lambda lab: training(lab, note="lost"), CONDITIONS)

    def look(self, lab):
        lab.wait_trial("failed", lambda t: t["state"] == "FAILED")
        trial = lab.trials_json()[0]
        check(trial["reason"] == "Lost: nobody knows where it went",
              "what the object says is the reason: %s" % trial["reason"],
              trial)
        lab.call("stop", lab.id, "--yes")
        lab.check_nothing_left("lost")


def check_absent():
    """A kind that the cluster does not serve is named, with what to do."""
    lab = Custom(1, 1, lambda lab: {
        "apiVersion": "example.net/v1", "kind": "Absent",
        "spec": {"template": lab.template("true")}}, CONDITIONS)
    try:
        code, out, err = lab.call("check", lab.file)
        said = out + err
        check(code == 1 and re.search(
            r"Absent \(example\.net/v1\) is not served.*operator", said),
            "a kind that is not served is named", said)
    finally:
        lab.close()


def main():
    kube = Kube(require_cluster())
    install(kube, "training")
    labs = []
    with Trainings(kube.env) as operator:
        try:
            # they run beside each other
            for case in [Crash(), Jobs(), Foreign(), Killed(), Failed(), Lost()]:
                if not sys.argv[1:] or type(case).__name__ in sys.argv:
                    labs.append((case, case.make()))
                    labs[-1][1].start()
            together(check_absent, *[
                lambda case=case, lab=lab: case.look(lab)
                for case, lab in labs])
        finally:
            for _, lab in labs:
                lab.close()
    check(not operator.errors, "the operator had no trouble",
          "\n".join(operator.errors))
    return done()


if __name__ == "__main__":
    sys.exit(main())
