#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Trials as NNI makes them, in pods: its own trial_keeper from its own
package, started by the run script, on a storage with NNI's folders; and our
keeper on the same storage.  TAP output.

The package comes into the pod by a volume, since the test's image is small."""
import glob
import os
import sys

sys.dont_write_bytecode = True
from lab import HERE, Lab, check, done, skip, together
from nni_package import CACHE, VERSION, environment

TRIAL = os.path.join(HERE, "../nni")
STEPS = range(4)


def site_packages():
    """Of the image's own Python, which is that of the Debian beneath us."""
    folders = glob.glob(os.path.join(CACHE, "nni-" + VERSION,
                                     "lib/python3.*/site-packages"))
    return folders[0] if folders else ""


class Nni(Lab):
    def __init__(self, trials, **platform):
        super().__init__(trials, 2, trialCodeDirectory=TRIAL)
        self.storage = os.path.join(self.dir, "storage")
        os.mkdir(self.storage)
        os.chmod(self.storage, 0o777)
        service = {
            "platform": "kubernetes", "kind": "job",
            "namespace": self.namespace, "image": "test.local/trial:1",
            "imagePullPolicy": "IfNotPresent",
            "storage": {"storageType": "hostPath", "path": self.storage},
            "volumes": [{"name": "nni", "mountPath": CACHE,
                         "hostPath": {"path": CACHE}}],
            "env": {"PYTHONPATH": site_packages()},
            "sidePort": {"address": self.cluster["CLUSTER_HOST_IP"]}}
        service.update(platform)
        self.rewrite(trainingService=service,
                     trialCommand="python3 trial.py && echo it\\'s over")

    def folder(self, trial, *parts):
        return os.path.join(self.storage, "nni", self.id, trial["id"], *parts)

    def check_values(self, label):
        for trial in self.trials_json():
            found = {(m["name"], m["type"], m["sequence"]): m["value"]
                     for m in self.ask("metrics", self.id, trial["id"],
                                       "--json")}
            x = trial["parameters"]["x"]
            wanted = {("default", "intermediate", n): x + n for n in STEPS}
            wanted.update({("default", "intermediate", 4): 10.5,
                           ("loss", "intermediate", 4): 0.25,
                           ("default", "final", 0): x,
                           ("accuracy", "final", 0): 0.75})
            wrong = {k: (found.get(k), v) for k, v in wanted.items()
                     if found.get(k) != v}
            check(not wrong and trial["final"] == x,
                  label + ": every value arrives as reported", wrong)

    def check_layout(self, label, names):
        missing = [self.folder(trial, name) for trial in self.trials_json()
                   for name in names
                   if not os.path.exists(self.folder(trial, name))]
        check(not missing, label + ": NNI's folders are on the storage",
              missing)


def its_own_keeper():
    lab = Nni(2, keeper="nni")
    try:
        if lab.run_to_end("trial_keeper"):
            lab.check_all_succeeded("trial_keeper")
            lab.check_values("trial_keeper")
            _, log, _ = lab.call("log", lab.id, lab.trials_json()[0]["id"])
            check("it's over" in log, "trial_keeper: the pod's log has what "
                  "the command printed", log)
        check(lab.said("files .* brought to hostpath://") and not [
            m for m in lab.all("configmaps")
            if "code.tar.gz" in m.get("binaryData", {})],
            "trial_keeper: the code comes from the storage", lab.said("code"))
        lab.check_layout("trial_keeper", [
            "parameter.cfg", "run_worker.sh", "install_nni.sh",
            "code/trial.py", "output/worker_output/trialkeeper_stdout",
            "../nni-code/trial.py"])
        lab.check_nothing_left("trial_keeper")
    finally:
        lab.close()


def a_command_that_fails():
    lab = Nni(1, keeper="nni")
    try:
        lab.rewrite(trialCommand="exit 7", maxTrialRetries=0)
        lab.start()
        lab.finish()
        trial, = lab.trials_json()
        check(trial["state"] == "FAILED" and trial["exitCode"] == 7,
              "trial_keeper: the command's exit status is the trial's",
              trial)
    finally:
        lab.close()


def ours():
    lab = Nni(2)
    try:
        if lab.run_to_end("our keeper"):
            lab.check_all_succeeded("our keeper")
            lab.check_values("our keeper")
        lab.check_layout("our keeper", [
            "parameter.cfg", "code/trial.py", "output/worker_output"])
    finally:
        lab.close()


def main():
    if not environment():
        skip("nni %s cannot be installed here" % VERSION)
    together(its_own_keeper, a_command_that_fails, ours)
    return done()


if __name__ == "__main__":
    sys.exit(main())
