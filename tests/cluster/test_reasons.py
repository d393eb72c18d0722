#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Everything that keeps a trial from running or ends it, caused for real: each
is shown with its reason by `trialdeck trials`.  TAP output."""
import re
import sys

sys.dont_write_bytecode = True
from lab import PATIENCE, Lab, check, done, together


def reason(lab, pattern, label, state=None, seconds=PATIENCE):
    """Wait until a trial says so."""
    lab.wait(lambda: any(
        re.search(pattern, t["reason"] or "", re.I) and
        (not state or t["state"] == state) for t in lab.trials_json()),
        "%s: %s" % (label, pattern), seconds)
    trials = lab.trials_json()
    check(any(re.search(pattern, t["reason"] or "", re.I) and
              (not state or t["state"] == state) for t in trials),
          "%s is shown: %s" % (label, next(
              (t["reason"] for t in trials if t["reason"]), None)),
          [(t["state"], t["reason"]) for t in trials])


class OutOfMemory:
    lab = dict(script="eater", platform={
        "resources": {"limits": {"memory": "32Mi"}}})

    def look(self, lab):
        reason(lab, r"OOM.*32 ?Mi", "out of memory", "FAILED")


class Image:
    lab = dict(platform={"image": "test.local/absent:1",
                         "imagePullTimeout": 40,
                         "infrastructureRetries": 0})

    def look(self, lab):
        reason(lab, r"Image.*test\.local/absent:1", "an absent image",
               "WAITING")
        reason(lab, r"Image.*test\.local/absent:1", "given up", "FAILED")


class Unschedulable:
    lab = dict(platform={"nodeSelector": {"disktype": "quantum"}})

    def look(self, lab):
        reason(lab, r"Unschedulable.*0/1 nodes.*(selector|affinity)",
               "no node", "WAITING")
        # what can be placed is placed without anybody's help
        lab.kube.patch("/api/v1/nodes/testnode",
                       {"metadata": {"labels": {"disktype": "quantum"}}})
        try:
            lab.wait_trial("it runs", lambda t: t["state"] == "SUCCEEDED")
            check(not lab.trials_json()[0]["reason"], "and the reason is gone",
                  lab.trials_json())
        finally:
            lab.kube.patch("/api/v1/nodes/testnode",
                           {"metadata": {"labels": {"disktype": None}}})


class Deleted:
    lab = dict(steps=600)

    def look(self, lab):
        lab.wait_trial("a result", lambda t: t["intermediates"])
        for job in lab.objects("jobs"):
            lab.kube.delete(lab.path("jobs", job["metadata"]["name"]))
        reason(lab, r"delet", "a job deleted by hand")
        trial = lab.trials_json()[0]
        check(trial["state"] in ("SYS_CANCELED", "FAILED", "USER_CANCELED"),
              "and the trial is over", trial)


class Secret:
    lab = dict(platform={"envFrom": [{"secretRef": {"name": "password"}}]})

    def look(self, lab):
        reason(lab, r'secret "?password"? not found', "a missing secret",
               "WAITING")
        lab.kube.post(lab.path("secrets"), {
            "metadata": {"name": "password"}, "stringData": {"A": "b"}})
        lab.wait_trial("it runs", lambda t: t["state"] == "SUCCEEDED")
        check(not lab.trials_json()[0]["reason"],
              "with the secret it runs, and the reason is gone",
              lab.trials_json())


class Quota:
    trials = 4
    lab = dict(quota=2, steps=40)

    def look(self, lab):
        reason(lab, r"quota.*pods", "a quota of two pods", "WAITING")

    def end(self, lab):
        code, err = lab.finish()
        check(code == 0, "in the end all four have run", err)
        lab.check_all_succeeded("quota")


def look(case, lab):
    case().look(lab)
    if hasattr(case, "end"):
        case().end(lab)
    lab.call("stop", lab.id, "--yes")
    lab.check_nothing_left(case.__name__)


def main():
    cases = [Quota, Secret, Unschedulable, Image, Deleted, OutOfMemory]
    cases = [c for c in cases if not sys.argv[1:] or c.__name__ in sys.argv]
    labs = []
    try:
        # they wait beside each other
        for case in cases:
            trials = getattr(case, "trials", 1)
            labs.append(Lab(trials, trials, **case.lab))
            labs[-1].start()
        together(*[lambda case=case, lab=lab: look(case, lab)
                   for case, lab in zip(cases, labs)])
    finally:
        for lab in labs:
            lab.close()
    return done()


if __name__ == "__main__":
    sys.exit(main())
